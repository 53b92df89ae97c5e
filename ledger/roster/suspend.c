#include <string.h>

#include "ledger/roster/governance.h"
#include "ledger/roster/text.h"

static bool facts_decode(const struct entry *e, char id[ID_MAX_BYTES + 1], uint64_t *size)
{
    char ground[NAME_MAX_BYTES + 1];
    struct cbor c;
    if (!governance_fact(e, FACT_TO, &c))
        return false;
    text_decode_id(&c, id, ID_MAX_BYTES + 1);
    if (cbor_end(&c) != OK || !governance_fact(e, FACT_CLAUSE, &c))
        return false;
    text_decode(&c, ground, sizeof ground);
    if (cbor_end(&c) != OK || !governance_fact(e, FACT_COUNT, &c))
        return false;
    *size = cbor_uint(&c);
    return cbor_end(&c) == OK && *size >= 1 && *size <= INT64_MAX;
}

static enum reason suspend_check(const struct roster *r, const struct governance *g,
                                 const struct member **found, uint64_t *size)
{
    char id[ID_MAX_BYTES + 1];
    if (g->author->member.no.v != 0)
        return REASON_NOT_CONVENOR;
    if (roots_find(r, &g->first->key) == NULL)
        return REASON_NOT_ROOT;
    if (!facts_decode(g->e, id, size))
        return REASON_FACTS;
    *found = roster_find(r, id, g->e->law_size);
    if (*found == NULL)
        return REASON_NO_MEMBER;
    return (*found)->no.v == 0 ? REASON_SELF : REASON_NONE;
}

enum err suspend_apply(struct roster *r, const struct governance *g, enum reason *reason,
                       bool *pending)
{
    const struct member *found = NULL;
    uint64_t size = 0;
    *reason = suspend_check(r, g, &found, &size);
    *pending = *reason == REASON_NONE && r->genesis.k > 1;
    if (*reason != REASON_NONE || *pending)
        return OK;
    struct member *m = &r->members[found->no.v]->member;
    if (!m->suspended) {
        m->suspended_since = g->index;
        m->valid_size = size;
    }
    m->suspended = true;
    m->valid_size = size < m->valid_size ? size : m->valid_size;
    return OK;
}

bool roster_suspended(const struct roster *r, struct member_no no, uint64_t index)
{
    const struct member *m = roster_member(r, no);
    return m != NULL && m->suspended && index >= m->valid_size;
}
