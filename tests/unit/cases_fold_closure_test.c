#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define REPORT(m, g) L(.by = (m), .kind = KIND_REPORT, .grade = (g))
#define PASS(m) \
    L(.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_PASS, .signing = SIGN_VERIFIERS)
#define FAILED(m) L(.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_FAIL, \
                    .signing = SIGN_VERIFIERS)
#define CLOSE(m) L(.by = (m), .kind = KIND_CLOSE)
#define ARCHIVE(m) L(.by = (m), .kind = KIND_ARCHIVE)
#define LIST(m) L(.by = (m), .kind = KIND_SUPERVISE, .level = SUPERVISE_CITY)
#define LIFT(m) L(.by = (m), .kind = KIND_UNSUPERVISE)
#define RULE(t) L(.by = ANWEIBAN, .kind = KIND_RULE, .to = M(t), .authority = AUTHORITY_COMMITTEE)
#define OPEN(m, t, i) L(.by = (m), .kind = KIND_DUAL_OPEN, .track = (t), .investigator = M(i))
#define END(m, t) L(.by = (m), .kind = KIND_DUAL_END, .track = (t), .outcome = OUTCOME_CONCLUDED)

static void general_case_is_closed_by_its_custodian_after_a_pass(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned early = say(c, ALL, CLOSE(JIAOTONG));
    unsigned pass = say(c, ALL, PASS(JIAOTONG));
    unsigned stranger = say(c, ALL, CLOSE(SHICHANG));
    unsigned close = say(c, ALL, CLOSE(JIAOTONG));
    unsigned offer = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_OFFER, .to = M(SHICHANG)));
    expect_void(c, early, REASON_NO_PASS);
    expect_valid(c, pass);
    expect_void(c, stranger, REASON_NOT_CLOSER);
    expect_valid(c, close);
    expect_void(c, offer, REASON_CLOSED);
    assert_int_equal(state_of(c).phase, CASE_ENDED);
    assert_true(state_of(c).verified_by_custodian);
}

static void major_case_is_not_verified_by_the_custodians_institution(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(YINGJI, GRADE_MAJOR));
    unsigned own = say(c, ALL, PASS(YINGJI));
    unsigned same = say(c, ALL, PASS(ANWEIBAN));
    say(c, ALL, L(.by = YINGJI, .kind = KIND_RECTIFIED, .verifier = M(SHICHANG)));
    unsigned named = say(c, ALL, PASS(SHICHANG));
    unsigned unnamed = say(c, ALL, PASS(ECHENG));
    expect_void(c, own, REASON_NOT_VERIFIER);
    expect_void(c, same, REASON_SAME_INSTITUTION);
    expect_valid(c, named);
    expect_void(c, unnamed, REASON_NOT_VERIFIER);
    unsigned custodian = say(c, ALL, CLOSE(YINGJI)), alone = say(c, ALL, CLOSE(ANWEIBAN));
    struct sim_line two = CLOSE(ANWEIBAN);
    two.signing = SIGN_DIRECTOR;
    unsigned close = say(c, ALL, two);
    expect_void(c, custodian, REASON_NOT_CLOSER);
    expect_void(c, alone, REASON_CONFLICT);
    expect_valid(c, close);
}

static void verifier_must_not_have_handled_the_case(void **state)
{
    struct sim_case *c = *state;
    struct sim_line plan = L(.by = JIAOTONG, .kind = KIND_PLAN, .five = 31, .signer = 2);
    struct sim_line one = PASS(JIAOTONG);
    one.signing = SIGN_ONE;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned good = say(c, ALL, PASS(JIAOTONG));
    unsigned single = say(c, ALL, one);
    say(c, ALL, L(.by = JIAOTONG, .kind = KIND_HAND_TO, .officer = "2-3"));
    unsigned handler = say(c, ALL, PASS(JIAOTONG));
    say(c, ALL, L(.by = JIAOTONG, .kind = KIND_HAND_TO, .officer = "2-1"));
    say(c, ALL, plan);
    unsigned planner = say(c, ALL, PASS(JIAOTONG));
    expect_valid(c, good);
    expect_void(c, single, REASON_SIGNERS);
    expect_void(c, handler, REASON_HANDLER);
    expect_void(c, planner, REASON_HANDLER);
}

static void closure_over_an_unseen_listing_is_overtaken(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned pass = say(c, ALL, PASS(JIAOTONG));
    unsigned list = say(c, SAW((int)pass), LIST(ECHENG));
    unsigned close = say(c, SAW((int)pass), CLOSE(JIAOTONG));
    expect_valid(c, list);
    expect_overtaken(c, close);
    assert_int_equal(state_of(c).phase, CASE_OPEN);
    say(c, ALL, LIFT(ECHENG));
    expect_overtaken(c, close);
    unsigned again = say(c, ALL, CLOSE(JIAOTONG));
    expect_void(c, again, REASON_NO_PASS);
    say(c, ALL, PASS(JIAOTONG));
    expect_valid(c, say(c, ALL, CLOSE(JIAOTONG)));
    expect_overtaken(c, close);
    assert_int_equal(state_of(c).phase, CASE_ENDED);
}

static void hidden_delisting_keeps_the_custodian_from_closing(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned list = say(c, ALL, LIST(ECHENG));
    unsigned other = say(c, ALL, LIFT(ANWEIBAN));
    say(c, SAW((int)list), LIFT(ECHENG));
    unsigned pass = say(c, SAW((int)list), PASS(ANWEIBAN));
    unsigned close = say(c, SAW((int)pass), CLOSE(JIAOTONG));
    expect_void(c, other, REASON_NOT_LISTER);
    expect_valid(c, pass);
    expect_void(c, close, REASON_NOT_CLOSER);
    assert_int_equal(state_of(c).listing_count, 0);
    expect_valid(c, say(c, ALL, CLOSE(JIAOTONG)));
}

static void lister_closes_a_listed_case_and_lifts_only_its_own_listing(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_MAJOR));
    unsigned bureau = say(c, ALL, LIST(SHICHANG));
    say(c, ALL, LIST(ECHENG));
    unsigned second = say(c, ALL, LIST(ANWEIBAN));
    say(c, ALL, PASS(ECHENG));
    unsigned close = say(c, ALL, CLOSE(ECHENG));
    expect_void(c, bureau, REASON_NO_POWER);
    expect_valid(c, second);
    expect_valid(c, close);
    say(c, ALL, LIFT(ECHENG));
    assert_int_equal(state_of(c).listing_count, 1);
    assert_int_equal(state_of(c).listings[0].by.v, ANWEIBAN);
    expect_void(c, say(c, ALL, LIFT(ECHENG)), REASON_NO_LISTING);
}

static void pass_does_not_count_over_a_failure_the_closer_has_seen(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    say(c, SAW((int)report), PASS(JIAOTONG));
    unsigned failed = say(c, SAW((int)report), FAILED(ANWEIBAN));
    unsigned close = say(c, ALL, CLOSE(JIAOTONG));
    expect_valid(c, failed);
    expect_void(c, close, REASON_NO_PASS);
}

static void pass_by_an_institution_that_a_hidden_ruling_made_custodian_does_not_count(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_MAJOR));
    unsigned named =
        say(c, ALL, L(.by = JIAOTONG, .kind = KIND_RECTIFIED, .verifier = M(SHICHANG)));
    unsigned rule = say(c, SAW((int)named), RULE(SHICHANG));
    unsigned pass = say(c, SAW((int)named), PASS(SHICHANG));
    unsigned blind = say(c, SAW((int)pass), LIST(ECHENG));
    unsigned early = say(c, SAW((int)blind), CLOSE(ECHENG));
    unsigned close = say(c, ALL, CLOSE(ANWEIBAN));
    expect_valid(c, rule);
    expect_valid(c, pass);
    expect_overtaken(c, early);
    expect_void(c, close, REASON_NO_PASS);
    assert_int_equal(state_of(c).custodian.v, SHICHANG);
    assert_int_equal(state_of(c).phase, CASE_OPEN);
}

static void replaced_custodians_acts_do_not_reopen_but_its_relapse_does(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned rule = say(c, ALL, RULE(SHICHANG));
    unsigned pass = say(c, ALL, PASS(SHICHANG));
    unsigned close = say(c, SAW((int)pass), CLOSE(SHICHANG));
    unsigned offer = say(c, SAW((int)report),
                         L(.by = JIAOTONG, .kind = KIND_OFFER, .to = M(ECHENG)));
    expect_valid(c, rule);
    expect_valid(c, offer);
    expect_valid(c, close);
    assert_int_equal(state_of(c).phase, CASE_ENDED);
    unsigned back = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_LOOK_BACK,
                                  .outcome = OUTCOME_RELAPSED));
    expect_valid(c, back);
    expect_overtaken(c, close);
    assert_int_equal(state_of(c).phase, CASE_OPEN);
    assert_int_equal(state_of(c).custodian.v, SHICHANG);
}

static void look_back_needs_a_closure_and_a_duty(void **state)
{
    struct sim_case *c = *state;
    struct sim_line back = L(.by = JIAOTONG, .kind = KIND_LOOK_BACK, .outcome = OUTCOME_HELD);
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned early = say(c, ALL, back);
    say(c, ALL, PASS(JIAOTONG));
    unsigned close = say(c, ALL, CLOSE(JIAOTONG));
    unsigned good = say(c, ALL, back);
    back.by = SHICHANG;
    unsigned stranger = say(c, ALL, back);
    expect_void(c, early, REASON_NO_CLOSURE);
    expect_valid(c, good);
    expect_valid(c, close);
    expect_void(c, stranger, REASON_NOT_PARTY);
}

static void concurrent_grades_give_the_stricter(void **state)
{
    struct sim_case *c = *state;
    struct sim_line up = L(.by = JIAOTONG, .kind = KIND_REGRADE, .grade = GRADE_IMMINENT);
    struct sim_line down = L(.by = ANWEIBAN, .kind = KIND_REGRADE, .grade = GRADE_GENERAL);
    unsigned report = say(c, ALL, REPORT(JIAOTONG, GRADE_MAJOR));
    say(c, SAW((int)report), up);
    unsigned lowered = say(c, SAW((int)report), down);
    expect_valid(c, lowered);
    assert_int_equal(state_of(c).grade, GRADE_IMMINENT);
    say(c, ALL, down);
    assert_int_equal(state_of(c).grade, GRADE_GENERAL);
    up.grade = GRADE_GENERAL;
    expect_void(c, say(c, ALL, up), REASON_GRADE);
}

static void case_with_tracks_ends_by_archive_when_all_are_ended(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned stranger = say(c, ALL, OPEN(SHICHANG, "a", JIWEI));
    say(c, ALL, OPEN(JIWEI, "a", JIWEI));
    say(c, ALL, PASS(JIAOTONG));
    unsigned early = say(c, ALL, ARCHIVE(JIAOTONG));
    unsigned close = say(c, ALL, CLOSE(JIAOTONG));
    assert_int_equal(state_of(c).phase, CASE_CLOSED);
    unsigned still = say(c, ALL, ARCHIVE(JIAOTONG));
    unsigned wrong = say(c, ALL, END(SHICHANG, "a"));
    unsigned none = say(c, ALL, END(JIWEI, "b"));
    unsigned end = say(c, ALL, END(JIWEI, "a"));
    unsigned archive = say(c, ALL, ARCHIVE(JIAOTONG));
    expect_void(c, stranger, REASON_NOT_PARTY);
    expect_void(c, early, REASON_NO_CLOSURE);
    expect_valid(c, close);
    expect_void(c, still, REASON_TRACK_OPEN);
    expect_void(c, wrong, REASON_NOT_INVESTIGATOR);
    expect_void(c, none, REASON_NO_TRACK);
    expect_valid(c, end);
    expect_valid(c, archive);
    assert_int_equal(state_of(c).phase, CASE_ENDED);
    say(c, ALL, OPEN(JIWEI, "b", JIWEI));
    expect_overtaken(c, archive);
    expect_valid(c, close);
    assert_int_equal(state_of(c).phase, CASE_CLOSED);
}

static void later_opening_reassigns_and_of_concurrent_ones_all_must_end(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    unsigned first = say(c, ALL, OPEN(JIWEI, "a", SHICHANG));
    say(c, SAW((int)first), OPEN(ANWEIBAN, "a", ECHENG));
    unsigned beside = say(c, SAW((int)first), OPEN(JIWEI, "a", JIWEI));
    assert_int_equal(state_of(c).track_count, 2);
    unsigned old = say(c, ALL, END(SHICHANG, "a"));
    say(c, ALL, END(ECHENG, "a"));
    say(c, ALL, PASS(JIAOTONG));
    say(c, ALL, CLOSE(JIAOTONG));
    unsigned half = say(c, ALL, ARCHIVE(JIAOTONG));
    say(c, ALL, END(JIWEI, "a"));
    unsigned whole = say(c, ALL, ARCHIVE(JIAOTONG));
    expect_valid(c, beside);
    expect_void(c, old, REASON_NOT_INVESTIGATOR);
    expect_void(c, half, REASON_TRACK_OPEN);
    expect_valid(c, whole);
}

static void waiver_of_the_convenor_in_conflict_needs_two_signatures(void **state)
{
    struct sim_case *c = *state;
    struct sim_line waive = END(ANWEIBAN, "a");
    waive.outcome = OUTCOME_WAIVED;
    say(c, ALL, REPORT(YINGJI, GRADE_GENERAL));
    say(c, ALL, OPEN(JIWEI, "a", JIWEI));
    unsigned alone = say(c, ALL, waive);
    waive.signing = SIGN_OVERSIGHT;
    unsigned two = say(c, ALL, waive);
    expect_void(c, alone, REASON_CONFLICT);
    expect_valid(c, two);
    assert_int_equal(state_of(c).tracks[0].outcome, OUTCOME_WAIVED);
}

static void no_closure_with_an_offer_open(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    say(c, ALL, PASS(JIAOTONG));
    say(c, ALL, L(.by = JIAOTONG, .kind = KIND_OFFER, .to = M(SHICHANG)));
    expect_void(c, say(c, ALL, CLOSE(JIAOTONG)), REASON_OFFER_OPEN);
}

static void delisting_by_the_convenor_over_a_hidden_conflict_lifts_nothing(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG, GRADE_GENERAL));
    say(c, ALL, LIST(ANWEIBAN));
    unsigned offer = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_OFFER, .to = M(YINGJI)));
    unsigned lift = say(c, SAW((int)offer), LIFT(ANWEIBAN));
    assert_int_equal(state_of(c).listing_count, 0);
    say(c, SAW((int)offer), L(.by = YINGJI, .kind = KIND_ACCEPT));
    expect_valid(c, lift);
    assert_int_equal(state_of(c).listing_count, 1);
}

#define T(name) cmocka_unit_test_setup(name, sim_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(general_case_is_closed_by_its_custodian_after_a_pass),
        T(major_case_is_not_verified_by_the_custodians_institution),
        T(verifier_must_not_have_handled_the_case),
        T(closure_over_an_unseen_listing_is_overtaken),
        T(hidden_delisting_keeps_the_custodian_from_closing),
        T(lister_closes_a_listed_case_and_lifts_only_its_own_listing),
        T(pass_does_not_count_over_a_failure_the_closer_has_seen),
        T(pass_by_an_institution_that_a_hidden_ruling_made_custodian_does_not_count),
        T(replaced_custodians_acts_do_not_reopen_but_its_relapse_does),
        T(look_back_needs_a_closure_and_a_duty),
        T(concurrent_grades_give_the_stricter),
        T(case_with_tracks_ends_by_archive_when_all_are_ended),
        T(later_opening_reassigns_and_of_concurrent_ones_all_must_end),
        T(waiver_of_the_convenor_in_conflict_needs_two_signatures),
        T(no_closure_with_an_offer_open),
        T(delisting_by_the_convenor_over_a_hidden_conflict_lifts_nothing),
    };

    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
