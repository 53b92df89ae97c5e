#include "node/ending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void each_cause_that_people_act_on_has_its_own_status(void **state)
{
    (void)state;
    static const enum err causes[] = {ERR_USAGE, ERR_CONFIG, ERR_NOTFOUND, ERR_WRONG_LEDGER,
                                      ERR_KEY, ERR_UNCERTAIN, ERR_ROLLBACK, ERR_FORK,
                                      ERR_DISK_FULL, ERR_LOCKED, ERR_UNSUPPORTED, ERR_EXISTS};
    for (size_t a = 0; a < sizeof causes / sizeof causes[0]; a++) {
        assert_true(ending_of(causes[a]).status > EXIT_STATUS_OTHER);
        assert_string_not_equal(ending_of(causes[a]).advice, "");
        for (size_t b = 0; b < a; b++) {
            assert_int_not_equal(ending_of(causes[a]).status, ending_of(causes[b]).status);
        }
    }
}

static void doubt_about_stored_bytes_ends_with_70(void **state)
{
    (void)state;
    assert_int_equal(ending_of(ERR_UNCERTAIN).status, 70);
    assert_int_equal(ending_of(ERR_CORRUPT).status, 70);
    assert_int_equal(ending_of(ERR_IO).status, 70);
}

static void damaged_files_of_a_home_end_with_66(void **state)
{
    (void)state;
    assert_int_equal(ending_of(ERR_FORMAT).status, 66);
    assert_int_equal(ending_of(ERR_TRUNCATED).status, 66);
}

static void success_ends_with_0_and_the_rest_with_1(void **state)
{
    (void)state;
    assert_int_equal(ending_of(OK).status, 0);
    assert_int_equal(ending_of(ERR_NOMEM).status, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_that_people_act_on_has_its_own_status),
        cmocka_unit_test(doubt_about_stored_bytes_ends_with_70),
        cmocka_unit_test(damaged_files_of_a_home_end_with_66),
        cmocka_unit_test(success_ends_with_0_and_the_rest_with_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
