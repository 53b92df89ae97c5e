#include <string.h>

#include "ledger/cases/rules.h"

static void need(uint32_t *needed, const struct act *a)
{
    if (needed[a->slot] <= a->ordinal)
        needed[a->slot] = a->ordinal + 1;
}

/* What a closure must have seen to stand over `v`: keep-open acts, for 结案 track openings, and the
 * baton acts that had seen the last valid ruling. One that had not seen it lies before it; a
 * closure that has not seen the ruling itself falls by that alone. */
static void needed_for(const struct view *v, bool archive, uint32_t *needed)
{
    const struct act *ruling = NULL;

    memset(needed, 0, v->f->slot_count * sizeof *needed);
    VIEW_EACH(v, LIST_RULING, a)
        ruling = a;
    VIEW_EACH(v, LIST_KEEP, a)
        need(needed, a);
    VIEW_EACH(v, LIST_BATON, a)
        if (!ruling || act_saw(a, ruling))
            need(needed, a);
    if (!archive)
        return;
    VIEW_EACH(v, LIST_TRACK, a)
        need(needed, a);
}

/* A regrade, though no raise for its own author, above the grade that the closer had seen. */
static bool grade_hidden(const struct case_fold *f, const struct act *closure,
                         const uint32_t *seen)
{
    if (closure->grade_seen == GRADE_IMMINENT)
        return false;
    return mark_hidden(f, closure,
                       closure->grade_seen == GRADE_MAJOR ? MARK_IMMINENT : MARK_MAJOR, seen);
}

static bool stands(const struct case_fold *f, const struct act *closure, const uint32_t *needed,
                   const uint32_t *seen)
{
    for (unsigned s = 0; s < f->slot_count; s++)
        if (closure->seen[s] < needed[s])
            return false;
    return !conflict_hidden(f, closure, seen) && !grade_hidden(f, closure, seen);
}

bool closure_stands(const struct case_fold *f, const struct act *closure, const uint32_t *seen)
{
    struct view v = {.f = f, .seen = seen};
    uint32_t needed[MEMBERS_MAX];

    needed_for(&v, closure->kind == KIND_ARCHIVE, needed);
    return stands(f, closure, needed, seen);
}

bool view_closed(const struct view *v)
{
    uint32_t needed[MEMBERS_MAX];

    if (v->f->lists[LIST_CLOSE].count == 0)
        return false;
    needed_for(v, false, needed);
    VIEW_EACH(v, LIST_CLOSE, closure)
        if (stands(v->f, closure, needed, v->seen))
            return true;
    return false;
}

static enum reason closer_check(const struct view *v, const struct act *a)
{
    struct member_no author = a->origin.member, custodian = view_custody(v)->custodian;

    if (act_by_convenor(a))
        return view_conflict(v, a->law) && !act_second_signed(v->f, a) ? REASON_CONFLICT
                                                                       : REASON_NONE;
    if (view_listed_by(v, author))
        return same_institution(v->f, author, custodian) ? REASON_SAME_INSTITUTION : REASON_NONE;
    if (author.v == custodian.v && !view_major(v) && !view_listed(v))
        return REASON_NONE;
    return REASON_NOT_CLOSER;
}

enum reason check_close(const struct view *v, const struct act *a)
{
    enum reason reason;

    if (view_custody(v)->open)
        return REASON_OFFER_OPEN;
    reason = closer_check(v, a);
    if (reason != REASON_NONE)
        return reason;
    return pass_that_counts(v->f, v->seen) ? REASON_NONE : REASON_NO_PASS;
}

static bool any_track(const struct view *v)
{
    VIEW_EACH(v, LIST_TRACK, a)
        return true;
    return false;
}

enum reason check_archive(const struct view *v, const struct act *a)
{
    if (!view_closed(v))
        return REASON_NO_CLOSURE;
    if (!any_track(v))
        return REASON_NO_TRACK;
    if (!view_tracks_ended(v))
        return REASON_TRACK_OPEN;
    return check_close(v, a);
}

static bool ever_closed(const struct view *v)
{
    VIEW_EACH(v, LIST_CLOSE, a)
        return true;
    return false;
}

static bool has_duty(const struct view *v, const struct act *a)
{
    struct member_no m = a->origin.member;

    if (act_by_convenor(a) || kind_of_member(v->f, m) == MEMBER_OVERSIGHT)
        return true;
    if (act_by(v->f->opening, m) || view_was_custodian(v, m) || view_listed_ever(v, m))
        return true;
    return view_support(v, m) == STEP_ASK || view_support(v, m) == STEP_CONFIRM;
}

enum reason check_look_back(const struct view *v, const struct act *a)
{
    if (a->outcome != OUTCOME_HELD && a->outcome != OUTCOME_RELAPSED)
        return REASON_FACTS;
    if (!ever_closed(v))
        return REASON_NO_CLOSURE;
    return has_duty(v, a) ? REASON_NONE : REASON_NOT_PARTY;
}
