#include <assert.h>
#include <string.h>

#include "ledger/roster/governance.h"

bool governance_fact(const struct entry *e, enum fact_id id, struct cbor *c)
{
    const struct fact *fact = entry_fact(e, id);
    if (fact != NULL)
        cbor_init(c, fact->value);
    return fact != NULL;
}

static bool names_case(const struct entry *e)
{
    return e->has_case || e->has_base || e->has_other || e->other_refs.count > 0;
}

static enum err kind_apply(struct roster *r, const struct governance *g, enum reason *reason,
                           bool *pending)
{
    switch (g->e->kind) {
    case KIND_CERTIFY: return certify_apply(r, g, reason);
    case KIND_ADMIT: return admit_apply(r, g, reason, pending);
    case KIND_ENROL: return enrol_apply(r, g, reason);
    case KIND_LEAVE: return leave_apply(g, reason);
    case KIND_DUTY: return duty_apply(r, g, reason, pending);
    case KIND_SUSPEND: return suspend_apply(r, g, reason, pending);
    default: *pending = true; return OK;
    }
}

static enum reason form_check(const struct roster *r, const struct governance *g)
{
    if (strcmp(g->e->member, g->author->member.a.id) != 0)
        return REASON_WRONG_MEMBER;
    if (!hash_equal(&g->e->ledger, &r->genesis.ledger))
        return REASON_WRONG_LEDGER;
    if (!governance_kind(g->e->kind))
        return REASON_UNKNOWN_KIND;
    return names_case(g->e) ? REASON_FACTS : REASON_NONE;
}

static enum err apply(struct roster *r, struct member_no author, uint64_t index,
                      const struct entry *e, bool proven, enum reason *reason, bool *pending)
{
    assert(author.v < r->member_count);
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct governance g = {.author = r->members[author.v], .index = index, .e = e,
                           .proven = proven};
    struct hash waits_for;
    bool waiting;
    enum err err = OK;
    *pending = false;
    *reason = form_check(r, &g);
    if (*reason == REASON_NONE)
        *reason = roster_check_signers(r, author, index, e, signers, &waiting, &waits_for);
    if (*reason == REASON_NONE) {
        g.first = signers[0];
        err = kind_apply(r, &g, reason, pending);
    }
    if (err == OK && *reason != REASON_NONE)
        err = roster_reject(r, author, e);
    return err;
}

enum err roster_apply(struct roster *r, struct member_no author, uint64_t index,
                      const struct entry *e, enum reason *reason, bool *pending)
{
    return apply(r, author, index, e, false, reason, pending);
}

enum err roster_restore(struct roster *r, struct member_no author, uint64_t index,
                        const struct entry *e)
{
    enum reason reason;
    bool pending;
    enum err err = apply(r, author, index, e, true, &reason, &pending);
    return err == OK && (reason != REASON_NONE || pending) ? ERR_CORRUPT : err;
}

/* A copy in a foreign log must not shadow the entry in its own. */
enum err roster_reject(struct roster *r, struct member_no author, const struct entry *e)
{
    const struct member *m = roster_member(r, author);
    if (e->kind != KIND_ENROL || m == NULL || strcmp(m->a.id, e->member) != 0)
        return OK;
    enum err err = officer_map_reserve(&r->by_enrolment);
    if (err == OK)
        officer_map_put(&r->by_enrolment, e->id.b, 0, NULL);
    return err;
}
