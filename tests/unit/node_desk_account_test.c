#include "node/desk_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { START_MS = 1000000, MINUTE_MS = 60000 };

static unsigned taken(struct desk_account *a, unsigned times, size_t bytes, uint64_t now_ms)
{
    unsigned count = 0;
    for (unsigned i = 0; i < times; i++)
        count += desk_account_take(a, bytes, now_ms) == OK;
    return count;
}

static void a_burst_passes_and_then_the_rate_of_a_minute(void **state)
{
    struct desk_account a;
    (void)state;
    desk_account_init(&a, START_MS);
    assert_int_equal(taken(&a, DESK_REQUESTS_BURST + 50, 0, START_MS), DESK_REQUESTS_BURST);
    assert_int_equal(desk_account_take(&a, 0, START_MS + 99), ERR_BUSY);
    assert_int_equal(desk_account_take(&a, 0, START_MS + 100), OK);
    assert_int_equal(taken(&a, 90, 0, START_MS + 100 + MINUTE_MS / 10), 60);
    assert_int_equal(taken(&a, 2 * DESK_REQUESTS_BURST, 0, START_MS + 10 * MINUTE_MS),
                     DESK_REQUESTS_BURST);
}

static void bytes_are_counted_both_ways(void **state)
{
    struct desk_account a;
    (void)state;
    desk_account_init(&a, START_MS);
    assert_int_equal(desk_account_take(&a, DESK_BYTES_BURST / 2, START_MS), OK);
    assert_int_equal(desk_account_take(&a, DESK_BYTES_BURST / 2 + 1, START_MS), ERR_BUSY);
    desk_account_charge(&a, DESK_BYTES_BURST);
    assert_int_equal(desk_account_take(&a, 1, START_MS), ERR_BUSY);
    assert_int_equal(desk_account_take(&a, 0, START_MS), OK);
    assert_int_equal(desk_account_take(&a, 1000, START_MS + 1), OK);
}

static void what_is_larger_than_the_bucket_passes_when_it_is_full(void **state)
{
    struct desk_account a;
    (void)state;
    desk_account_init(&a, START_MS);
    assert_int_equal(desk_account_take(&a, 2u * DESK_BYTES_BURST, START_MS), OK);
    assert_int_equal(desk_account_take(&a, 2u * DESK_BYTES_BURST, START_MS + 1000), ERR_BUSY);
    assert_int_equal(desk_account_take(&a, 2u * DESK_BYTES_BURST, START_MS + MINUTE_MS), OK);
}

static void who_does_not_listen_is_to_be_cut_off(void **state)
{
    struct desk_account a;
    (void)state;
    desk_account_init(&a, START_MS);
    (void)taken(&a, DESK_REQUESTS_BURST, 0, START_MS);
    for (unsigned i = 1; i < DESK_REFUSALS_MAX; i++)
        assert_int_equal(desk_account_take(&a, 0, START_MS), ERR_BUSY);
    assert_int_equal(desk_account_take(&a, 0, START_MS), ERR_PROTOCOL);
    assert_int_equal(taken(&a, 11, 0, START_MS + 1000), 10);
    assert_int_equal(desk_account_take(&a, 0, START_MS + 1000), ERR_PROTOCOL);
    assert_int_equal(taken(&a, DESK_REQUESTS_BURST, 0, START_MS + MINUTE_MS), DESK_REQUESTS_BURST);
    assert_int_equal(desk_account_take(&a, 0, START_MS + MINUTE_MS), ERR_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_then_the_rate_of_a_minute),
        cmocka_unit_test(bytes_are_counted_both_ways),
        cmocka_unit_test(what_is_larger_than_the_bucket_passes_when_it_is_full),
        cmocka_unit_test(who_does_not_listen_is_to_be_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
