#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct hash LEDGER = {{1, 2, 3}}, PART = {{4, 5, 6}};
static const char PROSE[] = "燃气管道占压";

struct sealed {
    struct seal_context ctx;
    struct seal_key key;
    struct buffer bytes, plain;
};

static void seal(struct sealed *s, struct span plain)
{
    *s = (struct sealed){.ctx = {&LEDGER, span_of("about", 5)}};
    assert_int_equal(seal_close(&s->ctx, plain, &s->key, &s->bytes), OK);
}

static void clear(struct sealed *s)
{
    buffer_clear(&s->bytes);
    buffer_clear(&s->plain);
}

static enum err open(struct sealed *s)
{
    return seal_open(&s->ctx, &s->key, buffer_span(&s->bytes), &s->plain);
}

static void what_was_sealed_opens_with_its_key(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 254, 255, 256, 257, 1000, 65536, 1 << 20};
    uint8_t *plain = calloc(1, 1 << 20);
    random_bytes(plain, 1 << 20);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct sealed s;
        seal(&s, span_of(plain, lengths[i]));
        assert_int_equal(s.bytes.len, seal_length(lengths[i]));
        assert_int_equal(open(&s), OK);
        assert_int_equal(s.plain.len, lengths[i]);
        assert_memory_equal(s.plain.data, plain, lengths[i]);
        clear(&s);
    }
    free(plain);
}

static void plaintext_that_ends_in_padding_bytes_keeps_them(void **state)
{
    (void)state;
    static const uint8_t plain[] = {0x80, 0x80, 0, 0};
    struct sealed s;
    seal(&s, span_of(plain, sizeof plain));
    assert_int_equal(open(&s), OK);
    assert_int_equal(s.plain.len, sizeof plain);
    clear(&s);
}

static void every_altered_byte_and_every_cut_is_refused(void **state)
{
    (void)state;
    struct sealed s;
    seal(&s, span_of(PROSE, sizeof PROSE));
    for (size_t i = 0; i < s.bytes.len; i++) {
        s.bytes.data[i] ^= 1;
        assert_int_equal(open(&s), i == 0 ? ERR_UNSUPPORTED : ERR_UNAUTHENTIC);
        assert_int_equal(s.plain.len, 0);
        s.bytes.data[i] ^= 1;
    }
    const size_t whole = s.bytes.len;
    for (s.bytes.len = 0; s.bytes.len < whole; s.bytes.len++)
        assert_int_equal(open(&s),
                         s.bytes.len < SEAL_OVERHEAD ? ERR_TRUNCATED : ERR_UNAUTHENTIC);
    assert_int_equal(open(&s), OK);
    clear(&s);
}

static void another_key_ledger_or_purpose_opens_nothing(void **state)
{
    (void)state;
    struct hash other = LEDGER;
    struct sealed s;
    seal(&s, span_of(PROSE, sizeof PROSE));
    s.key.b[31] ^= 1;
    assert_int_equal(open(&s), ERR_UNAUTHENTIC);
    s.key.b[31] ^= 1;
    other.b[0] ^= 1;
    s.ctx.ledger = &other;
    assert_int_equal(open(&s), ERR_UNAUTHENTIC);
    s.ctx.ledger = &LEDGER;
    s.ctx.about = span_of("abouu", 5);
    assert_int_equal(open(&s), ERR_UNAUTHENTIC);
    s.ctx.about = span_of("about", 5);
    assert_int_equal(open(&s), OK);
    clear(&s);
}

static void lengths_tell_little_and_limits_hold(void **state)
{
    (void)state;
    static uint8_t large[PART_MAX_BYTES];
    struct seal_key key;
    struct buffer out = {0};
    const struct seal_context ctx = {&LEDGER, {NULL, 0}};
    size_t most = PART_MAX_BYTES;
    assert_int_equal(seal_length(0), SEAL_MIN_PADDED + SEAL_OVERHEAD);
    assert_int_equal(seal_length(255), SEAL_MIN_PADDED + SEAL_OVERHEAD);
    assert_int_equal(seal_length(256), 272 + SEAL_OVERHEAD);
    for (size_t len = 300; len < PART_MAX_BYTES / 2; len = len * 9 / 8)
        assert_true(seal_length(len) <= len + 1 + (len + 1) / 8 + SEAL_OVERHEAD);
    while (seal_length(most) > PART_MAX_BYTES)
        most--;
    assert_int_equal(most, 39 * 524288 - 1);             /* 19.5 MiB, as FORMAT.md says */
    assert_int_equal(seal_close(&ctx, span_of(large, most + 1), &key, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
}

/* Made by a second implementation of what FORMAT.md says. */
static void frozen_bytes_open(void **state)
{
    (void)state;
    char name[16] = "", hex[1024] = "";
    uint8_t bytes[sizeof hex / 2];
    size_t len = 0;
    struct seal_key key;
    struct buffer plain = {0};
    const struct seal_context ctx = {&LEDGER, span_of("about", 5)};
    FILE *file = fopen("tests/vectors/seal_v1.hex", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%15s %1023s", name, hex), 2);
    fclose(file);
    assert_string_equal(name, "sealed");
    assert_int_equal(hex_decode(bytes, sizeof bytes, hex, strlen(hex), &len), OK);
    memset(key.b, 'k', sizeof key.b);
    assert_int_equal(seal_open(&ctx, &key, span_of(bytes, len), &plain), OK);
    assert_int_equal(plain.len, 6);
    assert_memory_equal(plain.data, "sealed", 6);
    buffer_clear(&plain);
}

static void wrap_opens_for_its_reader_part_and_ledger_alone(void **state)
{
    (void)state;
    struct xkey reader, other;
    struct seal_key key, found;
    struct hash changed = LEDGER;
    uint8_t wrap[WRAP_BYTES];
    xkey_create(&reader);
    xkey_create(&other);
    random_bytes(key.b, sizeof key.b);
    assert_int_equal(wrap_close(&key, &LEDGER, &PART, &reader.pub, wrap), OK);
    assert_int_equal(wrap_open(&reader, &LEDGER, &PART, wrap, &found), OK);
    assert_memory_equal(found.b, key.b, sizeof key.b);
    assert_int_equal(wrap_open(&other, &LEDGER, &PART, wrap, &found), ERR_UNAUTHENTIC);
    assert_int_equal(wrap_open(&reader, &LEDGER, &LEDGER, wrap, &found), ERR_UNAUTHENTIC);
    changed.b[0] ^= 1;
    assert_int_equal(wrap_open(&reader, &changed, &PART, wrap, &found), ERR_UNAUTHENTIC);
    for (unsigned i = 0; i < WRAP_BYTES; i++) {
        wrap[i] ^= 1;
        assert_int_equal(wrap_open(&reader, &LEDGER, &PART, wrap, &found), ERR_UNAUTHENTIC);
        wrap[i] ^= 1;
    }
    memset(reader.pub.b, 0, PUBKEY_BYTES);
    assert_int_equal(wrap_close(&key, &LEDGER, &PART, &reader.pub, wrap), ERR_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_with_its_key),
        cmocka_unit_test(plaintext_that_ends_in_padding_bytes_keeps_them),
        cmocka_unit_test(every_altered_byte_and_every_cut_is_refused),
        cmocka_unit_test(another_key_ledger_or_purpose_opens_nothing),
        cmocka_unit_test(lengths_tell_little_and_limits_hold),
        cmocka_unit_test(frozen_bytes_open),
        cmocka_unit_test(wrap_opens_for_its_reader_part_and_ledger_alone),
    };
    if (keys_start() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
