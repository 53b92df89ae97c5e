/* One side of a secure session over any byte stream: Noise XX, or XXpsk3 for enrolment, then
 * frames. It knows no sockets and no clock; deadlines, caps on connections and back-off are the
 * transport's. Every byte is given in FORMAT.md, "Sessions".
 *
 *   dialler:  init → out → in … → out → established        after each call of channel_handshake_in
 *   listener: init → in … → out → in … → established       call channel_handshake_out
 *
 * Any failure ends the channel: it returns the one error that says why, keys are wiped, and every
 * later call returns ERR_CLOSED. A sealed frame must be sent, in the order of sealing, or the
 * channel given up. */
#ifndef JIELI_CRYPTO_CHANNEL_H
#define JIELI_CRYPTO_CHANNEL_H

#include <stdatomic.h>

#include "crypto/limits.h"
#include "crypto/noise.h"

enum channel_purpose { CHANNEL_PEER = 1, CHANNEL_DESK = 2, CHANNEL_ENROL = 3 };

enum {
    CHANNEL_VERSION = 1,
    CHANNEL_HINT_MAX_BYTES = 32,
    CHANNEL_CERTIFICATE_MAX_BYTES = 32 * 1024,
    CHANNEL_HANDSHAKE_MAX_BYTES = 64 * 1024,      /* taken from a peer before it is proven */
    CHANNEL_REKEY_MESSAGES = 65536,               /* each direction, whichever comes first */
    CHANNEL_REKEY_BYTES = 1024 * 1024 * 1024,     /* of plaintext */
};

/* Called within channel_handshake_in and channel_handshake_out. An error refuses the peer: the
 * channel fails with it. Spans are borrowed for the call. */
struct channel_events {
    void *ctx;
    /* Listener: the dialler's announced purpose, nothing proven yet. For CHANNEL_ENROL it fills in
     * the secret of the invitation that `hint` names, else leaves `psk` alone. Keep it cheap and
     * answer by purpose and hint only. */
    enum err (*on_opening)(void *ctx, enum channel_purpose purpose, struct span hint,
                           uint8_t psk[NOISE_PSK_BYTES]);
    /* Appends the certificate of our own static key, at most CHANNEL_CERTIFICATE_MAX_BYTES. */
    enum err (*certificate)(void *ctx, struct buffer *out);
    /* The peer holds `key` and hands out `certificate` for it, which means nothing until the caller
     * has judged it. The dialler is asked before it tells who it is; there the peer has proven the
     * key but, for CHANNEL_ENROL, the secret only with its first frame. */
    enum err (*on_peer)(void *ctx, const struct xpubkey *key, struct span certificate);
};

struct channel_config {
    enum noise_role role;             /* the dialler is the initiator */
    const struct xkey *key;           /* own transport key, copied */
    struct hash ledger;
    enum channel_purpose purpose;     /* dialler only, like the next two */
    struct span hint;                 /* sent in clear, at most CHANNEL_HINT_MAX_BYTES */
    const uint8_t *psk;               /* NOISE_PSK_BYTES with CHANNEL_ENROL, else NULL; copied */
    struct channel_events events;
    struct noise_random random;       /* zero outside tests */
};

/* One direction of an established channel. */
struct channel_way { struct noise_cipher cipher; uint32_t messages; uint64_t bytes; };

/* In the caller's memory, about 1 KiB; what arrives grows two buffers. Fields are for channel*.c
 * and tests. */
struct channel {
    enum noise_role role;
    struct hash ledger;
    struct xkey key;
    uint8_t psk[NOISE_PSK_BYTES];     /* wiped with `key` once the handshake is through */
    struct channel_events events;
    struct noise_random random;
    enum channel_purpose purpose;
    uint8_t hint[CHANNEL_HINT_MAX_BYTES];
    uint8_t hint_len;
    bool opened;                      /* the opening is through, `noise` is in use */
    struct noise noise;
    atomic_bool established;
    atomic_int ended;                 /* enum err: OK while it lives */
    struct xpubkey peer;
    uint8_t hash[NOISE_HASH_BYTES];
    struct channel_way send, receive;
    uint32_t handshake_bytes;         /* taken from the peer so far */
    uint8_t prefix[2];
    unsigned prefix_len;
    struct buffer staged;             /* a record that came in pieces */
    struct buffer frame;              /* a frame of several records */
    uint32_t frame_len;               /* 0 between frames */
};

/* What `c` lacks is a bug of the caller (assert). Clear it in every case. */
void channel_init(struct channel *ch, const struct channel_config *c);
void channel_clear(struct channel *ch);

/* Appends what is ours to say now; nothing while it is the peer's turn or all is said.
 * ERR_TOO_LARGE: the certificate is; ERR_KEY, ERR_NOMEM; what the callback returned. */
MUST_CHECK enum err channel_handshake_out(struct channel *ch, struct buffer *out);

/* Takes bytes from the front of *in; what is left belongs to channel_open. ERR_PROTOCOL: no channel
 * of ours, a message shorter than its shape, or spoken out of turn. ERR_TOO_LARGE: announces more
 * than the handshake may hold, before it is read. ERR_UNSUPPORTED: another version or purpose.
 * ERR_WRONG_LEDGER: the opening names another (the dialler is not told). ERR_UNAUTHENTIC: altered,
 * or another ledger, purpose or secret, or a replay. ERR_KEY: a key of low order, or our own.
 * ERR_NOMEM; what a callback returned. */
MUST_CHECK enum err channel_handshake_in(struct channel *ch, struct span *in);

bool channel_established(const struct channel *ch);
const struct xpubkey *channel_peer(const struct channel *ch);   /* established channels only */
/* Handshake hash (64 bytes), the same on both sides and of no other session: what is signed over
 * it holds in this session alone. Established channels only. */
struct span channel_binding(const struct channel *ch);
/* What ended it; OK while it lives. Safe from any thread. */
enum err channel_ended(const struct channel *ch);
/* Ends it from outside (a member suspended, a deadline). Safe from any thread. The first reason
 * stays; not OK. */
void channel_end(struct channel *ch, enum err why);

/* The longest frame: FRAME_MAX_BYTES, between a desk and its node DESK_FRAME_MAX_BYTES. The opening
 * must be through. */
size_t channel_frame_max(const struct channel *ch);
/* Bytes on the wire for a frame of frame_len bytes, 1 to channel_frame_max. */
size_t channel_sealed_bytes(size_t frame_len);

/* One thread may seal while another opens, no two may do the same. ERR_PROTOCOL: not established.
 * Appends the records of one frame. ERR_TOO_LARGE: empty or over channel_frame_max; ERR_NOMEM. */
MUST_CHECK enum err channel_seal(struct channel *ch, struct span frame, struct buffer *out);

/* Takes bytes from the front of *in until a frame is whole or *in is empty. *whole: the frame was
 * moved to *frame, which is the caller's and was empty. Memory grows as authentic bytes arrive.
 * ERR_UNAUTHENTIC: altered, replayed, reordered or left out; ERR_PROTOCOL: a record too short, or a
 * frame cut other than in the one allowed way; ERR_TOO_LARGE: a frame over
 * channel_frame_max is announced; ERR_NOMEM. */
MUST_CHECK enum err channel_open(struct channel *ch, struct span *in, struct buffer *frame,
                                 bool *whole);

#endif
