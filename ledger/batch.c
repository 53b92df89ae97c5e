/* The end of a write: cases that were touched or waited are folded, and the folded size of the
 * convenor's log moves on, until nothing moves any more. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cycle.h"
#include "ledger/internal.h"

void batch_init(struct batch *b, struct ledger *l, struct txn *t)
{
    *b = (struct batch){.l = l, .txn = t, .folded = l->folded, .fresh = fresh_mark(&l->fresh)};
}

void batch_clear(struct batch *b)
{
    free(b->touched);
    b->touched = NULL;
}

enum err batch_touch(struct batch *b, const struct hash *case_id)
{
    if (b->touched_count == b->touched_cap) {
        size_t cap = b->touched_cap == 0 ? 64 : 2 * b->touched_cap;
        struct hash *grown = realloc(b->touched, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        b->touched = grown;
        b->touched_cap = cap;
    }
    b->touched[b->touched_count++] = *case_id;
    return OK;
}

enum err batch_wake(struct batch *b, const struct hash *id)
{
    struct hash case_id;
    enum err err = b->any_waits ? OK : ERR_NOTFOUND;
    while (err == OK && (err = wait_id_take(b->txn, id, &case_id)) == OK)
        err = batch_touch(b, &case_id);
    return err == ERR_NOTFOUND ? OK : err;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static enum err touched_fold(struct batch *b, const struct hash *case_id)
{
    enum err err = settle_note(b->l, case_id);
    return err == OK ? refold_case(b, case_id, NULL) : err;
}

static enum err fold_touched(struct batch *b)
{
    enum err err = OK;
    if (b->touched_count > 1)
        qsort(b->touched, b->touched_count, sizeof *b->touched, by_id);
    for (size_t i = 0; err == OK && i < b->touched_count; i++)
        if (i == 0 || !hash_equal(&b->touched[i], &b->touched[i - 1]))
            err = touched_fold(b, &b->touched[i]);
    b->touched_count = 0;
    return err;
}

enum err folded_reach(const struct ledger *l, struct txn *t, uint64_t from, uint64_t to,
                      uint64_t *out)
{
    const struct log_slot *convenor = log_slot_of(l, (struct member_no){0});
    const struct log_key first = log_key_entry(convenor->log.no, from);
    struct cursor *c;
    struct span key, value;
    *out = to;
    enum err err = cursor_open(t, TABLE_VERDICT, log_key_span(&first), &c);
    if (err != OK)
        return err;
    while (*out == to && (err = cursor_next(c, &key, &value)) == OK) {
        if (key.len != first.len || value.len != 4)
            err = ERR_CORRUPT;
        else if (load_u32(key.data) != convenor->log.no.v || load_u64(key.data + 4) >= to)
            err = ERR_NOTFOUND;
        else if (value.data[0] == VERDICT_PENDING)
            *out = load_u64(key.data + 4);
        if (err != OK)
            break;
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

/* Moves the folded size over every entry of the convenor that is decided. */
static enum err advance(struct batch *b)
{
    const struct log_slot *convenor = log_slot_of(b->l, (struct member_no){0});
    if (b->folded >= settled_of(b->l, convenor))
        return OK;
    return folded_reach(b->l, b->txn, b->folded, settled_of(b->l, convenor),
                        &b->folded);
}

static enum err touch_waiting(struct batch *b)
{
    struct hash case_id;
    enum err err;
    while ((err = wait_law_take(b->txn, b->folded, &case_id)) == OK) {
        err = batch_touch(b, &case_id);
        if (err != OK)
            return err;
    }
    return err == ERR_NOTFOUND ? OK : err;
}

/* ---- circles, as they lie in the store ---- */

static struct place place_of(void *batch, struct position at)
{
    const struct batch *b = batch;
    return place_in(b->l, log_slot_at(b->l, at.log), at.index);
}

static enum err row_of(void *batch, struct position at, struct verdict_row *out)
{
    const struct batch *b = batch;
    return verdict_get(b->txn, at, out);
}

static enum err entry_at(void *batch, struct position at, struct entry *out)
{
    const struct batch *b = batch;
    return log_entry(b->txn, at.log, at.index, out);
}

static enum err find(void *batch, const struct hash *id, struct position *at)
{
    const struct batch *b = batch;
    return index_id_get(b->l, b->txn, id, at);
}

static enum err of_case(void *batch, const struct hash *case_id, struct position **out,
                        size_t *count)
{
    const struct batch *b = batch;
    return index_case_get(b->l, b->txn, case_id, out, count);
}

static enum err mark(void *batch, struct position at, const struct hash *case_id,
                     const struct verdict_row *row)
{
    struct batch *b = batch;
    enum err err = verdict_put(b->txn, at, row);
    return err == OK ? batch_touch(b, case_id) : err;
}

/* Where the folded size stands still on an entry that reaches itself. */
static enum err mark_circles(struct batch *b, bool *found)
{
    const struct log_slot *convenor = log_slot_of(b->l, (struct member_no){0});
    const struct cycle_source source = {
        .ctx = b, .convenor = convenor->log.no, .convenor_size = settled_of(b->l, convenor),
        .folded = b->folded, .place = place_of, .row = row_of, .read = entry_at, .find = find,
        .of_case = of_case, .mark = mark};
    return cycle_mark(&source, b->folded, found);
}

static enum err store_folded(struct batch *b)
{
    uint8_t value[8];
    store_u64(value, b->folded);
    return table_put(b->txn, TABLE_META, span_of("folded", 6), span_of(value, sizeof value));
}

enum err batch_fold(struct batch *b)
{
    const struct log_slot *convenor = log_slot_of(b->l, (struct member_no){0});
    for (;;) {
        bool found = false;
        enum err err = fold_touched(b);
        if (err == OK)
            err = advance(b);
        if (err == OK)
            err = touch_waiting(b);
        if (err == OK && b->touched_count == 0 && b->folded < settled_of(b->l, convenor))
            err = mark_circles(b, &found);
        if (err != OK)
            return err;
        if (b->touched_count == 0)
            return b->folded == b->l->folded ? OK : store_folded(b);
    }
}
