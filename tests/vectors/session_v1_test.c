#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/channel_party.h"

#include <cmocka.h>

enum { LINE_BYTES = 1024 };

static void ephemeral_dialler(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 'e', len);
}

static void ephemeral_listener(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 'f', len);
}

static void line_check(FILE *file, const char *session, const char *what, struct span bytes)
{
    char expected[LINE_BYTES], found[LINE_BYTES], hex[LINE_BYTES];
    assert_int_equal(hex_encode(hex, sizeof hex, bytes), OK);
    int len = snprintf(found, sizeof found, "%s-%s %s\n", session, what, hex);
    assert_true(len > 0 && (size_t)len < sizeof found);
    if (fgets(expected, sizeof expected, file) == NULL || strcmp(expected, found) != 0) {
        fail_msg("frozen bytes differ, made now: %s", found);
    }
}

static void message_check(FILE *file, const char *session, const char *what,
                          struct channel_party *from, struct channel_party *to)
{
    struct buffer wire = {0};
    assert_int_equal(channel_handshake_out(&from->channel, &wire), OK);
    line_check(file, session, what, buffer_span(&wire));
    struct span in = buffer_span(&wire);
    assert_int_equal(channel_handshake_in(&to->channel, &in), OK);
    buffer_clear(&wire);
}

static void record_check(FILE *file, const char *session, const char *what, const char *frame,
                         struct channel_party *from, struct channel_party *to)
{
    struct buffer wire = {0};
    struct span bytes = span_of(frame, strlen(frame));
    assert_int_equal(channel_seal(&from->channel, bytes, &wire), OK);
    line_check(file, session, what, buffer_span(&wire));
    assert_int_equal(party_receive(to, buffer_span(&wire), bytes), OK);
    buffer_clear(&wire);
}

static void party_prepare(struct channel_party *p, enum noise_role role,
                          enum channel_purpose purpose)
{
    bool dials = role == NOISE_INITIATOR;
    const char *certificate = dials ? "certificate of the dialler" : "certificate of the listener";
    party_init(p, dials ? 'a' : 'b', 0);
    assert_int_equal(buffer_put(&p->certificate, certificate, strlen(certificate)), OK);
    struct channel_config c = party_config(p, role, purpose);
    c.random.fill = dials ? ephemeral_dialler : ephemeral_listener;
    for (uint8_t i = 0; i < HASH_BYTES; i++) {
        c.ledger.b[i] = i;
    }
    channel_init(&p->channel, &c);
}

static void session_check(FILE *file, const char *name, enum channel_purpose purpose)
{
    struct channel_party a, b;
    party_prepare(&a, NOISE_INITIATOR, purpose);
    party_prepare(&b, NOISE_RESPONDER, purpose);
    message_check(file, name, "message-1", &a, &b);
    message_check(file, name, "message-2", &b, &a);
    message_check(file, name, "message-3", &a, &b);
    line_check(file, name, "hash", channel_binding(&b.channel));
    record_check(file, name, "record-dialler", "hello", &a, &b);
    record_check(file, name, "record-listener", "answer", &b, &a);
    party_clear(&a);
    party_clear(&b);
}

static void frozen_sessions_are_made_again_byte_for_byte(void **state)
{
    (void)state;
    char more[LINE_BYTES];
    FILE *file = fopen("tests/vectors/session_v1.hex", "r");
    assert_non_null(file);
    session_check(file, "peer", CHANNEL_PEER);
    session_check(file, "enrol", CHANNEL_ENROL);
    assert_null(fgets(more, sizeof more, file));
    fclose(file);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_sessions_are_made_again_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
