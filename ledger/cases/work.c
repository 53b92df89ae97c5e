#include <string.h>

#include "ledger/cases/rules.h"

enum { ALL_FIVE = 31 };

enum reason check_notify(const struct view *v, const struct act *a)
{
    (void)v;
    return act_by(a, a->to) ? REASON_SELF : REASON_NONE;
}

/* Within itself: an officer of the author, enrolled before and not left. */
enum reason check_hand_to(const struct view *v, const struct act *a)
{
    const struct officer *o;

    for (unsigned i = 0; (o = roster_officer_at(v->f->roster, a->origin.member, i)); i++)
        if (strcmp(o->person, a->officer) == 0 &&
            roster_officer(v->f->roster, o->member, &o->key, a->origin.index) == o)
            return REASON_NONE;
    return REASON_NOT_ENROLLED;
}

enum reason check_order(const struct view *v, const struct act *a)
{
    const struct member *author = roster_member(v->f->roster, a->origin.member);

    if (!view_is_custodian(v, a->origin.member))
        return REASON_NOT_CUSTODIAN;
    return author->a.powers & POWER_ENFORCE ? REASON_NONE : REASON_NO_POWER;
}

static bool works(const struct view *v, struct member_no m)
{
    enum step support;

    if (view_is_custodian(v, m))
        return true;
    support = view_support(v, m);
    return support == STEP_ASK || support == STEP_CONFIRM;
}

enum reason check_plan(const struct view *v, const struct act *a)
{
    if (!works(v, a->origin.member))
        return REASON_NOT_PARTY;
    return view_major(v) && a->five != ALL_FIVE ? REASON_FACTS : REASON_NONE;
}

enum reason check_progress(const struct view *v, const struct act *a)
{
    if (works(v, a->origin.member) || act_by(a, view_interim(v)))
        return REASON_NONE;
    return REASON_NOT_PARTY;
}

enum reason check_rectified(const struct view *v, const struct act *a)
{
    return view_is_custodian(v, a->origin.member) ? REASON_NONE : REASON_NOT_CUSTODIAN;
}

enum reason check_report_back(const struct view *v, const struct act *a)
{
    return view_is_custodian(v, a->origin.member) ? REASON_NONE : REASON_NOT_CUSTODIAN;
}

static uint32_t allowed(const struct kind_row *row)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < KIND_MAX_FACTS && row->required[i]; i++)
        set |= UINT32_C(1) << (row->required[i] - 1);
    for (unsigned i = 0; i < KIND_MAX_FACTS && row->optional[i]; i++)
        set |= UINT32_C(1) << (row->optional[i] - 1);
    return set;
}

enum reason check_correct(const struct view *v, const struct act *a)
{
    const struct act *target = fold_find(v->f, &a->target);

    if (!target || target->origin.member.v != a->origin.member.v || !target->resolved)
        return REASON_NOT_AUTHOR;
    if (v->seen[target->slot] <= target->ordinal || (a->facts & ~allowed(a->row)) != 0)
        return REASON_NOT_AUTHOR;
    return REASON_NONE;
}
