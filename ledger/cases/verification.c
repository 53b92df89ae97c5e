#include <string.h>

#include "ledger/cases/rules.h"

static bool signs_as_verifier(const struct act *a, const struct act_signer *s)
{
    return s->role == ROLE_VERIFY && s->verifier && act_by(a, s->member);
}

static bool two_verifiers(const struct act *a)
{
    const char *first = NULL;

    for (unsigned i = 0; i < a->signer_count; i++) {
        if (!signs_as_verifier(a, &a->signers[i]))
            continue;
        if (first && strcmp(first, a->signers[i].person) != 0)
            return true;
        first = first ? first : a->signers[i].person;
    }
    return false;
}

/* Named in a 申请复查, or by a member that listed the case. */
static bool named(const struct view *v, struct member_no m)
{
    VIEW_EACH(v, LIST_RECTIFIED, a)
        if (a->verifier.v == m.v)
            return true;
    VIEW_EACH(v, LIST_LISTING, a)
        if (a->verifier.v == m.v)
            return true;
    return false;
}

static bool may_verify(const struct view *v, struct member_no m)
{
    if (m.v == 0 || view_listed_by(v, m) || named(v, m))
        return true;
    return view_is_custodian(v, m) && !view_major(v) && !view_listed(v);
}

static bool handled(const struct view *v, const struct act *a)
{
    const char *handler = view_handler(v);

    for (unsigned i = 0; i < a->signer_count; i++) {
        const struct act_signer *s = &a->signers[i];
        if (s->role != ROLE_VERIFY)
            continue;
        if (strcmp(s->person, handler) == 0 || view_handled_by(v, s->person))
            return true;
    }
    return false;
}

enum reason check_verify(const struct view *v, const struct act *a)
{
    const struct custody *c = view_custody(v);

    if (a->outcome != OUTCOME_PASS && a->outcome != OUTCOME_FAIL &&
        a->outcome != OUTCOME_NO_HAZARD)
        return REASON_FACTS;
    if (!two_verifiers(a))
        return REASON_SIGNERS;
    if (!may_verify(v, a->origin.member))
        return REASON_NOT_VERIFIER;
    if (a->outcome == OUTCOME_FAIL)
        return REASON_NONE;
    if (view_major(v) && same_institution(v->f, a->origin.member, c->custodian))
        return REASON_SAME_INSTITUTION;
    return handled(v, a) ? REASON_HANDLER : REASON_NONE;
}

/* How far into each slot the valid acts of a list reach, among those in `seen`. */
static void reach(const struct case_fold *f, enum list list, const uint32_t *seen, uint32_t *out)
{
    const struct act_list *l = &f->lists[list];

    for (unsigned i = 0; i < l->count; i++) {
        const struct act *a = l->at[i];
        if (seen[a->slot] > a->ordinal && out[a->slot] <= a->ordinal)
            out[a->slot] = a->ordinal + 1;
    }
}

static bool covers(const struct case_fold *f, const uint32_t *seen, const uint32_t *needed)
{
    for (unsigned s = 0; s < f->slot_count; s++)
        if (seen[s] < needed[s])
            return false;
    return true;
}

const struct act *pass_that_counts(const struct case_fold *f, const uint32_t *seen)
{
    const struct act_list *passes = &f->lists[LIST_PASS];
    uint32_t failures[MEMBERS_MAX] = {0}, moves[MEMBERS_MAX] = {0};

    reach(f, LIST_FAILURE, seen, failures);
    reach(f, LIST_BATON, seen, moves);
    reach(f, LIST_KEEP, seen, moves);
    reach(f, LIST_GRADE, seen, moves);
    for (unsigned i = passes->count; i-- > 0;) {
        const struct act *pass = passes->at[i];
        struct view v = {.f = f, .seen = pass->seen, .more = seen};
        if (seen[pass->slot] <= pass->ordinal || !covers(f, pass->seen, failures))
            continue;
        if (covers(f, pass->seen, moves) || check_verify(&v, pass) == REASON_NONE)
            return pass;
    }
    return NULL;
}
