#include <string.h>

#include "ledger/cases/rules.h"

/* An order replaces a term only if no custody act that its author had not seen, and that had not
 * seen it, shows another custodian; otherwise it would pay not to see them. */
static bool replaces(const struct view *v, const struct act *a)
{
    if (a->kind != KIND_ORDER)
        return true;
    VIEW_EACH(v, LIST_BATON, baton)
        if (!act_saw(a, baton) && !act_saw(baton, a) && !act_by(a, baton->after.custodian))
            return false;
    return true;
}

static void cover_by(const struct case_fold *f, const struct act *a)
{
    for (unsigned s = 0; s < f->slot_count; s++) {
        uint32_t seen = a->seen[s] - (s == a->slot ? 1 : 0);
        if (seen > f->scratch[s])
            f->scratch[s] = seen;
    }
}

/* Fills f->scratch: how many acts of each slot some other act of the list had seen. */
static void cover(const struct view *v, enum list list)
{
    const struct case_fold *f = v->f;

    memset(f->scratch, 0, f->slot_count * sizeof *f->scratch);
    VIEW_EACH(v, list, a)
        if (replaces(v, a))
            cover_by(f, a);
}

static bool covered(const struct case_fold *f, const struct act *a)
{
    return f->scratch[a->slot] > a->ordinal;
}

enum grade view_grade(const struct view *v)
{
    enum grade grade = GRADE_GENERAL;

    if (v->f->lists[LIST_GRADE].count == 1)
        return (enum grade)v->f->lists[LIST_GRADE].at[0]->grade;
    cover(v, LIST_GRADE);
    VIEW_EACH(v, LIST_GRADE, a)
        if (!covered(v->f, a) && a->grade > grade)
            grade = (enum grade)a->grade;
    return grade;
}

bool view_major(const struct view *v)
{
    return view_grade(v) >= GRADE_MAJOR;
}

uint64_t view_due_on(const struct view *v)
{
    uint64_t due_on = 0;

    cover(v, LIST_TERM);
    VIEW_EACH(v, LIST_TERM, a)
        if (!covered(v->f, a) && (due_on == 0 || a->due_on < due_on))
            due_on = a->due_on;
    return due_on;
}

enum reason check_regrade(const struct view *v, const struct act *a)
{
    enum grade now = view_grade(v);

    if (act_by_convenor(a) || view_listed_by(v, a->origin.member))
        return a->grade == now ? REASON_GRADE : REASON_NONE;
    if (!view_is_custodian(v, a->origin.member))
        return REASON_NOT_PARTY;
    return a->grade > now ? REASON_NONE : REASON_GRADE;
}
