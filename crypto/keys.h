/* Key pairs, random bytes, plain Ed25519 and signatures that carry a purpose.
 * Only this folder includes <sodium.h>. */
#ifndef JIELI_CRYPTO_KEYS_H
#define JIELI_CRYPTO_KEYS_H

#include "crypto/bytes.h"
#include "crypto/err.h"
#include "crypto/types.h"

/* Secret half in guarded memory (sodium_malloc); freed by signkey_free. */
struct signkey;

/* Starts libsodium and self-tests it: a known small-order point and a known mixed-order point must
 * be refused by is_valid_point (CVE-2025-69277), one RFC 8032 vector must sign and verify.
 * Call once before any other function of this folder. ERR_UNSUPPORTED when the test fails. */
MUST_CHECK enum err keys_start(void);

MUST_CHECK enum err signkey_create(struct signkey **out);             /* fresh random key */
MUST_CHECK enum err signkey_from_seed(struct signkey **out, const uint8_t seed[32]);
void signkey_seed(const struct signkey *key, uint8_t seed[32]);
void signkey_free(struct signkey *key);                                /* NULL is fine */
const struct pubkey *signkey_public(const struct signkey *key);

/* Bare RFC 8032 Ed25519. Only note.c, cosign and COSE build on these two: everything signed by
 * them has a format that names ledger, purpose and context itself. */
void sign_raw(const struct signkey *key, struct span message, struct sig *sig);
MUST_CHECK enum err verify_raw(const struct pubkey *key, struct span message,
                               const struct sig *sig);

/* Refuses what must never be enrolled: not canonical, small order, mixed order. ERR_KEY. */
MUST_CHECK enum err pubkey_check(const struct pubkey *key);

/* Proof of possession: a signature by the new key over
 * "jieli/possession/v1" 0x00 ‖ ledger id (32) ‖ u8 len ‖ member ‖ u8 len ‖ role ‖ public key (32).
 * Binds ledger, member, role and key. ERR_TOO_LARGE when member or role exceed 255 bytes;
 * possession_verify: ERR_KEY as pubkey_check, ERR_SIGNATURE. */
MUST_CHECK enum err possession_sign(const struct signkey *key, const struct hash *ledger,
                                    const char *member, const char *role, struct sig *proof);
MUST_CHECK enum err possession_verify(const struct pubkey *key, const struct hash *ledger,
                                      const char *member, const char *role,
                                      const struct sig *proof);

/* X25519 pair for transport and sealing; public part certified in entry 0. */
struct xkey { uint8_t secret[32]; struct xpubkey pub; };
void xkey_create(struct xkey *out);
MUST_CHECK enum err xkey_from_secret(struct xkey *out, const uint8_t secret[32]);
void xkey_clear(struct xkey *key);

void random_bytes(void *out, size_t len);
void wipe(void *secret, size_t len);

#endif
