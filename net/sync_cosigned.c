/* Cosignatures between peers. A node shows its own at once to all its peers, and those of others to
 * peers that have no session with the cosigner; so each tells the others with whom it has sessions.
 * A peer that has just come is shown the latest of all. What was kept of older ones travels with
 * the entries that it covers. */
#include <string.h>

#include "net/sync_internal.h"

/* ---- taking ---- */

static void refill(struct sync *s, struct peer_cosign *c)
{
    uint64_t more = (s->now_ms - c->refilled_ms) * SYNC_COSIGN_PER_S / 1000;
    if (c->refilled_ms == 0)
        more = SYNC_COSIGN_BURST;
    if (more == 0)
        return;
    c->allowed = c->allowed + more > SYNC_COSIGN_BURST ? SYNC_COSIGN_BURST
                                                       : c->allowed + (unsigned)more;
    c->refilled_ms = s->now_ms;
}

static void ahead_keep(struct peer *p, struct span note)
{
    struct buffer *b = &p->cosign.ahead;
    if (b->len + note.len + 4 > SYNC_AHEAD_BYTES || buffer_reserve(b, note.len + 4) != OK)
        return;
    store_u32(b->data + b->len, (uint32_t)note.len);
    memcpy(b->data + b->len + 4, note.data, note.len);
    b->len += note.len + 4;
}

/* The sender's fault, or OK. */
static enum err item_done(struct sync *s, struct peer *p, const struct cosign_item *item)
{
    const struct log *by;
    switch ((unsigned)item->err) {
    case OK:
        by = ledger_log_at(s->l, item->row.cosigner.v);
        cosigned_owe(s, &item->row, p);
        s->io.event(s->io.ctx, "cosigned", by == NULL ? "" : by->member, OK);
        return OK;
    case ERR_GAP:
        by = ledger_log_at(s->l, item->row.cosigner.v);
        if (by != NULL && strcmp(by->member, s->self) == 0)
            cosign_floor(s, item->row.log, item->row.size);
        ahead_keep(p, item->note);
        return OK;
    case ERR_UNKNOWN_MEMBER:
        ahead_keep(p, item->note);
        return OK;
    case ERR_FORK:
        by = ledger_log_at(s->l, item->row.log.v);
        if (by != NULL && pulls_reserve(s) == OK)
            fork_tell(s, by);
        return OK;
    }
    return fault_of_peer(item->err) ? item->err : OK;
}

static enum err notes_take(struct sync *s, struct peer *p, const struct span *notes,
                           unsigned count)
{
    struct cosign_item items[COSIGN_MAX_BATCH];
    refill(s, &p->cosign);
    if (count > p->cosign.allowed)
        count = p->cosign.allowed;
    p->cosign.allowed -= count;
    for (unsigned i = 0; i < count; i++)
        items[i] = (struct cosign_item){.note = notes[i]};
    enum err err = ledger_cosign_take(s->l, items, count);
    if (err == ERR_UNCERTAIN)
        s->io.event(s->io.ctx, "store", s->self, err);
    if (err != OK)
        return err == ERR_UNCERTAIN ? err : OK;
    for (unsigned i = 0; err == OK && i < count; i++)
        err = item_done(s, p, &items[i]);
    return err;
}

static void neighbours_note(struct sync *s, struct peer *p, const struct message *m)
{
    memset(p->cosign.neighbours, 0, sizeof p->cosign.neighbours);
    for (unsigned i = 0; i < m->u.cosign.neighbour_count; i++) {
        const struct member *member = roster_by_log(ledger_roster(s->l), m->u.cosign.neighbour[i]);
        if (member != NULL)
            p->cosign.neighbours[member->no.v] = true;
    }
}

enum err cosigned_on_frame(struct sync *s, struct peer *p, const struct message *m)
{
    if (m->u.cosign.neighbours)
        neighbours_note(s, p, m);
    return notes_take(s, p, m->u.cosign.notes, m->u.cosign.count);
}

static enum err ahead_again(struct sync *s, struct peer *p)
{
    struct buffer old = p->cosign.ahead;
    struct span notes[COSIGN_MAX_BATCH];
    struct reader r;
    enum err err = OK;
    p->cosign.ahead = (struct buffer){0};
    reader_init(&r, buffer_span(&old));
    while (err == OK && reader_left(&r) > 0) {
        unsigned count = 0;
        for (; count < COSIGN_MAX_BATCH && reader_left(&r) > 0; count++)
            notes[count] = read_span(&r, read_u32(&r));
        err = notes_take(s, p, notes, count);
    }
    buffer_clear(&old);
    return err;
}

void cosigned_retry(struct sync *s)
{
    if (!s->ahead_due)
        return;
    s->ahead_due = false;
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        if (p->state != PEER_READY || p->cosign.ahead.len == 0)
            continue;
        enum err err = ahead_again(s, p);
        if (fault_of_peer(err))
            peer_end(s, p, err);
    }
}

/* ---- showing ---- */

static void owe(struct peer *p, const struct cosign_row *row)
{
    struct peer_cosign *c = &p->cosign;
    if (c->owed_count == SYNC_COSIGN_OWED) {
        c->walk = (struct cosign_cursor){.started = false};
        c->walked = false;
        return;
    }
    c->owed[c->owed_count++] = (struct cosign_ref){row->log, row->cosigner, row->size};
}

void sync_show_cosigned(struct sync *s)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        s->peers[i]->cosign.walk = (struct cosign_cursor){.started = false};
        s->peers[i]->cosign.walked = false;
    }
}

/* Whether the peer has to learn of it from us. */
static bool lacks(struct sync *s, const struct peer *p, struct log_no cosigner)
{
    const struct log *by = ledger_log_at(s->l, cosigner.v);
    const struct member *m = by == NULL ? NULL : roster_by_log(ledger_roster(s->l), by->member);
    if (m == NULL)
        return false;
    return strcmp(by->member, s->self) == 0 || !p->cosign.neighbours[m->no.v];
}

void cosigned_owe(struct sync *s, const struct cosign_row *row, const struct peer *from)
{
    const struct log *by = ledger_log_at(s->l, row->cosigner.v);
    for (unsigned i = 0; by != NULL && i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        if (p->state == PEER_READY && p != from && strcmp(p->member, by->member) != 0 &&
            lacks(s, p, row->cosigner))
            owe(p, row);
    }
}

void cosigned_neighbours_changed(struct sync *s)
{
    for (unsigned i = 0; i < s->peer_count; i++)
        s->peers[i]->cosign.neighbours_told = false;
}

static void neighbours_put(struct sync *s, const struct peer *to, struct message *m)
{
    m->u.cosign.neighbours = true;
    for (unsigned i = 0; i < s->peer_count; i++) {
        const struct peer *p = s->peers[i];
        if (p == to || p->state != PEER_READY ||
            m->u.cosign.neighbour_count == MESSAGE_MAX_NEIGHBOURS)
            continue;
        memcpy(m->u.cosign.neighbour[m->u.cosign.neighbour_count++], p->member,
               sizeof p->member);
    }
}

/* Notes in the making: where each ends in s->cosigned. */
struct sheaf { unsigned count; size_t ends[MESSAGE_MAX_COSIGNED]; };

static void sheaf_add(struct sync *s, struct sheaf *sheaf, const struct cosign_row *row)
{
    struct cosigned c;
    if (sheaf->count < MESSAGE_MAX_COSIGNED && ledger_cosigned(s->l, row, &c) == OK &&
        cosigned_encode(&c, &s->cosigned) == OK)
        sheaf->ends[sheaf->count++] = s->cosigned.len;
}

static void sheaf_add_ref(struct sync *s, struct sheaf *sheaf, const struct cosign_ref *ref)
{
    struct cosign_row row;
    struct txn *t = ledger_txn(s->l);
    if (t != NULL && cosign_row_above(t, ref->log, ref->cosigner, ref->size - 1, &row) == OK)
        sheaf_add(s, sheaf, &row);
}

static enum err sheaf_send(struct sync *s, struct peer *p, const struct sheaf *sheaf)
{
    struct message *m = &s->cosign_message;
    *m = (struct message){.type = MSG_COSIGN, .u.cosign = {.count = sheaf->count}};
    if (!p->cosign.neighbours_told)
        neighbours_put(s, p, m);
    for (unsigned i = 0; i < sheaf->count; i++) {
        size_t from = i == 0 ? 0 : sheaf->ends[i - 1];
        m->u.cosign.notes[i] = span_of(s->cosigned.data + from, sheaf->ends[i] - from);
    }
    if (sheaf->count == 0 && p->cosign.neighbours_told)
        return OK;
    enum err err = peer_send(s, p, m);
    if (err == OK)
        p->cosign.neighbours_told = true;
    return err;
}

/* The latest of each log and cosigner, as far as there is room. */
static void walk_on(struct sync *s, struct peer *p, struct sheaf *sheaf)
{
    struct cosign_cursor *at = &p->cosign.walk;
    struct cosign_row row;
    struct txn *t = ledger_txn(s->l);
    while (t != NULL && sheaf->count < MESSAGE_MAX_COSIGNED && !p->cosign.walked) {
        if (cosign_row_next(t, at, &row) != OK ||
            cosign_row_last(t, row.log, row.cosigner, &row) != OK) {
            p->cosign.walked = true;
            return;
        }
        at->at = row;
        if (lacks(s, p, row.cosigner))
            sheaf_add(s, sheaf, &row);
    }
}

static void send_to(struct sync *s, struct peer *p, bool walk)
{
    struct peer_cosign *c = &p->cosign;
    struct cosign_cursor before = c->walk;
    struct sheaf sheaf = {.count = 0};
    unsigned owed = c->owed_count < MESSAGE_MAX_COSIGNED ? c->owed_count : MESSAGE_MAX_COSIGNED;
    buffer_reset(&s->cosigned);
    for (unsigned i = 0; i < owed; i++)
        sheaf_add_ref(s, &sheaf, &c->owed[i]);
    if (walk)
        walk_on(s, p, &sheaf);
    if (sheaf_send(s, p, &sheaf) != OK) {
        c->walk = before;
        c->walked = false;
        return;
    }
    memmove(c->owed, c->owed + owed, (c->owed_count - owed) * sizeof c->owed[0]);
    c->owed_count -= owed;
}

void cosigned_send(struct sync *s, bool walk)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_READY)
            send_to(s, s->peers[i], walk);
    }
}

void cosigned_history(struct sync *s, struct peer *p, struct log_no log, uint64_t from,
                      uint64_t to)
{
    struct sheaf sheaf = {.count = 0};
    struct txn *t = ledger_txn(s->l);
    buffer_reset(&s->cosigned);
    for (unsigned no = 0; t != NULL && ledger_log_at(s->l, no) != NULL; no++) {
        struct cosign_row row = {.size = from};
        while (cosign_row_above(t, log, (struct log_no){no}, row.size, &row) == OK &&
               row.size <= to) {
            sheaf_add(s, &sheaf, &row);
            if (sheaf.count < MESSAGE_MAX_COSIGNED)
                continue;
            if (sheaf_send(s, p, &sheaf) != OK)
                return;
            sheaf.count = 0;
            buffer_reset(&s->cosigned);
        }
    }
    (void)sheaf_send(s, p, &sheaf);
}
