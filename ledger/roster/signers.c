#include "ledger/roster/governance.h"

bool governance_kind(uint32_t kind)
{
    return kind >= KIND_CERTIFY && kind <= KIND_OFFLINE;
}

static const struct officer *own_officer(const struct roster *r, struct member_no member,
                                         uint64_t index, uint32_t kind, const struct signer *s)
{
    const struct officer *o = roster_officer(r, member, &s->key, index);
    if (o != NULL && officer_has_post(o, s->post))
        return o;
    if (member.v != 0 || !governance_kind(kind))
        return NULL;
    o = roots_find(r, &s->key);
    return o != NULL && officer_has_post(o, s->post) ? o : NULL;
}

/* *held is cleared when the enrolment is not here yet: then NULL is no verdict. */
static const struct officer *foreign_officer(const struct roster *r, struct member_no member,
                                             uint64_t law, const struct signer *s, bool *held)
{
    const struct officer *o;
    *held = officer_map_find(&r->by_enrolment, s->enrolment.b, 0, &o);
    if (o == NULL || o->member.v == member.v || !pubkey_equal(&o->key, &s->key))
        return NULL;
    const struct member *home = roster_member(r, o->member);
    bool admitted = home->no.v == 0 || home->since < law;
    bool suspended = home->suspended && home->suspended_since < law;
    return admitted && !suspended && officer_has_post(o, s->post) ? o : NULL;
}

/* Any signer who is refused for good outweighs one who is waited for. */
static enum reason signers_find(const struct roster *r, struct member_no member, uint64_t index,
                                const struct entry *e,
                                const struct officer *signers_out[ENTRY_MAX_SIGNERS],
                                bool *waiting, struct hash *waits_for)
{
    for (unsigned i = 0; i < e->signer_count; i++) {
        const struct signer *s = &e->signers[i];
        bool held = true;
        signers_out[i] = s->foreign ? foreign_officer(r, member, e->law_size, s, &held)
                                    : own_officer(r, member, index, e->kind, s);
        if (held && signers_out[i] == NULL)
            return REASON_NOT_ENROLLED;
        if (!held && !*waiting) {
            *waiting = true;
            *waits_for = s->enrolment;
        }
    }
    return REASON_NONE;
}

static bool any_foreign(const struct entry *e)
{
    for (unsigned i = 0; i < e->signer_count; i++)
        if (e->signers[i].foreign)
            return true;
    return false;
}

enum reason roster_check_signers(const struct roster *r, struct member_no member, uint64_t index,
                                 const struct entry *e,
                                 const struct officer *signers_out[ENTRY_MAX_SIGNERS],
                                 bool *waiting, struct hash *waits_for)
{
    *waiting = false;
    for (unsigned i = 0; i < ENTRY_MAX_SIGNERS; i++)
        signers_out[i] = NULL;
    if (index == 0 && e->kind != KIND_CERTIFY)
        return REASON_NOT_FIRST;
    if (e->signer_count == 0 || e->signers[0].foreign)
        return REASON_NOT_ENROLLED;
    if (governance_kind(e->kind) && any_foreign(e))
        return REASON_SIGNERS;
    enum reason reason = signers_find(r, member, index, e, signers_out, waiting, waits_for);
    if (reason != REASON_NONE)
        *waiting = false;
    return reason;
}
