#include "ledger/log/cosign_row.h"

#include <string.h>

enum { KEY_BYTES = 4 + 4 + 8, VALUE_BYTES = 8 + 8 + 2 * SIG_BYTES };

struct row_key { uint8_t b[KEY_BYTES]; };

static struct row_key key_of(struct log_no log, struct log_no cosigner, uint64_t size)
{
    struct row_key k;
    store_u32(k.b, log.v);
    store_u32(k.b + 4, cosigner.v);
    store_u64(k.b + 8, size);
    return k;
}

static enum err row_decode(struct span key, struct span value, struct cosign_row *out)
{
    if (key.len != KEY_BYTES || value.len != VALUE_BYTES)
        return ERR_CORRUPT;
    *out = (struct cosign_row){.log = {load_u32(key.data)}, .cosigner = {load_u32(key.data + 4)},
                               .size = load_u64(key.data + 8), .time_s = load_u64(value.data),
                               .certificate = load_u64(value.data + 8)};
    memcpy(out->log_sig.b, value.data + 16, SIG_BYTES);
    memcpy(out->sig.b, value.data + 16 + SIG_BYTES, SIG_BYTES);
    return OK;
}

enum err cosign_row_put(struct txn *t, const struct cosign_row *row)
{
    const struct row_key k = key_of(row->log, row->cosigner, row->size);
    uint8_t value[VALUE_BYTES];
    store_u64(value, row->time_s);
    store_u64(value + 8, row->certificate);
    memcpy(value + 16, row->log_sig.b, SIG_BYTES);
    memcpy(value + 16 + SIG_BYTES, row->sig.b, SIG_BYTES);
    return table_put(t, TABLE_COSIGN, span_of(k.b, sizeof k.b), span_of(value, sizeof value));
}

enum err cosign_row_del(struct txn *t, const struct cosign_row *row)
{
    const struct row_key k = key_of(row->log, row->cosigner, row->size);
    return table_del(t, TABLE_COSIGN, span_of(k.b, sizeof k.b));
}

/* The row at or behind `from`, or the last one before it. */
static enum err seek(struct txn *t, struct row_key from, bool back, struct cosign_row *out)
{
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_COSIGN, span_of(from.b, sizeof from.b), &c);
    if (err != OK)
        return err;
    err = back ? cursor_prev(c, &key, &value) : cursor_next(c, &key, &value);
    if (err == OK)
        err = row_decode(key, value, out);
    cursor_close(c);
    return err;
}

static enum err of_pair(enum err err, struct log_no log, struct log_no cosigner,
                        const struct cosign_row *row)
{
    if (err == OK && (row->log.v != log.v || row->cosigner.v != cosigner.v))
        return ERR_NOTFOUND;
    return err;
}

enum err cosign_row_last(struct txn *t, struct log_no log, struct log_no cosigner,
                         struct cosign_row *out)
{
    return cosign_row_below(t, log, cosigner, UINT64_MAX, out);
}

enum err cosign_row_above(struct txn *t, struct log_no log, struct log_no cosigner, uint64_t size,
                          struct cosign_row *out)
{
    if (size == UINT64_MAX)
        return ERR_NOTFOUND;
    return of_pair(seek(t, key_of(log, cosigner, size + 1), false, out), log, cosigner, out);
}

enum err cosign_row_below(struct txn *t, struct log_no log, struct log_no cosigner, uint64_t size,
                          struct cosign_row *out)
{
    return of_pair(seek(t, key_of(log, cosigner, size), true, out), log, cosigner, out);
}

enum err cosign_row_next(struct txn *t, struct cosign_cursor *c, struct cosign_row *out)
{
    struct row_key from = {{0}};
    if (c->started)
        from = key_of(c->at.log, c->at.cosigner, c->at.size + 1);
    enum err err = seek(t, from, false, out);
    if (err == OK) {
        c->started = true;
        c->at = *out;
    }
    return err;
}
