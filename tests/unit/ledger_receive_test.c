/* A case relayed between ledgers by packages: every copy comes to the same, in every order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/paper.h"

enum { MEMBERS = 4, MAX_CASES = 12, HISTORIES = 4, WATCHERS = 3, ACTS = 60 };

static uint64_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    return *random >> 33;
}

static unsigned below(uint64_t *random, unsigned bound)
{
    return (unsigned)(next_random(random) % bound);
}

static struct cluster *committee(uint64_t seed)
{
    const struct cluster_options options = {.seed = seed, .members = MEMBERS,
                                            .start_s = 1772323200};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    return c;
}

static void offer_act(struct cluster *c, struct cluster_act *a, const struct hash *id, unsigned to)
{
    cluster_act_init(a, KIND_OFFER, id);
    cluster_fact_text(a, FACT_TO, c->members[to].id);
    cluster_fact_text(a, FACT_CLAUSE, "三定方案");
    cluster_fact_uint(a, FACT_GROUND, GROUND_COMPETENT);
}

static void verify_act(struct cluster_act *a, const struct hash *id, unsigned by, unsigned outcome)
{
    cluster_act_init(a, KIND_VERIFY, id);
    cluster_fact_uint(a, FACT_OUTCOME, outcome);
    a->signer_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        a->signers[i].member = by;
        a->signers[i].officer = OFFICER_VERIFIER + i;
        a->signers[i].role = ROLE_VERIFY;
    }
}

static void act(struct cluster *c, unsigned by, struct cluster_act *a)
{
    cluster_append(c, by, a, NULL);
    cluster_act_clear(a);
    cluster_share(c);
}

static void a_case_is_relayed_until_it_is_closed(void **state)
{
    (void)state;
    struct cluster *c = committee(60);
    struct cluster_act a;
    struct case_state s;
    struct hash id = cluster_report(c, 2, 1);
    cluster_share(c);
    offer_act(c, &a, &id, 3);
    act(c, 2, &a);
    cluster_act_init(&a, KIND_ACCEPT, &id);
    act(c, 3, &a);
    cluster_act_init(&a, KIND_PROGRESS, &id);
    act(c, 3, &a);
    verify_act(&a, &id, 3, OUTCOME_PASS);
    act(c, 3, &a);
    cluster_act_init(&a, KIND_CLOSE, &id);
    act(c, 3, &a);
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(ledger_state(c->members[i].ledger, &id, &s), OK);
        assert_int_equal(s.phase, CASE_ENDED);
        assert_int_equal(s.custodian.v, 3);
        assert_int_equal(s.pending_count + s.void_count + s.overtaken_count, 0);
        assert_same_ledger(c->members[0].ledger, c->members[i].ledger);
    }
    cluster_free(c);
}

struct history { struct cluster *c; uint64_t random; unsigned cases; struct hash ids[MAX_CASES]; };

static void fill_act(struct history *h, struct cluster_act *a, unsigned by, const struct hash *id)
{
    static const uint32_t kinds[] = {KIND_OFFER, KIND_ACCEPT, KIND_REFUSE, KIND_PROGRESS,
                                     KIND_RULE, KIND_VERIFY, KIND_CLOSE, KIND_SUPERVISE,
                                     KIND_PETITION, KIND_RECTIFIED};
    uint32_t kind = kinds[below(&h->random, sizeof kinds / sizeof kinds[0])];
    const char *to = h->c->members[below(&h->random, MEMBERS)].id;
    if (kind == KIND_VERIFY) {
        verify_act(a, id, by, below(&h->random, 3) == 0 ? OUTCOME_FAIL : OUTCOME_PASS);
        return;
    }
    cluster_act_init(a, kind, id);
    if (kind == KIND_OFFER || kind == KIND_RULE)
        cluster_fact_text(a, FACT_TO, to);
    if (kind == KIND_OFFER) {
        cluster_fact_text(a, FACT_CLAUSE, "c");
        cluster_fact_uint(a, FACT_GROUND, GROUND_NEAR);
    }
    if (kind == KIND_REFUSE)
        cluster_fact_uint(a, FACT_CODE, REFUSE_NO_JURISDICTION);
    if (kind == KIND_RULE)
        cluster_fact_uint(a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
    if (kind == KIND_SUPERVISE)
        cluster_fact_uint(a, FACT_LEVEL, SUPERVISE_CITY);
}

/* Everybody writes what comes to mind, having heard of the others now and then. */
static unsigned play(struct history *h)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < ACTS; i++) {
        unsigned by = below(&h->random, MEMBERS);
        struct cluster_act a;
        struct case_state s;
        if (h->cases == 0 || (h->cases < MAX_CASES && below(&h->random, 6) == 0)) {
            h->ids[h->cases] = cluster_report(h->c, by, h->cases);
            h->cases++;
        } else {
            const struct hash *id = &h->ids[below(&h->random, h->cases)];
            if (ledger_state(h->c->members[by].ledger, id, &s) == OK && s.phase != CASE_NONE) {
                fill_act(h, &a, by, id);
                taken += cluster_try(h->c, by, &a, NULL, NULL) == OK;
                cluster_act_clear(&a);
            }
        }
        if (below(&h->random, 3) == 0)
            cluster_pull(h->c, below(&h->random, MEMBERS), by);
    }
    cluster_share(h->c);
    return taken;
}

/* Random logs in random pieces, the governance of a log before what it makes known. */
static void deliver(struct history *h, struct paper *logs, struct ledger *to)
{
    uint64_t left = 0, given[MEMBERS] = {0};
    for (unsigned i = 0; i < MEMBERS; i++)
        left += logs[i].count;
    while (left > 0) {
        unsigned i = below(&h->random, MEMBERS);
        unsigned rest = (unsigned)(logs[i].count - given[i]);
        if (rest == 0)
            continue;
        unsigned piece = 1 + below(&h->random, rest < 9 ? rest : 9);
        enum err err = paper_send(&logs[i], to, given[i] + piece);
        assert_true(err == OK || (err == ERR_UNKNOWN_MEMBER && i > 0));
        if (err != OK)
            continue;
        given[i] += piece;
        left -= piece;
        if (below(&h->random, 4) == 0)
            assert_int_equal(paper_send(&logs[i], to, given[i] - below(&h->random, piece)), OK);
    }
}

static void random_histories_in_random_pieces_come_to_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct history h = {.c = committee(100 + seed), .random = seed};
        struct paper logs[MEMBERS];
        assert_in_range(play(&h), 5, ACTS);
        for (unsigned i = 0; i < MEMBERS; i++) {
            paper_init(&logs[i], h.c, i, h.c->members[0].ledger);
            assert_same_ledger(h.c->members[0].ledger, h.c->members[i].ledger);
        }
        for (unsigned k = 0; k < WATCHERS; k++) {
            struct watcher w;
            char name[16];
            snprintf(name, sizeof name, "watcher%u", k);
            watcher_open(&w, h.c, name);
            deliver(&h, logs, w.ledger);
            assert_same_ledger(h.c->members[0].ledger, w.ledger);
            watcher_close(&w);
        }
        for (unsigned i = 0; i < MEMBERS; i++)
            paper_clear(&logs[i]);
        cluster_free(h.c);
    }
}

/* Packages as a peer encodes them from its store. */
static void encoded_packages_are_taken_once_and_ignored_afterwards(void **state)
{
    (void)state;
    struct cluster *c = committee(61);
    struct watcher w;
    struct package package;
    const struct package *list[1] = {&package};
    struct buffer bytes = {0}, note = {0};
    struct span held;
    const struct log *log = ledger_log_at(c->members[0].ledger, 0);
    struct txn *t = ledger_txn(c->members[0].ledger);
    watcher_open(&w, c, "watcher");
    assert_int_equal(package_encode(t, log, 0, log->head_size, &bytes), OK);
    assert_int_equal(package_decode(&package, buffer_span(&bytes)), OK);
    assert_int_equal(log_head(t, log->no, &held), OK);
    assert_int_equal(buffer_put(&note, held.data, held.len), OK);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(ledger_receive(w.ledger, buffer_span(&note), NULL, list, 1), OK);
        assert_int_equal(ledger_folded(w.ledger), log->frontier.size);
        assert_int_equal(roster_member_count(ledger_roster(w.ledger)), MEMBERS);
    }
    buffer_clear(&bytes);
    buffer_clear(&note);
    watcher_close(&w);
    cluster_free(c);
}

static void count_change(void *ctx, const struct log *log)
{
    (void)log;
    ++*(unsigned *)ctx;
}

static void only_what_changes_a_log_is_announced(void **state)
{
    (void)state;
    struct cluster *c = committee(62);
    unsigned changes = 0;
    ledger_on_change(c->members[1].ledger, count_change, &changes);
    cluster_report(c, 2, 1);
    cluster_pull(c, 1, 2);
    assert_int_equal(changes, 1);
    cluster_pull(c, 1, 2);
    assert_int_equal(changes, 1);
    cluster_report(c, 1, 1);
    assert_int_equal(changes, 2);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_relayed_until_it_is_closed),
        cmocka_unit_test(random_histories_in_random_pieces_come_to_the_same),
        cmocka_unit_test(encoded_packages_are_taken_once_and_ignored_afterwards),
        cmocka_unit_test(only_what_changes_a_log_is_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
