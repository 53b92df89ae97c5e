#include <string.h>

#include "net/transport_internal.h"

static struct conn *conn_of(struct transport *t, const struct link *k)
{
    struct conn *c = t->conns;
    while (c != NULL && c->link != k)
        c = c->next;
    return c;
}

/* A session that lives wants nothing; an address that rests until it is due neither. */
static bool link_waits(struct transport *t, const struct link *k, uint64_t now)
{
    const struct conn *c = conn_of(t, k);
    if (c != NULL)
        return c->closing || !c->open;
    const struct redial_link *r = &t->redial.links[k->no];
    return t->identified && (r->up || now >= r->due_ms);
}

void pulse_round(struct transport *t)
{
    unsigned waiting = 0;
    uint64_t now = nng_clock();
    for (unsigned i = 0; i < t->redial.count; i++)
        waiting += link_waits(t, t->links[i], now);
    atomic_store_explicit(&t->links_kept, t->redial.count, memory_order_relaxed);
    atomic_store_explicit(&t->links_waiting, waiting, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->rounds, 1, memory_order_relaxed);
}

void transport_pulse(const struct transport *t, struct transport_pulse *out)
{
    *out = (struct transport_pulse){
        .completions = atomic_load_explicit(&t->completions, memory_order_relaxed),
        .rounds = atomic_load_explicit(&t->rounds, memory_order_relaxed),
        .links = atomic_load_explicit(&t->links_kept, memory_order_relaxed),
        .waiting = atomic_load_explicit(&t->links_waiting, memory_order_relaxed),
    };
}

bool transport_bytes(struct transport *t, struct peer_id peer, uint64_t *in, uint64_t *out)
{
    pthread_mutex_lock(&t->lock);
    const struct conn *c = t->conns;
    while (c != NULL && c->peer.v != peer.v)
        c = c->next;
    if (c != NULL) {
        *in = c->bytes_in;
        *out = c->bytes_out;
    }
    pthread_mutex_unlock(&t->lock);
    return c != NULL;
}

bool transport_link_at(struct transport *t, unsigned i, struct transport_link *out)
{
    pthread_mutex_lock(&t->lock);
    bool found = i < t->redial.count;
    if (found) {
        const struct link *k = t->links[i];
        const struct conn *c = conn_of(t, k);
        uint64_t now = nng_clock();
        const struct redial_link *r = &t->redial.links[k->no];
        *out = (struct transport_link){.up = r->up, .open = c != NULL && c->open && !c->closing,
                                       .why = k->why};
        memcpy(out->address, k->address, sizeof out->address);
        out->due_in_ms = r->up || now >= r->due_ms ? 0 : r->due_ms - now;
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}
