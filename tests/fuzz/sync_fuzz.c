/* The peer state machine meets any sequence of messages of three sessions, among them true heads,
 * heads of trees that never were, true packages and spoilt ones, in any order, with full queues and
 * time that passes. Whatever they say: nothing is held that its member did not write, who breaks
 * the protocol is closed and then unheard. The input is a list of steps: one byte for the step and
 * the session, then what the step reads. */
#include <stdlib.h>
#include <string.h>

#include "net/sync_internal.h"
#include "tests/support/cluster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODE = 0, SOURCE = 1, MEMBERS = 3, REPORTS = 300, STEPS_MAX = 400, NOTES_MAX = 32,
       SESSIONS = 3, RAW_MAX = 4096 };

enum move { DO_CONNECT, DO_HELLO, DO_RAW, DO_HEADS, DO_WANT, DO_ANSWER, DO_REFUSE,
            DO_PART_WANT, DO_PART, DO_PING, DO_TICK, DO_CLOSE, DO_BUSY, DO_COUNT };

struct session { uint32_t id; bool open, busy; struct message want; };

struct world {
    struct cluster *c;
    struct ledger *node, *source;
    struct buffer notes[NOTES_MAX];
    unsigned note_count;
    struct sync *sync;
    struct session sessions[SESSIONS];
    uint32_t last_id;
    uint64_t now_ms;
};

static struct world world;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* ---- what is known to be true ---- */

static void note_add(struct world *w, const struct log *log, uint64_t size, bool lie)
{
    struct checkpoint head = {.size = size};
    memcpy(head.origin, log->origin, sizeof head.origin);
    memset(head.root.b, lie ? 7 : 0, HASH_BYTES);
    if (!lie)
        demand(log_root(ledger_txn(w->source), log, size, &head.root) == OK);
    demand(checkpoint_sign(&head, w->c->members[SOURCE].node, &w->notes[w->note_count++]) == OK);
}

static void world_end(void)
{
    for (unsigned i = 0; i < world.note_count; i++)
        buffer_clear(&world.notes[i]);
    if (world.c != NULL)
        cluster_free(world.c);
    world = (struct world){0};
}

static void world_begin(void)
{
    struct world *w = &world;
    const struct cluster_options options = {.seed = 3, .members = MEMBERS, .start_s = 1772323200};
    world_end();
    w->c = cluster_create(&options);
    cluster_open(w->c, NODE);
    cluster_open(w->c, SOURCE);
    cluster_reports(w->c, SOURCE, REPORTS);
    w->node = w->c->members[NODE].ledger;
    w->source = w->c->members[SOURCE].ledger;
    const struct log *log = ledger_log(w->source, w->c->members[SOURCE].id, 0);
    for (uint64_t size = 1; size <= log->frontier.size && w->note_count < 20; size += 16)
        note_add(w, log, size, false);
    note_add(w, log, log->frontier.size, false);
    note_add(w, log, 2, true);
    note_add(w, log, log->frontier.size / 2, true);
    note_add(w, log, log->frontier.size * 2, true);
}

static void nothing_false_is_held(const struct world *w)
{
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(w->node, i)) != NULL; i++) {
        struct hash held, true_root;
        const struct log *origin = ledger_log(w->source, log->member, log->epoch);
        if (log->frontier.size == 0)
            continue;
        demand(origin != NULL && log->frontier.size <= origin->frontier.size);
        demand(log_root(ledger_txn(w->node), log, log->frontier.size, &held) == OK);
        demand(log_root(ledger_txn(w->source), origin, log->frontier.size, &true_root) == OK);
        demand(hash_equal(&held, &true_root));
    }
}

/* ---- the machine's world ---- */

static struct session *session_of(struct world *w, struct peer_id peer)
{
    for (unsigned i = 0; i < SESSIONS; i++) {
        if (w->sessions[i].open && w->sessions[i].id == peer.v)
            return &w->sessions[i];
    }
    return NULL;
}

static enum err io_send(void *ctx, struct peer_id peer, struct span frame)
{
    static struct message m;
    struct session *s = session_of(ctx, peer);
    demand(s != NULL);
    if (s->busy)
        return ERR_BUSY;
    demand(message_decode(&m, frame) == OK);
    if (m.type == MSG_WANT)
        s->want = m;
    return OK;
}

static void io_close(void *ctx, struct peer_id peer, enum err why)
{
    struct session *s = session_of(ctx, peer);
    demand(s != NULL && why != OK);
    s->open = false;
}

static uint64_t io_random(void *ctx)
{
    (void)ctx;
    return 4;
}

static void io_event(void *ctx, const char *name, const char *member, enum err why)
{
    (void)ctx;
    (void)why;
    demand(name != NULL && member != NULL);
}

static uint64_t io_unix_s(void *ctx)
{
    return 1772323200 + ((struct world *)ctx)->now_ms / 1000;
}

/* ---- steps ---- */

static void hear(struct world *w, struct session *s, struct span frame)
{
    const struct peer_id peer = {s->id};
    const bool open = s->open;
    enum err err = sync_frame(w->sync, peer, frame, w->now_ms);
    demand(open || err == ERR_CLOSED);
    demand(!fault_of_peer(err) || !s->open);
    demand(err != ERR_UNCERTAIN);
}

static void say(struct world *w, struct session *s, const struct message *m)
{
    struct buffer b = {0};
    if (message_encode(m, &b) == OK)
        hear(w, s, buffer_span(&b));
    buffer_clear(&b);
}

static const char *name_of(const struct world *w, uint8_t which)
{
    return which % 4 == 3 ? "stranger" : w->c->members[which % 4 % MEMBERS].id;
}

static void step_connect(struct world *w, struct session *s, struct reader *r)
{
    if (s->open)
        sync_closed(w->sync, (struct peer_id){s->id});
    const uint8_t who = read_u8(r);
    *s = (struct session){.id = ++w->last_id, .open = true};
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    if (sync_connected(w->sync, (struct peer_id){s->id}, name_of(w, who), who & 4, w->now_ms) !=
        OK) {
        s->open = false;
        return;
    }
    m.u.hello.ledger = w->c->ledger;
    strcpy(m.u.hello.member, name_of(w, who & 8 ? who + 1 : who));
    if (s->open && !(who & 16))
        say(w, s, &m);
}

static void step_hello(struct world *w, struct session *s, struct reader *r)
{
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    m.u.hello.ledger = w->c->ledger;
    m.u.hello.ledger.b[0] ^= read_u8(r) & 1;
    strcpy(m.u.hello.member, name_of(w, read_u8(r)));
    say(w, s, &m);
}

static void step_raw(struct world *w, struct session *s, struct reader *r)
{
    size_t len = read_u16(r) % RAW_MAX;
    if (len > reader_left(r))
        len = reader_left(r);
    struct span frame = read_span(r, len);
    hear(w, s, frame);
}

static void step_heads(struct world *w, struct session *s, struct reader *r)
{
    static struct message m;
    const uint8_t count = read_u8(r);
    m = (struct message){.type = MSG_HEADS, .u.heads = {.complete = count & 1}};
    while (m.u.heads.count < count % 8u)
        m.u.heads.notes[m.u.heads.count++] =
            buffer_span(&w->notes[read_u8(r) % w->note_count]);
    say(w, s, &m);
}

static void step_want(struct world *w, struct session *s, struct reader *r)
{
    struct message m = {.type = MSG_WANT, .u.want = {.request = read_u8(r)}};
    strcpy(m.u.want.log.member, name_of(w, read_u8(r)));
    m.u.want.from = read_u16(r);
    m.u.want.tree_size = m.u.want.from + 1 + read_u16(r);
    m.u.want.packages = (uint8_t)(1 + read_u8(r) % MESSAGE_MAX_PACKAGES);
    say(w, s, &m);
}

/* True packages for the last want, then a few bytes of them changed. */
static void step_answer(struct world *w, struct session *s, struct reader *r)
{
    struct buffer b = {0};
    uint64_t end;
    const unsigned spoils = read_u8(r) % 4;
    const uint64_t from = s->want.u.want.from + (read_u8(r) & 1);
    const struct log *log = ledger_log(w->source, s->want.u.want.log.member, 0);
    if (log != NULL && message_packages_build(ledger_txn(w->source), log,
                                              s->want.u.want.request, from,
                                              s->want.u.want.packages, &b, &end) == OK) {
        for (unsigned i = 0; i < spoils; i++) {
            const size_t at = read_u32(r) % b.len;
            b.data[at] ^= read_u8(r);
        }
        hear(w, s, buffer_span(&b));
    }
    buffer_clear(&b);
}

static void step_refuse(struct world *w, struct session *s, struct reader *r)
{
    const uint8_t code = read_u8(r);
    struct message m = {.type = MSG_REFUSE,
                        .u.refuse = {.request = s->want.u.want.request, .code = code % 8}};
    if (code & 64)
        m.u.refuse.request = read_u8(r);
    say(w, s, &m);
}

static void step_part(struct world *w, struct session *s, struct reader *r, bool want)
{
    uint8_t bytes[256] = {0};
    struct message m = {.type = want ? MSG_PART_WANT : MSG_PART};
    m.u.part.request = read_u8(r);
    m.u.part.commitment.b[0] = read_u8(r);
    m.u.part.offset = read_u8(r);
    m.u.part.bytes = span_of(bytes, 1 + read_u8(r));
    m.u.part.total = m.u.part.offset + (uint32_t)m.u.part.bytes.len + read_u16(r);
    say(w, s, &m);
}

static void step_ping(struct world *w, struct session *s, struct reader *r)
{
    const uint8_t token = read_u8(r);
    const struct message m = {.type = token & 1 ? MSG_PING : MSG_PONG, .u.ping = {token}};
    say(w, s, &m);
}

static void step_run(struct world *w, struct reader *r)
{
    const uint8_t byte = read_u8(r);
    struct session *s = &w->sessions[byte / DO_COUNT % SESSIONS];
    switch ((enum move)(byte % DO_COUNT)) {
    case DO_CONNECT: step_connect(w, s, r); break;
    case DO_HELLO: step_hello(w, s, r); break;
    case DO_RAW: step_raw(w, s, r); break;
    case DO_HEADS: step_heads(w, s, r); break;
    case DO_WANT: step_want(w, s, r); break;
    case DO_ANSWER: step_answer(w, s, r); break;
    case DO_REFUSE: step_refuse(w, s, r); break;
    case DO_PART_WANT: step_part(w, s, r, true); break;
    case DO_PART: step_part(w, s, r, false); break;
    case DO_PING: step_ping(w, s, r); break;
    case DO_BUSY: s->busy = !s->busy; break;
    case DO_TICK:
        w->now_ms += read_u16(r);
        sync_tick(w->sync, w->now_ms);
        break;
    case DO_CLOSE:
        if (s->open)
            sync_closed(w->sync, (struct peer_id){s->id});
        s->open = false;
        break;
    case DO_COUNT: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = &world;
    struct reader r;
    if (w->c == NULL) {
        atexit(world_end);
        world_begin();
    } else if (ledger_log(w->node, w->c->members[SOURCE].id, 0)->frontier.size > REPORTS) {
        world_begin();                         /* it holds all: nothing more to be learnt */
    }
    const struct sync_io io = {.ctx = w, .send = io_send, .close = io_close, .random = io_random,
                               .event = io_event, .unix_s = io_unix_s};
    const struct sync_options options = {.heartbeat_ms = 10000, .exchange_ms = 30000,
                                         .want_timeout_ms = 20000};
    memset(w->sessions, 0, sizeof w->sessions);
    demand(sync_create(&w->sync, w->node, &io, &options) == OK);
    reader_init(&r, span_of(data, size));
    for (unsigned i = 0; i < STEPS_MAX && reader_left(&r) > 0; i++)
        step_run(w, &r);
    sync_free(w->sync);
    nothing_false_is_held(w);
    return 0;
}
