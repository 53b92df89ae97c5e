/* Catching up in two halves: stored and judged at once, cases folded later. Whatever is settled
 * when, and wherever the node is killed between, the end is the same. A fiftieth of JIELI_SEEDS
 * histories, 6 by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/liars.h"

enum { ROUNDS = 6 };

static int setup(void **state)
{
    *state = scene_create(131);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static unsigned draw(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(*random >> 33) % below;
}

static void settle_all(struct watcher *w)
{
    ledger_defer(w->ledger, false);
    assert_int_equal(ledger_settle_all(w->ledger), OK);
    while (ledger_unsettled(w->ledger) > 0)
        assert_int_equal(ledger_settle_all(w->ledger), OK);
}

/* A step of settling, a kill, or a change of mind about deferring, each now and then. */
static void something(struct scene *s, struct watcher *w, uint64_t *random)
{
    bool more;
    switch (draw(random, 12)) {
    case 0: case 1: case 2: assert_int_equal(ledger_settle(w->ledger, &more), OK); break;
    case 3: assert_int_equal(ledger_settle_all(w->ledger), OK); break;
    case 4: case 5:
        watcher_reopen(w, s->c);
        ledger_defer(w->ledger, draw(random, 4) > 0);
        break;
    case 6: ledger_defer(w->ledger, false); break;
    case 7: ledger_defer(w->ledger, true); break;
    default: break;
    }
}

/* Entry by entry from logs drawn at random. */
static void give_at_random(struct scene *s, struct watcher *w, uint64_t *random)
{
    uint64_t given[SCENE_LOGS], left = 0;
    ledger_defer(w->ledger, true);
    for (unsigned i = 0; i < SCENE_LOGS; i++) {
        given[i] = s->base[i];
        left += s->logs[i].count - given[i];
    }
    while (left > 0) {
        const unsigned i = draw(random, SCENE_LOGS);
        if (given[i] == s->logs[i].count)
            continue;
        uint64_t step = 1 + draw(random, 3);
        if (step > s->logs[i].count - given[i])
            step = s->logs[i].count - given[i];
        given[i] += step;
        left -= step;
        assert_int_equal(paper_send(&s->logs[i], w->ledger, given[i]), OK);
        something(s, w, random);
    }
    settle_all(w);
}

static void any_split_of_settling_comes_to_the_same(void **state)
{
    struct scene *s = *state;
    const uint64_t seeds = liars_seeds(6);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        uint64_t random = seed;
        struct watcher first;
        print_message("seed %llu\n", (unsigned long long)seed);
        liars_play(s, seed);
        scene_watcher(s, &first);
        scene_send_all(s, first.ledger);
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct watcher w;
            scene_watcher(s, &w);
            give_at_random(s, &w, &random);
            assert_same_ledger(first.ledger, w.ledger);
            watcher_reopen(&w, s->c);
            assert_int_equal(ledger_unsettled(w.ledger), 0);
            assert_same_ledger(first.ledger, w.ledger);
            watcher_close(&w);
        }
        watcher_close(&first);
    }
}

static void one_settling_of_everything_comes_to_the_same(void **state)
{
    struct scene *s = *state;
    struct watcher first, w;
    liars_play(s, 1);
    scene_watcher(s, &first);
    scene_send_all(s, first.ledger);
    scene_watcher(s, &w);
    ledger_defer(w.ledger, true);
    scene_send_all(s, w.ledger);
    assert_true(ledger_unsettled(w.ledger) > 0);
    settle_all(&w);
    assert_same_ledger(first.ledger, w.ledger);
    watcher_close(&w);
    watcher_close(&first);
}

/* A case with two acts of log 1, of which the first is settled. */
static struct hash two_acts(struct scene *s, struct watcher *w)
{
    const uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law);
    scene_watcher(s, w);
    scene_send_all(s, w->ledger);
    scene_progress(s, 1, &id, law, &id);
    ledger_defer(w->ledger, true);
    scene_send_all(s, w->ledger);
    return id;
}

static void what_is_asked_during_a_catch_up_is_answered_as_verified(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    const struct paper *p = &s->logs[1];
    const struct hash id = two_acts(s, &w);
    const struct log *log = ledger_log(w.ledger, p->c->members[p->member].id, 0);
    struct position at[4];
    struct case_state state_now;
    struct case_fold *f;
    size_t count;
    assert_int_equal(log->frontier.size, p->count);
    assert_int_equal(ledger_verified(w.ledger, log->no), p->count - 1);
    assert_int_equal(ledger_unsettled(w.ledger), 1);
    scene_expect(w.ledger, p, p->count - 2, VERDICT_VALID, REASON_NONE);
    scene_expect(w.ledger, p, p->count - 1, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(ledger_case_entries(w.ledger, &id, at, 4, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(ledger_fold_case(w.ledger, &id, &f), OK);
    assert_int_equal(case_fold_count(f), 1);
    case_fold_free(f);
    assert_int_equal(ledger_find_id(w.ledger, &p->leaves[p->count - 1], &at[0]), ERR_NOTFOUND);
    assert_int_equal(ledger_state(w.ledger, &id, &state_now), OK);
    settle_all(&w);
    assert_int_equal(ledger_verified(w.ledger, log->no), p->count);
    scene_expect(w.ledger, p, p->count - 1, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_case_entries(w.ledger, &id, at, 4, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(ledger_find_id(w.ledger, &p->leaves[p->count - 1], &at[0]), OK);
    watcher_close(&w);
}

static void a_node_killed_before_it_settled_goes_on_where_it_was(void **state)
{
    struct scene *s = *state;
    struct watcher w, whole;
    const struct paper *p = &s->logs[1];
    two_acts(s, &w);
    watcher_reopen(&w, s->c);
    assert_int_equal(ledger_unsettled(w.ledger), 1);
    scene_expect(w.ledger, p, p->count - 1, VERDICT_PENDING, REASON_NONE);
    settle_all(&w);
    scene_watcher(s, &whole);
    scene_send_all(s, whole.ledger);
    assert_same_ledger(w.ledger, whole.ledger);
    watcher_close(&whole);
    watcher_close(&w);
}

/* Once something is owed, whatever comes joins it: a log is settled in its order. */
static void what_comes_on_top_of_something_owed_is_owed_too(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    const struct hash id = two_acts(s, &w);
    ledger_defer(w.ledger, false);
    scene_progress(s, 1, &id, scene_law(s), &id);
    scene_send_all(s, w.ledger);
    assert_int_equal(ledger_unsettled(w.ledger), 2);
    settle_all(&w);
    scene_progress(s, 1, &id, scene_law(s), &id);
    scene_send_all(s, w.ledger);
    assert_int_equal(ledger_unsettled(w.ledger), 0);
    watcher_close(&w);
}

/* A copy of an entry is nobody's word, and a nonce serves once, settled or not. */
static void copies_and_repeats_are_known_before_anything_is_settled(void **state)
{
    struct scene *s = *state;
    struct paper *p = &s->logs[1];
    struct watcher w, whole;
    const uint64_t law = scene_law(s);
    scene_watcher(s, &w);
    ledger_defer(w.ledger, true);
    scene_report(s, 1, law);
    const unsigned first = p->count - 1;
    scene_send_all(s, w.ledger);
    paper_add(p, buffer_span(&p->entries[first]));
    scene_report(s, 1, law);
    scene_send_all(s, w.ledger);
    watcher_reopen(&w, s->c);
    ledger_defer(w.ledger, true);
    paper_add(p, buffer_span(&p->entries[first + 2]));
    scene_send_all(s, w.ledger);
    scene_expect(w.ledger, p, first + 1, VERDICT_FOREIGN, REASON_REPEATED);
    settle_all(&w);
    scene_watcher(s, &whole);
    scene_send_all(s, whole.ledger);
    scene_expect(w.ledger, p, first + 1, VERDICT_FOREIGN, REASON_REPEATED);
    scene_expect(w.ledger, p, first + 3, VERDICT_FOREIGN, REASON_REPEATED);
    assert_same_ledger(w.ledger, whole.ledger);
    watcher_close(&whole);
    watcher_close(&w);
}

/* Our own act between two steps is folded as of the settled sizes; the end holds both. */
static void an_act_of_our_own_between_two_steps_is_kept(void **state)
{
    struct scene *s = *state;
    const unsigned us = 3;
    const uint64_t law = scene_law(s);
    struct paper ours;
    struct watcher whole;
    struct cluster_act a;
    struct span here, there;
    bool more;
    cluster_open_all(s->c);
    const struct hash id = cluster_report(s->c, us, 1);
    struct ledger *l = s->c->members[us].ledger;
    ledger_defer(l, true);
    scene_progress(s, 1, &id, law, &id);
    scene_report(s, 1, law);
    assert_int_equal(paper_send(&s->logs[1], l, s->logs[1].count), OK);
    assert_int_equal(ledger_settle(l, &more), OK);
    assert_true(more);
    cluster_act_init(&a, KIND_PROGRESS, &id);
    cluster_fact_text(&a, FACT_NOTE_CODE, "1");
    cluster_append(s->c, us, &a, NULL);
    cluster_act_clear(&a);
    assert_true(ledger_unsettled(l) > 0);
    assert_int_equal(ledger_settle_all(l), OK);
    assert_int_equal(ledger_unsettled(l), 0);
    paper_init(&ours, s->c, us, l);
    scene_watcher(s, &whole);
    assert_int_equal(paper_send(&ours, whole.ledger, ours.count), OK);
    assert_int_equal(paper_send(&s->logs[1], whole.ledger, s->logs[1].count), OK);
    const struct span key = span_of(id.b, HASH_BYTES);
    assert_int_equal(table_get(ledger_txn(l), TABLE_CASE, key, &here), OK);
    assert_int_equal(table_get(ledger_txn(whole.ledger), TABLE_CASE, key, &there), OK);
    assert_int_equal(here.len, there.len);
    assert_memory_equal(here.data, there.data, here.len);
    paper_clear(&ours);
    watcher_close(&whole);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(one_settling_of_everything_comes_to_the_same),
        WITH_SCENE(any_split_of_settling_comes_to_the_same),
        WITH_SCENE(what_is_asked_during_a_catch_up_is_answered_as_verified),
        WITH_SCENE(a_node_killed_before_it_settled_goes_on_where_it_was),
        WITH_SCENE(an_act_of_our_own_between_two_steps_is_kept),
        WITH_SCENE(what_comes_on_top_of_something_owed_is_owed_too),
        WITH_SCENE(copies_and_repeats_are_known_before_anything_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
