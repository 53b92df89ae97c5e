#include "crypto/keys.h"

#include <sodium.h>
#include <string.h>

struct signkey {
    struct pubkey pub;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

/* Points of order 2, 2L and 8L: base point plus a point of order 2 or 8. The second passes
 * is_valid_point where CVE-2025-69277 is not mended. */
static const struct pubkey BAD_POINTS[] = {
    {{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
    {{0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
      0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
      0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99}},
    {{0xda, 0x99, 0xe2, 0x8b, 0xa5, 0x29, 0xcd, 0xde, 0x35, 0xa2, 0x5f, 0xba,
      0x90, 0x59, 0xe7, 0x8e, 0xca, 0xee, 0x23, 0x9f, 0x99, 0x75, 0x5b, 0x9b,
      0x1a, 0xa4, 0xf6, 0x5d, 0xf0, 0x08, 0x03, 0xe2}},
};

/* RFC 8032, section 7.1, TEST 2. */
static const uint8_t KNOWN_SEED[32] = {
    0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
    0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
static const uint8_t KNOWN_MESSAGE[1] = {0x72};
static const struct sig KNOWN_SIG = {{
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c,
    0x00}};

static bool bad_points_refused(void)
{
    for (size_t i = 0; i < sizeof BAD_POINTS / sizeof BAD_POINTS[0]; i++) {
        if (pubkey_check(&BAD_POINTS[i]) == OK) {
            return false;
        }
    }
    return true;
}

static enum err known_signature_check(void)
{
    struct signkey *key = NULL;
    struct sig sig;
    struct span message = {KNOWN_MESSAGE, sizeof KNOWN_MESSAGE};
    enum err e = signkey_from_seed(&key, KNOWN_SEED);
    if (e != OK) {
        return e;
    }
    sign_raw(key, message, &sig);
    if (memcmp(sig.b, KNOWN_SIG.b, SIG_BYTES) != 0 || pubkey_check(&key->pub) != OK ||
        verify_raw(&key->pub, message, &sig) != OK) {
        e = ERR_UNSUPPORTED;
    }
    signkey_free(key);
    return e;
}

enum err keys_start(void)
{
    if (sodium_init() < 0 || !bad_points_refused()) {
        return ERR_UNSUPPORTED;
    }
    return known_signature_check();
}

enum err signkey_from_seed(struct signkey **out, const uint8_t seed[32])
{
    struct signkey *key = sodium_malloc(sizeof *key);
    if (key == NULL) {
        return ERR_NOMEM;
    }
    crypto_sign_seed_keypair(key->pub.b, key->secret, seed);
    sodium_mprotect_readonly(key);
    *out = key;
    return OK;
}

enum err signkey_create(struct signkey **out)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    random_bytes(seed, sizeof seed);
    enum err e = signkey_from_seed(out, seed);
    wipe(seed, sizeof seed);
    return e;
}

void signkey_seed(const struct signkey *key, uint8_t seed[32])
{
    crypto_sign_ed25519_sk_to_seed(seed, key->secret);
}

void signkey_free(struct signkey *key)
{
    sodium_free(key);
}

const struct pubkey *signkey_public(const struct signkey *key)
{
    return &key->pub;
}

void sign_raw(const struct signkey *key, struct span message, struct sig *sig)
{
    crypto_sign_detached(sig->b, NULL, message.data, message.len, key->secret);
}

enum err verify_raw(const struct pubkey *key, struct span message, const struct sig *sig)
{
    int result = crypto_sign_verify_detached(sig->b, message.data, message.len, key->b);
    return result == 0 ? OK : ERR_SIGNATURE;
}

enum err pubkey_check(const struct pubkey *key)
{
    return crypto_core_ed25519_is_valid_point(key->b) == 1 ? OK : ERR_KEY;
}

enum err xkey_from_secret(struct xkey *out, const uint8_t secret[32])
{
    memcpy(out->secret, secret, sizeof out->secret);
    return crypto_scalarmult_base(out->pub.b, out->secret) == 0 ? OK : ERR_KEY;
}

void xkey_create(struct xkey *out)
{
    crypto_box_keypair(out->pub.b, out->secret);
}

void xkey_clear(struct xkey *key)
{
    wipe(key, sizeof *key);
}

void random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}
