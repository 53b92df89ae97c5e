#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define REPORT(m) L(.by = (m), .kind = KIND_REPORT, .grade = GRADE_GENERAL)
#define ERASE(m, s, t) L(.by = (m), .kind = KIND_ERASE, .step = (s), .target = (t))

static void member_with_power_orders_and_any_confirms_what_it_has_seen(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned whole = say(c, ALL, ERASE(SHICHANG, STEP_DECIDE, 0));
    unsigned of_act = say(c, ALL, ERASE(JIAOTONG, STEP_DECIDE, N(report)));
    unsigned confirmed = say(c, ALL, ERASE(JIWEI, STEP_CONFIRM, N(whole)));
    unsigned unseen = say(c, SAW((int)report), ERASE(HAIGUAN, STEP_CONFIRM, N(whole)));
    expect_valid(c, whole);
    expect_valid(c, of_act);
    expect_valid(c, confirmed);
    expect_void(c, unseen, REASON_NOT_ASKED);
    assert_int_equal(state_of(c).erasure_count, 2);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
    assert_int_equal(state_of(c).phase, CASE_OPEN);
}

static void oversight_without_power_to_enforce_orders_nothing(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned order = say(c, ALL, ERASE(JIWEI, STEP_DECIDE, 0));
    unsigned confirmed = say(c, ALL, ERASE(JIAOTONG, STEP_CONFIRM, N(order)));
    expect_void(c, order, REASON_NO_POWER);
    expect_void(c, confirmed, REASON_NOT_ASKED);
    assert_int_equal(state_of(c).erasure_count, 0);
}

static void confirmation_names_an_order_and_other_steps_are_none(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned order = say(c, ALL, ERASE(SHICHANG, STEP_DECIDE, 0));
    unsigned of_report = say(c, ALL, ERASE(JIAOTONG, STEP_CONFIRM, N(report)));
    unsigned of_nothing = say(c, ALL, ERASE(JIAOTONG, STEP_CONFIRM, 0));
    unsigned first = say(c, ALL, ERASE(JIAOTONG, STEP_CONFIRM, N(order)));
    unsigned of_confirmation = say(c, ALL, ERASE(JIAOTONG, STEP_CONFIRM, N(first)));
    unsigned other = say(c, ALL, ERASE(JIAOTONG, STEP_SEND, N(order)));
    expect_void(c, of_report, REASON_NOT_ASKED);
    expect_void(c, of_nothing, REASON_FACTS);
    expect_valid(c, first);
    expect_void(c, of_confirmation, REASON_NOT_ASKED);
    expect_void(c, other, REASON_FACTS);
    assert_int_equal(state_of(c).erasure_count, 1);
}

static void order_without_its_ground_is_void(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned order = say(c, ALL, ERASE(SHICHANG, STEP_DECIDE, 0));
    struct entry *e = &c->acts[order].e;
    unsigned kept = 0;
    for (unsigned i = 0; i < e->fact_count; i++) {
        if (e->facts[i].id != FACT_CLAUSE)
            e->facts[kept++] = e->facts[i];
    }
    e->fact_count = kept;
    expect_void(c, order, REASON_FACTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(member_with_power_orders_and_any_confirms_what_it_has_seen,
                               sim_each),
        cmocka_unit_test_setup(oversight_without_power_to_enforce_orders_nothing, sim_each),
        cmocka_unit_test_setup(confirmation_names_an_order_and_other_steps_are_none, sim_each),
        cmocka_unit_test_setup(order_without_its_ground_is_void, sim_each),
    };
    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
