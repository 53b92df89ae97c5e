#include "crypto/noise_cipher.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crypto/keys.h"

enum { AEAD_NONCE_BYTES = crypto_aead_chacha20poly1305_IETF_NPUBBYTES };

static_assert((int)NOISE_TAG_BYTES == (int)crypto_aead_chacha20poly1305_IETF_ABYTES, "tag");

static void nonce_make(uint8_t nonce[AEAD_NONCE_BYTES], uint64_t counter)
{
    memset(nonce, 0, AEAD_NONCE_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> 8 * i);
    }
}

void noise_cipher_init(struct noise_cipher *c, const uint8_t key[NOISE_KEY_BYTES])
{
    memcpy(c->key, key, NOISE_KEY_BYTES);
    c->counter = 0;
}

void noise_cipher_clear(struct noise_cipher *c)
{
    wipe(c, sizeof *c);
}

enum err noise_cipher_seal(struct noise_cipher *c, struct span ad, struct span plain, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (plain.len > NOISE_PLAIN_MAX_BYTES || c->counter == UINT64_MAX) {
        return ERR_TOO_LARGE;
    }
    nonce_make(nonce, c->counter++);
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.len, ad.data, ad.len,
                                              NULL, nonce, c->key);
    return OK;
}

enum err noise_cipher_open(struct noise_cipher *c, struct span ad, struct span box, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (box.len > NOISE_MESSAGE_MAX_BYTES || c->counter == UINT64_MAX) {
        return ERR_TOO_LARGE;
    }
    if (box.len < NOISE_TAG_BYTES) {
        return ERR_TRUNCATED;
    }
    nonce_make(nonce, c->counter);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, box.data, box.len, ad.data,
                                                  ad.len, nonce, c->key) != 0) {
        return ERR_UNAUTHENTIC;
    }
    c->counter++;
    return OK;
}

void noise_cipher_rekey(struct noise_cipher *c)
{
    uint8_t nonce[AEAD_NONCE_BYTES], box[NOISE_KEY_BYTES + NOISE_TAG_BYTES] = {0};
    nonce_make(nonce, UINT64_MAX);
    crypto_aead_chacha20poly1305_ietf_encrypt(box, NULL, box, NOISE_KEY_BYTES, NULL, 0, NULL,
                                              nonce, c->key);
    memcpy(c->key, box, NOISE_KEY_BYTES);
    wipe(box, sizeof box);
}
