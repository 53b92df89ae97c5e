/* What rests on something not held waits, and is decided when it comes, in every order. */
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
    *state = scene_create(50);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static enum err send(struct scene *s, unsigned log, struct ledger *to)
{
    return paper_send(&s->logs[log], to, s->logs[log].count);
}

static void first_of(struct scene *s, unsigned log, struct ledger *l, unsigned nth,
                     enum verdict verdict, enum reason reason)
{
    scene_expect(l, &s->logs[log], s->base[log] + nth, verdict, reason);
}

static void a_missing_ref_is_waited_for(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct case_state now;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), ruled = scene_rule(s, 1, &id, law, &id);
    scene_progress(s, 1, &id, law, &ruled);
    scene_watcher(s, &w);
    assert_int_equal(send(s, 1, w.ledger), OK);
    first_of(s, 1, w.ledger, 1, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(ledger_state(w.ledger, &id, &now), OK);
    assert_int_equal(now.pending_count, 1);
    assert_int_equal(send(s, 0, w.ledger), OK);
    first_of(s, 1, w.ledger, 1, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_state(w.ledger, &id, &now), OK);
    assert_int_equal(now.pending_count, 0);
    watcher_close(&w);
    scene_in_every_order(s, NULL);
}

static void check_elsewhere(struct scene *s, struct ledger *l)
{
    first_of(s, 1, l, 1, VERDICT_VOID, REASON_REF_ELSEWHERE);
    first_of(s, 1, l, 2, VERDICT_VOID, REASON_REF_ELSEWHERE);
    first_of(s, 1, l, 3, VERDICT_VALID, REASON_NONE);
}

static void a_ref_to_another_case_is_void_whenever_that_one_comes(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash mine = scene_report(s, 1, law), other = scene_report(s, 2, law);
    struct hash later = scene_progress(s, 2, &other, law, NULL);
    scene_progress(s, 1, &mine, law, &other);
    scene_progress(s, 1, &mine, law, &later);
    scene_progress(s, 1, &mine, law, NULL);
    scene_in_every_order(s, check_elsewhere);
}

static void a_law_beyond_the_folded_size_waits_for_the_convenors_log(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law);
    scene_rule(s, 2, &id, law, &id);
    scene_report(s, 2, law + 1);
    scene_watcher(s, &w);
    assert_int_equal(send(s, 2, w.ledger), OK);
    first_of(s, 2, w.ledger, 0, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(send(s, 0, w.ledger), OK);
    first_of(s, 2, w.ledger, 0, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(ledger_folded(w.ledger), law);
    assert_int_equal(send(s, 1, w.ledger), OK);
    first_of(s, 2, w.ledger, 0, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(w.ledger), law + 1);
    watcher_close(&w);
    scene_in_every_order(s, NULL);
}

static void the_folded_size_stops_exactly_at_what_waits(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    uint64_t law = scene_law(s);
    struct hash own = scene_report(s, 0, law), other = scene_report(s, 1, law);
    scene_progress(s, 0, &own, law + 1, NULL);
    scene_rule(s, 2, &other, law + 2, &other);
    scene_progress(s, 0, &own, law + 3, NULL);
    scene_watcher(s, &w);
    assert_int_equal(send(s, 0, w.ledger), OK);
    assert_int_equal(ledger_folded(w.ledger), law + 2);
    first_of(s, 0, w.ledger, 2, VERDICT_PENDING, REASON_NONE);
    first_of(s, 0, w.ledger, 3, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(send(s, 1, w.ledger), OK);
    assert_int_equal(ledger_folded(w.ledger), law + 4);
    first_of(s, 0, w.ledger, 3, VERDICT_VALID, REASON_NONE);
    watcher_close(&w);
    scene_in_every_order(s, NULL);
}

static void a_foreign_signers_enrolment_is_waited_for(void **state)
{
    struct scene *s = *state;
    const unsigned others[] = {2, 0};
    struct hash id = scene_report(s, 1, scene_law(s));
    scene_cosigned(s, 1, &id, others, 2);
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        s->base[i] = i == 0 ? s->base[0] : i == 1 ? s->base[1] : 0;
    struct watcher w;
    scene_watcher(s, &w);
    assert_int_equal(send(s, 1, w.ledger), OK);
    first_of(s, 1, w.ledger, 1, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(send(s, 2, w.ledger), OK);
    first_of(s, 1, w.ledger, 1, VERDICT_VALID, REASON_NONE);
    watcher_close(&w);
    scene_in_every_order(s, NULL);
}

/* Two are missing, in two logs: a watcher that knows nobody but the author and the admissions. */
static void each_of_two_foreign_enrolments_is_waited_for(void **state)
{
    struct scene *s = *state;
    const unsigned others[] = {2, 1};
    struct watcher w;
    struct hash id = scene_report(s, 0, scene_law(s));
    uint64_t size = scene_law(s);
    scene_cosigned(s, 0, &id, others, 2);
    s->base[1] = s->base[2] = 0;
    watcher_open(&w, s->c, "nobody");
    assert_int_equal(send(s, 0, w.ledger), OK);
    assert_int_equal(ledger_folded(w.ledger), size);
    assert_int_equal(send(s, 2, w.ledger), OK);
    first_of(s, 0, w.ledger, 1, VERDICT_PENDING, REASON_NONE);
    assert_int_equal(send(s, 1, w.ledger), OK);
    first_of(s, 0, w.ledger, 1, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(w.ledger), size + 1);
    watcher_close(&w);
    scene_in_every_order(s, NULL);
}

static struct hash act_on(struct scene *s, unsigned by, const struct compose *says, uint32_t kind,
                          const struct hash *case_id)
{
    struct cluster_act a;
    cluster_act_init(&a, kind, case_id);
    return paper_act(&s->logs[by], says, &a);
}

static void check_lowered(struct scene *s, struct ledger *l)
{
    first_of(s, 1, l, 1, VERDICT_VALID, REASON_NONE);
    first_of(s, 1, l, 2, VERDICT_VOID, REASON_LAW_LOWERED);
    first_of(s, 1, l, 3, VERDICT_VALID, REASON_NONE);
}

/* Void by its place, it still tells what its author had seen: what follows it waits for that. */
static void the_refs_of_an_entry_under_a_lowered_law_are_waited_for(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), ruled = scene_rule(s, 1, &id, law, &id);
    scene_progress(s, 1, &id, law, NULL);
    scene_progress(s, 1, &id, law - 1, &ruled);
    scene_progress(s, 1, &id, law, NULL);
    scene_watcher(s, &w);
    assert_int_equal(send(s, 1, w.ledger), OK);
    first_of(s, 1, w.ledger, 2, VERDICT_PENDING, REASON_NONE);
    first_of(s, 1, w.ledger, 3, VERDICT_PENDING, REASON_NONE);
    watcher_close(&w);
    scene_in_every_order(s, check_lowered);
}

static void check_epoch(struct scene *s, struct ledger *l)
{
    first_of(s, 1, l, 0, VERDICT_PENDING, REASON_NONE);
    first_of(s, 1, l, 1, VERDICT_VOID, REASON_LAW_LOWERED);
    first_of(s, 0, l, 0, VERDICT_VOID, REASON_LAW_LOWERED);
    first_of(s, 0, l, 1, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

static void a_law_of_a_later_epoch_waits_and_is_void_in_the_convenors_log(void **state)
{
    struct scene *s = *state;
    struct cluster_act a;
    uint64_t law = scene_law(s);
    struct compose says = paper_compose(&s->logs[1], 0);
    says.law_epoch = 1;
    cluster_report_act(&a, 1);
    paper_act(&s->logs[1], &says, &a);
    scene_report(s, 1, law);
    says = paper_compose(&s->logs[0], 0);
    says.law_epoch = 1;
    cluster_report_act(&a, 2);
    paper_act(&s->logs[0], &says, &a);
    scene_report(s, 0, law);
    scene_in_every_order(s, check_epoch);
}

static void check_convenor_ahead(struct scene *s, struct ledger *l)
{
    first_of(s, 0, l, 0, VERDICT_VOID, REASON_LAW_LOWERED);
    first_of(s, 0, l, 1, VERDICT_VALID, REASON_NONE);
    first_of(s, 0, l, 2, VERDICT_VOID, REASON_LAW_LOWERED);
    first_of(s, 0, l, 3, VERDICT_VALID, REASON_NONE);
    assert_int_equal(ledger_folded(l), s->logs[0].count);
}

static void a_convenors_law_above_its_own_place_is_void_and_nothing_waits(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    scene_report(s, 0, law + 3);
    scene_report(s, 0, law + 1);
    scene_report(s, 0, law);
    scene_report(s, 0, law + 1);
    scene_in_every_order(s, check_convenor_ahead);
}

static void check_kinds(struct scene *s, struct ledger *l)
{
    first_of(s, 1, l, 1, VERDICT_VOID, REASON_UNKNOWN_KIND);
    first_of(s, 1, l, 2, VERDICT_PENDING, REASON_NONE);
    first_of(s, 1, l, 3, VERDICT_PENDING, REASON_NONE);
    first_of(s, 1, l, 4, VERDICT_VOID, REASON_NO_CASE);
    first_of(s, 1, l, 5, VERDICT_VOID, REASON_UNKNOWN_KIND);
    first_of(s, 1, l, 6, VERDICT_VALID, REASON_NONE);
    first_of(s, 2, l, 0, VERDICT_VOID, REASON_NO_CASE);
}

static void kinds_of_later_work_wait_and_unknown_ones_are_void(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law), nobody = id;
    struct compose says;
    const struct { uint32_t kind; bool in_case; } acts[] = {
        {200, true}, {KIND_SANCTION, true}, {KIND_ZERO_REPORT, false}, {KIND_OFFER, false},
        {201, false}};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        says = paper_compose(&s->logs[1], law);
        if (acts[i].kind == KIND_SANCTION)
            act_on(s, 1, &says, acts[i].kind, &nobody);
        else
            act_on(s, 1, &says, acts[i].kind, acts[i].in_case ? &id : NULL);
    }
    scene_report(s, 1, law);
    nobody.b[5] ^= 1;
    says = paper_compose(&s->logs[2], law);
    act_on(s, 2, &says, KIND_PROGRESS, &nobody);
    scene_in_every_order(s, check_kinds);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_missing_ref_is_waited_for),
        WITH_SCENE(a_ref_to_another_case_is_void_whenever_that_one_comes),
        WITH_SCENE(a_law_beyond_the_folded_size_waits_for_the_convenors_log),
        WITH_SCENE(the_folded_size_stops_exactly_at_what_waits),
        WITH_SCENE(a_foreign_signers_enrolment_is_waited_for),
        WITH_SCENE(each_of_two_foreign_enrolments_is_waited_for),
        WITH_SCENE(the_refs_of_an_entry_under_a_lowered_law_are_waited_for),
        WITH_SCENE(a_law_of_a_later_epoch_waits_and_is_void_in_the_convenors_log),
        WITH_SCENE(a_convenors_law_above_its_own_place_is_void_and_nothing_waits),
        WITH_SCENE(kinds_of_later_work_wait_and_unknown_ones_are_void),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
