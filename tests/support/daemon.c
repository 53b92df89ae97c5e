#include "tests/support/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "net/act_blob.h"
#include "tests/support/cluster_keys.h"

enum { START_MS = 30000, ASK_MS = 30000, TRY_US = 1000 };

void daemon_path(char *out, size_t out_bytes)
{
    char self[HOME_PATH_BYTES];
    const char *named = getenv("JIELID");
    if (named != NULL) {
        CLUSTER_DEMAND((size_t)snprintf(out, out_bytes, "%s", named) < out_bytes);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    CLUSTER_DEMAND(len > 0);
    self[len] = '\0';
    char *tests = strstr(self, "/tests/");
    CLUSTER_DEMAND(tests != NULL);
    *tests = '\0';
    CLUSTER_DEMAND(home_path(out, out_bytes, self, "jielid") == OK);
}

static void run_daemon(const char *program, const char *home, const char *log_path)
{
    int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
        _exit(127);
    }
    execl(program, program, "--home", home, (char *)NULL);
    _exit(127);
}

pid_t daemon_start(const struct cluster *c, unsigned member)
{
    char program[HOME_PATH_BYTES], log_path[HOME_PATH_BYTES];
    const struct cluster_member *m = &c->members[member];
    CLUSTER_DEMAND(m->ledger == NULL);
    daemon_path(program, sizeof program);
    CLUSTER_DEMAND(home_path(log_path, sizeof log_path, m->home, "jielid.log") == OK);
    pid_t pid = fork();
    CLUSTER_DEMAND(pid >= 0);
    if (pid == 0) {
        run_daemon(program, m->home, log_path);
    }
    return pid;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool daemon_ends_within(pid_t pid, uint64_t us)
{
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    const struct timespec limit = {.tv_sec = (time_t)(us / 1000000),
                                   .tv_nsec = (long)(us % 1000000) * 1000};
    CLUSTER_DEMAND(end.fd >= 0);
    int ready = ppoll(&end, 1, &limit, NULL);
    close(end.fd);
    return ready == 1;
}

struct ipc_client *daemon_connect(const struct cluster *c, unsigned member, pid_t pid)
{
    char path[HOME_PATH_BYTES];
    struct ipc_client *client = NULL;
    uint64_t until_ms = now_ms() + START_MS;
    CLUSTER_DEMAND(home_path(path, sizeof path, c->members[member].home, "jielid.sock") == OK);
    while (ipc_connect(&client, path, ASK_MS) != OK) {
        if (daemon_ends_within(pid, TRY_US) || now_ms() > until_ms) {
            return NULL;
        }
    }
    return client;
}

int daemon_stop(pid_t pid)
{
    int status = 0;
    CLUSTER_DEMAND(kill(pid, SIGTERM) == 0);
    CLUSTER_DEMAND(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void daemon_kill(pid_t pid)
{
    CLUSTER_DEMAND(kill(pid, SIGKILL) == 0);
    CLUSTER_DEMAND(waitpid(pid, NULL, 0) == pid);
}

json_t *daemon_ask(struct ipc_client *client, json_t *request, struct span blob,
                   struct buffer *reply_blob)
{
    json_t *reply = NULL;
    CLUSTER_DEMAND(request != NULL);
    enum err err = ipc_call(client, request, blob, &reply, reply_blob);
    json_decref(request);
    return err == OK ? reply : NULL;
}

bool daemon_ok(const json_t *reply)
{
    return json_is_true(json_object_get(reply, "ok"));
}

const char *daemon_error(const json_t *reply)
{
    const char *error = json_string_value(json_object_get(reply, "error"));
    return error == NULL ? "" : error;
}

static bool hash_from(const json_t *text, struct hash *out)
{
    size_t len = 0;
    return json_is_string(text) &&
           hex_decode(out->b, HASH_BYTES, json_string_value(text), json_string_length(text),
                      &len) == OK && len == HASH_BYTES;
}

bool daemon_hash(const json_t *reply, const char *key, struct hash *out)
{
    return hash_from(json_object_get(reply, key), out);
}

static uint64_t number(const json_t *reply, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(reply, key));
}

static bool compose_from(const json_t *reply, struct compose *out)
{
    const json_t *refs = json_object_get(reply, "refs");
    *out = (struct compose){.epoch = (uint32_t)number(reply, "epoch"),
                            .law_epoch = (uint32_t)number(reply, "law_epoch"),
                            .law_size = number(reply, "law_size"),
                            .own_size = number(reply, "own_size"),
                            .ref_count = (unsigned)json_array_size(refs)};
    bool good = daemon_ok(reply) && out->ref_count <= ENTRY_MAX_REFS &&
                daemon_hash(reply, "ledger", &out->ledger) &&
                daemon_hash(reply, "own_root", &out->own_root);
    for (unsigned i = 0; good && i < out->ref_count; i++) {
        good = hash_from(json_array_get(refs, i), &out->refs[i]);
    }
    out->has_base = json_object_get(reply, "base") != NULL;
    return good && (!out->has_base || daemon_hash(reply, "base", &out->base));
}

bool daemon_compose(struct ipc_client *client, uint32_t kind, const struct hash *case_id,
                    struct compose *out)
{
    char hex[2 * HASH_BYTES + 1];
    json_t *request = json_pack("{s:s, s:s, s:s}", "op", "query", "query", "compose", "kind",
                                kind_row(kind)->name);
    if (case_id != NULL) {
        CLUSTER_DEMAND(hex_encode(hex, sizeof hex, span_of(case_id->b, HASH_BYTES)) == OK);
        json_object_set_new(request, "case", json_string(hex));
    }
    json_t *reply = daemon_ask(client, request, (struct span){0}, NULL);
    bool good = reply != NULL && compose_from(reply, out);
    json_decref(reply);
    return good;
}

json_t *daemon_append(struct ipc_client *client, struct span entry)
{
    struct buffer blob = {0};
    CLUSTER_DEMAND(act_blob_put_entry(&blob, entry) == OK);
    json_t *reply = daemon_ask(client, json_pack("{s:s}", "op", "append"), buffer_span(&blob),
                               NULL);
    buffer_clear(&blob);
    return reply;
}

struct ipc_client *daemon_up(const struct cluster *c, unsigned member, pid_t *pid)
{
    *pid = daemon_start(c, member);
    struct ipc_client *client = daemon_connect(c, member, *pid);
    CLUSTER_DEMAND(client != NULL);
    return client;
}

void daemon_down(struct ipc_client **client, pid_t pid)
{
    if (*client == NULL)
        return;
    ipc_disconnect(*client);
    *client = NULL;
    CLUSTER_DEMAND(daemon_stop(pid) == 0);
}

struct hash daemon_act(struct ipc_client *client, struct cluster *c, unsigned member,
                       struct cluster_act *a)
{
    struct hash id = {0};
    struct compose compose;
    struct buffer entry = {0};
    CLUSTER_DEMAND(daemon_compose(client, a->kind, NULL, &compose));
    cluster_sign(c, member, &compose, a, &entry);
    json_t *reply = daemon_append(client, buffer_span(&entry));
    CLUSTER_DEMAND(daemon_ok(reply) && daemon_hash(reply, "id", &id));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(a);
    return id;
}

struct hash daemon_report(struct ipc_client *client, struct cluster *c, unsigned member)
{
    struct cluster_act a;
    cluster_report_act(&a, member);
    return daemon_act(client, c, member, &a);
}
