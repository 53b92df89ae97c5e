#include "node/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { START_MS = 5000 };

static void line_is_said_once_for_each_peer_and_minute(void **state)
{
    (void)state;
    struct said s = {0};
    assert_true(said_due(&s, "xiaofang", ERR_PROTOCOL, START_MS));
    assert_false(said_due(&s, "xiaofang", ERR_PROTOCOL, START_MS));
    assert_false(said_due(&s, "xiaofang", ERR_PROTOCOL, START_MS + SAID_PAUSE_MS - 1));
    assert_true(said_due(&s, "xiaofang", ERR_PROTOCOL, START_MS + SAID_PAUSE_MS));
}

static void another_peer_or_another_reason_is_another_line(void **state)
{
    (void)state;
    struct said s = {0};
    assert_true(said_due(&s, "xiaofang", ERR_PROTOCOL, START_MS));
    assert_true(said_due(&s, "zhujian", ERR_PROTOCOL, START_MS));
    assert_true(said_due(&s, "xiaofang", ERR_PROOF, START_MS));
    assert_true(said_due(&s, "192.0.2.7", ERR_PROOF, START_MS));
}

static void strangers_of_many_addresses_do_not_fill_the_log(void **state)
{
    (void)state;
    struct said s = {0};
    char address[32];
    unsigned lines = 0;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "2001:db8::%x", i);
        lines += said_due(&s, address, ERR_PROTOCOL, START_MS + i);
    }
    assert_int_equal(lines, SAID_LINES);
    assert_true(said_due(&s, "2001:db8::7", ERR_PROTOCOL, START_MS + SAID_PAUSE_MS + 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_said_once_for_each_peer_and_minute),
        cmocka_unit_test(another_peer_or_another_reason_is_another_line),
        cmocka_unit_test(strangers_of_many_addresses_do_not_fill_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
