#include "ledger/cases/rules.h"

static bool is_marked(const struct case_fold *f, const struct act *a, enum mark_kind mark,
                      unsigned lists)
{
    switch (mark) {
    case MARK_MAJOR: return (lists & IN(LIST_GRADE)) && a->grade >= GRADE_MAJOR;
    case MARK_IMMINENT: return (lists & IN(LIST_GRADE)) && a->grade >= GRADE_IMMINENT;
    case MARK_CUSTODY: return (lists & IN(LIST_BATON)) && of_convenor(f, a->after.custodian);
    case MARK_REFUSAL:
        return (lists & IN(LIST_REFUSAL)) && a->code != REFUSE_RECALLED &&
               of_convenor(f, a->origin.member);
    case MARK_TRACK: return (lists & IN(LIST_TRACK)) != 0;
    case MARK_HAND_TO: return (lists & IN(LIST_HAND_TO)) != 0;
    case MARK_COUNT: break;
    }
    return false;
}

/* The ordinals of one mark in one slot stand where the slot's acts stand in f->acts. */
static unsigned *ordinals(const struct case_fold *f, enum mark_kind mark, unsigned slot)
{
    return f->marked[mark] + f->slot_first[slot];
}

void marks_file(struct case_fold *f, const struct act *a, unsigned lists)
{
    for (unsigned mark = 0; mark < MARK_COUNT; mark++)
        if (is_marked(f, a, (enum mark_kind)mark, lists))
            ordinals(f, (enum mark_kind)mark, a->slot)[f->mark_count[mark][a->slot]++] =
                a->ordinal;
}

/* How many marked ordinals of a slot are below `limit`. */
static unsigned marked_below(const struct case_fold *f, enum mark_kind mark, unsigned slot,
                             unsigned limit)
{
    const unsigned *at = ordinals(f, mark, slot);
    unsigned low = 0, high = f->mark_count[mark][slot];

    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (at[mid] < limit)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct act *mark_last(const struct case_fold *f, struct member_no m, enum mark_kind mark,
                            const uint32_t *seen)
{
    for (unsigned s = 0; s < f->slot_count; s++) {
        unsigned count;
        if (!act_by(f->acts[f->slot_first[s]], m))
            continue;
        count = marked_below(f, mark, s, seen[s]);
        return count > 0 ? f->acts[f->slot_first[s] + ordinals(f, mark, s)[count - 1]] : NULL;
    }
    return NULL;
}

bool mark_seen(const struct case_fold *f, const struct act *by, enum mark_kind mark)
{
    for (unsigned s = 0; s < f->slot_count; s++)
        if (marked_below(f, mark, s, by->seen[s] - (s == by->slot ? 1 : 0)) > 0)
            return true;
    return false;
}

/* A member's later acts have seen what its earlier ones had, so that only the first one that `by`
 * had not seen need be asked whether it had seen `by`. */
bool mark_hidden(const struct case_fold *f, const struct act *by, enum mark_kind mark,
                 const uint32_t *vector)
{
    for (unsigned s = 0; s < f->slot_count; s++) {
        unsigned at = marked_below(f, mark, s, by->seen[s]), first;
        if (at == f->mark_count[mark][s])
            continue;
        first = ordinals(f, mark, s)[at];
        if (first < vector[s] && !act_saw(f->acts[f->slot_first[s] + first], by))
            return true;
    }
    return false;
}
