/* Noise handshakes over 25519, ChaChaPoly and BLAKE2b (Noise Protocol Framework, revision 34). One
 * pattern is one row of a table in noise.c; sessions use XX and XXpsk3 (crypto/channel.h).
 * No clock, no sending: messages go in and out as bytes. */
#ifndef JIELI_CRYPTO_NOISE_H
#define JIELI_CRYPTO_NOISE_H

#include "crypto/bytes.h"
#include "crypto/keys.h"
#include "crypto/noise_cipher.h"
#include "crypto/noise_hash.h"

enum noise_pattern { NOISE_NN, NOISE_NK, NOISE_KK, NOISE_XK, NOISE_IK, NOISE_XX, NOISE_IX,
                     NOISE_NNPSK0, NOISE_XXPSK3, NOISE_KKPSK0, NOISE_PATTERNS };
enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };
enum { NOISE_PSK_BYTES = 32 };

/* The seam for ephemeral keys; NULL at `fill` is random_bytes. Tests replay vectors through it. */
struct noise_random { void *ctx; void (*fill)(void *ctx, uint8_t *out, size_t len); };

struct noise_config {
    enum noise_pattern pattern;
    enum noise_role role;
    const struct xkey *key;           /* own static pair, where the pattern uses one; copied */
    const struct xpubkey *peer;       /* the other's static key, where it is known beforehand */
    const uint8_t *psk;               /* NOISE_PSK_BYTES, in psk patterns only; copied */
    struct span prologue;
    struct noise_random random;
};

/* In the caller's memory, fields for noise.c alone; noise_clear wipes it. A function below that
 * fails wipes it too, and every later call is ERR_CLOSED. */
struct noise {
    enum noise_pattern pattern;
    enum noise_role role;
    struct noise_random random;
    unsigned next;                    /* message whose turn it is */
    bool dead, has_key, has_peer;
    struct noise_cipher cipher;
    uint8_t chaining_key[NOISE_HASH_BYTES], hash[NOISE_HASH_BYTES];
    struct xkey key, ephemeral;
    struct xpubkey peer, peer_ephemeral;
    uint8_t psk[NOISE_PSK_BYTES];
};

/* What `c` must hold for its pattern and does not is a bug of the caller (assert). */
void noise_init(struct noise *n, const struct noise_config *c);
void noise_clear(struct noise *n);

bool noise_done(const struct noise *n);           /* all messages are through: split */
bool noise_is_our_turn(const struct noise *n);    /* the next message is ours to write */
/* Bytes of the next message beyond its payload. */
size_t noise_overhead(const struct noise *n);

/* Appends the next message. ERR_PROTOCOL: not our turn, or done. ERR_TOO_LARGE: the message would
 * be longer than NOISE_MESSAGE_MAX_BYTES. ERR_KEY: a key agreement gave all zeros (the peer's key
 * is of low order). ERR_NOMEM. */
MUST_CHECK enum err noise_write(struct noise *n, struct span payload, struct buffer *out);

/* Reads the next message and appends its payload. ERR_PROTOCOL, ERR_TOO_LARGE, ERR_KEY, ERR_NOMEM
 * as above; ERR_TRUNCATED; ERR_UNAUTHENTIC: altered, or another prologue, key or psk. */
MUST_CHECK enum err noise_read(struct noise *n, struct span message, struct buffer *payload);

/* The peer's static key; NULL until it is known. It is proven once a payload after it has opened,
 * which noise_read does in one step. */
const struct xpubkey *noise_peer(const struct noise *n);

/* The two ciphers of the finished handshake and, for channel binding, its hash; wipes `n`.
 * ERR_PROTOCOL: not done. */
MUST_CHECK enum err noise_split(struct noise *n, struct noise_cipher *send,
                                struct noise_cipher *receive, uint8_t hash[NOISE_HASH_BYTES]);

#endif
