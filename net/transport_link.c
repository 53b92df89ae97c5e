#include <stdio.h>
#include <stdlib.h>

#include "crypto/keys.h"
#include "net/transport_internal.h"

void link_down(struct link *k, bool settled)
{
    uint32_t noise;
    random_bytes(&noise, sizeof noise);
    if (settled)
        k->backoff_ms = BACKOFF_MIN_MS;
    k->due_ms = nng_clock() + k->backoff_ms + noise % (k->backoff_ms / 4);
    k->backoff_ms = k->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : k->backoff_ms * 2;
    k->up = false;
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
    *k = (struct link){.t = t, .backoff_ms = BACKOFF_MIN_MS};
    snprintf(k->address, sizeof k->address, "%s", address);
    err = transport_err(nng_stream_dialer_alloc(&k->dialer, url));
    if (err == OK)
        err = transport_err(nng_aio_alloc(&k->aio, on_dial, k));
    pthread_mutex_lock(&t->lock);
    if (err == OK && t->link_count == LINKS_MAX)
        err = ERR_BUSY;
    if (err == OK) {
        t->links[t->link_count++] = k;
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

void links_redial(struct transport *t)
{
    uint64_t now = nng_clock();
    for (unsigned i = 0; t->identified && i < t->link_count; i++) {
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
