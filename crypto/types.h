/* Values that must not be mixed up, each its own type. On the wire and on disk a key or a hash is
 * its algorithm's byte followed by its bytes; in memory suite 1 is implied by the type. */
#ifndef JIELI_CRYPTO_TYPES_H
#define JIELI_CRYPTO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH_BYTES = 32, PUBKEY_BYTES = 32, SIG_BYTES = 64, SALT_BYTES = 32, NONCE_BYTES = 16 };

/* Algorithm bytes (FORMAT.md, "Algorithms"). 0x10 and up are kept for suite 2 (SM2, SM3). */
enum alg { ALG_ED25519 = 0x01, ALG_SHA256 = 0x02, ALG_X25519 = 0x03, ALG_COSIGN_ED25519 = 0x04 };

/* Wire size of a tagged key or hash: algorithm byte and 32 bytes. */
enum { TAGGED_BYTES = 33 };

struct hash { uint8_t b[HASH_BYTES]; };
struct pubkey { uint8_t b[PUBKEY_BYTES]; };     /* Ed25519 */
struct xpubkey { uint8_t b[PUBKEY_BYTES]; };    /* X25519 */
struct sig { uint8_t b[SIG_BYTES]; };
struct nonce { uint8_t b[NONCE_BYTES]; };

static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return __builtin_memcmp(a->b, b->b, HASH_BYTES) == 0;
}

static inline bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
    return __builtin_memcmp(a->b, b->b, PUBKEY_BYTES) == 0;
}

/* Bytes that somebody else owns. */
struct span { const uint8_t *data; size_t len; };

/* A growing buffer of the caller's. Zero-initialised is empty; buffer_clear frees. */
struct buffer { uint8_t *data; size_t len, cap; };

#endif
