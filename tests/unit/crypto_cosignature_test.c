#include "crypto/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BODY "a.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static const struct span BODY_SPAN = {(const uint8_t *)BODY, sizeof BODY - 1};

static struct signkey *key_of(uint8_t fill)
{
    uint8_t seed[32];
    struct signkey *key = NULL;
    memset(seed, fill, sizeof seed);
    assert_int_equal(signkey_from_seed(&key, seed), OK);
    return key;
}

static void cosignature_covers_exactly_the_documented_bytes(void **state)
{
    (void)state;
    static const char message[] = "cosignature/v1\ntime 1679315147\n" BODY;
    struct signkey *key = key_of('c');
    struct sig expected;
    uint8_t payload[COSIGNATURE_BYTES];
    cosignature_sign(key, BODY_SPAN, 1679315147, payload);
    sign_raw(key, span_of(message, sizeof message - 1), &expected);
    assert_int_equal(load_u64(payload), 1679315147);
    assert_memory_equal(payload + 8, expected.b, SIG_BYTES);
    signkey_free(key);
}

static void cosignature_is_bound_to_body_time_and_key(void **state)
{
    (void)state;
    struct signkey *key = key_of('c'), *other = key_of('o');
    uint8_t payload[COSIGNATURE_BYTES];
    struct span sent = span_of(payload, sizeof payload);
    uint64_t time_s = 7;
    cosignature_sign(key, BODY_SPAN, 1000, payload);
    for (size_t bit = 0; bit < 8 * sizeof payload; bit++) {
        payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(cosignature_verify(signkey_public(key), BODY_SPAN, sent, &time_s),
                         bit == 7 ? ERR_RANGE : ERR_SIGNATURE);
        payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    struct span shorter = {BODY_SPAN.data, BODY_SPAN.len - 1};
    assert_int_equal(cosignature_verify(signkey_public(key), shorter, sent, &time_s),
                     ERR_SIGNATURE);
    assert_int_equal(cosignature_verify(signkey_public(other), BODY_SPAN, sent, &time_s),
                     ERR_SIGNATURE);
    assert_int_equal(time_s, 7);
    assert_int_equal(cosignature_verify(signkey_public(key), BODY_SPAN, sent, &time_s), OK);
    assert_int_equal(time_s, 1000);
    signkey_free(key);
    signkey_free(other);
}

static void payload_of_another_length_is_malformed(void **state)
{
    (void)state;
    struct signkey *key = key_of('c');
    uint8_t payload[COSIGNATURE_BYTES + 1] = {0};
    uint64_t time_s;
    cosignature_sign(key, BODY_SPAN, 1000, payload);
    assert_int_equal(
        cosignature_verify(signkey_public(key), BODY_SPAN, span_of(payload, 71), &time_s),
        ERR_FORMAT);
    assert_int_equal(
        cosignature_verify(signkey_public(key), BODY_SPAN, span_of(payload, 73), &time_s),
        ERR_FORMAT);
    signkey_free(key);
}

static void body_longer_than_any_checkpoint_is_refused(void **state)
{
    (void)state;
    static const uint8_t body[CHECKPOINT_BODY_MAX_BYTES + 1];
    struct signkey *key = key_of('c');
    uint8_t payload[COSIGNATURE_BYTES];
    uint64_t time_s;
    struct span sent = span_of(payload, sizeof payload);
    cosignature_sign(key, span_of(body, sizeof body - 1), 1, payload);
    assert_int_equal(cosignature_verify(signkey_public(key), span_of(body, sizeof body - 1), sent,
                                        &time_s), OK);
    assert_int_equal(cosignature_verify(signkey_public(key), span_of(body, sizeof body), sent,
                                        &time_s), ERR_TOO_LARGE);
    signkey_free(key);
}

static void note_tells_the_latest_time_of_each_cosigner(void **state)
{
    (void)state;
    struct signkey *log = key_of('l'), *peer = key_of('p');
    struct buffer b = {0};
    struct vkey keys[2];
    struct note note;
    bool verified[2];
    uint64_t times[2];
    uint8_t payload[COSIGNATURE_BYTES];
    assert_int_equal(vkey_init(&keys[0], "a.example", ALG_ED25519, signkey_public(log)), OK);
    assert_int_equal(vkey_init(&keys[1], "p.example", ALG_COSIGN_ED25519, signkey_public(peer)),
                     OK);
    assert_int_equal(note_sign(&b, BODY_SPAN, "a.example", log), OK);
    for (uint64_t i = 0; i < 3; i++) {
        cosignature_sign(peer, BODY_SPAN, 1000 + (i * 2) % 3, payload);
        assert_int_equal(note_append_line(&b, &keys[1], span_of(payload, sizeof payload)), OK);
    }
    assert_int_equal(note_decode(&note, buffer_span(&b)), OK);
    assert_int_equal(note_verify(&note, keys, 2, verified, times), OK);
    assert_true(verified[0] && verified[1]);
    assert_int_equal(times[0], 0);
    assert_int_equal(times[1], 1002);
    assert_int_equal(note_verify(&note, &keys[1], 1, NULL, NULL), OK);
    note_clear(&note);
    payload[20] ^= 1;
    assert_int_equal(note_append_line(&b, &keys[1], span_of(payload, sizeof payload)), OK);
    assert_int_equal(note_decode(&note, buffer_span(&b)), OK);
    assert_int_equal(note_verify(&note, keys, 2, verified, times), ERR_SIGNATURE);
    note_clear(&note);
    buffer_clear(&b);
    signkey_free(log);
    signkey_free(peer);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosignature_covers_exactly_the_documented_bytes),
        cmocka_unit_test(cosignature_is_bound_to_body_time_and_key),
        cmocka_unit_test(payload_of_another_length_is_malformed),
        cmocka_unit_test(body_longer_than_any_checkpoint_is_refused),
        cmocka_unit_test(note_tells_the_latest_time_of_each_cosigner),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
