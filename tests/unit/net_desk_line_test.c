#include "net/desk_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/transport_seen.h"

enum { IDLE_MS = 300, TIMEOUT_MS = 5000 };

static enum err believe(void *ctx, const struct xpubkey *key, struct span certificate)
{
    (void)ctx;
    (void)key;
    return certificate.len > 0 ? OK : ERR_PROOF;
}

static struct desk_line *dial(const char *address)
{
    struct xkey key;
    struct desk_line *line = NULL;
    const struct desk_dial how = {.purpose = CHANNEL_DESK, .ledger = seen_ledger, .key = &key,
                                  .timeout_ms = TIMEOUT_MS, .on_peer = believe};
    xkey_create(&key);
    assert_int_equal(desk_dial(&line, address, &how), OK);
    return line;
}

/* A listener that closes what is silent for IDLE_MS. */
static void listener_start(struct seen *s, char address[32])
{
    struct xkey key;
    unsigned port;
    const struct transport_options options = {.ledger = seen_ledger, .idle_ms = IDLE_MS};
    seen_init(s);
    xkey_create(&key);
    address_pick(address, &port);
    seen_start_as(s, &options, &key, span_of("certificate", 11));
    assert_int_equal(transport_listen(s->t, address), OK);
}

static void a_session_that_was_silent_too_long_is_known_to_be_over(void **state)
{
    (void)state;
    struct seen s;
    char address[32];
    listener_start(&s, address);
    struct desk_line *line = dial(address);
    assert_true(seen_wait(&s, &s.connected, 1, TIMEOUT_MS));
    assert_int_equal(desk_send(line, span_of("asked", 5)), OK);
    assert_true(seen_wait(&s, &s.frames, 1, TIMEOUT_MS));
    assert_false(desk_ended(line));
    assert_true(seen_wait(&s, &s.closed, 1, TIMEOUT_MS));
    assert_int_equal(s.last_why, ERR_TIMEOUT);
    assert_true(desk_ended(line));
    desk_hang_up(line);
    transport_close(s.t);
}

static void what_was_answered_and_not_read_is_no_end(void **state)
{
    (void)state;
    struct seen s;
    char address[32];
    struct buffer frame = {0};
    listener_start(&s, address);
    struct desk_line *line = dial(address);
    assert_true(seen_wait(&s, &s.connected, 1, TIMEOUT_MS));
    assert_int_equal(transport_send(s.t, s.last_peer, span_of("said", 4)), OK);
    assert_false(desk_ended(line));
    assert_int_equal(desk_receive(line, &frame), OK);
    assert_int_equal(frame.len, 4);
    buffer_clear(&frame);
    desk_hang_up(line);
    transport_close(s.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_was_silent_too_long_is_known_to_be_over),
        cmocka_unit_test(what_was_answered_and_not_read_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
