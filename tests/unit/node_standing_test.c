#include "node/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { START_MS = 5000 };

static void cost_within_the_share_goes_on(void **state)
{
    (void)state;
    struct standing s = {0};
    for (unsigned ms = 0; ms < 10000; ms++) {
        assert_int_equal(standing_charge(&s, STANDING_SHARE, START_MS + ms), 0);
    }
}

static void cost_beyond_the_burst_rests_until_it_is_made_good(void **state)
{
    (void)state;
    struct standing s = {0};
    assert_int_equal(standing_charge(&s, STANDING_BURST_US, START_MS), 0);
    assert_int_equal(standing_charge(&s, 10 * STANDING_SHARE, START_MS), START_MS + 10);
    assert_int_equal(standing_charge(&s, 0, START_MS + 9), START_MS + 10);
    assert_int_equal(standing_charge(&s, 0, START_MS + 10), 0);
    assert_int_equal(standing_charge(&s, 1, START_MS + 10), START_MS + 11);
}

static void no_frame_is_so_dear_that_its_peer_rests_for_long(void **state)
{
    (void)state;
    struct standing s = {0};
    const uint64_t longest_ms = STANDING_BURST_US / STANDING_SHARE;
    assert_int_equal(longest_ms, 2000);
    assert_int_equal(standing_charge(&s, UINT64_MAX, START_MS), START_MS + longest_ms);
    assert_int_equal(standing_charge(&s, UINT64_MAX, START_MS), START_MS + longest_ms);
    assert_int_equal(standing_charge(&s, 0, START_MS + longest_ms), 0);
}

static void rest_saves_up_no_more_than_a_burst(void **state)
{
    (void)state;
    struct standing s = {0};
    assert_int_equal(standing_charge(&s, 2 * STANDING_BURST_US, START_MS),
                     START_MS + STANDING_BURST_US / STANDING_SHARE);
    assert_int_equal(standing_charge(&s, STANDING_BURST_US, START_MS + 900000000), 0);
    assert_true(standing_charge(&s, STANDING_SHARE, START_MS + 900000000) > 0);
}

static void member_beyond_its_share_is_not_let_in_before_it_has_rested(void **state)
{
    (void)state;
    struct standing s = {0};
    assert_true(standing_good(&s, START_MS));
    const uint64_t until_ms = standing_charge(&s, STANDING_BURST_US + 7, START_MS);
    assert_false(standing_good(&s, until_ms - 1));
    assert_true(standing_good(&s, until_ms));
}

static void each_fault_bars_twice_as_long_up_to_a_minute(void **state)
{
    (void)state;
    struct standing s = {0};
    uint64_t now_ms = START_MS;
    assert_true(standing_good(&s, now_ms));
    for (unsigned ms = STANDING_BAR_MIN_MS; ms <= 8 * STANDING_BAR_MAX_MS; ms *= 2) {
        unsigned bar_ms = ms < STANDING_BAR_MAX_MS ? ms : STANDING_BAR_MAX_MS;
        standing_fault(&s, now_ms);
        assert_false(standing_good(&s, now_ms + bar_ms - 1));
        assert_true(standing_good(&s, now_ms + bar_ms));
        now_ms += bar_ms;
    }
}

static void fault_is_forgotten_after_ten_good_minutes(void **state)
{
    (void)state;
    struct standing s = {0};
    for (unsigned i = 0; i < 10; i++) {
        standing_fault(&s, START_MS);
    }
    standing_fault(&s, s.barred_until_ms + STANDING_FORGET_MS - 1);
    assert_int_equal(s.bar_ms, STANDING_BAR_MAX_MS);
    standing_fault(&s, s.barred_until_ms + STANDING_FORGET_MS);
    assert_int_equal(s.bar_ms, STANDING_BAR_MIN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_within_the_share_goes_on),
        cmocka_unit_test(cost_beyond_the_burst_rests_until_it_is_made_good),
        cmocka_unit_test(no_frame_is_so_dear_that_its_peer_rests_for_long),
        cmocka_unit_test(rest_saves_up_no_more_than_a_burst),
        cmocka_unit_test(member_beyond_its_share_is_not_let_in_before_it_has_rested),
        cmocka_unit_test(each_fault_bars_twice_as_long_up_to_a_minute),
        cmocka_unit_test(fault_is_forgotten_after_ten_good_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
