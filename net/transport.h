/* Byte streams between nodes: nng_stream over TCP with u32 length-prefixed frames, capped before
 * anything is allocated, buffers grown as bytes arrive. The one file that knows NNG (with ipc.c).
 * frame_wrap/frame_unwrap in transport.c are the one place where a secure session will sit; until
 * it does, addresses beyond loopback are refused (ERR_PERMISSION). */
#ifndef JIELI_NET_TRANSPORT_H
#define JIELI_NET_TRANSPORT_H

#include "crypto/bytes.h"
#include "net/sync.h"

enum transport_event_type { TRANSPORT_CONNECTED, TRANSPORT_FRAME, TRANSPORT_CLOSED };
struct transport_event {
    enum transport_event_type type;
    struct peer_id peer;
    bool dialed;
    enum err why;                   /* CLOSED: what ended it, ERR_CLOSED for an ordinary end */
    struct buffer frame;            /* FRAME: owned by the receiver, when it returns true */
};
/* Called on library threads (and within transport_resume), for one peer never twice at once and
 * in order; it must only enqueue, and not call back into the transport. False pushes back:
 * nothing was taken, reading from that peer pauses and the event comes again after
 * transport_resume, or by itself some moments later. */
struct transport_handler { void *ctx; bool (*on_event)(void *ctx, struct transport_event *event); };

struct transport;
MUST_CHECK enum err transport_create(struct transport **out, const struct transport_handler *h);
/* "127.0.0.1:7311", "[::1]:7311". ERR_PERMISSION beyond loopback, ERR_CONFIG for a bad address. */
MUST_CHECK enum err transport_listen(struct transport *t, const char *address);
/* Keeps a connection to address: redials after a break with back-off 1 s to 60 s and jitter. */
MUST_CHECK enum err transport_dial(struct transport *t, const char *address);
/* Copies the frame. ERR_BUSY when the peer's send queue is full, ERR_CLOSED. */
MUST_CHECK enum err transport_send(struct transport *t, struct peer_id peer, struct span frame);
void transport_disconnect(struct transport *t, struct peer_id peer);
void transport_resume(struct transport *t, struct peer_id peer);
/* Stops everything; no handler runs after it returns. */
void transport_close(struct transport *t);

#endif
