#include "crypto/bytes.h"
#include "crypto/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct span text_span(const char *text)
{
    return span_of(text, strlen(text));
}

static void written_numbers_are_read_back_big_endian(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct reader r;
    assert_int_equal(buffer_put_u8(&b, 0x01), OK);
    assert_int_equal(buffer_put_u16(&b, 0x0203), OK);
    assert_int_equal(buffer_put_u32(&b, 0x04050607), OK);
    assert_int_equal(buffer_put_u64(&b, 0x08090a0b0c0d0e0fu), OK);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(b.data[i], i + 1);
    }
    reader_init(&r, buffer_span(&b));
    assert_int_equal(read_u8(&r), 0x01);
    assert_int_equal(read_u16(&r), 0x0203);
    assert_int_equal(read_u32(&r), 0x04050607);
    assert_true(read_u64(&r) == 0x08090a0b0c0d0e0fu);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.failed);
    buffer_clear(&b);
    assert_null(b.data);
}

static void reader_past_its_end_stays_failed_and_gives_zeros(void **state)
{
    (void)state;
    const uint8_t bytes[3] = {0xff, 0xff, 0xff};
    uint8_t out[2] = {7, 7};
    struct reader r;
    reader_init(&r, span_of(bytes, sizeof bytes));
    assert_int_equal(read_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(read_u8(&r), 0);
    read_into(&r, out, sizeof out);
    assert_int_equal(out[0] | out[1], 0);
    assert_null(read_span(&r, 0).data);
}

static void empty_input_can_be_read_as_nothing(void **state)
{
    (void)state;
    struct reader r;
    reader_init(&r, (struct span){NULL, 0});
    assert_int_equal(read_span(&r, 0).len, 0);
    assert_false(r.failed);
    read_u8(&r);
    assert_true(r.failed);
}

static void span_of_exactly_the_rest_is_given_and_one_more_is_not(void **state)
{
    (void)state;
    const uint8_t bytes[4] = {1, 2, 3, 4};
    struct reader r;
    reader_init(&r, span_of(bytes, sizeof bytes));
    struct span s = read_span(&r, 4);
    assert_ptr_equal(s.data, bytes);
    assert_int_equal(s.len, 4);
    reader_init(&r, span_of(bytes, sizeof bytes));
    assert_null(read_span(&r, 5).data);
    assert_true(r.failed);
    reader_init(&r, span_of(bytes, sizeof bytes));
    assert_null(read_span(&r, SIZE_MAX).data);
}

static void buffer_refuses_impossible_growth_and_stays_as_it_was(void **state)
{
    (void)state;
    struct buffer b = {0};
    assert_int_equal(buffer_put(&b, "abc", 3), OK);
    assert_int_equal(buffer_reserve(&b, SIZE_MAX), ERR_NOMEM);
    assert_int_equal(buffer_reserve(&b, SIZE_MAX / 2), ERR_NOMEM);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "abc", 3);
    buffer_reset(&b);
    assert_int_equal(b.len, 0);
    buffer_clear(&b);
}

static void hex_goes_round_in_lower_case_only(void **state)
{
    (void)state;
    const uint8_t in[4] = {0x00, 0x9f, 0xa0, 0xff};
    char out[9];
    uint8_t back[4];
    size_t len;
    assert_int_equal(hex_encode(out, sizeof out, span_of(in, sizeof in)), OK);
    assert_string_equal(out, "009fa0ff");
    assert_int_equal(hex_encode(out, sizeof out - 1, span_of(in, sizeof in)), ERR_TOO_LARGE);
    assert_int_equal(hex_encode(out, 0, span_of(in, 0)), ERR_TOO_LARGE);
    assert_int_equal(hex_decode(back, sizeof back, "009fa0ff", 8, &len), OK);
    assert_int_equal(len, 4);
    assert_memory_equal(back, in, 4);
    assert_int_equal(hex_decode(back, sizeof back, "009FA0FF", 8, &len), ERR_FORMAT);
    assert_int_equal(hex_decode(back, sizeof back, "009", 3, &len), ERR_FORMAT);
    assert_int_equal(hex_decode(back, sizeof back, "0g", 2, &len), ERR_FORMAT);
    assert_int_equal(hex_decode(back, 3, "009fa0ff", 8, &len), ERR_TOO_LARGE);
}

static void base64_decodes_only_the_canonical_form(void **state)
{
    (void)state;
    static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Z===",
                                      "====", "Zm9vZg==Zm9v", "Zm9-", "=Zm9", "Zm9v====", "Zg=a"};
    uint8_t out[16];
    size_t len;
    assert_int_equal(base64_decode(out, sizeof out, "Zg==", 4, &len), OK);
    assert_int_equal(len, 1);
    assert_int_equal(base64_decode(out, sizeof out, "Zm8=", 4, &len), OK);
    assert_int_equal(base64_decode(out, 3, "Zm9v", 4, &len), OK);
    assert_memory_equal(out, "foo", 3);
    assert_int_equal(base64_decode(out, sizeof out, "", 0, &len), OK);
    assert_int_equal(len, 0);
    assert_int_equal(base64_decode(out, 2, "Zm9v", 4, &len), ERR_TOO_LARGE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(base64_decode(out, sizeof out, bad[i], strlen(bad[i]), &len), ERR_FORMAT);
    }
}

/* All 2^24 texts of one quartet would take long: every text of its last two places is enough, for
 * only these carry padding and spare bits. */
static void base64_that_decodes_encodes_to_the_same_text(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned v = 0; v < 65536; v++) {
        const char in[5] = {'A', 'B', (char)(v >> 8), (char)(v & 255), '\0'};
        uint8_t out[3];
        char again[BASE64_CHARS(3)];
        size_t len;
        if (base64_decode(out, sizeof out, in, 4, &len) == OK) {
            assert_int_equal(base64_encode(again, sizeof again, span_of(out, len)), OK);
            assert_memory_equal(again, in, 5);
            accepted++;
        }
    }
    assert_int_equal(accepted, 64 * 64 + 16);
}

static void base64_needs_room_for_its_final_zero(void **state)
{
    (void)state;
    char out[BASE64_CHARS(3)];
    assert_int_equal(base64_encode(out, sizeof out, text_span("foo")), OK);
    assert_string_equal(out, "Zm9v");
    assert_int_equal(base64_encode(out, sizeof out - 1, text_span("foo")), ERR_TOO_LARGE);
    assert_int_equal(base64_encode(out, sizeof out, text_span("foob")), ERR_TOO_LARGE);
}

static void utf8_takes_every_length_and_refuses_malformed_ones(void **state)
{
    (void)state;
    static const char *const good[] = {"", "abc", "\xC2\x80", "接力", "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"};
    static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF",
                                      "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80", "\xE6\x8E", "\xE6\x8Ez", "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(utf8_check(text_span(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(utf8_check(text_span(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_numbers_are_read_back_big_endian),
        cmocka_unit_test(reader_past_its_end_stays_failed_and_gives_zeros),
        cmocka_unit_test(empty_input_can_be_read_as_nothing),
        cmocka_unit_test(span_of_exactly_the_rest_is_given_and_one_more_is_not),
        cmocka_unit_test(buffer_refuses_impossible_growth_and_stays_as_it_was),
        cmocka_unit_test(hex_goes_round_in_lower_case_only),
        cmocka_unit_test(base64_decodes_only_the_canonical_form),
        cmocka_unit_test(base64_that_decodes_encodes_to_the_same_text),
        cmocka_unit_test(base64_needs_room_for_its_final_zero),
        cmocka_unit_test(utf8_takes_every_length_and_refuses_malformed_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
