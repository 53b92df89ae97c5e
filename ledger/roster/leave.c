#include "ledger/roster/governance.h"

enum err leave_apply(const struct governance *g, enum reason *reason)
{
    struct cbor c;
    struct pubkey key;
    if (!officer_administers(g->first)) {
        *reason = REASON_NOT_ADMINISTRATOR;
        return OK;
    }
    bool whole = governance_fact(g->e, FACT_OFFICER_KEY, &c);
    if (whole) {
        cbor_tagged(&c, ALG_ED25519, key.b);
        whole = cbor_end(&c) == OK;
    }
    struct officer *o = whole ? governance_officer(g, &key) : NULL;
    if (o != NULL && o->left)
        o = NULL;
    *reason = !whole ? REASON_FACTS : o == NULL ? REASON_NOT_ENROLLED : REASON_NONE;
    if (o == NULL)
        return OK;
    o->left = true;
    o->left_index = g->index;
    o->has_desk = false;
    return OK;
}
