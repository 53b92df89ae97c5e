/* When our node cosigns which log. A log is looked through up to its newest head first: an act that
 * concerns our member makes it due at once, else it is due SYNC_COSIGN_MS after the last time. At
 * an act that concerns us, claimed less than COSIGN_PARTS_WAIT_S ago, the look stops until the
 * parts that we may read are held: what is cosigned then is the act with the parts addressed to
 * us. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/concern.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "net/sync_internal.h"

void sync_set_cosigner(struct sync *s, const struct signkey *key)
{
    s->cosigner = key;
    s->cosign_due = true;
    for (size_t i = 0; i < s->cosigns_len; i++)
        s->cosigns[i].dirty = true;
}

void cosign_clear(struct sync *s)
{
    free(s->cosigns);
    buffer_clear(&s->cosigned);
}

static enum err cosigns_reserve(struct sync *s)
{
    size_t need = s->cosigns_len;
    while (ledger_log_at(s->l, (unsigned)need) != NULL)
        need++;
    if (need == s->cosigns_len)
        return OK;
    struct cosign_log *grown = realloc(s->cosigns, need * sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    for (size_t i = s->cosigns_len; i < need; i++)
        grown[i] = (struct cosign_log){.dirty = true};
    s->cosigns = grown;
    s->cosigns_len = need;
    return OK;
}

void cosign_log_grew(struct sync *s, const struct log *log)
{
    s->cosign_due = s->ahead_due = true;
    if (cosigns_reserve(s) == OK && log->no.v < s->cosigns_len)
        s->cosigns[log->no.v].dirty = true;
}

void cosign_floor(struct sync *s, struct log_no log, uint64_t size)
{
    if (cosigns_reserve(s) == OK && log.v < s->cosigns_len && s->cosigns[log.v].floor < size)
        s->cosigns[log.v].floor = size;
}

/* What was cosigned before a restart needs no second look. */
static void log_open(struct sync *s, const struct log *log, struct cosign_log *c)
{
    struct cosign_row last;
    const struct log *self = ledger_log(s->l, s->self, 0);
    struct txn *t = ledger_txn(s->l);
    if (t != NULL && self != NULL && cosign_row_last(t, log->no, self->no, &last) == OK)
        c->looked = last.size;
    c->opened = true;
}

/* Those that we may read of it, open and sealed, and that were not erased by order. */
static bool parts_held(struct sync *s, const struct entry *e)
{
    if (e->part_count == 0 || e->time_s + COSIGN_PARTS_WAIT_S <= s->io.unix_s(s->io.ctx))
        return true;
    struct case_state *state = malloc(sizeof *state);
    bool held = state != NULL;
    const struct hash *case_id = e->has_case ? &e->case_id : &e->id;
    if (state != NULL && ledger_state(s->l, case_id, state) != OK)
        case_state_init(state, case_id);
    for (unsigned i = 0; held && i < e->part_count; i++)
        held = !reader_may(ledger_roster(s->l), state, e, e->parts[i].role, ledger_self(s->l)) ||
               part_held(ledger_home(s->l), &e->parts[i].commitment) ||
               part_erased(ledger_home(s->l), &e->parts[i].commitment, NULL);
    free(state);
    return held;
}

/* One entry on the way to the head; false: the look stops here for now. */
static bool entry_pass(struct sync *s, const struct log *log, struct cosign_log *c)
{
    struct concern concern = {.count = 0};
    struct entry e;
    struct txn *t = ledger_txn(s->l);
    enum err err = t == NULL ? ERR_IO : log_entry(t, log->no, c->looked, &e);
    const bool unread = err == ERR_IO || err == ERR_NOTFOUND || err == ERR_CORRUPT;
    if (err == OK && ledger_concern(s->l, &e, &concern) != OK)
        return false;
    if (unread)
        return false;
    if (concern_has(&concern, ledger_self(s->l))) {
        if (!parts_held(s, &e))
            return false;
        c->concerned = true;
    }
    c->looked++;
    return true;
}

/* True when the newest head is to be cosigned now. */
static bool log_due(struct sync *s, const struct log *log, unsigned *look)
{
    struct cosign_log *c = &s->cosigns[log->no.v];
    if (!c->dirty || log->head_size > ledger_verified(s->l, log->no) ||
        strcmp(log->member, s->self) == 0)
        return false;
    if (!c->opened)
        log_open(s, log, c);
    for (; *look > 0 && c->looked < log->head_size; --*look) {
        if (!entry_pass(s, log, c))
            return false;
    }
    if (c->looked < log->head_size || log->head_size < c->floor)
        return false;
    return c->concerned || c->given_ms == 0 || s->now_ms - c->given_ms >= SYNC_COSIGN_MS;
}

static void item_done(struct sync *s, const struct cosign_own *item)
{
    struct cosign_log *c = &s->cosigns[item->log.v];
    c->dirty = c->concerned = false;
    if (item->err != OK)
        return;
    c->given_ms = s->now_ms;
    cosigned_owe(s, &item->row, NULL);
}

static void give(struct sync *s, struct cosign_own *items, unsigned count)
{
    enum err err = ledger_own_check(s->l);
    if (err == OK)
        err = ledger_cosign_give(s->l, s->cosigner, s->io.unix_s(s->io.ctx), items, count);
    if (err == ERR_UNCERTAIN)
        s->io.event(s->io.ctx, "store", s->self, err);
    for (unsigned i = 0; i < count; i++) {
        if (err == OK)
            item_done(s, &items[i]);
    }
    s->cosign_pause_ms = err == OK ? 0 : s->now_ms + SYNC_COSIGN_MS;
    if (err == OK)
        cosigned_send(s, false);
}

void cosign_own(struct sync *s, bool tick)
{
    struct cosign_own items[COSIGN_MAX_BATCH];
    unsigned count = 0, look = SYNC_COSIGN_LOOK;
    const struct log *log;
    if (s->cosigner == NULL || (!tick && !s->cosign_due) || cosigns_reserve(s) != OK ||
        ledger_self(s->l).v == MEMBER_NONE || s->now_ms < s->cosign_pause_ms)
        return;
    s->cosign_due = false;
    for (unsigned i = 0; count < COSIGN_MAX_BATCH && (log = ledger_log_at(s->l, i)) != NULL; i++) {
        if (log_due(s, log, &look))
            items[count++] = (struct cosign_own){.log = log->no};
    }
    if (count > 0)
        give(s, items, count);
}
