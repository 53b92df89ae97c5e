/* The cipher state of Noise_*_ChaChaPoly (Noise Protocol Framework, revision 34, sections 5.1, 11.3
 * and 12.3): ChaCha20-Poly1305 (RFC 8439), nonce = 4 zero bytes ‖ u64 counter, little-endian. */
#ifndef JIELI_CRYPTO_NOISE_CIPHER_H
#define JIELI_CRYPTO_NOISE_CIPHER_H

#include "crypto/err.h"
#include "crypto/types.h"

enum { NOISE_KEY_BYTES = 32, NOISE_TAG_BYTES = 16, NOISE_MESSAGE_MAX_BYTES = 65535,
       NOISE_PLAIN_MAX_BYTES = NOISE_MESSAGE_MAX_BYTES - NOISE_TAG_BYTES };

struct noise_cipher { uint8_t key[NOISE_KEY_BYTES]; uint64_t counter; };

void noise_cipher_init(struct noise_cipher *c, const uint8_t key[NOISE_KEY_BYTES]);
void noise_cipher_clear(struct noise_cipher *c);   /* wipes the key */

/* Writes plain.len + NOISE_TAG_BYTES to `out`, which may be plain.data, and counts on.
 * ERR_TOO_LARGE: plain is longer than NOISE_PLAIN_MAX_BYTES, or the counter has reached 2^64 - 1,
 * which is kept for rekeying. */
MUST_CHECK enum err noise_cipher_seal(struct noise_cipher *c, struct span ad, struct span plain,
                                      uint8_t *out);

/* Writes box.len - NOISE_TAG_BYTES to `out`, which may be box.data, and counts on.
 * ERR_UNAUTHENTIC: it does not open; nothing is told and the counter stays. ERR_TRUNCATED: shorter
 * than a tag. ERR_TOO_LARGE as above. */
MUST_CHECK enum err noise_cipher_open(struct noise_cipher *c, struct span ad, struct span box,
                                      uint8_t *out);

/* Takes the next key, from which the last cannot be found; the counter goes on. */
void noise_cipher_rekey(struct noise_cipher *c);

#endif
