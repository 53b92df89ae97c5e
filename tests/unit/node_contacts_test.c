#include "node/contacts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct contacts));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void ended(struct contacts *c, const char *member, const char *address, enum err why,
                  uint64_t now_ms)
{
    struct transport_event e = {.type = TRANSPORT_CLOSED, .why = why, .bytes_in = 10,
                                .bytes_out = 3};
    snprintf(e.address, sizeof e.address, "%s", address);
    contacts_closed(c, member, &e, now_ms);
}

static void refusals_are_counted_by_member_and_reason(void **state)
{
    struct contacts *c = *state;
    contacts_opened(c, "zhujian", "10.0.0.1:7311", 1);
    ended(c, "zhujian", "10.0.0.1:7311", ERR_CLOSED, 2);
    ended(c, "zhujian", "10.0.0.2", ERR_OVERTAKEN, 3);
    ended(c, "zhujian", "10.0.0.2", ERR_OVERTAKEN, 4);
    ended(c, "xiaofang", "10.0.0.2", ERR_UNKNOWN_MEMBER, 5);
    const struct contact *k = contacts_find(c, "zhujian", "");
    assert_non_null(k);
    assert_int_equal(k->sessions, 1);
    assert_int_equal(k->ended[ERR_OVERTAKEN], 2);
    assert_int_equal(k->ended[ERR_UNKNOWN_MEMBER], 0);
    assert_int_equal(k->bytes_in, 30);
    assert_int_equal(k->bytes_out, 9);
    assert_int_equal(k->last_why, ERR_OVERTAKEN);
    assert_string_equal(k->address, "10.0.0.2");
    assert_int_equal(contacts_find(c, "xiaofang", "")->ended[ERR_UNKNOWN_MEMBER], 1);
    assert_int_equal(c->ended[ERR_OVERTAKEN], 2);
}

static void who_says_no_name_is_known_by_address(void **state)
{
    struct contacts *c = *state;
    ended(c, "", "10.0.0.9", ERR_PROTOCOL, 1);
    ended(c, "", "10.0.0.8", ERR_PROTOCOL, 1);
    ended(c, "", "10.0.0.9", ERR_TIMEOUT, 2);
    assert_int_equal(c->count, 2);
    assert_int_equal(contacts_find(c, "", "10.0.0.9")->ended[ERR_PROTOCOL], 1);
    assert_null(contacts_find(c, "", "10.0.0.7"));
    assert_null(contacts_find(c, "zhujian", "10.0.0.9"));
}

static void strangers_never_push_members_out(void **state)
{
    struct contacts *c = *state;
    char address[32];
    contacts_opened(c, "zhujian", "10.0.0.1", 1);
    for (unsigned i = 0; i < 3 * CONTACTS_MAX; i++) {
        snprintf(address, sizeof address, "10.%u.%u.1", i / 250, i % 250);
        ended(c, "", address, ERR_PROTOCOL, 2 + i);
    }
    assert_int_equal(c->count, CONTACTS_MAX);
    assert_int_equal(contacts_find(c, "zhujian", "")->sessions, 1);
    assert_non_null(contacts_find(c, "", address));
    assert_null(contacts_find(c, "", "10.0.0.1"));
    assert_int_equal(c->ended[ERR_PROTOCOL], 3 * CONTACTS_MAX);
}

static void ordinary_ends_are_no_refusals(void **state)
{
    (void)state;
    assert_false(contact_refusal(ERR_CLOSED));
    assert_false(contact_refusal(ERR_EXISTS));
    assert_false(contact_refusal(ERR_IO));
    assert_true(contact_refusal(ERR_TIMEOUT));
    assert_true(contact_refusal(ERR_PROTOCOL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refusals_are_counted_by_member_and_reason, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_says_no_name_is_known_by_address, setup, teardown),
        cmocka_unit_test_setup_teardown(strangers_never_push_members_out, setup, teardown),
        cmocka_unit_test(ordinary_ends_are_no_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
