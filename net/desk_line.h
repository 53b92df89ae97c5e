/* A secure session that a command dials: an officer's desk to a node, or an enrolment by
 * invitation. Blocking, one thread, a plain socket. */
#ifndef JIELI_NET_DESK_LINE_H
#define JIELI_NET_DESK_LINE_H

#include "crypto/channel.h"

struct desk_line;

struct desk_dial {
    enum channel_purpose purpose;     /* DESK or ENROL */
    struct hash ledger;
    const struct xkey *key;           /* ours; copied */
    struct span hint;                 /* ENROL: name of the invitation */
    const uint8_t *psk;               /* ENROL: its secret */
    unsigned timeout_ms;              /* for connecting and for each piece that is waited for */
    void *ctx;
    /* Judges the listener before it learns who we are; an error hangs up and comes back. */
    enum err (*on_peer)(void *ctx, const struct xpubkey *key, struct span certificate);
};

/* ERR_NOTFOUND: nobody listens there; ERR_TIMEOUT; ERR_CONFIG (address); ERR_CLOSED: the listener
 * hung up, which is how it refuses a ledger, an invitation or a key; ERR_UNAUTHENTIC: altered, or
 * another ledger; those of on_peer. */
MUST_CHECK enum err desk_dial(struct desk_line **out, const char *address,
                              const struct desk_dial *how);
void desk_hang_up(struct desk_line *line);        /* NULL is fine */
/* Between an answer and the next request: whether the listener has hung up meanwhile, as it does
 * with a session that is silent for TRANSPORT_IDLE_MS. */
bool desk_ended(const struct desk_line *line);
/* One frame of 1 to channel_frame_max bytes. ERR_TOO_LARGE; those of channel_seal and sockets. */
MUST_CHECK enum err desk_send(struct desk_line *line, struct span frame);
/* The next frame; what *frame held is dropped. ERR_CLOSED, ERR_TIMEOUT; those of channel_open. */
MUST_CHECK enum err desk_receive(struct desk_line *line, struct buffer *frame);

#endif
