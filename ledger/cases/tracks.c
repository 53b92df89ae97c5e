#include <string.h>

#include "ledger/cases/rules.h"

static bool opens(const struct act *a, const char *track)
{
    for (unsigned i = 0; i < a->track_count; i++)
        if (strcmp(a->tracks[i].name, track) == 0)
            return true;
    return false;
}

bool view_track_present(const struct view *v, const struct act *open, const char *track)
{
    const struct act_list *tracks = &v->f->lists[LIST_TRACK];

    for (unsigned i = tracks->count; i-- > 0;) {
        const struct act *later = tracks->at[i];
        if (later == open)
            return true;
        if (view_has(v, later) && act_saw(later, open) && opens(later, track))
            return false;
    }
    return true;
}

/* A waiver is judged again with what moved or held the case since. */
static bool waives(const struct view *v, const struct act *end)
{
    struct view again = {.f = v->f, .seen = end->seen, .more = v->seen};

    return act_by_convenor(end) &&
           (act_second_signed(v->f, end) || !view_conflict(&again, end->law));
}

enum outcome view_track_outcome(const struct view *v, const struct act *open, unsigned i)
{
    enum outcome outcome = (enum outcome)0;

    VIEW_EACH(v, LIST_TRACK_END, end) {
        if (strcmp(end->track, open->tracks[i].name) != 0 || !act_saw(end, open))
            continue;
        if (end->outcome == OUTCOME_CONCLUDED && act_by(end, open->tracks[i].investigator))
            return OUTCOME_CONCLUDED;
        if (end->outcome == OUTCOME_WAIVED && waives(v, end))
            outcome = OUTCOME_WAIVED;
    }
    return outcome;
}

static bool ended(const struct view *v, const struct act *open)
{
    for (unsigned i = 0; i < open->track_count; i++)
        if (view_track_present(v, open, open->tracks[i].name) &&
            view_track_outcome(v, open, i) == 0)
            return false;
    return true;
}

bool view_tracks_ended(const struct view *v)
{
    VIEW_EACH(v, LIST_TRACK, open)
        if (!ended(v, open))
            return false;
    return true;
}

enum reason check_dual_open(const struct view *v, const struct act *a)
{
    struct member_no m = a->origin.member;

    if (act_by_convenor(a) || kind_of_member(v->f, m) == MEMBER_OVERSIGHT || view_listed_by(v, m))
        return REASON_NONE;
    return REASON_NOT_PARTY;
}

static bool investigates(const struct act *open, const char *track, struct member_no m)
{
    for (unsigned i = 0; i < open->track_count; i++)
        if (strcmp(open->tracks[i].name, track) == 0 && open->tracks[i].investigator.v == m.v)
            return true;
    return false;
}

static enum reason conclude_check(const struct view *v, const struct act *a)
{
    bool known = false;

    VIEW_EACH(v, LIST_TRACK, open) {
        if (!opens(open, a->track) || !view_track_present(v, open, a->track))
            continue;
        known = true;
        if (investigates(open, a->track, a->origin.member))
            return REASON_NONE;
    }
    return known ? REASON_NOT_INVESTIGATOR : REASON_NO_TRACK;
}

static enum reason waive_check(const struct view *v, const struct act *a)
{
    if (!act_by_convenor(a))
        return REASON_NOT_CONVENOR;
    if (view_conflict(v, a->law) && !act_second_signed(v->f, a))
        return REASON_CONFLICT;
    VIEW_EACH(v, LIST_TRACK, open)
        if (opens(open, a->track))
            return REASON_NONE;
    return REASON_NO_TRACK;
}

enum reason check_dual_end(const struct view *v, const struct act *a)
{
    if (a->outcome == OUTCOME_CONCLUDED)
        return conclude_check(v, a);
    if (a->outcome == OUTCOME_WAIVED)
        return waive_check(v, a);
    return REASON_FACTS;
}
