#include "node/desks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/desk_message.h"
#include "node/clock.h"
#include "node/desk_account.h"
#include "node/node_parts.h"

struct desk {
    struct peer_id peer;
    bool busy;                         /* a request is under way */
    struct pubkey officer;
    struct xpubkey key;
    char person[PERSON_MAX_BYTES + 1];
};

/* One for each officer seen of late; the one unused for longest gives way. */
struct account { struct pubkey officer; bool used; struct desk_account a; };

struct desks {
    pthread_mutex_t lock;              /* `desks` and `count`: library threads look for `busy` */
    unsigned count;
    struct desk desks[DESKS_MAX];
    struct account accounts[2 * DESKS_MAX];
};

enum err desks_create(struct desks **out)
{
    struct desks *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return ERR_NOMEM;
    }
    pthread_mutex_init(&d->lock, NULL);
    *out = d;
    return OK;
}

void desks_free(struct desks *d)
{
    if (d != NULL) {
        pthread_mutex_destroy(&d->lock);
        free(d);
    }
}

static struct desk *find(struct desks *d, uint32_t peer)
{
    for (unsigned i = 0; i < d->count; i++) {
        if (d->desks[i].peer.v == peer) {
            return &d->desks[i];
        }
    }
    return NULL;
}

/* ---- what arrives, on library threads ---- */

static bool request_take(struct queue *q, struct transport_event *event, bool *taken)
{
    struct span blob;
    struct ipc_request request = {.conn = {.desk = event->peer.v}};
    enum err err = desk_message_decode(DESK_REQUEST, buffer_span(&event->frame), &request.head,
                                       &blob);
    if (err == OK) {
        err = buffer_put(&request.blob, blob.data, blob.len);
    }
    *taken = err == OK && queue_push_request(q, &request);
    ipc_request_clear(&request);
    if (*taken) {
        buffer_clear(&event->frame);
    }
    return err == OK;
}

bool desks_frame(struct desks *d, struct queue *q, struct transport_event *event)
{
    bool taken = false, good = true;
    pthread_mutex_lock(&d->lock);
    struct desk *desk = find(d, event->peer.v);
    bool busy = desk != NULL && desk->busy;
    if (desk != NULL && !busy) {
        good = request_take(q, event, &taken);
        desk->busy = taken || !good;       /* after what is no request nothing more is read */
    }
    pthread_mutex_unlock(&d->lock);
    return desk == NULL || !good ? queue_push_event(q, event) : taken;
}

/* ---- who is there ---- */

static const struct officer *officer_of(const struct node *n, const struct xpubkey *key)
{
    const struct member_no self = ledger_self(n->ledger);
    return self.v == MEMBER_NONE ? NULL
                                 : roster_officer_by_desk(ledger_roster(n->ledger), self, key);
}

static void drop(struct desks *d, struct desk *desk)
{
    pthread_mutex_lock(&d->lock);
    *desk = d->desks[--d->count];
    pthread_mutex_unlock(&d->lock);
}

static void cut_off(struct node *n, struct desk *desk, enum err why)
{
    struct peer_id peer = desk->peer;
    drop(n->desks, desk);
    transport_disconnect(n->transport, peer, why);
}

/* One more session of this officer: beyond the limit an idle one, the oldest, gives way. */
static enum err make_room(struct node *n, const struct officer *o)
{
    struct desks *d = n->desks;
    unsigned same = 0;
    struct desk *idle = NULL;
    for (unsigned i = 0; i < d->count; i++) {
        struct desk *desk = &d->desks[i];
        bool own = pubkey_equal(&desk->officer, &o->key);
        same += own;
        if (own && !desk->busy && (idle == NULL || desk->peer.v < idle->peer.v)) {
            idle = desk;
        }
    }
    if (same >= DESK_SESSIONS_MAX && idle != NULL) {
        cut_off(n, idle, ERR_BUSY);
        same--;
    }
    return same < DESK_SESSIONS_MAX && d->count < DESKS_MAX ? OK : ERR_BUSY;
}

static void log_desk(struct node *n, const struct transport_event *event,
                     const struct officer *officer)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_INFO, "desk");
    logline_text(&line, "officer", officer->person);
    logline_text(&line, "address", event->address);
    logline_end(&line);
}

static void claim(struct node *n, const struct transport_event *event)
{
    struct desks *d = n->desks;
    const struct officer *o = officer_of(n, &event->key);
    enum err err = o == NULL ? ERR_NOT_ENROLLED : make_room(n, o);
    if (err != OK) {
        transport_disconnect(n->transport, event->peer, err);
        return;
    }
    struct desk desk = {.peer = event->peer, .officer = o->key, .key = event->key};
    memcpy(desk.person, o->person, sizeof desk.person);
    pthread_mutex_lock(&d->lock);
    d->desks[d->count++] = desk;
    pthread_mutex_unlock(&d->lock);
    log_desk(n, event, o);
    transport_accept(n->transport, event->peer);
}

void desks_event(struct node *n, const struct transport_event *event)
{
    struct desk *desk = find(n->desks, event->peer.v);
    switch (event->type) {
    case TRANSPORT_CLAIMED:
        claim(n, event);
        break;
    case TRANSPORT_CONNECTED:
        break;
    case TRANSPORT_FRAME:
        transport_disconnect(n->transport, event->peer, ERR_PROTOCOL);
        break;
    case TRANSPORT_CLOSED:
        if (desk != NULL) {
            drop(n->desks, desk);
        }
        sessions_closed(n, event);
        break;
    }
}

void desks_recheck(struct node *n)
{
    struct desks *d = n->desks;
    for (unsigned i = d->count; i > 0; i--) {
        struct desk *desk = &d->desks[i - 1];
        const struct officer *o = officer_of(n, &desk->key);
        if (o == NULL || !pubkey_equal(&o->key, &desk->officer)) {
            cut_off(n, desk, ERR_NOT_ENROLLED);
        }
    }
}

/* ---- requests ---- */

static struct desk_account *account_of(struct desks *d, const struct pubkey *officer,
                                       uint64_t now_ms)
{
    struct account *oldest = &d->accounts[0];
    for (unsigned i = 0; i < sizeof d->accounts / sizeof d->accounts[0]; i++) {
        struct account *one = &d->accounts[i];
        if (one->used && pubkey_equal(&one->officer, officer)) {
            return &one->a;
        }
        if (oldest->used && (!one->used || one->a.ms < oldest->a.ms)) {
            oldest = one;
        }
    }
    *oldest = (struct account){.officer = *officer, .used = true};
    desk_account_init(&oldest->a, now_ms);
    return &oldest->a;
}

enum err desks_take(struct node *n, const struct ipc_request *request)
{
    uint64_t now_ms = clock_steady_ms();
    struct desk *desk = find(n->desks, request->conn.desk);
    if (desk == NULL) {
        return ERR_CLOSED;
    }
    struct desk_account *a = account_of(n->desks, &desk->officer, now_ms);
    enum err err = desk_account_take(a, request->blob.len, now_ms);
    if (err == ERR_PROTOCOL) {
        cut_off(n, desk, err);
        return ERR_CLOSED;
    }
    return err;
}

void desks_answer(struct node *n, uint32_t peer, const json_t *reply, struct span blob)
{
    struct buffer frame = {0};
    struct desk *desk = find(n->desks, peer);
    if (desk == NULL) {
        return;
    }
    enum err err = desk_message_encode(DESK_ANSWER, reply, blob, &frame);
    if (err == ERR_TOO_LARGE) {
        json_t *refusal = json_pack("{s:b, s:s, s:s}", "ok", 0, "error", err_name(err), "message",
                                    err_message(err));
        err = desk_message_encode(DESK_ANSWER, refusal, (struct span){0}, &frame);
        json_decref(refusal);
    }
    if (err == OK) {
        err = transport_send(n->transport, desk->peer, buffer_span(&frame));
    }
    desk_account_charge(account_of(n->desks, &desk->officer, clock_steady_ms()), frame.len);
    buffer_clear(&frame);
    pthread_mutex_lock(&n->desks->lock);
    desk->busy = false;
    pthread_mutex_unlock(&n->desks->lock);
    if (err == OK) {
        transport_resume(n->transport, (struct peer_id){peer});
    } else {
        transport_disconnect(n->transport, (struct peer_id){peer}, err);
    }
}

const char *desks_person(const struct node *n, uint32_t peer)
{
    const struct desk *desk = find(n->desks, peer);
    return desk == NULL ? "" : desk->person;
}
