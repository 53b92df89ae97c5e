#include "crypto/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TEXT "first line\n\nafter an empty line\n"
#define DASH "\xE2\x80\x94 "
#define LINE DASH "a.example AQIDBAU=\n"

static struct signkey *key_of(uint8_t fill)
{
    uint8_t seed[32];
    struct signkey *key = NULL;
    memset(seed, fill, sizeof seed);
    assert_int_equal(signkey_from_seed(&key, seed), OK);
    return key;
}

static enum err decode_text(const char *text)
{
    struct note note;
    enum err e = note_decode(&note, span_of(text, strlen(text)));
    if (e == OK) {
        note_clear(&note);
    }
    return e;
}

static struct vkey vkey_of(const struct signkey *key, const char *name, uint8_t type)
{
    struct vkey v;
    assert_int_equal(vkey_init(&v, name, type, signkey_public(key)), OK);
    return v;
}

static struct buffer signed_note(const struct signkey *key)
{
    struct buffer b = {0};
    assert_int_equal(note_sign(&b, span_of(TEXT, strlen(TEXT)), "a.example", key), OK);
    return b;
}

static enum err verify_bytes(const struct buffer *b, const struct vkey *keys, unsigned count,
                             bool *verified, uint64_t *times)
{
    struct note note;
    enum err e = note_decode(&note, buffer_span(b));
    if (e == OK) {
        e = note_verify(&note, keys, count, verified, times);
        note_clear(&note);
    }
    return e;
}

static void published_example_of_the_format_verifies(void **state)
{
    (void)state;
    static const char text[] = "This is an example message.\n\n" DASH
        "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
        "RKuwHjG1Yu72IneyaQM=\n";
    struct vkey v;
    struct note note;
    assert_int_equal(
        vkey_parse(&v, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        OK);
    assert_int_equal(note_decode(&note, span_of(text, sizeof text - 1)), OK);
    assert_int_equal(note_verify(&note, &v, 1, NULL, NULL), OK);
    v.key.b[0] ^= 1;
    assert_int_equal(note_verify(&note, &v, 1, NULL, NULL), ERR_SIGNATURE);
    note_clear(&note);
}

static void signed_note_splits_at_its_last_empty_line(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct buffer b = signed_note(key);
    struct vkey v = vkey_of(key, "a.example", ALG_ED25519);
    struct note note;
    assert_int_equal(note_decode(&note, buffer_span(&b)), OK);
    assert_int_equal(note.text.len, strlen(TEXT));
    assert_memory_equal(note.text.data, TEXT, strlen(TEXT));
    assert_int_equal(note.sig_count, 1);
    assert_string_equal(note.sigs[0].name, "a.example");
    assert_true(note.sigs[0].id == v.id);
    assert_int_equal(note.sigs[0].payload.len, SIG_BYTES);
    assert_int_equal(note_verify(&note, &v, 1, NULL, NULL), OK);
    note_clear(&note);
    buffer_clear(&b);
    signkey_free(key);
}

static void every_flipped_bit_of_a_note_is_noticed(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct buffer b = signed_note(key);
    struct vkey v = vkey_of(key, "a.example", ALG_ED25519);
    assert_int_equal(verify_bytes(&b, &v, 1, NULL, NULL), OK);
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(verify_bytes(&b, &v, 1, NULL, NULL), OK);
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buffer_clear(&b);
    signkey_free(key);
}

static void every_truncated_note_is_refused(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct buffer b = signed_note(key);
    struct note note;
    for (size_t len = 0; len < b.len; len++) {
        assert_int_equal(note_decode(&note, span_of(b.data, len)), ERR_FORMAT);
    }
    buffer_clear(&b);
    signkey_free(key);
}

static void malformed_notes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "\n", "\n\n", "text\n", "text\n\n", "text\n\n\n", "text\n" LINE, LINE, "\n" LINE,
        "text\n\n" DASH "a.example AQIDBAU=",           /* no final newline */
        "text\n\n" LINE "\n",                            /* empty line at the end */
        "text\n\n" LINE "garbage\n",
        "text\n\n- a.example AQIDBAU=\n",
        "text\n\n" DASH "a.example\n",
        "text\n\n" DASH "a.example \n",
        "text\n\n" DASH " AQIDBAU=\n",                   /* empty name */
        "text\n\n" DASH "a+b AQIDBAU=\n",
        "text\n\n" DASH "a\xC2\xA0" "b AQIDBAU=\n",      /* Unicode space */
        "text\n\n" DASH "a.example AQIDBAU= \n",
        "text\n\n" DASH "a.example  AQIDBAU=\n",
        "text\n\n" DASH "a.example AQIDBAV=\n",          /* spare bits set */
        "text\n\n" DASH "a.example AQIDBAU\n",           /* no padding */
        "text\n\n" DASH "a.example AQIDBA==\n",          /* key id only */
        "text\n\n" DASH "a.example AQID\n",
        "text\n\n" DASH "a.example AQID-AU=\n",
        "te\rxt\n\n" LINE, "te\txt\n\n" LINE, "te\x01xt\n\n" LINE, "te\xFFxt\n\n" LINE,
        "te\xED\xA0\x80xt\n\n" LINE,
        "text\r\n\r\n" LINE,
    };
    assert_int_equal(decode_text("text\n\n" LINE), OK);
    assert_int_equal(decode_text("text\n\n" LINE LINE), OK);
    assert_int_equal(decode_text("\n\n" LINE), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(decode_text(bad[i]), ERR_FORMAT);
    }
}

static void zero_byte_in_a_text_is_refused(void **state)
{
    (void)state;
    static const char text[] = "te\0xt\n\n" LINE;
    struct note note;
    assert_int_equal(note_decode(&note, span_of(text, sizeof text - 1)), ERR_FORMAT);
}

static enum err decode_lines(unsigned count)
{
    struct buffer b = {0};
    struct note note;
    assert_int_equal(buffer_put(&b, "text\n\n", 6), OK);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(buffer_put(&b, LINE, strlen(LINE)), OK);
    }
    enum err e = note_decode(&note, buffer_span(&b));
    if (e == OK) {
        assert_int_equal(note.sig_count, count);
        note_clear(&note);
    }
    buffer_clear(&b);
    return e;
}

static void note_may_have_64_signatures_and_not_65(void **state)
{
    (void)state;
    assert_int_equal(decode_lines(NOTE_MAX_SIGNATURES), OK);
    assert_int_equal(decode_lines(NOTE_MAX_SIGNATURES + 1), ERR_TOO_LARGE);
}

static void note_over_its_size_is_refused_before_it_is_read(void **state)
{
    (void)state;
    static char text[NOTE_MAX_BYTES + 1];
    struct note note;
    size_t tail = strlen("\n\n" LINE);
    memset(text, 'x', sizeof text);
    memcpy(text + NOTE_MAX_BYTES - tail, "\n\n" LINE, tail);
    assert_int_equal(note_decode(&note, span_of(text, NOTE_MAX_BYTES)), OK);
    note_clear(&note);
    memset(text, 'x', sizeof text);
    memcpy(text + NOTE_MAX_BYTES + 1 - tail, "\n\n" LINE, tail);
    assert_int_equal(note_decode(&note, span_of(text, sizeof text)), ERR_TOO_LARGE);
}

static enum err append_and_decode(size_t payload_bytes)
{
    static const uint8_t payload[NOTE_MAX_SIGNATURE_BYTES + 1] = {1};
    struct signkey *key = key_of('a');
    struct buffer b = signed_note(key);
    struct vkey v = vkey_of(key, "big.example", ALG_COSIGN_ED25519);
    struct note note;
    size_t before = b.len;
    enum err e = note_append_line(&b, &v, span_of(payload, payload_bytes));
    if (e == OK) {
        assert_int_equal(note_decode(&note, buffer_span(&b)), OK);
        assert_int_equal(note.sigs[1].payload.len, payload_bytes);
        assert_memory_equal(note.sigs[1].payload.data, payload, payload_bytes);
        note_clear(&note);
    } else {
        assert_int_equal(b.len, before);
    }
    buffer_clear(&b);
    signkey_free(key);
    return e;
}

static void signatures_as_long_as_mldsa_fit_and_longer_than_the_limit_do_not(void **state)
{
    (void)state;
    assert_int_equal(append_and_decode(1), OK);
    assert_int_equal(append_and_decode(8 + 2420), OK);
    assert_int_equal(append_and_decode(NOTE_MAX_SIGNATURE_BYTES), OK);
    assert_int_equal(append_and_decode(NOTE_MAX_SIGNATURE_BYTES + 1), ERR_TOO_LARGE);
    assert_int_equal(append_and_decode(0), ERR_FORMAT);
}

static void overlong_signature_of_a_stranger_is_refused(void **state)
{
    (void)state;
    static char text[8192];
    size_t chars = BASE64_CHARS(4 + NOTE_MAX_SIGNATURE_BYTES + 1) - 1 + 4;
    int head = snprintf(text, sizeof text, "text\n\n" DASH "a.example ");
    memset(text + head, 'A', chars);
    text[(size_t)head + chars] = '\n';
    struct note note;
    assert_int_equal(note_decode(&note, span_of(text, (size_t)head + chars + 1)), ERR_TOO_LARGE);
}

static void text_that_cannot_be_a_note_is_not_signed(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct buffer b = {0};
    assert_int_equal(note_sign(&b, span_of("no newline", 10), "a.example", key), ERR_FORMAT);
    assert_int_equal(note_sign(&b, span_of("", 0), "a.example", key), ERR_FORMAT);
    assert_int_equal(note_sign(&b, span_of("a\tb\n", 4), "a.example", key), ERR_FORMAT);
    assert_int_equal(note_sign(&b, span_of("a\xFF\n", 3), "a.example", key), ERR_FORMAT);
    assert_int_equal(note_sign(&b, span_of("a\n", 2), "a example", key), ERR_FORMAT);
    assert_int_equal(b.len, 0);
    buffer_clear(&b);
    signkey_free(key);
}

static void stranger_with_one_of_name_and_id_is_ignored(void **state)
{
    (void)state;
    struct signkey *key = key_of('a'), *other = key_of('b');
    struct buffer b = signed_note(key);
    struct vkey known = vkey_of(key, "a.example", ALG_ED25519);
    struct vkey same_name = vkey_of(other, "a.example", ALG_ED25519);
    struct vkey same_id = known;
    bool verified[2];
    const struct vkey keys[2] = {known, same_name};
    memcpy(same_id.name, "b.example", 10);
    assert_int_equal(note_append_line(&b, &same_name, span_of("junk", 4)), OK);
    assert_int_equal(note_append_line(&b, &same_id, span_of("junk", 4)), OK);
    assert_int_equal(verify_bytes(&b, &known, 1, verified, NULL), OK);
    assert_true(verified[0]);
    assert_int_equal(verify_bytes(&b, keys, 2, NULL, NULL), ERR_SIGNATURE);
    assert_int_equal(verify_bytes(&b, &known, 0, NULL, NULL), ERR_SIGNATURE);
    buffer_clear(&b);
    signkey_free(key);
    signkey_free(other);
}

static void known_key_that_fails_once_rejects_the_note(void **state)
{
    (void)state;
    struct signkey *key = key_of('a'), *other = key_of('b');
    struct buffer b = signed_note(key);
    const struct vkey keys[2] = {vkey_of(key, "a.example", ALG_ED25519),
                                 vkey_of(other, "b.example", ALG_ED25519)};
    bool verified[2];
    struct sig sig;
    assert_int_equal(verify_bytes(&b, keys, 2, verified, NULL), OK);
    assert_true(verified[0] && !verified[1]);
    sign_raw(other, span_of(TEXT, strlen(TEXT)), &sig);
    assert_int_equal(note_append_line(&b, &keys[1], span_of(sig.b, SIG_BYTES)), OK);
    assert_int_equal(verify_bytes(&b, keys, 2, verified, NULL), OK);
    assert_true(verified[0] && verified[1]);
    assert_int_equal(note_append_line(&b, &keys[1], span_of(sig.b, SIG_BYTES - 1)), OK);
    assert_int_equal(verify_bytes(&b, keys, 2, verified, NULL), ERR_SIGNATURE);
    assert_int_equal(verify_bytes(&b, keys, 1, verified, NULL), OK);
    buffer_clear(&b);
    signkey_free(key);
    signkey_free(other);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_example_of_the_format_verifies),
        cmocka_unit_test(signed_note_splits_at_its_last_empty_line),
        cmocka_unit_test(every_flipped_bit_of_a_note_is_noticed),
        cmocka_unit_test(every_truncated_note_is_refused),
        cmocka_unit_test(malformed_notes_are_refused),
        cmocka_unit_test(zero_byte_in_a_text_is_refused),
        cmocka_unit_test(note_may_have_64_signatures_and_not_65),
        cmocka_unit_test(note_over_its_size_is_refused_before_it_is_read),
        cmocka_unit_test(signatures_as_long_as_mldsa_fit_and_longer_than_the_limit_do_not),
        cmocka_unit_test(overlong_signature_of_a_stranger_is_refused),
        cmocka_unit_test(text_that_cannot_be_a_note_is_not_signed),
        cmocka_unit_test(stranger_with_one_of_name_and_id_is_ignored),
        cmocka_unit_test(known_key_that_fails_once_rejects_the_note),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
