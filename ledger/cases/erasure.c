#include "ledger/cases/rules.h"

/* An order says its ground; the rest of the case is not asked, so nothing can be hidden from it. */
static enum reason order_check(const struct view *v, const struct act *a)
{
    const struct member *author = roster_member(v->f->roster, a->origin.member);

    if (!act_has(a, FACT_CLAUSE))
        return REASON_FACTS;
    return author->a.powers & POWER_ENFORCE ? REASON_NONE : REASON_NO_POWER;
}

static bool is_order(const struct act *a)
{
    return a->kind == KIND_ERASE && a->step == STEP_DECIDE && a->verdict == VERDICT_VALID;
}

enum reason check_erase(const struct view *v, const struct act *a)
{
    const struct act *order;

    if (a->step == STEP_DECIDE)
        return order_check(v, a);
    if (a->step != STEP_CONFIRM || !act_has(a, FACT_TARGET))
        return REASON_FACTS;
    order = fold_find(v->f, &a->target);
    if (!order || !order->resolved || v->seen[order->slot] <= order->ordinal)
        return REASON_NOT_ASKED;
    return is_order(order) ? REASON_NONE : REASON_NOT_ASKED;
}

unsigned view_erasures(const struct view *v)
{
    unsigned count = 0;

    VIEW_EACH(v, LIST_ERASE, a)
        count += is_order(a);
    return count;
}
