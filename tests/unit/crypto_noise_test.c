#include "crypto/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const struct span NONE = {NULL, 0};

struct pair { struct noise i, r; struct xkey ikey, rkey; struct buffer wire, payload; };

static void pair_init(struct pair *p, enum noise_pattern pattern, struct span r_prologue,
                      uint8_t r_psk)
{
    uint8_t psk[NOISE_PSK_BYTES];
    bool with_psk = pattern == NOISE_XXPSK3;
    struct noise_config c = {.pattern = pattern, .role = NOISE_INITIATOR, .key = &p->ikey,
                             .psk = with_psk ? psk : NULL, .prologue = span_of("ledger", 6)};
    xkey_create(&p->ikey);
    xkey_create(&p->rkey);
    memset(psk, 1, sizeof psk);
    noise_init(&p->i, &c);
    memset(psk, r_psk, sizeof psk);
    c.role = NOISE_RESPONDER;
    c.key = &p->rkey;
    c.prologue = r_prologue;
    noise_init(&p->r, &c);
}

static int setup(void **state)
{
    struct pair *p = test_calloc(1, sizeof *p);
    pair_init(p, NOISE_XX, span_of("ledger", 6), 1);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    noise_clear(&p->i);
    noise_clear(&p->r);
    buffer_clear(&p->wire);
    buffer_clear(&p->payload);
    test_free(p);
    return 0;
}

static enum err pass(struct pair *p, struct noise *from, struct noise *to, struct span payload)
{
    buffer_reset(&p->wire);
    buffer_reset(&p->payload);
    enum err err = noise_write(from, payload, &p->wire);
    return err == OK ? noise_read(to, buffer_span(&p->wire), &p->payload) : err;
}

static enum err shake(struct pair *p)
{
    enum err err = pass(p, &p->i, &p->r, NONE);
    if (err == OK) {
        err = pass(p, &p->r, &p->i, span_of("r", 1));
    }
    return err == OK ? pass(p, &p->i, &p->r, span_of("i", 1)) : err;
}

static void hash_is_unkeyed_blake2b_of_both_parts(void **state)
{
    (void)state;
    uint8_t ours[NOISE_HASH_BYTES], theirs[NOISE_HASH_BYTES];
    noise_hash(ours, span_of("ab", 2), span_of("c", 1));
    assert_int_equal(EVP_Digest("abc", 3, theirs, NULL, EVP_blake2b512(), NULL), 1);
    assert_memory_equal(ours, theirs, sizeof ours);
    noise_hash(ours, span_of("ab", 2), NONE);
    assert_memory_not_equal(ours, theirs, sizeof ours);
}

static void hmac_has_a_block_of_128_bytes(void **state)
{
    (void)state;
    uint8_t key[NOISE_HASH_BYTES], ours[NOISE_HASH_BYTES], theirs[NOISE_HASH_BYTES];
    unsigned len = sizeof theirs;
    memset(key, 0xaa, sizeof key);
    noise_hmac(ours, key, span_of("message ", 8), span_of("in two", 6));
    assert_non_null(HMAC(EVP_blake2b512(), key, sizeof key,
                         (const unsigned char *)"message in two", 14, theirs, &len));
    assert_memory_equal(ours, theirs, sizeof ours);
    noise_hmac(ours, key, span_of("message ", 8), span_of("in one", 6));
    assert_memory_not_equal(ours, theirs, sizeof ours);
}

static void hkdf_chains_its_outputs(void **state)
{
    (void)state;
    uint8_t ck[NOISE_HASH_BYTES] = {7}, temp[NOISE_HASH_BYTES], out[3][NOISE_HASH_BYTES];
    uint8_t expected[NOISE_HASH_BYTES], two[1] = {2};
    noise_hkdf(ck, span_of("input", 5), 3, out);
    noise_hmac(temp, ck, span_of("input", 5), NONE);
    noise_hmac(expected, temp, span_of("\1", 1), NONE);
    assert_memory_equal(out[0], expected, sizeof expected);
    noise_hmac(expected, temp, span_of(out[0], NOISE_HASH_BYTES), span_of(two, 1));
    assert_memory_equal(out[1], expected, sizeof expected);
    assert_memory_not_equal(out[2], expected, sizeof expected);
}

static void sealed_bytes_open_once_and_in_order(void **state)
{
    (void)state;
    const uint8_t key[NOISE_KEY_BYTES] = {9};
    uint8_t first[4 + NOISE_TAG_BYTES], second[4 + NOISE_TAG_BYTES], plain[4];
    struct noise_cipher a, b;
    noise_cipher_init(&a, key);
    noise_cipher_init(&b, key);
    assert_int_equal(noise_cipher_seal(&a, NONE, span_of("one!", 4), first), OK);
    assert_int_equal(noise_cipher_seal(&a, NONE, span_of("two!", 4), second), OK);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(second, 20), plain), ERR_UNAUTHENTIC);
    assert_int_equal(noise_cipher_open(&b, span_of("ad", 2), span_of(first, 20), plain),
                     ERR_UNAUTHENTIC);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(first, 15), plain), ERR_TRUNCATED);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(first, 20), plain), OK);
    assert_memory_equal(plain, "one!", 4);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(first, 20), plain), ERR_UNAUTHENTIC);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(second, 20), plain), OK);
}

static void counter_ends_before_the_nonce_kept_for_rekeying(void **state)
{
    (void)state;
    const uint8_t key[NOISE_KEY_BYTES] = {9};
    uint8_t box[1 + NOISE_TAG_BYTES];
    struct noise_cipher c;
    noise_cipher_init(&c, key);
    c.counter = UINT64_MAX - 1;
    assert_int_equal(noise_cipher_seal(&c, NONE, span_of("x", 1), box), OK);
    assert_int_equal(noise_cipher_seal(&c, NONE, span_of("x", 1), box), ERR_TOO_LARGE);
    assert_int_equal(noise_cipher_open(&c, NONE, span_of(box, sizeof box), box), ERR_TOO_LARGE);
}

static void message_over_the_maximum_is_not_sealed(void **state)
{
    (void)state;
    const uint8_t key[NOISE_KEY_BYTES] = {9};
    uint8_t *box = test_calloc(1, NOISE_MESSAGE_MAX_BYTES + 1);
    struct noise_cipher c;
    noise_cipher_init(&c, key);
    assert_int_equal(noise_cipher_seal(&c, NONE, span_of(box, NOISE_PLAIN_MAX_BYTES), box), OK);
    assert_int_equal(noise_cipher_seal(&c, NONE, span_of(box, NOISE_PLAIN_MAX_BYTES + 1), box),
                     ERR_TOO_LARGE);
    assert_int_equal(c.counter, 1);
    assert_int_equal(noise_cipher_open(&c, NONE, span_of(box, NOISE_MESSAGE_MAX_BYTES + 1), box),
                     ERR_TOO_LARGE);
    test_free(box);
}

static void rekeyed_sides_go_on_and_the_old_key_is_gone(void **state)
{
    (void)state;
    const uint8_t key[NOISE_KEY_BYTES] = {9};
    uint8_t box[1 + NOISE_TAG_BYTES], plain[1];
    struct noise_cipher a, b, left;
    noise_cipher_init(&a, key);
    noise_cipher_init(&b, key);
    assert_int_equal(noise_cipher_seal(&a, NONE, span_of("x", 1), box), OK);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(box, sizeof box), plain), OK);
    left = b;
    noise_cipher_rekey(&a);
    noise_cipher_rekey(&b);
    assert_int_equal(a.counter, 1);
    assert_memory_not_equal(a.key, key, sizeof key);
    assert_int_equal(noise_cipher_seal(&a, NONE, span_of("x", 1), box), OK);
    assert_int_equal(noise_cipher_open(&left, NONE, span_of(box, sizeof box), plain),
                     ERR_UNAUTHENTIC);
    assert_int_equal(noise_cipher_open(&b, NONE, span_of(box, sizeof box), plain), OK);
}

/* Section 4.2: the first 32 bytes of 32 zero bytes sealed under the nonce 2^64 - 1. */
static void next_key_is_the_one_of_the_framework(void **state)
{
    (void)state;
    static const uint8_t KEY[NOISE_KEY_BYTES] = {9}, ZEROS[NOISE_KEY_BYTES] = {0};
    static const uint8_t NONCE[12] = {0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255};
    uint8_t expected[NOISE_KEY_BYTES];
    int len = 0;
    struct noise_cipher c;
    noise_cipher_init(&c, KEY);
    noise_cipher_rekey(&c);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, KEY, NONCE), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, expected, &len, ZEROS, sizeof ZEROS), 1);
    EVP_CIPHER_CTX_free(ctx);
    assert_int_equal(len, NOISE_KEY_BYTES);
    assert_memory_equal(c.key, expected, NOISE_KEY_BYTES);
}

static void xx_proves_both_keys_and_hands_payloads_over(void **state)
{
    struct pair *p = *state;
    assert_null(noise_peer(&p->i));
    assert_int_equal(shake(p), OK);
    assert_int_equal(p->payload.len, 1);
    assert_memory_equal(noise_peer(&p->i), &p->rkey.pub, PUBKEY_BYTES);
    assert_memory_equal(noise_peer(&p->r), &p->ikey.pub, PUBKEY_BYTES);
    struct noise_cipher is, ir, rs, rr;
    uint8_t ihash[NOISE_HASH_BYTES], rhash[NOISE_HASH_BYTES];
    assert_int_equal(noise_split(&p->i, &is, &ir, ihash), OK);
    assert_int_equal(noise_split(&p->r, &rs, &rr, rhash), OK);
    assert_memory_equal(is.key, rr.key, NOISE_KEY_BYTES);
    assert_memory_equal(ir.key, rs.key, NOISE_KEY_BYTES);
    assert_memory_not_equal(is.key, ir.key, NOISE_KEY_BYTES);
    assert_memory_equal(ihash, rhash, sizeof ihash);
    assert_int_equal(noise_split(&p->i, &is, &ir, ihash), ERR_CLOSED);
}

static void two_handshakes_between_the_same_keys_share_nothing(void **state)
{
    struct pair *p = *state;
    struct noise again = p->i;
    assert_int_equal(noise_write(&p->i, NONE, &p->wire), OK);
    assert_int_equal(noise_write(&again, NONE, &p->payload), OK);
    assert_memory_not_equal(p->wire.data, p->payload.data, 32);
}

static void other_prologue_does_not_open(void **state)
{
    struct pair *p = *state;
    pair_init(p, NOISE_XX, span_of("ledges", 6), 1);
    assert_int_equal(shake(p), ERR_UNAUTHENTIC);
    assert_int_equal(pass(p, &p->r, &p->i, NONE), ERR_PROTOCOL);
}

static void other_psk_does_not_open_and_the_same_does(void **state)
{
    struct pair *p = *state;
    pair_init(p, NOISE_XXPSK3, span_of("ledger", 6), 1);
    assert_int_equal(shake(p), OK);
    pair_init(p, NOISE_XXPSK3, span_of("ledger", 6), 2);
    assert_int_equal(shake(p), ERR_UNAUTHENTIC);
}

static void call_out_of_turn_ends_the_handshake(void **state)
{
    struct pair *p = *state;
    uint8_t zeros[64] = {0}, hash[NOISE_HASH_BYTES];
    struct noise_cipher a, b;
    assert_int_equal(noise_read(&p->i, span_of(zeros, 32), &p->payload), ERR_PROTOCOL);
    assert_int_equal(noise_write(&p->i, NONE, &p->wire), ERR_CLOSED);
    assert_int_equal(noise_write(&p->r, NONE, &p->wire), ERR_PROTOCOL);
    assert_int_equal(noise_read(&p->r, span_of(zeros, 32), &p->payload), ERR_CLOSED);
    pair_init(p, NOISE_XX, NONE, 1);
    assert_int_equal(noise_split(&p->i, &a, &b, hash), ERR_PROTOCOL);
    assert_int_equal(noise_split(&p->i, &a, &b, hash), ERR_CLOSED);
    pair_init(p, NOISE_XX, span_of("ledger", 6), 1);
    assert_int_equal(shake(p), OK);
    assert_int_equal(noise_write(&p->r, NONE, &p->wire), ERR_PROTOCOL);
    assert_int_equal(noise_overhead(&p->r), 0);
}

static void message_cut_anywhere_is_refused(void **state)
{
    struct pair *p = *state;
    for (size_t len = 0; len < 96; len++) {
        pair_init(p, NOISE_XX, span_of("ledger", 6), 1);
        assert_int_equal(pass(p, &p->i, &p->r, NONE), OK);
        buffer_reset(&p->wire);
        assert_int_equal(noise_write(&p->r, NONE, &p->wire), OK);
        assert_int_equal(p->wire.len, 96);
        assert_int_equal(noise_read(&p->i, span_of(p->wire.data, len), &p->payload),
                         ERR_TRUNCATED);
        assert_int_equal(noise_read(&p->i, buffer_span(&p->wire), &p->payload), ERR_CLOSED);
    }
}

static void message_over_the_maximum_is_neither_written_nor_read(void **state)
{
    struct pair *p = *state;
    uint8_t *big = test_calloc(1, NOISE_MESSAGE_MAX_BYTES + 1);
    assert_int_equal(pass(p, &p->i, &p->r, span_of(big, NOISE_MESSAGE_MAX_BYTES - 32)), OK);
    pair_init(p, NOISE_XX, NONE, 1);
    assert_int_equal(noise_write(&p->i, span_of(big, NOISE_MESSAGE_MAX_BYTES - 31), &p->wire),
                     ERR_TOO_LARGE);
    assert_int_equal(noise_read(&p->r, span_of(big, NOISE_MESSAGE_MAX_BYTES + 1), &p->payload),
                     ERR_TOO_LARGE);
    test_free(big);
}

/* Orders 1, 2, 4, 8 and their other encodings (RFC 7748, section 6.1; curve25519 small orders). */
static void key_of_low_order_is_refused(void **state)
{
    struct pair *p = *state;
    static const char *const POINTS[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof POINTS / sizeof POINTS[0]; i++) {
        uint8_t message[96] = {0};
        size_t len;
        pair_init(p, NOISE_XX, NONE, 1);
        assert_int_equal(hex_decode(message, 32, POINTS[i], 64, &len), OK);
        assert_int_equal(noise_read(&p->r, span_of(message, 32), &p->payload), OK);
        assert_int_equal(noise_write(&p->r, NONE, &p->wire), ERR_KEY);
        assert_int_equal(noise_write(&p->i, NONE, &p->wire), OK);
        assert_int_equal(noise_read(&p->i, span_of(message, 96), &p->payload), ERR_KEY);
    }
}

static void static_key_of_low_order_is_refused_by_either_side(void **state)
{
    struct pair *p = *state;
    assert_int_equal(pass(p, &p->i, &p->r, NONE), OK);
    memset(&p->r.key.pub, 0, sizeof p->r.key.pub);
    assert_int_equal(pass(p, &p->r, &p->i, NONE), ERR_KEY);
    pair_init(p, NOISE_XX, span_of("ledger", 6), 1);
    assert_int_equal(pass(p, &p->i, &p->r, NONE), OK);
    assert_int_equal(pass(p, &p->r, &p->i, NONE), OK);
    memset(&p->i.key.pub, 0, sizeof p->i.key.pub);
    assert_int_equal(pass(p, &p->i, &p->r, NONE), ERR_KEY);
}

static void failed_handshake_leaves_no_secret_and_no_bytes(void **state)
{
    struct pair *p = *state;
    struct noise blank = {.dead = true};
    assert_int_equal(pass(p, &p->i, &p->r, NONE), OK);
    buffer_reset(&p->wire);
    assert_int_equal(noise_write(&p->r, span_of("payload", 7), &p->wire), OK);
    p->wire.data[p->wire.len - 1] ^= 1;
    buffer_reset(&p->payload);
    assert_int_equal(noise_read(&p->i, buffer_span(&p->wire), &p->payload), ERR_UNAUTHENTIC);
    assert_int_equal(p->payload.len, 0);
    assert_memory_equal(p->i.key.secret, blank.key.secret, 32);
    assert_memory_equal(p->i.ephemeral.secret, blank.ephemeral.secret, 32);
    assert_memory_equal(p->i.chaining_key, blank.chaining_key, NOISE_HASH_BYTES);
    assert_null(noise_peer(&p->i));
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

#define WITH_PAIR(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_unkeyed_blake2b_of_both_parts),
        cmocka_unit_test(hmac_has_a_block_of_128_bytes),
        cmocka_unit_test(hkdf_chains_its_outputs),
        cmocka_unit_test(sealed_bytes_open_once_and_in_order),
        cmocka_unit_test(counter_ends_before_the_nonce_kept_for_rekeying),
        cmocka_unit_test(message_over_the_maximum_is_not_sealed),
        cmocka_unit_test(rekeyed_sides_go_on_and_the_old_key_is_gone),
        cmocka_unit_test(next_key_is_the_one_of_the_framework),
        WITH_PAIR(xx_proves_both_keys_and_hands_payloads_over),
        WITH_PAIR(two_handshakes_between_the_same_keys_share_nothing),
        WITH_PAIR(other_prologue_does_not_open),
        WITH_PAIR(other_psk_does_not_open_and_the_same_does),
        WITH_PAIR(call_out_of_turn_ends_the_handshake),
        WITH_PAIR(message_cut_anywhere_is_refused),
        WITH_PAIR(message_over_the_maximum_is_neither_written_nor_read),
        WITH_PAIR(key_of_low_order_is_refused),
        WITH_PAIR(static_key_of_low_order_is_refused_by_either_side),
        WITH_PAIR(failed_handshake_leaves_no_secret_and_no_bytes),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
