#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define REPORT(m) L(.by = (m), .kind = KIND_REPORT, .grade = GRADE_GENERAL)
#define NOTIFY(m) L(.by = (m), .kind = KIND_NOTIFY, .to = M(ECHENG))
#define RULE(t) L(.by = ANWEIBAN, .kind = KIND_RULE, .to = M(t), .authority = AUTHORITY_OFFICE)

/* Adds a ref by hand at the place that its order asks for. */
static void cite(struct sim_case *c, unsigned i, const struct hash *id)
{
    struct sim_act *a = &c->acts[i];
    uint8_t *at = a->refs + a->e.refs.count * 35;

    at[0] = 0x58;
    at[1] = 0x21;
    at[2] = ALG_SHA256;
    memcpy(at + 3, id->b, 32);
    a->e.refs = (struct id_list){a->refs, a->e.refs.count + 1};
}

static void missing_ref_holds_an_act_and_what_follows_it(void **state)
{
    struct sim_case *c = *state;
    struct hash absent = {{7}};
    struct act_view view;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned waits = say(c, ALL, NOTIFY(SHICHANG));
    cite(c, waits, &absent);
    unsigned next = say(c, SAW(0), NOTIFY(SHICHANG));
    unsigned citing = say(c, SAW((int)next), NOTIFY(JIWEI));
    unsigned free_of_it = say(c, SAW(0), NOTIFY(HAIGUAN));
    expect_pending(c, waits);
    expect_pending(c, next);
    expect_pending(c, citing);
    expect_valid(c, free_of_it);
    assert_int_equal(state_of(c).pending_count, 3);
    struct case_fold *f = sim_fold(c, NULL);
    for (size_t i = 0; i < case_fold_count(f); i++) {
        case_fold_act(f, i, &view);
        assert_int_equal(view.has_missing, view.verdict == VERDICT_PENDING);
        if (view.has_missing)
            assert_memory_equal(view.missing.b, absent.b, 32);
    }
    case_fold_free(f);
}

static void act_under_a_held_law_waits_for_what_the_convenor_cited(void **state)
{
    struct sim_case *c = *state;
    struct hash absent = {{9}};
    say(c, ALL, REPORT(JIAOTONG));
    unsigned rule = say(c, ALL, RULE(SHICHANG));
    cite(c, rule, &absent);
    unsigned under = say(c, ALL, NOTIFY(ECHENG));
    c->acts[under].e.refs.count = 0;
    c->acts[under].line.to = M(JIWEI);
    unsigned below = say(c, SAW(0), NOTIFY(HAIGUAN));
    expect_pending(c, rule);
    expect_pending(c, under);
    expect_valid(c, below);
}

static void ref_to_an_entry_of_another_case_is_void_and_the_others_are_followed(void **state)
{
    struct sim_case *c = *state;
    struct hash other = {{5}};
    struct case_fold *f;
    enum reason reason;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned act = say(c, ALL, NOTIFY(SHICHANG));
    cite(c, act, &other);
    unsigned next = say(c, ALL, NOTIFY(SHICHANG));
    f = sim_fold(c, NULL);
    assert_int_equal(sim_verdict(c, f, act, &reason), VERDICT_PENDING);
    assert_int_equal(case_fold_elsewhere(f, &other), OK);
    assert_int_equal(case_fold_elsewhere(f, &c->acts[0].e.id), ERR_EXISTS);
    assert_int_equal(case_fold_run(f), OK);
    assert_int_equal(sim_verdict(c, f, act, &reason), VERDICT_VOID);
    assert_int_equal(reason, REASON_REF_ELSEWHERE);
    assert_int_equal(sim_verdict(c, f, next, &reason), VERDICT_VALID);
    case_fold_free(f);
}

static void acts_that_reach_each_other_are_void_and_count_as_seen(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned early = say(c, SAW((int)report), NOTIFY(SHICHANG));
    c->acts[early].e.law_size = SIM_CONVENOR_START + 1;
    unsigned rule = say(c, SAW((int)early), RULE(ECHENG));
    unsigned after = say(c, SAW((int)rule), NOTIFY(JIWEI));
    expect_void(c, early, REASON_CYCLE);
    expect_void(c, rule, REASON_CYCLE);
    expect_valid(c, after);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
}

static void act_void_by_its_form_counts_for_its_member_alone(void **state)
{
    struct sim_case *c = *state;
    struct hash absent = {{3}};
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned first = say(c, SAW((int)report), NOTIFY(SHICHANG));
    unsigned formless = say(c, ALL, NOTIFY(SHICHANG));
    cite(c, formless, &absent);
    c->acts[formless].origin.at_once = REASON_SIGNATURE;
    unsigned next = say(c, ALL, NOTIFY(SHICHANG));
    expect_valid(c, first);
    expect_void(c, formless, REASON_SIGNATURE);
    expect_valid(c, next);
}

static void act_void_by_its_use_counts_with_what_it_cites(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned notify = say(c, SAW((int)report), NOTIFY(JIWEI));
    unsigned repeated = say(c, ALL, NOTIFY(SHICHANG));
    c->acts[repeated].origin.at_once = REASON_REPEATED;
    expect_valid(c, notify);
    expect_void(c, repeated, REASON_REPEATED);
    expect_valid(c, say(c, SAW((int)repeated), NOTIFY(SHICHANG)));
}

static void entry_that_the_engine_holds_back_waits_with_its_followers(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned act = say(c, ALL, NOTIFY(SHICHANG));
    c->acts[act].origin.waits = true;
    unsigned next = say(c, ALL, NOTIFY(SHICHANG));
    expect_pending(c, act);
    expect_pending(c, next);
}

static void too_many_refs_void_an_act_at_once(void **state)
{
    struct sim_case *c = *state;
    static uint8_t many[65 * 35];
    say(c, ALL, REPORT(JIAOTONG));
    unsigned act = say(c, ALL, NOTIFY(SHICHANG));
    for (unsigned i = 0; i < 65; i++)
        memcpy(many + i * 35, (uint8_t[35]){0x58, 0x21, ALG_SHA256, (uint8_t)(i + 1)}, 35);
    c->acts[act].e.refs = (struct id_list){many, 64};
    expect_pending(c, act);
    c->acts[act].e.refs.count = 65;
    expect_void(c, act, REASON_EXCESS);
}

static void kinds_of_later_work_wait_and_unknown_ones_are_void(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned later = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_URGE));
    unsigned behind = say(c, ALL, NOTIFY(JIAOTONG));
    unsigned unknown = say(c, SAW(0), NOTIFY(SHICHANG));
    c->acts[unknown].e.kind = 999;
    expect_pending(c, later);
    expect_pending(c, behind);
    expect_void(c, unknown, REASON_UNKNOWN_KIND);
}

static void what_the_author_had_not_seen_opened_gives_no_case(void **state)
{
    struct sim_case *c = *state;
    struct sim_set nothing = {{0}};
    struct sim_line notify = NOTIFY(SHICHANG), report = REPORT(JIAOTONG);
    say(c, ALL, report);
    unsigned blind = sim_write(c, &notify, &nothing, NULL);
    unsigned second = say(c, ALL, report);
    expect_void(c, blind, REASON_NO_CASE);
    expect_void(c, second, REASON_NO_CASE);
}

static void facts_are_checked(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned lacking = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_OFFER));
    unsigned nobody = say(c, ALL, NOTIFY(JIAOTONG));
    static const uint8_t stranger[] = {0x63, 'x', 'y', 'z'};
    c->acts[nobody].e.facts[0].value = (struct span){stranger, sizeof stranger};
    unsigned wrong = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_LOOK_BACK, .outcome = 99));
    expect_void(c, lacking, REASON_FACTS);
    expect_void(c, nobody, REASON_NO_MEMBER);
    expect_void(c, wrong, REASON_FACTS);
}

static void heads_are_what_nobody_else_had_seen(void **state)
{
    struct sim_case *c = *state;
    struct hash refs[ENTRY_MAX_REFS], base;
    unsigned count;
    bool has_base;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned a = say(c, SAW((int)report), NOTIFY(SHICHANG));
    say(c, SAW((int)report), NOTIFY(JIWEI));
    struct case_fold *f = sim_fold(c, NULL);
    assert_int_equal(case_fold_heads(f, KIND_OFFER, (struct member_no){JIAOTONG}, refs, &count,
                                     &base, &has_base), OK);
    assert_int_equal(count, 2);
    assert_true(has_base);
    assert_memory_equal(base.b, c->acts[report].e.id.b, 32);
    assert_int_equal(case_fold_heads(f, KIND_NOTIFY, (struct member_no){JIWEI}, refs, &count,
                                     &base, &has_base), OK);
    assert_int_equal(count, 1);
    assert_false(has_base);
    assert_memory_equal(refs[0].b, c->acts[a].e.id.b, 32);
    case_fold_free(f);
}

static struct case_fold *hostile(struct sim_case *c, unsigned acts)
{
    static const enum kind kinds[] = {KIND_REGRADE, KIND_SUPERVISE, KIND_VERIFY, KIND_CLOSE,
                                      KIND_DUAL_OPEN, KIND_DUAL_END, KIND_UNSUPERVISE,
                                      KIND_RULE, KIND_RECTIFIED, KIND_ARCHIVE, KIND_JOIN};
    struct sim_random r = {1};
    struct hash last[SIM_MEMBERS];
    struct case_fold *f;
    unsigned at[SIM_MEMBERS] = {0};

    assert_int_equal(case_fold_create(&f, c->roster->roster, &c->acts[0].e.id), OK);
    assert_int_equal(case_fold_add(f, &c->acts[0].e, &c->acts[0].origin), OK);
    for (unsigned m = 0; m < SIM_MEMBERS; m++)
        last[m] = c->acts[0].e.id;
    for (unsigned i = 0; i < acts; i++) {
        unsigned by = sim_below(&r, SIM_MEMBERS), cited = sim_below(&r, SIM_MEMBERS);
        struct sim_line l = {.by = by, .kind = kinds[sim_below(&r, 11)],
                             .to = M(sim_below(&r, 6)), .grade = 1 + sim_below(&r, 3),
                             .outcome = 1 + sim_below(&r, 3), .level = 2, .authority = 2,
                             .step = 1 + sim_below(&r, 3), .track = "a",
                             .investigator = M(JIWEI), .verifier = M(SHICHANG)};
        if (l.kind == KIND_VERIFY)
            l.signing = SIGN_VERIFIERS;
        if (l.kind == KIND_DUAL_END)
            l.outcome = OUTCOME_CONCLUDED;
        unsigned n = say(c, SAW(0), l);
        struct sim_act *a = &c->acts[n];
        a->origin.index += ++at[by];
        a->e.refs.count = 0;
        cite(c, n, &last[cited]);
        assert_int_equal(case_fold_add(f, &a->e, &a->origin), OK);
        last[by] = a->e.id;
        sim_unwrite(c);
    }
    return f;
}

static void hostile_case_of_ten_thousand_acts_folds_within_bounds(void **state)
{
    struct sim_case *c = *state;
    struct timespec begin, end;
    say(c, ALL, REPORT(JIAOTONG));
    struct case_fold *f = hostile(c, 9999);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    assert_int_equal(case_fold_run(f), OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    print_message("10,000 acts (%u void): %.2f s\n", case_fold_state(f)->void_count,
                  (double)(end.tv_sec - begin.tv_sec) +
                                                (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    assert_int_equal(case_fold_state(f)->entry_count, 10000);
    assert_true(case_fold_state(f)->void_count > 0);
    assert_true(end.tv_sec - begin.tv_sec < 20);
    assert_true(case_fold_bytes(f) < (size_t)64 << 20);
    case_fold_free(f);
}

#define T(name) cmocka_unit_test_setup(name, sim_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(missing_ref_holds_an_act_and_what_follows_it),
        T(act_under_a_held_law_waits_for_what_the_convenor_cited),
        T(ref_to_an_entry_of_another_case_is_void_and_the_others_are_followed),
        T(acts_that_reach_each_other_are_void_and_count_as_seen),
        T(act_void_by_its_form_counts_for_its_member_alone),
        T(act_void_by_its_use_counts_with_what_it_cites),
        T(entry_that_the_engine_holds_back_waits_with_its_followers),
        T(too_many_refs_void_an_act_at_once),
        T(kinds_of_later_work_wait_and_unknown_ones_are_void),
        T(what_the_author_had_not_seen_opened_gives_no_case),
        T(facts_are_checked),
        T(heads_are_what_nobody_else_had_seen),
        T(hostile_case_of_ten_thousand_acts_folds_within_bounds),
    };

    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
