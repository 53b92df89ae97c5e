/* What a node believes of a stranger's certificate. Members of small committees show theirs to the
 * roster of another's ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/roster/compose.h"
#include "net/certificate.h"
#include "tests/support/cluster.h"

enum { START_S = 1767225600, JUDGE = 0, SHOWN = 1, OTHER = 2 };

struct town { struct cluster *c, *larger, *foreign; };

static struct cluster *committee(uint64_t seed, unsigned members)
{
    const struct cluster_options options = {.seed = seed, .members = members, .start_s = START_S};
    struct cluster *c = cluster_create(&options);
    assert_non_null(c);
    cluster_open_all(c);
    return c;
}

static int town_setup(void **state)
{
    struct town *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->c = committee(1, 3);
    t->larger = committee(1, 4);         /* the same genesis, one member more */
    t->foreign = committee(2, 3);
    *state = t;
    return 0;
}

static int town_teardown(void **state)
{
    struct town *t = *state;
    cluster_free(t->c);
    cluster_free(t->larger);
    cluster_free(t->foreign);
    free(t);
    return 0;
}

static const struct log *log_of(struct cluster *c, unsigned member)
{
    return ledger_log(c->members[member].ledger, c->members[member].id, 0);
}

static struct buffer certificate_of(struct cluster *c, unsigned member, uint64_t index)
{
    struct buffer out = {0};
    assert_int_equal(certificate_build(ledger_txn(c->members[member].ledger), log_of(c, member),
                                       index, &out), OK);
    return out;
}

/* Judged by member 0 of `c`, who has seen `held` entries of the log. */
static enum err judged_as(struct cluster *c, uint64_t held, struct span bytes,
                          const struct xpubkey *key, struct peer_identity *who)
{
    struct peer_certificate p;
    assert_int_equal(certificate_decode(&p, bytes), OK);
    return certificate_check(&p, ledger_roster(c->members[JUDGE].ledger), held, key, who);
}

static enum err judged(struct cluster *c, struct span bytes, const struct xpubkey *key)
{
    struct peer_identity who;
    const struct log *log = ledger_log(c->members[JUDGE].ledger, c->members[SHOWN].id, 0);
    return judged_as(c, log->frontier.size, bytes, key, &who);
}

static void certificate_names_its_member(void **state)
{
    struct town *t = *state;
    struct peer_identity who;
    for (unsigned i = 0; i < 3; i++) {
        struct buffer b = certificate_of(t->c, i, 0);
        assert_int_equal(judged_as(t->c, log_of(t->c, i)->frontier.size, buffer_span(&b),
                                   &t->c->members[i].transport.pub, &who), OK);
        assert_string_equal(who.id, t->c->members[i].id);
        assert_int_equal(who.member.v, i);
        assert_int_equal(who.index, 0);
        assert_int_equal(certificate_recheck(&who, ledger_roster(t->c->members[JUDGE].ledger), 1),
                         OK);
        buffer_clear(&b);
    }
}

static void anothers_key_is_not_certified(void **state)
{
    struct town *t = *state;
    struct buffer b = certificate_of(t->c, SHOWN, 0);
    assert_int_equal(judged(t->c, buffer_span(&b), &t->c->members[SHOWN].transport.pub), OK);
    assert_int_equal(judged(t->c, buffer_span(&b), &t->c->members[OTHER].transport.pub), ERR_KEY);
    assert_int_equal(judged(t->c, buffer_span(&b), &t->c->members[SHOWN].sealing.pub), ERR_KEY);
    buffer_clear(&b);
}

static void certificate_of_another_ledger_is_refused(void **state)
{
    struct town *t = *state;
    struct buffer b = certificate_of(t->foreign, SHOWN, 0);
    assert_int_equal(judged(t->c, buffer_span(&b), &t->foreign->members[SHOWN].transport.pub),
                     ERR_WRONG_LEDGER);
    buffer_clear(&b);
}

static void member_that_is_not_admitted_is_refused(void **state)
{
    struct town *t = *state;
    struct buffer b = certificate_of(t->larger, 3, 0);
    const struct xpubkey *key = &t->larger->members[3].transport.pub;
    struct peer_identity who;
    assert_int_equal(judged(t->c, buffer_span(&b), key), ERR_UNKNOWN_MEMBER);
    assert_int_equal(judged_as(t->larger, 0, buffer_span(&b), key, &who), OK);
    assert_int_equal(certificate_recheck(&who, ledger_roster(t->c->members[JUDGE].ledger), 0),
                     ERR_UNKNOWN_MEMBER);
    buffer_clear(&b);
}

static void altered_certificate_is_refused(void **state)
{
    struct town *t = *state;
    struct buffer b = certificate_of(t->c, SHOWN, 0), forged = {0};
    struct peer_certificate p;
    const struct xpubkey *key = &t->c->members[SHOWN].transport.pub;
    assert_int_equal(certificate_decode(&p, buffer_span(&b)), OK);
    assert_true(p.proof.count > 0);
    p.proof.hashes[0].b[0] ^= 1;
    assert_int_equal(certificate_encode(&p, &forged), OK);
    assert_int_equal(judged(t->c, buffer_span(&forged), key), ERR_PROOF);
    buffer_reset(&forged);
    p.proof.hashes[0].b[0] ^= 1;
    p.index++;
    assert_int_equal(certificate_encode(&p, &forged), OK);
    assert_int_equal(judged(t->c, buffer_span(&forged), key), ERR_PROOF);
    buffer_reset(&forged);
    p.index--;
    assert_int_equal(certificate_encode(&p, &forged), OK);
    assert_int_equal(judged(t->c, buffer_span(&forged), key), OK);
    forged.data[forged.len - 10] ^= 1;                  /* the last base64 of the signature */
    assert_int_not_equal(judged(t->c, buffer_span(&forged), key), OK);
    buffer_clear(&forged);
    buffer_clear(&b);
}

/* ---- certificates that the member's own node signs, good or not ---- */

struct craft { enum cluster_officer officer; struct xkey transport; };

static void craft_act(struct cluster *c, struct craft *k, struct cluster_act *a)
{
    const struct cluster_member *m = &c->members[SHOWN];
    struct certify_fields f = {.cosigner = *signkey_public(m->cosigner),
                               .transport = k->transport.pub, .sealing = m->sealing.pub};
    struct composition facts;
    composition_init(&facts);
    assert_int_equal(possession_sign(m->cosigner, &c->ledger, m->id, "cosigner",
                                     &f.cosigner_proof), OK);
    assert_int_equal(compose_certify(&facts, &f), OK);
    cluster_act_init(a, KIND_CERTIFY, NULL);
    a->signer_count = 1;
    a->signers[0].member = SHOWN;
    a->signers[0].officer = k->officer;
    a->signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(a, facts.facts[i].id, facts.facts[i].value);
    composition_clear(&facts);
}

static void craft_entry(struct cluster *c, struct craft *k, struct buffer *out)
{
    const struct cluster_member *m = &c->members[SHOWN];
    struct compose compose = {.ledger = c->ledger, .own_size = 1, .law_size = 4,
                              .ref_count = 1};
    struct cluster_act a;
    compose.refs[0] = roster_find(ledger_roster(m->ledger), m->id, UINT64_MAX)->admission_id;
    craft_act(c, k, &a);
    cluster_sign(c, SHOWN, &compose, &a, out);
    cluster_act_clear(&a);
}

/* A log of the first entry and a crafted one, or of the crafted one alone. */
static struct buffer crafted(struct cluster *c, struct craft *k, uint64_t index)
{
    struct buffer entry = {0}, note = {0}, out = {0};
    struct checkpoint head = {.size = index + 1};
    struct hash leaves[2];
    craft_entry(c, k, &entry);
    const struct log *log = log_of(c, SHOWN);
    assert_int_equal(log_leaf(ledger_txn(c->members[SHOWN].ledger), log->no, 0, &leaves[0]), OK);
    merkle_leaf(buffer_span(&entry), &leaves[index]);
    merkle_root(leaves, index + 1, &head.root);
    strcpy(head.origin, log->origin);
    assert_int_equal(checkpoint_sign(&head, c->members[SHOWN].node, &note), OK);
    struct peer_certificate p = {.entry_bytes = buffer_span(&entry), .note = buffer_span(&note),
                                 .index = index, .proof = {.count = (unsigned)index}};
    p.proof.hashes[0] = leaves[0];
    assert_int_equal(certificate_encode(&p, &out), OK);
    buffer_clear(&entry);
    buffer_clear(&note);
    return out;
}

static void newer_certificate_than_we_hold_is_believed(void **state)
{
    struct town *t = *state;
    struct craft k = {.officer = OFFICER_ADMIN};
    struct peer_identity who;
    xkey_create(&k.transport);
    struct buffer b = crafted(t->c, &k, 1);
    assert_int_equal(judged_as(t->c, 1, buffer_span(&b), &k.transport.pub, &who), OK);
    assert_int_equal(who.index, 1);
    assert_int_equal(judged_as(t->c, 2, buffer_span(&b), &k.transport.pub, &who), ERR_VOID);
    buffer_clear(&b);
}

static void certificate_by_who_is_no_administrator_is_void(void **state)
{
    struct town *t = *state;
    struct craft k = {.officer = OFFICER_HANDLER};
    struct peer_identity who;
    xkey_create(&k.transport);
    struct buffer b = crafted(t->c, &k, 1);
    assert_int_equal(judged_as(t->c, 1, buffer_span(&b), &k.transport.pub, &who), ERR_VOID);
    /* with less of the log held, the signer's enrolment may lie between */
    assert_int_equal(judged_as(t->c, 0, buffer_span(&b), &k.transport.pub, &who), OK);
    buffer_clear(&b);
}

static void another_certificate_at_the_same_place_is_a_fork(void **state)
{
    struct town *t = *state;
    struct craft k = {.officer = OFFICER_ADMIN};
    struct peer_identity who;
    xkey_create(&k.transport);
    struct buffer b = crafted(t->c, &k, 0);
    assert_int_equal(judged_as(t->c, 1, buffer_span(&b), &k.transport.pub, &who), ERR_FORK);
    assert_int_equal(judged_as(t->c, 0, buffer_span(&b), &k.transport.pub, &who), ERR_FORK);
    buffer_clear(&b);
}

/* Last: the member changes its key for good. */
static void replaced_certificate_is_refused_once_the_new_one_is_held(void **state)
{
    struct town *t = *state;
    struct cluster *c = t->c;
    struct ledger *judge = c->members[JUDGE].ledger;
    struct craft k = {.officer = OFFICER_ADMIN};
    struct peer_identity before, who;
    struct buffer entry = {0}, old = certificate_of(c, SHOWN, 0);
    const struct xpubkey *old_key = &c->members[SHOWN].transport.pub;
    struct cluster_act a;
    xkey_create(&k.transport);
    craft_act(c, &k, &a);
    cluster_entry(c, SHOWN, &a, &entry);
    cluster_act_clear(&a);
    struct append item = {.entry = buffer_span(&entry)};
    assert_int_equal(ledger_append(c->members[SHOWN].ledger, &item, 1), OK);
    assert_int_equal(item.err, OK);
    struct buffer fresh = certificate_of(c, SHOWN, item.index);
    assert_int_equal(judged_as(c, item.index, buffer_span(&old), old_key, &before), OK);
    assert_int_equal(judged(c, buffer_span(&fresh), &k.transport.pub), OK);
    cluster_pull(c, JUDGE, SHOWN);
    assert_int_equal(judged(c, buffer_span(&old), old_key), ERR_OVERTAKEN);
    assert_int_equal(judged(c, buffer_span(&fresh), &k.transport.pub), OK);
    assert_int_equal(judged(c, buffer_span(&fresh), old_key), ERR_KEY);
    assert_int_equal(certificate_recheck(&before, ledger_roster(judge), item.index + 1),
                     ERR_OVERTAKEN);
    assert_int_equal(judged_as(c, item.index + 1, buffer_span(&fresh), &k.transport.pub, &who),
                     OK);
    assert_int_equal(certificate_recheck(&who, ledger_roster(judge), item.index + 1), OK);
    buffer_clear(&entry);
    buffer_clear(&old);
    buffer_clear(&fresh);
}

static void only_the_one_encoding_decodes(void **state)
{
    struct town *t = *state;
    struct peer_certificate p;
    struct buffer b = certificate_of(t->larger, SHOWN, 0), again = {0};
    assert_int_equal(certificate_decode(&p, buffer_span(&b)), OK);
    assert_int_equal(certificate_encode(&p, &again), OK);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.data, b.data, b.len);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(certificate_decode(&p, span_of(b.data, len)), ERR_TRUNCATED);
    assert_int_equal(buffer_put_u8(&again, 0), OK);
    assert_int_equal(certificate_decode(&p, buffer_span(&again)), ERR_FORMAT);
    b.data[0] = 2;
    assert_int_equal(certificate_decode(&p, buffer_span(&b)), ERR_UNSUPPORTED);
    buffer_clear(&b);
    buffer_clear(&again);
}

static void too_much_is_refused(void **state)
{
    struct town *t = *state;
    struct buffer b = certificate_of(t->larger, SHOWN, 0), out = {0};
    static uint8_t large[32768];
    struct peer_certificate p;
    assert_int_equal(certificate_decode(&p, buffer_span(&b)), OK);
    size_t at = 3 + p.entry_bytes.len + 8;
    b.data[at] = CERTIFICATE_MAX_PROOF + 1;
    struct peer_certificate q;
    assert_int_equal(certificate_decode(&q, buffer_span(&b)), ERR_TOO_LARGE);
    p.note = span_of(large, sizeof large);
    assert_int_equal(certificate_encode(&p, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_names_its_member),
        cmocka_unit_test(anothers_key_is_not_certified),
        cmocka_unit_test(certificate_of_another_ledger_is_refused),
        cmocka_unit_test(member_that_is_not_admitted_is_refused),
        cmocka_unit_test(altered_certificate_is_refused),
        cmocka_unit_test(newer_certificate_than_we_hold_is_believed),
        cmocka_unit_test(certificate_by_who_is_no_administrator_is_void),
        cmocka_unit_test(another_certificate_at_the_same_place_is_a_fork),
        cmocka_unit_test(only_the_one_encoding_decodes),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(replaced_certificate_is_refused_once_the_new_one_is_held),
    };
    return cmocka_run_group_tests(tests, town_setup, town_teardown);
}
