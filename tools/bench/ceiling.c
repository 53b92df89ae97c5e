#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tools/audit/workers.h"
#include "tools/bench/bench.h"

enum { CEILING_MS = 1500, BURST = 16 };

struct runner { const struct pubkey *key; struct sig sig; uint8_t message[BENCH_ENTRY_BYTES];
                uint64_t count; double until_s, cpu_s; };

static double thread_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *run(void *arg)
{
    struct runner *r = arg;
    while (bench_now_s() < r->until_s) {
        for (unsigned i = 0; i < BURST; i++)
            bench_need(verify_raw(r->key, span_of(r->message, sizeof r->message), &r->sig),
                       "verification");
        r->count += BURST;
    }
    r->cpu_s = thread_cpu_s();
    return NULL;
}

struct ceiling bench_ceiling_of(void)
{
    struct runner runners[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    unsigned cores = workers_cores();
    struct signkey *key = NULL;
    uint64_t count = 0;
    double cpu_s = 0;
    bench_need(signkey_create(&key), "key");
    double start = bench_now_s();
    for (unsigned i = 0; i < cores; i++) {
        runners[i] = (struct runner){.key = signkey_public(key),
                                     .until_s = start + CEILING_MS / 1000.0};
        random_bytes(runners[i].message, sizeof runners[i].message);
        sign_raw(key, span_of(runners[i].message, BENCH_ENTRY_BYTES), &runners[i].sig);
        if (pthread_create(&threads[i], NULL, run, &runners[i]) != 0)
            bench_need(ERR_NOMEM, "threads");
    }
    for (unsigned i = 0; i < cores; i++) {
        pthread_join(threads[i], NULL);
        count += runners[i].count;
        cpu_s += runners[i].cpu_s;
    }
    double took = bench_now_s() - start;
    signkey_free(key);
    return (struct ceiling){(double)count / took, cpu_s / (double)count};
}

double bench_ceiling(void)
{
    return bench_ceiling_of().rate;
}
