#include "crypto/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct hash LEDGER = {{1, 2, 3}};

static struct signkey *key_of(uint8_t fill)
{
    uint8_t seed[32];
    struct signkey *key = NULL;
    memset(seed, fill, sizeof seed);
    assert_int_equal(signkey_from_seed(&key, seed), OK);
    return key;
}

static struct pubkey point(const char *hex)
{
    struct pubkey out;
    size_t len;
    assert_int_equal(hex_decode(out.b, sizeof out.b, hex, 64, &len), OK);
    return out;
}

static void self_test_passes_here(void **state)
{
    (void)state;
    assert_int_equal(keys_start(), OK);
}

static void signature_verifies_and_any_changed_bit_of_it_does_not(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct sig sig;
    struct span message = span_of("message", 7);
    sign_raw(key, message, &sig);
    assert_int_equal(verify_raw(signkey_public(key), message, &sig), OK);
    for (unsigned bit = 0; bit < 8 * SIG_BYTES; bit++) {
        struct sig bad = sig;
        bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify_raw(signkey_public(key), message, &bad), ERR_SIGNATURE);
    }
    assert_int_equal(verify_raw(signkey_public(key), span_of("massage", 7), &sig), ERR_SIGNATURE);
    assert_int_equal(verify_raw(signkey_public(key), span_of("message", 6), &sig), ERR_SIGNATURE);
    signkey_free(key);
}

static void empty_message_can_be_signed(void **state)
{
    (void)state;
    struct signkey *key = key_of('a');
    struct sig sig;
    sign_raw(key, (struct span){NULL, 0}, &sig);
    assert_int_equal(verify_raw(signkey_public(key), (struct span){NULL, 0}, &sig), OK);
    signkey_free(key);
}

static void fresh_keys_differ_and_their_seed_rebuilds_them(void **state)
{
    (void)state;
    struct signkey *a = NULL, *b = NULL, *again = NULL;
    uint8_t seed[32];
    assert_int_equal(signkey_create(&a), OK);
    assert_int_equal(signkey_create(&b), OK);
    assert_false(pubkey_equal(signkey_public(a), signkey_public(b)));
    signkey_seed(a, seed);
    assert_int_equal(signkey_from_seed(&again, seed), OK);
    assert_true(pubkey_equal(signkey_public(a), signkey_public(again)));
    signkey_free(a);
    signkey_free(b);
    signkey_free(again);
    signkey_free(NULL);
}

static void honest_key_may_be_enrolled_and_dangerous_points_may_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* neutral */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
        "9599999999999999999999999999999999999999999999999999999999999999", /* order 2L */
        "5252cc0a7f208133b620acbd4537eba2a4123bf0a8c2e4f980c3b31bb69765ea", /* order 4L */
        "da99e28ba529cdde35a25fba9059e78ecaee239f99755b9b1aa4f65df00803e2", /* order 8L */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 1, not canonical */
        "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
    };
    struct pubkey base = point("5866666666666666666666666666666666666666666666666666666666666666");
    struct signkey *key = key_of('k');
    assert_int_equal(pubkey_check(&base), OK);
    assert_int_equal(pubkey_check(signkey_public(key)), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pubkey p = point(bad[i]);
        assert_int_equal(pubkey_check(&p), ERR_KEY);
    }
    signkey_free(key);
}

static void possession_binds_ledger_member_role_and_key(void **state)
{
    (void)state;
    struct signkey *key = key_of('k'), *other = key_of('o');
    const struct pubkey *pub = signkey_public(key);
    struct hash other_ledger = {{1, 2, 4}};
    struct sig proof;
    assert_int_equal(possession_sign(key, &LEDGER, "yjj", "officer", &proof), OK);
    assert_int_equal(possession_verify(pub, &LEDGER, "yjj", "officer", &proof), OK);
    assert_int_equal(possession_verify(pub, &other_ledger, "yjj", "officer", &proof),
                     ERR_SIGNATURE);
    assert_int_equal(possession_verify(pub, &LEDGER, "yj", "jofficer", &proof), ERR_SIGNATURE);
    assert_int_equal(possession_verify(pub, &LEDGER, "zjj", "officer", &proof), ERR_SIGNATURE);
    assert_int_equal(possession_verify(pub, &LEDGER, "yjj", "node", &proof), ERR_SIGNATURE);
    assert_int_equal(possession_verify(signkey_public(other), &LEDGER, "yjj", "officer", &proof),
                     ERR_SIGNATURE);
    signkey_free(key);
    signkey_free(other);
}

static void possession_signs_exactly_the_documented_bytes(void **state)
{
    (void)state;
    struct signkey *key = key_of('k');
    struct buffer b = {0};
    struct sig proof, expected;
    assert_int_equal(buffer_put(&b, "jieli/possession/v1", 20), OK);
    assert_int_equal(buffer_put(&b, LEDGER.b, 32), OK);
    assert_int_equal(buffer_put(&b, "\x03yjj\x04node", 9), OK);
    assert_int_equal(buffer_put(&b, signkey_public(key)->b, 32), OK);
    sign_raw(key, buffer_span(&b), &expected);
    assert_int_equal(possession_sign(key, &LEDGER, "yjj", "node", &proof), OK);
    assert_memory_equal(proof.b, expected.b, SIG_BYTES);
    buffer_clear(&b);
    signkey_free(key);
}

static void possession_takes_255_bytes_of_role_and_not_256(void **state)
{
    (void)state;
    struct signkey *key = key_of('k');
    struct sig proof;
    char role[257];
    memset(role, 'r', sizeof role);
    role[255] = '\0';
    assert_int_equal(possession_sign(key, &LEDGER, "yjj", role, &proof), OK);
    assert_int_equal(possession_verify(signkey_public(key), &LEDGER, "yjj", role, &proof), OK);
    role[255] = 'r';
    role[256] = '\0';
    assert_int_equal(possession_sign(key, &LEDGER, "yjj", role, &proof), ERR_TOO_LARGE);
    assert_int_equal(possession_verify(signkey_public(key), &LEDGER, role, "node", &proof),
                     ERR_TOO_LARGE);
    signkey_free(key);
}

static void possession_by_a_dangerous_key_is_refused_as_such(void **state)
{
    (void)state;
    struct pubkey bad = point("0100000000000000000000000000000000000000000000000000000000000000");
    struct sig proof = {{1}};
    assert_int_equal(possession_verify(&bad, &LEDGER, "yjj", "node", &proof), ERR_KEY);
}

static void xkey_matches_the_first_iteration_of_rfc_7748_and_clears_to_zeros(void **state)
{
    (void)state;
    struct xkey key;
    uint8_t secret[32] = {9}, expected[32];
    size_t len;
    assert_int_equal(hex_decode(expected, 32, "422c8e7a6227d7bca1350b3e2bb7279f"
                                              "7897b87bb6854b783c60e80311ae3079", 64, &len), OK);
    assert_int_equal(xkey_from_secret(&key, secret), OK);
    assert_memory_equal(key.pub.b, expected, 32);
    xkey_clear(&key);
    for (size_t i = 0; i < sizeof key.secret; i++) {
        assert_int_equal(key.secret[i], 0);
    }
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_test_passes_here),
        cmocka_unit_test(signature_verifies_and_any_changed_bit_of_it_does_not),
        cmocka_unit_test(empty_message_can_be_signed),
        cmocka_unit_test(fresh_keys_differ_and_their_seed_rebuilds_them),
        cmocka_unit_test(honest_key_may_be_enrolled_and_dangerous_points_may_not),
        cmocka_unit_test(possession_binds_ledger_member_role_and_key),
        cmocka_unit_test(possession_signs_exactly_the_documented_bytes),
        cmocka_unit_test(possession_takes_255_bytes_of_role_and_not_256),
        cmocka_unit_test(possession_by_a_dangerous_key_is_refused_as_such),
        cmocka_unit_test(xkey_matches_the_first_iteration_of_rfc_7748_and_clears_to_zeros),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
