#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/log/log.h"
#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { ANSWER_MS = 20000, START_MS = 20000 };

static struct ipc_client *connect_to(const struct daemon *d)
{
    char path[BENCH_PATH_BYTES + 16];
    struct ipc_client *c = NULL;
    snprintf(path, sizeof path, "%s/jielid.sock", d->home);
    return ipc_connect(&c, path, ANSWER_MS) == OK ? c : NULL;
}

static void nap(void)
{
    const struct timespec t = {.tv_nsec = 5000000};
    nanosleep(&t, NULL);
}

void daemon_start(struct daemon *d, const struct bench *b, const char *home)
{
    char log[BENCH_PATH_BYTES + 16];
    posix_spawn_file_actions_t actions;
    char flag[] = "--home", *argv[] = {(char *)(uintptr_t)b->program, flag, d->home, NULL};
    snprintf(d->home, sizeof d->home, "%s", home);
    snprintf(log, sizeof log, "%s/jielid.log", home);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    bench_need(posix_spawn(&d->pid, b->program, &actions, NULL, argv, environ) == 0 ? OK
                                                                                   : ERR_NOTFOUND,
               b->program);
    posix_spawn_file_actions_destroy(&actions);
    struct ipc_client *c = NULL;
    for (double until = bench_now_s() + START_MS / 1000.0; c == NULL && bench_now_s() < until;
         nap())
        c = connect_to(d);
    bench_need(c == NULL ? ERR_TIMEOUT : OK, "jielid");
    ipc_disconnect(c);
}

void daemon_stop(struct daemon *d)
{
    kill(d->pid, SIGTERM);
    waitpid(d->pid, NULL, 0);
}

void daemon_kill(struct daemon *d)
{
    kill(d->pid, SIGKILL);
    waitpid(d->pid, NULL, 0);
}

double daemon_cpu_s(const struct daemon *d)
{
    char path[64], line[1024] = "";
    unsigned long long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)d->pid);
    FILE *file = fopen(path, "re");
    const char *rest = file != NULL && fgets(line, sizeof line, file) != NULL ? strrchr(line, ')')
                                                                              : NULL;
    if (rest != NULL)
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &kernel);
    if (file != NULL)
        fclose(file);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double daemon_memory_mib(const struct daemon *d)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)d->pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "RssAnon: %lf kB", &kib);
    if (file != NULL)
        fclose(file);
    return kib / 1024;
}

static json_t *ask(const struct daemon *d, json_t *request)
{
    json_t *reply = NULL;
    struct ipc_client *c = connect_to(d);
    if (c != NULL && ipc_call(c, request, (struct span){NULL, 0}, &reply, NULL) != OK)
        reply = NULL;
    json_decref(request);
    ipc_disconnect(c);
    return reply;
}

static enum err log_size(struct txn *t, struct log_no no, bool verified, uint64_t *size)
{
    struct log log;
    if (verified)
        return ledger_settled_read(t, no, size);
    enum err err = log_load(t, no, &log);
    *size = err == OK ? log.frontier.size : 0;
    return err;
}

struct store *daemon_store(const struct daemon *d)
{
    struct store *store = NULL;
    char path[BENCH_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/db", d->home);
    bench_need(store_open(&store, path, false, true), path);
    return store;
}

uint64_t store_entries(struct store *store, bool verified)
{
    struct txn *t = NULL;
    uint64_t sum = 0, size;
    uint32_t logs = 0;
    enum err err = txn_read(store, &t);
    if (err == OK)
        err = log_count(t, &logs);
    for (uint32_t i = 0; err == OK && i < logs; i++) {
        err = log_size(t, (struct log_no){i}, verified, &size);
        sum += err == OK ? size : 0;
    }
    txn_abort(t);
    return err == OK ? sum : 0;
}

bool daemon_decided(const struct daemon *d)
{
    json_t *reply = ask(d, json_pack("{s:s,s:s}", "op", "query", "query", "status"));
    const json_t *pending = json_object_get(reply, "pending");
    const bool none = json_is_integer(pending) && json_integer_value(pending) == 0;
    json_decref(reply);
    return none;
}

uint64_t daemon_served(const struct daemon *d)
{
    json_t *reply = ask(d, json_pack("{s:s}", "op", "peers"));
    const json_int_t count = json_integer_value(json_object_get(reply, "entries_out"));
    json_decref(reply);
    return (uint64_t)count;
}
