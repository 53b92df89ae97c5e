#include "node/notify_look.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/level.h"
#include "node/notify_event.h"
#include "node/notify_rows.h"

enum { RUN_ENTRIES = 64, SAVE_ENTRIES = 65536 };

/* What one look at an entry asks for. */
struct finding { struct position at; bool open; struct buffer event; };
/* Findings of one commit: of a log looked through up to `end`, or of entries that were open. */
struct findings { unsigned count; struct finding items[NOTIFY_BATCH]; };

static void findings_clear(struct findings *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        buffer_clear(&f->items[i].event);
    }
    f->count = 0;
}

/* How far a log may be looked through: what is folded has its verdict. */
static uint64_t limit_of(const struct notify_look *k, const struct log *log)
{
    return ledger_verified(k->l, log->no);
}

/* ---- one entry ---- */

/* Open until the member that it is made to holds it, or has answered, or was ruled on. */
static enum err look_own_offer(struct notify_look *k, const struct entry *e, uint64_t now_s,
                               struct finding *f)
{
    struct act_level *level = malloc(sizeof *level);
    struct case_state state;
    enum err err = level == NULL ? ERR_NOMEM : ledger_level(k->l, f->at, now_s, level);
    if (err == OK && level_delivered(level)) {
        uint64_t delivered_s = 0;
        for (unsigned i = 0; i < level->mirrored; i++) {
            delivered_s = level->holders[i].concerned ? level->holders[i].time_s : delivered_s;
        }
        err = notify_encode(k->l, NOTIFY_DELIVERY, e, f->at, delivered_s, &f->event);
    } else if (err == OK) {
        err = ledger_state(k->l, e->has_case ? &e->case_id : &e->id, &state);
        f->open = err == OK && state.offer.open && hash_equal(&state.offer.id, &e->id);
    }
    free(level);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err look_valid(struct notify_look *k, const struct entry *e, uint64_t now_s,
                           struct finding *f)
{
    enum notify_kind kind = NOTIFY_NOTHING;
    if (notify_own_offer(e, k->self)) {
        return look_own_offer(k, e, now_s, f);
    }
    enum err err = notify_kind_of(k->l, e, k->self, &kind);
    return err != OK || kind == NOTIFY_NOTHING
               ? err
               : notify_encode(k->l, kind, e, f->at, 0, &f->event);
}

static enum err look_at(struct notify_look *k, struct span bytes, uint64_t now_s,
                        struct finding *f)
{
    struct entry e;
    enum verdict verdict;
    enum reason reason;
    if (entry_decode(&e, bytes) != OK ||
        (!notify_may_concern(&e, k->self) && !notify_own_offer(&e, k->self))) {
        return OK;
    }
    enum err err = ledger_verdict(k->l, f->at, &verdict, &reason);
    f->open = err == OK && verdict == VERDICT_PENDING;
    return err == OK && verdict == VERDICT_VALID ? look_valid(k, &e, now_s, f) : err;
}

/* ---- what a look found goes into the store ---- */

static enum err begin(struct notify_look *k, struct txn **t)
{
    return txn_write(ledger_store(k->l), t);
}

static enum err end(struct txn *t, enum err err)
{
    if (err == OK) {
        return txn_commit(t);
    }
    txn_abort(t);
    return err;
}

/* `was_open`: the findings are of open entries, each of which stays or goes. */
static enum err put_finding(struct txn *t, const struct finding *f, bool was_open, uint64_t seq)
{
    enum err err = OK;
    if (f->open && !was_open) {
        err = notify_open_put(t, f->at);
    } else if (!f->open && was_open) {
        err = notify_open_del(t, f->at);
    }
    return err == OK && f->event.len > 0 ? notify_event_put(t, seq, buffer_span(&f->event)) : err;
}

static void count_finding(struct notify_look *k, const struct finding *f, bool was_open)
{
    uint16_t *open = &k->open[f->at.log.v];
    if (f->open != was_open) {
        *open = (uint16_t)(f->open ? *open + 1 : *open - 1);
        k->open_count += f->open ? 1 : (uint64_t)-1;
    }
    if (f->event.len > 0) {
        k->queued++;
        k->next_seq++;
    }
}

/* A crash before this commit leaves the entries to be looked at again, one after it has what is to
 * be told of them queued. `log` NULL: the findings are of open entries. */
static enum err store(struct notify_look *k, const struct findings *f, const struct log *log,
                      uint64_t scanned)
{
    struct txn *t;
    uint64_t seq = k->next_seq;
    enum err err = begin(k, &t);
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; err == OK && i < f->count; i++) {
        err = put_finding(t, &f->items[i], log == NULL, seq);
        seq += f->items[i].event.len > 0;
    }
    if (err == OK && log != NULL) {
        err = notify_scanned_put(t, log->no, scanned);
    }
    err = end(t, err);
    for (unsigned i = 0; err == OK && i < f->count; i++) {
        count_finding(k, &f->items[i], log == NULL);
    }
    return err;
}

/* ---- new entries ---- */

/* Looks at entries from *at to `to`, or until the findings are full; *at tells how far it came. */
static enum err look_through(struct notify_look *k, const struct log *log, uint64_t to,
                             uint64_t now_s, struct findings *f, uint64_t *at)
{
    struct span entries[RUN_ENTRIES];
    size_t got = 0;
    enum err err = OK;
    while (err == OK && *at < to && f->count < NOTIFY_BATCH) {
        size_t want = to - *at < RUN_ENTRIES ? (size_t)(to - *at) : RUN_ENTRIES;
        err = log_read_run(ledger_txn(k->l), log->no, *at, entries, want, &got);
        for (size_t i = 0; err == OK && i < got && f->count < NOTIFY_BATCH; i++) {
            struct finding *found = &f->items[f->count];
            *found = (struct finding){.at = {log->no, *at}};
            err = look_at(k, entries[i], now_s, found);
            f->count += err == OK && (found->open || found->event.len > 0);
            *at += err == OK;
            if (err != OK) {
                buffer_clear(&found->event);
            }
        }
    }
    return err;
}

static bool has_room(const struct notify_look *k, struct log_no log)
{
    return k->queued + NOTIFY_BATCH <= NOTIFY_MAX &&
           k->open[log.v] + NOTIFY_BATCH <= NOTIFY_OPEN_PER_LOG;
}

static enum err scan_log(struct notify_look *k, const struct log *log, uint64_t now_s,
                         uint64_t *left)
{
    struct findings *f = calloc(1, sizeof *f);
    uint64_t from = k->scanned[log->no.v], at = from, size = limit_of(k, log);
    uint64_t to = size - from < *left ? size : from + *left;
    enum err err = f == NULL ? ERR_NOMEM : look_through(k, log, to, now_s, f, &at);
    if (err == OK && f->count > 0) {
        err = store(k, f, log, at);
    } else if (err == OK) {
        k->unsaved += at - from;
    }
    if (err == OK) {
        k->scanned[log->no.v] = at;
        *left -= at - from;
    }
    if (f != NULL) {
        findings_clear(f);
    }
    free(f);
    return err;
}

static enum err scan(struct notify_look *k, uint64_t now_s)
{
    uint64_t left = NOTIFY_SCAN_ENTRIES;
    enum err err = OK;
    for (unsigned i = 0; left > 0 && ledger_log_at(k->l, i) != NULL; i++) {
        const struct log *log = ledger_log_at(k->l, i);
        if (k->scanned[i] < limit_of(k, log) && has_room(k, log->no)) {
            enum err one = scan_log(k, log, now_s, &left);
            err = err == OK ? one : err;
        }
    }
    return err == OK && k->unsaved >= SAVE_ENTRIES ? notify_look_save(k) : err;
}

/* ---- open entries ---- */

static enum err look_again(struct notify_look *k, struct txn *t, uint64_t now_s,
                           struct findings *f)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < NOTIFY_BATCH; i++) {
        struct span bytes;
        struct finding *found = &f->items[f->count];
        err = notify_open_next(t, &k->open_at);
        if (err == ERR_NOTFOUND) {
            k->due = false;
            return OK;
        }
        *found = (struct finding){.at = k->open_at};
        if (err == OK) {
            err = log_read(ledger_txn(k->l), found->at.log, found->at.index, &bytes);
        }
        if (err == OK) {
            err = look_at(k, bytes, now_s, found);
        }
        if (err == OK && !found->open) {
            f->count++;
        }
        k->open_at.index++;
    }
    return err;
}

/* From the first to the last open entry, over as many rounds as it takes. */
static enum err recheck(struct notify_look *k, uint64_t now_s)
{
    struct txn *t = NULL;
    uint64_t unsettled = ledger_unsettled(k->l);
    k->touched = k->touched || unsettled != k->unsettled;
    k->unsettled = unsettled;
    if (!k->due && k->touched) {
        k->due = k->open_count > 0;
        k->touched = false;
        k->open_at = (struct position){{0}, 0};
    }
    if (!k->due || k->queued + NOTIFY_BATCH > NOTIFY_MAX) {
        return OK;
    }
    struct findings *f = calloc(1, sizeof *f);
    struct position from = k->open_at;
    enum err err = f == NULL ? ERR_NOMEM : txn_read(ledger_store(k->l), &t);
    if (err == OK) {
        err = look_again(k, t, now_s, f);
    }
    txn_abort(t);
    if (err == OK && f->count > 0) {
        err = store(k, f, NULL, 0);
    }
    if (err != OK) {
        k->open_at = from;
        k->due = true;
    }
    if (f != NULL) {
        findings_clear(f);
    }
    free(f);
    return err;
}

enum err notify_look_round(struct notify_look *k, uint64_t now_s)
{
    enum err err = recheck(k, now_s);
    return err == OK ? scan(k, now_s) : err;
}

enum err notify_look_drop(struct notify_look *k, const uint64_t *seqs, unsigned count)
{
    struct txn *t;
    enum err err = begin(k, &t);
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; err == OK && i < count; i++) {
        err = notify_event_del(t, seqs[i]);
    }
    err = end(t, err);
    k->queued -= err == OK ? count : 0;
    return err;
}

enum err notify_look_save(struct notify_look *k)
{
    struct txn *t;
    enum err err = begin(k, &t);
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; err == OK && ledger_log_at(k->l, i) != NULL; i++) {
        err = notify_scanned_put(t, ledger_log_at(k->l, i)->no, k->scanned[i]);
    }
    err = end(t, err);
    k->unsaved = err == OK ? 0 : k->unsaved;
    return err;
}

/* ---- at start ---- */

static enum err load(struct notify_look *k, struct txn *t)
{
    uint64_t seq = 0;
    struct position at = {{0}, 0};
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < LOGS_MAX && ledger_log_at(k->l, i) != NULL; i++) {
        err = notify_scanned_get(t, ledger_log_at(k->l, i)->no, &k->scanned[i]);
    }
    while (err == OK && (err = notify_event_next(t, &seq)) == OK) {
        k->queued++;
        k->next_seq = ++seq;
    }
    err = err == ERR_NOTFOUND ? OK : err;
    while (err == OK && (err = notify_open_next(t, &at)) == OK) {
        if (at.log.v >= LOGS_MAX) {
            return ERR_CORRUPT;
        }
        k->open[at.log.v]++;
        k->open_count++;
        at.index++;
    }
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err begin_now(struct notify_look *k)
{
    struct txn *t;
    for (unsigned i = 0; i < LOGS_MAX && ledger_log_at(k->l, i) != NULL; i++) {
        k->scanned[i] = limit_of(k, ledger_log_at(k->l, i));
    }
    enum err err = begin(k, &t);
    if (err == OK) {
        err = end(t, notify_begin(t));
    }
    return err == OK ? notify_look_save(k) : err;
}

enum err notify_look_open(struct notify_look *k, struct ledger *l, const char *self)
{
    struct txn *t = NULL;
    bool begun = false;
    *k = (struct notify_look){.l = l, .self = self, .touched = true};
    enum err err = txn_read(ledger_store(l), &t);
    if (err == OK) {
        err = notify_begun(t, &begun);
    }
    if (err == OK && begun) {
        err = load(k, t);
    }
    txn_abort(t);
    if (err == OK && !begun) {
        err = begin_now(k);
    }
    k->ready = err == OK;
    return err;
}
