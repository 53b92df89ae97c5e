#include <stdlib.h>
#include <string.h>

#include "ledger/roster/governance.h"

/* The u-coordinates of small order on Curve25519 and their other forms below 2^255; the top bit is
 * ignored by RFC 7748. A shared secret made with one is the same for everybody. */
static const struct xpubkey small_orders[] = {
    {{0}},
    {{1}},
    {{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa,
      0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
      0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0}},
    {{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55,
      0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86,
      0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}},
    {{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
    {{0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
    {{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
};

bool xpubkey_check(const struct xpubkey *key)
{
    struct xpubkey masked = *key;
    masked.b[PUBKEY_BYTES - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof small_orders / sizeof small_orders[0]; i++)
        if (memcmp(masked.b, small_orders[i].b, PUBKEY_BYTES) == 0)
            return false;
    return true;
}

static bool tagged_fact(const struct entry *e, enum fact_id id, uint8_t alg, uint8_t out[32])
{
    struct cbor c;
    if (!governance_fact(e, id, &c))
        return false;
    cbor_tagged(&c, alg, out);
    return cbor_end(&c) == OK;
}

static bool facts_decode(const struct governance *g, struct certificate *out, struct sig *proof)
{
    struct cbor c;
    const struct entry *e = g->e;
    *out = (struct certificate){.index = g->index, .time_s = e->time_s, .id = e->id};
    if (!governance_fact(e, FACT_COSIGNER_PROOF, &c))
        return false;
    cbor_fixed(&c, proof->b, SIG_BYTES);
    return cbor_end(&c) == OK && tagged_fact(e, FACT_COSIGNER, ALG_ED25519, out->cosigner.b) &&
           tagged_fact(e, FACT_TRANSPORT, ALG_X25519, out->transport.b) &&
           tagged_fact(e, FACT_SEALING, ALG_X25519, out->sealing.b);
}

static enum reason keys_check(const struct roster *r, const struct governance *g,
                              const struct certificate *keys, const struct sig *proof)
{
    if (pubkey_check(&keys->cosigner) != OK || !xpubkey_check(&keys->transport) ||
        !xpubkey_check(&keys->sealing))
        return REASON_KEY;
    enum err e = possession_verify(&keys->cosigner, &r->genesis.ledger, g->author->member.a.id,
                                   "cosigner", proof);
    return e == OK ? REASON_NONE : REASON_PROOF;
}

static enum reason place_check(const struct governance *g)
{
    const struct member *m = &g->author->member;
    bool first = g->index == 0;
    if (first ? !g->first->from_admission : !officer_administers(g->first))
        return REASON_NOT_ADMINISTRATOR;
    bool cites = m->no.v == 0 ? g->e->refs.count == 0
                              : id_list_contains(&g->e->refs, &m->admission_id);
    return first && !cites ? REASON_NOT_FIRST : REASON_NONE;
}

static enum err certificate_add(struct member_record *m, const struct certificate *keys)
{
    if (m->certificate_count == m->certificate_cap) {
        unsigned cap = m->certificate_cap > 0 ? 2 * m->certificate_cap : 2;
        struct certificate *grown = realloc(m->certificates, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        m->certificates = grown;
        m->certificate_cap = cap;
    }
    m->certificates[m->certificate_count++] = *keys;
    return OK;
}

enum err certify_apply(struct roster *r, const struct governance *g, enum reason *reason)
{
    struct certificate keys;
    struct sig proof;
    *reason = place_check(g);
    if (*reason == REASON_NONE && !facts_decode(g, &keys, &proof))
        *reason = REASON_FACTS;
    if (*reason == REASON_NONE && !g->proven)
        *reason = keys_check(r, g, &keys, &proof);
    return *reason == REASON_NONE ? certificate_add(g->author, &keys) : OK;
}

/* Its enrolment may stand between what is held of the log and the entry. */
static bool signer_may_come(const struct governance *g, uint64_t held)
{
    return g->index > held && g->index > 0 && g->first == NULL &&
           g->e->signer_count > 0 && !g->e->signers[0].foreign;
}

enum reason roster_certify_check(const struct roster *r, struct member_no author, uint64_t index,
                                 uint64_t held, const struct entry *e, struct certificate *out)
{
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct governance g = {.author = r->members[author.v], .index = index, .e = e};
    struct hash waits_for;
    struct sig proof;
    bool waiting;
    if (e->kind != KIND_CERTIFY)
        return REASON_UNKNOWN_KIND;
    enum reason reason =
        roster_check_signers(r, author, index, e, signers, &waiting, &waits_for);
    g.first = signers[0];
    if (reason == REASON_NOT_ENROLLED && signer_may_come(&g, held))
        reason = REASON_NONE;
    else if (reason == REASON_NONE)
        reason = place_check(&g);
    if (reason == REASON_NONE && !facts_decode(&g, out, &proof))
        reason = REASON_FACTS;
    return reason == REASON_NONE ? keys_check(r, &g, out, &proof) : reason;
}
