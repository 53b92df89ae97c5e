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

/* By another right than the custodian's. */
static bool has_right(const struct view *v, struct member_no m)
{
    return m.v == 0 || view_listed_by(v, m) || named(v, m);
}

static bool may_verify(const struct view *v, struct member_no m)
{
    return has_right(v, m) || (view_is_custodian(v, m) && !view_major(v) && !view_listed(v));
}

static bool signed_by_verifier(const struct act *a, const char *person)
{
    for (unsigned i = 0; i < a->signer_count; i++)
        if (a->signers[i].role == ROLE_VERIFY && strcmp(a->signers[i].person, person) == 0)
            return true;
    return false;
}

static bool handled(const struct view *v, const struct act *a)
{
    for (unsigned i = 0; i < a->signer_count; i++)
        if (a->signers[i].role == ROLE_VERIFY && view_handled_by(v, a->signers[i].person))
            return true;
    return signed_by_verifier(a, view_handler(v));
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

bool pass_by_own_right(const struct view *v, const struct act *pass)
{
    return has_right(v, pass->origin.member);
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

/* What a closer has seen of custody and grade. All acts on them hold, so that a pass judged again
 * with what the closer has seen meets the same. */
struct present { struct member_no custodian; bool major; const char *taker; };

/* A pass is valid already: what did not hold is as it was, and so is a right of its own. */
static bool stays_valid(const struct view *v, const struct act *pass, const struct present *now)
{
    struct member_no m = pass->origin.member;
    const struct act *hand = mark_last(v->f, now->custodian, MARK_HAND_TO, v->seen);

    if (now->major && same_institution(v->f, m, now->custodian))
        return false;
    if (signed_by_verifier(pass, hand ? hand->officer : now->taker))
        return false;
    if (pass->own_right || (m.v == now->custodian.v && !now->major && !view_listed(v)))
        return true;
    return has_right(v, m);
}

const struct act *pass_that_counts(const struct case_fold *f, const uint32_t *seen)
{
    const struct act_list *passes = &f->lists[LIST_PASS];
    struct view closer = {.f = f, .seen = seen};
    const struct custody *c = view_custody(&closer);
    uint32_t failures[MEMBERS_MAX] = {0};
    struct present now;

    if (!c || passes->count == 0)
        return NULL;
    now = (struct present){c->custodian, view_major(&closer), view_taker(&closer)};
    reach(f, LIST_FAILURE, seen, failures);
    for (unsigned i = passes->count; i-- > 0;) {
        const struct act *pass = passes->at[i];
        struct view v = {.f = f, .seen = pass->seen, .more = seen};
        if (seen[pass->slot] <= pass->ordinal || !covers(f, pass->seen, failures))
            continue;
        if (stays_valid(&v, pass, &now))
            return pass;
    }
    return NULL;
}
