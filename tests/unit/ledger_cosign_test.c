/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "ledger/concern.h"
#include "ledger/cosign.h"
#include "ledger/roster/compose.h"
#include "tests/support/cluster.h"

enum { CONVENOR, YINGJI, XIAOFANG, COUNT };
#define START_S UINT64_C(1772323200)

struct town { struct cluster *c; struct ledger *l; struct buffer note; };   /* l: the convenor's */

static struct town town_create(void)
{
    const struct cluster_options options = {.seed = 11, .members = COUNT, .start_s = START_S};
    struct town t = {.c = cluster_create(&options)};
    cluster_open_all(t.c);
    t.l = t.c->members[CONVENOR].ledger;
    return t;
}

static void town_clear(struct town *t)
{
    buffer_clear(&t->note);
    cluster_free(t->c);
}

static const struct log *log_of(const struct town *t, unsigned member)
{
    return ledger_log(t->l, t->c->members[member].id, 0);
}

/* An act of yingji's: a report to the convenor, or to nobody. */
static void act(struct town *t, bool to_convenor)
{
    struct cluster_act a;
    cluster_report_act(&a, 1);
    struct cluster_act with = {.kind = KIND_REPORT};
    if (to_convenor) {
        cluster_fact_text(&with, FACT_TO, t->c->members[CONVENOR].id);
        cluster_fact_text(&with, FACT_SECTOR, "gas");
        cluster_fact_text(&with, FACT_DISTRICT, "echeng");
        cluster_fact_uint(&with, FACT_GRADE, GRADE_GENERAL);
        cluster_fact_uint(&with, FACT_SOURCE, SOURCE_INSPECTION);
        cluster_fact_text(&with, FACT_CLAUSE, "x");
    }
    cluster_append(t->c, YINGJI, to_convenor ? &with : &a, NULL);
    cluster_act_clear(&a);
    cluster_act_clear(&with);
    cluster_pull(t->c, CONVENOR, YINGJI);
}

/* A cosigned head of yingji's log at `size` (0: the newest), by whatever keys. */
static struct cosigned cosigned_by(struct town *t, const char *member, const struct signkey *key,
                                   uint64_t size, uint64_t time_s)
{
    struct cosigned c = {.time_s = 0};
    struct buffer head = {0};
    struct note note;
    const struct log *log = log_of(t, YINGJI);
    memcpy(c.head.origin, log->origin, sizeof c.head.origin);
    c.head.size = size == 0 ? log->frontier.size : size;
    assert_int_equal(log_root(ledger_txn(t->l), log, c.head.size, &c.head.root), OK);
    assert_int_equal(checkpoint_sign(&c.head, t->c->members[YINGJI].node, &head), OK);
    assert_int_equal(note_decode(&note, buffer_span(&head)), OK);
    c.log_key_id = note.sigs[0].id;
    memcpy(c.log_sig.b, note.sigs[0].payload.data, SIG_BYTES);
    note_clear(&note);
    buffer_clear(&head);
    strcpy(c.member, member);
    assert_int_equal(cosigned_sign(&c, key, time_s), OK);
    return c;
}

static struct cosigned by_xiaofang(struct town *t, uint64_t size, uint64_t time_s)
{
    return cosigned_by(t, "xiaofang", t->c->members[XIAOFANG].cosigner, size, time_s);
}

static enum err take(struct town *t, const struct cosigned *c)
{
    buffer_reset(&t->note);
    assert_int_equal(cosigned_encode(c, &t->note), OK);
    struct cosign_item item = {.note = buffer_span(&t->note)};
    assert_int_equal(ledger_cosign_take(t->l, &item, 1), OK);
    return item.err;
}

static unsigned kept(struct town *t)
{
    struct cosign_cursor cursor = {.started = false};
    struct cosign_row row;
    unsigned count = 0;
    while (cosign_row_next(ledger_txn(t->l), &cursor, &row) == OK)
        count++;
    return count;
}

static enum err give(struct town *t, uint64_t now_s, struct cosign_row *row)
{
    struct cosign_own item = {.log = log_of(t, YINGJI)->no};
    enum err err =
        ledger_cosign_give(t->l, t->c->members[CONVENOR].cosigner, now_s, &item, 1);
    *row = item.row;
    return err == OK ? item.err : err;
}

static void our_own_never_goes_backwards_and_a_restart_remembers(void **state)
{
    (void)state;
    struct town t = town_create();
    struct cosign_row row, next;
    assert_int_equal(give(&t, START_S + 100, &row), OK);
    assert_int_equal(row.size, log_of(&t, YINGJI)->frontier.size);
    assert_int_equal(give(&t, START_S + 200, &next), ERR_EXISTS);
    cluster_close(t.c, CONVENOR);
    cluster_open(t.c, CONVENOR);
    t.l = t.c->members[CONVENOR].ledger;
    assert_int_equal(give(&t, START_S + 200, &next), ERR_EXISTS);
    act(&t, false);
    assert_int_equal(give(&t, START_S + 50, &next), OK);   /* a clock set back */
    assert_int_equal(next.size, row.size + 1);
    assert_int_equal(next.time_s, START_S + 100);
    town_clear(&t);
}

static void what_is_stored_and_not_verified_yet_is_not_cosigned(void **state)
{
    (void)state;
    struct town t = town_create();
    struct cosign_row row;
    ledger_defer(t.l, true);
    act(&t, true);
    assert_true(ledger_unsettled(t.l) > 0);
    assert_int_equal(give(&t, START_S + 100, &row), ERR_GAP);
    ledger_defer(t.l, false);
    assert_int_equal(ledger_settle_all(t.l), OK);
    assert_int_equal(give(&t, START_S + 100, &row), OK);
    town_clear(&t);
}

static void a_row_gives_back_the_whole_cosigned_head(void **state)
{
    (void)state;
    struct town t = town_create();
    struct cosign_row row;
    struct cosigned c, back;
    assert_int_equal(give(&t, START_S + 100, &row), OK);
    assert_int_equal(ledger_cosigned(t.l, &row, &c), OK);
    assert_int_equal(cosigned_verify_log(&c, &log_of(&t, YINGJI)->node_key), OK);
    assert_int_equal(cosigned_verify(&c, signkey_public(t.c->members[CONVENOR].cosigner)), OK);
    assert_int_equal(cosigned_encode(&c, &t.note), OK);
    assert_int_equal(cosigned_decode(&back, buffer_span(&t.note)), OK);
    assert_string_equal(back.member, "anweiban");
    assert_int_equal(back.time_s, START_S + 100);
    town_clear(&t);
}

static void only_the_certified_key_cosigns(void **state)
{
    (void)state;
    struct town t = town_create();
    struct cosign_own item = {.log = log_of(&t, YINGJI)->no};
    assert_int_equal(ledger_cosign_give(t.l, t.c->members[YINGJI].cosigner, START_S, &item, 1),
                     ERR_KEY);
    item.log = log_of(&t, CONVENOR)->no;
    assert_int_equal(ledger_cosign_give(t.l, t.c->members[CONVENOR].cosigner, START_S, &item, 1),
                     OK);
    assert_int_equal(item.err, ERR_NOTFOUND);              /* one's own log */
    town_clear(&t);
}

static void what_holds_is_kept_and_each_twin_that_does_not_is_refused(void **state)
{
    (void)state;
    struct town t = town_create();
    const struct signkey *key = t.c->members[XIAOFANG].cosigner;
    struct cosigned good = by_xiaofang(&t, 0, START_S + 10), bad;
    bad = good;
    bad.sig.b[5] ^= 1;
    assert_int_equal(take(&t, &bad), ERR_SIGNATURE);
    bad = good;
    bad.time_s++;
    assert_int_equal(take(&t, &bad), ERR_SIGNATURE);
    bad = cosigned_by(&t, "xiaofang", t.c->members[YINGJI].node, 0, START_S + 10);
    assert_int_equal(take(&t, &bad), ERR_UNKNOWN_MEMBER);  /* a key that was never certified */
    bad.key_id = good.key_id;
    assert_int_equal(take(&t, &bad), ERR_SIGNATURE);
    bad = cosigned_by(&t, "anweiban", key, 0, START_S + 10);
    assert_int_equal(take(&t, &bad), ERR_UNKNOWN_MEMBER);  /* under another member's name */
    bad = cosigned_by(&t, "nobody", key, 0, START_S + 10);
    assert_int_equal(take(&t, &bad), ERR_UNKNOWN_MEMBER);
    bad = cosigned_by(&t, "yingji", t.c->members[YINGJI].cosigner, 0, START_S + 10);
    assert_int_equal(take(&t, &bad), ERR_FORMAT);          /* its own log */
    bad = good;
    bad.log_sig.b[0] ^= 1;
    assert_int_equal(take(&t, &bad), ERR_SIGNATURE);
    bad = good;
    bad.head.origin[0] ^= 1;
    assert_int_equal(take(&t, &bad), ERR_WRONG_LEDGER);
    assert_int_equal(kept(&t), 0);
    assert_int_equal(take(&t, &good), OK);
    assert_int_equal(kept(&t), 1);
    assert_int_equal(take(&t, &good), ERR_EXISTS);         /* replayed */
    town_clear(&t);
}

static void another_root_is_a_lie_or_evidence_of_a_fork_and_ends_cosigning(void **state)
{
    (void)state;
    struct town t = town_create();
    struct cosign_row row;
    struct span notes[2];
    struct proof proof;
    struct buffer head = {0};
    struct note note;
    struct cosigned c = by_xiaofang(&t, 0, START_S + 10);
    c.head.root.b[3] ^= 1;
    assert_int_equal(cosigned_sign(&c, t.c->members[XIAOFANG].cosigner, START_S + 10), OK);
    assert_int_equal(take(&t, &c), ERR_SIGNATURE);         /* the log never signed this root */
    assert_int_equal(checkpoint_sign(&c.head, t.c->members[YINGJI].node, &head), OK);
    assert_int_equal(note_decode(&note, buffer_span(&head)), OK);
    memcpy(c.log_sig.b, note.sigs[0].payload.data, SIG_BYTES);
    note_clear(&note);
    buffer_clear(&head);
    assert_int_equal(take(&t, &c), ERR_FORK);
    assert_int_equal(log_fork_get(ledger_txn(t.l), log_of(&t, YINGJI)->no, 0, notes, &proof), OK);
    bool shown = memmem(notes[0].data, notes[0].len, "xiaofang/cosigner", 17) != NULL ||
                 memmem(notes[1].data, notes[1].len, "xiaofang/cosigner", 17) != NULL;
    assert_true(shown);                                    /* evidence names who held it */
    assert_int_equal(kept(&t), 0);                         /* and does not count */
    assert_int_equal(give(&t, START_S + 20, &row), ERR_FORK);
    town_clear(&t);
}

static void what_is_not_held_yet_waits_and_older_ones_give_way(void **state)
{
    (void)state;
    struct town t = town_create();
    uint64_t size = log_of(&t, YINGJI)->frontier.size;
    struct cosigned old = by_xiaofang(&t, 0, START_S + 10), newer, ahead;
    act(&t, false);
    newer = by_xiaofang(&t, 0, START_S + 20);
    ahead = newer;
    ahead.head.size += 5;
    assert_int_equal(cosigned_sign(&ahead, t.c->members[XIAOFANG].cosigner, START_S + 30), OK);
    assert_int_equal(take(&t, &ahead), ERR_GAP);
    assert_int_equal(take(&t, &old), OK);
    assert_int_equal(take(&t, &newer), OK);
    assert_int_equal(kept(&t), 1);
    assert_int_equal(take(&t, &old), ERR_EXISTS);
    struct cosign_row row;
    const struct member *m = roster_by_log(ledger_roster(t.l), "xiaofang");
    assert_int_equal(ledger_cosign_first(t.l, (struct position){log_of(&t, YINGJI)->no, size - 1},
                                         m->no, &row), OK);
    assert_int_equal(row.size, size + 1);
    assert_int_equal(ledger_cosign_first(t.l, (struct position){log_of(&t, YINGJI)->no, size + 1},
                                         m->no, &row), ERR_NOTFOUND);
    town_clear(&t);
}

static void the_first_that_covers_a_baton_act_stays_whatever_the_order_of_arrival(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        struct town t = town_create();
        const struct signkey *key = t.c->members[CONVENOR].cosigner;
        uint64_t size = log_of(&t, YINGJI)->frontier.size;
        act(&t, false);
        act(&t, true);
        act(&t, false);
        act(&t, false);
        /* As a third member holds it: the convenor, to whom the second act speaks. */
        cluster_share(t.c);
        t.l = t.c->members[XIAOFANG].ledger;
        struct cosigned rows[4];
        for (unsigned i = 0; i < 4; i++)
            rows[i] = cosigned_by(&t, "anweiban", key, size + 1 + i, START_S + 10 * i);
        for (unsigned i = 0; i < 4; i++)
            (void)take(&t, &rows[order == 0 ? i : 3 - i]);
        struct cosign_row row;
        const struct member *m = roster_by_log(ledger_roster(t.l), "anweiban");
        struct position offer = {log_of(&t, YINGJI)->no, size + 1};
        assert_int_equal(ledger_cosign_first(t.l, offer, m->no, &row), OK);
        assert_int_equal(row.size, size + 2);
        assert_int_equal(row.time_s, START_S + 10);
        offer.index = size + 3;
        assert_int_equal(ledger_cosign_first(t.l, offer, m->no, &row), OK);
        assert_int_equal(row.size, size + 4);
        assert_int_equal(kept(&t), 2);
        town_clear(&t);
    }
}

static void the_first_that_covers_a_statement_stays_when_it_concerns_the_cosigner(void **state)
{
    (void)state;
    struct town t = town_create();
    const struct signkey *key = t.c->members[CONVENOR].cosigner;
    const struct member *m = roster_by_log(ledger_roster(t.l), "anweiban");
    struct cluster_act report, petition;
    struct hash case_id;
    struct cosign_row row;
    cluster_report_act(&report, 1);
    cluster_append(t.c, YINGJI, &report, &case_id);
    cluster_act_init(&petition, KIND_PETITION, &case_id);
    cluster_append(t.c, YINGJI, &petition, NULL);
    cluster_pull(t.c, CONVENOR, YINGJI);
    const uint64_t size = log_of(&t, YINGJI)->frontier.size;
    act(&t, false);
    act(&t, false);
    cluster_share(t.c);
    t.l = t.c->members[XIAOFANG].ledger;
    for (unsigned i = 0; i < 3; i++) {
        struct cosigned c = cosigned_by(&t, "anweiban", key, size + i, START_S + 10 * i);
        assert_int_equal(take(&t, &c), OK);
    }
    struct position at = {log_of(&t, YINGJI)->no, size - 1};
    assert_int_equal(ledger_cosign_first(t.l, at, m->no, &row), OK);
    assert_int_equal(row.size, size);
    assert_int_equal(row.time_s, START_S);
    assert_int_equal(kept(&t), 2);
    cluster_act_clear(&report);
    cluster_act_clear(&petition);
    town_clear(&t);
}

static void certify_anew(struct town *t, unsigned member, struct signkey *fresh)
{
    const struct cluster_member *m = &t->c->members[member];
    struct cluster_act a;
    struct composition facts;
    struct certify_fields f = {.cosigner = *signkey_public(fresh), .transport = m->transport.pub,
                               .sealing = m->sealing.pub};
    cluster_act_init(&a, KIND_CERTIFY, NULL);
    a.signer_count = 1;
    a.signers[0].member = member;
    a.signers[0].officer = OFFICER_ADMIN;
    a.signers[0].role = ROLE_HANDLE;
    composition_init(&facts);
    assert_int_equal(possession_sign(fresh, &t->c->ledger, m->id, "cosigner", &f.cosigner_proof),
                     OK);
    assert_int_equal(compose_certify(&facts, &f), OK);
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(&a, facts.facts[i].id, facts.facts[i].value);
    cluster_append(t->c, member, &a, NULL);
    composition_clear(&facts);
    cluster_act_clear(&a);
}

static void a_replaced_key_counts_for_what_it_covered_and_not_a_day_later(void **state)
{
    (void)state;
    struct town t = town_create();
    struct signkey *fresh;
    struct cosign_row row;
    assert_int_equal(signkey_create(&fresh), OK);
    struct cosigned before = by_xiaofang(&t, 0, t.c->now_s);
    assert_int_equal(take(&t, &before), OK);
    t.c->now_s += 10;
    certify_anew(&t, XIAOFANG, fresh);
    cluster_share(t.c);
    const struct member *m = roster_by_log(ledger_roster(t.l), "xiaofang");
    assert_int_equal(ledger_cosign_first(t.l, (struct position){log_of(&t, YINGJI)->no, 0}, m->no,
                                         &row), OK);
    struct cosigned c;
    assert_int_equal(ledger_cosigned(t.l, &row, &c), OK);
    assert_int_equal(cosigned_verify(&c, signkey_public(t.c->members[XIAOFANG].cosigner)), OK);
    act(&t, false);
    struct cosigned late = by_xiaofang(&t, 0, t.c->now_s + 2 * 86400);
    assert_int_equal(take(&t, &late), ERR_OVERTAKEN);
    late = cosigned_by(&t, "xiaofang", fresh, 0, t.c->now_s + 2 * 86400);
    assert_int_equal(take(&t, &late), OK);
    signkey_free(fresh);
    town_clear(&t);
}

static void an_act_concerns_whom_it_names_and_an_answer_the_offerer(void **state)
{
    (void)state;
    struct town t = town_create();
    struct concern concern;
    struct span bytes;
    struct entry e;
    act(&t, true);
    const struct log *log = log_of(&t, YINGJI);
    assert_int_equal(log_read(ledger_txn(t.l), log->no, log->frontier.size - 1, &bytes), OK);
    assert_int_equal(entry_decode(&e, bytes), OK);
    assert_int_equal(ledger_concern(t.l, &e, &concern), OK);
    assert_int_equal(concern.count, 1);
    assert_true(concern_has(&concern, ledger_self(t.l)));
    struct cluster_act a;
    struct hash case_id = e.id;
    cluster_act_init(&a, KIND_ACCEPT, &case_id);
    cluster_append(t.c, CONVENOR, &a, NULL);
    cluster_act_clear(&a);
    log = log_of(&t, CONVENOR);
    assert_int_equal(log_read(ledger_txn(t.l), log->no, log->frontier.size - 1, &bytes), OK);
    assert_int_equal(entry_decode(&e, bytes), OK);
    assert_int_equal(ledger_concern(t.l, &e, &concern), OK);
    assert_int_equal(concern.count, 1);
    assert_true(concern_has(&concern, roster_by_log(ledger_roster(t.l), "yingji")->no));
    town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_never_goes_backwards_and_a_restart_remembers),
        cmocka_unit_test(what_is_stored_and_not_verified_yet_is_not_cosigned),
        cmocka_unit_test(a_row_gives_back_the_whole_cosigned_head),
        cmocka_unit_test(only_the_certified_key_cosigns),
        cmocka_unit_test(what_holds_is_kept_and_each_twin_that_does_not_is_refused),
        cmocka_unit_test(another_root_is_a_lie_or_evidence_of_a_fork_and_ends_cosigning),
        cmocka_unit_test(what_is_not_held_yet_waits_and_older_ones_give_way),
        cmocka_unit_test(the_first_that_covers_a_baton_act_stays_whatever_the_order_of_arrival),
        cmocka_unit_test(the_first_that_covers_a_statement_stays_when_it_concerns_the_cosigner),
        cmocka_unit_test(a_replaced_key_counts_for_what_it_covered_and_not_a_day_later),
        cmocka_unit_test(an_act_concerns_whom_it_names_and_an_answer_the_offerer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
