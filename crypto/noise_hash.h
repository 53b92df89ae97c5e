/* The hash of Noise_*_BLAKE2b (Noise Protocol Framework, revision 34, sections 4.3 and 12.8). */
#ifndef JIELI_CRYPTO_NOISE_HASH_H
#define JIELI_CRYPTO_NOISE_HASH_H

#include "crypto/types.h"

enum { NOISE_HASH_BYTES = 64, NOISE_HKDF_MAX = 3 };

/* HASH: unkeyed BLAKE2b-512 (RFC 7693) of a ‖ b. `out` may be `a`. */
void noise_hash(uint8_t out[NOISE_HASH_BYTES], struct span a, struct span b);

/* HMAC-HASH (RFC 2104) of a ‖ b with a block of 128 bytes. The key is a chaining key or an output
 * of the same function, always one hash long. BLAKE2b's own keyed mode is something else. */
void noise_hmac(uint8_t out[NOISE_HASH_BYTES], const uint8_t key[NOISE_HASH_BYTES],
                struct span a, struct span b);

/* HKDF: the first `count` outputs (1 to NOISE_HKDF_MAX). `chaining_key` may not lie in `out`. */
void noise_hkdf(const uint8_t chaining_key[NOISE_HASH_BYTES], struct span input, unsigned count,
                uint8_t out[][NOISE_HASH_BYTES]);

#endif
