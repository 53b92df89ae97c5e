/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "net/folder_list.h"

static void names_tell_member_and_time(void **state)
{
    (void)state;
    char member[ID_MAX_BYTES + 1];
    uint64_t time_s;
    assert_true(folder_name_member("a-1-1772323200.bundle", member, &time_s));
    assert_string_equal(member, "a-1");
    assert_int_equal(time_s, 1772323200);
    assert_true(folder_name_of("yjj-0000000001.bundle", "yjj", &time_s));
    assert_false(folder_name_of("yjj-0000000001.bundle", "yj", &time_s));
    assert_false(folder_name_member("yjj-000000001.bundle", member, &time_s));
    assert_false(folder_name_member("-0000000001.bundle", member, &time_s));
    assert_false(folder_name_member("day1.bundle", member, &time_s));
    assert_false(folder_name_member("YJJ-0000000001.bundle", member, &time_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_member_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
