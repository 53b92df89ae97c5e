/* What library threads hand to the ledger thread, behind one lock: requests of local clients in one
 * bounded lane, events of peers in a bounded lane for each connection. Lanes of peers are served in
 * turn, an event each, so one busy peer delays another by one frame; a lane can be told to rest. A
 * full lane refuses, which pushes back: a client is told to try again, a peer is not read from
 * until queue_take names it as resumed. */
#ifndef JIELI_NODE_QUEUE_H
#define JIELI_NODE_QUEUE_H

#include "net/ipc.h"
#include "net/transport.h"

enum {
    QUEUE_MAX_REQUESTS = 256,
    QUEUE_MAX_BYTES = 8 * 1024 * 1024,    /* of requests; and of frames, see below */
    QUEUE_MAX_FRAMES = 256,
    QUEUE_LANES = 2 * PEERS_MAX,          /* connections, from the first event to the last */
    QUEUE_LANE_FRAMES = 64,
    QUEUE_LANE_BYTES = 2 * 1024 * 1024,   /* a larger frame is taken by an empty lane */
    QUEUE_HARD_BYTES = 32 * 1024 * 1024,  /* all lanes: beyond QUEUE_MAX_* only empty ones take */
    QUEUE_MAX_EVENTS = QUEUE_MAX_FRAMES + 4 * PEERS_MAX,  /* room for connects and closes besides */
    BATCH_MAX_EVENTS = 1,        /* a frame may be 1,700 entries: local requests go between */
};

struct queue;

/* What one take yields; the contents are the taker's. */
struct batch {
    bool stop;
    unsigned request_count, event_count, resumed_count;
    struct ipc_request requests[QUEUE_MAX_REQUESTS];
    struct transport_event events[BATCH_MAX_EVENTS];
    bool late[BATCH_MAX_EVENTS];       /* a frame whose connection has ended: not worth a look */
    struct peer_id resumed[PEERS_MAX];
};

MUST_CHECK enum err queue_create(struct queue **out);
void queue_free(struct queue *q);             /* frees what was never taken; NULL is fine */
/* From any thread. True: the contents were moved out of *request. False: full or stopped. */
bool queue_push_request(struct queue *q, struct ipc_request *request);
/* As above. Frames are refused earlier than connects and closes. A peer whose frame was refused is
 * named in `resumed` of a later take, once there is room again. */
bool queue_push_event(struct queue *q, struct transport_event *event);
/* From any thread: whether that push would succeed; counts as refused when not. */
bool queue_room(struct queue *q, const struct transport_event *event);
/* Nothing of this peer is taken before `until_ms` (clock_steady_ms), unless it has ended. */
void queue_rest(struct queue *q, struct peer_id peer, uint64_t until_ms);
/* From any thread, also a signal-handling one: queue_take returns at once from now on and nothing
 * more is let in. */
void queue_stop(struct queue *q);
/* Waits for anything to do, no longer than until `deadline_ms` (clock_steady_ms). Fills *out with
 * all requests, and up to BATCH_MAX_EVENTS events: of each peer in the order they came. */
void queue_take(struct queue *q, uint64_t deadline_ms, struct batch *out);

/* How much waits. From any thread. */
struct queue_depth { unsigned requests, frames; size_t request_bytes, frame_bytes; };
void queue_look(struct queue *q, struct queue_depth *out);

#endif
