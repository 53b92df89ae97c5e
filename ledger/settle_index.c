/* Index rows of a catch-up: from memory into the store, and back into memory after a start. */
#include "ledger/internal.h"

static enum err index_write(struct ledger *l, struct txn *t)
{
    enum err err = fresh_put(&l->fresh, t);
    for (unsigned i = 0; err == OK && i < l->log_count; i++) {
        struct log_slot *slot = l->logs[i];
        if (slot->indexed == slot->log.frontier.size)
            continue;
        slot->indexed = slot->log.frontier.size;
        err = tail_store(t, slot);
    }
    return err;
}

enum err settle_index(struct ledger *l, bool all)
{
    struct txn *t;
    if (!all && l->fresh.kinds[RUNS_ID].count < FRESH_MAX_ENTRIES)
        return OK;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    err = index_write(l, t);
    if (err == OK)
        err = txn_commit(t);
    else
        txn_abort(t);
    if (err == OK)
        fresh_drop(&l->fresh);
    return err == OK || err == ERR_UNCERTAIN ? err : ledger_restore(l, err);
}

static enum err recall_one(struct batch *b, struct log_slot *slot, uint64_t index)
{
    const struct position p = {slot->log.no, index};
    struct hash ids[2];
    struct verdict_row row;
    struct entry e;
    enum err err = log_entry(b->txn, p.log, index, &e);
    if (err != OK)
        return err == ERR_CORRUPT || err == ERR_NOTFOUND ? ERR_CORRUPT : OK;
    err = verdict_get(b->txn, p, &row);
    if (err != OK || row.verdict == VERDICT_FOREIGN)
        return err;
    err = index_id_put(b, &e.id, p);
    if (err == OK)
        err = index_nonce_put(b, index_nonce(&e), p);
    const unsigned count = entry_room(&e, index) == ROOM_CASE ? entry_cases(&e, ids) : 0;
    for (unsigned i = 0; err == OK && i < count; i++)
        err = index_case_add(b, &ids[i], p);
    return err;
}

enum err settle_recall(struct ledger *l, struct txn *t)
{
    struct batch b = {.l = l, .txn = t, .deferred = true};
    enum err err = OK;
    for (unsigned i = 0; i < l->log_count; i++) {
        struct log_slot *slot = l->logs[i];
        for (uint64_t k = slot->indexed; err == OK && k < slot->log.frontier.size; k++)
            err = recall_one(&b, slot, k);
    }
    return err;
}
