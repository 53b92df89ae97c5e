#include <string.h>

#include "node/clock.h"
#include "node/invitations.h"
#include "node/node_parts.h"

static bool on_request(void *ctx, struct ipc_request *request)
{
    struct node *n = ctx;
    return queue_push_request(n->queue, request);
}

struct ipc_handler faces_ipc(struct node *n)
{
    return (struct ipc_handler){.ctx = n, .on_request = on_request};
}

static bool on_event(void *ctx, struct transport_event *event)
{
    struct node *n = ctx;
    const struct span frame = buffer_span(&event->frame);
    if (event->type == TRANSPORT_FRAME && event->purpose == CHANNEL_DESK) {
        return desks_frame(n->desks, n->queue, event);
    }
    if (event->type != TRANSPORT_FRAME || event->purpose != CHANNEL_PEER) {
        return queue_push_event(n->queue, event);
    }
    if (!queue_room(n->queue, event)) {
        return false;
    }
    prefetch_start(n->prefetch, event->peer, frame);
    if (queue_push_event(n->queue, event)) {
        return true;
    }
    prefetch_drop(n->prefetch, frame);
    return false;
}

static enum err find_secret(void *ctx, struct span hint, uint8_t psk[NOISE_PSK_BYTES])
{
    const struct node *n = ctx;
    return invitations_secret(n->invitations, hint, psk);
}

struct transport_handler faces_transport(struct node *n)
{
    return (struct transport_handler){.ctx = n, .on_event = on_event, .secret = find_secret};
}

static enum err sync_send(void *ctx, struct peer_id peer, struct span frame)
{
    struct node *n = ctx;
    prefetch_expect(n->prefetch, peer, frame);
    return transport_send(n->transport, peer, frame);
}

static void sync_close(void *ctx, struct peer_id peer, enum err why)
{
    struct node *n = ctx;
    transport_disconnect(n->transport, peer, why);
}

static uint64_t sync_random(void *ctx)
{
    uint64_t value;
    (void)ctx;
    random_bytes(&value, sizeof value);
    return value;
}

static enum log_level event_level(const char *name)
{
    if (strcmp(name, "fork") == 0) {
        return LEVEL_ERROR;
    }
    return strcmp(name, "refused") == 0 ? LEVEL_WARN : LEVEL_INFO;
}

/* Why a peer was cut off is said once, when the connection has ended: sessions_closed. */
static void sync_event(void *ctx, const char *name, const char *member, enum err why)
{
    struct node *n = ctx;
    struct logline line;
    if (why == ERR_UNCERTAIN) {
        n->fatal = why;
    }
    if (strcmp(name, "cosigned") == 0) {
        n->waits.due = true;
        notify_touch(n);
    }
    if (strcmp(name, "bad-peer") == 0 || strcmp(name, "silent") == 0 ||
        strcmp(name, "cosigned") == 0) {
        return;
    }
    logline_begin(&line, n->logger, event_level(name), name);
    if (member[0] != '\0') {
        logline_text(&line, "member", member);
    }
    logline_err(&line, why);
    logline_end(&line);
}

static uint64_t sync_unix_s(void *ctx)
{
    (void)ctx;
    return clock_unix_s();
}

struct sync_io faces_sync(struct node *n)
{
    return (struct sync_io){.ctx = n, .send = sync_send, .close = sync_close,
                            .random = sync_random, .event = sync_event, .unix_s = sync_unix_s};
}

void faces_on_change(void *ctx, const struct log *log)
{
    struct node *n = ctx;
    notify_touch(n);
    for (unsigned i = 0; i < n->changed_count; i++) {
        if (n->changed[i].epoch == log->epoch && strcmp(n->changed[i].member, log->member) == 0) {
            return;
        }
    }
    if (n->changed_count == CHANGED_MAX) {
        sync_announce(n->sync, log, clock_steady_ms());
        return;
    }
    struct log_name *name = &n->changed[n->changed_count++];
    memcpy(name->member, log->member, sizeof name->member);
    name->epoch = log->epoch;
}

void faces_announce(struct node *n)
{
    if (n->changed_count > 0) {
        sessions_identify(n);
        sessions_recheck(n);
        desks_recheck(n);
    }
    for (unsigned i = 0; i < n->changed_count; i++) {
        const struct log *log = ledger_log(n->ledger, n->changed[i].member, n->changed[i].epoch);
        if (log != NULL) {
            sync_announce(n->sync, log, clock_steady_ms());
        }
    }
    if (n->changed_count > 0) {
        sync_relay(n->sync, clock_steady_ms());
    }
    n->changed_count = 0;
}

static void log_connection(struct node *n, const char *name, const struct transport_event *event)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_DEBUG, name);
    logline_uint(&line, "connection", event->peer.v);
    logline_text(&line, "side", event->dialed ? "dialed" : "accepted");
    logline_end(&line);
}

static void peer_connected(struct node *n, const struct transport_event *event)
{
    const char *member = sessions_member(n, event->peer);
    enum err err = member == NULL ? ERR_CLOSED
                                  : sync_connected(n->sync, event->peer, member, event->dialed,
                                                   clock_steady_ms());
    if (err != OK) {
        transport_disconnect(n->transport, event->peer, err);
        return;
    }
    contacts_opened(&n->watch.contacts, member, event->address, clock_steady_ms());
}

static void peer_event(struct node *n, const struct transport_event *event)
{
    enum err err = OK;
    switch (event->type) {
    case TRANSPORT_CLAIMED:
        sessions_claim(n, event);
        break;
    case TRANSPORT_CONNECTED:
        log_connection(n, "connected", event);
        peer_connected(n, event);
        break;
    case TRANSPORT_FRAME:
        prefetch_take(n->prefetch, buffer_span(&event->frame));
        err = sync_frame(n->sync, event->peer, buffer_span(&event->frame), clock_steady_ms());
        break;
    case TRANSPORT_CLOSED:
        log_connection(n, "closed", event);
        sync_closed(n->sync, event->peer);
        sessions_closed(n, event);
        break;
    }
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    }
}

void faces_event(struct node *n, const struct transport_event *event)
{
    switch (event->purpose) {
    case CHANNEL_PEER: peer_event(n, event); break;
    case CHANNEL_DESK: desks_event(n, event); break;
    case CHANNEL_ENROL: invitations_event(n, event); break;
    }
}
