#include "node/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/clock.h"

struct requests { unsigned first, count; size_t bytes; };

struct slot { struct transport_event event; struct slot *next; };

struct lane {                      /* of one connection */
    bool used, paused, ended;      /* paused: a frame was refused, not read from since */
    struct peer_id peer;
    struct slot *first, *last;
    unsigned frames;
    size_t bytes;
    uint64_t rest_until_ms;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    bool stopped;
    struct requests request_lane;
    unsigned frames, turn, lanes_end;    /* lanes_end: no lane was used from here on */
    size_t frame_bytes;
    struct ipc_request requests[QUEUE_MAX_REQUESTS];
    struct lane lanes[QUEUE_LANES];
    struct slot slots[QUEUE_MAX_EVENTS], *spare;
};

enum err queue_create(struct queue **out)
{
    pthread_condattr_t steady;
    struct queue *q = calloc(1, sizeof *q);
    if (q == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < QUEUE_MAX_EVENTS; i++) {
        q->slots[i].next = q->spare;
        q->spare = &q->slots[i];
    }
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, &steady);
    pthread_condattr_destroy(&steady);
    *out = q;
    return OK;
}

/* ---- requests ---- */

static bool request_fits(const struct requests *lane, size_t bytes)
{
    return lane->count < QUEUE_MAX_REQUESTS &&
           (lane->bytes == 0 || lane->bytes + bytes <= QUEUE_MAX_BYTES);
}

bool queue_push_request(struct queue *q, struct ipc_request *request)
{
    pthread_mutex_lock(&q->lock);
    struct requests *lane = &q->request_lane;
    bool fits = !q->stopped && request_fits(lane, request->blob.len);
    if (fits) {
        q->requests[(lane->first + lane->count++) % QUEUE_MAX_REQUESTS] = *request;
        lane->bytes += request->blob.len;
        *request = (struct ipc_request){0};
        pthread_cond_signal(&q->filled);
    }
    pthread_mutex_unlock(&q->lock);
    return fits;
}

static struct ipc_request request_pop(struct queue *q)
{
    struct requests *lane = &q->request_lane;
    assert(lane->count > 0);
    struct ipc_request *at = &q->requests[lane->first], request = *at;
    *at = (struct ipc_request){0};
    lane->first = (lane->first + 1) % QUEUE_MAX_REQUESTS;
    lane->count--;
    return request;
}

static void take_requests(struct queue *q, struct batch *out)
{
    while (q->request_lane.count > 0) {
        out->requests[out->request_count++] = request_pop(q);
    }
    q->request_lane.bytes = 0;
}

/* ---- events of peers ---- */

/* The lane of a connection, or one that is free; NULL when there is neither. */
static struct lane *lane_of(struct queue *q, struct peer_id peer)
{
    struct lane *unused = q->lanes_end < QUEUE_LANES ? &q->lanes[q->lanes_end] : NULL;
    for (unsigned i = 0; i < q->lanes_end; i++) {
        if (q->lanes[i].used && q->lanes[i].peer.v == peer.v) {
            return &q->lanes[i];
        }
        if (!q->lanes[i].used) {
            unused = &q->lanes[i];
        }
    }
    return unused;
}

static bool frame_fits(const struct queue *q, const struct lane *lane, size_t bytes)
{
    if (lane->first == NULL) {
        return q->frame_bytes == 0 || q->frame_bytes + bytes <= QUEUE_HARD_BYTES;
    }
    return lane->frames < QUEUE_LANE_FRAMES && lane->bytes + bytes <= QUEUE_LANE_BYTES &&
           q->frames < QUEUE_MAX_FRAMES && q->frame_bytes + bytes <= QUEUE_MAX_BYTES;
}

static struct lane *lane_with_room(struct queue *q, const struct transport_event *event)
{
    struct lane *lane = q->stopped || q->spare == NULL ? NULL : lane_of(q, event->peer);
    if (lane == NULL || event->type != TRANSPORT_FRAME ||
        frame_fits(q, lane, event->frame.len)) {
        return lane;
    }
    lane->paused = lane->used;
    return NULL;
}

bool queue_room(struct queue *q, const struct transport_event *event)
{
    pthread_mutex_lock(&q->lock);
    bool room = lane_with_room(q, event) != NULL;
    pthread_mutex_unlock(&q->lock);
    return room;
}

static void lane_put(struct queue *q, struct lane *lane, struct transport_event *event)
{
    struct slot *slot = q->spare;
    if (!lane->used) {
        *lane = (struct lane){.used = true, .peer = event->peer};
        q->lanes_end += lane == &q->lanes[q->lanes_end];
    }
    q->spare = slot->next;
    *slot = (struct slot){.event = *event};
    if (lane->first == NULL) {
        lane->first = slot;
    } else {
        lane->last->next = slot;
    }
    lane->last = slot;
    lane->ended |= event->type == TRANSPORT_CLOSED;
    lane->frames += event->type == TRANSPORT_FRAME;
    q->frames += event->type == TRANSPORT_FRAME;
    lane->bytes += event->frame.len;
    q->frame_bytes += event->frame.len;
    *event = (struct transport_event){0};
}

static struct transport_event lane_pop(struct queue *q, struct lane *lane)
{
    struct slot *slot = lane->first;
    struct transport_event event = slot->event;
    lane->first = slot->next;
    *slot = (struct slot){.next = q->spare};
    q->spare = slot;
    lane->frames -= event.type == TRANSPORT_FRAME;
    q->frames -= event.type == TRANSPORT_FRAME;
    lane->bytes -= event.frame.len;
    q->frame_bytes -= event.frame.len;
    lane->used = event.type != TRANSPORT_CLOSED || lane->first != NULL;
    return event;
}

bool queue_push_event(struct queue *q, struct transport_event *event)
{
    pthread_mutex_lock(&q->lock);
    struct lane *lane = lane_with_room(q, event);
    if (lane != NULL) {
        lane_put(q, lane, event);
        pthread_cond_signal(&q->filled);
    }
    pthread_mutex_unlock(&q->lock);
    return lane != NULL;
}

void queue_rest(struct queue *q, struct peer_id peer, uint64_t until_ms)
{
    pthread_mutex_lock(&q->lock);
    struct lane *lane = lane_of(q, peer);
    if (lane != NULL && lane->used) {
        lane->rest_until_ms = until_ms;
    }
    pthread_mutex_unlock(&q->lock);
}

/* The next lane in turn that has something and does not rest. NULL: none; *wake_ms is then brought
 * forward to the end of a rest. */
static struct lane *lane_next(struct queue *q, uint64_t *wake_ms)
{
    const uint64_t now_ms = clock_steady_ms();
    for (unsigned i = 0; i < q->lanes_end; i++) {
        struct lane *lane = &q->lanes[(q->turn + i) % q->lanes_end];
        if (!lane->used || lane->first == NULL) {
            continue;
        }
        if (lane->ended || lane->rest_until_ms <= now_ms) {
            return lane;
        }
        if (lane->rest_until_ms < *wake_ms) {
            *wake_ms = lane->rest_until_ms;
        }
    }
    return NULL;
}

static void take_events(struct queue *q, struct batch *out)
{
    uint64_t wake_ms = UINT64_MAX;
    struct lane *lane;
    while (out->event_count < BATCH_MAX_EVENTS && (lane = lane_next(q, &wake_ms)) != NULL) {
        q->turn = (unsigned)(lane - q->lanes + 1) % q->lanes_end;
        struct transport_event event = lane_pop(q, lane);
        out->late[out->event_count] = lane->ended && event.type == TRANSPORT_FRAME;
        out->events[out->event_count++] = event;
    }
}

static void take_resumed(struct queue *q, struct batch *out)
{
    bool room = q->frames <= QUEUE_MAX_FRAMES / 2 && q->frame_bytes <= QUEUE_MAX_BYTES / 2;
    for (unsigned i = 0; i < q->lanes_end && out->resumed_count < PEERS_MAX; i++) {
        struct lane *lane = &q->lanes[i];
        bool low = lane->frames <= QUEUE_LANE_FRAMES / 2 && lane->bytes <= QUEUE_LANE_BYTES / 2;
        if (lane->paused && low && (room || lane->first == NULL)) {
            lane->paused = false;
            out->resumed[out->resumed_count++] = lane->peer;
        }
    }
}

/* ---- both ---- */

void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopped = true;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

static void wait_filled(struct queue *q, uint64_t deadline_ms)
{
    bool in_time = true;
    while (in_time && !q->stopped && q->request_lane.count == 0) {
        uint64_t wake_ms = deadline_ms;
        if (lane_next(q, &wake_ms) != NULL) {
            return;
        }
        struct timespec until = {.tv_sec = (time_t)(wake_ms / 1000),
                                 .tv_nsec = (long)(wake_ms % 1000) * 1000000};
        in_time = pthread_cond_timedwait(&q->filled, &q->lock, &until) == 0 ||
                  wake_ms < deadline_ms;
    }
}

void queue_take(struct queue *q, uint64_t deadline_ms, struct batch *out)
{
    out->request_count = out->event_count = out->resumed_count = 0;
    pthread_mutex_lock(&q->lock);
    wait_filled(q, deadline_ms);
    out->stop = q->stopped;
    take_requests(q, out);
    take_events(q, out);
    take_resumed(q, out);
    pthread_mutex_unlock(&q->lock);
}

void queue_look(struct queue *q, struct queue_depth *out)
{
    pthread_mutex_lock(&q->lock);
    *out = (struct queue_depth){.requests = q->request_lane.count, .frames = q->frames,
                                .request_bytes = q->request_lane.bytes,
                                .frame_bytes = q->frame_bytes};
    pthread_mutex_unlock(&q->lock);
}

void queue_free(struct queue *q)
{
    if (q == NULL) {
        return;
    }
    while (q->request_lane.count > 0) {
        struct ipc_request request = request_pop(q);
        ipc_request_clear(&request);
    }
    for (unsigned i = 0; i < q->lanes_end; i++) {
        while (q->lanes[i].first != NULL) {
            struct transport_event event = lane_pop(q, &q->lanes[i]);
            buffer_clear(&event.frame);
        }
    }
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
