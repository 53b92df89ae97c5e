/* One log is pulled from one peer at a time, in wants that follow each other: while the answer to
 * one is verified the next travels. An answer is committed alone; one that came short, or from a
 * place where we no longer stand, only sets the pull back to what is stored. */
#include <string.h>

#include "ledger/fork.h"
#include "net/sync_internal.h"

static const struct log *log_by_no(const struct sync *s, uint32_t no)
{
    return no < s->pull_len ? ledger_log_at(s->l, no) : NULL;
}

/* Forgets what was asked of this log: a later answer to it finds no want. */
static void pull_reset(struct sync *s, uint32_t no)
{
    struct pull *pull = &s->pulls[no];
    struct peer *owner = pull->owner.v != 0 ? peer_find(s, pull->owner) : NULL;
    for (unsigned i = 0; owner != NULL && i < SYNC_PEER_WANTS; i++) {
        if (owner->wants[i].used && owner->wants[i].log == no)
            owner->wants[i].used = false;
    }
    pull->owner.v = 0;
    pull->under_way = 0;
    pull->next = 0;
}

void pull_drop_peer(struct sync *s, struct peer *p)
{
    for (uint32_t no = 0; no < s->pull_len; no++) {
        if (s->pulls[no].owner.v == p->id.v)
            pull_reset(s, no);
    }
}

static struct want *want_free_slot(struct peer *p)
{
    for (unsigned i = 0; i < SYNC_PEER_WANTS; i++) {
        if (!p->wants[i].used)
            return &p->wants[i];
    }
    return NULL;
}

static struct want *want_find(struct peer *p, uint32_t request)
{
    for (unsigned i = 0; i < SYNC_PEER_WANTS; i++) {
        if (p->wants[i].used && p->wants[i].request == request)
            return &p->wants[i];
    }
    return NULL;
}

static bool pull_possible(const struct sync *s, const struct peer *p, const struct log *log)
{
    const struct pull *pull = &s->pulls[log->no.v];
    if (pull->owner.v != 0 && pull->owner.v != p->id.v)
        return false;
    /* The first answer tells how many packages fit; only then is it known where the next begins. */
    unsigned limit = pull->packages == 0 ? 1 : SYNC_LOG_WANTS;
    uint64_t from = pull->owner.v != 0 ? pull->next : log->frontier.size;
    return pull->under_way < limit && peer_shown(p, log->no.v) > from;
}

/* The convenor's log before all others, then they in turn; NULL when nothing is to be asked. */
static const struct log *pull_choose(struct sync *s, struct peer *p)
{
    const struct log *convenor = log_by_no(s, 0);
    if (convenor == NULL)
        return NULL;
    if (pull_possible(s, p, convenor))
        return convenor;
    if (s->pulls[0].owner.v == p->id.v)
        return NULL;
    for (size_t i = 0; i < s->pull_len; i++) {
        const struct log *log = log_by_no(s, p->turn % (uint32_t)s->pull_len);
        p->turn = (p->turn + 1) % (unsigned)s->pull_len;
        if (log != NULL && pull_possible(s, p, log))
            return log;
    }
    return NULL;
}

/* Where a want of `packages` beginning at `from` ends. */
static uint64_t want_end(uint64_t from, unsigned packages, uint64_t size)
{
    uint64_t end = (from / PACKAGE_ENTRIES + packages) * PACKAGE_ENTRIES;
    return end < size ? end : size;
}

static bool want_send(struct sync *s, struct peer *p, const struct log *log)
{
    struct pull *pull = &s->pulls[log->no.v];
    struct want *w = want_free_slot(p);
    if (w == NULL)
        return false;
    if (pull->owner.v == 0) {
        pull->owner = p->id;
        pull->next = log->frontier.size;
        pull->packages = 0;
    }
    unsigned packages = pull->packages != 0 ? pull->packages : SYNC_WANT_PACKAGES;
    struct message m = {.type = MSG_WANT,
                        .u.want = {.request = ++s->last_request, .log = {.epoch = log->epoch},
                                   .from = pull->next, .tree_size = peer_shown(p, log->no.v),
                                   .packages = (uint8_t)packages}};
    memcpy(m.u.want.log.member, log->member, sizeof log->member);
    if (peer_send(s, p, &m) != OK) {
        if (pull->under_way == 0)
            pull_reset(s, log->no.v);
        return false;
    }
    uint64_t end = want_end(pull->next, packages, m.u.want.tree_size);
    *w = (struct want){true, m.u.want.request, log->no.v, pull->next, end, packages,
                       s->now_ms + s->options.want_timeout_ms};
    pull->next = end;
    pull->under_way++;
    p->owed++;
    return true;
}

void pull_from(struct sync *s, struct peer *p)
{
    if (s->now_ms < s->paused_until_ms || pulls_reserve(s) != OK)
        return;
    const struct log *log;
    while (p->state == PEER_READY && want_free_slot(p) != NULL &&
           (log = pull_choose(s, p)) != NULL && want_send(s, p, log)) {
    }
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
    return ledger_receive(s->l, m->u.packages.note, proof, list, m->u.packages.count);
}

/* Our own trouble or a fork: this log is not pulled from this peer until it shows a head again. */
static void log_leave(struct sync *s, struct peer *p, uint32_t no)
{
    pull_reset(s, no);
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
        pull_reset(s, no);
        return OK;
    }
    log_leave(s, p, no);
    return OK;
}

/* After a good answer: an answer shorter than asked for teaches how much to ask for. */
static void pull_advance(struct sync *s, struct peer *p, const struct want *w, uint64_t end,
                         unsigned count)
{
    struct pull *pull = &s->pulls[w->log];
    if (pull->owner.v != p->id.v)
        return;
    const uint64_t stored = log_by_no(s, w->log)->frontier.size;
    bool behind = peer_shown(p, w->log) > stored;
    if (end == w->end && (behind || pull->under_way > 0)) {
        pull->packages = count;
        return;
    }
    pull_reset(s, w->log);
    if (behind) {
        pull->owner = p->id;
        pull->next = stored;
        pull->packages = count;
    }
}

/* One answer for each want; one that came too late finds no want and is let go. */
enum err pull_on_packages(struct sync *s, struct peer *p, const struct message *m)
{
    if (p->owed == 0)
        return ERR_PROTOCOL;
    p->owed--;
    struct want *slot = want_find(p, m->u.packages.request);
    if (slot == NULL)
        return OK;
    const struct want w = *slot;
    const struct log *log = log_by_no(s, w.log);
    uint64_t end;
    slot->used = false;
    s->pulls[w.log].under_way--;
    enum err err = packages_decode(s, m, &w, log, &end);
    if (err != OK)
        return err;
    if (log->frontier.size != w.from) {
        pull_reset(s, w.log);
        return OK;
    }
    err = packages_commit(s, m);
    if (err != OK)
        return receive_failed(s, p, w.log, m, err);
    if (p->state == PEER_READY)
        pull_advance(s, p, &w, end, m->u.packages.count);
    heads_retry_unknown(s);
    return OK;
}

enum err pull_on_refuse(struct sync *s, struct peer *p, const struct message *m)
{
    struct want *w = want_find(p, m->u.refuse.request);
    if (w == NULL)
        return OK;
    p->owed -= p->owed > 0;
    if (m->u.refuse.code == REFUSE_BUSY)
        w->deadline_ms = s->now_ms + s->options.exchange_ms / 10;
    else
        log_leave(s, p, w->log);
    return OK;
}

/* A peer that does not answer is asked for that log again once it shows its heads again. */
void pull_timeouts(struct sync *s)
{
    for (unsigned i = 0; i < s->peer_count; i++) {
        struct peer *p = s->peers[i];
        for (unsigned k = 0; p->state == PEER_READY && k < SYNC_PEER_WANTS; k++) {
            if (p->wants[k].used && s->now_ms >= p->wants[k].deadline_ms)
                log_leave(s, p, p->wants[k].log);
        }
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

bool pull_idle(const struct sync *s)
{
    for (uint32_t no = 0; no < s->pull_len; no++) {
        if (s->pulls[no].owner.v != 0)
            return false;
    }
    for (unsigned i = 0; i < s->peer_count; i++) {
        if (s->peers[i]->state == PEER_READY && pull_behind(s, s->peers[i]) > 0)
            return false;
    }
    return true;
}
