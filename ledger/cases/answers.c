#include "ledger/cases/rules.h"

/* The act that a sign-for, ask-more or recall speaks of: the open offer, or for a sign-for by the
 * member named the last ruling; NULL: none. */
const struct act *view_about(const struct view *v, enum kind kind, struct member_no author)
{
    const struct custody *c = view_custody(v);

    if (kind == KIND_RECALL)
        return c->open && c->by.v == author.v ? c->force : NULL;
    if (c->open && c->to.v == author.v)
        return c->force;
    if (kind == KIND_SIGN_FOR && c->ruling && c->ruling->to.v == author.v)
        return c->ruling;
    return NULL;
}

const struct act *act_about(const struct view *v, const struct act *a)
{
    return view_about(v, a->kind, a->origin.member);
}

enum reason check_sign_for(const struct view *v, const struct act *a)
{
    return act_about(v, a) ? REASON_NONE : REASON_NOT_OFFERED;
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
    const struct act *offer = act_about(v, a);

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
    return act_about(v, a) ? REASON_NONE : REASON_NOT_PARTY;
}

enum reason check_petition(const struct view *v, const struct act *a)
{
    if (view_is_custodian(v, a->origin.member) || view_refused(v, a->origin.member))
        return REASON_NONE;
    return REASON_NOT_PARTY;
}
