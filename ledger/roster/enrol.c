#include <string.h>

#include "ledger/roster/governance.h"
#include "ledger/roster/text.h"

static void posts_decode(struct officer *o, struct cbor *c)
{
    o->post_count = (unsigned)cbor_array(c, OFFICER_MAX_POSTS);
    if (o->post_count == 0)
        cbor_fail(c, ERR_RANGE);
    for (unsigned i = 0; i < o->post_count && cbor_ok(c); i++) {
        text_decode(c, o->posts[i], sizeof o->posts[i]);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(o->posts[i], o->posts[j]) == 0)
                cbor_fail(c, ERR_RANGE);
    }
}

static bool facts_decode(const struct governance *g, struct officer *o, struct sig *proof)
{
    struct cbor key, person, posts, possession;
    const struct entry *e = g->e;
    *o = (struct officer){.member = g->author->member.no, .index = g->index, .enrolment = e->id};
    if (!governance_fact(e, FACT_OFFICER_KEY, &key) || !governance_fact(e, FACT_PERSON, &person) ||
        !governance_fact(e, FACT_POSTS, &posts) || !governance_fact(e, FACT_PROOF, &possession))
        return false;
    cbor_tagged(&key, ALG_ED25519, o->key.b);
    text_decode(&person, o->person, sizeof o->person);
    posts_decode(o, &posts);
    cbor_fixed(&possession, proof->b, SIG_BYTES);
    return cbor_end(&key) == OK && cbor_end(&person) == OK && cbor_end(&posts) == OK &&
           cbor_end(&possession) == OK;
}

struct officer *governance_officer(const struct governance *g, const struct pubkey *key)
{
    for (unsigned i = 0; i < g->author->officer_count; i++)
        if (pubkey_equal(&g->author->officers[i]->key, key))
            return g->author->officers[i];
    return NULL;
}

/* The transport key of a desk; *none: an empty one, which ends it. */
static bool desk_decode(const struct entry *e, struct xpubkey *out, bool *none)
{
    struct cbor value, again;
    if (!governance_fact(e, FACT_TRANSPORT, &value))
        return false;
    again = value;
    *none = cbor_bytes(&again).len == 0 && cbor_end(&again) == OK;
    if (*none)
        return true;
    cbor_tagged(&value, ALG_X25519, out->b);
    return cbor_end(&value) == OK;
}

static enum reason desk_check(const struct roster *r, const struct governance *g,
                              const struct officer *o)
{
    const struct officer *other = roster_officer_by_desk(r, o->member, &o->desk);
    if (other != NULL && !pubkey_equal(&other->key, &o->key))
        return REASON_KEY_EXISTS;
    return g->proven || xpubkey_check(&o->desk) ? REASON_NONE : REASON_KEY;
}

static enum reason enrol_check(const struct roster *r, const struct governance *g,
                               struct officer *o)
{
    struct sig proof;
    struct cbor desk;
    bool none;
    const struct member *m = &g->author->member;
    if (!facts_decode(g, o, &proof))
        return REASON_FACTS;
    if (governance_officer(g, &o->key) != NULL)
        return REASON_KEY_EXISTS;
    o->has_desk = governance_fact(g->e, FACT_TRANSPORT, &desk);
    if (o->has_desk && (!desk_decode(g->e, &o->desk, &none) || none))
        return REASON_FACTS;
    enum reason reason = o->has_desk ? desk_check(r, g, o) : REASON_NONE;
    if (reason != REASON_NONE || g->proven)
        return reason;
    enum err e = possession_verify(&o->key, &r->genesis.ledger, m->a.id, "officer", &proof);
    if (e == ERR_KEY)
        return REASON_KEY;
    return e == OK ? REASON_NONE : REASON_PROOF;
}

bool governance_names(const struct governance *g, struct officer **out)
{
    struct cbor c;
    struct pubkey key;
    *out = NULL;
    if (!governance_fact(g->e, FACT_OFFICER_KEY, &c))
        return false;
    cbor_tagged(&c, ALG_ED25519, key.b);
    if (cbor_end(&c) != OK)
        return false;
    *out = governance_officer(g, &key);
    if (*out != NULL && (*out)->left)
        *out = NULL;
    return true;
}

/* The officer of now whose desk this entry gives another key, or none; NULL for an enrolment. */
static struct officer *desk_of(const struct governance *g)
{
    struct cbor desk;
    struct officer *held;
    return governance_fact(g->e, FACT_TRANSPORT, &desk) && governance_names(g, &held) ? held
                                                                                      : NULL;
}

static enum err desk_apply(struct roster *r, const struct governance *g, struct officer *held,
                           enum reason *reason)
{
    struct officer o = *held;
    bool none;
    if (!desk_decode(g->e, &o.desk, &none)) {
        *reason = REASON_FACTS;
        return OK;
    }
    *reason = none ? REASON_NONE : desk_check(r, g, &o);
    if (*reason != REASON_NONE)
        return OK;
    held->has_desk = !none;
    held->desk = o.desk;
    return roster_reject(r, held->member, g->e);      /* nobody signs with it as an enrolment */
}

enum err enrol_apply(struct roster *r, const struct governance *g, enum reason *reason)
{
    struct officer o, *held;
    if (!officer_administers(g->first)) {
        *reason = REASON_NOT_ADMINISTRATOR;
        return OK;
    }
    if ((held = desk_of(g)) != NULL)
        return desk_apply(r, g, held, reason);
    *reason = enrol_check(r, g, &o);
    return *reason == REASON_NONE ? roster_add_officer(r, &o) : OK;
}
