#include "ledger/cases/rules.h"

static bool asks(const struct act *a, struct member_no m)
{
    if (a->kind == KIND_JOIN)
        return a->step == STEP_ASK && a->to.v == m.v;
    for (unsigned i = 0; i < a->support_count; i++)
        if (a->supports[i].v == m.v)
            return true;
    return false;
}

enum step view_support(const struct view *v, struct member_no m)
{
    const struct act *answer = NULL;
    bool asked = false, again = false;

    VIEW_EACH(v, LIST_JOIN, a)
        if (a->kind == KIND_JOIN && a->step != STEP_ASK && act_by(a, m))
            answer = a;
    VIEW_EACH(v, LIST_JOIN, a) {
        if (!asks(a, m))
            continue;
        asked = true;
        again = again || (answer && act_saw(a, answer));
    }
    if (!asked)
        return (enum step)0;
    return answer && !again ? (enum step)answer->step : STEP_ASK;
}

static enum reason ask_check(const struct view *v, const struct act *a)
{
    if (!act_has(a, FACT_TO))
        return REASON_FACTS;
    if (!act_by_convenor(a) && !view_is_custodian(v, a->origin.member))
        return REASON_NOT_CUSTODIAN;
    return act_by(a, a->to) ? REASON_SELF : REASON_NONE;
}

enum reason check_join(const struct view *v, const struct act *a)
{
    if (a->step == STEP_ASK)
        return ask_check(v, a);
    if (a->step != STEP_CONFIRM && a->step != STEP_DECLINE)
        return REASON_FACTS;
    return view_support(v, a->origin.member) != 0 ? REASON_NONE : REASON_NOT_ASKED;
}
