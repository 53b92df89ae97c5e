/* Lies that make entries reach each other, delivered in every order. */
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
    *state = scene_create(40);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void check_one_case(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[0], s->base[0], VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[1], s->base[1] + 2, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

/* The member names a law that holds the ruling, the ruling cites the member's entry. */
static void a_lying_convenor_and_a_lying_member_in_one_case_are_void(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law);
    struct hash lie = scene_progress(s, 1, &id, law + 1, NULL);
    scene_rule(s, 2, &id, law, &lie);
    scene_progress(s, 1, &id, law + 1, NULL);
    scene_in_every_order(s, check_one_case);
}

static void check_two_cases(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[2], s->base[2], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[2], s->base[2] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[0], s->base[0], VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[0], s->base[0] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[2], s->base[2] + 2, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

/* c1 (case A) cites X, X names a law that holds c2 (case B), c2 cites Z, Z's law holds c1. */
static void a_circle_over_two_cases_is_void(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash a = scene_report(s, 1, law), b = scene_report(s, 2, law);
    struct hash x = scene_progress(s, 1, &a, law + 2, NULL);
    struct hash z = scene_progress(s, 2, &b, law + 1, NULL);
    scene_rule(s, 2, &a, law, &x);
    scene_rule(s, 1, &b, law, &z);
    scene_report(s, 2, law + 2);
    scene_in_every_order(s, check_two_cases);
}

static void check_outside(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[0], s->base[0], VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[0], s->base[0] + 1, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[2], s->base[2] + 1, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

/* The liar's law also holds an honest ruling on an honest member's case. */
static void honest_entries_that_a_circle_reaches_stay_valid(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash a = scene_report(s, 1, law), b = scene_report(s, 2, law);
    struct hash lie = scene_progress(s, 1, &a, law + 2, NULL);
    struct hash seen = scene_progress(s, 2, &b, law, NULL);
    scene_rule(s, 2, &a, law, &lie);
    scene_rule(s, 1, &b, law, &seen);
    scene_in_every_order(s, check_outside);
}

static void check_no_circle(struct scene *s, struct ledger *l)
{
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        for (uint64_t k = s->base[i]; k < s->logs[i].count; k++)
            scene_expect(l, &s->logs[i], k, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

static void truthful_laws_make_no_circle(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash a = scene_report(s, 1, law), b = scene_report(s, 2, law);
    struct hash ruled = scene_rule(s, 2, &a, law, &a);
    struct hash done = scene_progress(s, 2, &a, law + 1, &ruled);
    scene_rule(s, 1, &b, law + 1, &b);
    scene_rule(s, 1, &a, law + 2, &done);
    scene_progress(s, 1, &b, law + 3, NULL);
    scene_in_every_order(s, check_no_circle);
}

static void check_predecessor(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[1], s->base[1] + 2, VERDICT_VOID, REASON_CYCLE);
    scene_expect(l, &s->logs[2], s->base[2], VERDICT_VOID, REASON_CYCLE);
}

/* An entry is signed, cited, and then put behind a later one that cites the citation. */
static void a_predecessor_put_in_place_afterwards_is_a_circle(void **state)
{
    struct scene *s = *state;
    struct paper *log = &s->logs[1];
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), signed_id;
    struct compose says = paper_compose(log, law);
    struct buffer late = {0};
    struct cluster_act a;
    cluster_act_init(&a, KIND_PROGRESS, &id);
    cluster_sign(s->c, s->logs[1].member, &says, &a, &late);
    merkle_leaf(buffer_span(&late), &signed_id);
    struct hash cites = scene_progress(s, 2, &id, law, &signed_id);
    scene_progress(s, 1, &id, law, &cites);
    paper_add(log, buffer_span(&late));
    buffer_clear(&late);
    scene_in_every_order(s, check_predecessor);
}

static void check_waiting(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[0], s->base[0], VERDICT_PENDING, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->base[0]);
}

/* What the circle rests on is not all held: it could still grow. */
static void a_circle_waits_for_what_it_rests_on(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), nowhere = id;
    nowhere.b[0] ^= 1;
    struct compose says = scene_citing(&s->logs[1], law + 1, &nowhere);
    struct cluster_act a;
    cluster_act_init(&a, KIND_PROGRESS, &id);
    struct hash lie = paper_act(&s->logs[1], &says, &a);
    scene_rule(s, 2, &id, law, &lie);
    scene_in_every_order(s, check_waiting);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_lying_convenor_and_a_lying_member_in_one_case_are_void),
        WITH_SCENE(a_circle_over_two_cases_is_void),
        WITH_SCENE(honest_entries_that_a_circle_reaches_stay_valid),
        WITH_SCENE(truthful_laws_make_no_circle),
        WITH_SCENE(a_predecessor_put_in_place_afterwards_is_a_circle),
        WITH_SCENE(a_circle_waits_for_what_it_rests_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
