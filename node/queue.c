#include "node/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lane { unsigned first, count; size_t bytes; };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    bool stopped;
    struct lane request_lane, event_lane;
    unsigned paused_count;
    struct peer_id paused[PEERS_MAX];
    struct ipc_request requests[QUEUE_MAX_REQUESTS];
    struct transport_event events[QUEUE_MAX_EVENTS];
};

enum err queue_create(struct queue **out)
{
    pthread_condattr_t steady;
    struct queue *q = calloc(1, sizeof *q);
    if (q == NULL) {
        return ERR_NOMEM;
    }
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, &steady);
    pthread_condattr_destroy(&steady);
    *out = q;
    return OK;
}

static bool lane_fits(const struct lane *lane, unsigned max_count, size_t bytes)
{
    return lane->count < max_count &&
           (lane->bytes == 0 || lane->bytes + bytes <= QUEUE_MAX_BYTES);
}

static unsigned lane_put(struct lane *lane, unsigned slots, size_t bytes)
{
    assert(lane->count < slots);
    unsigned at = (lane->first + lane->count) % slots;
    lane->count++;
    lane->bytes += bytes;
    return at;
}

static unsigned lane_get(struct lane *lane, unsigned slots)
{
    assert(lane->count > 0);
    unsigned at = lane->first;
    lane->first = (lane->first + 1) % slots;
    lane->count--;
    return at;
}

bool queue_push_request(struct queue *q, struct ipc_request *request)
{
    pthread_mutex_lock(&q->lock);
    bool fits = !q->stopped && lane_fits(&q->request_lane, QUEUE_MAX_REQUESTS, request->blob.len);
    if (fits) {
        unsigned at = lane_put(&q->request_lane, QUEUE_MAX_REQUESTS, request->blob.len);
        q->requests[at] = *request;
        *request = (struct ipc_request){0};
        pthread_cond_signal(&q->filled);
    }
    pthread_mutex_unlock(&q->lock);
    return fits;
}

static void pause_peer(struct queue *q, struct peer_id peer)
{
    for (unsigned i = 0; i < q->paused_count; i++) {
        if (q->paused[i].v == peer.v) {
            return;
        }
    }
    if (q->paused_count < PEERS_MAX) {
        q->paused[q->paused_count++] = peer;
    }
}

static bool event_fits(const struct queue *q, const struct transport_event *event)
{
    if (event->type == TRANSPORT_FRAME) {
        return lane_fits(&q->event_lane, QUEUE_MAX_FRAMES, event->frame.len);
    }
    return q->event_lane.count < QUEUE_MAX_EVENTS;
}

bool queue_push_event(struct queue *q, struct transport_event *event)
{
    pthread_mutex_lock(&q->lock);
    bool fits = !q->stopped && event_fits(q, event);
    if (fits) {
        unsigned at = lane_put(&q->event_lane, QUEUE_MAX_EVENTS, event->frame.len);
        q->events[at] = *event;
        *event = (struct transport_event){0};
        pthread_cond_signal(&q->filled);
    } else if (!q->stopped) {
        pause_peer(q, event->peer);
    }
    pthread_mutex_unlock(&q->lock);
    return fits;
}

void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopped = true;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

static void wait_filled(struct queue *q, uint64_t deadline_ms)
{
    struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000),
                             .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    while (!q->stopped && q->request_lane.count == 0 && q->event_lane.count == 0) {
        if (pthread_cond_timedwait(&q->filled, &q->lock, &until) != 0) {
            return;
        }
    }
}

static void take_requests(struct queue *q, struct batch *out)
{
    while (q->request_lane.count > 0) {
        unsigned at = lane_get(&q->request_lane, QUEUE_MAX_REQUESTS);
        out->requests[out->request_count++] = q->requests[at];
        q->requests[at] = (struct ipc_request){0};
    }
    q->request_lane.bytes = 0;
}

static void take_events(struct queue *q, struct batch *out)
{
    while (q->event_lane.count > 0 && out->event_count < BATCH_MAX_EVENTS) {
        unsigned at = lane_get(&q->event_lane, QUEUE_MAX_EVENTS);
        q->event_lane.bytes -= q->events[at].frame.len;
        out->events[out->event_count++] = q->events[at];
        q->events[at] = (struct transport_event){0};
    }
}

static void take_resumed(struct queue *q, struct batch *out)
{
    if (q->event_lane.count <= QUEUE_MAX_FRAMES / 2 &&
        q->event_lane.bytes <= QUEUE_MAX_BYTES / 2) {
        memcpy(out->resumed, q->paused, q->paused_count * sizeof q->paused[0]);
        out->resumed_count = q->paused_count;
        q->paused_count = 0;
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

void queue_free(struct queue *q)
{
    if (q == NULL) {
        return;
    }
    while (q->request_lane.count > 0) {
        ipc_request_clear(&q->requests[lane_get(&q->request_lane, QUEUE_MAX_REQUESTS)]);
    }
    while (q->event_lane.count > 0) {
        buffer_clear(&q->events[lane_get(&q->event_lane, QUEUE_MAX_EVENTS)].frame);
    }
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
