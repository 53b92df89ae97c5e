/* Which parts our member should hold: those that ledger/cases/readers.h lets it read, open ones by
 * the same table; and which an order makes it erase. New entries are looked through a slice at a
 * time; what an earlier run missed, or nobody had, is found by a walk over all cases each hour. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/erasure.h"
#include "ledger/log/part.h"
#include "net/sync_internal.h"

static enum err needs_reserve(struct sync *s)
{
    if (s->needs_len >= s->pull_len)
        return OK;
    uint64_t *grown = realloc(s->needs, s->pull_len * sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    memset(grown + s->needs_len, 0, (s->pull_len - s->needs_len) * sizeof *grown);
    s->needs = grown;
    s->needs_len = s->pull_len;
    return OK;
}

static void sweep_begin(struct sync *s)
{
    s->sweep = (struct case_cursor){.custodian = {MEMBER_NONE}};
    s->swept = ledger_self(s->l).v == MEMBER_NONE;
    s->swept_ms = s->now_ms;
}

enum err needs_start(struct sync *s)
{
    enum err err = needs_reserve(s);
    const struct log *log;
    for (unsigned i = 0; err == OK && (log = ledger_log_at(s->l, i)) != NULL; i++)
        s->needs[i] = ledger_verified(s->l, log->no);
    sweep_begin(s);
    return err;
}

/* Named by the act: from now on the whole case may concern us. */
static bool names_us(const struct sync *s, const struct entry *e)
{
    char id[ID_MAX_BYTES + 1];
    static const enum fact_id single[] = {FACT_TO, FACT_VERIFIER};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (entry_fact_text(e, single[i], id, sizeof id) && strcmp(id, s->self) == 0)
            return true;
    }
    for (unsigned i = 0; i < entry_fact_list(e, FACT_SUPPORTS); i++) {
        if (entry_fact_item(e, FACT_SUPPORTS, i, id, sizeof id) && strcmp(id, s->self) == 0)
            return true;
    }
    return e->kind == KIND_DUAL_OPEN;
}

static void parts_want(struct sync *s, const struct case_state *state, const struct entry *e)
{
    const struct roster *r = ledger_roster(s->l);
    for (unsigned i = 0; i < e->part_count; i++) {
        if (reader_may(r, state, e, e->parts[i].role, ledger_self(s->l)) &&
            !part_held(ledger_home(s->l), &e->parts[i].commitment) &&
            sync_want_part(s, &e->parts[i].commitment) != OK)
            return;
    }
}

static enum err entry_at(struct sync *s, struct log_no log, uint64_t index, struct entry *e)
{
    struct txn *t = ledger_txn(s->l);
    return t == NULL ? ERR_IO : log_entry(t, log, index, e);
}

static void case_parts_want(struct sync *s, const struct case_state *state)
{
    struct entry e;
    size_t count = 0;
    enum err err = ledger_case_entries(s->l, &state->id, NULL, 0, &count);
    if (err != ERR_TOO_LARGE || count == 0)
        return;
    struct position *at = malloc(count * sizeof *at);
    if (at != NULL && ledger_case_entries(s->l, &state->id, at, count, &count) == OK) {
        for (size_t i = 0; i < count; i++) {
            if (entry_at(s, at[i].log, at[i].index, &e) == OK)
                parts_want(s, state, &e);
        }
    }
    free(at);
}

/* Orders come before wishes: what they reach is not asked for. */
static void erase(struct sync *s, const struct hash *case_id)
{
    unsigned erased = 0;
    enum err err = ledger_erase(s->l, case_id, &erased);
    if (err != OK)
        s->io.event(s->io.ctx, "store", s->self, err);
    else if (erased > 0)
        s->io.event(s->io.ctx, "erased", s->self, OK);
}

static void entry_look(struct sync *s, const struct entry *e)
{
    const bool own = strcmp(e->member, s->self) == 0;
    const bool whole = own ? e->kind == KIND_SUPERVISE : names_us(s, e);
    if (e->kind == KIND_ERASE && e->has_case)
        erase(s, &e->case_id);
    if (!whole && (own || e->part_count == 0))
        return;
    struct case_state *state = malloc(sizeof *state);
    if (state == NULL)
        return;
    const struct hash *case_id = e->has_case ? &e->case_id : &e->id;
    if (ledger_state(s->l, case_id, state) != OK)
        case_state_init(state, case_id);
    if (state->erasure_count > 0)
        erase(s, case_id);
    if (whole)
        case_parts_want(s, state);
    parts_want(s, state, e);
    free(state);
}

static void sweep_slice(struct sync *s, unsigned slice)
{
    struct case_state *state = malloc(sizeof *state);
    if (s->swept && s->now_ms - s->swept_ms >= SYNC_SWEEP_MS)
        sweep_begin(s);
    for (; state != NULL && !s->swept && slice > 0 && parts_room(s); slice--) {
        if (ledger_case_next(s->l, &s->sweep, state) != OK) {
            s->swept = true;
            s->swept_ms = s->now_ms;
            break;
        }
        if (state->erasure_count > 0)
            erase(s, &state->id);
        if (state->phase == CASE_OPEN || state->phase == CASE_CLOSED)
            case_parts_want(s, state);
    }
    free(state);
}

void needs_tick(struct sync *s)
{
    struct entry e;
    unsigned slice = pull_idle(s) ? SYNC_NEEDS_SLICE * 8 : SYNC_NEEDS_SLICE;
    if (pulls_reserve(s) != OK || needs_reserve(s) != OK)
        return;
    sweep_slice(s, slice / 64);
    const struct log *log;
    for (unsigned i = 0; i < s->needs_len && (log = ledger_log_at(s->l, i)) != NULL; i++) {
        const uint64_t end = ledger_verified(s->l, log->no);
        for (; slice > 0 && s->needs[i] < end && parts_room(s); slice--) {
            if (entry_at(s, log->no, s->needs[i]++, &e) == OK)
                entry_look(s, &e);
        }
    }
}
