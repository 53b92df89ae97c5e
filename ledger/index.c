#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "ledger/internal.h"

enum { ID_PREFIX_BYTES = 12, NONCE_PREFIX_BYTES = 8, CHUNK_POSITIONS = 64 };

void position_encode(uint8_t out[POSITION_BYTES], struct position p)
{
    store_u64(out, ((uint64_t)p.log.v << 48) | (p.index & 0xffffffffffffULL));
}

struct position position_decode(const uint8_t in[POSITION_BYTES])
{
    uint64_t v = load_u64(in);
    return (struct position){{(uint32_t)(v >> 48)}, v & 0xffffffffffffULL};
}

/* Appends one position to the list under key. */
static enum err positions_add(struct txn *t, enum table table, struct span key, struct position p)
{
    uint8_t list[CHUNK_POSITIONS * POSITION_BYTES];
    struct span held = {NULL, 0};
    enum err err = table_get(t, table, key, &held);
    if (err != OK && err != ERR_NOTFOUND)
        return err;
    if (held.len + POSITION_BYTES > sizeof list)
        return ERR_TOO_LARGE;
    if (held.len > 0)
        memcpy(list, held.data, held.len);
    position_encode(list + held.len, p);
    return table_put(t, table, key, span_of(list, held.len + POSITION_BYTES));
}

enum err index_id_put(struct txn *t, const struct hash *id, struct position p)
{
    enum err err = positions_add(t, TABLE_ID, span_of(id->b, ID_PREFIX_BYTES), p);
    return err == ERR_TOO_LARGE ? OK : err;  /* 64 colliding prefixes: the rest is not found */
}

enum err index_id_get(struct txn *t, const struct hash *id, struct position *p)
{
    struct span list;
    enum err err = table_get(t, TABLE_ID, span_of(id->b, ID_PREFIX_BYTES), &list);
    if (err != OK)
        return err;
    for (size_t i = 0; i + POSITION_BYTES <= list.len; i += POSITION_BYTES) {
        struct position at = position_decode(list.data + i);
        struct hash leaf;
        err = log_leaf(t, at.log, at.index, &leaf);
        if (err != OK)
            return err;
        if (hash_equal(&leaf, id)) {
            *p = at;
            return OK;
        }
    }
    return ERR_NOTFOUND;
}

/* A log's nonces lie together, so that a run of its entries dirties few pages. */
struct nonce_key { uint8_t b[2 + NONCE_PREFIX_BYTES]; };

static void nonce_key(struct log_no no, const struct hash *used, struct nonce_key *out)
{
    store_u16(out->b, (uint16_t)no.v);
    memcpy(out->b + 2, used->b, NONCE_PREFIX_BYTES);
}

static void nonce_used(const struct entry *e, struct hash *out)
{
    const struct span parts[] = {span_of(e->signers[0].key.b, PUBKEY_BYTES),
                                 span_of(e->nonce.b, NONCE_BYTES)};
    sha256_spans(parts, 2, out);
}

enum err index_nonce_put(struct txn *t, const struct entry *e, struct position p)
{
    struct hash used;
    struct nonce_key key;
    nonce_used(e, &used);
    nonce_key(p.log, &used, &key);
    enum err err = positions_add(t, TABLE_NONCE, span_of(key.b, sizeof key.b), p);
    return err == ERR_TOO_LARGE ? OK : err;
}

enum err index_nonce_check(struct txn *t, struct log_no no, const struct entry *e)
{
    struct hash used;
    struct nonce_key key;
    struct span list;
    nonce_used(e, &used);
    nonce_key(no, &used, &key);
    enum err err = table_get(t, TABLE_NONCE, span_of(key.b, sizeof key.b), &list);
    if (err != OK)
        return err == ERR_NOTFOUND ? OK : err;
    for (size_t i = 0; i + POSITION_BYTES <= list.len; i += POSITION_BYTES) {
        struct position at = position_decode(list.data + i);
        struct span bytes;
        struct entry other;
        struct hash other_used;
        err = log_read(t, at.log, at.index, &bytes);
        if (err != OK)
            return err;
        if (entry_decode(&other, bytes) != OK)
            continue;
        nonce_used(&other, &other_used);
        if (hash_equal(&used, &other_used))
            return ERR_EXISTS;
    }
    return OK;
}

static void chunk_key(uint8_t out[HASH_BYTES + 2], const struct hash *case_id, unsigned chunk)
{
    memcpy(out, case_id->b, HASH_BYTES);
    store_u16(out + HASH_BYTES, (uint16_t)chunk);
}

enum err index_case_add(struct txn *t, const struct hash *case_id, struct position p)
{
    uint8_t key[HASH_BYTES + 2];
    for (unsigned chunk = 0; chunk <= UINT16_MAX; chunk++) {
        chunk_key(key, case_id, chunk);
        enum err err = positions_add(t, TABLE_CASE, span_of(key, sizeof key), p);
        if (err != ERR_TOO_LARGE)
            return err;
    }
    return ERR_TOO_LARGE;
}

enum err index_case_get(struct txn *t, const struct hash *case_id, struct position **out,
                        size_t *count)
{
    uint8_t key[HASH_BYTES + 2];
    struct position *list = NULL;
    *count = 0;
    for (unsigned chunk = 0; chunk <= UINT16_MAX; chunk++) {
        struct span value;
        chunk_key(key, case_id, chunk);
        enum err err = table_get(t, TABLE_CASE, span_of(key, sizeof key), &value);
        if (err == ERR_NOTFOUND)
            break;
        size_t more = value.len / POSITION_BYTES;
        struct position *grown =
            err == OK ? realloc(list, (*count + more + 1) * sizeof *list) : NULL;
        if (grown == NULL) {
            free(list);
            return err == OK ? ERR_NOMEM : err;
        }
        list = grown;
        for (size_t i = 0; i < more; i++)
            list[(*count)++] = position_decode(value.data + i * POSITION_BYTES);
    }
    *out = list;
    return list == NULL ? ERR_NOTFOUND : OK;
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
