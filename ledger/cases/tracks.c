#include "ledger/cases/rules.h"

static bool opens(const struct act *a, unsigned track)
{
    for (unsigned i = 0; i < a->track_count; i++)
        if (a->track_numbers[i] == track)
            return true;
    return false;
}

/* One that a later opening had seen is reassigned; what had seen it stands among those found, or
 * was itself seen by one of them. */
static bool reassigned(const struct case_fold *f, const struct act *open, unsigned track)
{
    for (unsigned at = f->track_first[track]; at != 0; at = f->present[at - 1].next)
        if (f->present[at - 1].open != open && act_saw(f->present[at - 1].open, open))
            return true;
    return false;
}

static unsigned openings_find(const struct case_fold *f, const struct act *open, unsigned track,
                              unsigned count)
{
    for (unsigned i = 0; i < open->track_count; i++) {
        unsigned number = open->track_numbers[i];
        if ((track != TRACK_ANY && number != track) || reassigned(f, open, number))
            continue;
        f->present[count++] = (struct track_open){open, i, f->track_first[number]};
        f->track_first[number] = count;
    }
    return count;
}

/* Stops behind the first opening of whose tracks one is not ended, where that is the question. */
static unsigned tracks_scan(const struct view *v, unsigned track, bool until_open, bool *open)
{
    const struct case_fold *f = v->f;
    unsigned count = 0, asked = 0;

    *open = false;
    for (unsigned i = f->lists[LIST_TRACK].count; i-- > 0 && !*open;) {
        if (view_has(v, f->lists[LIST_TRACK].at[i]))
            count = openings_find(f, f->lists[LIST_TRACK].at[i], track, count);
        for (; until_open && asked < count && !*open; asked++)
            *open = view_track_outcome(v, f->present[asked].open, f->present[asked].i) == 0;
    }
    for (unsigned i = 0; i < count; i++)
        f->track_first[f->present[i].open->track_numbers[f->present[i].i]] = 0;
    return count;
}

unsigned view_tracks(const struct view *v, unsigned track)
{
    bool open;

    return tracks_scan(v, track, false, &open);
}

bool view_tracks_ended(const struct view *v)
{
    bool open;

    (void)tracks_scan(v, TRACK_ANY, true, &open);
    return !open;
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

    for (const struct act *end = v->f->track_end[open->track_numbers[i]]; end;
         end = end->end_before) {
        if (!view_has(v, end) || !act_saw(end, open))
            continue;
        if (end->outcome == OUTCOME_CONCLUDED && act_by(end, open->tracks[i].investigator))
            return OUTCOME_CONCLUDED;
        if (end->outcome == OUTCOME_WAIVED && waives(v, end))
            outcome = OUTCOME_WAIVED;
    }
    return outcome;
}

enum reason check_dual_open(const struct view *v, const struct act *a)
{
    struct member_no m = a->origin.member;

    if (act_by_convenor(a) || kind_of_member(v->f, m) == MEMBER_OVERSIGHT || view_listed_by(v, m))
        return REASON_NONE;
    return REASON_NOT_PARTY;
}

static enum reason conclude_check(const struct view *v, const struct act *a)
{
    unsigned count = view_tracks(v, track_number(v->f, a->track));

    for (unsigned i = 0; i < count; i++) {
        const struct track_open *t = &v->f->present[i];
        if (act_by(a, t->open->tracks[t->i].investigator))
            return REASON_NONE;
    }
    return count > 0 ? REASON_NOT_INVESTIGATOR : REASON_NO_TRACK;
}

static enum reason waive_check(const struct view *v, const struct act *a)
{
    unsigned track = track_number(v->f, a->track);

    if (!act_by_convenor(a))
        return REASON_NOT_CONVENOR;
    if (view_conflict(v, a->law) && !act_second_signed(v->f, a))
        return REASON_CONFLICT;
    VIEW_EACH(v, LIST_TRACK, open)
        if (opens(open, track))
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
