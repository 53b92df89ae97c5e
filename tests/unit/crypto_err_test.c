#include "crypto/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_its_own_name_and_message(void **state)
{
    (void)state;
    for (int a = OK; a <= ERR_UNCERTAIN; a++) {
        assert_string_not_equal(err_name((enum err)a), "ERR_?");
        assert_string_not_equal(err_message((enum err)a), "unknown error");
        for (int b = OK; b < a; b++) {
            assert_string_not_equal(err_name((enum err)a), err_name((enum err)b));
            assert_string_not_equal(err_message((enum err)a), err_message((enum err)b));
        }
    }
    assert_string_equal(err_name(ERR_GAP), "ERR_GAP");
}

static void code_outside_the_list_is_called_unknown(void **state)
{
    (void)state;
    assert_string_equal(err_name((enum err)(ERR_UNCERTAIN + 1)), "ERR_?");
    assert_string_equal(err_message((enum err)(ERR_UNCERTAIN + 1)), "unknown error");
}

static void errno_becomes_the_code_a_caller_can_act_on(void **state)
{
    (void)state;
    assert_int_equal(err_from_errno(0), OK);
    assert_int_equal(err_from_errno(ENOSPC), ERR_DISK_FULL);
    assert_int_equal(err_from_errno(ENOENT), ERR_NOTFOUND);
    assert_int_equal(err_from_errno(EEXIST), ERR_EXISTS);
    assert_int_equal(err_from_errno(EACCES), ERR_PERMISSION);
    assert_int_equal(err_from_errno(ELOOP), ERR_PERMISSION);
    assert_int_equal(err_from_errno(ENOMEM), ERR_NOMEM);
    assert_int_equal(err_from_errno(EIO), ERR_IO);
    assert_int_equal(err_from_errno(ENXIO), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_name_and_message),
        cmocka_unit_test(code_outside_the_list_is_called_unknown),
        cmocka_unit_test(errno_becomes_the_code_a_caller_can_act_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
