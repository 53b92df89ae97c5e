#include "tests/support/channel_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { RECORD_EXTRA = 2 + NOISE_TAG_BYTES, HEADER = 4 };

struct pair { struct channel_party a, b; struct buffer frame, wire; };

static int setup(void **state)
{
    struct pair *p = test_calloc(1, sizeof *p);
    party_init(&p->a, 'a', 40);
    party_init(&p->b, 'b', 40);
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(party_shake(&p->a, &p->b, 500), OK);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    party_clear(&p->a);
    party_clear(&p->b);
    buffer_clear(&p->frame);
    buffer_clear(&p->wire);
    test_free(p);
    return 0;
}

static void again(struct pair *p)
{
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(party_shake(&p->a, &p->b, 500), OK);
    buffer_reset(&p->wire);
}

static struct span frame_of(struct pair *p, size_t len)
{
    buffer_reset(&p->frame);
    assert_int_equal(buffer_reserve(&p->frame, len), OK);
    for (size_t i = 0; i < len; i++) {
        p->frame.data[i] = (uint8_t)(i * 7 + i / 251);
    }
    p->frame.len = len;
    return buffer_span(&p->frame);
}

static void seal(struct pair *p, struct span frame)
{
    assert_int_equal(channel_seal(&p->a.channel, frame, &p->wire), OK);
}

/* One authentic record that holds any plaintext, as a member that breaks the protocol sends it. */
static void seal_raw(struct pair *p, const void *plain, size_t len)
{
    assert_int_equal(buffer_reserve(&p->wire, len + RECORD_EXTRA), OK);
    uint8_t *at = p->wire.data + p->wire.len;
    store_u16(at, (uint16_t)(len + NOISE_TAG_BYTES));
    assert_int_equal(noise_cipher_seal(&p->a.channel.send.cipher, (struct span){NULL, 0},
                                       span_of(plain, len), at + 2), OK);
    p->wire.len += len + RECORD_EXTRA;
}

static enum err open_one(struct pair *p, struct span wire)
{
    struct buffer frame = {0};
    bool whole = false;
    enum err err = channel_open(&p->b.channel, &wire, &frame, &whole);
    assert_true(err == OK || !whole);
    buffer_clear(&frame);
    return err;
}

static void assert_dead(struct pair *p, enum err why)
{
    struct buffer out = {0};
    assert_int_equal(channel_ended(&p->b.channel), why);
    assert_int_equal(open_one(p, span_of("\0", 1)), ERR_CLOSED);
    assert_int_equal(channel_seal(&p->b.channel, span_of("x", 1), &out), ERR_CLOSED);
    struct noise_cipher blank = {{0}, 0};
    assert_memory_equal(p->b.channel.receive.cipher.key, blank.key, NOISE_KEY_BYTES);
    assert_memory_equal(p->b.channel.send.cipher.key, blank.key, NOISE_KEY_BYTES);
    assert_int_equal(out.len, 0);
}

static void frames_of_every_size_arrive_in_pieces_of_any_size(void **state)
{
    struct pair *p = *state;
    const size_t sizes[] = {1, 2, 1000, NOISE_PLAIN_MAX_BYTES - 5, NOISE_PLAIN_MAX_BYTES - 4,
                            NOISE_PLAIN_MAX_BYTES - 3, 2 * NOISE_PLAIN_MAX_BYTES - 4,
                            2 * NOISE_PLAIN_MAX_BYTES - 3, 1000000};
    const size_t pieces[] = {1, 3, 1000, 65536, 65537, 10000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 6; i++) {
        struct span frame = frame_of(p, sizes[i / 6]);
        struct buffer got = {0};
        bool whole = false;
        buffer_reset(&p->wire);
        seal(p, frame);
        assert_int_equal(p->wire.len, channel_sealed_bytes(frame.len));
        for (size_t at = 0; at < p->wire.len; at += pieces[i % 6]) {
            size_t left = p->wire.len - at;
            struct span in = span_of(p->wire.data + at, left < pieces[i % 6] ? left
                                                                             : pieces[i % 6]);
            assert_false(whole);
            assert_int_equal(channel_open(&p->b.channel, &in, &got, &whole), OK);
            assert_int_equal(in.len, 0);
        }
        assert_true(whole);
        assert_int_equal(got.len, frame.len);
        assert_memory_equal(got.data, frame.data, frame.len);
        buffer_clear(&got);
    }
}

static void largest_frame_passes_and_one_byte_more_is_not_sealed(void **state)
{
    struct pair *p = *state;
    seal(p, frame_of(p, FRAME_MAX_BYTES));
    assert_int_equal(party_receive(&p->b, buffer_span(&p->wire), buffer_span(&p->frame)), OK);
    buffer_reset(&p->wire);
    assert_int_equal(channel_seal(&p->a.channel, frame_of(p, FRAME_MAX_BYTES + 1), &p->wire),
                     ERR_TOO_LARGE);
    assert_int_equal(p->wire.len, 0);
    assert_int_equal(channel_ended(&p->a.channel), ERR_TOO_LARGE);
}

/* Only there: that a peer's longer frame is refused as announced is shown below. */
static void a_desks_frame_holds_what_the_local_socket_takes(void **state)
{
    struct pair *p = *state;
    static uint8_t plain[5];
    party_start(&p->a, &p->b, CHANNEL_DESK);
    assert_int_equal(party_shake(&p->a, &p->b, 500), OK);
    seal(p, frame_of(p, DESK_FRAME_MAX_BYTES));
    assert_int_equal(party_receive(&p->b, buffer_span(&p->wire), buffer_span(&p->frame)), OK);
    buffer_reset(&p->wire);
    store_u32(plain, DESK_FRAME_MAX_BYTES + 1);
    seal_raw(p, plain, sizeof plain);
    assert_int_equal(open_one(p, buffer_span(&p->wire)), ERR_TOO_LARGE);
    assert_int_equal(channel_seal(&p->a.channel, frame_of(p, DESK_FRAME_MAX_BYTES + 1), &p->wire),
                     ERR_TOO_LARGE);
}

static void empty_frame_is_not_sealed(void **state)
{
    struct pair *p = *state;
    assert_int_equal(channel_seal(&p->a.channel, span_of("", 0), &p->wire), ERR_TOO_LARGE);
}

static void several_frames_in_one_read_come_out_one_by_one_in_both_directions(void **state)
{
    struct pair *p = *state;
    struct buffer got = {0}, back = {0};
    bool whole;
    seal(p, span_of("first", 5));
    seal(p, span_of("second", 6));
    struct span in = buffer_span(&p->wire);
    assert_int_equal(channel_open(&p->b.channel, &in, &got, &whole), OK);
    assert_true(whole && got.len == 5 && in.len == channel_sealed_bytes(6));
    buffer_clear(&got);
    assert_int_equal(channel_open(&p->b.channel, &in, &got, &whole), OK);
    assert_true(whole && got.len == 6 && in.len == 0);
    buffer_clear(&got);
    assert_int_equal(channel_seal(&p->b.channel, span_of("answer", 6), &back), OK);
    assert_int_equal(party_receive(&p->a, buffer_span(&back), span_of("answer", 6)), OK);
    buffer_clear(&back);
}

static void first_frame_may_follow_the_last_message_of_the_handshake_at_once(void **state)
{
    struct pair *p = *state;
    party_start(&p->a, &p->b, CHANNEL_PEER);
    assert_int_equal(party_pass(&p->a, &p->b, 500), OK);
    assert_int_equal(party_pass(&p->b, &p->a, 500), OK);
    assert_int_equal(channel_handshake_out(&p->a.channel, &p->wire), OK);
    seal(p, span_of("hello", 5));
    struct span in = buffer_span(&p->wire);
    assert_int_equal(channel_handshake_in(&p->b.channel, &in), OK);
    assert_int_equal(in.len, channel_sealed_bytes(5));
    assert_int_equal(party_receive(&p->b, in, span_of("hello", 5)), OK);
}

static void nothing_of_a_frame_shows_on_the_wire_but_its_size(void **state)
{
    struct pair *p = *state;
    uint8_t same[64];
    memset(same, 'x', sizeof same);
    seal(p, span_of(same, sizeof same));
    seal(p, span_of(same, sizeof same));
    size_t one = channel_sealed_bytes(sizeof same);
    assert_int_equal(p->wire.len, 2 * one);
    assert_memory_not_equal(p->wire.data + 2, p->wire.data + one + 2, one - 2);
    assert_null(memmem(p->wire.data, p->wire.len, same, 4));
}

static void flipped_bit_anywhere_ends_the_session(void **state)
{
    struct pair *p = *state;
    size_t len = channel_sealed_bytes(20);
    for (size_t at = 0; at < len; at++) {
        again(p);
        seal(p, frame_of(p, 20));
        seal(p, frame_of(p, 20));
        p->wire.data[at] ^= (uint8_t)(1 << at % 8);
        enum err err = open_one(p, buffer_span(&p->wire));
        if (at == 0) {                       /* announces 0x0128 bytes, more than there are */
            assert_int_equal(err, OK);
        } else {
            assert_int_equal(err, ERR_UNAUTHENTIC);
            assert_dead(p, err);
        }
    }
}

static void replayed_record_ends_the_session(void **state)
{
    struct pair *p = *state;
    seal(p, span_of("pay", 3));
    assert_int_equal(open_one(p, buffer_span(&p->wire)), OK);
    assert_int_equal(open_one(p, buffer_span(&p->wire)), ERR_UNAUTHENTIC);
    assert_dead(p, ERR_UNAUTHENTIC);
}

static void record_left_out_or_moved_ends_the_session(void **state)
{
    struct pair *p = *state;
    size_t one = channel_sealed_bytes(3);
    seal(p, span_of("one", 3));
    seal(p, span_of("two", 3));
    assert_int_equal(open_one(p, span_of(p->wire.data + one, one)), ERR_UNAUTHENTIC);
    assert_dead(p, ERR_UNAUTHENTIC);
}

static void own_record_sent_back_ends_the_session(void **state)
{
    struct pair *p = *state;
    struct buffer own = {0};
    assert_int_equal(channel_seal(&p->b.channel, span_of("mine", 4), &own), OK);
    assert_int_equal(open_one(p, buffer_span(&own)), ERR_UNAUTHENTIC);
    assert_dead(p, ERR_UNAUTHENTIC);
    buffer_clear(&own);
}

static void record_of_another_session_of_the_same_keys_ends_the_session(void **state)
{
    struct pair *p = *state;
    seal(p, span_of("old", 3));
    struct buffer old = p->wire;
    p->wire = (struct buffer){0};
    again(p);
    assert_int_equal(open_one(p, buffer_span(&old)), ERR_UNAUTHENTIC);
    assert_dead(p, ERR_UNAUTHENTIC);
    buffer_clear(&old);
}

static void plaintext_frame_ends_the_session(void **state)
{
    struct pair *p = *state;
    assert_int_equal(open_one(p, span_of("\0\0\0\4body", 8)), ERR_PROTOCOL);
    assert_dead(p, ERR_PROTOCOL);
    again(p);
    assert_int_equal(open_one(p, span_of("\0\x10", 2)), ERR_PROTOCOL);
}

static void cut_frame_waits_and_is_whole_with_its_last_byte(void **state)
{
    struct pair *p = *state;
    struct buffer got = {0};
    bool whole = true;
    seal(p, frame_of(p, 100000));
    struct span in = span_of(p->wire.data, p->wire.len - 1);
    struct span last = span_of(p->wire.data + p->wire.len - 1, 1);
    assert_int_equal(channel_open(&p->b.channel, &in, &got, &whole), OK);
    assert_true(!whole && got.data == NULL);
    assert_int_equal(channel_open(&p->b.channel, &last, &got, &whole), OK);
    assert_true(whole && got.len == 100000);
    buffer_clear(&got);
}

/* A member may be malicious: what it seals is authentic and still has one allowed form. */
static void frame_cut_other_than_in_the_one_way_ends_the_session(void **state)
{
    struct pair *p = *state;
    static uint8_t plain[NOISE_PLAIN_MAX_BYTES];
    const struct { uint32_t announced; size_t first, second; enum err err; } rows[] = {
        {2, 6, 0, OK}, {NOISE_PLAIN_MAX_BYTES, NOISE_PLAIN_MAX_BYTES, 4, OK},
        {2, 5, 0, ERR_PROTOCOL}, {2, 7, 0, ERR_PROTOCOL}, {0, 4, 0, ERR_PROTOCOL},
        {0, 5, 0, ERR_PROTOCOL}, {1, 1, 0, ERR_PROTOCOL}, {1, 4, 0, ERR_PROTOCOL},
        {NOISE_PLAIN_MAX_BYTES, NOISE_PLAIN_MAX_BYTES - 1, 0, ERR_PROTOCOL},
        {NOISE_PLAIN_MAX_BYTES, NOISE_PLAIN_MAX_BYTES, 3, ERR_PROTOCOL},
        {NOISE_PLAIN_MAX_BYTES, NOISE_PLAIN_MAX_BYTES, 5, ERR_PROTOCOL},
        {FRAME_MAX_BYTES, NOISE_PLAIN_MAX_BYTES, NOISE_PLAIN_MAX_BYTES, OK},
        {FRAME_MAX_BYTES + 1, NOISE_PLAIN_MAX_BYTES, 0, ERR_TOO_LARGE},
        {UINT32_MAX, 5, 0, ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        again(p);
        store_u32(plain, rows[i].announced);
        seal_raw(p, plain, rows[i].first);
        if (rows[i].second > 0) {
            seal_raw(p, plain, rows[i].second);
        }
        assert_int_equal(open_one(p, buffer_span(&p->wire)), rows[i].err);
        if (rows[i].err != OK) {
            assert_dead(p, rows[i].err);
        }
    }
}

static void announced_frame_takes_memory_only_as_it_arrives(void **state)
{
    struct pair *p = *state;
    static uint8_t plain[NOISE_PLAIN_MAX_BYTES];
    store_u32(plain, FRAME_MAX_BYTES);
    seal_raw(p, plain, sizeof plain);
    assert_int_equal(open_one(p, buffer_span(&p->wire)), OK);
    assert_in_range(p->b.channel.frame.cap, 1, 4 * NOISE_MESSAGE_MAX_BYTES);
}

static void keys_change_after_65536_records(void **state)
{
    struct pair *p = *state;
    struct noise_cipher before = p->a.channel.send.cipher;
    for (unsigned i = 0; i < CHANNEL_REKEY_MESSAGES - 1; i++) {
        buffer_reset(&p->wire);
        seal(p, span_of("x", 1));
        assert_int_equal(open_one(p, buffer_span(&p->wire)), OK);
    }
    assert_memory_equal(p->a.channel.send.cipher.key, before.key, NOISE_KEY_BYTES);
    buffer_reset(&p->wire);
    seal(p, span_of("x", 1));
    noise_cipher_rekey(&before);
    assert_memory_equal(p->a.channel.send.cipher.key, before.key, NOISE_KEY_BYTES);
    assert_int_equal(p->a.channel.send.cipher.counter, CHANNEL_REKEY_MESSAGES);
    assert_int_equal(open_one(p, buffer_span(&p->wire)), OK);
    buffer_reset(&p->wire);
    seal(p, span_of("beyond", 6));
    assert_int_equal(party_receive(&p->b, buffer_span(&p->wire), span_of("beyond", 6)), OK);
}

static void keys_change_after_a_gibibyte(void **state)
{
    struct pair *p = *state;
    struct noise_cipher before = p->a.channel.send.cipher;
    p->a.channel.send.bytes = p->b.channel.receive.bytes = CHANNEL_REKEY_BYTES - HEADER - 2;
    seal(p, span_of("x", 1));
    assert_memory_equal(p->a.channel.send.cipher.key, before.key, NOISE_KEY_BYTES);
    seal(p, span_of("x", 1));
    assert_memory_not_equal(p->a.channel.send.cipher.key, before.key, NOISE_KEY_BYTES);
    before = p->a.channel.send.cipher;
    seal(p, span_of("x", 1));
    assert_memory_equal(p->a.channel.send.cipher.key, before.key, NOISE_KEY_BYTES);
    size_t one = channel_sealed_bytes(1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_one(p, span_of(p->wire.data + i * one, one)), OK);
    }
}

static void side_that_does_not_change_keys_in_time_is_cut_off(void **state)
{
    struct pair *p = *state;
    p->a.channel.send.bytes = CHANNEL_REKEY_BYTES - 1;
    seal(p, span_of("x", 1));
    size_t one = p->wire.len;
    seal(p, span_of("x", 1));
    assert_int_equal(open_one(p, span_of(p->wire.data, one)), OK);
    assert_int_equal(open_one(p, span_of(p->wire.data + one, one)), ERR_UNAUTHENTIC);
    assert_dead(p, ERR_UNAUTHENTIC);
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
        TEST(frames_of_every_size_arrive_in_pieces_of_any_size),
        TEST(largest_frame_passes_and_one_byte_more_is_not_sealed),
        TEST(a_desks_frame_holds_what_the_local_socket_takes),
        TEST(empty_frame_is_not_sealed),
        TEST(several_frames_in_one_read_come_out_one_by_one_in_both_directions),
        TEST(first_frame_may_follow_the_last_message_of_the_handshake_at_once),
        TEST(nothing_of_a_frame_shows_on_the_wire_but_its_size),
        TEST(flipped_bit_anywhere_ends_the_session),
        TEST(replayed_record_ends_the_session),
        TEST(record_left_out_or_moved_ends_the_session),
        TEST(own_record_sent_back_ends_the_session),
        TEST(record_of_another_session_of_the_same_keys_ends_the_session),
        TEST(plaintext_frame_ends_the_session),
        TEST(cut_frame_waits_and_is_whole_with_its_last_byte),
        TEST(frame_cut_other_than_in_the_one_way_ends_the_session),
        TEST(announced_frame_takes_memory_only_as_it_arrives),
        TEST(keys_change_after_65536_records),
        TEST(keys_change_after_a_gibibyte),
        TEST(side_that_does_not_change_keys_in_time_is_cut_off),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
