#include <string.h>

#include "ledger/cases/rules.h"

static const struct member_no convenor = {0};

bool of_convenor(const struct case_fold *f, struct member_no m)
{
    return same_institution(f, m, convenor);
}

static bool refused(const struct view *v)
{
    VIEW_EACH(v, LIST_REFUSAL, refusal)
        if (refusal->code != REFUSE_RECALLED && of_convenor(v->f, refusal->origin.member))
            return true;
    return false;
}

static bool leads(const struct view *v, uint64_t law)
{
    const struct act *opening = v->f->opening;
    const struct duty_row *row = NULL;

    if (opening)
        row = roster_duty(v->f->roster, opening->sector, opening->district, 1, law);
    for (unsigned i = 0; row && i < row->lead_count; i++)
        if (of_convenor(v->f, row->leads[i]))
            return true;
    return false;
}

static bool tracked(const struct view *v)
{
    VIEW_EACH(v, LIST_TRACK, track)
        return true;
    return false;
}

/* A track asks who had the case: each custodian, past ones too. */
static bool investigated(const struct view *v)
{
    if (!tracked(v))
        return false;
    VIEW_EACH(v, LIST_BATON, baton)
        if (of_convenor(v->f, baton->after.custodian))
            return true;
    return false;
}

bool view_conflict(const struct view *v, uint64_t law)
{
    const struct custody *c = view_custody(v);

    if (!c)
        return false;
    return of_convenor(v->f, c->custodian) || refused(v) || leads(v, law) || investigated(v);
}

bool act_second_signed(const struct case_fold *f, const struct act *a)
{
    for (unsigned i = 1; i < a->signer_count; i++) {
        const struct act_signer *s = &a->signers[i];
        if (s->role != ROLE_ISSUE || s->member.v == MEMBER_NONE)
            continue;
        if (strcmp(s->person, a->signers[0].person) == 0)
            continue;
        if (s->member.v == convenor.v ? s->director
                                      : kind_of_member(f, s->member) == MEMBER_OVERSIGHT)
            return true;
    }
    return false;
}

/* Its author, who could sign alone, had seen no conflict. One custody act is enough, whatever
 * followed it: more acts can only add to what was hidden. */
bool conflict_hidden(const struct case_fold *f, const struct act *a, const uint32_t *vector)
{
    if (!act_by_convenor(a) || act_second_signed(f, a))
        return false;
    return mark_hidden(f, a, MARK_CUSTODY, vector) || mark_hidden(f, a, MARK_REFUSAL, vector) ||
           (mark_seen(f, a, MARK_CUSTODY) && mark_hidden(f, a, MARK_TRACK, vector));
}
