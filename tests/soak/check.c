#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "ledger/log/home.h"
#include "tests/soak/soak.h"

static double memory_kib(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "RssAnon: %lf kB", &kib);
    if (file != NULL)
        fclose(file);
    return kib;
}

static double descriptors(pid_t pid)
{
    char path[64];
    double count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count - 2;
}

void check_sample(struct soak *s)
{
    for (unsigned i = 0; i < SOAK_STEADY; i++) {
        struct samples *all = s->samples[i];
        if (all->count == SOAK_SAMPLES_MAX)
            continue;
        all->memory_kib[all->count] = memory_kib(s->pids[i]);
        all->fds[all->count++] = descriptors(s->pids[i]);
    }
}

/* ---- heads ---- */

static json_t *heads_of(struct soak *s, unsigned node)
{
    struct ipc_client *client = daemon_connect(s->c, node, s->pids[node]);
    soak_demand(s, client != NULL, "does not answer", node);
    json_t *reply = daemon_ask(client, json_pack("{s:s,s:s}", "op", "query", "query", "status"),
                               (struct span){NULL, 0}, NULL);
    json_t *heads = json_incref(json_object_get(reply, "heads"));
    ipc_disconnect(client);
    json_decref(reply);
    return heads;
}

bool check_equal(struct soak *s)
{
    json_t *first = heads_of(s, 0);
    bool equal = json_object_size(first) == SOAK_NODES;
    for (unsigned i = 1; equal && i < SOAK_NODES; i++) {
        json_t *heads = heads_of(s, i);
        equal = json_equal(first, heads);
        json_decref(heads);
    }
    json_decref(first);
    return equal;
}

/* ---- homes ---- */

static void check_roots(struct soak *s, unsigned node)
{
    for (unsigned i = 0; i < SOAK_NODES; i++) {
        struct hash mine, theirs;
        const char *id = s->c->members[i].id;
        const struct log *a = ledger_log(s->c->members[node].ledger, id, 0);
        const struct log *b = ledger_log(s->c->members[0].ledger, id, 0);
        soak_demand(s, a != NULL && b != NULL, "lacks a log", node);
        frontier_root(&a->frontier, &mine);
        frontier_root(&b->frontier, &theirs);
        soak_demand(s, a->frontier.size == b->frontier.size && hash_equal(&mine, &theirs),
                    "has another tree", node);
        soak_demand(s, a->head_size == a->frontier.size, "lacks a head", node);
    }
}

static void check_told(struct soak *s, unsigned node)
{
    for (size_t i = 0; i < s->told_count; i++) {
        struct position at;
        soak_demand(s, ledger_find_id(s->c->members[node].ledger, &s->told[i], &at) == OK,
                    "lacks an act that was acknowledged", node);
    }
}

static void audit(struct soak *s, unsigned node)
{
    char program[HOME_PATH_BYTES], command[3 * HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
    program[strlen(program) - 1] = 0;                 /* jielid lies beside jieli */
    snprintf(command, sizeof command, "'%s' audit --home '%s' >'%s/audit.log' 2>&1", program,
             s->c->members[node].home, s->c->folder);
    const int status = system(command);
    soak_demand(s, WIFEXITED(status) && WEXITSTATUS(status) == 0, "fails the audit", node);
}

void check_homes(struct soak *s)
{
    for (unsigned i = 0; i < SOAK_NODES; i++)
        audit(s, i);
    for (unsigned i = 0; i < SOAK_NODES; i++)
        cluster_open(s->c, i);
    for (unsigned i = 0; i < SOAK_NODES; i++) {
        check_roots(s, i);
        check_told(s, i);
    }
    for (unsigned i = 0; i < SOAK_NODES; i++)
        cluster_close(s->c, i);
}

/* ---- flat ---- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_value);
    return count == 0 ? 0 : values[count / 2];
}

void check_flat(struct soak *s)
{
    for (unsigned i = 0; i < SOAK_STEADY; i++) {
        struct samples *all = s->samples[i];
        const unsigned third = all->count / 3, last = all->count - third;
        const double memory[2] = {median(all->memory_kib, third),
                                  median(all->memory_kib + last, third)};
        const double fds[2] = {median(all->fds, third), median(all->fds + last, third)};
        printf("%s: anonymous memory %.0f, then %.0f KiB; descriptors %.0f, then %.0f\n",
               s->c->members[i].id, memory[0], memory[1], fds[0], fds[1]);
        soak_demand(s, memory[1] <= memory[0] + SOAK_MEMORY_KIB, "grows in memory", i);
        soak_demand(s, fds[1] <= fds[0] + SOAK_FDS, "grows in descriptors", i);
    }
}
