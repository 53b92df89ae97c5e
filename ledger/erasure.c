#include "ledger/erasure.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"

static enum err entry_at(struct ledger *l, struct position at, struct entry *out)
{
    struct span bytes;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : log_read(t, at.log, at.index, &bytes);
    return err == OK ? entry_decode(out, bytes) : err;
}

/* What of an erase act counts: valid, and of that step. */
static bool says(struct ledger *l, struct position at, const struct entry *e, enum step wanted)
{
    uint64_t step;
    enum verdict verdict;
    enum reason reason;
    return e->kind == KIND_ERASE && entry_fact_uint(e, FACT_STEP, &step) && step == wanted &&
           ledger_verdict(l, at, &verdict, &reason) == OK && verdict == VERDICT_VALID;
}

static void order_add(struct ledger *l, struct erasures *e, const struct entry *entry)
{
    struct erasure_order *o = &e->orders[e->order_count++];
    const struct member *by = roster_by_log(ledger_roster(l), entry->member);
    *o = (struct erasure_order){.id = entry->id, .time_s = entry->time_s,
                                .by = by == NULL ? (struct member_no){MEMBER_NONE} : by->no};
    o->all = !entry_fact_hash(entry, FACT_TARGET, &o->target);
}

static enum err positions_load(struct ledger *l, const struct hash *case_id, struct erasures *e)
{
    enum err err = ledger_case_entries(l, case_id, NULL, 0, &e->count);
    if (err != ERR_TOO_LARGE)
        return err == OK ? ERR_NOTFOUND : err;
    e->at = malloc(e->count * sizeof *e->at);
    e->orders = malloc(e->count * sizeof *e->orders);
    if (e->at == NULL || e->orders == NULL)
        return ERR_NOMEM;
    return ledger_case_entries(l, case_id, e->at, e->count, &e->count);
}

enum err erasures_load(struct ledger *l, const struct hash *case_id, struct erasures *out)
{
    struct entry entry;
    memset(out, 0, sizeof *out);
    out->state = malloc(sizeof *out->state);
    enum err err = out->state == NULL ? ERR_NOMEM : ledger_state(l, case_id, out->state);
    if (err == OK)
        err = ledger_fold_case(l, case_id, &out->fold);
    if (err == OK)
        err = positions_load(l, case_id, out);
    for (size_t i = 0; err == OK && i < out->count; i++) {
        if (entry_at(l, out->at[i], &entry) == OK &&
            says(l, out->at[i], &entry, STEP_DECIDE))
            order_add(l, out, &entry);
    }
    return err;
}

void erasures_clear(struct erasures *e)
{
    free(e->state);
    case_fold_free(e->fold);
    free(e->at);
    free(e->orders);
    memset(e, 0, sizeof *e);
}

bool erasure_reaches(const struct erasures *e, const struct erasure_order *order,
                     const struct part_place *at)
{
    if (order->all)
        return case_fold_saw(e->fold, &order->id, &at->entry->id);
    return hash_equal(&order->target, &at->entry->id) ||
           hash_equal(&order->target, &at->ref->commitment);
}

/* ---- carrying out ---- */

static enum err part_carry_out(struct ledger *l, const struct erasures *e,
                               const struct part_place *at, unsigned *erased)
{
    const char *home = ledger_home(l);
    const struct hash *commitment = &at->ref->commitment;
    const bool held = part_held(home, commitment);
    enum err err = OK;
    if (!held && (part_erased(home, commitment, NULL) ||
                  !reader_may(ledger_roster(l), e->state, at->entry, at->ref->role,
                              ledger_self(l))))
        return OK;
    for (size_t i = 0; i < e->order_count; i++) {
        if (!erasure_reaches(e, &e->orders[i], at))
            continue;
        err = part_erase(home, commitment, &e->orders[i].id);
        *erased += held && err == OK;
        return err;
    }
    return OK;
}

enum err ledger_erase(struct ledger *l, const struct hash *case_id, unsigned *erased)
{
    struct erasures e;
    struct entry entry;
    *erased = 0;
    enum err err = erasures_load(l, case_id, &e);
    for (size_t i = 0; err == OK && e.order_count > 0 && i < e.count; i++) {
        if (entry_at(l, e.at[i], &entry) != OK)
            continue;
        for (unsigned k = 0; err == OK && k < entry.part_count; k++)
            err = part_carry_out(l, &e, &(struct part_place){&entry, &entry.parts[k]}, erased);
    }
    erasures_clear(&e);
    return err;
}

/* ---- who has to confirm ---- */

struct duty { struct ledger *l; const struct erasures *e; const struct erasure_order *order; };

static bool reaches_any(const struct duty *d, const struct entry *entry, struct member_no m)
{
    for (unsigned k = 0; k < entry->part_count; k++) {
        const struct part_place at = {entry, &entry->parts[k]};
        const struct reader_row *row = reader_row(at.ref->role);
        if (!erasure_reaches(d->e, d->order, &at))
            continue;
        if (m.v == MEMBER_NONE ? row != NULL && (row->relations & RELATION_CUSTODIAN) != 0
                               : reader_may(ledger_roster(d->l), d->e->state, entry,
                                            at.ref->role, m))
            return true;
    }
    return false;
}

static void missing(enum erasure_duty *duties, unsigned room, unsigned m)
{
    if (m < room && duties[m] == ERASURE_NONE)
        duties[m] = ERASURE_MISSING;
}

/* Members that the act names, and its author, had a part in the case. */
static void took_part(const struct duty *d, const struct entry *entry, enum erasure_duty *duties,
                      unsigned room)
{
    const struct roster *r = ledger_roster(d->l);
    for (unsigned m = 0; m < room; m++) {
        const unsigned set = relations_of(r, d->e->state, entry, (struct member_no){(uint16_t)m});
        if ((set & (RELATION_AUTHOR | RELATION_ADDRESSED)) != 0)
            missing(duties, room, m);
    }
}

static void confirm(const struct duty *d, const struct entry *entry, enum erasure_duty *duties,
                    unsigned room)
{
    struct hash target;
    const struct member *by = roster_by_log(ledger_roster(d->l), entry->member);
    if (by != NULL && by->no.v < room && entry_fact_hash(entry, FACT_TARGET, &target) &&
        hash_equal(&target, &d->order->id))
        duties[by->no.v] = ERASURE_CONFIRMED;
}

void erasure_duties(struct ledger *l, const struct erasures *e, const struct erasure_order *order,
                    enum erasure_duty *duties, unsigned room)
{
    const struct duty d = {l, e, order};
    struct entry entry;
    bool for_parties = false;
    memset(duties, 0, room * sizeof *duties);
    for (size_t i = 0; i < e->count; i++) {
        if (entry_at(l, e->at[i], &entry) != OK)
            continue;
        for_parties |= reaches_any(&d, &entry, (struct member_no){MEMBER_NONE});
        for (unsigned m = 0; m < room && entry.part_count > 0; m++) {
            if (reaches_any(&d, &entry, (struct member_no){(uint16_t)m}))
                missing(duties, room, m);
        }
    }
    for (size_t i = 0; i < e->count; i++) {
        if (entry_at(l, e->at[i], &entry) != OK)
            continue;
        if (for_parties && entry.kind != KIND_ERASE)
            took_part(&d, &entry, duties, room);
        if (says(l, e->at[i], &entry, STEP_CONFIRM))
            confirm(&d, &entry, duties, room);
    }
}
