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

void verifier_share(const struct ledger *l, void (*run)(void *job, size_t from, size_t to),
                    void *job, size_t count)
{
    if (l->verifier != NULL && l->verifier->share != NULL)
        l->verifier->share(l->verifier->ctx, run, job, count);
    else
        run(job, 0, count);
}
