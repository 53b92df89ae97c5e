#include "node/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t NOW = 1900000000, DAY = CLOCK_SLACK_S;

static void claimed_time_near_the_last_act_or_now_is_taken(void **state)
{
    (void)state;
    assert_int_equal(clock_claimed_check(NOW, NOW - 5 * DAY, NOW), OK);
    assert_int_equal(clock_claimed_check(NOW - DAY, NOW, NOW), OK);
    assert_int_equal(clock_claimed_check(NOW + DAY, NOW, NOW), OK);
    assert_int_equal(clock_claimed_check(5, 0, NOW), OK);
}

static void clock_set_back_a_year_is_refused(void **state)
{
    (void)state;
    assert_int_equal(clock_claimed_check(NOW - 365 * DAY, NOW, NOW - 365 * DAY), ERR_CLOCK);
    assert_int_equal(clock_claimed_check(NOW - DAY - 1, NOW, NOW), ERR_CLOCK);
}

static void clock_set_ahead_cannot_shut_the_log(void **state)
{
    (void)state;
    assert_int_equal(clock_claimed_check(NOW + DAY + 1, NOW, NOW), ERR_CLOCK);
    assert_int_equal(clock_claimed_check(NOW + DAY + 1, 0, NOW), ERR_CLOCK);
    assert_int_equal(clock_claimed_check(NOW + DAY + 1, NOW + DAY, NOW), OK);
}

static void good_clock_is_taken_by_a_machine_whose_clock_is_behind(void **state)
{
    (void)state;
    assert_int_equal(clock_claimed_check(NOW + 60, NOW, NOW - 365 * DAY), OK);
}

static void clocks_run(void **state)
{
    (void)state;
    uint64_t a = clock_steady_ms();
    assert_true(clock_steady_ms() >= a);
    assert_true(clock_unix_s() > 1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claimed_time_near_the_last_act_or_now_is_taken),
        cmocka_unit_test(clock_set_back_a_year_is_refused),
        cmocka_unit_test(clock_set_ahead_cannot_shut_the_log),
        cmocka_unit_test(good_clock_is_taken_by_a_machine_whose_clock_is_behind),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
