/* Content for named readers: encrypted once under a fresh key, that key wrapped for each of them.
 *
 * Sealing is the transform UtC of Bellare and Hoang (2022) over ChaCha20-Poly1305, so that sealed
 * bytes open under one key only: whoever sealed them cannot show two readers two contents.
 *   enc ‖ com = BLAKE2b-512(key = content key, "jieli/seal/v1" ‖ ledger ‖ u16 length ‖ about)
 *   sealed    = u8 1 ‖ com ‖ ChaCha20-Poly1305(enc, nonce 0, no data, padded)
 * The nonce may be 0 as no content key is used twice. Padding is ISO/IEC 7816-4 (0x80, zeros) up to
 * a length of Padmé (PURBs, 2019), at least SEAL_MIN_PADDED: at most 12 % more, and a length tells
 * its magnitude only.
 *
 * A wrap is libsodium's crypto_box_seal (X25519, XSalsa20-Poly1305) to the reader's sealing key of
 *   SHA-256("jieli/wrap/v1" ‖ ledger ‖ commitment ‖ reader's key) ‖ content key
 * so that it opens for one ledger, part and reader. Who made it is not told and need not be: a key
 * that is not the content's opens nothing. */
#ifndef JIELI_CRYPTO_SEAL_H
#define JIELI_CRYPTO_SEAL_H

#include "crypto/keys.h"
#include "crypto/limits.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_OVERHEAD = 1 + 32 + 16,
    SEAL_MIN_PADDED = 256,
    SEAL_MAX_ABOUT = 256,
    WRAP_BYTES = 48 + 64,
};

struct seal_key { uint8_t b[SEAL_KEY_BYTES]; };

/* What sealed bytes belong to; `about` is the caller's, at most SEAL_MAX_ABOUT bytes, borrowed. */
struct seal_context { const struct hash *ledger; struct span about; };

/* Length of the sealed bytes of a plaintext of `len` bytes; above PART_MAX_BYTES where it is too
 * long to be sealed. */
size_t seal_length(size_t len);

/* Seals under a fresh key, which it tells, and appends the sealed bytes to `out`. ERR_TOO_LARGE
 * (plaintext or about), ERR_NOMEM; out is as before then. Wipe the key after use. */
MUST_CHECK enum err seal_close(const struct seal_context *ctx, struct span plain,
                               struct seal_key *key, struct buffer *out);
/* *plain is overwritten, and empty after an error. ERR_UNSUPPORTED (another form), ERR_TRUNCATED,
 * ERR_UNAUTHENTIC (altered, another key or context), ERR_FORMAT (padding), ERR_NOMEM. */
MUST_CHECK enum err seal_open(const struct seal_context *ctx, const struct seal_key *key,
                              struct span sealed, struct buffer *plain);

/* `commitment` names the part. ERR_KEY: the reader's key is no valid point. */
MUST_CHECK enum err wrap_close(const struct seal_key *key, const struct hash *ledger,
                               const struct hash *commitment, const struct xpubkey *reader,
                               uint8_t wrap[WRAP_BYTES]);
/* ERR_UNAUTHENTIC: altered, for another reader, part or ledger. */
MUST_CHECK enum err wrap_open(const struct xkey *reader, const struct hash *ledger,
                              const struct hash *commitment, const uint8_t wrap[WRAP_BYTES],
                              struct seal_key *key);

#endif
