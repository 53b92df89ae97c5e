#include "ledger/roster/governance.h"

static bool fact_decode(const struct entry *e, struct admission *out)
{
    struct cbor c;
    if (!governance_fact(e, FACT_ADMISSION, &c))
        return false;
    admission_decode(out, &c);
    return cbor_end(&c) == OK;
}

static enum reason proofs_check(const struct roster *r, const struct admission *a)
{
    enum err e = admission_verify(a, &r->genesis.ledger);
    if (e == ERR_KEY)
        return REASON_KEY;
    return e == OK ? REASON_NONE : REASON_PROOF;
}

static enum reason admit_check(const struct roster *r, const struct governance *g,
                               struct admission *a)
{
    if (g->author->member.no.v != 0)
        return REASON_NOT_CONVENOR;
    if (roots_find(r, &g->first->key) == NULL)
        return REASON_NOT_ROOT;
    if (!fact_decode(g->e, a))
        return REASON_FACTS;
    if (roster_by_log(r, a->id) != NULL)
        return REASON_MEMBER_EXISTS;
    if (r->member_count == MEMBERS_MAX)
        return REASON_EXCESS;
    return g->proven ? REASON_NONE : proofs_check(r, a);
}

enum err admit_apply(struct roster *r, const struct governance *g, enum reason *reason,
                     bool *pending)
{
    struct admission a;
    *reason = admit_check(r, g, &a);
    if (*reason != REASON_NONE)
        return OK;
    *pending = r->genesis.k > 1;
    return *pending ? OK : roster_add_member(r, &a, g->index, &g->e->id);
}
