/* What peers may send: only a failed proof or head rejects it, and what is void is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/scene.h"

static int setup(void **state)
{
    *state = scene_create(80);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static uint64_t held(const struct scene *s, unsigned log, struct ledger *l)
{
    return ledger_log(l, s->c->members[s->logs[log].member].id, 0)->frontier.size;
}

static uint64_t forks(struct ledger *l)
{
    uint64_t count;
    assert_int_equal(table_count(ledger_txn(l), TABLE_FORK, &count), OK);
    return count;
}

/* One package of log 1 from what is held to all, after `spoil` had it. */
static enum err send_spoilt(struct scene *s, struct ledger *to, void (*spoil)(struct package *p))
{
    struct paper *log = &s->logs[1];
    struct package p;
    const struct package *list[1] = {&p};
    struct buffer note = {0};
    struct proof proof;
    paper_package(log, held(s, 1, to), log->count, &p);
    paper_consistency(log, held(s, 1, to), log->count, &proof);
    paper_note(log, log->count, &note);
    if (spoil != NULL)
        spoil(&p);
    enum err err = ledger_receive(to, buffer_span(&note), &proof, list, 1);
    buffer_clear(&note);
    return err;
}

static void spoil_proof(struct package *p)
{
    if (p->proof.count == 0)
        p->proof.count = 1;
    p->proof.hashes[p->proof.count - 1].b[0] ^= 1;
}

static void spoil_entry(struct package *p) { p->entries[0] = span_of("forged", 6); }
static void spoil_start(struct package *p) { p->start++; p->count--; }
static void spoil_tree(struct package *p) { p->tree_size++; }
static void spoil_member(struct package *p) { strcpy(p->member, "jiwei"); }
static void spoil_count(struct package *p) { p->count--; }

static void spoilt_packages_are_rejected_and_nothing_changes(void **state)
{
    struct scene *s = *state;
    struct watcher w, clean;
    const struct { void (*spoil)(struct package *p); enum err err; } cases[] = {
        {spoil_proof, ERR_PROOF}, {spoil_entry, ERR_PROOF}, {spoil_start, ERR_GAP},
        {spoil_tree, ERR_FORMAT}, {spoil_member, ERR_FORMAT}, {spoil_count, ERR_PROOF}};
    for (unsigned i = 0; i < 3; i++)
        scene_report(s, 1, scene_law(s));
    scene_watcher(s, &w);
    scene_watcher(s, &clean);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(err_name(send_spoilt(s, w.ledger, cases[i].spoil)),
                            err_name(cases[i].err));
        assert_same_ledger(clean.ledger, w.ledger);
    }
    assert_int_equal(send_spoilt(s, w.ledger, NULL), OK);
    assert_int_equal(held(s, 1, w.ledger), s->logs[1].count);
    watcher_close(&w);
    watcher_close(&clean);
}

static void a_missing_consistency_proof_is_rejected(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct package p;
    const struct package *list[1] = {&p};
    struct buffer note = {0};
    scene_report(s, 1, scene_law(s));
    scene_watcher(s, &w);
    paper_package(&s->logs[1], s->base[1], s->logs[1].count, &p);
    paper_note(&s->logs[1], s->logs[1].count, &note);
    assert_int_equal(ledger_receive(w.ledger, buffer_span(&note), NULL, list, 1), ERR_PROOF);
    buffer_clear(&note);
    watcher_close(&w);
}

/* Entry and leaf hash are forged alike in the store of the sender. */
static void a_forged_entry_with_a_consistently_forged_tile_is_rejected(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct package p;
    const struct package *list[1] = {&p};
    struct buffer value = {0}, bytes = {0}, note = {0};
    struct hash leaf;
    struct txn *t;
    uint8_t key[12];
    cluster_open(s->c, 0);
    struct ledger *sender = s->c->members[0].ledger;
    const struct log *log = ledger_log(sender, s->c->members[2].id, 0);
    struct span forged = buffer_span(&s->logs[2].entries[1]);
    merkle_leaf(forged, &leaf);
    assert_int_equal(buffer_put(&value, leaf.b, HASH_BYTES), OK);
    assert_int_equal(buffer_put(&value, forged.data, forged.len), OK);
    store_u32(key, log->no.v);
    store_u64(key + 4, 1);
    assert_int_equal(txn_write(ledger_store(sender), &t), OK);
    assert_int_equal(table_put(t, TABLE_ENTRY, span_of(key, sizeof key), buffer_span(&value)), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(ledger_refresh(sender), OK);
    assert_int_equal(package_encode(ledger_txn(sender), log, 0, log->head_size, &bytes), OK);
    assert_int_equal(package_decode(&p, buffer_span(&bytes)), OK);
    watcher_open(&w, s->c, "cheated");
    assert_int_equal(paper_send(&s->logs[0], w.ledger, s->logs[0].count), OK);
    paper_note(&s->logs[1], s->logs[1].count, &note);
    assert_int_equal(ledger_receive(w.ledger, buffer_span(&note), NULL, list, 1), ERR_PROOF);
    assert_int_equal(held(s, 1, w.ledger), 0);
    assert_int_equal(paper_send(&s->logs[1], w.ledger, s->logs[1].count), OK);
    buffer_clear(&value);
    buffer_clear(&bytes);
    buffer_clear(&note);
    watcher_close(&w);
}

static enum err check_note(const struct paper *p, uint64_t size, struct ledger *l)
{
    struct buffer note = {0};
    struct checkpoint head;
    paper_note(p, size, &note);
    enum err err = ledger_check_head(l, buffer_span(&note), &head);
    assert_true(err == ERR_UNKNOWN_MEMBER || err == ERR_WRONG_LEDGER || head.size == size);
    buffer_clear(&note);
    return err;
}

static void heads_are_told_apart(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct checkpoint head;
    struct buffer note = {0};
    scene_report(s, 1, scene_law(s));
    watcher_open(&w, s->c, "empty");
    assert_int_equal(check_note(&s->logs[1], 2, w.ledger), ERR_UNKNOWN_MEMBER);
    assert_int_equal(paper_send(&s->logs[1], w.ledger, 2), ERR_UNKNOWN_MEMBER);
    assert_int_equal(check_note(&s->logs[0], 2, w.ledger), OK);
    watcher_close(&w);
    scene_watcher(s, &w);
    assert_int_equal(check_note(&s->logs[1], s->base[1], w.ledger), OK);
    assert_int_equal(check_note(&s->logs[1], s->base[1] + 1, w.ledger), OK);
    assert_int_equal(check_note(&s->logs[1], s->base[1] - 1, w.ledger), ERR_OLD_HEAD);
    assert_int_equal(paper_send(&s->logs[1], w.ledger, s->base[1] - 1), OK);
    paper_note(&s->logs[1], s->base[1] + 1, &note);
    note.data[note.len - 6] ^= 1;
    assert_int_equal(ledger_check_head(w.ledger, buffer_span(&note), &head), ERR_SIGNATURE);
    assert_int_equal(ledger_check_head(w.ledger, span_of(note.data, 10), &head), ERR_FORMAT);
    assert_int_equal(forks(w.ledger), 0);
    buffer_clear(&note);
    watcher_close(&w);
}

static void a_head_of_another_ledger_is_rejected(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct paper other = s->logs[1];
    watcher_open(&w, s->c, "watcher");
    memcpy(strchr(other.origin, '/') + 1, "0000", 4);
    assert_int_equal(check_note(&other, 2, w.ledger), ERR_WRONG_LEDGER);
    watcher_close(&w);
}

/* The twin of log 1 has another entry at the end. */
static void two_heads_that_fork_are_kept_and_other_logs_go_on(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct paper twin;
    cluster_open(s->c, 0);
    paper_init(&twin, s->c, s->logs[1].member, s->c->members[0].ledger);
    uint64_t law = scene_law(s);
    scene_report(s, 1, law);
    scene_report(s, 1, law);
    paper_add(&twin, span_of("another", 7));
    paper_add(&twin, span_of("history", 7));
    paper_add(&twin, span_of("altogether", 10));
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    assert_int_equal(check_note(&twin, s->base[1] + 2, w.ledger), ERR_FORK);
    assert_int_equal(forks(w.ledger), 1);
    assert_int_equal(check_note(&twin, s->base[1] + 2, w.ledger), ERR_FORK);
    assert_int_equal(paper_send(&twin, w.ledger, s->base[1] + 2), ERR_FORK);
    assert_int_equal(forks(w.ledger), 1);
    assert_int_equal(paper_send(&twin, w.ledger, s->base[1] + 1), ERR_FORK);
    assert_int_equal(forks(w.ledger), 2);
    assert_int_equal(paper_send(&twin, w.ledger, s->base[1] + 3), ERR_FORK);
    assert_int_equal(forks(w.ledger), 3);
    assert_int_equal(held(s, 1, w.ledger), s->logs[1].count);
    scene_report(s, 2, law);
    scene_report(s, 1, law);
    scene_send_all(s, w.ledger);
    assert_int_equal(held(s, 1, w.ledger), s->logs[1].count);
    scene_expect(w.ledger, &s->logs[2], s->base[2], VERDICT_VALID, REASON_NONE);
    watcher_close(&w);
    paper_clear(&twin);
}

enum { UNDECODABLE, UNSIGNED, COPIED, REPEATED_COPY, REPEATED_NONCE, LOWERED, OFF_BRANCH, STRANGER,
       GOOD };

static void check_void(struct scene *s, struct ledger *l)
{
    static const struct { enum verdict verdict; enum reason reason; } expected[] = {
        [UNDECODABLE] = {VERDICT_VOID, REASON_UNDECODABLE},
        [UNSIGNED] = {VERDICT_VOID, REASON_SIGNATURE},
        [COPIED] = {VERDICT_FOREIGN, REASON_WRONG_MEMBER},
        [REPEATED_COPY] = {VERDICT_FOREIGN, REASON_REPEATED},
        [REPEATED_NONCE] = {VERDICT_VOID, REASON_REPEATED},
        [LOWERED] = {VERDICT_VOID, REASON_LAW_LOWERED},
        [OFF_BRANCH] = {VERDICT_VOID, REASON_OWN_BRANCH},
        [STRANGER] = {VERDICT_VOID, REASON_NOT_ENROLLED},
        [GOOD] = {VERDICT_VALID, REASON_NONE}};
    for (unsigned i = 0; i <= GOOD; i++)
        scene_expect(l, &s->logs[1], s->base[1] + 1 + i, expected[i].verdict, expected[i].reason);
    scene_expect(l, &s->logs[2], s->base[2], VERDICT_VALID, REASON_NONE);
}

static void sign_as(struct scene *s, const struct compose *says, const struct hash *id,
                    unsigned officer_of)
{
    struct cluster_act a;
    cluster_act_init(&a, KIND_PROGRESS, id);
    a.signer_count = 1;
    a.signers[0].member = officer_of;
    a.signers[0].officer = OFFICER_HANDLER;
    a.signers[0].role = ROLE_HANDLE;
    paper_act(&s->logs[1], says, &a);
}

static void void_entries_are_kept_with_their_reason_and_the_log_goes_on(void **state)
{
    struct scene *s = *state;
    struct paper *log = &s->logs[1];
    uint64_t law = scene_law(s), nonces;
    struct buffer spoilt = {0};
    struct cluster_act a;
    struct hash id = scene_report(s, 1, law);
    scene_report(s, 2, law);
    paper_add(log, span_of("no entry", 8));
    struct compose says = paper_compose(log, law);
    cluster_act_init(&a, KIND_PROGRESS, &id);
    cluster_sign(s->c, log->member, &says, &a, &spoilt);
    spoilt.data[spoilt.len - 1] ^= 1;
    paper_add(log, buffer_span(&spoilt));
    paper_add(log, buffer_span(&s->logs[2].entries[s->base[2]]));
    paper_add(log, buffer_span(&log->entries[s->base[1]]));
    nonces = s->c->nonces;
    s->c->nonces = nonces - 1;
    scene_progress(s, 1, &id, law, NULL);
    s->c->nonces = nonces;
    scene_progress(s, 1, &id, law - 1, NULL);
    says = paper_compose(log, law);
    says.own_root.b[0] ^= 1;
    sign_as(s, &says, &id, log->member);
    says = paper_compose(log, law);
    sign_as(s, &says, &id, 3);
    scene_progress(s, 1, &id, law, NULL);
    scene_in_every_order(s, check_void);
    buffer_clear(&spoilt);
}

/* More than 64 refs: void without waiting for any of them. */
static void check_excess(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_EXCESS);
    scene_expect(l, &s->logs[1], s->base[1] + 2, VERDICT_VALID, REASON_NONE);
}

static void an_entry_with_too_many_refs_is_void_at_once(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), refs[ENTRY_MAX_REFS + 1] = {{{0}}};
    struct compose says = paper_compose(&s->logs[1], law);
    struct buffer plain = {0}, payload = {0}, bytes = {0};
    struct signer signer = {.role = ROLE_HANDLE};
    struct cluster_act a;
    struct entry e;
    cluster_act_init(&a, KIND_PROGRESS, &id);
    cluster_sign(s->c, s->logs[1].member, &says, &a, &plain);
    assert_int_equal(entry_decode(&e, buffer_span(&plain)), OK);
    for (unsigned i = 0; i <= ENTRY_MAX_REFS; i++)
        refs[i].b[0] = (uint8_t)(i + 1);
    const struct entry_draft d = {
        .ledger = e.ledger, .member = e.member, .kind = e.kind, .has_case = true, .case_id = id,
        .refs = refs, .ref_count = ENTRY_MAX_REFS + 1, .law_size = law, .own_size = e.own_size,
        .own_root = e.own_root, .nonce = e.nonce, .time_s = e.time_s};
    assert_int_equal(entry_payload_encode(&d, &payload), OK);
    strcpy(signer.post, e.signers[0].post);
    assert_int_equal(entry_sign(buffer_span(&payload), &e.ledger,
                                s->c->members[s->logs[1].member].officers[OFFICER_HANDLER],
                                &signer), OK);
    assert_int_equal(entry_encode(buffer_span(&payload), &signer, 1, &bytes), OK);
    paper_add(&s->logs[1], buffer_span(&bytes));
    scene_progress(s, 1, &id, law, NULL);
    scene_in_every_order(s, check_excess);
    buffer_clear(&plain);
    buffer_clear(&payload);
    buffer_clear(&bytes);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(spoilt_packages_are_rejected_and_nothing_changes),
        WITH_SCENE(a_missing_consistency_proof_is_rejected),
        WITH_SCENE(a_forged_entry_with_a_consistently_forged_tile_is_rejected),
        WITH_SCENE(heads_are_told_apart),
        WITH_SCENE(a_head_of_another_ledger_is_rejected),
        WITH_SCENE(two_heads_that_fork_are_kept_and_other_logs_go_on),
        WITH_SCENE(void_entries_are_kept_with_their_reason_and_the_log_goes_on),
        WITH_SCENE(an_entry_with_too_many_refs_is_void_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
