/* `make soak`: see soak.h. Environment: SOAK_S (1800), JIELI_SEED (the time). */
#include "tests/soak/soak.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_PORT = 32100, KILL_MS = 4000, DOWN_MS = 4000, SAMPLE_MS = 500, TOLD_S = 30,
       SETTLE_S = 120, WARM_MS = 3000 };

double soak_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void soak_demand(struct soak *s, bool good, const char *what, unsigned node)
{
    if (good)
        return;
    fflush(stdout);
    fprintf(stderr, "soak: %s %s; JIELI_SEED=%llu, homes in %s\n", s->c->members[node].id, what,
            (unsigned long long)s->seed, s->c->folder);
    for (unsigned i = 0; i < SOAK_NODES; i++)
        if (s->pids[i] != 0)
            kill(s->pids[i], SIGKILL);
    _exit(1);
}

uint64_t soak_random(struct soak *s)
{
    pthread_mutex_lock(&s->lock);
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    const uint64_t value = s->random;
    pthread_mutex_unlock(&s->lock);
    return value;
}

bool soak_pause(struct soak *s, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    while (!s->ending && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0) {
    }
    const bool ending = s->ending;
    pthread_mutex_unlock(&s->lock);
    return ending;
}

static void pid_set(struct soak *s, unsigned node, pid_t pid)
{
    pthread_mutex_lock(&s->lock);
    s->pids[node] = pid;
    s->lives[node] += pid != 0;
    pthread_mutex_unlock(&s->lock);
}

static void node_up(struct soak *s, unsigned node)
{
    const pid_t pid = daemon_start(s->c, node);
    pid_set(s, node, pid);
    struct ipc_client *client = daemon_connect(s->c, node, pid);
    soak_demand(s, client != NULL, "does not start", node);
    ipc_disconnect(client);
}

static void node_down(struct soak *s, unsigned node, bool killed)
{
    const pid_t pid = s->pids[node];
    pid_set(s, node, 0);
    if (killed)
        daemon_kill(pid);
    else
        soak_demand(s, daemon_stop(pid) == 0, "did not end as told", node);
}

static void nobody_ended_by_itself(struct soak *s)
{
    for (unsigned i = 0; i < SOAK_NODES; i++)
        if (s->pids[i] != 0)
            soak_demand(s, waitpid(s->pids[i], NULL, WNOHANG) == 0, "ended by itself", i);
}

static void tell(struct soak *s, double passed)
{
    unsigned lives = 0;
    for (unsigned i = 0; i < SOAK_NODES; i++)
        lives += s->lives[i];
    pthread_mutex_lock(&s->lock);
    printf("%5.0f s: %zu acts acknowledged, %zu refused, %zu lost their node, %zu queries, "
           "%u starts\n", passed, s->told_count, s->refused, s->lost, s->queries, lives);
    pthread_mutex_unlock(&s->lock);
    fflush(stdout);
}

struct due { double up[SOAK_NODES], kill, sample, told; };

/* One look: who is due to rise, to fall, to be measured. */
static void look(struct soak *s, struct due *due, double start)
{
    const double now = soak_now_s();
    nobody_ended_by_itself(s);
    for (unsigned i = SOAK_STEADY; i < SOAK_NODES; i++)
        if (s->pids[i] == 0 && now >= due->up[i])
            node_up(s, i);
    if (now >= due->kill) {
        const unsigned node =
            SOAK_STEADY + (unsigned)(soak_random(s) % (SOAK_NODES - SOAK_STEADY));
        if (s->pids[node] != 0) {
            node_down(s, node, soak_random(s) % 5 != 0);
            due->up[node] = now + (double)(soak_random(s) % DOWN_MS) / 1000;
        }
        due->kill = now + (double)(soak_random(s) % (2 * KILL_MS)) / 1000;
    }
    if (now >= due->sample) {
        check_sample(s);
        due->sample = now + SAMPLE_MS / 1000.0;
    }
    if (now >= due->told) {
        tell(s, now - start);
        due->told = now + TOLD_S;
    }
}

static void run(struct soak *s, double seconds)
{
    struct worker workers[SOAK_NODES];
    const double start = soak_now_s();
    struct due due = {.kill = start + WARM_MS / 1000.0, .sample = start + WARM_MS / 1000.0,
                      .told = start + TOLD_S};
    for (unsigned i = 0; i < SOAK_NODES; i++) {
        workers[i] = (struct worker){.soak = s, .node = i};
        soak_demand(s, pthread_create(&workers[i].thread, NULL, work_run, &workers[i]) == 0,
                    "thread", i);
    }
    while (soak_now_s() < start + seconds) {
        look(s, &due, start);
        soak_pause(s, 50);
    }
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < SOAK_NODES; i++)
        pthread_join(workers[i].thread, NULL);
    s->ending = false;
    tell(s, soak_now_s() - start);
}

static void settle(struct soak *s)
{
    const double start = soak_now_s();
    for (unsigned i = 0; i < SOAK_NODES; i++)
        if (s->pids[i] == 0)
            node_up(s, i);
    while (!check_equal(s)) {
        soak_demand(s, soak_now_s() < start + SETTLE_S, "and others do not agree", 0);
        nobody_ended_by_itself(s);
        soak_pause(s, 200);
    }
    printf("heads equal %.1f s after the load ended\n", soak_now_s() - start);
    for (unsigned i = 0; i < SOAK_NODES; i++)
        node_down(s, i, false);
}

static struct soak *soak_create(uint64_t seed)
{
    struct soak *s = calloc(1, sizeof *s);
    const struct cluster_options options = {.seed = seed, .members = SOAK_NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    if (s == NULL)
        abort();
    s->seed = seed;
    s->random = seed | 1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    s->c = cluster_create(&options);
    for (unsigned i = 0; i < SOAK_STEADY; i++) {
        s->samples[i] = calloc(1, sizeof *s->samples[i]);
        soak_demand(s, s->samples[i] != NULL, "memory", i);
    }
    for (unsigned i = 0; i < SOAK_NODES; i++) {
        cluster_configure(s->c, i, FIRST_PORT);
        node_up(s, i);
    }
    return s;
}

static void soak_free(struct soak *s)
{
    cluster_free(s->c);
    for (unsigned i = 0; i < SOAK_STEADY; i++)
        free(s->samples[i]);
    free(s->told);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int main(void)
{
    const char *seconds = getenv("SOAK_S"), *seed = getenv("JIELI_SEED");
    struct soak *s = soak_create(seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL));
    printf("JIELI_SEED=%llu\n", (unsigned long long)s->seed);
    run(s, seconds != NULL ? strtod(seconds, NULL) : 1800);
    settle(s);
    check_homes(s);
    check_flat(s);
    printf("soak: ok\n");
    soak_free(s);
    return 0;
}
