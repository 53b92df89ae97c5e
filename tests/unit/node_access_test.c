#include "node/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct access allowed(const char *first, const char *second)
{
    struct config c;
    struct access a;
    const char *unknown = NULL;
    config_init(&c);
    const char *names[] = {first, second};
    for (unsigned i = 0; i < 2 && names[i] != NULL; i++) {
        strcpy(c.allow[c.allow_count++], names[i]);
    }
    assert_int_equal(access_init(&a, &c, &unknown), OK);
    return a;
}

static void without_a_list_the_mode_of_the_socket_decides(void **state)
{
    (void)state;
    struct access a = allowed(NULL, NULL);
    assert_int_equal(access_check(&a, 4242), OK);
}

static void only_listed_users_and_the_owner_pass_a_list(void **state)
{
    (void)state;
    struct access a = allowed("4242", "root");
    assert_int_equal(access_check(&a, 4242), OK);
    assert_int_equal(access_check(&a, 0), OK);
    assert_int_equal(access_check(&a, geteuid()), OK);
    assert_int_equal(access_check(&a, 4243), ERR_PERMISSION);
}

static void listed_user_may_not_end_the_daemon(void **state)
{
    (void)state;
    struct access a = allowed("4242", NULL);
    assert_int_equal(access_check_owner(&a, 4242), ERR_PERMISSION);
    assert_int_equal(access_check_owner(&a, geteuid()), OK);
}

static void user_that_does_not_exist_is_an_error_by_name(void **state)
{
    (void)state;
    struct config c;
    struct access a;
    const char *unknown = NULL;
    config_init(&c);
    strcpy(c.allow[c.allow_count++], "root");
    strcpy(c.allow[c.allow_count++], "no-such-user");
    assert_int_equal(access_init(&a, &c, &unknown), ERR_CONFIG);
    assert_string_equal(unknown, "no-such-user");
    strcpy(c.allow[1], "99999999999999999999");
    assert_int_equal(access_init(&a, &c, &unknown), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_the_mode_of_the_socket_decides),
        cmocka_unit_test(only_listed_users_and_the_owner_pass_a_list),
        cmocka_unit_test(listed_user_may_not_end_the_daemon),
        cmocka_unit_test(user_that_does_not_exist_is_an_error_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
