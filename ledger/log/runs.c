#include "ledger/log/runs.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/log/runs_internal.h"

static const enum table tables[RUNS_KINDS] = {TABLE_ID, TABLE_NONCE, TABLE_CASE_ENTRY};

enum table runs_table(enum runs_kind kind)
{
    return tables[kind];
}

uint64_t row_at(struct position p)
{
    return ((uint64_t)p.log.v << 48) | (p.index & 0xffffffffffffULL);
}

struct position row_position(uint64_t at)
{
    return (struct position){{(uint32_t)(at >> 48)}, at & 0xffffffffffffULL};
}

struct row_key row_key_of(const struct hash *id)
{
    struct row_key key;
    for (unsigned i = 0; i < 4; i++)
        key.words[i] = load_u64(id->b + 8 * (size_t)i);
    return key;
}

void row_key_hash(const struct row_key *key, struct hash *out)
{
    for (unsigned i = 0; i < 4; i++)
        store_u64(out->b + 8 * (size_t)i, key->words[i]);
}

bool row_key_equal(const struct row_key *a, const struct row_key *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
           a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

int row_compare(const struct row *a, const struct row *b)
{
    for (unsigned i = 0; i < 4; i++)
        if (a->key.words[i] != b->key.words[i])
            return a->key.words[i] < b->key.words[i] ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static int by_row(const void *a, const void *b)
{
    return row_compare(a, b);
}

/* Keys are hashes as a rule, so that a bucket holds a handful; where somebody chose them, qsort. */
static void bucket_sort(struct row *rows, size_t count)
{
    enum { FEW = 24 };
    if (count > FEW) {
        qsort(rows, count, sizeof *rows, by_row);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct row r = rows[i];
        size_t k = i;
        for (; k > 0 && row_compare(&r, &rows[k - 1]) < 0; k--)
            rows[k] = rows[k - 1];
        rows[k] = r;
    }
}

enum err rows_sort(struct row *rows, size_t count)
{
    enum { BITS = 13, BUCKETS = 1 << BITS };
    if (count < 2)
        return OK;
    struct row *moved = malloc(count * sizeof *moved);
    size_t *ends = calloc(BUCKETS + 1, sizeof *ends);
    enum err err = moved == NULL || ends == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; err == OK && i < count; i++)
        ends[(rows[i].key.words[0] >> (64 - BITS)) + 1]++;
    for (size_t i = 1; err == OK && i <= BUCKETS; i++)
        ends[i] += ends[i - 1];
    for (size_t i = 0; err == OK && i < count; i++)
        moved[ends[rows[i].key.words[0] >> (64 - BITS)]++] = rows[i];
    if (err == OK)
        memcpy(rows, moved, count * sizeof *rows);
    for (size_t i = 0, from = 0; err == OK && i < BUCKETS; from = ends[i++])
        bucket_sort(rows + from, ends[i] - from);
    free(moved);
    free(ends);
    return err;
}

/* ---- rows and chunks as they are stored ---- */

static unsigned key_words(enum runs_kind kind)
{
    return kind == RUNS_CASE ? 4 : 1;
}

size_t row_width(enum runs_kind kind)
{
    return 8 * (size_t)key_words(kind) + POSITION_ROW_BYTES;
}

void row_encode(enum runs_kind kind, const struct row *row, uint8_t *out)
{
    for (unsigned i = 0; i < key_words(kind); i++, out += 8)
        store_u64(out, row->key.words[i]);
    store_u64(out, row->at);
}

void row_decode(enum runs_kind kind, const uint8_t *in, struct row *out)
{
    *out = (struct row){0};
    for (unsigned i = 0; i < key_words(kind); i++, in += 8)
        out->key.words[i] = load_u64(in);
    out->at = load_u64(in);
}

void run_key(enum runs_kind kind, uint32_t run, const struct row *row, struct run_key *out)
{
    store_u32(out->b, run);
    row_encode(kind, row, out->b + RUN_BYTES);
    out->len = RUN_BYTES + row_width(kind);
}

enum err chunk_view(enum runs_kind kind, struct span key, struct span value, struct chunk *out)
{
    const size_t width = row_width(kind), body = value.len - CHUNK_SUM_BYTES;
    if (key.len != RUN_BYTES + width || value.len < width + CHUNK_SUM_BYTES ||
        body % width != 0 || memcmp(value.data, key.data + RUN_BYTES, width) != 0)
        return ERR_CORRUPT;
    *out = (struct chunk){kind, value.data, body / width};
    return OK;
}

void chunk_row(const struct chunk *c, size_t i, struct row *out)
{
    row_decode(c->kind, c->rows + i * row_width(c->kind), out);
}

void chunk_sum(struct span key, struct span rows, uint8_t out[CHUNK_SUM_BYTES])
{
    const struct span parts[] = {key, rows};
    struct hash sum;
    sha256_spans(parts, 2, &sum);
    memcpy(out, sum.b, CHUNK_SUM_BYTES);
}

/* ---- which runs there are ---- */

static const uint8_t list_key[RUN_BYTES] = {0};

/* The run that is being made stands behind the two it is made of. */
static enum err list_check(struct runs_list *list, uint32_t made)
{
    for (unsigned i = 2; made != RUN_LOOSE && i < list->count; i++)
        if (list->items[i].no == made)
            list->made = i;
    return made == RUN_LOOSE || list->made != 0 ? OK : ERR_CORRUPT;
}

enum err runs_list_get(struct txn *t, enum runs_kind kind, struct runs_list *out)
{
    struct span value;
    out->count = out->made = 0;
    enum err err = table_get(t, tables[kind], span_of(list_key, sizeof list_key), &value);
    if (err != OK)
        return err == ERR_NOTFOUND ? OK : err;
    if (value.len % RUN_ITEM_BYTES != RUN_BYTES ||
        value.len > RUN_BYTES + RUNS_LISTED * (size_t)RUN_ITEM_BYTES)
        return ERR_CORRUPT;
    const uint8_t *at = value.data + RUN_BYTES, *end = value.data + value.len;
    for (; at < end; at += RUN_ITEM_BYTES)
        out->items[out->count++] = (struct run){load_u32(at), load_u64(at + 4), load_u32(at + 12)};
    return list_check(out, load_u32(value.data));
}

enum err runs_list_put(struct txn *t, enum runs_kind kind, const struct runs_list *list)
{
    const size_t bytes = RUN_BYTES + list->count * (size_t)RUN_ITEM_BYTES;
    uint8_t *room;
    enum err err = table_reserve(t, tables[kind], span_of(list_key, sizeof list_key), bytes, &room);
    if (err != OK)
        return err;
    store_u32(room, list->made == 0 ? RUN_LOOSE : list->items[list->made].no);
    room += RUN_BYTES;
    for (unsigned i = 0; i < list->count; i++, room += RUN_ITEM_BYTES) {
        store_u32(room, list->items[i].no);
        store_u64(room + 4, list->items[i].rows);
        store_u32(room + 12, list->items[i].chunks);
    }
    return OK;
}

/* ---- finding ---- */

struct found { uint64_t *at; size_t count, cap; };

static enum err found_add(struct found *f, uint64_t at)
{
    if (f->count == f->cap) {
        size_t cap = f->cap == 0 ? 16 : 2 * f->cap;
        uint64_t *grown = realloc(f->at, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        f->at = grown;
        f->cap = cap;
    }
    f->at[f->count++] = at;
    return OK;
}

static enum err loose_find(struct txn *t, enum runs_kind kind, const struct row *wanted,
                           struct found *found)
{
    struct run_key from;
    struct cursor *c;
    struct span key, value;
    run_key(kind, RUN_LOOSE, wanted, &from);
    enum err err = cursor_open(t, tables[kind], span_of(from.b, from.len), &c);
    if (err != OK)
        return err;
    while (err == OK && (err = cursor_next(c, &key, &value)) == OK) {
        struct row row;
        if (key.len != from.len || load_u32(key.data) != RUN_LOOSE)
            break;
        row_decode(kind, key.data + RUN_BYTES, &row);
        if (!row_key_equal(&row.key, &wanted->key))
            break;
        err = found_add(found, row.at);
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

size_t chunk_seek(const struct chunk *c, const struct row *wanted)
{
    size_t lo = 0, hi = c->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        struct row row;
        chunk_row(c, mid, &row);
        if (row_compare(&row, wanted) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static enum err chunk_find(const struct chunk *c, const struct row *wanted, struct found *found)
{
    enum err err = OK;
    for (size_t i = chunk_seek(c, wanted); err == OK && i < c->count; i++) {
        struct row row;
        chunk_row(c, i, &row);
        if (!row_key_equal(&row.key, &wanted->key))
            break;
        err = found_add(found, row.at);
    }
    return err;
}

/* The rows of a key may reach over several chunks: they are taken from the last one down. */
static enum err run_find(struct txn *t, enum runs_kind kind, uint32_t run,
                         const struct row *wanted, struct found *found)
{
    const struct row behind = {wanted->key, UINT64_MAX};
    struct run_key from;
    struct cursor *c;
    struct span key, value;
    bool more = true;
    run_key(kind, run, &behind, &from);
    enum err err = cursor_open(t, tables[kind], span_of(from.b, from.len), &c);
    if (err != OK)
        return err;
    while (more && (err = cursor_prev(c, &key, &value)) == OK) {
        struct chunk chunk;
        struct row first;
        if (key.len < RUN_BYTES || load_u32(key.data) != run)
            break;
        err = chunk_view(kind, key, value, &chunk);
        if (err == OK)
            err = chunk_find(&chunk, wanted, found);
        if (err != OK)
            break;
        chunk_row(&chunk, 0, &first);
        more = row_compare(&first, wanted) >= 0;
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

enum err runs_find(struct txn *t, enum runs_kind kind, const struct row_key *key, uint64_t **at,
                   size_t *count)
{
    const struct row wanted = {*key, 0};
    struct found found = {NULL, 0, 0};
    struct runs_list list;
    enum err err = runs_list_get(t, kind, &list);
    for (unsigned i = 0; err == OK && i < list.count; i++)
        err = run_find(t, kind, list.items[i].no, &wanted, &found);
    if (err == OK)
        err = loose_find(t, kind, &wanted, &found);
    if (err == OK && found.count == 0)
        err = ERR_NOTFOUND;
    if (err != OK) {
        free(found.at);
        return err;
    }
    qsort(found.at, found.count, sizeof *found.at, by_number);
    *at = found.at;
    *count = found.count;
    return OK;
}
