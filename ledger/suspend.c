/* What a suspension does to entries that were held before it came: governance becomes void, the
 * cases of the others are folded again (FORMAT.md, "suspend"). */
#include "ledger/internal.h"

/* `settled`: its cases have it; those of others are still to be folded. */
static enum err one_rejudge(struct batch *b, struct position p, bool settled)
{
    struct hash ids[2];
    struct span bytes;
    struct entry e;
    struct verdict_row row;
    enum err err = verdict_get(b->txn, p, &row);
    if (err == OK)
        err = log_read(b->txn, p.log, p.index, &bytes);
    if (err != OK || row.verdict == VERDICT_FOREIGN || entry_decode(&e, bytes) != OK)
        return err;
    const enum entry_room room = entry_room(&e, p.index);
    const unsigned count = room == ROOM_CASE && settled ? entry_cases(&e, ids) : 0;
    for (unsigned i = 0; err == OK && i < count; i++)
        err = batch_touch(b, &ids[i]);
    if (room != ROOM_GOVERNANCE || row.verdict != VERDICT_VALID)
        return err;
    const struct verdict_row now = {VERDICT_VOID, REASON_SUSPENDED, REASON_NONE, false};
    return verdict_put(b->txn, p, &now);
}

enum err suspend_rejudge(struct batch *b, const struct entry *suspension)
{
    char id[ID_MAX_BYTES + 1];
    const struct member *m = entry_fact_text(suspension, FACT_TO, id, sizeof id)
                                 ? roster_by_log(b->l->roster, id) : NULL;
    const struct log_slot *slot = m == NULL ? NULL : log_slot_of(b->l, m->no);
    enum err err = OK;
    if (slot == NULL)
        return OK;
    for (uint64_t i = m->valid_size; err == OK && i < slot->log.frontier.size; i++)
        err = one_rejudge(b, (struct position){slot->log.no, i}, i < slot->settled);
    if (err != OK || !b->deferred)
        return err;
    settle_drop(b->l);         /* it begins anew: what it had folded is to be folded again */
    return b->touched_count > 0 ? batch_fold(b) : OK;
}
