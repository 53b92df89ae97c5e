#include "net/transport_internal.h"

#include <stdlib.h>
#include <time.h>

#include "net/thread.h"

enum err transport_err(int rv)
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

/* ---- the keeper ---- */

static bool conn_over(const struct conn *c)
{
    return c->finished && !c->sending && c->users == 0;
}

/* A peer that was cut off for what it did is not dialled at once, however long it had lived; nor is
 * one that hung up on us without a word. */
static enum redial_end conn_end(const struct conn *c)
{
    const bool ordinary = c->why == ERR_CLOSED || c->why == ERR_IO || c->why == ERR_TIMEOUT;
    const bool rejected = !c->taken && c->why == ERR_CLOSED;
    if (!c->accepted || !ordinary || rejected)
        return REDIAL_REFUSED;
    return nng_clock() - c->since_ms >= REDIAL_SETTLED_MS ? REDIAL_LOST : REDIAL_UNREACHED;
}

/* Unlinks one connection that nothing runs for any more; NULL when there is none. */
static struct conn *finished_take(struct transport *t)
{
    struct conn **at = &t->conns;
    while (*at != NULL && !conn_over(*at))
        at = &(*at)->next;
    struct conn *c = *at;
    if (c == NULL)
        return NULL;
    *at = c->next;
    t->conn_count--;
    conn_settle(c);
    if (c->link != NULL)
        link_down(c->link, conn_end(c));
    return c;
}

void finished_free(struct transport *t)
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

/* Closes what takes too long to become a session, and what has fallen silent. Time during which
 * nothing was read, because the handler pushed back, does not count. */
static void late_shut(struct transport *t)
{
    uint64_t now = nng_clock();
    for (struct conn *c = t->conns; c != NULL; c = c->next) {
        bool late = c->accepted ? c->reading && now - c->heard_ms >= t->options.idle_ms
                                : now - c->since_ms >= t->options.handshake_ms;
        if (late)
            conn_shut(c, ERR_TIMEOUT);
    }
}

/* Takes the right to pump a connection whose handler pushed back, or whose claim is judged. */
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

/* Until the next round, or until it is to stop. With the lock held. */
static void keeper_rest(struct transport *t)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += KEEPER_MS * INT64_C(1000000);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!t->stopping && pthread_cond_timedwait(&t->stopped, &t->lock, &until) == 0)
        ;
}

/* A thread and not a timer of NNG, whose timers turn idly for a millisecond before each end. */
static void *keep(void *transport)
{
    struct transport *t = transport;
    pthread_mutex_lock(&t->lock);
    for (keeper_rest(t); !t->stopping; keeper_rest(t)) {
        pthread_mutex_unlock(&t->lock);
        finished_free(t);
        paused_retry(t);
        pthread_mutex_lock(&t->lock);
        if (t->stopping)
            break;
        late_shut(t);
        links_redial(t);
        pulse_round(t);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static enum err keeper_start(struct transport *t)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&t->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    if (thread_start(&t->keeper, keep, t))
        return OK;
    pthread_cond_destroy(&t->stopped);
    return ERR_NOMEM;
}

/* ---- the rest of the face ---- */

enum err transport_create(struct transport **out, const struct transport_handler *h,
                          const struct transport_options *options)
{
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ERR_NOMEM;
    t->handler = *h;
    t->options = *options;
    if (t->options.handshake_ms == 0)
        t->options.handshake_ms = TRANSPORT_HANDSHAKE_MS;
    if (t->options.idle_ms == 0)
        t->options.idle_ms = TRANSPORT_IDLE_MS;
    pthread_mutex_init(&t->lock, NULL);
    enum err err = keeper_start(t);
    if (err != OK) {
        pthread_mutex_destroy(&t->lock);
        free(t);
        return err;
    }
    *out = t;
    return OK;
}

enum err transport_identify(struct transport *t, const struct xkey *key, struct span certificate)
{
    struct buffer copy = {0};
    enum err err = buffer_put(&copy, certificate.data, certificate.len);
    if (err != OK)
        return err;
    pthread_mutex_lock(&t->lock);
    buffer_clear(&t->certificate);
    t->certificate = copy;
    xkey_clear(&t->key);
    t->identified = key != NULL;
    if (key != NULL)
        t->key = *key;
    links_redial(t);
    pthread_mutex_unlock(&t->lock);
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
    if (frame.len == 0)
        return ERR_TOO_LARGE;
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (c != NULL)
        c->users++;
    pthread_mutex_unlock(&t->lock);
    if (c == NULL)
        return ERR_CLOSED;
    enum err err = conn_seal(c, frame);
    pthread_mutex_lock(&t->lock);
    c->users--;
    pthread_mutex_unlock(&t->lock);
    return err;
}

void transport_disconnect(struct transport *t, struct peer_id peer, enum err why)
{
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (c != NULL)
        conn_shut(c, why);
    pthread_mutex_unlock(&t->lock);
}

static void resume(struct transport *t, struct peer_id peer, bool accept)
{
    pthread_mutex_lock(&t->lock);
    struct conn *c = conn_find(t, peer);
    if (c != NULL && accept)
        c->accepted = true;
    if (c != NULL && (c->busy || c->finished))
        c = NULL;
    if (c != NULL)
        c->busy = true;
    pthread_mutex_unlock(&t->lock);
    if (c != NULL)
        conn_pump(c);
}

void transport_resume(struct transport *t, struct peer_id peer)
{
    resume(t, peer, false);
}

void transport_accept(struct transport *t, struct peer_id peer)
{
    resume(t, peer, true);
}

static struct conn *conn_pop(struct transport *t)
{
    pthread_mutex_lock(&t->lock);
    struct conn *c = t->conns;
    if (c != NULL)
        t->conns = c->next;
    pthread_mutex_unlock(&t->lock);
    return c;
}

void transport_close(struct transport *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->stopped);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->keeper, NULL);
    pthread_cond_destroy(&t->stopped);
    for (unsigned i = 0; i < t->door_count; i++)
        door_free(t->doors[i]);
    for (unsigned i = 0; i < t->redial.count; i++)
        link_free(t->links[i]);
    for (struct conn *c; (c = conn_pop(t)) != NULL;)
        conn_free(c);
    pthread_mutex_destroy(&t->lock);
    buffer_clear(&t->certificate);
    xkey_clear(&t->key);
    free(t);
}
