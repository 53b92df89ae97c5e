#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define REPORT(m) L(.by = (m), .kind = KIND_REPORT, .grade = GRADE_GENERAL)
#define OFFER(m, t) L(.by = (m), .kind = KIND_OFFER, .to = M(t))
#define ACCEPT(m) L(.by = (m), .kind = KIND_ACCEPT)
#define REFUSE(m) L(.by = (m), .kind = KIND_REFUSE, .code = REFUSE_NO_JURISDICTION)
#define RULE(t) L(.by = ANWEIBAN, .kind = KIND_RULE, .to = M(t), .authority = AUTHORITY_OFFICE)

static void accepted_offer_moves_custody_and_refused_one_does_not(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned refusal = say(c, ALL, REFUSE(SHICHANG));
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
    assert_int_equal(state_of(c).refusals, 1);
    say(c, ALL, OFFER(JIAOTONG, ECHENG));
    unsigned accept = say(c, ALL, ACCEPT(ECHENG));
    unsigned late = say(c, ALL, ACCEPT(SHICHANG));
    expect_valid(c, refusal);
    expect_valid(c, accept);
    expect_void(c, late, REASON_NO_OFFER);
    assert_int_equal(state_of(c).custodian.v, ECHENG);
    assert_int_equal(state_of(c).custody_moves, 1);
}

static void only_the_custodian_offers_and_only_once_at_a_time(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned stranger = say(c, ALL, OFFER(SHICHANG, ECHENG));
    unsigned self = say(c, ALL, OFFER(JIAOTONG, JIAOTONG));
    unsigned first = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned second = say(c, ALL, OFFER(JIAOTONG, ECHENG));
    unsigned other = say(c, ALL, ACCEPT(ECHENG));
    expect_void(c, stranger, REASON_NOT_CUSTODIAN);
    expect_void(c, self, REASON_SELF);
    expect_valid(c, first);
    expect_void(c, second, REASON_OFFER_OPEN);
    expect_void(c, other, REASON_NOT_OFFERED);
}

static void report_with_a_recipient_is_the_base_of_the_answer(void **state)
{
    struct sim_case *c = *state;
    struct sim_line report = REPORT(JIAOTONG);
    report.to = M(SHICHANG);
    say(c, ALL, report);
    assert_true(state_of(c).offer.open);
    unsigned accept = say(c, ALL, ACCEPT(SHICHANG));
    assert_memory_equal(c->acts[accept].e.base.b, c->acts[0].e.id.b, 32);
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, SHICHANG);
}

static void act_on_another_base_is_void(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned accept = say(c, ALL, ACCEPT(SHICHANG));
    sim_rebase(c, &c->acts[0].e.id);
    expect_void(c, accept, REASON_BASE);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
}

static void ruling_stands_behind_an_acceptance_that_had_not_seen_it(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned rule = say(c, SAW((int)offer), RULE(ECHENG));
    unsigned accept = say(c, SAW((int)offer), ACCEPT(SHICHANG));
    expect_valid(c, report);
    expect_valid(c, rule);
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, ECHENG);
    assert_int_equal(state_of(c).interim_control.v, SHICHANG);
}

static void ruling_seen_ends_the_offer(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    say(c, ALL, RULE(JIAOTONG));
    unsigned accept = say(c, ALL, ACCEPT(SHICHANG));
    expect_void(c, accept, REASON_NO_OFFER);
    assert_false(state_of(c).offer.open);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
}

static void request_leaves_custody_where_its_author_saw_it(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned request = say(c, SAW((int)offer), RULE(HAIGUAN));
    unsigned accept = say(c, SAW((int)offer), ACCEPT(SHICHANG));
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
    assert_true(state_of(c).offer.is_request);
    unsigned refusal = say(c, ALL, REFUSE(HAIGUAN));
    assert_memory_equal(c->acts[refusal].e.base.b, c->acts[request].e.id.b, 32);
    expect_valid(c, refusal);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
    assert_false(state_of(c).offer.open);
}

static void vertical_organ_takes_a_request_by_accepting_it(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, RULE(HAIGUAN));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned accept = say(c, ALL, ACCEPT(HAIGUAN));
    expect_void(c, offer, REASON_OFFER_OPEN);
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, HAIGUAN);
    say(c, ALL, RULE(HAIGUAN));
    assert_false(state_of(c).offer.open);
    assert_int_equal(state_of(c).custodian.v, HAIGUAN);
}

static void assignment_to_a_vertical_organ_leaves_the_convenor_custodian(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, L(.by = ANWEIBAN, .kind = KIND_ASSIGN, .to = M(HAIGUAN), .grade = GRADE_GENERAL,
                  .due_on = 20500));
    assert_int_equal(state_of(c).custodian.v, ANWEIBAN);
    assert_true(state_of(c).offer.is_request);
    say(c, ALL, ACCEPT(HAIGUAN));
    assert_int_equal(state_of(c).custodian.v, HAIGUAN);
    assert_int_equal(state_of(c).due_on, 20500);
}

static void offer_returned_on_recall_is_no_refusal(void **state)
{
    struct sim_case *c = *state;
    struct sim_line returned = REFUSE(SHICHANG);
    returned.code = REFUSE_RECALLED;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned early = say(c, ALL, returned);
    unsigned recall = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_RECALL));
    assert_true(state_of(c).offer.recall_asked);
    unsigned good = say(c, ALL, returned);
    expect_void(c, early, REASON_NO_RECALL);
    expect_valid(c, recall);
    expect_valid(c, good);
    assert_int_equal(state_of(c).refusals, 0);
    assert_false(state_of(c).offer.open);
}

static void acceptance_decides_over_a_recall(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned recall = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_RECALL));
    unsigned accept = say(c, SAW((int)offer), ACCEPT(SHICHANG));
    expect_valid(c, recall);
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, SHICHANG);
}

static void more_is_asked_for_once_per_offer(void **state)
{
    struct sim_case *c = *state;
    struct sim_line ask = L(.by = SHICHANG, .kind = KIND_ASK_MORE);
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned first = say(c, ALL, ask), second = say(c, ALL, ask);
    expect_valid(c, first);
    expect_void(c, second, REASON_REPEAT_ASK);
    say(c, ALL, REFUSE(SHICHANG));
    unsigned none = say(c, ALL, ask);
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned again = say(c, ALL, ask);
    expect_void(c, none, REASON_NO_OFFER);
    expect_valid(c, again);
}

static void former_custodian_controls_until_the_named_member_writes(void **state)
{
    struct sim_case *c = *state;
    struct sim_line control = L(.by = JIAOTONG, .kind = KIND_CONTROL);
    say(c, ALL, REPORT(JIAOTONG));
    unsigned rule = say(c, ALL, RULE(SHICHANG));
    unsigned during = say(c, ALL, control);
    unsigned plan = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_PLAN, .five = 31));
    assert_int_equal(state_of(c).interim_control.v, JIAOTONG);
    unsigned signed_for = say(c, ALL, L(.by = SHICHANG, .kind = KIND_SIGN_FOR));
    unsigned after = say(c, ALL, control);
    expect_valid(c, rule);
    expect_valid(c, during);
    expect_void(c, plan, REASON_NOT_PARTY);
    expect_valid(c, signed_for);
    expect_void(c, after, REASON_NOT_PARTY);
    assert_true(state_of(c).rule_signed_for);
    assert_int_equal(state_of(c).interim_control.v, MEMBER_NONE);
}

static void convenor_in_conflict_needs_the_second_signature(void **state)
{
    struct sim_case *c = *state;
    struct sim_line rule = RULE(SHICHANG);
    say(c, ALL, REPORT(YINGJI));
    unsigned alone = say(c, ALL, rule);
    rule.signing = SIGN_OVERSIGHT;
    unsigned two = say(c, ALL, rule);
    expect_void(c, alone, REASON_CONFLICT);
    expect_valid(c, two);
    assert_int_equal(state_of(c).custodian.v, SHICHANG);
}

static void convenor_leading_by_the_map_is_in_conflict(void **state)
{
    struct sim_case *c = *state;
    struct sim_line report = REPORT(JIAOTONG), rule = RULE(SHICHANG);
    report.sector = "chem";
    say(c, ALL, report);
    unsigned alone = say(c, ALL, rule);
    rule.signing = SIGN_DIRECTOR;
    unsigned two = say(c, ALL, rule);
    expect_void(c, alone, REASON_CONFLICT);
    expect_valid(c, two);
}

static void conflict_that_shows_later_is_listed_until_a_new_ruling(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, YINGJI));
    unsigned rule = say(c, SAW((int)offer), RULE(SHICHANG));
    assert_false(state_of(c).rule_conflict_later);
    unsigned refusal = say(c, SAW((int)offer), REFUSE(YINGJI));
    expect_valid(c, rule);
    expect_valid(c, refusal);
    assert_true(state_of(c).rule_conflict_later);
    struct sim_line again = RULE(SHICHANG);
    again.signing = SIGN_DIRECTOR;
    say(c, ALL, again);
    assert_false(state_of(c).rule_conflict_later);
}

static void petition_waits_for_a_ruling_that_has_seen_it(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned stranger = say(c, ALL, L(.by = ECHENG, .kind = KIND_PETITION));
    unsigned petition = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_PETITION));
    say(c, SAW((int)report), RULE(SHICHANG));
    expect_void(c, stranger, REASON_NOT_PARTY);
    expect_valid(c, petition);
    assert_true(state_of(c).petition_open);
    say(c, ALL, RULE(SHICHANG));
    assert_false(state_of(c).petition_open);
}

static void only_the_convenor_rules(void **state)
{
    struct sim_case *c = *state;
    struct sim_line rule = RULE(SHICHANG);
    rule.by = ECHENG;
    say(c, ALL, REPORT(JIAOTONG));
    expect_void(c, say(c, ALL, rule), REASON_NOT_CONVENOR);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
}

#define T(name) cmocka_unit_test_setup(name, sim_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(accepted_offer_moves_custody_and_refused_one_does_not),
        T(only_the_custodian_offers_and_only_once_at_a_time),
        T(report_with_a_recipient_is_the_base_of_the_answer),
        T(act_on_another_base_is_void),
        T(ruling_stands_behind_an_acceptance_that_had_not_seen_it),
        T(ruling_seen_ends_the_offer),
        T(request_leaves_custody_where_its_author_saw_it),
        T(vertical_organ_takes_a_request_by_accepting_it),
        T(assignment_to_a_vertical_organ_leaves_the_convenor_custodian),
        T(offer_returned_on_recall_is_no_refusal),
        T(acceptance_decides_over_a_recall),
        T(more_is_asked_for_once_per_offer),
        T(former_custodian_controls_until_the_named_member_writes),
        T(convenor_in_conflict_needs_the_second_signature),
        T(convenor_leading_by_the_map_is_in_conflict),
        T(conflict_that_shows_later_is_listed_until_a_new_ruling),
        T(petition_waits_for_a_ruling_that_has_seen_it),
        T(only_the_convenor_rules),
    };

    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
