#include "tests/support/channel_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { OPENING = 28, LABEL = 16, MESSAGE_1 = OPENING + 2 + 32, CERTIFICATE = 40 };

struct pair { struct channel_party a, b; };      /* a dials, b listens */

static int setup(void **state)
{
    struct pair *p = test_calloc(1, sizeof *p);
    party_init(&p->a, 'a', CERTIFICATE);
    party_init(&p->b, 'b', CERTIFICATE);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    party_clear(&p->a);
    party_clear(&p->b);
    test_free(p);
    return 0;
}

static void assert_dead(struct channel_party *p, enum err why)
{
    struct buffer out = {0};
    struct span in = span_of("x", 1);
    bool whole = true;
    assert_int_equal(channel_ended(&p->channel), why);
    assert_int_equal(channel_handshake_in(&p->channel, &in), ERR_CLOSED);
    assert_int_equal(channel_handshake_out(&p->channel, &out), ERR_CLOSED);
    assert_int_equal(channel_seal(&p->channel, in, &out), ERR_CLOSED);
    assert_int_equal(channel_open(&p->channel, &in, &out, &whole), ERR_CLOSED);
    assert_false(whole);
    assert_int_equal(out.len, 0);
    assert_int_equal(in.len, 1);
    assert_int_equal(channel_ended(&p->channel), why);
    buffer_clear(&out);
}

static bool all_zero(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len > 0 && at[len - 1] == 0) {
        len--;
    }
    return len == 0;
}

static enum err feed(struct channel_party *p, const void *bytes, size_t len)
{
    struct span in = span_of(bytes, len);
    return channel_handshake_in(&p->channel, &in);
}

static void say(struct channel_party *p, struct buffer *out)
{
    buffer_reset(out);
    assert_int_equal(channel_handshake_out(&p->channel, out), OK);
}

static void both_learn_key_and_certificate_and_agree_on_the_binding(void **state)
{
    struct pair *p = *state;
    for (size_t piece = 1; piece < 400; piece += 57) {
        party_start(&p->a, &p->b, CHANNEL_DESK);
        assert_int_equal(party_shake(&p->a, &p->b, piece), OK);
        assert_true(channel_established(&p->a.channel) && channel_established(&p->b.channel));
        assert_memory_equal(channel_peer(&p->a.channel), &p->b.key.pub, PUBKEY_BYTES);
        assert_memory_equal(channel_peer(&p->b.channel), &p->a.key.pub, PUBKEY_BYTES);
        assert_int_equal(p->a.peers, 1);
        assert_int_equal(p->b.peers, 1);
        assert_int_equal(p->b.openings, 1);
        assert_int_equal(p->b.purpose, CHANNEL_DESK);
        assert_int_equal(p->b.peer_certificate.len, CERTIFICATE);
        assert_memory_equal(p->b.peer_certificate.data, p->a.certificate.data, CERTIFICATE);
        assert_memory_equal(p->a.peer_certificate.data, p->b.certificate.data, CERTIFICATE);
        struct span one = channel_binding(&p->a.channel), two = channel_binding(&p->b.channel);
        assert_int_equal(one.len, NOISE_HASH_BYTES);
        assert_memory_equal(one.data, two.data, one.len);
    }
}

static void largest_certificates_pass_within_the_limit_and_one_byte_more_does_not(void **state)
{
    struct pair *p = *state;
    struct channel_party big;
    party_init(&big, 'c', CHANNEL_CERTIFICATE_MAX_BYTES);
    party_start(&p->a, &big, CHANNEL_PEER);
    assert_int_equal(party_shake(&p->a, &big, 4096), OK);
    party_start(&big, &p->a, CHANNEL_ENROL);
    assert_int_equal(party_shake(&big, &p->a, 4096), OK);
    assert_in_range(p->a.channel.handshake_bytes, CHANNEL_CERTIFICATE_MAX_BYTES,
                    CHANNEL_HANDSHAKE_MAX_BYTES);
    party_clear(&big);
    party_init(&big, 'c', CHANNEL_CERTIFICATE_MAX_BYTES + 1);
    party_start(&p->a, &big, CHANNEL_PEER);
    assert_int_equal(party_shake(&p->a, &big, 4096), ERR_TOO_LARGE);
    assert_dead(&big, ERR_TOO_LARGE);
    party_clear(&big);
}

static void keys_of_the_handshake_are_wiped_when_it_is_through_and_when_it_fails(void **state)
{
    struct pair *p = *state;
    assert_int_equal(party_shake(&p->a, &p->b, 400), OK);
    assert_true(all_zero(p->a.channel.key.secret, 32));
    assert_true(all_zero(&p->a.channel.noise.key, sizeof(struct xkey)));
    assert_true(all_zero(&p->a.channel.noise.ephemeral, sizeof(struct xkey)));
    party_start(&p->a, &p->b, CHANNEL_ENROL);
    p->b.peer_answer = ERR_UNKNOWN_MEMBER;
    assert_int_equal(party_shake(&p->a, &p->b, 400), ERR_UNKNOWN_MEMBER);
    assert_true(all_zero(p->b.channel.key.secret, 32));
    assert_true(all_zero(p->b.channel.psk, 32));
    assert_true(all_zero(p->b.channel.noise.chaining_key, NOISE_HASH_BYTES));
    assert_true(all_zero(p->b.channel.noise.psk, 32));
}

static void enrolment_names_its_invitation_and_needs_its_secret(void **state)
{
    struct pair *p = *state;
    party_start(&p->a, &p->b, CHANNEL_ENROL);
    assert_int_equal(party_shake(&p->a, &p->b, 7), OK);
    assert_int_equal(p->b.hint.len, 10);
    assert_memory_equal(p->b.hint.data, "invitation", 10);
    memset(p->b.psk, 'x', sizeof p->b.psk);
    party_start(&p->a, &p->b, CHANNEL_ENROL);
    assert_int_equal(party_shake(&p->a, &p->b, 7), ERR_UNAUTHENTIC);
    assert_dead(&p->b, ERR_UNAUTHENTIC);
    assert_int_equal(p->b.peers, 0);
    assert_false(channel_established(&p->b.channel));
}

static void hint_changed_on_the_way_does_not_open(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    party_start(&p->a, &p->b, CHANNEL_ENROL);
    say(&p->a, &wire);
    wire.data[OPENING] ^= 1;
    assert_int_equal(feed(&p->b, wire.data, wire.len), ERR_UNAUTHENTIC);
    assert_dead(&p->b, ERR_UNAUTHENTIC);
    buffer_clear(&wire);
}

static void unknown_invitation_is_refused_before_anything_is_computed(void **state)
{
    struct pair *p = *state;
    p->b.opening_answer = ERR_NOTFOUND;
    party_start(&p->a, &p->b, CHANNEL_ENROL);
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_NOTFOUND);
    assert_dead(&p->b, ERR_NOTFOUND);
    assert_false(p->b.channel.opened);
}

static void refused_listener_never_learns_who_dialled(void **state)
{
    struct pair *p = *state;
    p->a.peer_answer = ERR_UNKNOWN_MEMBER;
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_UNKNOWN_MEMBER);
    assert_dead(&p->a, ERR_UNKNOWN_MEMBER);
    assert_int_equal(p->b.peers, 0);
}

static void refused_dialler_gets_no_session(void **state)
{
    struct pair *p = *state;
    p->b.peer_answer = ERR_VOID;
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_VOID);
    assert_dead(&p->b, ERR_VOID);
    assert_false(channel_established(&p->b.channel));
}

static void certificate_that_cannot_be_given_ends_the_session(void **state)
{
    struct pair *p = *state;
    p->b.certificate_answer = ERR_NOTFOUND;
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_NOTFOUND);
    assert_dead(&p->b, ERR_NOTFOUND);
}

static void ledger_of_another_name_is_named(void **state)
{
    struct pair *p = *state;
    struct channel_config c = party_config(&p->a, NOISE_INITIATOR, CHANNEL_PEER);
    c.ledger.b[0] ^= 1;
    channel_init(&p->a.channel, &c);
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_WRONG_LEDGER);
    assert_dead(&p->b, ERR_WRONG_LEDGER);
}

/* The opening shows eight bytes of the ledger id; the prologue holds all of it. */
static void ledger_that_differs_out_of_sight_does_not_open(void **state)
{
    struct pair *p = *state;
    struct channel_config c = party_config(&p->a, NOISE_INITIATOR, CHANNEL_PEER);
    c.ledger.b[31] ^= 1;
    channel_init(&p->a.channel, &c);
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_UNAUTHENTIC);
    assert_dead(&p->a, ERR_UNAUTHENTIC);
    assert_int_equal(p->a.peers, 0);
}

static void opening_changed_on_the_way_is_refused(void **state)
{
    struct pair *p = *state;
    const struct { size_t at; uint8_t flip; enum err listener, dialler; } rows[] = {
        {0, 1, ERR_PROTOCOL, OK}, {LABEL - 1, 3, ERR_PROTOCOL, OK},
        {LABEL, 1, ERR_UNSUPPORTED, OK}, {LABEL + 1, 3, ERR_UNSUPPORTED, OK},
        {LABEL + 2, 1, ERR_UNSUPPORTED, OK},           /* purpose 0 */
        {LABEL + 2, 5, ERR_UNSUPPORTED, OK},           /* purpose 4 */
        {LABEL + 2, 3, OK, ERR_UNAUTHENTIC},           /* purpose 2 */
        {LABEL + 3, 1, ERR_WRONG_LEDGER, OK}, {LABEL + 10, 1, ERR_WRONG_LEDGER, OK},
        {OPENING - 1, 0x20, ERR_TOO_LARGE, OK},        /* hint of 32 takes the message's bytes */
        {OPENING - 1, 0x21, ERR_TOO_LARGE, OK}, {OPENING - 1, 1, ERR_TOO_LARGE, OK},
        {OPENING, 1, ERR_TOO_LARGE, OK}, {OPENING + 1, 1, ERR_TOO_LARGE, OK},
        {OPENING + 1, 0x20, ERR_PROTOCOL, OK},
        {OPENING + 2, 1, OK, ERR_UNAUTHENTIC}, {MESSAGE_1 - 1, 0x80, OK, ERR_UNAUTHENTIC},
    };
    struct buffer wire = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        party_start(&p->a, &p->b, CHANNEL_PEER);
        say(&p->a, &wire);
        assert_int_equal(wire.len, MESSAGE_1);
        wire.data[rows[i].at] ^= rows[i].flip;
        assert_int_equal(buffer_put(&wire, "\0\0\0\0\0\0", 6), OK);
        size_t len = rows[i].listener == OK ? MESSAGE_1 : wire.len;
        assert_int_equal(feed(&p->b, wire.data, len), rows[i].listener);
        if (rows[i].listener == OK) {
            assert_int_equal(party_pass(&p->b, &p->a, 500), rows[i].dialler);
            assert_dead(&p->a, rows[i].dialler);
        } else {
            assert_dead(&p->b, rows[i].listener);
        }
    }
    buffer_clear(&wire);
}

/* A longer length waits for bytes that never come; everything else fails. */
static void flipped_bit_in_a_later_message_never_leads_to_a_session(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    for (unsigned message = 2; message <= 3; message++) {
        size_t len = message == 2 ? 2 + 96 + CERTIFICATE : 2 + 64 + CERTIFICATE;
        for (size_t at = 0; at < len; at++) {
            struct channel_party *from = message == 2 ? &p->b : &p->a;
            struct channel_party *to = message == 2 ? &p->a : &p->b;
            party_start(&p->a, &p->b, CHANNEL_PEER);
            assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
            if (message == 3) {
                assert_int_equal(party_pass(&p->b, &p->a, 500), OK);
            }
            say(from, &wire);
            assert_int_equal(wire.len, len);
            wire.data[at] ^= (uint8_t)(1 << at % 8);
            enum err err = feed(to, wire.data, wire.len);
            assert_false(channel_established(&to->channel));
            assert_int_equal(to->peers, 0);
            if (at >= 2) {
                assert_int_equal(err, ERR_UNAUTHENTIC);
                assert_dead(to, err);
            }
        }
    }
    buffer_clear(&wire);
}

static void message_cut_short_waits_and_a_shorter_announcement_is_refused(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
    say(&p->b, &wire);
    assert_int_equal(feed(&p->a, wire.data, wire.len - 1), OK);
    assert_int_equal(p->a.peers, 0);
    assert_int_equal(feed(&p->a, wire.data + wire.len - 1, 1), OK);
    assert_int_equal(p->a.peers, 1);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    say(&p->a, &wire);
    assert_int_equal(feed(&p->a, "\x00\x5f", 2), ERR_PROTOCOL);
    assert_dead(&p->a, ERR_PROTOCOL);
    buffer_clear(&wire);
}

static void announcement_over_the_limit_is_refused_before_its_bytes_come(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    uint8_t prefix[2];
    say(&p->a, &wire);
    store_u16(prefix, 96 + CHANNEL_CERTIFICATE_MAX_BYTES + 1);
    assert_int_equal(feed(&p->a, prefix, 2), ERR_TOO_LARGE);
    assert_dead(&p->a, ERR_TOO_LARGE);
    assert_int_equal(p->a.channel.staged.cap, 0);
    buffer_clear(&wire);
}

static void plaintext_peer_is_refused_at_its_first_wrong_byte(void **state)
{
    struct pair *p = *state;
    assert_int_equal(feed(&p->b, "\0", 1), ERR_PROTOCOL);          /* u32 length of a HELLO */
    assert_dead(&p->b, ERR_PROTOCOL);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(feed(&p->b, "GET / HTTP/1.1\r\n", 16), ERR_PROTOCOL);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(feed(&p->b, "jieli/s", 7), OK);
    assert_int_equal(feed(&p->b, "h", 1), ERR_PROTOCOL);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    struct buffer wire = {0};
    say(&p->a, &wire);
    assert_int_equal(feed(&p->a, "\0\0\0\x2a", 4), ERR_PROTOCOL);
    buffer_clear(&wire);
}

static void replayed_handshake_does_not_open(void **state)
{
    struct pair *p = *state;
    struct buffer first = {0}, third = {0};
    say(&p->a, &first);
    assert_int_equal(feed(&p->b, first.data, first.len), OK);
    assert_int_equal(party_pass(&p->b, &p->a, 500), OK);
    say(&p->a, &third);
    assert_int_equal(feed(&p->b, third.data, third.len), OK);
    assert_true(channel_established(&p->b.channel));
    party_start(&p->a, &p->b, CHANNEL_PEER);
    struct buffer answer = {0};
    assert_int_equal(feed(&p->b, first.data, first.len), OK);
    say(&p->b, &answer);
    assert_int_equal(feed(&p->b, third.data, third.len), ERR_UNAUTHENTIC);
    assert_dead(&p->b, ERR_UNAUTHENTIC);
    assert_int_equal(p->b.peers, 0);
    buffer_clear(&first);
    buffer_clear(&third);
    buffer_clear(&answer);
}

static void own_messages_sent_back_are_refused(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    say(&p->a, &wire);
    assert_int_equal(feed(&p->a, wire.data + OPENING, wire.len - OPENING), ERR_PROTOCOL);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
    say(&p->b, &wire);
    assert_int_equal(feed(&p->b, wire.data, wire.len), ERR_UNAUTHENTIC);
    assert_dead(&p->b, ERR_UNAUTHENTIC);
    buffer_clear(&wire);
}

static void node_that_dials_itself_is_refused(void **state)
{
    struct pair *p = *state;
    p->b.key = p->a.key;
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(party_shake(&p->a, &p->b, 500), ERR_KEY);
    assert_dead(&p->a, ERR_KEY);
    assert_int_equal(p->a.peers, 0);
}

static void ephemeral_key_of_low_order_is_refused(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    for (uint8_t low = 0; low < 2; low++) {
        party_start(&p->a, &p->b, CHANNEL_PEER);
        say(&p->a, &wire);
        memset(wire.data + OPENING + 2, 0, 32);
        wire.data[OPENING + 2] = low;
        assert_int_equal(feed(&p->b, wire.data, wire.len), OK);
        buffer_reset(&wire);
        assert_int_equal(channel_handshake_out(&p->b.channel, &wire), ERR_KEY);
        assert_int_equal(wire.len, 0);
        assert_dead(&p->b, ERR_KEY);
        party_start(&p->a, &p->b, CHANNEL_PEER);
        assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
        say(&p->b, &wire);
        memset(wire.data + 2, 0, 32);
        wire.data[2] = low;
        assert_int_equal(feed(&p->a, wire.data, wire.len), ERR_KEY);
        assert_dead(&p->a, ERR_KEY);
    }
    buffer_clear(&wire);
}

static void who_speaks_out_of_turn_is_cut_off(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    assert_int_equal(feed(&p->a, "x", 1), ERR_PROTOCOL);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    say(&p->a, &wire);
    assert_int_equal(buffer_put(&wire, "x", 1), OK);
    assert_int_equal(feed(&p->b, wire.data, wire.len), ERR_PROTOCOL);
    assert_dead(&p->b, ERR_PROTOCOL);
    buffer_clear(&wire);
}

static void silence_is_kept_while_it_is_the_others_turn(void **state)
{
    struct pair *p = *state;
    struct buffer wire = {0};
    say(&p->b, &wire);
    assert_int_equal(wire.len, 0);
    assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
    say(&p->a, &wire);
    assert_int_equal(wire.len, 0);
    assert_int_equal(party_pass(&p->b, &p->a, 500), OK);
    assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
    assert_true(channel_established(&p->b.channel));
    buffer_clear(&wire);
}

static void frame_before_the_handshake_is_through_is_refused(void **state)
{
    struct pair *p = *state;
    struct buffer out = {0};
    struct span in = span_of("x", 1);
    bool whole;
    assert_int_equal(channel_seal(&p->a.channel, in, &out), ERR_PROTOCOL);
    assert_dead(&p->a, ERR_PROTOCOL);
    assert_int_equal(channel_open(&p->b.channel, &in, &out, &whole), ERR_PROTOCOL);
    assert_dead(&p->b, ERR_PROTOCOL);
    buffer_clear(&out);
}

static void session_ended_from_outside_keeps_its_first_reason(void **state)
{
    struct pair *p = *state;
    assert_int_equal(party_shake(&p->a, &p->b, 500), OK);
    channel_end(&p->a.channel, ERR_TIMEOUT);
    channel_end(&p->a.channel, ERR_VOID);
    struct buffer out = {0};
    assert_int_equal(channel_seal(&p->a.channel, span_of("x", 1), &out), ERR_CLOSED);
    assert_int_equal(channel_ended(&p->a.channel), ERR_TIMEOUT);
    assert_true(all_zero(&p->a.channel.send.cipher, sizeof(struct noise_cipher)));
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_learn_key_and_certificate_and_agree_on_the_binding),
        TEST(largest_certificates_pass_within_the_limit_and_one_byte_more_does_not),
        TEST(keys_of_the_handshake_are_wiped_when_it_is_through_and_when_it_fails),
        TEST(enrolment_names_its_invitation_and_needs_its_secret),
        TEST(hint_changed_on_the_way_does_not_open),
        TEST(unknown_invitation_is_refused_before_anything_is_computed),
        TEST(refused_listener_never_learns_who_dialled),
        TEST(refused_dialler_gets_no_session),
        TEST(certificate_that_cannot_be_given_ends_the_session),
        TEST(ledger_of_another_name_is_named),
        TEST(ledger_that_differs_out_of_sight_does_not_open),
        TEST(opening_changed_on_the_way_is_refused),
        TEST(flipped_bit_in_a_later_message_never_leads_to_a_session),
        TEST(message_cut_short_waits_and_a_shorter_announcement_is_refused),
        TEST(announcement_over_the_limit_is_refused_before_its_bytes_come),
        TEST(plaintext_peer_is_refused_at_its_first_wrong_byte),
        TEST(replayed_handshake_does_not_open),
        TEST(own_messages_sent_back_are_refused),
        TEST(node_that_dials_itself_is_refused),
        TEST(ephemeral_key_of_low_order_is_refused),
        TEST(who_speaks_out_of_turn_is_cut_off),
        TEST(silence_is_kept_while_it_is_the_others_turn),
        TEST(frame_before_the_handshake_is_through_is_refused),
        TEST(session_ended_from_outside_keeps_its_first_reason),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
