#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net/transport_internal.h"

void conn_shut(struct conn *c, enum err why)
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

/* ---- sending ---- */

static void conn_send(struct conn *c)
{
    struct span front = send_queue_front(&c->queue);
    nng_iov iov = {(void *)(uintptr_t)front.data, front.len};
    nng_aio_set_iov(c->send, 1, &iov);
    nng_stream_send(c->stream, c->send);
}

/* Moves *wire into the queue; nothing for an empty one. */
static enum err conn_push(struct conn *c, struct buffer *wire)
{
    if (wire->len == 0)
        return OK;
    pthread_mutex_lock(&c->t->lock);
    const size_t len = wire->len;
    enum err err = c->closing ? ERR_CLOSED : send_queue_push(&c->queue, wire);
    c->t->queued_bytes += err == OK ? len : 0;
    if (err == OK && !c->sending) {
        c->sending = true;
        conn_send(c);
    }
    pthread_mutex_unlock(&c->t->lock);
    return err;
}

static void on_send(void *arg)
{
    struct conn *c = arg;
    int rv = nng_aio_result(c->send);
    pulse_completed(c->t);
    pthread_mutex_lock(&c->t->lock);
    c->bytes_out += rv == 0 ? nng_aio_count(c->send) : 0;
    const size_t before = c->queue.bytes;
    bool more = rv == 0 && send_queue_sent(&c->queue, nng_aio_count(c->send));
    c->t->queued_bytes -= before - c->queue.bytes;
    if (rv != 0)
        conn_shut(c, transport_err(rv));
    c->sending = more && !c->closing;
    if (c->sending)
        conn_send(c);
    pthread_mutex_unlock(&c->t->lock);
}

/* With the lock held: whether the bytes that all connections share leave room for these. */
static bool share_room(const struct conn *c, size_t len)
{
    const size_t queued = c->t->queued_bytes;
    return c->queue.count == 0 ||
           (queued < TRANSPORT_SEND_BYTES &&
            c->queue.bytes + len <= (TRANSPORT_SEND_BYTES - queued) / 2);
}

static enum err conn_room(struct conn *c, size_t len)
{
    enum err err = OK;
    const size_t sealed = channel_sealed_bytes(len);
    pthread_mutex_lock(&c->t->lock);
    if (c->closing || !c->open)
        err = ERR_CLOSED;
    else if (len > channel_frame_max(&c->session.channel))
        err = ERR_TOO_LARGE;
    else if (!send_queue_room(&c->queue, sealed) || !share_room(c, sealed))
        err = ERR_BUSY;
    pthread_mutex_unlock(&c->t->lock);
    return err;
}

/* What was sealed must be sent, so room is made sure of first; only this thread can fill it. */
enum err conn_seal(struct conn *c, struct span frame)
{
    struct buffer wire = {0};
    pthread_mutex_lock(&c->sealing);
    enum err err = conn_room(c, frame.len);
    if (err == OK) {
        err = channel_seal(&c->session.channel, frame, &wire);
        if (err == OK)
            err = conn_push(c, &wire);
        if (err != OK)
            conn_shut_locked(c, err);
    }
    pthread_mutex_unlock(&c->sealing);
    buffer_clear(&wire);
    return err;
}

/* ---- what arrives ---- */

static void partial_set(struct conn *c, size_t bytes)
{
    c->t->partial_bytes += bytes - c->partial_bytes;
    c->partial_bytes = bytes;
}

void conn_settle(struct conn *c)
{
    partial_set(c, 0);
    c->t->queued_bytes -= c->queue.bytes;
}

static void most_partial_shut(struct transport *t)
{
    struct conn *most = NULL;
    for (struct conn *c = t->conns; c != NULL; c = c->next) {
        if (!c->closing && (most == NULL || c->partial_bytes > most->partial_bytes))
            most = c;
    }
    if (most != NULL) {
        conn_shut(most, ERR_BUSY);
        partial_set(most, 0);
    }
}

/* Gives the right to pump to a read; false when the connection is closing. */
static bool conn_recv(struct conn *c)
{
    nng_iov iov = {c->staging, STAGING_BYTES};
    struct transport *t = c->t;
    pthread_mutex_lock(&t->lock);
    partial_set(c, c->closing ? 0 : c->session.channel.frame.len);
    if (t->partial_bytes > TRANSPORT_PARTIAL_BYTES)
        most_partial_shut(t);
    bool open = !c->closing;
    if (open) {
        c->reading = true;
        c->heard_ms = nng_clock();
        nng_aio_set_iov(c->recv, 1, &iov);
        nng_stream_recv(c->stream, c->recv);
    }
    pthread_mutex_unlock(&t->lock);
    return open;
}

static void conn_hold(struct conn *c, enum transport_event_type type)
{
    c->held = (struct transport_event){.type = type, .peer = c->peer, .dialed = c->link != NULL};
    memcpy(c->held.address, c->address, sizeof c->held.address);
    c->held.purpose = c->session.channel.opened ? c->session.channel.purpose : CHANNEL_PEER;
    c->has_held = true;
}

static void conn_hold_closed(struct conn *c)
{
    conn_hold(c, TRANSPORT_CLOSED);
    pthread_mutex_lock(&c->t->lock);
    c->held.why = c->why;
    c->held.bytes_in = c->bytes_in;
    c->held.bytes_out = c->bytes_out;
    if (c->link != NULL && !c->t->stopping)
        c->link->why = c->why;
    pthread_mutex_unlock(&c->t->lock);
}

static enum err opening_step(struct conn *c)
{
    struct buffer out = {0};
    enum err err = session_handshake(&c->session, &c->staged, &out);
    if (err == OK)
        err = conn_push(c, &out);
    buffer_clear(&out);
    if (err != OK || c->session.phase != SESSION_CLAIMED)
        return err;
    conn_hold(c, TRANSPORT_CLAIMED);
    c->held.key = c->session.channel.peer;
    c->held.hint_len = c->session.channel.hint_len;
    memcpy(c->held.hint, c->session.channel.hint, c->held.hint_len);
    c->held.frame = c->session.claim;
    c->session.claim = (struct buffer){0};
    return OK;
}

/* With the lock held, once. Only now is it known that the network reaches somebody who wants us. */
static void conn_taken(struct conn *c)
{
    c->taken = true;
    links_hasten(c->t);
}

static enum err accept_step(struct conn *c)
{
    struct buffer out = {0};
    enum err err = session_accept(&c->session, &out);
    if (err == OK)
        err = conn_push(c, &out);
    buffer_clear(&out);
    if (err != OK)
        return err;
    pthread_mutex_lock(&c->t->lock);
    c->open = true;
    if (c->link == NULL)
        conn_taken(c);
    else if (!c->t->stopping)
        c->link->why = OK;
    pthread_mutex_unlock(&c->t->lock);
    conn_hold(c, TRANSPORT_CONNECTED);
    return OK;
}

static enum err frame_step(struct conn *c)
{
    bool whole = false;
    struct buffer frame = {0};
    enum err err = channel_open(&c->session.channel, &c->staged, &frame, &whole);
    if (err == OK && whole) {
        if (!c->taken) {           /* none but the pump writes it */
            pthread_mutex_lock(&c->t->lock);
            conn_taken(c);
            pthread_mutex_unlock(&c->t->lock);
        }
        conn_hold(c, TRANSPORT_FRAME);
        c->held.frame = frame;
        return OK;
    }
    buffer_clear(&frame);
    return err;
}

static enum err conn_step(struct conn *c, bool accepted)
{
    switch (c->session.phase) {
    case SESSION_OPENING: return c->staged.len > 0 ? opening_step(c) : OK;
    case SESSION_CLAIMED: return accepted ? accept_step(c) : OK;
    case SESSION_OPEN: return c->staged.len > 0 ? frame_step(c) : OK;
    }
    return ERR_PROTOCOL;
}

/* Makes the next event from the bytes at hand; false when something must come first. */
static bool conn_next_event(struct conn *c)
{
    pthread_mutex_lock(&c->t->lock);
    bool closing = c->closing, accepted = c->accepted;
    pthread_mutex_unlock(&c->t->lock);
    enum err err = closing ? OK : conn_step(c, accepted);
    if (err != OK)
        conn_shut_locked(c, err);
    if (closing || err != OK) {
        conn_hold_closed(c);
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

/* Gives the right to pump back while a claim is judged; false when it has been meanwhile. */
static bool conn_rest(struct conn *c)
{
    pthread_mutex_lock(&c->t->lock);
    bool rest = !c->accepted && !c->closing;
    c->busy = !rest;
    pthread_mutex_unlock(&c->t->lock);
    return rest;
}

/* Tells what there is to tell; false when the right to pump was given back. */
static bool conn_tell(struct conn *c)
{
    const struct transport_handler *h = &c->t->handler;
    while (c->has_held || conn_next_event(c)) {
        bool last = c->held.type == TRANSPORT_CLOSED;
        bool taken = h->on_event(h->ctx, &c->held);
        if (taken)
            c->has_held = false;
        if (!taken || last) {
            conn_release(c, taken && last);
            return false;
        }
    }
    return true;
}

void conn_pump(struct conn *c)
{
    while (conn_tell(c)) {
        if (c->session.phase == SESSION_CLAIMED ? conn_rest(c) : conn_recv(c))
            return;
    }
}

static void on_recv(void *arg)
{
    struct conn *c = arg;
    int rv = nng_aio_result(c->recv);
    pulse_completed(c->t);
    pthread_mutex_lock(&c->t->lock);
    c->reading = false;
    c->bytes_in += rv == 0 ? nng_aio_count(c->recv) : 0;
    c->heard_ms = nng_clock();
    if (rv != 0)
        conn_shut(c, transport_err(rv));
    pthread_mutex_unlock(&c->t->lock);
    if (rv == 0)
        c->staged = span_of(c->staging, nng_aio_count(c->recv));
    conn_pump(c);
}

/* ---- beginning and end ---- */

void conn_free(struct conn *c)
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
    session_clear(&c->session);
    send_queue_clear(&c->queue);
    if (c->has_held)
        buffer_clear(&c->held.frame);
    pthread_mutex_destroy(&c->sealing);
    free(c);
}

static void host_take(struct conn *c)
{
    nng_sockaddr sa;
    if (nng_stream_get_addr(c->stream, NNG_OPT_REMADDR, &sa) != 0)
        return;
    if (sa.s_family == NNG_AF_INET) {
        memcpy(c->host, &sa.s_in.sa_addr, 4);
        inet_ntop(AF_INET, &sa.s_in.sa_addr, c->address, sizeof c->address);
    } else if (sa.s_family == NNG_AF_INET6) {
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        const uint8_t *b = (const uint8_t *)&sa.s_in6.sa_addr;
        bool four = memcmp(b, mapped, sizeof mapped) == 0;
        memcpy(c->host, four ? b + 12 : b, four ? 4 : 8);
        inet_ntop(AF_INET6, b, c->address, sizeof c->address);
    }
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
    pthread_mutex_init(&c->sealing, NULL);
    host_take(c);
    (void)nng_stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true);
    if (link != NULL)
        memcpy(c->address, link->address, sizeof c->address);
    if (send_queue_init(&c->queue) == OK && nng_aio_alloc(&c->recv, on_recv, c) == 0 &&
        nng_aio_alloc(&c->send, on_send, c) == 0)
        return c;
    conn_free(c);
    return NULL;
}

/* Makes room among those that have proven nothing yet. False: this one's address has too many. */
static bool claims_fit(struct transport *t, const struct conn *one)
{
    unsigned all = 0, same = 0;
    struct conn *oldest = NULL;
    for (struct conn *c = t->conns; c != NULL; c = c->next) {
        if (c->link != NULL || c->accepted || c->closing)
            continue;
        all++;
        same += memcmp(c->host, one->host, HOST_BYTES) == 0;
        oldest = c;
    }
    if (same >= TRANSPORT_ADDRESS_CLAIMS)
        return false;
    if (all >= TRANSPORT_CLAIMS)
        conn_shut(oldest, ERR_BUSY);
    return true;
}

/* With the lock held. */
static bool conn_admit(struct transport *t, struct conn *c)
{
    struct buffer certificate = {0};
    const struct session_secrets secrets = {t->handler.ctx, t->handler.secret};
    if (t->stopping || !t->identified || t->conn_count >= PEERS_MAX ||
        (c->link == NULL && !claims_fit(t, c)) ||
        buffer_put(&certificate, t->certificate.data, t->certificate.len) != OK)
        return false;
    session_init(&c->session, c->link != NULL ? NOISE_INITIATOR : NOISE_RESPONDER,
                 &t->options.ledger, &t->key, &certificate, &secrets);
    c->peer.v = ++t->last_peer;
    c->busy = true;
    c->next = t->conns;
    t->conns = c;
    t->conn_count++;
    return true;
}

bool conn_start(struct transport *t, nng_stream *stream, struct link *link)
{
    struct buffer out = {0};
    struct conn *c = conn_create(t, stream, link);
    if (c == NULL)
        return false;
    pthread_mutex_lock(&t->lock);
    bool fits = conn_admit(t, c);
    pthread_mutex_unlock(&t->lock);
    if (!fits) {
        conn_free(c);
        return false;
    }
    enum err err = session_start(&c->session, &out);
    if (err == OK)
        err = conn_push(c, &out);
    if (err != OK)
        conn_shut_locked(c, err);
    buffer_clear(&out);
    conn_pump(c);
    return true;
}
