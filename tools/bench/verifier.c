#include <pthread.h>

#include "tools/audit/workers.h"
#include "tools/bench/bench.h"

struct share {
    const struct entry *const *entries;
    const struct hash *ledger;
    size_t from, to;
    bool *ok;
};

static void *work(void *arg)
{
    const struct share *s = arg;
    for (size_t i = s->from; i < s->to; i++)
        s->ok[i] = entry_verify(s->entries[i], s->ledger) == OK;
    return NULL;
}

static void verify(void *ctx, const struct entry *const *entries, size_t count,
                   const struct hash *ledger, bool *ok)
{
    struct share shares[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    bool started[WORKERS_MAX];
    unsigned cores = workers_cores();
    (void)ctx;
    for (unsigned i = 0; i < cores; i++) {
        shares[i] = (struct share){entries, ledger, count * i / cores, count * (i + 1) / cores, ok};
        started[i] = count >= 8 && i > 0 &&
                     pthread_create(&threads[i], NULL, work, &shares[i]) == 0;
    }
    for (unsigned i = 0; i < cores; i++) {
        if (!started[i])
            work(&shares[i]);
    }
    for (unsigned i = 0; i < cores; i++) {
        if (started[i])
            pthread_join(threads[i], NULL);
    }
}

struct verifier bench_verifier(void)
{
    return (struct verifier){.verify = verify};
}
