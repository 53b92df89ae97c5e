/* Parts travel in pieces of PART_CHUNK_BYTES, in order. One part is served at a time, as fast as
 * its peer's queue takes it, the peers in turn; one that takes nothing for a want's time, or too
 * long while others wait, is given up. */
#include <stdlib.h>
#include <string.h>

#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "ledger/parts.h"
#include "net/sync_internal.h"

/* ---- serving ---- */

/* The first that another peer asked for; asked_count when there is none. */
static unsigned asked_by_another(const struct sync *s, struct peer_id than)
{
    unsigned i = 0;
    while (i < s->asked_count && s->asked[i].peer.v == than.v)
        i++;
    return i;
}

static void serving_next(struct sync *s)
{
    const struct peer_id served = s->asked[0].peer;
    memmove(&s->asked[0], &s->asked[1], (s->asked_count - 1) * sizeof s->asked[0]);
    s->asked_count--;
    unsigned next = asked_by_another(s, served);
    if (next < s->asked_count) {
        const struct part_asked first = s->asked[next];
        memmove(&s->asked[1], &s->asked[0], next * sizeof s->asked[0]);
        s->asked[0] = first;
    }
    buffer_clear(&s->serving);
    s->serving_at = 0;
    s->serving_ms = s->serving_since_ms = s->now_ms;
}

/* Whether its peer may go on taking its time. */
static bool serving_patient(const struct sync *s)
{
    bool others = asked_by_another(s, s->asked[0].peer) < s->asked_count;
    return s->now_ms - s->serving_ms < s->options.want_timeout_ms &&
           !(others && s->now_ms - s->serving_since_ms >= SYNC_PART_TURN_MS);
}

/* A held part and whether the peer that asks may have it. */
static enum refuse_code part_for(struct sync *s, const struct peer *p,
                                 const struct hash *commitment, struct entry *e,
                                 struct part_place *at, struct member_no *reader)
{
    const struct member *m = roster_find(ledger_roster(s->l), p->member, UINT64_MAX);
    if (ledger_part_held(s->l, commitment, e, at) != OK)
        return REFUSE_NOT_HELD;
    if (m == NULL || !ledger_part_may(s->l, at, m->no))
        return REFUSE_NOT_READER;
    *reader = m->no;
    return 0;
}

static enum refuse_code serving_load(struct sync *s, const struct peer *p)
{
    struct part_place at;
    struct entry e;
    struct member_no reader;
    enum refuse_code code = part_for(s, p, &s->asked[0].commitment, &e, &at, &reader);
    if (code == 0 && ledger_part_carry(s->l, &at, reader, &s->serving) != OK)
        code = REFUSE_NOT_HELD;
    return code;
}

static enum err chunk_send(struct sync *s, struct peer *p)
{
    size_t left = s->serving.len - s->serving_at;
    size_t len = left < PART_CHUNK_BYTES ? left : PART_CHUNK_BYTES;
    struct message m = {.type = MSG_PART};
    m.u.part.request = s->asked[0].request;
    m.u.part.commitment = s->asked[0].commitment;
    m.u.part.offset = s->serving_at;
    m.u.part.total = (uint32_t)s->serving.len;
    m.u.part.bytes = span_of(s->serving.data + s->serving_at, len);
    enum err err = peer_send(s, p, &m);
    if (err == OK) {
        s->serving_at += (uint32_t)len;
        s->serving_ms = s->now_ms;
    }
    return err;
}

/* False when the peer's queue is full for now. */
static bool serve_first(struct sync *s)
{
    struct peer *p = peer_find(s, s->asked[0].peer);
    enum refuse_code refused = 0;
    if (p != NULL && s->serving.len == 0)
        refused = serving_load(s, p);
    if (refused != 0) {
        peer_refuse(s, p, s->asked[0].request, refused);
        p = NULL;
    }
    while (p != NULL && s->serving_at < s->serving.len) {
        enum err err = chunk_send(s, p);
        if (err == ERR_BUSY && serving_patient(s))
            return false;
        if (err != OK)
            break;
    }
    serving_next(s);
    return true;
}

static void parts_serve(struct sync *s)
{
    while (s->asked_count > 0 && serve_first(s)) {
    }
}

enum err parts_on_want(struct sync *s, struct peer *p, const struct message *m)
{
    const struct part_asked ask = {p->id, m->u.part.request, m->u.part.commitment};
    struct part_place at;
    struct entry e;
    struct member_no reader;
    enum refuse_code refused = part_for(s, p, &ask.commitment, &e, &at, &reader);
    if (refused != 0) {
        peer_refuse(s, p, ask.request, refused);
        return OK;
    }
    unsigned own = 0;
    for (unsigned i = 0; i < s->asked_count; i++)
        own += s->asked[i].peer.v == p->id.v;
    if (s->asked_count == SYNC_PARTS_ASKED || own == SYNC_PEER_PARTS) {
        peer_refuse(s, p, ask.request, REFUSE_BUSY);
        return OK;
    }
    if (s->asked_count == 0)
        s->serving_ms = s->serving_since_ms = s->now_ms;
    s->asked[s->asked_count++] = ask;
    parts_serve(s);
    return OK;
}

/* ---- fetching ---- */

static void part_unask(struct sync *s, struct part_wanted *w, uint64_t wait_ms)
{
    w->peer.v = 0;
    w->deadline_ms = s->now_ms + wait_ms;
    buffer_clear(&w->bytes);
}

static void part_forget(struct sync *s, struct part_wanted *w)
{
    buffer_clear(&w->bytes);
    *w = s->parts[--s->part_count];
}

/* Of those that all were asked for in vain, the one whose next turn comes first; NULL: none. */
static struct part_wanted *part_hopeless(struct sync *s)
{
    struct part_wanted *found = NULL;
    for (unsigned i = 0; i < s->part_count; i++) {
        struct part_wanted *w = &s->parts[i];
        if (w->peer.v == 0 && w->wait_ms >= s->options.exchange_ms &&
            (found == NULL || w->deadline_ms < found->deadline_ms))
            found = w;
    }
    return found;
}

enum err sync_want_part(struct sync *s, const struct hash *commitment)
{
    if (part_erased(ledger_home(s->l), commitment, NULL))
        return OK;
    for (unsigned i = 0; i < s->part_count; i++) {
        if (hash_equal(&s->parts[i].commitment, commitment))
            return OK;
    }
    struct part_wanted *hopeless =
        s->part_count == SYNC_PARTS_WANTED ? part_hopeless(s) : NULL;
    if (hopeless != NULL)
        part_forget(s, hopeless);
    if (s->part_count == SYNC_PARTS_WANTED)
        return ERR_BUSY;
    s->parts[s->part_count++] = (struct part_wanted){.commitment = *commitment};
    return OK;
}

static void part_ask(struct sync *s, struct part_wanted *w)
{
    for (; w->tried < s->peer_count; w->tried++) {
        struct peer *p = s->peers[w->tried];
        if (p->state != PEER_READY)
            continue;
        struct message m = {.type = MSG_PART_WANT};
        m.u.part.request = ++s->last_request;
        m.u.part.commitment = w->commitment;
        if (peer_send(s, p, &m) != OK)
            continue;
        w->tried++;
        w->peer = p->id;
        w->request = m.u.part.request;
        w->total = 0;
        w->deadline_ms = s->now_ms + s->options.want_timeout_ms;
        return;
    }
    w->tried = 0;
    w->wait_ms = w->wait_ms == 0 ? SYNC_PART_RETRY_MS : 2 * w->wait_ms;
    if (w->wait_ms > s->options.exchange_ms)
        w->wait_ms = s->options.exchange_ms;
    part_unask(s, w, w->wait_ms);
}

static void parts_fetch(struct sync *s)
{
    unsigned under_way = 0;
    for (unsigned i = 0; i < s->part_count; i++)
        under_way += s->parts[i].peer.v != 0;
    for (unsigned i = 0; i < s->part_count && under_way < SYNC_PARTS_FETCHED; i++) {
        struct part_wanted *w = &s->parts[i];
        if (w->peer.v != 0 || s->now_ms < w->deadline_ms)
            continue;
        part_ask(s, w);
        under_way += w->peer.v != 0;
    }
}

static struct part_wanted *part_find(struct sync *s, const struct peer *p, uint32_t request)
{
    for (unsigned i = 0; i < s->part_count; i++) {
        if (s->parts[i].peer.v == p->id.v && s->parts[i].request == request)
            return &s->parts[i];
    }
    return NULL;
}

/* What is not the part that was asked for, or not for us: its sender is noted, others are asked. */
static bool part_is_bad(enum err err)
{
    return err == ERR_KEY || err == ERR_UNAUTHENTIC || err == ERR_NOTFOUND || err == ERR_FORMAT ||
           err == ERR_UNSUPPORTED || err == ERR_TRUNCATED || err == ERR_TOO_LARGE;
}

static enum err part_finish(struct sync *s, struct peer *p, struct part_wanted *w)
{
    enum err err = ledger_part_take(s->l, &w->commitment, buffer_span(&w->bytes));
    if (err == ERR_PROOF)
        return err;
    if (err == OK) {
        part_forget(s, w);
    } else if (part_is_bad(err)) {
        p->refusals++;
        s->io.event(s->io.ctx, "bad-part", p->member, err);
        part_unask(s, w, 0);
    } else {
        part_unask(s, w, SYNC_PAUSE_MS);
    }
    parts_fetch(s);
    return OK;
}

enum err parts_on_chunk(struct sync *s, struct peer *p, const struct message *m)
{
    struct part_wanted *w = part_find(s, p, m->u.part.request);
    if (w == NULL)
        return OK;
    if (w->total == 0)
        w->total = m->u.part.total;
    if (!hash_equal(&m->u.part.commitment, &w->commitment) || m->u.part.total != w->total ||
        m->u.part.offset != w->bytes.len)
        return ERR_PROTOCOL;
    enum err err = buffer_put(&w->bytes, m->u.part.bytes.data, m->u.part.bytes.len);
    if (err != OK) {
        part_unask(s, w, SYNC_PAUSE_MS);
        return OK;
    }
    w->deadline_ms = s->now_ms + s->options.want_timeout_ms;
    return w->bytes.len == w->total ? part_finish(s, p, w) : OK;
}

bool parts_room(const struct sync *s)
{
    unsigned hoped_for = 0;
    for (unsigned i = 0; i < s->part_count; i++)
        hoped_for += s->parts[i].peer.v != 0 || s->parts[i].wait_ms < s->options.exchange_ms;
    return hoped_for + ENTRY_MAX_PARTS <= SYNC_PARTS_WANTED;
}

void parts_on_refuse(struct sync *s, struct peer *p, uint32_t request)
{
    struct part_wanted *w = part_find(s, p, request);
    if (w != NULL)
        part_unask(s, w, 0);
}

void parts_drop_peer(struct sync *s, struct peer *p)
{
    for (unsigned i = 0; i < s->part_count; i++) {
        if (s->parts[i].peer.v == p->id.v)
            part_unask(s, &s->parts[i], 0);
    }
}

void parts_tick(struct sync *s)
{
    for (unsigned i = 0; i < s->part_count; i++) {
        if (s->parts[i].peer.v != 0 && s->now_ms >= s->parts[i].deadline_ms)
            part_unask(s, &s->parts[i], 0);
    }
    parts_fetch(s);
    parts_serve(s);
}

void parts_clear(struct sync *s)
{
    for (unsigned i = 0; i < s->part_count; i++)
        buffer_clear(&s->parts[i].bytes);
    buffer_clear(&s->serving);
}
