/* Logs are pulled in wants of a few packages, each from any ready peer that showed a head beyond
 * it: several peers at once for one log, several logs at once from one peer. Each range of a log is
 * asked for where nothing is on its way yet, in order, so that what comes short, late or not at all
 * leaves a hole that the next want fills. Answers are committed alone and in order; one that comes
 * early is held, within SYNC_HELD_BYTES, until its turn.
 *
 * A peer is asked for what it was seen to send in SYNC_QUEUE_MS. One that has nothing left to be
 * asked for is given the oldest want of another that keeps us waiting; whoever answers first wins.
 */
#include <string.h>

#include "ledger/fork.h"
#include "net/sync_internal.h"

static const struct log *log_by_no(const struct sync *s, uint32_t no)
{
    return no < s->pull_len ? ledger_log_at(s->l, no) : NULL;
}

static void want_drop(struct sync *s, struct want *w)
{
    s->held_bytes -= w->frame.len;
    buffer_clear(&w->frame);
    w->state = WANT_FREE;
}

/* Forgets what was asked of this log, of one peer or of all (NULL): a later answer finds no want.
 * Held answers go too: they came from a peer that is wrong about this log, or cannot be stored. */
static void wants_forget(struct sync *s, const struct peer *p, uint32_t no)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        struct want *w = &s->wants[i];
        if (w->state != WANT_FREE && w->log == no && (p == NULL || w->peer.v == p->id.v))
            want_drop(s, w);
    }
}

void pull_drop_peer(struct sync *s, struct peer *p, bool held)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        struct want *w = &s->wants[i];
        if (w->peer.v == p->id.v && (w->state == WANT_ASKED || (held && w->state == WANT_HELD)))
            want_drop(s, w);
    }
}

void pull_clear(struct sync *s)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++)
        want_drop(s, &s->wants[i]);
}

static struct want *want_free_slot(struct sync *s)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        if (s->wants[i].state == WANT_FREE)
            return &s->wants[i];
    }
    return NULL;
}

static struct want *want_find(struct sync *s, const struct peer *p, uint32_t request)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        struct want *w = &s->wants[i];
        if (w->state == WANT_ASKED && w->peer.v == p->id.v && w->request == request)
            return w;
    }
    return NULL;
}

/* ---- what to ask for ---- */

struct range { uint64_t from, end; };

static unsigned wants_of_log(const struct sync *s, uint32_t no)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SYNC_WANTS; i++)
        count += s->wants[i].state != WANT_FREE && s->wants[i].log == no;
    return count;
}

static unsigned wants_of_peer(const struct sync *s, const struct peer *p)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SYNC_WANTS; i++)
        count += s->wants[i].state == WANT_ASKED && s->wants[i].peer.v == p->id.v;
    return count;
}

/* As much as it sends in SYNC_QUEUE_MS; two at least, so that the line is not idle between. */
static unsigned wants_allowed(const struct peer *p)
{
    unsigned fit = p->service_ms == 0 ? 0 : SYNC_QUEUE_MS / p->service_ms;
    return fit < 2 ? 2 : fit > SYNC_PEER_WANTS ? SYNC_PEER_WANTS : fit;
}

/* The first range of the log that is neither held nor on its way, ending where one begins that
 * is; UINT64_MAX: at none. */
static struct range range_first(const struct sync *s, const struct log *log)
{
    struct range r = {log->frontier.size, UINT64_MAX};
    for (bool moved = true; moved;) {
        moved = false;
        for (unsigned i = 0; i < SYNC_WANTS; i++) {
            const struct want *w = &s->wants[i];
            if (w->state != WANT_FREE && w->log == log->no.v && w->from <= r.from &&
                r.from < w->end) {
                r.from = w->end;
                moved = true;
            }
        }
    }
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        const struct want *w = &s->wants[i];
        if (w->state != WANT_FREE && w->log == log->no.v && w->from > r.from && w->from < r.end)
            r.end = w->from;
    }
    return r;
}

/* Where a want of `packages` beginning at `from` ends. */
static uint64_t want_end(uint64_t from, unsigned packages, uint64_t size)
{
    uint64_t end = (from / PACKAGE_ENTRIES + packages) * PACKAGE_ENTRIES;
    return end < size ? end : size;
}

/* What the peer could be asked for of this log now. */
static bool range_next(const struct sync *s, const struct peer *p, const struct log *log,
                       struct range *out)
{
    const struct pull *pull = &s->pulls[log->no.v];
    const uint64_t shown = peer_shown(p, log->no.v);
    if (shown <= log->frontier.size)
        return false;
    unsigned packages = pull->packages == 0 ? SYNC_WANT_PACKAGES : pull->packages;
    *out = range_first(s, log);
    bool full = wants_of_log(s, log->no.v) >= SYNC_LOG_WANTS || s->held_bytes >= SYNC_HELD_BYTES;
    if (out->from >= shown || (full && out->from != log->frontier.size))
        return false;
    uint64_t end = want_end(out->from, packages, shown);
    out->end = end < out->end ? end : out->end;
    return true;
}

/* In turn; `others`: also logs that another peer is being asked for. */
static const struct log *log_in_turn(struct sync *s, struct peer *p, bool others,
                                     struct range *range)
{
    for (size_t i = 0; i < s->pull_len; i++) {
        const uint32_t no = p->turn % (uint32_t)s->pull_len;
        const struct log *log = log_by_no(s, no);
        p->turn = (p->turn + 1) % (unsigned)s->pull_len;
        bool ours = others || s->pulls[no].last.v == p->id.v || wants_of_log(s, no) == 0;
        if (log != NULL && ours && range_next(s, p, log, range))
            return log;
    }
    return NULL;
}

static bool asked_for_log(const struct sync *s, const struct peer *p, uint32_t no)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        const struct want *w = &s->wants[i];
        if (w->state == WANT_ASKED && w->log == no && w->peer.v == p->id.v)
            return true;
    }
    return false;
}

/* The convenor's log before all others, then logs of which nobody else is asked, then any; NULL
 * when nothing is to be asked. */
static const struct log *pull_choose(struct sync *s, struct peer *p, struct range *range)
{
    const struct log *convenor = log_by_no(s, 0);
    if (convenor == NULL)
        return NULL;
    if (range_next(s, p, convenor, range))
        return convenor;
    if (asked_for_log(s, p, 0))
        return NULL;
    const struct log *log = log_in_turn(s, p, false, range);
    return log != NULL ? log : log_in_turn(s, p, true, range);
}

static bool want_send(struct sync *s, struct peer *p, const struct log *log,
                      const struct range *range, bool doubled)
{
    struct want *w = want_free_slot(s);
    if (w == NULL)
        return false;
    const uint64_t first = range->from / PACKAGE_ENTRIES;
    const unsigned packages =
        (unsigned)((range->end + PACKAGE_ENTRIES - 1) / PACKAGE_ENTRIES - first);
    struct message m = {.type = MSG_WANT,
                        .u.want = {.request = ++s->last_request, .log = {.epoch = log->epoch},
                                   .from = range->from, .tree_size = peer_shown(p, log->no.v),
                                   .packages = (uint8_t)packages}};
    memcpy(m.u.want.log.member, log->member, sizeof log->member);
    if (peer_send(s, p, &m) != OK)
        return false;
    *w = (struct want){.state = WANT_ASKED, .peer = p->id, .request = m.u.want.request,
                       .log = log->no.v, .from = range->from, .end = range->end,
                       .packages = packages, .doubled = doubled, .sent_ms = s->now_ms,
                       .deadline_ms = s->now_ms + s->options.want_timeout_ms};
    s->pulls[log->no.v].last = p->id;
    p->owed++;
    return true;
}

/* A want of another peer that keeps us waiting for longer than this one would. */
static struct want *want_late(struct sync *s, const struct peer *p)
{
    struct want *late = NULL;
    const uint64_t patience_ms = 2 * p->service_ms > SYNC_DOUBLE_MS ? 2 * p->service_ms
                                                                    : SYNC_DOUBLE_MS;
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        struct want *w = &s->wants[i];
        const struct log *log = w->state == WANT_ASKED ? log_by_no(s, w->log) : NULL;
        if (log != NULL && !w->doubled && w->peer.v != p->id.v &&
            w->from >= log->frontier.size && w->end <= peer_shown(p, w->log) &&
            s->now_ms - w->sent_ms >= patience_ms &&
            (late == NULL || w->sent_ms < late->sent_ms))
            late = w;
    }
    return late;
}

static bool want_double(struct sync *s, struct peer *p)
{
    struct want *late = want_late(s, p);
    if (late == NULL)
        return false;
    const struct range range = {late->from, late->end};
    late->doubled = want_send(s, p, log_by_no(s, late->log), &range, true);
    return late->doubled;
}

void pull_from(struct sync *s, struct peer *p)
{
    struct range range;
    if (s->now_ms < s->paused_until_ms || s->now_ms < p->busy_until_ms || pulls_reserve(s) != OK)
        return;
    bool asked = true;
    while (asked && p->state == PEER_READY && wants_of_peer(s, p) < wants_allowed(p)) {
        const struct log *log = pull_choose(s, p, &range);
        asked = log != NULL ? want_send(s, p, log, &range, false) : want_double(s, p);
    }
}

void pull_from_all(struct sync *s)
{
    for (unsigned i = 0; i < s->peer_count; i++)
        pull_from(s, s->peers[i]);
}

/* ---- answers ---- */

static enum err packages_decode(struct sync *s, const struct message *m, const struct want *w,
                                const struct log *log, uint64_t *end)
{
    uint64_t at = w->from;
    if (m->u.packages.count > w->packages)
        return ERR_PROTOCOL;
    for (unsigned i = 0; i < m->u.packages.count; i++) {
        struct package *p = &s->packages[i];
        enum err err = package_decode(p, m->u.packages.packages[i]);
        if (err != OK)
            return err;
        if (p->start != at || p->epoch != log->epoch || strcmp(p->member, log->member) != 0)
            return ERR_PROTOCOL;
        at += p->count;
    }
    *end = at;
    return OK;
}

/* A log looked up before has to be looked up again: after a failure the ledger loads them anew. */
static enum err packages_commit(struct sync *s, const struct message *m)
{
    const struct package *list[SYNC_WANT_PACKAGES];
    const struct proof *proof = &m->u.packages.consistency;
    for (unsigned i = 0; i < m->u.packages.count; i++)
        list[i] = &s->packages[i];
    ledger_defer(s->l, !sync_near(s));
    return ledger_receive(s->l, m->u.packages.note, proof, list, m->u.packages.count);
}

/* What came in the present stretch of time and in the one before it. */
static void flow_turn(struct sync *s)
{
    if (s->now_ms < s->flow_ms + SYNC_FLOW_MS)
        return;
    s->flow_before = s->now_ms < s->flow_ms + 2 * SYNC_FLOW_MS ? s->flow_entries : 0;
    s->flow_entries = 0;
    s->flow_ms = s->now_ms;
}

bool pull_flows(struct sync *s)
{
    flow_turn(s);
    return s->flow_entries >= SYNC_FLOW_ENTRIES || s->flow_before >= SYNC_FLOW_ENTRIES;
}

/* This log is not pulled from this peer until it shows a head again. */
static void log_leave(struct sync *s, struct peer *p, uint32_t no)
{
    wants_forget(s, p, no);
    if (no < p->shown_len)
        p->shown[no] = 0;
}

/* The proof fails, yet at our size none could show whether its sender lies or the log forked. */
static bool fork_possible(const struct log *log, const struct message *m)
{
    struct checkpoint head;
    struct note note;
    if (note_decode(&note, m->u.packages.note) != OK)
        return false;
    bool read = checkpoint_parse(&head, note.text) == OK;
    note_clear(&note);
    return read &&
           fork_read(&log->frontier, &head, &m->u.packages.consistency) == FORK_POSSIBLE;
}

/* `p`: who sent it, NULL when it has gone meanwhile. */
static enum err receive_failed(struct sync *s, struct peer *p, uint32_t no,
                               const struct message *m, enum err err)
{
    const struct log *log = log_by_no(s, no);
    if (log != NULL && err == ERR_FORK)
        fork_tell(s, log);
    else if (log != NULL && err == ERR_PROOF && fork_possible(log, m))
        s->io.event(s->io.ctx, "refused", log->member, ERR_PROOF);
    else if (log == NULL || fault_of_peer(err) || err == ERR_UNCERTAIN)
        return err;
    else if (err == ERR_DISK_FULL || err == ERR_IO || err == ERR_NOMEM || err == ERR_CORRUPT) {
        s->paused_until_ms = s->now_ms + SYNC_PAUSE_MS;
        s->io.event(s->io.ctx, "store", log->member, err);
        wants_forget(s, NULL, no);
        return OK;
    }
    if (p != NULL)
        log_leave(s, p, no);
    return OK;
}

/* An answer shorter than asked for teaches how much to ask for, until the log is caught up with. */
static void pull_learn(struct sync *s, const struct peer *p, const struct want *w, uint64_t end,
                       unsigned count)
{
    struct pull *pull = &s->pulls[w->log];
    bool more = wants_of_log(s, w->log) > 0 || (p != NULL && peer_shown(p, w->log) > end);
    if (!more)
        pull->packages = 0;
    else if (end < w->end || pull->packages == 0)
        pull->packages = count;
}

/* Commits the answer of a want whose turn it is; the want is used up. */
static enum err answer_commit(struct sync *s, struct peer *p, const struct want *w,
                              const struct message *m)
{
    uint64_t end;
    const struct log *log = log_by_no(s, w->log);
    enum err err = log == NULL ? ERR_PROTOCOL : packages_decode(s, m, w, log, &end);
    if (err != OK)
        return err;
    err = packages_commit(s, m);
    if (err != OK)
        return receive_failed(s, p, w->log, m, err);
    flow_turn(s);
    s->flow_entries += (unsigned)(end - w->from);
    s->came_entries += end - w->from;
    pull_learn(s, p, w, end, m->u.packages.count);
    return OK;
}

static enum err answer_hold(struct sync *s, struct want *slot, const struct want *w,
                            struct span frame)
{
    *slot = *w;
    slot->state = WANT_HELD;
    enum err err = s->held_bytes + frame.len > SYNC_HELD_BYTES
                       ? ERR_NOMEM
                       : buffer_put(&slot->frame, frame.data, frame.len);
    s->held_bytes += slot->frame.len;
    if (err != OK)
        want_drop(s, slot);
    return OK;
}

/* A held answer whose turn has come, or that came to nothing. */
static struct want *held_next(struct sync *s)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        struct want *w = &s->wants[i];
        const struct log *log = w->state == WANT_HELD ? log_by_no(s, w->log) : NULL;
        if (log != NULL && w->from <= log->frontier.size)
            return w;
    }
    return NULL;
}

enum err pull_held(struct sync *s)
{
    enum err err = OK;
    struct want *slot;
    for (unsigned done = 0; done < SYNC_HELD_COMMITS && err == OK &&
                            (slot = held_next(s)) != NULL;) {
        struct want w = *slot;
        struct peer *p = peer_find(s, w.peer);
        slot->frame = (struct buffer){0};
        slot->state = WANT_FREE;
        s->held_bytes -= w.frame.len;
        if (w.from == log_by_no(s, w.log)->frontier.size) {
            err = message_decode(s->message, buffer_span(&w.frame));
            if (err == OK)
                err = answer_commit(s, p, &w, s->message);
            done++;
        }
        buffer_clear(&w.frame);
        if (p != NULL && fault_of_peer(err))
            peer_end(s, p, err);
        if (fault_of_peer(err))
            err = OK;
    }
    return err;
}

static void service_learn(struct sync *s, struct peer *p, const struct want *w)
{
    const uint64_t since_ms = p->answered_ms > w->sent_ms ? p->answered_ms : w->sent_ms;
    const unsigned took_ms = (unsigned)(s->now_ms - since_ms) + 1;
    p->service_ms = p->service_ms == 0 ? took_ms : (3 * p->service_ms + took_ms) / 4;
    p->answered_ms = s->now_ms;
}

/* One answer for each want; one that came too late finds no want and is let go. */
enum err pull_on_packages(struct sync *s, struct peer *p, const struct message *m)
{
    if (p->owed == 0)
        return ERR_PROTOCOL;
    p->owed--;
    struct want *slot = want_find(s, p, m->u.packages.request);
    if (slot == NULL)
        return OK;
    const struct want w = *slot;
    const struct log *log = log_by_no(s, w.log);
    uint64_t end;
    slot->state = WANT_FREE;
    service_learn(s, p, &w);
    if (w.from < log->frontier.size)
        return OK;
    enum err err = OK;
    if (w.from > log->frontier.size) {
        err = packages_decode(s, m, &w, log, &end);
        return err == OK ? answer_hold(s, slot, &w, s->frame) : err;
    }
    err = answer_commit(s, p, &w, m);
    if (err == OK)
        err = pull_held(s);
    if (err == OK)
        heads_retry_unknown(s);
    return err;
}

enum err pull_on_refuse(struct sync *s, struct peer *p, const struct message *m)
{
    struct want *w = want_find(s, p, m->u.refuse.request);
    if (w == NULL)
        return OK;
    p->owed -= p->owed > 0;
    if (m->u.refuse.code == REFUSE_BUSY) {
        want_drop(s, w);
        p->busy_until_ms = s->now_ms + s->options.exchange_ms / 10;
    } else {
        log_leave(s, p, w->log);
    }
    return OK;
}

/* A peer that does not answer is asked for that log again once it shows its heads again. */
void pull_timeouts(struct sync *s)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        const struct want *w = &s->wants[i];
        struct peer *p = w->state == WANT_ASKED ? peer_find(s, w->peer) : NULL;
        if (p != NULL && s->now_ms >= w->deadline_ms)
            log_leave(s, p, w->log);
    }
}

uint64_t pull_behind(const struct sync *s, const struct peer *p)
{
    uint64_t behind = 0;
    for (uint32_t no = 0; no < p->shown_len; no++) {
        const struct log *log = log_by_no(s, no);
        if (log != NULL && p->shown[no] > log->frontier.size)
            behind += p->shown[no] - log->frontier.size;
    }
    return behind;
}

bool pull_asked(const struct sync *s, const struct peer *p)
{
    return wants_of_peer(s, p) > 0;
}

/* A want that another peer answered sooner is not waited for. */
static bool want_needed(const struct sync *s, const struct want *w)
{
    const struct log *log = w->state == WANT_FREE ? NULL : log_by_no(s, w->log);
    return log != NULL && w->end > log->frontier.size;
}

uint64_t pull_lacks(const struct sync *s, const struct peer *p)
{
    uint64_t lacks = 0;
    for (unsigned i = 0; p->state == PEER_READY && ledger_log_at(s->l, i) != NULL; i++) {
        const struct log *log = ledger_log_at(s->l, i);
        uint64_t shown = peer_shown(p, log->no.v);
        if (log->frontier.size > shown)
            lacks += log->frontier.size - shown;
    }
    return lacks;
}

bool pull_idle(const struct sync *s)
{
    for (unsigned i = 0; i < SYNC_WANTS; i++) {
        if (want_needed(s, &s->wants[i]))
            return false;
    }
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_READY && pull_behind(s, s->peers[i]) > 0)
            return false;
    }
    return true;
}
