/* The server's end. A connection goes READING → WAITING (its request is with the handler) → SENDING
 * → READING; whatever fails closes it. Closed ones are freed when the next one is accepted. */
#include "net/ipc.h"

#include <nng/nng.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/frame.h"
#include "net/ipc_frame.h"

enum { STAGING_BYTES = 16 * 1024, CLIENTS_MAX = 64, IDLE_MS = 300 * 1000, REST_MS = 100,
       URL_BYTES = 128 };

enum client_state { CLIENT_READING, CLIENT_WAITING, CLIENT_SENDING, CLIENT_CLOSED };

struct client {
    struct ipc_server *s;
    struct client *next;
    struct ipc_conn conn;
    uid_t uid;
    nng_stream *stream;
    nng_aio *recv, *send;
    enum client_state state;
    bool last;                     /* close when the answer is out */
    struct frame_reader reader;
    uint8_t staging[STAGING_BYTES];
    struct span staged;
    struct buffer out;
    size_t sent;
};

struct ipc_server {
    struct ipc_handler handler;
    pthread_mutex_t lock;
    nng_stream_listener *listener;
    nng_aio *accept;
    struct client *clients;
    unsigned client_count;
    uint64_t last_id;
    bool stopping, resting;        /* resting: an accept failed, and its aio sleeps */
};

static enum err err_from_nng(int rv)
{
    switch (rv) {
    case 0: return OK;
    case NNG_ENOMEM: return ERR_NOMEM;
    case NNG_EADDRINVAL: return ERR_CONFIG;
    case NNG_EADDRINUSE: return ERR_EXISTS;
    case NNG_EPERM: return ERR_PERMISSION;
    case NNG_ENOENT: return ERR_NOTFOUND;
    case NNG_ECLOSED:
    case NNG_ECANCELED: return ERR_CLOSED;
    default: return ERR_IO;
    }
}

static void client_close(struct client *c)
{
    c->state = CLIENT_CLOSED;
    nng_stream_close(c->stream);
}

static void client_send(struct client *c)
{
    nng_iov iov = {c->out.data + c->sent, c->out.len - c->sent};
    nng_aio_set_iov(c->send, 1, &iov);
    nng_stream_send(c->stream, c->send);
}

/* With the lock held, in state WAITING. */
static void client_answer(struct client *c, const json_t *reply, struct span blob)
{
    buffer_clear(&c->out);
    c->sent = 0;
    if (ipc_frame_encode(reply, blob, &c->out) != OK) {
        client_close(c);
        return;
    }
    c->state = CLIENT_SENDING;
    client_send(c);
}

static void client_refuse(struct client *c, enum err why, bool last)
{
    json_t *reply = json_pack("{s:b,s:s,s:s}", "ok", 0, "error", err_name(why), "message",
                              err_message(why));
    pthread_mutex_lock(&c->s->lock);
    c->last = last;
    if (c->state == CLIENT_WAITING && reply != NULL)
        client_answer(c, reply, (struct span){NULL, 0});
    else if (c->state == CLIENT_WAITING)
        client_close(c);
    pthread_mutex_unlock(&c->s->lock);
    json_decref(reply);
}

static void client_hand_over(struct client *c)
{
    const struct ipc_handler *h = &c->s->handler;
    struct ipc_request request = {.conn = c->conn, .uid = c->uid};
    struct buffer frame;
    struct span blob;
    frame_take(&c->reader, &frame);
    enum err err = ipc_frame_decode(buffer_span(&frame), &request.head, &blob);
    if (err == OK)
        err = buffer_put(&request.blob, blob.data, blob.len);
    buffer_clear(&frame);
    if (err != OK)
        client_refuse(c, err, true);
    else if (h->on_request(h->ctx, &request))
        return;
    else
        client_refuse(c, ERR_BUSY, false);
    ipc_request_clear(&request);
}

static void client_recv(struct client *c)
{
    nng_iov iov = {c->staging, STAGING_BYTES};
    nng_aio_set_iov(c->recv, 1, &iov);
    nng_aio_set_timeout(c->recv, IDLE_MS);
    nng_stream_recv(c->stream, c->recv);
}

/* Reads on, in state READING, until a request is whole. */
static void client_read(struct client *c)
{
    bool whole = false;
    enum err err = frame_feed(&c->reader, &c->staged, &whole);
    pthread_mutex_lock(&c->s->lock);
    bool closed = c->state == CLIENT_CLOSED;
    if (!closed && (whole || err != OK))
        c->state = CLIENT_WAITING;
    pthread_mutex_unlock(&c->s->lock);
    if (closed)
        return;
    if (err != OK)
        client_refuse(c, err, true);
    else if (whole)
        client_hand_over(c);
    else
        client_recv(c);
}

static void on_recv(void *arg)
{
    struct client *c = arg;
    if (nng_aio_result(c->recv) != 0) {
        pthread_mutex_lock(&c->s->lock);
        client_close(c);
        pthread_mutex_unlock(&c->s->lock);
        return;
    }
    c->staged = span_of(c->staging, nng_aio_count(c->recv));
    client_read(c);
}

static void on_send(void *arg)
{
    struct client *c = arg;
    int rv = nng_aio_result(c->send);
    bool done = false;
    pthread_mutex_lock(&c->s->lock);
    if (rv == 0)
        c->sent += nng_aio_count(c->send);
    if (rv != 0 || (c->sent == c->out.len && c->last)) {
        client_close(c);
    } else if (c->sent < c->out.len) {
        client_send(c);
    } else if (c->state == CLIENT_SENDING) {
        c->state = CLIENT_READING;
        done = true;
    }
    pthread_mutex_unlock(&c->s->lock);
    if (done)
        client_read(c);
}

static void client_free(struct client *c)
{
    nng_stream_close(c->stream);
    if (c->recv != NULL)
        nng_aio_stop(c->recv);
    if (c->send != NULL)
        nng_aio_stop(c->send);
    nng_aio_free(c->recv);
    nng_aio_free(c->send);
    nng_stream_free(c->stream);
    frame_reader_clear(&c->reader);
    buffer_clear(&c->out);
    free(c);
}

static struct client *client_create(struct ipc_server *s, nng_stream *stream)
{
    uint64_t uid;
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        nng_stream_free(stream);
        return NULL;
    }
    c->s = s;
    c->stream = stream;
    frame_reader_init(&c->reader, IPC_MAX_BYTES);
    if (nng_stream_get_uint64(stream, NNG_OPT_IPC_PEER_UID, &uid) == 0 &&
        nng_aio_alloc(&c->recv, on_recv, c) == 0 && nng_aio_alloc(&c->send, on_send, c) == 0) {
        c->uid = (uid_t)uid;
        return c;
    }
    client_free(c);
    return NULL;
}

static struct client *closed_take(struct ipc_server *s)
{
    struct client **at = &s->clients;
    while (*at != NULL && (*at)->state != CLIENT_CLOSED)
        at = &(*at)->next;
    struct client *c = *at;
    if (c != NULL) {
        *at = c->next;
        s->client_count--;
    }
    return c;
}

static void closed_free(struct ipc_server *s)
{
    struct client *c;
    do {
        pthread_mutex_lock(&s->lock);
        c = closed_take(s);
        pthread_mutex_unlock(&s->lock);
        if (c != NULL)
            client_free(c);
    } while (c != NULL);
}

static void client_start(struct ipc_server *s, nng_stream *stream)
{
    struct client *c = client_create(s, stream);
    if (c == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    bool fits = !s->stopping && s->client_count < CLIENTS_MAX;
    if (fits) {
        c->conn.id = ++s->last_id;
        c->next = s->clients;
        s->clients = c;
        s->client_count++;
        client_recv(c);
    }
    pthread_mutex_unlock(&s->lock);
    if (!fits)
        client_free(c);
}

static void on_accept(void *arg)
{
    struct ipc_server *s = arg;
    int rv = nng_aio_result(s->accept);
    if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
        return;
    if (rv == 0 && !s->resting)
        client_start(s, nng_aio_get_output(s->accept, 0));
    closed_free(s);
    pthread_mutex_lock(&s->lock);
    s->resting = rv != 0;
    if (s->resting && !s->stopping)
        nng_sleep_aio(REST_MS, s->accept);
    else if (!s->stopping)
        nng_stream_listener_accept(s->listener, s->accept);
    pthread_mutex_unlock(&s->lock);
}

enum err ipc_listen(struct ipc_server **out, const char *socket_path, unsigned mode,
                    const struct ipc_handler *handler)
{
    char url[URL_BYTES];
    if (strlen(socket_path) + sizeof "ipc://" > sizeof url)
        return ERR_TOO_LARGE;
    snprintf(url, sizeof url, "ipc://%s", socket_path);
    struct ipc_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    s->handler = *handler;
    pthread_mutex_init(&s->lock, NULL);
    enum err err = err_from_nng(nng_stream_listener_alloc(&s->listener, url));
    if (err == OK)
        err = err_from_nng(nng_stream_listener_set_int(s->listener, NNG_OPT_IPC_PERMISSIONS,
                                                       (int)mode));
    if (err == OK)
        err = err_from_nng(nng_aio_alloc(&s->accept, on_accept, s));
    if (err == OK)
        err = err_from_nng(nng_stream_listener_listen(s->listener));
    if (err != OK) {
        ipc_close(s);
        return err;
    }
    nng_stream_listener_accept(s->listener, s->accept);
    *out = s;
    return OK;
}

void ipc_answer(struct ipc_server *s, struct ipc_conn conn, const json_t *reply, struct span blob)
{
    pthread_mutex_lock(&s->lock);
    struct client *c = s->clients;
    while (c != NULL && c->conn.id != conn.id)
        c = c->next;
    if (c != NULL && c->state == CLIENT_WAITING)
        client_answer(c, reply, blob);
    pthread_mutex_unlock(&s->lock);
}

void ipc_request_clear(struct ipc_request *r)
{
    json_decref(r->head);
    buffer_clear(&r->blob);
    r->head = NULL;
}

void ipc_close(struct ipc_server *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    if (s->listener != NULL)
        nng_stream_listener_close(s->listener);
    if (s->accept != NULL)
        nng_aio_stop(s->accept);
    nng_aio_free(s->accept);
    nng_stream_listener_free(s->listener);
    while (s->clients != NULL) {
        struct client *c = s->clients;
        s->clients = c->next;
        client_free(c);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}
