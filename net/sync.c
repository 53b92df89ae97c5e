/* The life of a peer. Rows of the table are states, columns are messages, an empty cell ends the
 * connection with ERR_PROTOCOL:
 *
 *              HELLO  HEADS  WANT  PACKAGES  REFUSE  PART_WANT  PART  PING  PONG  COSIGN
 *   GREETED      x                             x
 *   READY               x     x       x        x         x        x     x     x      x
 *   CLOSED
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/sync_internal.h"

typedef enum err frame_handler(struct sync *s, struct peer *p, const struct message *m);

static frame_handler on_hello, on_refuse, on_ping, on_pong;

static frame_handler *const handlers[PEER_STATE_COUNT][MESSAGE_TYPES] = {
    [PEER_GREETED] = {[MSG_HELLO] = on_hello, [MSG_REFUSE] = on_refuse},
    [PEER_READY] = {[MSG_HEADS] = heads_on_frame, [MSG_WANT] = serve_on_want,
                    [MSG_PACKAGES] = pull_on_packages, [MSG_REFUSE] = on_refuse,
                    [MSG_PART_WANT] = parts_on_want, [MSG_PART] = parts_on_chunk,
                    [MSG_PING] = on_ping, [MSG_PONG] = on_pong, [MSG_COSIGN] = cosigned_on_frame},
};

static const bool may_follow[PEER_STATE_COUNT][PEER_STATE_COUNT] = {
    [PEER_GREETED] = {[PEER_READY] = true, [PEER_CLOSED] = true},
    [PEER_READY] = {[PEER_CLOSED] = true},
};

static void peer_enter(struct peer *p, enum peer_state next)
{
    assert(may_follow[p->state][next]);
    p->state = next;
}

struct peer *peer_find(const struct sync *s, struct peer_id id)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->id.v == id.v && s->peers[i]->state != PEER_CLOSED)
            return s->peers[i];
    }
    return NULL;
}

enum err peer_send_frame(struct sync *s, struct peer *p, struct span frame)
{
    if (p->state == PEER_CLOSED)
        return ERR_CLOSED;
    enum err err = s->io.send(s->io.ctx, p->id, frame);
    if (err == OK) {
        p->bytes_out += frame.len;
        p->said_bytes += frame.len;
    }
    return err;
}

enum err peer_send(struct sync *s, struct peer *p, const struct message *m)
{
    buffer_reset(&s->out);
    enum err err = message_encode(m, &s->out);
    return err == OK ? peer_send_frame(s, p, buffer_span(&s->out)) : err;
}

void peer_refuse(struct sync *s, struct peer *p, uint32_t request, enum refuse_code code)
{
    const struct message m = {.type = MSG_REFUSE,
                              .u.refuse = {.request = request, .code = (uint8_t)code}};
    peer_send(s, p, &m);
}

bool fault_of_peer(enum err why)
{
    switch (why) {
    case ERR_FORMAT: case ERR_TRUNCATED: case ERR_TOO_LARGE: case ERR_RANGE: case ERR_SIGNATURE:
    case ERR_KEY: case ERR_PROOF: case ERR_WRONG_LEDGER: case ERR_PROTOCOL: case ERR_UNAUTHENTIC:
    case ERR_UNSUPPORTED:
        return true;
    case OK: case ERR_NOMEM: case ERR_IO: case ERR_DISK_FULL: case ERR_NOTFOUND: case ERR_EXISTS:
    case ERR_CORRUPT: case ERR_PASSPHRASE: case ERR_PERMISSION: case ERR_FORK: case ERR_OLD_HEAD:
    case ERR_GAP: case ERR_UNKNOWN_MEMBER: case ERR_NOT_ENROLLED: case ERR_VOID: case ERR_PENDING:
    case ERR_OVERTAKEN: case ERR_LOCKED: case ERR_ROLLBACK: case ERR_CLOCK: case ERR_BUSY:
    case ERR_TIMEOUT: case ERR_CLOSED: case ERR_CONFIG: case ERR_USAGE: case ERR_UNCERTAIN:
    case ERR_SUSPENDED:
        return false;
    }
    return false;
}

static void peer_forget(struct sync *s, struct peer *p, bool fault)
{
    peer_enter(p, PEER_CLOSED);
    pull_drop_peer(s, p, fault);
    parts_drop_peer(s, p);
    cosigned_neighbours_changed(s);
}

void peer_end(struct sync *s, struct peer *p, enum err why)
{
    if (p->state == PEER_CLOSED)
        return;
    peer_forget(s, p, fault_of_peer(why));
    if (fault_of_peer(why))
        s->io.event(s->io.ctx, "bad-peer", p->member, why);
    s->io.close(s->io.ctx, p->id, why);
}

static void peer_free(struct peer *p)
{
    buffer_clear(&p->unknown);
    buffer_clear(&p->cosign.ahead);
    free(p->shown);
    free(p);
}

/* Ended peers stay in the list until nothing on the stack can hold them. */
static void peers_reap(struct sync *s)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_CLOSED)
            peer_free(s->peers[i]);
        else
            s->peers[kept++] = s->peers[i];
    }
    s->peer_count = kept;
}

static void *widen(void *array, size_t *len, size_t need, size_t item_bytes)
{
    size_t wide = need < 64 ? 64 : need + need / 2;
    uint8_t *grown = realloc(array, wide * item_bytes);
    if (grown == NULL)
        return NULL;
    memset(grown + *len * item_bytes, 0, (wide - *len) * item_bytes);
    *len = wide;
    return grown;
}

enum err peer_shown_reserve(struct peer *p, uint32_t log)
{
    if (log < p->shown_len)
        return OK;
    uint64_t *grown = widen(p->shown, &p->shown_len, (size_t)log + 1, sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    p->shown = grown;
    return OK;
}

uint64_t peer_shown(const struct peer *p, uint32_t log)
{
    return log < p->shown_len ? p->shown[log] : 0;
}

enum err pulls_reserve(struct sync *s)
{
    size_t need = s->pull_len;
    while (ledger_log_at(s->l, (unsigned)need) != NULL)
        need++;
    if (need == s->pull_len)
        return OK;
    struct pull *grown = widen(s->pulls, &s->pull_len, need, sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    s->pulls = grown;
    return OK;
}

/* Our id as configured, or as admitted. ERR_CONFIG when there is neither. */
static enum err self_take(struct sync *s)
{
    const struct member_no no = ledger_self(s->l);
    const char *id = s->options.member;
    if (id == NULL && no.v != MEMBER_NONE)
        id = roster_member(ledger_roster(s->l), no)->a.id;
    if (id == NULL || strlen(id) > ID_MAX_BYTES)
        return ERR_CONFIG;
    memcpy(s->self, id, strlen(id) + 1);
    return OK;
}

enum err sync_create(struct sync **out, struct ledger *l, const struct sync_io *io,
                     const struct sync_options *options)
{
    struct sync *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    s->l = l;
    s->io = *io;
    s->options = *options;
    s->packages = calloc(SYNC_WANT_PACKAGES, sizeof *s->packages);
    s->message = calloc(1, sizeof *s->message);
    s->known = calloc(SYNC_HEADS_KNOWN, sizeof *s->known);
    enum err err = s->packages == NULL || s->message == NULL || s->known == NULL ? ERR_NOMEM
                                                                                 : self_take(s);
    if (err == OK)
        err = pulls_reserve(s);
    if (err == OK)
        err = needs_start(s);
    if (err == OK)
        *out = s;
    else
        sync_free(s);
    return err;
}

void sync_free(struct sync *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < s->peer_count; i++)
        peer_free(s->peers[i]);
    parts_clear(s);
    cosign_clear(s);
    pull_clear(s);
    buffer_clear(&s->out);
    free(s->needs);
    free(s->packages);
    free(s->message);
    free(s->known);
    free(s->pulls);
    free(s);
}

static enum err hello_send(struct sync *s, struct peer *p)
{
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    m.u.hello.ledger = ledger_genesis(s->l)->ledger;
    memcpy(m.u.hello.member, s->self, sizeof m.u.hello.member);
    return peer_send(s, p, &m);
}

enum err sync_connected(struct sync *s, struct peer_id id, const char *member, bool dialed,
                        uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->peer_count == PEERS_MAX)
        return ERR_BUSY;
    struct peer *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ERR_NOMEM;
    *p = (struct peer){.id = id, .state = PEER_GREETED, .dialed = dialed, .connected_ms = now_ms,
                       .heard_ms = now_ms, .heads_ms = now_ms, .ping_ms = now_ms};
    memcpy(p->member, member, strlen(member) + 1);
    s->peers[s->peer_count++] = p;
    enum err err = hello_send(s, p);
    if (err != OK)
        peer_end(s, p, err);
    peers_reap(s);
    return err;
}

void sync_closed(struct sync *s, struct peer_id id)
{
    struct peer *p = peer_find(s, id);
    if (p == NULL)
        return;
    peer_forget(s, p, false);
    pull_from_all(s);
    peers_reap(s);
}

/* Silent since it was asked whether it lives: perhaps cut off at the other side long ago. */
static bool peer_doubtful(const struct sync *s, const struct peer *p)
{
    return p->pinged && s->now_ms - p->ping_ms >= SYNC_DOUBT_MS;
}

/* Of two connections to one member: the one dialled by the smaller id; of two dialled by the same
 * side, the newer, and so where the older is in doubt. True when `p` stays. */
static bool peer_keep_one(struct sync *s, struct peer *p)
{
    const char *smaller = strcmp(s->self, p->member) < 0 ? s->self : p->member;
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *other = s->peers[i];
        if (other == p || other->state != PEER_READY || strcmp(other->member, p->member) != 0)
            continue;
        bool ours = strcmp(smaller, s->self) == 0;
        if (other->dialed != p->dialed && other->dialed == ours && !peer_doubtful(s, other)) {
            peer_end(s, p, ERR_EXISTS);
            return false;
        }
        peer_end(s, other, ERR_EXISTS);
    }
    return true;
}

static enum err on_hello(struct sync *s, struct peer *p, const struct message *m)
{
    if (!hash_equal(&m->u.hello.ledger, &ledger_genesis(s->l)->ledger)) {
        peer_refuse(s, p, 0, REFUSE_WRONG_LEDGER);
        return ERR_WRONG_LEDGER;
    }
    if (strcmp(p->member, m->u.hello.member) != 0)
        return ERR_UNAUTHENTIC;
    if (strcmp(p->member, s->self) == 0)
        return ERR_PROTOCOL;
    if (!peer_keep_one(s, p))
        return OK;
    peer_enter(p, PEER_READY);
    cosigned_neighbours_changed(s);
    heads_show_all(s, p);
    return OK;
}

static enum err on_refuse(struct sync *s, struct peer *p, const struct message *m)
{
    uint8_t code = m->u.refuse.code;
    p->refusals++;
    p->refused_by_code[code < SYNC_REFUSE_CODES ? code : 0]++;
    if (code == REFUSE_WRONG_LEDGER)
        return ERR_WRONG_LEDGER;
    parts_on_refuse(s, p, m->u.refuse.request);
    return pull_on_refuse(s, p, m);
}

static enum err on_ping(struct sync *s, struct peer *p, const struct message *m)
{
    const struct message pong = {.type = MSG_PONG, .u.ping = {m->u.ping.token}};
    enum err err = peer_send(s, p, &pong);
    return err == ERR_BUSY ? OK : err;
}

static enum err on_pong(struct sync *s, struct peer *p, const struct message *m)
{
    (void)s;
    (void)p;
    (void)m;
    return OK;
}

static enum err frame_handle(struct sync *s, struct peer *p, struct span frame)
{
    p->bytes_in += frame.len;
    p->heard_ms = s->now_ms;
    p->pinged = false;
    p->said_ms = p->said_bytes = 0;
    s->frame = frame;
    enum err err = message_decode(s->message, frame);
    if (err != OK)
        return err;
    frame_handler *handle = handlers[p->state][s->message->type];
    return handle != NULL ? handle(s, p, s->message) : ERR_PROTOCOL;
}

enum err sync_frame(struct sync *s, struct peer_id id, struct span frame, uint64_t now_ms)
{
    s->now_ms = now_ms;
    struct peer *p = peer_find(s, id);
    if (p == NULL)
        return ERR_CLOSED;
    enum err err = frame_handle(s, p, frame);
    if (err != OK)
        peer_end(s, p, err);
    else if (p->state == PEER_READY)
        pull_from(s, p);
    cosign_own(s, false);
    peers_reap(s);
    return err;
}

/* How long an answer may take: a line that carries more than pings may be slow. */
static uint64_t pong_wait(const struct sync *s, const struct peer *p)
{
    const uint64_t beat = s->options.heartbeat_ms;
    bool quiet = !pull_asked(s, p) && p->said_bytes < SYNC_BUSY_BYTES;
    return quiet && SYNC_PONG_MS < beat ? SYNC_PONG_MS : beat;
}

/* A peer is pinged when it was silent for a heartbeat, or soon after it was shown something: a
 * connection that was cut off looks like any silent one, and what waits for it is late already. */
static bool ping_due(const struct sync *s, const struct peer *p)
{
    return !p->pinged && (s->now_ms - p->heard_ms >= s->options.heartbeat_ms ||
                          (p->said_ms != 0 && s->now_ms - p->said_ms >= SYNC_DOUBT_MS));
}

static void heartbeat(struct sync *s, struct peer *p)
{
    bool late = p->state != PEER_READY ? s->now_ms - p->heard_ms >= s->options.heartbeat_ms
                                       : p->pinged && s->now_ms - p->ping_ms >= pong_wait(s, p);
    if (late) {
        s->io.event(s->io.ctx, "silent", p->member, ERR_TIMEOUT);
        peer_end(s, p, ERR_TIMEOUT);
    }
    if (p->state != PEER_READY || !ping_due(s, p))
        return;
    const struct message m = {.type = MSG_PING, .u.ping = {s->io.random(s->io.ctx)}};
    peer_send(s, p, &m);
    p->pinged = true;
    p->ping_ms = s->now_ms;
}

static void caught_up_tell(struct sync *s)
{
    if (s->came_entries == 0 || !sync_idle(s))
        return;
    if (s->came_entries >= SYNC_CAUGHT_UP_ENTRIES)
        s->io.event(s->io.ctx, "caught-up", "", OK);
    s->came_entries = 0;
}

void sync_tick(struct sync *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    pull_timeouts(s);
    if (pull_held(s) == ERR_UNCERTAIN)
        s->io.event(s->io.ctx, "store", "", ERR_UNCERTAIN);
    heads_retry_unknown(s);
    heads_relay(s);
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        if (p->state != PEER_CLOSED)
            heartbeat(s, p);
        if (p->state != PEER_READY)
            continue;
        if (p->owes_heads || now_ms - p->heads_ms >= s->options.exchange_ms)
            heads_show_all(s, p);
        pull_from(s, p);
    }
    needs_tick(s);
    parts_tick(s);
    cosigned_retry(s);
    cosign_own(s, true);
    cosigned_send(s, true);
    caught_up_tell(s);
    peers_reap(s);
}

bool sync_peer_at(const struct sync *s, unsigned i, struct sync_peer_info *out)
{
    if (i >= s->peer_count)
        return false;
    const struct peer *p = s->peers[i];
    *out = (struct sync_peer_info){
        .peer = p->id, .dialed = p->dialed, .ready = p->state == PEER_READY,
        .connected_ms = p->connected_ms, .heard_ms = p->heard_ms, .bytes_in = p->bytes_in,
        .bytes_out = p->bytes_out, .behind_entries = pull_behind(s, p),
        .lacks_entries = pull_lacks(s, p), .refusals = p->refusals};
    memcpy(out->member, p->member, sizeof out->member);
    memcpy(out->refused_by_code, p->refused_by_code, sizeof out->refused_by_code);
    return true;
}

uint64_t sync_entries_out(const struct sync *s)
{
    return s->entries_out;
}

uint64_t sync_shown(const struct sync *s, struct log_no log)
{
    uint64_t greatest = 0;
    for (unsigned i = 0; i < s->peer_count; i++) {
        uint64_t shown = peer_shown(s->peers[i], log.v);
        greatest = shown > greatest ? shown : greatest;
    }
    return greatest;
}

bool sync_near(struct sync *s)
{
    if (!pull_flows(s))
        return true;
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_READY && pull_behind(s, s->peers[i]) > SYNC_NEAR_ENTRIES)
            return false;
    }
    return true;
}

bool sync_idle(const struct sync *s)
{
    return pull_idle(s);
}
