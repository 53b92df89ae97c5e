/* Where an entry, a nonce and the entries of a case are found, and what became of an entry. */
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "ledger/internal.h"

static enum err row_put(struct batch *b, enum runs_kind kind, const struct row *row)
{
    return b->deferred ? fresh_add(&b->l->fresh, kind, row) : runs_add(b->txn, kind, row);
}

/* Entries beyond what is settled are in no case and under no id yet. */
static bool visible(const struct ledger *l, struct position p)
{
    const struct log_slot *slot = p.log.v < l->log_count ? l->logs[p.log.v] : NULL;
    return slot != NULL && p.index < settled_of(l, slot);
}

enum err index_id_put(struct batch *b, const struct hash *id, struct position p)
{
    const struct row row = {row_key_short(load_u64(id->b)), row_at(p)};
    return row_put(b, RUNS_ID, &row);
}

static enum err id_find(const struct ledger *l, struct txn *t, const struct hash *id, bool any,
                        struct position *p)
{
    uint64_t *at = NULL;
    size_t count = 0;
    struct hash leaf;
    bool found = false;
    const struct row_key key = row_key_short(load_u64(id->b));
    enum err err = runs_find(t, RUNS_ID, &key, &at, &count);
    for (size_t i = 0; err == OK && !found && i < count; i++) {
        *p = row_position(at[i]);
        if (!any && !visible(l, *p))
            continue;
        err = log_leaf(t, p->log, p->index, &leaf);
        found = err == OK && hash_equal(&leaf, id);
    }
    free(at);
    return err == OK && !found ? ERR_NOTFOUND : err;
}

enum err index_id_get(const struct ledger *l, struct txn *t, const struct hash *id,
                      struct position *p)
{
    return id_find(l, t, id, false, p);
}

enum err index_id_stored(const struct ledger *l, struct txn *t, const struct hash *id,
                         struct position *p)
{
    const struct row *fresh;
    size_t next = 0;
    enum err err = id_find(l, t, id, true, p);
    while (err == ERR_NOTFOUND &&
           (fresh = fresh_next(&l->fresh, RUNS_ID, load_u64(id->b), &next)) != NULL) {
        struct hash leaf;
        *p = row_position(fresh->at);
        err = log_leaf(t, p->log, p->index, &leaf);
        if (err == OK && !hash_equal(&leaf, id))
            err = ERR_NOTFOUND;
    }
    return err;
}

static void nonce_used(const struct entry *e, struct hash *out)
{
    const struct span parts[] = {span_of(e->signers[0].key.b, PUBKEY_BYTES),
                                 span_of(e->nonce.b, NONCE_BYTES)};
    sha256_spans(parts, 2, out);
}

uint64_t index_nonce(const struct entry *e)
{
    struct hash used;
    nonce_used(e, &used);
    return load_u64(used.b);
}

enum err index_nonce_put(struct batch *b, uint64_t nonce, struct position p)
{
    const struct row row = {row_key_short(nonce), row_at(p)};
    return row_put(b, RUNS_NONCE, &row);
}

/* What an entry that used the same, or begins alike, tells of `e`. */
static enum err usage_look(struct txn *t, struct position at, const struct entry *e,
                           struct usage *out)
{
    struct hash leaf, used, other_used;
    struct entry other;
    enum err err = log_leaf(t, at.log, at.index, &leaf);
    if (err == OK && hash_equal(&leaf, &e->id)) {
        out->held = out->repeated = true;
        return OK;
    }
    if (err == OK)
        err = log_entry(t, at.log, at.index, &other);
    if (err != OK)
        return err;
    nonce_used(e, &used);
    nonce_used(&other, &other_used);
    out->repeated = out->repeated || hash_equal(&used, &other_used);
    return OK;
}

enum err index_nonce_look(const struct ledger *l, struct txn *t, struct log_no no, uint64_t nonce,
                          const struct entry *e, struct usage *out)
{
    const struct row *fresh;
    size_t next = 0;
    const struct row_key key = row_key_short(nonce);
    uint64_t *at = NULL;
    size_t count = 0;
    *out = (struct usage){false, false};
    if (!fresh_maybe_used(&l->fresh, nonce))
        return OK;
    enum err err = runs_find(t, RUNS_NONCE, &key, &at, &count);
    if (err == ERR_NOTFOUND)
        err = OK;
    for (size_t i = 0; err == OK && !out->held && i < count; i++)
        if (row_position(at[i]).log.v == no.v)
            err = usage_look(t, row_position(at[i]), e, out);
    free(at);
    while (err == OK && !out->held &&
           (fresh = fresh_next(&l->fresh, RUNS_NONCE, nonce, &next)) != NULL)
        if (row_position(fresh->at).log.v == no.v)
            err = usage_look(t, row_position(fresh->at), e, out);
    return err;
}

enum err index_case_add(struct batch *b, const struct hash *case_id, struct position p)
{
    const struct row row = {row_key_of(case_id), row_at(p)};
    return row_put(b, RUNS_CASE, &row);
}

enum err index_case_get(const struct ledger *l, struct txn *t, const struct hash *case_id,
                        struct position **out, size_t *count)
{
    uint64_t *at = NULL;
    size_t rows = 0;
    struct position *list = NULL;
    const struct row_key key = row_key_of(case_id);
    *count = 0;
    enum err err = runs_find(t, RUNS_CASE, &key, &at, &rows);
    if (err == OK && (list = malloc(rows * sizeof *list)) == NULL)
        err = ERR_NOMEM;
    for (size_t i = 0; err == OK && i < rows; i++) {
        const struct position p = row_position(at[i]);
        if (visible(l, p))
            list[(*count)++] = p;
    }
    free(at);
    if (err == OK && *count == 0)
        err = ERR_NOTFOUND;
    if (err == OK)
        *out = list;
    else
        free(list);
    return err;
}

enum err verdict_put(struct txn *t, struct position p, const struct verdict_row *row)
{
    const struct log_key key = log_key_entry(p.log, p.index);
    const uint8_t value[4] = {(uint8_t)row->verdict, (uint8_t)row->reason, (uint8_t)row->at_once,
                              row->in_cycle};
    if (row->verdict == VERDICT_VALID && row->at_once == REASON_NONE && !row->in_cycle) {
        enum err err = table_del(t, TABLE_VERDICT, log_key_span(&key));
        return err == ERR_NOTFOUND ? OK : err;
    }
    return table_put(t, TABLE_VERDICT, log_key_span(&key), span_of(value, sizeof value));
}

enum err verdict_get(struct txn *t, struct position p, struct verdict_row *row)
{
    const struct log_key key = log_key_entry(p.log, p.index);
    struct span value;
    *row = (struct verdict_row){.verdict = VERDICT_VALID};
    enum err err = table_get(t, TABLE_VERDICT, log_key_span(&key), &value);
    if (err == ERR_NOTFOUND)
        return OK;
    if (err != OK)
        return err;
    if (value.len != 4)
        return ERR_CORRUPT;
    row->verdict = (enum verdict)value.data[0];
    row->reason = (enum reason)value.data[1];
    row->at_once = (enum reason)value.data[2];
    row->in_cycle = value.data[3] != 0;
    return OK;
}
