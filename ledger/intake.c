/* Entries that were just appended to a log: judged one after the other, indexed, given to roster or
 * case. The fold follows when the whole batch is in (batch.c). */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

/* Roots of the log at the sizes that the entries of this run name as `own`. */
struct branch {
    struct ledger *l;
    struct txn *txn;
    const struct log *log;
    uint64_t from;
    size_t count;
    struct hash *roots;                /* [i]: root at size from + i, where wanted[i] */
    bool *wanted;
    uint64_t past_size;                /* one remembered size below `from` */
    struct hash past_root;
    bool has_past;
};

static enum err branch_init(struct branch *br, struct batch *b, const struct log *log,
                            const struct frontier *before, const struct intake *items,
                            const struct hash *leaves, size_t count)
{
    *br = (struct branch){.l = b->l, .txn = b->txn, .log = log, .from = before->size,
                          .count = count};
    br->roots = malloc((count + 1) * sizeof *br->roots);
    br->wanted = calloc(count + 1, sizeof *br->wanted);
    if (br->roots == NULL || br->wanted == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = items[i].entry.own_size;
        if (items[i].decoded && size >= br->from && size <= br->from + i)
            br->wanted[size - br->from] = true;
    }
    struct frontier f = *before;
    for (size_t i = 0; i <= count; i++) {
        if (br->wanted[i])
            frontier_root(&f, &br->roots[i]);
        if (i < count)
            frontier_append(&f, &leaves[i]);
    }
    return OK;
}

static void branch_clear(struct branch *br)
{
    free(br->roots);
    free(br->wanted);
}

/* Whether (own size, own root) of the entry at `index` lie on this log. */
static enum err branch_holds(struct branch *br, const struct entry *e, uint64_t index, bool *holds)
{
    *holds = false;
    if (e->own_size > index)
        return OK;
    if (e->own_size >= br->from) {
        *holds = hash_equal(&e->own_root, &br->roots[e->own_size - br->from]);
        return OK;
    }
    if (!br->has_past || br->past_size != e->own_size) {
        enum err err = log_root(br->txn, br->log, e->own_size, &br->past_root);
        if (err != OK)
            return err;
        br->past_size = e->own_size;
        br->has_past = true;
    }
    *holds = hash_equal(&e->own_root, &br->past_root);
    return OK;
}

static enum err governance_intake(struct batch *b, struct position p, const struct place *at,
                                  const struct entry *e, const struct judgement *j)
{
    struct verdict_row row;
    enum err err = governance_judge(at, e, j, &row);
    if (err == OK && row.verdict != VERDICT_VALID)
        err = verdict_put(b->txn, p, &row);
    bool applied = row.verdict == VERDICT_VALID || row.reason == REASON_SUSPENDED;
    bool rejected = !applied && row.verdict == VERDICT_VOID && e->kind == KIND_ENROL;
    if (err != OK || (!applied && !rejected))
        return err;
    const struct log_key key = log_key_entry(p.log, p.index);
    const uint8_t is_void = rejected;
    err = table_put(b->txn, TABLE_GOV, log_key_span(&key), span_of(&is_void, is_void));
    if (err == OK && e->kind == KIND_SUSPEND)
        return suspend_rejudge(b, e);
    return err == OK && e->kind == KIND_ADMIT ? logs_load(b->l, b->txn) : err;
}

static enum err case_intake(struct batch *b, struct position p, const struct entry *e,
                            const struct judgement *j)
{
    struct hash ids[2];
    unsigned count = entry_cases(e, ids);
    enum err err = OK;
    if (j->at_once != REASON_NONE) {
        const struct verdict_row row = {VERDICT_VOID, j->at_once, j->at_once, false};
        err = verdict_put(b->txn, p, &row);
    }
    for (unsigned i = 0; err == OK && i < count; i++) {
        err = index_case_add(b, &ids[i], p);
        if (err == OK && !b->deferred)
            err = batch_touch(b, &ids[i]);
    }
    return err;
}

/* An act outside every case and no governance: pending until software knows it, or void. */
static enum err loose_intake(struct batch *b, struct position p, const struct entry *e,
                             const struct judgement *j)
{
    struct verdict_row row;
    loose_judge(e, j, &row);
    return verdict_put(b->txn, p, &row);
}

static enum err void_intake(struct batch *b, struct position p, const struct judgement *j)
{
    const struct verdict_row row = {j->foreign ? VERDICT_FOREIGN : VERDICT_VOID, j->at_once,
                                    j->at_once, false};
    return verdict_put(b->txn, p, &row);
}

static enum err one_intake(struct batch *b, struct log_slot *slot, uint64_t index,
                           const struct intake *item, bool own_on_branch)
{
    const struct entry *e = &item->entry;
    const struct position p = {slot->log.no, index};
    const struct place at = place_in(b->l, slot, index);
    struct evidence found = {.decoded = item->decoded, .sig_ok = item->sig_ok,
                             .own_on_branch = own_on_branch};
    struct judgement j;
    struct usage usage = {false, false};
    const uint64_t nonce = found.decoded ? index_nonce(e) : 0;
    enum err err = found.decoded
                       ? index_nonce_look(b->l, b->txn, slot->log.no, nonce, e, &usage)
                       : OK;
    if (err != OK)
        return err;
    found.held = usage.held;
    found.repeated = usage.repeated;
    entry_judge(&at, &slot->tail, e, &found, &j);
    if (!found.decoded || j.foreign)
        return void_intake(b, p, &j);
    err = index_id_put(b, &e->id, p);
    if (err == OK && !b->deferred)
        err = batch_wake(b, &e->id);
    if (err == OK)
        err = index_nonce_put(b, nonce, p);
    if (err != OK)
        return err;
    tail_advance(&slot->tail, &at, e);
    switch (entry_room(e, index)) {
    case ROOM_GOVERNANCE: return governance_intake(b, p, &at, e, &j);
    case ROOM_CASE: return case_intake(b, p, e, &j);
    case ROOM_NONE: break;
    }
    return loose_intake(b, p, e, &j);
}

enum err intake_run(struct batch *b, struct log_slot *slot, const struct frontier *before,
                    struct intake *items, const struct hash *leaves, size_t count)
{
    struct branch br;
    uint64_t waits;
    enum err err = branch_init(&br, b, &slot->log, before, items, leaves, count);
    if (err == OK && b->deferred)
        err = fresh_filter(&b->l->fresh, b->txn);
    if (err == OK)
        err = table_count(b->txn, TABLE_WAIT, &waits);
    b->any_waits = err == OK && waits > 0;
    for (size_t i = 0; err == OK && i < count; i++) {
        bool holds = false;
        if (items[i].decoded)
            err = branch_holds(&br, &items[i].entry, before->size + i, &holds);
        if (err == OK)
            err = one_intake(b, slot, before->size + i, &items[i], holds);
    }
    branch_clear(&br);
    if (err == OK && !b->deferred)
        slot->indexed = slot->settled = slot->log.frontier.size;
    return err == OK ? tail_store(b->txn, slot) : err;
}
