#include <string.h>

#include "ledger/cases/rules.h"

bool same_institution(const struct case_fold *f, struct member_no a, struct member_no b)
{
    return a.v == b.v || roster_same_institution(f->roster, a, b);
}

enum member_kind kind_of_member(const struct case_fold *f, struct member_no m)
{
    return roster_member(f->roster, m)->a.kind;
}

bool view_was_custodian(const struct view *v, struct member_no m)
{
    VIEW_EACH(v, LIST_BATON, baton)
        if (baton->after.custodian.v == m.v)
            return true;
    return false;
}

bool view_refused(const struct view *v, struct member_no m)
{
    VIEW_EACH(v, LIST_REFUSAL, refusal)
        if (act_by(refusal, m))
            return true;
    return false;
}

bool view_listed_ever(const struct view *v, struct member_no m)
{
    VIEW_EACH(v, LIST_LISTING, listing)
        if (act_by(listing, m))
            return true;
    return false;
}

const char *view_taker(const struct view *v)
{
    const char *person = "";
    struct member_no last = {MEMBER_NONE};

    VIEW_EACH(v, LIST_BATON, baton) {
        if (baton->after.custodian.v != last.v)
            person = baton->signer_count > 0 ? baton->signers[0].person : "";
        last = baton->after.custodian;
    }
    return person;
}

const char *view_handler(const struct view *v)
{
    const struct custody *c = view_custody(v);
    const struct act *hand;

    if (!c)
        return "";
    hand = mark_last(v->f, c->custodian, MARK_HAND_TO, v->seen);
    return hand ? hand->officer : view_taker(v);
}

bool view_handled_by(const struct view *v, const char *person)
{
    VIEW_EACH(v, LIST_HANDLED, work)
        if (work->signer_count > 0 && strcmp(work->signers[0].person, person) == 0)
            return true;
    return false;
}
