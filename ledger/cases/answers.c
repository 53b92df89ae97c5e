#include "ledger/cases/rules.h"

/* The act that a sign-for, ask-more or recall speaks of: the open offer, or for a sign-for by the
 * member named the last ruling; NULL: none. */
const struct act *act_concern(const struct view *v, const struct act *a)
{
    const struct custody *c = view_custody(v);

    if (a->kind == KIND_RECALL)
        return c->open && act_by(a, c->by) ? c->force : NULL;
    if (c->open && act_by(a, c->to))
        return c->force;
    if (a->kind == KIND_SIGN_FOR && c->ruling && act_by(a, c->ruling->to))
        return c->ruling;
    return NULL;
}

enum reason check_sign_for(const struct view *v, const struct act *a)
{
    return act_concern(v, a) ? REASON_NONE : REASON_NOT_OFFERED;
}

static bool asked_before(const struct view *v, const struct act *offer)
{
    VIEW_EACH(v, LIST_ASK_MORE, ask)
        if (ask->about == offer)
            return true;
    return false;
}

enum reason check_ask_more(const struct view *v, const struct act *a)
{
    const struct act *offer = act_concern(v, a);

    if (!view_custody(v)->open)
        return REASON_NO_OFFER;
    if (!offer)
        return REASON_NOT_OFFERED;
    return asked_before(v, offer) ? REASON_REPEAT_ASK : REASON_NONE;
}

enum reason check_recall(const struct view *v, const struct act *a)
{
    if (!view_custody(v)->open)
        return REASON_NO_OFFER;
    return act_concern(v, a) ? REASON_NONE : REASON_NOT_PARTY;
}

enum reason check_petition(const struct view *v, const struct act *a)
{
    if (view_is_custodian(v, a->origin.member) || view_refused(v, a->origin.member))
        return REASON_NONE;
    return REASON_NOT_PARTY;
}
