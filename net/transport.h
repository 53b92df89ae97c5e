/* Byte streams between nodes: nng_stream over TCP, each a secure session (net/session.h) that
 * carries frames. Caps on connections hold before any public-key operation, deadlines after;
 * buffers grow as bytes arrive. With ipc*.c the only files that know NNG.
 *
 * Without an identity (transport_identify) nothing is dialled and nobody let in. */
#ifndef JIELI_NET_TRANSPORT_H
#define JIELI_NET_TRANSPORT_H

#include "crypto/bytes.h"
#include "crypto/channel.h"
#include "crypto/keys.h"
#include "net/address.h"
#include "net/sync.h"

/* CLAIMED    the other side has proven `key`: as a peer it claims to be whom the certificate in
 *            `frame` names, with an invitation it knows the secret of the one that `hint` names.
 *            The receiver judges it, then transport_accept or transport_disconnect
 * CONNECTED  accepted, and both directions are open
 * CLOSED     the last event; also of connections that never became more than an attempt */
enum transport_event_type {
    TRANSPORT_CLAIMED, TRANSPORT_CONNECTED, TRANSPORT_FRAME, TRANSPORT_CLOSED
};
struct transport_event {
    enum transport_event_type type;
    struct peer_id peer;
    bool dialed;
    enum err why;                   /* CLOSED: what ended it, ERR_CLOSED for an ordinary end */
    enum channel_purpose purpose;   /* as the dialler announced it; PEER before it did */
    struct xpubkey key;             /* CLAIMED */
    uint8_t hint[CHANNEL_HINT_MAX_BYTES], hint_len;   /* CLAIMED, purpose ENROL */
    char address[ADDRESS_MAX_BYTES + 1];  /* as dialled, or the numeric host that dialled us */
    uint64_t bytes_in, bytes_out;   /* CLOSED: as of transport_bytes */
    struct buffer frame;            /* FRAME, CLAIMED: the receiver's, when it returns true */
};
/* Called on library threads (and within transport_resume and transport_accept), for one peer never
 * twice at once and in order; it must only enqueue, or accept, and not call back into the transport
 * otherwise. False pushes back: nothing was taken, reading from that peer pauses and the event
 * comes again after transport_resume, or by itself some moments later. */
struct transport_handler {
    void *ctx;
    bool (*on_event)(void *ctx, struct transport_event *event);
    /* Also on library threads, and bound alike: the secret of an invitation (net/session.h); NULL:
     * there are none. */
    enum err (*secret)(void *ctx, struct span hint, uint8_t psk[NOISE_PSK_BYTES]);
};

enum {
    TRANSPORT_HANDSHAKE_MS = 10000,   /* from the first byte to transport_accept */
    TRANSPORT_IDLE_MS = 30000,        /* three heartbeats without a byte */
    TRANSPORT_ADDRESS_CLAIMS = 8,     /* connections of one address that are not accepted yet */
    TRANSPORT_CLAIMS = 64,            /* of all: beyond, the oldest gives way */
    TRANSPORT_SEND_BYTES = 32 * 1024 * 1024,     /* that wait to be sent: each peer may have half
                                                    of what the others leave, SEND_QUEUE_BYTES
                                                    at most */
    TRANSPORT_PARTIAL_BYTES = 64 * 1024 * 1024,  /* of frames that are coming in: beyond, the peer
                                                    with the most is cut off (ERR_BUSY) */
};
struct transport_options {
    struct hash ledger;
    unsigned handshake_ms, idle_ms;   /* 0: as above */
};

struct transport;
MUST_CHECK enum err transport_create(struct transport **out, const struct transport_handler *h,
                                     const struct transport_options *options);
/* Our key and the certificate for it, both copied, for sessions that begin from now on; NULL and an
 * empty certificate: none from now on. ERR_NOMEM leaves the former ones. */
MUST_CHECK enum err transport_identify(struct transport *t, const struct xkey *key,
                                       struct span certificate);
/* "192.0.2.7:7311", "[2001:db8::7]:7311". ERR_CONFIG for a bad address. */
MUST_CHECK enum err transport_listen(struct transport *t, const char *address);
/* Keeps a connection to address: redials after a break with back-off 1 s to 60 s and jitter. */
MUST_CHECK enum err transport_dial(struct transport *t, const char *address);
/* A claimed peer was found good. Nothing happens when it is gone. */
void transport_accept(struct transport *t, struct peer_id peer);
/* Seals the frame. ERR_BUSY when the peer's send queue is full, ERR_CLOSED, ERR_TOO_LARGE: empty or
 * over channel_frame_max. */
MUST_CHECK enum err transport_send(struct transport *t, struct peer_id peer, struct span frame);
/* `why` comes back with CLOSED, unless something else had ended it. */
void transport_disconnect(struct transport *t, struct peer_id peer, enum err why);
void transport_resume(struct transport *t, struct peer_id peer);
/* Bytes of the stream each way so far, handshake and seals included. False: gone. */
bool transport_bytes(struct transport *t, struct peer_id peer, uint64_t *in, uint64_t *out);

/* An address that we keep a connection to. */
struct transport_link {
    char address[ADDRESS_MAX_BYTES + 1];
    bool up;                        /* being dialled, or a connection of it lives */
    bool open;                      /* CONNECTED was told, and it lives */
    enum err why;                   /* how the last attempt to reach it ended; OK: it was reached */
    uint64_t due_in_ms;             /* until the next attempt, when not up */
};
/* i-th of them; false past the end. */
bool transport_link_at(struct transport *t, unsigned i, struct transport_link *out);

/* Whether the library beneath still brings anything to an end. Any thread; waits for no lock, so
 * that it can be asked of a transport that hangs. */
struct transport_pulse {
    uint64_t completions;           /* dials, accepts, reads and writes that ended, well or not */
    uint64_t rounds;                /* of the keeper, which redials */
    unsigned links, waiting;        /* waiting: those being dialled, due, or being closed */
};
void transport_pulse(const struct transport *t, struct transport_pulse *out);
/* Stops everything; no handler runs after it returns. No other call may be under way but those of
 * handlers. */
void transport_close(struct transport *t);

#endif
