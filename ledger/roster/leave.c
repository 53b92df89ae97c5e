#include "ledger/roster/governance.h"

enum err leave_apply(const struct governance *g, enum reason *reason)
{
    struct officer *o;
    if (!officer_administers(g->first)) {
        *reason = REASON_NOT_ADMINISTRATOR;
        return OK;
    }
    const bool names = governance_names(g, &o);
    *reason = !names ? REASON_FACTS : o == NULL ? REASON_NOT_ENROLLED : REASON_NONE;
    if (o == NULL)
        return OK;
    o->left = true;
    o->left_index = g->index;
    o->has_desk = false;
    return OK;
}
