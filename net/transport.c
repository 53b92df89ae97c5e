/* Life of a connection:
 *
 *   conn_start → CONNECTED told → conn_pump: bytes to frames, frames to the handler, next read
 *   conn_shut (either side, any thread) → reads and writes end → CLOSED told → freed by the keeper
 *
 * `busy` is the right to pump: held by the pump itself or by the read under way, by nobody while
 * the handler pushes back. The keeper, a timer, redials, tells again what was pushed back, and
 * frees. */
#include "net/transport.h"

#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keys.h"
#include "crypto/limits.h"
#include "net/address.h"
#include "net/frame.h"

enum { STAGING_BYTES = 64 * 1024, KEEPER_MS = 100, BACKOFF_MIN_MS = 1000, BACKOFF_MAX_MS = 60000,
       SETTLED_MS = 5000, LINKS_MAX = 256, LISTENERS_MAX = 8 };

struct link {                      /* an address that we keep a connection to */
    struct transport *t;
    nng_stream_dialer *dialer;
    nng_aio *aio;
    bool up;                       /* dialing, or a connection of ours lives */
    uint64_t due_ms;
    unsigned backoff_ms;
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
    nng_stream *stream;
    nng_aio *recv, *send;
    uint64_t since_ms;
    struct frame_reader reader;
    struct send_queue queue;
    uint8_t staging[STAGING_BYTES];
    struct span staged;
    struct transport_event held;
    bool has_held, busy, sending, closing, finished;
    enum err why;
};

struct transport {
    struct transport_handler handler;
    pthread_mutex_t lock;
    nng_aio *keeper;
    struct conn *conns;
    unsigned conn_count, link_count, door_count;
    struct link *links[LINKS_MAX];
    struct door *doors[LISTENERS_MAX];
    uint32_t last_peer;
    bool stopping;
};

static enum err err_from_nng(int rv)
{
    switch (rv) {
    case 0: return OK;
    case NNG_ENOMEM: return ERR_NOMEM;
    case NNG_ETIMEDOUT: return ERR_TIMEOUT;
    case NNG_EADDRINVAL: return ERR_CONFIG;
    case NNG_EADDRINUSE: return ERR_EXISTS;
    case NNG_EPERM: return ERR_PERMISSION;
    case NNG_ECLOSED:
    case NNG_ECANCELED:
    case NNG_ECONNRESET:
    case NNG_ECONNSHUT:
    case NNG_ECONNABORTED: return ERR_CLOSED;
    default: return ERR_IO;
    }
}

/* What goes onto the wire for one frame, appended to an empty buffer. */
static enum err frame_wrap(struct span frame, struct buffer *wire)
{
    if (frame.len == 0 || frame.len > FRAME_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err err = buffer_reserve(wire, 4 + frame.len);
    if (err == OK)
        err = buffer_put_u32(wire, (uint32_t)frame.len);
    return err == OK ? buffer_put(wire, frame.data, frame.len) : err;
}

/* The frame in what came off the wire; *body is moved. */
static struct buffer frame_unwrap(struct buffer *body)
{
    struct buffer frame = *body;
    *body = (struct buffer){0};
    return frame;
}

/* ---- connections ---- */

static void conn_shut(struct conn *c, enum err why)
{
    if (c->closing)
        return;
    c->closing = true;
    c->why = why;
    nng_stream_close(c->stream);
}

static void conn_shut_locked(struct conn *c, enum err why)
{
    pthread_mutex_lock(&c->t->lock);
    conn_shut(c, why);
    pthread_mutex_unlock(&c->t->lock);
}

static void conn_recv(struct conn *c)
{
    nng_iov iov = {c->staging, STAGING_BYTES};
    nng_aio_set_iov(c->recv, 1, &iov);
    nng_stream_recv(c->stream, c->recv);
}

static void conn_send(struct conn *c)
{
    struct span front = send_queue_front(&c->queue);
    nng_iov iov = {(void *)(uintptr_t)front.data, front.len};
    nng_aio_set_iov(c->send, 1, &iov);
    nng_stream_send(c->stream, c->send);
}

/* Makes the next event from the bytes at hand; false when more bytes must be read first. */
static bool conn_next_event(struct conn *c)
{
    bool whole = false;
    pthread_mutex_lock(&c->t->lock);
    bool closing = c->closing;
    pthread_mutex_unlock(&c->t->lock);
    enum err err = closing ? OK : frame_feed(&c->reader, &c->staged, &whole);
    if (err != OK)
        conn_shut_locked(c, err);
    c->held = (struct transport_event){.peer = c->peer, .dialed = c->link != NULL};
    c->has_held = true;
    if (closing || err != OK) {
        c->held.type = TRANSPORT_CLOSED;
        c->held.why = c->why;
    } else if (whole) {
        struct buffer body;
        frame_take(&c->reader, &body);
        c->held.type = TRANSPORT_FRAME;
        c->held.frame = frame_unwrap(&body);
    } else {
        c->has_held = false;
    }
    return c->has_held;
}

static void conn_release(struct conn *c, bool finished)
{
    pthread_mutex_lock(&c->t->lock);
    c->busy = false;
    c->finished = finished;
    pthread_mutex_unlock(&c->t->lock);
}

/* Runs with `busy` held; gives it on to the next read, or back. */
static void conn_pump(struct conn *c)
{
    const struct transport_handler *h = &c->t->handler;
    while (c->has_held || conn_next_event(c)) {
        bool last = c->held.type == TRANSPORT_CLOSED;
        bool taken = h->on_event(h->ctx, &c->held);
        if (taken)
            c->has_held = false;
        if (!taken || last) {
            conn_release(c, taken && last);
            return;
        }
    }
    conn_recv(c);
}

static void on_recv(void *arg)
{
    struct conn *c = arg;
    int rv = nng_aio_result(c->recv);
    if (rv != 0)
        conn_shut_locked(c, err_from_nng(rv));
    else
        c->staged = span_of(c->staging, nng_aio_count(c->recv));
    conn_pump(c);
}

static void on_send(void *arg)
{
    struct conn *c = arg;
    int rv = nng_aio_result(c->send);
    pthread_mutex_lock(&c->t->lock);
    bool more = rv == 0 && send_queue_sent(&c->queue, nng_aio_count(c->send));
    if (rv != 0)
        conn_shut(c, err_from_nng(rv));
    c->sending = more && !c->closing;
    if (c->sending)
        conn_send(c);
    pthread_mutex_unlock(&c->t->lock);
}

static void conn_free(struct conn *c)
{
    if (c->stream != NULL)
        nng_stream_close(c->stream);
    if (c->recv != NULL)
        nng_aio_stop(c->recv);
    if (c->send != NULL)
        nng_aio_stop(c->send);
    nng_aio_free(c->recv);
    nng_aio_free(c->send);
    nng_stream_free(c->stream);
    frame_reader_clear(&c->reader);
    send_queue_clear(&c->queue);
    if (c->has_held)
        buffer_clear(&c->held.frame);
    free(c);
}

/* Takes the stream over, whatever happens. */
static struct conn *conn_create(struct transport *t, nng_stream *stream, struct link *link)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL) {
        nng_stream_free(stream);
        return NULL;
    }
    c->t = t;
    c->link = link;
    c->stream = stream;
    c->since_ms = nng_clock();
    frame_reader_init(&c->reader, FRAME_MAX_BYTES);
    if (send_queue_init(&c->queue) == OK && nng_aio_alloc(&c->recv, on_recv, c) == 0 &&
        nng_aio_alloc(&c->send, on_send, c) == 0)
        return c;
    conn_free(c);
    return NULL;
}

/* True when the stream became a connection. */
static bool conn_start(struct transport *t, nng_stream *stream, struct link *link)
{
    struct conn *c = conn_create(t, stream, link);
    if (c == NULL)
        return false;
    pthread_mutex_lock(&t->lock);
    bool fits = !t->stopping && t->conn_count < PEERS_MAX;
    if (fits) {
        c->peer.v = ++t->last_peer;
        c->busy = true;
        c->next = t->conns;
        t->conns = c;
        t->conn_count++;
    }
    pthread_mutex_unlock(&t->lock);
    if (!fits) {
        conn_free(c);
        return false;
    }
    c->held = (struct transport_event){TRANSPORT_CONNECTED, c->peer, link != NULL, OK, {0}};
    c->has_held = true;
    conn_pump(c);
    return true;
}

/* ---- dialing and listening ---- */

static void link_down(struct link *k, bool settled)
{
    uint32_t noise;
    random_bytes(&noise, sizeof noise);
    if (settled)
        k->backoff_ms = BACKOFF_MIN_MS;
    k->due_ms = nng_clock() + k->backoff_ms + noise % (k->backoff_ms / 4);
    k->backoff_ms = k->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : k->backoff_ms * 2;
    k->up = false;
}

/* Unlinks one connection that nothing runs for any more; NULL when there is none. */
static struct conn *finished_take(struct transport *t)
{
    struct conn **at = &t->conns;
    while (*at != NULL && !((*at)->finished && !(*at)->sending))
        at = &(*at)->next;
    struct conn *c = *at;
    if (c == NULL)
        return NULL;
    *at = c->next;
    t->conn_count--;
    if (c->link != NULL)
        link_down(c->link, nng_clock() - c->since_ms >= SETTLED_MS);
    return c;
}

static void finished_free(struct transport *t)
{
    struct conn *c;
    do {
        pthread_mutex_lock(&t->lock);
        c = t->stopping ? NULL : finished_take(t);
        pthread_mutex_unlock(&t->lock);
        if (c != NULL)
            conn_free(c);
    } while (c != NULL);
}

static void on_dial(void *arg)
{
    struct link *k = arg;
    if (nng_aio_result(k->aio) == 0 && conn_start(k->t, nng_aio_get_output(k->aio, 0), k))
        return;
    pthread_mutex_lock(&k->t->lock);
    link_down(k, false);
    pthread_mutex_unlock(&k->t->lock);
}

static void on_accept(void *arg)
{
    struct door *d = arg;
    int rv = nng_aio_result(d->aio);
    if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
        return;
    finished_free(d->t);
    if (rv == 0)
        (void)conn_start(d->t, nng_aio_get_output(d->aio, 0), NULL);
    pthread_mutex_lock(&d->t->lock);
    d->idle = rv != 0;
    if (rv == 0 && !d->t->stopping)
        nng_stream_listener_accept(d->listener, d->aio);
    pthread_mutex_unlock(&d->t->lock);
}

static enum err url_make(char url[ADDRESS_MAX_BYTES + 8], const char *address)
{
    enum err err = address_check_loopback(address);
    if (err == OK)
        snprintf(url, ADDRESS_MAX_BYTES + 8, "tcp://%s", address);
    return err;
}

static void link_free(struct link *k)
{
    if (k->dialer != NULL)
        nng_stream_dialer_close(k->dialer);
    if (k->aio != NULL)
        nng_aio_stop(k->aio);
    nng_aio_free(k->aio);
    nng_stream_dialer_free(k->dialer);
    free(k);
}

enum err transport_dial(struct transport *t, const char *address)
{
    char url[ADDRESS_MAX_BYTES + 8];
    enum err err = url_make(url, address);
    if (err != OK)
        return err;
    struct link *k = calloc(1, sizeof *k);
    if (k == NULL)
        return ERR_NOMEM;
    *k = (struct link){.t = t, .backoff_ms = BACKOFF_MIN_MS};
    err = err_from_nng(nng_stream_dialer_alloc(&k->dialer, url));
    if (err == OK)
        err = err_from_nng(nng_aio_alloc(&k->aio, on_dial, k));
    pthread_mutex_lock(&t->lock);
    if (err == OK && t->link_count == LINKS_MAX)
        err = ERR_BUSY;
    if (err == OK) {
        t->links[t->link_count++] = k;
        k->up = true;
        nng_stream_dialer_dial(k->dialer, k->aio);
    }
    pthread_mutex_unlock(&t->lock);
    if (err != OK)
        link_free(k);
    return err;
}

static void door_free(struct door *d)
{
    if (d->listener != NULL)
        nng_stream_listener_close(d->listener);
    if (d->aio != NULL)
        nng_aio_stop(d->aio);
    nng_aio_free(d->aio);
    nng_stream_listener_free(d->listener);
    free(d);
}

enum err transport_listen(struct transport *t, const char *address)
{
    char url[ADDRESS_MAX_BYTES + 8];
    enum err err = url_make(url, address);
    if (err != OK)
        return err;
    struct door *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ERR_NOMEM;
    d->t = t;
    err = err_from_nng(nng_stream_listener_alloc(&d->listener, url));
    if (err == OK)
        err = err_from_nng(nng_aio_alloc(&d->aio, on_accept, d));
    if (err == OK)
        err = err_from_nng(nng_stream_listener_listen(d->listener));
    pthread_mutex_lock(&t->lock);
    if (err == OK && t->door_count == LISTENERS_MAX)
        err = ERR_BUSY;
    if (err == OK) {
        t->doors[t->door_count++] = d;
        nng_stream_listener_accept(d->listener, d->aio);
    }
    pthread_mutex_unlock(&t->lock);
    if (err != OK)
        door_free(d);
    return err;
}

/* ---- the keeper ---- */

static void links_redial(struct transport *t)
{
    uint64_t now = nng_clock();
    for (unsigned i = 0; i < t->link_count; i++) {
        struct link *k = t->links[i];
        if (!k->up && now >= k->due_ms) {
            k->up = true;
            nng_stream_dialer_dial(k->dialer, k->aio);
        }
    }
    for (unsigned i = 0; i < t->door_count; i++) {
        struct door *d = t->doors[i];
        if (d->idle) {
            d->idle = false;
            nng_stream_listener_accept(d->listener, d->aio);
        }
    }
}

/* Takes the right to pump a connection whose handler pushed back. */
static struct conn *paused_take(struct transport *t, uint32_t above)
{
    struct conn *found = NULL;
    for (struct conn *c = t->conns; c != NULL; c = c->next) {
        if (!c->busy && !c->finished && c->peer.v > above &&
            (found == NULL || c->peer.v < found->peer.v))
            found = c;
    }
    if (found != NULL)
        found->busy = true;
    return found;
}

static void paused_retry(struct transport *t)
{
    uint32_t above = 0;
    for (;;) {
        pthread_mutex_lock(&t->lock);
        struct conn *c = t->stopping ? NULL : paused_take(t, above);
        if (c != NULL)
            above = c->peer.v;
        pthread_mutex_unlock(&t->lock);
        if (c == NULL)
            return;
        conn_pump(c);
    }
}

static void on_keeper(void *arg)
{
    struct transport *t = arg;
    if (nng_aio_result(t->keeper) != 0)
        return;
    finished_free(t);
    paused_retry(t);
    pthread_mutex_lock(&t->lock);
    if (!t->stopping) {
        links_redial(t);
        nng_sleep_aio(KEEPER_MS, t->keeper);
    }
    pthread_mutex_unlock(&t->lock);
}

/* ---- the rest of the face ---- */

enum err transport_create(struct transport **out, const struct transport_handler *h)
{
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ERR_NOMEM;
    t->handler = *h;
    pthread_mutex_init(&t->lock, NULL);
    if (nng_aio_alloc(&t->keeper, on_keeper, t) != 0) {
        pthread_mutex_destroy(&t->lock);
        free(t);
        return ERR_NOMEM;
    }
    nng_sleep_aio(KEEPER_MS, t->keeper);
    *out = t;
    return OK;
}

static struct conn *conn_find(struct transport *t, struct peer_id peer)
{
    struct conn *c = t->conns;
    while (c != NULL && c->peer.v != peer.v)
        c = c->next;
    return c;
}

enum err transport_send(struct transport *t, struct peer_id peer, struct span frame)
{
    struct buffer wire = {0};
    enum err err = frame_wrap(frame, &wire);
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (err == OK && (c == NULL || c->closing))
        err = ERR_CLOSED;
    if (err == OK)
        err = send_queue_push(&c->queue, &wire);
    if (err == OK && !c->sending) {
        c->sending = true;
        conn_send(c);
    }
    pthread_mutex_unlock(&t->lock);
    buffer_clear(&wire);
    return err;
}

void transport_disconnect(struct transport *t, struct peer_id peer)
{
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (c != NULL)
        conn_shut(c, ERR_CLOSED);
    pthread_mutex_unlock(&t->lock);
}

void transport_resume(struct transport *t, struct peer_id peer)
{
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (c != NULL && (c->busy || c->finished))
        c = NULL;
    if (c != NULL)
        c->busy = true;
    pthread_mutex_unlock(&t->lock);
    if (c != NULL)
        conn_pump(c);
}

void transport_close(struct transport *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_mutex_unlock(&t->lock);
    nng_aio_stop(t->keeper);
    nng_aio_free(t->keeper);
    for (unsigned i = 0; i < t->door_count; i++)
        door_free(t->doors[i]);
    for (unsigned i = 0; i < t->link_count; i++)
        link_free(t->links[i]);
    while (t->conns != NULL) {
        struct conn *c = t->conns;
        t->conns = c->next;
        conn_free(c);
    }
    pthread_mutex_destroy(&t->lock);
    free(t);
}
