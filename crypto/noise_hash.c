#include "crypto/noise_hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crypto/keys.h"

enum { BLOCK_BYTES = 128 };

static void hash_parts(uint8_t out[NOISE_HASH_BYTES], struct span a, struct span b, struct span c)
{
    crypto_generichash_blake2b_state state;
    int rv = crypto_generichash_blake2b_init(&state, NULL, 0, NOISE_HASH_BYTES);
    rv |= crypto_generichash_blake2b_update(&state, a.data, a.len);
    rv |= crypto_generichash_blake2b_update(&state, b.data, b.len);
    rv |= crypto_generichash_blake2b_update(&state, c.data, c.len);
    rv |= crypto_generichash_blake2b_final(&state, out, NOISE_HASH_BYTES);
    wipe(&state, sizeof state);
    assert(rv == 0);
}

void noise_hash(uint8_t out[NOISE_HASH_BYTES], struct span a, struct span b)
{
    hash_parts(out, a, b, (struct span){NULL, 0});
}

static void pad_make(uint8_t pad[BLOCK_BYTES], const uint8_t key[NOISE_HASH_BYTES], uint8_t fill)
{
    memset(pad, fill, BLOCK_BYTES);
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++) {
        pad[i] = key[i] ^ fill;
    }
}

void noise_hmac(uint8_t out[NOISE_HASH_BYTES], const uint8_t key[NOISE_HASH_BYTES],
                struct span a, struct span b)
{
    uint8_t pad[BLOCK_BYTES], inner[NOISE_HASH_BYTES];
    struct span pad_span = {pad, sizeof pad};
    pad_make(pad, key, 0x36);
    hash_parts(inner, pad_span, a, b);
    pad_make(pad, key, 0x5c);
    noise_hash(out, pad_span, (struct span){inner, sizeof inner});
    wipe(pad, sizeof pad);
    wipe(inner, sizeof inner);
}

void noise_hkdf(const uint8_t chaining_key[NOISE_HASH_BYTES], struct span input, unsigned count,
                uint8_t out[][NOISE_HASH_BYTES])
{
    uint8_t temp[NOISE_HASH_BYTES];
    struct span before = {NULL, 0};
    assert(count >= 1 && count <= NOISE_HKDF_MAX);
    noise_hmac(temp, chaining_key, input, before);
    for (unsigned i = 0; i < count; i++) {
        uint8_t number = (uint8_t)(i + 1);
        noise_hmac(out[i], temp, before, (struct span){&number, 1});
        before = (struct span){out[i], NOISE_HASH_BYTES};
    }
    wipe(temp, sizeof temp);
}
