#include "ledger/internal.h"

void verify_entries(const struct ledger *l, const struct entry *const *entries, size_t count,
                    bool *ok)
{
    if (l->verifier != NULL) {
        l->verifier->verify(l->verifier->ctx, entries, count, &l->genesis.ledger, ok);
        return;
    }
    for (size_t i = 0; i < count; i++)
        ok[i] = entry_verify(entries[i], &l->genesis.ledger) == OK;
}

bool verifier_known(const struct ledger *l, struct span bytes, struct hash *id)
{
    return l->verifier != NULL && l->verifier->known != NULL &&
           l->verifier->known(l->verifier->ctx, bytes, id);
}

static bool on_cores(const struct ledger *l)
{
    return l->verifier != NULL && l->verifier->submit != NULL;
}

void job_begin(const struct ledger *l, struct job *job)
{
    if (on_cores(l))
        l->verifier->submit(l->verifier->ctx, job);
}

void job_finish(const struct ledger *l, struct job *job)
{
    if (on_cores(l))
        l->verifier->finish(l->verifier->ctx, job);
    else
        job->run(job->ctx, 0, job->count);
}
