#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/cbor.h"

struct sample { const char *hex; enum err err; };

static struct span from_hex(const char *hex, uint8_t *room, size_t room_bytes)
{
    size_t len = 0;
    assert_int_equal(hex_decode(room, room_bytes, hex, strlen(hex), &len), OK);
    return span_of(room, len);
}

static void check_all(const struct sample *samples, size_t count)
{
    uint8_t room[256];
    for (size_t i = 0; i < count; i++) {
        enum err e = cbor_check(from_hex(samples[i].hex, room, sizeof room));
        if (e != samples[i].err)
            fail_msg("%s gives %s, not %s", samples[i].hex, err_name(e), err_name(samples[i].err));
    }
}
#define CHECK_ALL(samples) check_all(samples, sizeof(samples) / sizeof *(samples))

static void heads_are_accepted_only_in_their_shortest_form(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"17", OK}, {"1817", ERR_FORMAT}, {"1818", OK}, {"18ff", OK}, {"190018", ERR_FORMAT},
        {"1900ff", ERR_FORMAT}, {"190100", OK}, {"1a0000ffff", ERR_FORMAT}, {"1a00010000", OK},
        {"1b00000000ffffffff", ERR_FORMAT}, {"1b0000000100000000", OK},
        {"1bffffffffffffffff", OK}, {"3818", OK}, {"3817", ERR_FORMAT}, {"4101", OK},
        {"580101", ERR_FORMAT}, {"6161", OK}, {"780161", ERR_FORMAT}, {"8101", OK},
        {"980101", ERR_FORMAT}, {"a10102", OK}, {"b8010102", ERR_FORMAT}, {"c101", OK},
        {"d80101", ERR_FORMAT}, {"d81801", OK},
    };
    CHECK_ALL(samples);
}

static void lengths_are_definite(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"80", OK}, {"9fff", ERR_FORMAT}, {"a0", OK}, {"bfff", ERR_FORMAT}, {"40", OK},
        {"5fff", ERR_FORMAT}, {"60", OK}, {"7fff", ERR_FORMAT}, {"1c", ERR_FORMAT},
        {"1d", ERR_FORMAT}, {"1e", ERR_FORMAT}, {"1f", ERR_FORMAT}, {"ff", ERR_FORMAT},
    };
    CHECK_ALL(samples);
}

static void only_true_and_false_are_simple_values(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"f4", OK}, {"f5", OK}, {"f6", ERR_FORMAT}, {"f7", ERR_FORMAT}, {"e0", ERR_FORMAT},
        {"f814", ERR_FORMAT}, {"f820", ERR_FORMAT}, {"f93c00", ERR_FORMAT},
        {"fa3f800000", ERR_FORMAT}, {"fb3ff0000000000000", ERR_FORMAT}, {"81f6", ERR_FORMAT},
    };
    CHECK_ALL(samples);
}

static void map_keys_stand_in_bytewise_order_and_once(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"a201000200", OK}, {"a202000100", ERR_FORMAT}, {"a201000100", ERR_FORMAT},
        {"a2181800190100f4", OK}, {"a21901000018ff00", ERR_FORMAT}, {"a20a002000", OK},
        {"a220000a00", ERR_FORMAT}, {"a2616100616200", OK}, {"a2616200616100", ERR_FORMAT},
        {"a261620062616100", OK}, {"a262616100616200", ERR_FORMAT}, {"a2410000616100", OK},
        {"a2616100410000", ERR_FORMAT}, {"81a201000200", OK}, {"81a202000100", ERR_FORMAT},
        {"a101a202000100", ERR_FORMAT}, {"a18000", ERR_FORMAT}, {"a1a000", ERR_FORMAT},
        {"a1f400", ERR_FORMAT}, {"a1c10100", ERR_FORMAT},
        {"a201a1050003a10400", OK}, {"a203a1050001a10400", ERR_FORMAT},
    };
    CHECK_ALL(samples);
}

static void text_is_utf8_without_nul(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"63e5ae89", OK}, {"62e5ae", ERR_FORMAT}, {"62c080", ERR_FORMAT}, {"6100", ERR_FORMAT},
        {"62c3a9", OK}, {"61c3", ERR_FORMAT}, {"63eda080", ERR_FORMAT}, {"63ed9fbf", OK},
        {"64f48fbfbf", OK}, {"64f4908080", ERR_FORMAT}, {"63e08080", ERR_FORMAT},
        {"64c3a96100", ERR_FORMAT}, {"6180", ERR_FORMAT}, {"4100", OK}, {"41ff", OK},
        {"a161ff00", ERR_FORMAT},
    };
    CHECK_ALL(samples);
}

static void bytes_that_end_early_or_go_on_are_refused(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"", ERR_TRUNCATED}, {"18", ERR_TRUNCATED}, {"1901", ERR_TRUNCATED},
        {"1a000100", ERR_TRUNCATED}, {"1b00000001000000", ERR_TRUNCATED}, {"41", ERR_TRUNCATED},
        {"626f", ERR_TRUNCATED}, {"81", ERR_TRUNCATED}, {"820a", ERR_TRUNCATED},
        {"a101", ERR_TRUNCATED}, {"c1", ERR_TRUNCATED}, {"0000", ERR_FORMAT},
        {"8000", ERR_FORMAT}, {"5bffffffffffffffff", ERR_TRUNCATED},
        {"9bffffffffffffffff", ERR_TRUNCATED}, {"bbffffffffffffffff", ERR_TRUNCATED},
        {"bb8000000000000000", ERR_TRUNCATED}, {"9a7fffffff00", ERR_TRUNCATED},
    };
    CHECK_ALL(samples);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"818181818181818101", OK}, {"81818181818181818101", ERR_TOO_LARGE},
        {"8181818181818180", OK}, {"818181818181818180", ERR_TOO_LARGE},
        {"c1c1c1c1c1c1c1c100", OK}, {"c1c1c1c1c1c1c1c1c100", ERR_TOO_LARGE},
        {"a101a101a101a101a101a101a101a10100", OK},
        {"a101a101a101a101a101a101a101a101a10100", ERR_TOO_LARGE},
        {"838180808180", OK},
    };
    CHECK_ALL(samples);
}

static void typed_reads_give_values_and_the_first_failure_sticks(void **state)
{
    (void)state;
    uint8_t room[64];
    struct cbor c;
    enum cbor_type type;
    cbor_init(&c, from_hex("86183820f54201026161d86200", room, sizeof room));
    assert_int_equal(cbor_array(&c, 6), 6);
    assert_true(cbor_peek(&c, &type) && type == CBOR_UINT);
    assert_int_equal(cbor_uint(&c), 0x38);
    assert_int_equal(cbor_int(&c), -1);
    assert_true(cbor_bool(&c));
    assert_int_equal(cbor_bytes(&c).len, 2);
    assert_int_equal(cbor_text(&c).len, 1);
    assert_int_equal(cbor_tag(&c), 98);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
    assert_int_equal(cbor_uint(&c), 0);
    assert_int_equal(cbor_end(&c), OK);
    assert_false(cbor_peek(&c, &type));
    cbor_text(&c);
    cbor_fail(&c, ERR_RANGE);
    assert_int_equal(cbor_end(&c), ERR_TRUNCATED);
}

static void wrong_types_counts_and_ranges_are_refused(void **state)
{
    (void)state;
    uint8_t room[64];
    struct cbor c;
    enum cbor_type type;
    cbor_init(&c, from_hex("01", room, sizeof room));
    assert_int_equal(cbor_text(&c).len, 0);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
    cbor_init(&c, from_hex("820101", room, sizeof room));
    assert_int_equal(cbor_array(&c, 1), 0);
    assert_int_equal(cbor_end(&c), ERR_TOO_LARGE);
    cbor_init(&c, from_hex("a201010201", room, sizeof room));
    assert_int_equal(cbor_map(&c, 1), 0);
    assert_int_equal(cbor_end(&c), ERR_TOO_LARGE);
    cbor_init(&c, from_hex("3b8000000000000000", room, sizeof room));
    assert_int_equal(cbor_int(&c), 0);
    assert_int_equal(cbor_end(&c), ERR_RANGE);
    cbor_init(&c, from_hex("3b7fffffffffffffff", room, sizeof room));
    assert_true(cbor_int(&c) == INT64_MIN);
    assert_int_equal(cbor_end(&c), OK);
    cbor_init(&c, from_hex("f6", room, sizeof room));
    assert_false(cbor_peek(&c, &type));
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
}

static void keys_of_integer_maps_rise(void **state)
{
    (void)state;
    uint8_t room[16];
    struct cbor c;
    int64_t previous = -1;
    cbor_init(&c, from_hex("000505", room, sizeof room));
    assert_int_equal(cbor_key(&c, &previous), 0);
    assert_int_equal(cbor_key(&c, &previous), 5);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
    assert_int_equal(cbor_key(&c, &previous), 0);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
}

static void strings_and_fixed_bytes_must_fit(void **state)
{
    (void)state;
    uint8_t room[64], two[2];
    char text[3];
    struct cbor c;
    cbor_init(&c, from_hex("6261626361626342010243010203", room, sizeof room));
    cbor_string(&c, text, sizeof text);
    assert_string_equal(text, "ab");
    cbor_string(&c, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(c.err, ERR_TOO_LARGE);
    cbor_init(&c, from_hex("42010243010203", room, sizeof room));
    cbor_fixed(&c, two, sizeof two);
    assert_memory_equal(two, "\1\2", 2);
    cbor_fixed(&c, two, sizeof two);
    assert_int_equal(c.err, ERR_FORMAT);
}

static void tagged_values_name_their_algorithm(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct cbor_out w;
    struct cbor c;
    uint8_t in[32], out[32];
    memset(in, 7, sizeof in);
    cbor_out_init(&w, &b);
    cbor_put_tagged(&w, ALG_SHA256, in);
    assert_int_equal(w.err, OK);
    assert_int_equal(b.len, 35);
    cbor_init(&c, buffer_span(&b));
    cbor_tagged(&c, ALG_SHA256, out);
    assert_int_equal(cbor_end(&c), OK);
    assert_memory_equal(in, out, 32);
    cbor_init(&c, buffer_span(&b));
    cbor_tagged(&c, ALG_ED25519, out);
    assert_int_equal(cbor_end(&c), ERR_UNSUPPORTED);
    cbor_init(&c, span_of("\x40", 1));
    cbor_tagged(&c, ALG_SHA256, out);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
    buffer_clear(&b);
}

static void what_is_written_is_the_one_form(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX,
                                      UINT64_C(1) << 32, UINT64_MAX};
    struct buffer b = {0};
    struct cbor_out w;
    struct cbor c;
    cbor_out_init(&w, &b);
    cbor_put_array(&w, 14);
    for (size_t i = 0; i < 10; i++)
        cbor_put_uint(&w, values[i]);
    cbor_put_int(&w, INT64_MIN);
    cbor_put_int(&w, 9);
    cbor_put_bool(&w, false);
    cbor_put_tag(&w, 98);
    cbor_put_map(&w, 1);
    cbor_put_bytes(&w, span_of("", 0));
    cbor_put_item(&w, span_of("\x80", 1));
    assert_int_equal(w.err, OK);
    assert_int_equal(cbor_check(buffer_span(&b)), OK);
    cbor_init(&c, buffer_span(&b));
    cbor_array(&c, 14);
    for (size_t i = 0; i < 10; i++)
        assert_true(cbor_uint(&c) == values[i]);
    assert_true(cbor_int(&c) == INT64_MIN);
    buffer_clear(&b);
}

static void text_that_no_reader_would_take_is_not_written(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct cbor_out w;
    cbor_out_init(&w, &b);
    cbor_put_text(&w, "\xb0\xb2");
    assert_int_equal(w.err, ERR_FORMAT);
    assert_int_equal(b.len, 0);
    cbor_out_init(&w, &b);
    cbor_put_text_span(&w, span_of("a\0b", 3));
    assert_int_equal(w.err, ERR_FORMAT);
    cbor_out_init(&w, &b);
    cbor_put_text(&w, "安委办");
    assert_int_equal(w.err, OK);
    assert_int_equal(b.len, 10);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_accepted_only_in_their_shortest_form),
        cmocka_unit_test(lengths_are_definite),
        cmocka_unit_test(only_true_and_false_are_simple_values),
        cmocka_unit_test(map_keys_stand_in_bytewise_order_and_once),
        cmocka_unit_test(text_is_utf8_without_nul),
        cmocka_unit_test(bytes_that_end_early_or_go_on_are_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(typed_reads_give_values_and_the_first_failure_sticks),
        cmocka_unit_test(wrong_types_counts_and_ranges_are_refused),
        cmocka_unit_test(keys_of_integer_maps_rise),
        cmocka_unit_test(strings_and_fixed_bytes_must_fit),
        cmocka_unit_test(tagged_values_name_their_algorithm),
        cmocka_unit_test(what_is_written_is_the_one_form),
        cmocka_unit_test(text_that_no_reader_would_take_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
