#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "tools/audit/workers.h"
#include "tools/bench/bench.h"

/* Distinct signatures, as a log has them: one that is checked again and again is 5 % quicker, for
 * the processor foresees its branches. */
enum { CEILING_MS = 1500, BURST = 16, SAMPLES = 2048, SIGNERS = 16 };

struct sample { struct pubkey key; struct sig sig; uint8_t message[BENCH_ENTRY_BYTES]; };
struct runner { const struct sample *samples; uint64_t count; double until_s, cpu_s; };

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
        for (unsigned i = 0; i < BURST; i++) {
            const struct sample *s = &r->samples[r->count++ % SAMPLES];
            bench_need(verify_raw(&s->key, span_of(s->message, sizeof s->message), &s->sig),
                       "verification");
        }
    }
    r->cpu_s = thread_cpu_s();
    return NULL;
}

static struct sample *samples_make(void)
{
    struct sample *all = calloc(SAMPLES, sizeof *all);
    struct signkey *key = NULL;
    bench_need(all == NULL ? ERR_NOMEM : OK, "samples");
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct sample *s = &all[i];
        if (i % (SAMPLES / SIGNERS) == 0) {
            signkey_free(key);
            bench_need(signkey_create(&key), "key");
        }
        s->key = *signkey_public(key);
        random_bytes(s->message, sizeof s->message);
        sign_raw(key, span_of(s->message, sizeof s->message), &s->sig);
    }
    signkey_free(key);
    return all;
}

struct ceiling bench_ceiling_of(void)
{
    struct runner runners[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    unsigned cores = workers_cores();
    uint64_t count = 0;
    double cpu_s = 0;
    struct sample *samples = samples_make();
    double start = bench_now_s();
    for (unsigned i = 0; i < cores; i++) {
        runners[i] = (struct runner){.samples = samples, .until_s = start + CEILING_MS / 1000.0};
        if (pthread_create(&threads[i], NULL, run, &runners[i]) != 0)
            bench_need(ERR_NOMEM, "threads");
    }
    for (unsigned i = 0; i < cores; i++) {
        pthread_join(threads[i], NULL);
        count += runners[i].count;
        cpu_s += runners[i].cpu_s;
    }
    double took = bench_now_s() - start;
    free(samples);
    return (struct ceiling){(double)count / took, cpu_s / (double)count};
}

double bench_ceiling(void)
{
    return bench_ceiling_of().rate;
}
