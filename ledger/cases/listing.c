#include "ledger/cases/rules.h"

bool view_listing_stands(const struct view *v, const struct act *supervise)
{
    const struct act_list *lifts = &v->f->lists[LIST_UNLISTING];
    const uint32_t *vector = v->more ? v->more : v->seen;

    for (unsigned i = lifts->count; i-- > 0;) {
        const struct act *lift = lifts->at[i];
        if (!act_by(lift, supervise->origin.member) || !view_has(v, lift))
            continue;
        if (!act_saw(lift, supervise))
            return true;
        if (!conflict_hidden(v->f, lift, vector))
            return false;
    }
    return true;
}

bool view_listed_by(const struct view *v, struct member_no m)
{
    VIEW_EACH(v, LIST_LISTING, listing)
        if (act_by(listing, m) && view_listing_stands(v, listing))
            return true;
    return false;
}

bool view_listed(const struct view *v)
{
    VIEW_EACH(v, LIST_LISTING, listing)
        if (view_listing_stands(v, listing))
            return true;
    return false;
}

static bool may_list(const struct case_fold *f, struct member_no m)
{
    enum member_kind kind = kind_of_member(f, m);

    return m.v == 0 || kind == MEMBER_BOARD || kind == MEMBER_DISTRICT;
}

enum reason check_supervise(const struct view *v, const struct act *a)
{
    return may_list(v->f, a->origin.member) ? REASON_NONE : REASON_NO_POWER;
}

enum reason check_unsupervise(const struct view *v, const struct act *a)
{
    if (!view_listed_ever(v, a->origin.member))
        return REASON_NOT_LISTER;
    if (!view_listed_by(v, a->origin.member))
        return REASON_NO_LISTING;
    if (act_by_convenor(a) && view_conflict(v, a->law) && !act_second_signed(v->f, a))
        return REASON_CONFLICT;
    return REASON_NONE;
}
