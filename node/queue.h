/* What library threads hand to the ledger thread: requests of local clients and events of peers, in
 * two bounded lanes behind one lock. A full lane refuses, which pushes back: a client is told to
 * try again, a peer is not read from until queue_take names it as resumed. */
#ifndef JIELI_NODE_QUEUE_H
#define JIELI_NODE_QUEUE_H

#include "net/ipc.h"
#include "net/transport.h"

enum {
    QUEUE_MAX_REQUESTS = 256,
    QUEUE_MAX_FRAMES = 256,
    QUEUE_MAX_EVENTS = QUEUE_MAX_FRAMES + 4 * PEERS_MAX,  /* room for connects and closes besides */
    QUEUE_MAX_BYTES = 8 * 1024 * 1024,    /* of each lane; a larger item is taken by an empty one */
    BATCH_MAX_EVENTS = 1,        /* a frame may be 1,700 entries: local requests go between */
};

struct queue;

/* What one take yields; the contents are the taker's. */
struct batch {
    bool stop;
    unsigned request_count, event_count, resumed_count;
    struct ipc_request requests[QUEUE_MAX_REQUESTS];
    struct transport_event events[BATCH_MAX_EVENTS];
    struct peer_id resumed[PEERS_MAX];
};

MUST_CHECK enum err queue_create(struct queue **out);
void queue_free(struct queue *q);             /* frees what was never taken; NULL is fine */
/* From any thread. True: the contents were moved out of *request. False: full or stopped. */
bool queue_push_request(struct queue *q, struct ipc_request *request);
/* As above. Frames are refused earlier than connects and closes. A peer whose frame was refused is
 * named in `resumed` of a later take, once there is room again. */
bool queue_push_event(struct queue *q, struct transport_event *event);
/* From any thread, also a signal-handling one: queue_take returns at once from now on and nothing
 * more is let in. */
void queue_stop(struct queue *q);
/* Waits for anything to do, no longer than until `deadline_ms` (clock_steady_ms). Fills *out with
 * all requests and up to BATCH_MAX_EVENTS events, in the order they came. */
void queue_take(struct queue *q, uint64_t deadline_ms, struct batch *out);

#endif
