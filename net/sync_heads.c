#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "net/sync_internal.h"

/* A head that peers can be served under: all that it covers is stored. */
static bool head_servable(const struct log *log)
{
    return log->head_size > 0 && log->head_size <= log->frontier.size;
}

static enum err head_note(struct sync *s, const struct log *log, struct span *note)
{
    struct txn *t = ledger_txn(s->l);
    return t == NULL ? ERR_IO : log_head(t, log->no, note);
}

static enum err heads_flush(struct sync *s, struct peer *p, struct message *m, bool complete)
{
    m->u.heads.complete = complete;
    enum err err = peer_send(s, p, m);
    m->u.heads.count = 0;
    return err;
}

static enum err note_add(struct sync *s, struct peer *p, struct message *m, struct span note)
{
    enum err err = OK;
    if (m->u.heads.count == MESSAGE_MAX_HEADS)
        err = heads_flush(s, p, m, false);
    m->u.heads.notes[m->u.heads.count++] = note;
    return err;
}

/* Evidence of forks goes to everybody, as two heads that cannot be one tree. */
static enum err forks_add(struct sync *s, struct peer *p, struct message *m)
{
    struct cursor *c;
    struct span key, value;
    struct txn *t = ledger_txn(s->l);
    enum err err = t == NULL ? ERR_IO : cursor_open(t, TABLE_FORK, (struct span){NULL, 0}, &c);
    if (err != OK)
        return err;
    while (err == OK && (err = cursor_next(c, &key, &value)) == OK) {
        struct reader r;
        reader_init(&r, value);
        struct span a = read_span(&r, read_u32(&r)), b = read_span(&r, read_u32(&r));
        if (!r.failed && (err = note_add(s, p, m, a)) == OK)
            err = note_add(s, p, m, b);
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

void heads_show_all(struct sync *s, struct peer *p)
{
    struct message m = {.type = MSG_HEADS};
    const struct log *log;
    enum err err = OK;
    for (unsigned i = 0; err == OK && (log = ledger_log_at(s->l, i)) != NULL; i++) {
        struct span note;
        if (head_servable(log) && (err = head_note(s, log, &note)) == OK)
            err = note_add(s, p, &m, note);
    }
    if (err == OK)
        err = forks_add(s, p, &m);
    if (err == OK)
        err = heads_flush(s, p, &m, true);
    p->owes_heads = err != OK;
    if (err == OK)
        p->heads_ms = s->now_ms;
}

/* What a peer was shown and does not answer raises doubt, once: sync.c. */
static void heads_sent(struct sync *s, struct peer *p, enum err err)
{
    if (err != OK)
        p->owes_heads = true;
    else if (p->said_ms == 0)
        p->said_ms = s->now_ms;
}

static void head_show(struct sync *s, const struct log *log)
{
    struct message m = {.type = MSG_HEADS, .u.heads = {.count = 1}};
    if (!head_servable(log) || head_note(s, log, &m.u.heads.notes[0]) != OK)
        return;
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        if (p->state == PEER_READY && peer_shown(p, log->no.v) < log->head_size)
            heads_sent(s, p, peer_send(s, p, &m));
    }
}

static void relay_to(struct sync *s, struct peer *p)
{
    struct message m = {.type = MSG_HEADS};
    const struct log *log;
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < s->pull_len && (log = ledger_log_at(s->l, i)) != NULL;
         i++) {
        struct span note;
        if (s->pulls[i].dirty && head_servable(log) && peer_shown(p, i) < log->head_size &&
            (err = head_note(s, log, &note)) == OK)
            err = note_add(s, p, &m, note);
    }
    if (err == OK && m.u.heads.count == 0)
        return;
    heads_sent(s, p, err == OK ? heads_flush(s, p, &m, false) : err);
}

void heads_relay(struct sync *s)
{
    const struct log *log;
    bool any = false;
    for (unsigned i = 0; !any && i < s->pull_len; i++)
        any = s->pulls[i].dirty;
    for (unsigned i = 0; any && i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_READY)
            relay_to(s, s->peers[i]);
    }
    for (unsigned i = 0; any && i < s->pull_len && (log = ledger_log_at(s->l, i)) != NULL; i++)
        s->pulls[i].dirty = s->pulls[i].dirty && !head_servable(log);
    if (any)
        s->relayed_ms = s->now_ms;
}

void sync_relay(struct sync *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (now_ms - s->relayed_ms >= SYNC_RELAY_MS)
        heads_relay(s);
}

void sync_announce(struct sync *s, const struct log *log, uint64_t now_ms)
{
    s->now_ms = now_ms;
    cosign_log_grew(s, log);
    if (strcmp(log->member, s->self) == 0)
        head_show(s, log);
    else if (pulls_reserve(s) == OK && log->no.v < s->pull_len)
        s->pulls[log->no.v].dirty = true;
}

static const struct log *log_of_origin(struct sync *s, const char *origin)
{
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(s->l, i)) != NULL; i++) {
        if (strcmp(log->origin, origin) == 0)
            return log;
    }
    return NULL;
}

void fork_tell(struct sync *s, const struct log *log)
{
    if (s->pulls[log->no.v].fork_told)
        return;
    s->pulls[log->no.v].fork_told = true;
    s->io.event(s->io.ctx, "fork", log->member, ERR_FORK);
}

static enum err unknown_keep(struct peer *p, struct span note)
{
    if (p->unknown.len + note.len + 4 > SYNC_UNKNOWN_BYTES)
        return OK;
    enum err err = buffer_put_u32(&p->unknown, (uint32_t)note.len);
    return err == OK ? buffer_put(&p->unknown, note.data, note.len) : err;
}

static struct head_known *known_place(struct sync *s, struct span note, struct hash *id)
{
    sha256(note, id);
    return &s->known[load_u32(id->b) % SYNC_HEADS_KNOWN];
}

static void known_keep(struct sync *s, struct span note, const struct log *log, uint64_t size)
{
    struct hash id;
    struct head_known *k = known_place(s, note, &id);
    *k = (struct head_known){.note = id, .log = log->no.v, .size = size};
}

static bool note_known(struct sync *s, struct span note)
{
    struct hash id;
    const struct head_known *k = known_place(s, note, &id);
    return k->size > 0 && hash_equal(&k->note, &id);
}

/* The checkpoint of a note, its signatures not looked at. */
static bool note_read(struct span note, struct checkpoint *head)
{
    const uint8_t *end = memmem(note.data, note.len, "\n\n", 2);
    return end != NULL &&
           checkpoint_parse(head, span_of(note.data, (size_t)(end - note.data) + 1)) == OK;
}

/* Most heads shown are those we hold, byte for byte, or were seen before; and of a log that is
 * still on its way, those up to what this peer has shown say nothing yet. No signature needs
 * checking for them. */
static const struct log *note_held(struct sync *s, struct peer *p, struct span note,
                                   struct checkpoint *head)
{
    struct span held;
    if (!note_read(note, head))
        return NULL;
    const struct log *log = log_of_origin(s, head->origin);
    if (log == NULL || note_known(s, note) ||
        (head->size > log->frontier.size && head->size <= peer_shown(p, log->no.v)))
        return log;
    if (head_note(s, log, &held) != OK)
        return NULL;
    return held.len == note.len && memcmp(held.data, note.data, note.len) == 0 ? log : NULL;
}

static enum err shown_raise(struct peer *p, const struct log *log, uint64_t size)
{
    enum err err = peer_shown_reserve(p, log->no.v);
    if (err == OK && p->shown[log->no.v] < size)
        p->shown[log->no.v] = size;
    return err;
}

static enum err note_judge(struct sync *s, struct peer *p, struct span note)
{
    struct checkpoint head = {0};
    const struct log *log = note_held(s, p, note, &head);
    if (log != NULL)
        return shown_raise(p, log, head.size);
    enum err err = ledger_check_head(s->l, note, &head);
    if (err == ERR_UNKNOWN_MEMBER)
        return unknown_keep(p, note);
    log = log_of_origin(s, head.origin);
    if (err != OK && err != ERR_OLD_HEAD && err != ERR_FORK)
        return err;
    if (log == NULL)
        return OK;
    if (err == ERR_FORK) {
        fork_tell(s, log);
        return OK;
    }
    if (head.size <= log->frontier.size)
        known_keep(s, note, log, head.size);
    return shown_raise(p, log, head.size);
}

struct sized_note { uint64_t size; struct span note; };

static int by_size_down(const void *a, const void *b)
{
    const struct sized_note *x = a, *y = b;
    return (x->size < y->size) - (x->size > y->size);
}

/* In the order of their sizes, the greatest first: of many heads of a log that is still on its way
 * one has to be verified, and not each that is greater than the one before. */
static enum err notes_judge(struct sync *s, struct peer *p, const struct span *notes,
                            unsigned count)
{
    struct sized_note sized[MESSAGE_MAX_HEADS];
    struct checkpoint head;
    enum err err = OK;
    for (unsigned i = 0; i < count; i++)
        sized[i] = (struct sized_note){note_read(notes[i], &head) ? head.size : 0, notes[i]};
    qsort(sized, count, sizeof sized[0], by_size_down);
    for (unsigned i = 0; err == OK && i < count; i++)
        err = note_judge(s, p, sized[i].note);
    return err;
}

enum err heads_on_frame(struct sync *s, struct peer *p, const struct message *m)
{
    const unsigned count = m->u.heads.count;
    if (m->u.heads.complete)
        buffer_reset(&p->unknown);
    enum err err = pulls_reserve(s);
    if (err == OK && count == 1)
        err = note_judge(s, p, m->u.heads.notes[0]);
    else if (err == OK)
        err = notes_judge(s, p, m->u.heads.notes, count);
    return err == OK || fault_of_peer(err) || err == ERR_UNCERTAIN ? err : OK;
}

static enum err unknown_again(struct sync *s, struct peer *p)
{
    struct buffer old = p->unknown;
    p->unknown = (struct buffer){0};
    struct reader r;
    reader_init(&r, buffer_span(&old));
    enum err err = OK;
    while (err == OK && reader_left(&r) > 0)
        err = note_judge(s, p, read_span(&r, read_u32(&r)));
    buffer_clear(&old);
    return err;
}

void heads_retry_unknown(struct sync *s)
{
    const struct log *log = ledger_log_at(s->l, 0);
    if (log == NULL || log->frontier.size == s->convenor_size || pulls_reserve(s) != OK)
        return;
    s->convenor_size = log->frontier.size;
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        if (p->state != PEER_READY || p->unknown.len == 0)
            continue;
        enum err err = unknown_again(s, p);
        if (fault_of_peer(err))
            peer_end(s, p, err);
    }
}
