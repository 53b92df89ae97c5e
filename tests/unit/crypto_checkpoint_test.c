#include "crypto/merkle.h"
#include "crypto/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "ledger.example/dept-1"
#define ZERO_ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

struct fixture { struct signkey *key, *other; struct buffer note; struct checkpoint head; };

static int fixture_init(void **state)
{
    static struct fixture f;
    uint8_t seed[32];
    memset(seed, 'L', sizeof seed);
    f = (struct fixture){.head = {.origin = ORIGIN, .size = 257, .root = {{1, 2, 3}}}};
    *state = &f;
    return signkey_from_seed(&f.key, seed) != OK || signkey_create(&f.other) != OK ||
           checkpoint_sign(&f.head, f.key, &f.note) != OK;
}

static int fixture_clear(void **state)
{
    struct fixture *f = *state;
    signkey_free(f->key);
    signkey_free(f->other);
    buffer_clear(&f->note);
    return 0;
}

static enum err parse_text(const char *text)
{
    struct checkpoint c;
    return checkpoint_parse(&c, span_of(text, strlen(text)));
}

static enum err verify(const struct fixture *f)
{
    struct checkpoint c;
    return checkpoint_verify(&c, buffer_span(&f->note), ORIGIN, signkey_public(f->key));
}

static void signed_checkpoint_verifies_to_the_same_head(void **state)
{
    struct fixture *f = *state;
    struct checkpoint c;
    assert_int_equal(
        checkpoint_verify(&c, buffer_span(&f->note), ORIGIN, signkey_public(f->key)), OK);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, 257);
    assert_true(hash_equal(&c.root, &f->head.root));
    assert_int_equal(
        checkpoint_verify(&c, buffer_span(&f->note), ORIGIN, signkey_public(f->other)),
        ERR_SIGNATURE);
    assert_int_equal(
        checkpoint_verify(&c, buffer_span(&f->note), ORIGIN "0", signkey_public(f->key)),
        ERR_WRONG_LEDGER);
}

static void every_flipped_bit_and_every_truncation_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t bit = 0; bit < 8 * f->note.len; bit++) {
        f->note.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(verify(f), OK);
        f->note.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    size_t whole = f->note.len;
    for (f->note.len = 0; f->note.len < whole; f->note.len++) {
        assert_int_equal(verify(f), ERR_FORMAT);
    }
    assert_int_equal(verify(f), OK);
}

static void parsed_body_formats_to_the_same_bytes(void **state)
{
    (void)state;
    static const char body[] = ORIGIN "\n18446744073709551615\n" ZERO_ROOT "\n";
    struct checkpoint c;
    struct buffer b = {0};
    assert_int_equal(checkpoint_parse(&c, span_of(body, sizeof body - 1)), OK);
    assert_true(c.size == UINT64_MAX);
    assert_int_equal(checkpoint_format(&c, &b), OK);
    assert_int_equal(b.len, sizeof body - 1);
    assert_memory_equal(b.data, body, b.len);
    buffer_clear(&b);
}

static void bodies_outside_the_one_form_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "\n", "\n\n\n", ORIGIN "\n1\n", ORIGIN "\n1\n" ZERO_ROOT,
        ORIGIN "\n1\n" ZERO_ROOT "\n\n",
        ORIGIN "\n1\n" ZERO_ROOT "\nextension\n",
        "\n1\n" ZERO_ROOT "\n",
        "a b\n1\n" ZERO_ROOT "\n", "a+b\n1\n" ZERO_ROOT "\n",
        ORIGIN "\n\n" ZERO_ROOT "\n", ORIGIN "\n01\n" ZERO_ROOT "\n",
        ORIGIN "\n00\n" EMPTY_ROOT "\n", ORIGIN "\n+1\n" ZERO_ROOT "\n",
        ORIGIN "\n-1\n" ZERO_ROOT "\n", ORIGIN "\n 1\n" ZERO_ROOT "\n",
        ORIGIN "\n1 \n" ZERO_ROOT "\n", ORIGIN "\n0x1\n" ZERO_ROOT "\n",
        ORIGIN "\n18446744073709551616\n" ZERO_ROOT "\n",
        ORIGIN "\n99999999999999999999\n" ZERO_ROOT "\n",
        ORIGIN "\n1\n\n", ORIGIN "\n1\nAAAA\n",
        ORIGIN "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", /* spare bits */
        ORIGIN "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",  /* no padding */
        ORIGIN "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", /* 33 bytes */
        ORIGIN "\n1\n" ZERO_ROOT "\r\n",
        ORIGIN "\n0\n" ZERO_ROOT "\n",
    };
    assert_int_equal(parse_text(ORIGIN "\n1\n" ZERO_ROOT "\n"), OK);
    assert_int_equal(parse_text(ORIGIN "\n0\n" EMPTY_ROOT "\n"), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse_text(bad[i]), ERR_FORMAT);
    }
}

static void two_lines_of_the_logs_own_name_are_refused(void **state)
{
    struct fixture *f = *state;
    struct vkey cosigner;
    assert_int_equal(vkey_init(&cosigner, "peer.example", ALG_ED25519, signkey_public(f->other)),
                     OK);
    assert_int_equal(note_append_line(&f->note, &cosigner, span_of("junk", 4)), OK);
    assert_int_equal(verify(f), OK);
    assert_int_equal(vkey_init(&cosigner, ORIGIN, ALG_ED25519, signkey_public(f->other)), OK);
    assert_int_equal(note_append_line(&f->note, &cosigner, span_of("junk", 4)), OK);
    assert_int_equal(verify(f), ERR_FORMAT);
}

static void note_signed_only_by_others_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buffer body = {0};
    buffer_reset(&f->note);
    assert_int_equal(checkpoint_format(&f->head, &body), OK);
    assert_int_equal(note_sign(&f->note, buffer_span(&body), "peer.example", f->key), OK);
    assert_int_equal(verify(f), ERR_SIGNATURE);
    buffer_clear(&body);
}

static void unsignable_head_leaves_the_output_as_it_was(void **state)
{
    struct fixture *f = *state;
    size_t before = f->note.len;
    struct checkpoint bad = {.origin = "with space", .size = 1};
    assert_int_equal(checkpoint_sign(&bad, f->key, &f->note), ERR_FORMAT);
    struct checkpoint lie = {.origin = ORIGIN, .size = 0, .root = {{1}}};
    assert_int_equal(checkpoint_sign(&lie, f->key, &f->note), ERR_FORMAT);
    assert_int_equal(f->note.len, before);
    merkle_empty_root(&lie.root);
    assert_int_equal(checkpoint_sign(&lie, f->key, &f->note), OK);
}

static void longest_origin_is_signed_and_cosigned(void **state)
{
    struct fixture *f = *state;
    struct checkpoint c = {.size = UINT64_MAX};
    struct buffer body = {0};
    uint8_t payload[COSIGNATURE_BYTES];
    uint64_t time_s = 0;
    memset(c.origin, 'o', ORIGIN_MAX_BYTES);
    assert_int_equal(checkpoint_sign(&c, f->key, &f->note), OK);
    assert_int_equal(checkpoint_format(&c, &body), OK);
    assert_int_equal(body.len, CHECKPOINT_BODY_MAX_BYTES);
    cosignature_sign(f->other, buffer_span(&body), INT64_MAX, payload);
    assert_int_equal(cosignature_verify(signkey_public(f->other), buffer_span(&body),
                                        span_of(payload, sizeof payload), &time_s), OK);
    assert_true(time_s == INT64_MAX);
    buffer_clear(&body);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

#define WITH_HEAD(test) cmocka_unit_test_setup_teardown(test, fixture_init, fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HEAD(signed_checkpoint_verifies_to_the_same_head),
        WITH_HEAD(every_flipped_bit_and_every_truncation_is_refused),
        WITH_HEAD(parsed_body_formats_to_the_same_bytes),
        WITH_HEAD(bodies_outside_the_one_form_are_refused),
        WITH_HEAD(two_lines_of_the_logs_own_name_are_refused),
        WITH_HEAD(note_signed_only_by_others_is_refused),
        WITH_HEAD(unsignable_head_leaves_the_output_as_it_was),
        WITH_HEAD(longest_origin_is_signed_and_cosigned),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
