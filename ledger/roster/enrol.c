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

static enum reason enrol_check(const struct roster *r, const struct governance *g,
                               struct officer *o)
{
    struct sig proof;
    const struct officer *held;
    const struct member *m = &g->author->member;
    if (!officer_administers(g->first))
        return REASON_NOT_ADMINISTRATOR;
    if (!facts_decode(g, o, &proof))
        return REASON_FACTS;
    if (officer_map_find(&r->by_key, o->key.b, m->no.v, &held))
        return REASON_KEY_EXISTS;
    if (g->proven)
        return REASON_NONE;
    enum err e = possession_verify(&o->key, &r->genesis.ledger, m->a.id, "officer", &proof);
    if (e == ERR_KEY)
        return REASON_KEY;
    return e == OK ? REASON_NONE : REASON_PROOF;
}

enum err enrol_apply(struct roster *r, const struct governance *g, enum reason *reason)
{
    struct officer o;
    *reason = enrol_check(r, g, &o);
    return *reason == REASON_NONE ? roster_add_officer(r, &o) : OK;
}
