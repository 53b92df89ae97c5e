/* What the files of the transport share:
 *   transport.c        the face, the keeper (a thread: deadlines, retries, redialling, freeing)
 *   transport_conn.c   one connection: bytes, session, frames
 *   transport_link.c   addresses that we dial and listen at
 *   transport_look.c   what can be told of it: bytes, addresses, pulse
 *
 * Life of a connection:
 *
 *   conn_start → conn_pump: bytes to the session, its events to the handler, next read
 *   CLAIMED told → the pump rests → transport_accept → CONNECTED told → frames
 *   conn_shut (either side, any thread) → reads and writes end → CLOSED told → freed by the keeper
 *
 * `busy` is the right to pump: held by the pump itself or by the read under way, by nobody while
 * the handler pushes back or judges a claim.
 *
 * Who frees, and what may still run:
 *   - Threads that run in here: the keeper, the callbacks of doors, links and connections, and the
 *     caller of the face. A callback touches what its aio belongs to, and every connection that it
 *     pumps: those of a door or a link begin and pump a connection that is not theirs.
 *   - So nng_aio_stop, which waits for the callback, comes before anything that it touches is
 *     freed: transport_close stops the keeper, then doors and links, and only then, when nothing
 *     begins or pumps a connection but its own reads and writes, the connections.
 *   - While the transport lives a connection is freed by who took it from the list finished: CLOSED
 *     was told, so nobody pumps it; no write is under way, no thread is within transport_send.
 *     conn_shut only closes the stream. Doors and links live as long as the transport.
 *   - With `stopping` a connection's link is gone: not looked at.
 *   - Order of locks: sealing, the transport's, then those within NNG, whose callbacks hold none. A
 *     read, write, dial or accept begins under the transport's lock, not on what closes: NNG 1.5.2
 *     never ends a read or write that is begun on a closed stream. */
#ifndef JIELI_NET_TRANSPORT_INTERNAL_H
#define JIELI_NET_TRANSPORT_INTERNAL_H

#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdatomic.h>

#include "crypto/limits.h"
#include "net/frame.h"
#include "net/redial.h"
#include "net/session.h"
#include "net/transport.h"

enum { STAGING_BYTES = 64 * 1024, KEEPER_MS = 100, LISTENERS_MAX = 8, HOST_BYTES = 16 };

struct link {                      /* an address that we keep a connection to */
    struct transport *t;
    char address[ADDRESS_MAX_BYTES + 1];
    nng_stream_dialer *dialer;
    nng_aio *aio;
    unsigned no;                   /* in transport.redial */
    enum err why;                  /* of the last attempt */
};

struct door {                      /* an address that we listen at */
    struct transport *t;
    nng_stream_listener *listener;
    nng_aio *aio;
    bool idle;                     /* an accept failed: the keeper tries again */
};

struct conn {
    struct transport *t;
    struct conn *next;
    struct peer_id peer;
    struct link *link;             /* NULL when accepted */
    char address[ADDRESS_MAX_BYTES + 1];
    uint8_t host[HOST_BYTES];      /* whose connections are counted together: IPv4, IPv6 /64 */
    nng_stream *stream;
    nng_aio *recv, *send;
    uint64_t since_ms, heard_ms;   /* heard: something came, or a read began */
    uint64_t bytes_in, bytes_out;
    struct session session;        /* the pump's, but for sealing */
    pthread_mutex_t sealing;       /* taken before the transport's lock: sealing, then queueing */
    struct send_queue queue;
    size_t partial_bytes;          /* of the frame that is coming in */
    uint8_t staging[STAGING_BYTES];
    struct span staged;
    bool has_held;                 /* the pump's; those below are the lock's, often read in one */
    struct transport_event held;
    bool busy, reading, sending, closing, finished;
    bool accepted, open;           /* by transport_accept; CONNECTED may be told */
    bool taken;                    /* the peer took us too: a dialler knows by its first frame */
    unsigned users;                /* threads within transport_send */
    enum err why;
};

struct transport {
    struct transport_handler handler;
    struct transport_options options;
    pthread_mutex_t lock;          /* all below, and of a connection what is not the pump's */
    pthread_t keeper;
    pthread_cond_t stopped;
    struct conn *conns;
    unsigned conn_count, door_count;
    size_t queued_bytes, partial_bytes;   /* of all connections: to be sent, half received */
    struct redial redial;
    struct link *links[REDIAL_LINKS_MAX];  /* [redial.count] */
    struct door *doors[LISTENERS_MAX];
    uint32_t last_peer;
    bool stopping, identified;
    struct xkey key;
    struct buffer certificate;
    /* read without the lock */
    _Atomic uint64_t completions, rounds;
    atomic_uint links_kept, links_waiting;
};

enum err transport_err(int rv);

/* ---- transport_conn.c ---- */
/* Takes the stream over; true when it became a connection. */
bool conn_start(struct transport *t, nng_stream *stream, struct link *link);
/* With the lock held. */
void conn_shut(struct conn *c, enum err why);
/* Runs with `busy` held; gives it on to the next read, or back. */
void conn_pump(struct conn *c);
/* Seals and queues; the connection is pinned by the caller. */
MUST_CHECK enum err conn_seal(struct conn *c, struct span frame);
void conn_free(struct conn *c);
/* With the lock held: what it holds of the bytes that all connections share goes back. */
void conn_settle(struct conn *c);

/* ---- transport_link.c ---- */
/* With the lock held, all three. A link's connection ended, or it could not be dialled. */
void link_down(struct link *k, enum redial_end end);
/* A connection opened: the links that wait are dialled soon. */
void links_hasten(struct transport *t);
void links_redial(struct transport *t);
void link_free(struct link *k);
void door_free(struct door *d);

/* ---- transport_look.c ---- */
/* Something that the library had been asked for has ended. */
static inline void pulse_completed(struct transport *t)
{
    atomic_fetch_add_explicit(&t->completions, 1, memory_order_relaxed);
}
/* With the lock held: one round of the keeper. */
void pulse_round(struct transport *t);

/* ---- transport.c ---- */
void finished_free(struct transport *t);

#endif
