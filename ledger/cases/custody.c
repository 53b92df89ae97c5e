#include "ledger/cases/rules.h"

const struct custody *view_custody(const struct view *v)
{
    const struct act_list *batons = &v->f->lists[LIST_BATON];

    for (unsigned i = batons->count; i-- > 0;)
        if (view_has(v, batons->at[i]))
            return &batons->at[i]->after;
    return NULL;
}

bool view_is_custodian(const struct view *v, struct member_no m)
{
    const struct custody *c = view_custody(v);

    return c && c->custodian.v == m.v;
}

static struct member_no custodian_before(const struct view *v, const struct act *ruling)
{
    const struct act_list *batons = &v->f->lists[LIST_BATON];
    unsigned i = batons->count;

    while (i > 0 && batons->at[i - 1] != ruling)
        i--;
    while (i > 0)
        if (batons->at[--i] != ruling && view_has(v, batons->at[i]))
            return batons->at[i]->after.custodian;
    return (struct member_no){MEMBER_NONE};
}

static bool has_seen(const struct view *v, struct member_no m, const struct act *ruling)
{
    const struct case_fold *f = v->f;

    for (unsigned s = 0; s < f->slot_count; s++)
        if (act_by(f->acts[f->slot_first[s]], m))
            return v->seen[s] > 0 &&
                   act_saw(f->acts[f->slot_first[s] + v->seen[s] - 1], ruling);
    return false;
}

struct member_no view_interim(const struct view *v)
{
    const struct member_no nobody = {MEMBER_NONE};
    const struct custody *c = view_custody(v);
    const struct act *ruling = c ? c->ruling : NULL;
    struct member_no former;

    if (!ruling || ruling->kind != KIND_RULE || c->custodian.v != ruling->after.custodian.v)
        return nobody;
    former = custodian_before(v, ruling);
    if (former.v == c->custodian.v || has_seen(v, c->custodian, ruling))
        return nobody;
    return former;
}

enum reason check_report(const struct view *v, const struct act *a)
{
    (void)v;
    return act_by(a, a->to) ? REASON_SELF : REASON_NONE;
}

enum reason check_assign(const struct view *v, const struct act *a)
{
    (void)v;
    return act_by_convenor(a) ? REASON_NONE : REASON_NOT_CONVENOR;
}

static enum reason base_check(const struct custody *c, const struct act *a)
{
    return a->has_base && hash_equal(&a->base, &c->force->id) ? REASON_NONE : REASON_BASE;
}

enum reason check_offer(const struct view *v, const struct act *a)
{
    const struct custody *c = view_custody(v);

    if (!act_by(a, c->custodian))
        return REASON_NOT_CUSTODIAN;
    if (c->open)
        return REASON_OFFER_OPEN;
    if (act_by(a, a->to))
        return REASON_SELF;
    if (view_closed(v))
        return REASON_CLOSED;
    return base_check(c, a);
}

enum reason check_accept(const struct view *v, const struct act *a)
{
    const struct custody *c = view_custody(v);

    if (!c->open)
        return REASON_NO_OFFER;
    if (!act_by(a, c->to))
        return REASON_NOT_OFFERED;
    return base_check(c, a);
}

static bool recall_asked(const struct view *v, const struct act *offer)
{
    VIEW_EACH(v, LIST_RECALL, recall)
        if (recall->about == offer)
            return true;
    return false;
}

enum reason check_refuse(const struct view *v, const struct act *a)
{
    enum reason reason = check_accept(v, a);

    if (reason == REASON_NONE && a->code == REFUSE_RECALLED &&
        !recall_asked(v, view_custody(v)->force))
        return REASON_NO_RECALL;
    return reason;
}

enum reason check_rule(const struct view *v, const struct act *a)
{
    if (!act_by_convenor(a))
        return REASON_NOT_CONVENOR;
    if (view_conflict(v, a->law) && !act_second_signed(v->f, a))
        return REASON_CONFLICT;
    return REASON_NONE;
}

/* Only a vertical organ of another institution than the convenor's is asked. */
static bool is_request(const struct case_fold *f, const struct act *a)
{
    const struct member *named = roster_member(f->roster, a->to);

    return named->a.vertical && !same_institution(f, a->to, a->origin.member);
}

static void open_offer(struct custody *c, const struct act *a, bool request)
{
    c->open = true;
    c->is_request = request;
    c->by = a->origin.member;
    c->to = a->to;
}

static void ruled(const struct case_fold *f, struct custody *c, const struct act *a)
{
    bool request = is_request(f, a) && c->custodian.v != a->to.v;

    c->ruling = a;
    if (!request)
        c->custodian = a->to;
    else if (a->kind == KIND_ASSIGN)
        c->custodian = a->origin.member;
    if (request)
        open_offer(c, a, true);
}

void custody_after(const struct view *v, struct act *a)
{
    static const struct custody none = {.custodian = {MEMBER_NONE}};
    const struct custody *before = view_custody(v);

    a->after = before ? *before : none;
    a->after.force = a;
    a->after.open = a->after.is_request = false;
    a->after.by.v = a->after.to.v = MEMBER_NONE;
    a->generation = before ? before->force->generation : 0;
    a->depth = before ? before->force->depth + 1 : 0;
    if (a->kind == KIND_REPORT || a->kind == KIND_ACCEPT)
        a->after.custodian = a->origin.member;
    if (a->kind == KIND_OFFER || (a->kind == KIND_REPORT && act_has(a, FACT_TO)))
        open_offer(&a->after, a, false);
    if (a->kind == KIND_RULE || a->kind == KIND_ASSIGN) {
        ruled(v->f, &a->after, a);
        a->generation = a->ordinal + 1;
        a->depth = 0;
    }
}
