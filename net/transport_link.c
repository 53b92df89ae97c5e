#include <stdio.h>
#include <stdlib.h>

#include "crypto/keys.h"
#include "net/transport_internal.h"

static uint32_t noise(void)
{
    uint32_t n;
    random_bytes(&n, sizeof n);
    return n;
}

void link_down(struct link *k, enum redial_end end)
{
    redial_down(&k->t->redial, k->no, end, nng_clock(), noise());
}

void links_hasten(struct transport *t)
{
    redial_opened(&t->redial, nng_clock(), noise());
}

static void on_dial(void *arg)
{
    struct link *k = arg;
    int rv = nng_aio_result(k->aio);
    pulse_completed(k->t);
    if (rv == 0 && conn_start(k->t, nng_aio_get_output(k->aio, 0), k))
        return;
    pthread_mutex_lock(&k->t->lock);
    k->why = rv == 0 ? ERR_BUSY : transport_err(rv);
    link_down(k, rv == 0 ? REDIAL_REFUSED : REDIAL_UNREACHED);
    pthread_mutex_unlock(&k->t->lock);
}

static void on_accept(void *arg)
{
    struct door *d = arg;
    int rv = nng_aio_result(d->aio);
    pulse_completed(d->t);
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
    enum err err = address_check(address);
    if (err == OK)
        snprintf(url, ADDRESS_MAX_BYTES + 8, "tcp://%s", address);
    return err;
}

void link_free(struct link *k)
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
    *k = (struct link){.t = t};
    snprintf(k->address, sizeof k->address, "%s", address);
    err = transport_err(nng_stream_dialer_alloc(&k->dialer, url));
    if (err == OK)
        err = transport_err(nng_aio_alloc(&k->aio, on_dial, k));
    if (err == OK)
        nng_aio_set_timeout(k->aio, REDIAL_DIAL_MS);
    pthread_mutex_lock(&t->lock);
    if (err == OK && !redial_add(&t->redial, &k->no))
        err = ERR_BUSY;
    if (err == OK) {
        t->links[k->no] = k;
        links_redial(t);
    }
    pthread_mutex_unlock(&t->lock);
    if (err != OK)
        link_free(k);
    return err;
}

void door_free(struct door *d)
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
    err = transport_err(nng_stream_listener_alloc(&d->listener, url));
    if (err == OK)
        err = transport_err(nng_aio_alloc(&d->aio, on_accept, d));
    if (err == OK)
        err = transport_err(nng_stream_listener_listen(d->listener));
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

static bool connected(const struct transport *t)
{
    const struct conn *c = t->conns;
    while (c != NULL && (!c->open || c->closing))
        c = c->next;
    return c != NULL;
}

void links_redial(struct transport *t)
{
    unsigned no;
    bool alone = t->identified && !connected(t);
    while (t->identified && redial_next(&t->redial, nng_clock(), !alone, noise(), &no))
        nng_stream_dialer_dial(t->links[no]->dialer, t->links[no]->aio);
    for (unsigned i = 0; i < t->door_count; i++) {
        struct door *d = t->doors[i];
        if (d->idle) {
            d->idle = false;
            nng_stream_listener_accept(d->listener, d->aio);
        }
    }
}
