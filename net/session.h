/* One connection of a node as a secure session: a channel, our certificate, and the other side's
 * claim, which waits for whoever keeps the roster. We dial peers; who dials us says for what: as a
 * peer, from an officer's desk, or with an invitation. Pure: bytes in, bytes out.
 *
 *   OPENING → (the peer's key is proven) → CLAIMED → session_accept → OPEN
 *
 * A dialler sends its own certificate within session_accept, so nobody learns who it is whom it has
 * not found in the roster. Any failure ends the session. */
#ifndef JIELI_NET_SESSION_H
#define JIELI_NET_SESSION_H

#include "crypto/channel.h"

enum session_phase { SESSION_OPENING, SESSION_CLAIMED, SESSION_OPEN };

/* Finds the secret of the invitation that `hint` names. ERR_NOTFOUND. */
struct session_secrets {
    void *ctx;
    enum err (*find)(void *ctx, struct span hint, uint8_t psk[NOISE_PSK_BYTES]);
};

/* Stays where it is: the channel points back to it. */
struct session {
    enum session_phase phase;
    struct channel channel;
    struct buffer own;                 /* our certificate, until it was sent */
    struct buffer claim;               /* the peer's */
    bool claimed;
    struct session_secrets secrets;
};

/* Takes *certificate over. secrets->find NULL: no invitations here. */
void session_init(struct session *s, enum noise_role role, const struct hash *ledger,
                  const struct xkey *key, struct buffer *certificate,
                  const struct session_secrets *secrets);
void session_clear(struct session *s);
/* What a dialler says first; nothing for a listener. Errors of channel_handshake_out. */
MUST_CHECK enum err session_start(struct session *s, struct buffer *out);
/* While OPENING: takes bytes from the front of *in, appends what is to be answered. Becomes CLAIMED
 * once the peer has proven a key; what is then left of *in waits. Errors of channel_handshake_in
 * and _out; ERR_PROTOCOL for a hint where none belongs; ERR_NOTFOUND for an invitation that is not
 * known. */
MUST_CHECK enum err session_handshake(struct session *s, struct span *in, struct buffer *out);
/* CLAIMED to OPEN: the claim was found good. Errors of channel_handshake_out. */
MUST_CHECK enum err session_accept(struct session *s, struct buffer *out);

#endif
