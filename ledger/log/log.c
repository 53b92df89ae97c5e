#include "ledger/log/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ledger/log/bundle.h"
#include "ledger/log/log_key.h"
#include "ledger/log/log_record.h"
#include "ledger/log/tile.h"

enum err log_count(struct txn *t, uint32_t *count)
{
    uint64_t stored;
    enum err err = table_count(t, TABLE_LOGS, &stored);
    if (err == OK)
        *count = (uint32_t)stored;
    return err;
}

static enum err log_absent(struct txn *t, uint32_t count, const char *member, uint32_t epoch)
{
    for (uint32_t i = 0; i < count; i++) {
        struct log other;
        enum err err = log_record_get(t, (struct log_no){i}, &other);
        if (err != OK)
            return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
        if (other.epoch == epoch && strcmp(other.member, member) == 0)
            return ERR_EXISTS;
    }
    return OK;
}

enum err log_create(struct txn *t, const char *member, uint32_t epoch,
                    const struct pubkey *node_key, const char *origin, struct log *out)
{
    uint32_t count;
    size_t member_len = strlen(member), origin_len = strlen(origin);
    enum err err = log_count(t, &count);
    if (err != OK)
        return err;
    if (count >= LOGS_MAX || member_len > ID_MAX_BYTES || origin_len > ORIGIN_MAX_BYTES)
        return ERR_TOO_LARGE;
    err = log_absent(t, count, member, epoch);
    if (err != OK)
        return err;
    *out = (struct log){.no = {count}, .epoch = epoch, .node_key = *node_key};
    memcpy(out->member, member, member_len + 1);
    memcpy(out->origin, origin, origin_len + 1);
    frontier_init(&out->frontier);
    err = log_record_put(t, out);
    if (err == OK)
        err = log_state_put(t, out, (struct span){NULL, 0});
    return err;
}

enum err log_load(struct txn *t, struct log_no no, struct log *out)
{
    struct span note;
    enum err err = log_record_get(t, no, out);
    if (err == OK)
        err = log_state_get(t, no, out, &note);
    return err;
}

enum err log_origin(const char *domain, const struct hash *ledger, const char *member,
                    uint32_t epoch, char out[ORIGIN_MAX_BYTES + 1])
{
    char prefix[17];
    enum err err = hex_encode(prefix, sizeof prefix, span_of(ledger->b, 8));
    if (err != OK)
        return err;
    int n = snprintf(out, ORIGIN_MAX_BYTES + 1, "%s/%s/%s/%u", domain, prefix, member, epoch);
    return n < 0 || n > ORIGIN_MAX_BYTES ? ERR_TOO_LARGE : OK;
}

/* Value of TABLE_ENTRY: leaf hash ‖ entry. */
static enum err single_get(struct txn *t, struct log_no no, uint64_t index, struct hash *leaf,
                           struct span *entry)
{
    struct span value;
    struct log_key key = log_key_entry(no, index);
    enum err err = table_get(t, TABLE_ENTRY, log_key_span(&key), &value);
    if (err != OK)
        return err;
    if (value.len < HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(leaf->b, value.data, HASH_BYTES);
    *entry = span_of(value.data + HASH_BYTES, value.len - HASH_BYTES);
    return OK;
}

static enum err single_put(struct txn *t, struct log_no no, uint64_t index,
                           const struct hash *leaf, struct span entry)
{
    uint8_t *room;
    struct log_key key = log_key_entry(no, index);
    enum err err = table_reserve(t, TABLE_ENTRY, log_key_span(&key), HASH_BYTES + entry.len, &room);
    if (err != OK)
        return err;
    memcpy(room, leaf->b, HASH_BYTES);
    if (entry.len != 0)
        memcpy(room + HASH_BYTES, entry.data, entry.len);
    return OK;
}

static enum err bundle_get(struct txn *t, struct log_no no, uint64_t n, struct bundle *out)
{
    struct span value;
    if (n > UINT32_MAX)
        return ERR_NOTFOUND;
    struct log_key key = log_key_numbered(no, (uint32_t)n);
    enum err err = table_get(t, TABLE_BUNDLE, log_key_span(&key), &value);
    return err == OK ? bundle_decode(out, value) : err;
}

/* A bundle in the making: `held` entries of it are singles in the store, the rest come now. */
struct filling {
    struct log_no no;
    uint64_t n;
    unsigned held;
    const struct span *entries;
    const struct hash *leaves;
};

static enum err filling_bytes(struct txn *t, const struct filling *f, size_t *bytes)
{
    *bytes = 0;
    for (unsigned i = 0; i < PACKAGE_ENTRIES; i++) {
        struct hash leaf;
        struct span entry;
        if (i < f->held) {
            enum err err = single_get(t, f->no, f->n * PACKAGE_ENTRIES + i, &leaf, &entry);
            if (err != OK)
                return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
        } else {
            entry = f->entries[i - f->held];
        }
        *bytes += entry.len;
    }
    return OK;
}

static enum err filling_write(struct txn *t, const struct filling *f, uint8_t *room,
                              struct hash leaves[PACKAGE_ENTRIES])
{
    struct bundle_writer w;
    bundle_writer_init(&w, room);
    for (unsigned i = 0; i < PACKAGE_ENTRIES; i++) {
        struct span entry;
        if (i < f->held) {
            enum err err = single_get(t, f->no, f->n * PACKAGE_ENTRIES + i, &leaves[i], &entry);
            if (err != OK)
                return err;
        } else {
            entry = f->entries[i - f->held];
            leaves[i] = f->leaves[i - f->held];
        }
        bundle_writer_add(&w, &leaves[i], entry);
    }
    return OK;
}

static enum err singles_delete(struct txn *t, const struct filling *f)
{
    enum err err = OK;
    for (unsigned i = 0; i < f->held && err == OK; i++) {
        struct log_key key = log_key_entry(f->no, f->n * PACKAGE_ENTRIES + i);
        err = table_del(t, TABLE_ENTRY, log_key_span(&key));
    }
    return err;
}

static enum err bundle_fill(struct txn *t, const struct filling *f)
{
    struct hash leaves[PACKAGE_ENTRIES], root;
    size_t bytes;
    uint8_t *room;
    if (f->n > UINT32_MAX)
        return ERR_TOO_LARGE;
    struct log_key key = log_key_numbered(f->no, (uint32_t)f->n);
    enum err err = filling_bytes(t, f, &bytes);
    if (err == OK)
        err = table_reserve(t, TABLE_BUNDLE, log_key_span(&key), bundle_bytes(bytes), &room);
    if (err == OK)
        err = filling_write(t, f, room, leaves);
    if (err == OK)
        err = singles_delete(t, f);
    if (err != OK)
        return err;
    merkle_root(leaves, PACKAGE_ENTRIES, &root);
    return tile_append(t, f->no, f->n, &root);
}

static enum err entries_store(struct txn *t, struct log_no no, uint64_t at,
                              const struct span *entries, const struct hash *leaves, size_t count)
{
    enum err err = OK;
    while (count != 0 && err == OK) {
        unsigned held = (unsigned)(at % PACKAGE_ENTRIES);
        size_t step = PACKAGE_ENTRIES - held;
        if (count < step) {
            err = single_put(t, no, at, leaves, *entries);
            step = 1;
        } else {
            const struct filling f = {no, at / PACKAGE_ENTRIES, held, entries, leaves};
            err = bundle_fill(t, &f);
        }
        at += step;
        entries += step;
        leaves += step;
        count -= step;
    }
    return err;
}

/* Rewrites the state; the note in it is copied first, for writing kills what was read. */
static enum err state_rewrite(struct txn *t, const struct log *log)
{
    struct log stored;
    struct span note;
    struct buffer copy = {0};
    enum err err = log_state_get(t, log->no, &stored, &note);
    if (err == OK)
        err = buffer_put(&copy, note.data, note.len);
    if (err == OK)
        err = log_state_put(t, log, buffer_span(&copy));
    buffer_clear(&copy);
    return err;
}

/* A struct log that outlived an aborted transaction is the caller's bug. */
static enum err state_check(struct txn *t, const struct log *log)
{
    struct log stored;
    struct span note;
    enum err err = log_state_get(t, log->no, &stored, &note);
    if (err == OK)
        assert(stored.frontier.size == log->frontier.size);
    return err;
}

enum err log_append(struct txn *t, struct log *log, const struct span *entries,
                    const struct hash *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].len > ENTRY_MAX_BYTES)
            return ERR_TOO_LARGE;
    enum err err = state_check(t, log);
    if (err == OK)
        err = entries_store(t, log->no, log->frontier.size, entries, leaves, count);
    if (err != OK)
        return err;
    for (size_t i = 0; i < count; i++)
        frontier_append(&log->frontier, &leaves[i]);
    return state_rewrite(t, log);
}

static enum err stored_get(struct txn *t, struct log_no no, uint64_t index, struct hash *leaf,
                           struct span *entry)
{
    struct bundle b;
    unsigned i = (unsigned)(index % PACKAGE_ENTRIES);
    enum err err = bundle_get(t, no, index / PACKAGE_ENTRIES, &b);
    if (err == ERR_NOTFOUND)
        return single_get(t, no, index, leaf, entry);
    if (err != OK)
        return err;
    bundle_leaf(&b, i, leaf);
    *entry = bundle_entry(&b, i);
    return OK;
}

enum err log_read(struct txn *t, struct log_no no, uint64_t index, struct span *entry)
{
    struct hash stored, computed;
    struct span bytes;
    enum err err = stored_get(t, no, index, &stored, &bytes);
    if (err != OK)
        return err;
    merkle_leaf(bytes, &computed);
    if (!hash_equal(&stored, &computed))
        return ERR_CORRUPT;
    *entry = bytes;
    return OK;
}

enum err log_locate(struct txn *t, struct log_no no, uint64_t index, struct located *out)
{
    enum { LINE_BYTES = 64 };
    enum err err = stored_get(t, no, index, &out->leaf, &out->bytes);
    for (size_t at = 0; err == OK && at < out->bytes.len; at += LINE_BYTES)
        __builtin_prefetch(out->bytes.data + at);
    return err;
}

enum err located_entry(const struct located *found, struct entry *out)
{
    enum err err = entry_decode(out, found->bytes);
    if (err != OK)
        merkle_leaf(found->bytes, &out->id);
    return hash_equal(&found->leaf, &out->id) ? err : ERR_CORRUPT;
}

enum err log_entry(struct txn *t, struct log_no no, uint64_t index, struct entry *out)
{
    struct located found;
    enum err err = log_locate(t, no, index, &found);
    return err == OK ? located_entry(&found, out) : err;
}

enum err log_leaf(struct txn *t, struct log_no no, uint64_t index, struct hash *leaf)
{
    return log_leaves(t, no, index, leaf, 1);
}

enum err log_leaves(struct txn *t, struct log_no no, uint64_t index, struct hash *leaves,
                    size_t count)
{
    struct bundle b;
    unsigned from = (unsigned)(index % PACKAGE_ENTRIES);
    assert(from + count <= PACKAGE_ENTRIES);
    enum err err = bundle_get(t, no, index / PACKAGE_ENTRIES, &b);
    if (err == OK)
        for (size_t i = 0; i < count; i++)
            bundle_leaf(&b, from + (unsigned)i, &leaves[i]);
    if (err != ERR_NOTFOUND)
        return err;
    err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct span entry;
        err = single_get(t, no, index + i, &leaves[i], &entry);
    }
    return err;
}

static enum err singles_run(struct txn *t, struct log_no no, uint64_t index, struct span *entries,
                            size_t max, size_t *count)
{
    struct hash leaf;
    enum err err = OK;
    for (*count = 0; *count < max && err == OK; *count += err == OK)
        err = single_get(t, no, index + *count, &leaf, &entries[*count]);
    return err == ERR_NOTFOUND && *count != 0 ? OK : err;
}

enum err log_read_run(struct txn *t, struct log_no no, uint64_t index, struct span *entries,
                      size_t max, size_t *count)
{
    struct bundle b;
    unsigned from = (unsigned)(index % PACKAGE_ENTRIES);
    size_t most = PACKAGE_ENTRIES - from;
    if (max < most)
        most = max;
    enum err err = bundle_get(t, no, index / PACKAGE_ENTRIES, &b);
    if (err == ERR_NOTFOUND)
        return singles_run(t, no, index, entries, most, count);
    if (err != OK)
        return err;
    bundle_run(&b, from, entries, most);
    *count = most;
    return OK;
}

/* Up to 128 hashes side by side at the nearest tile level below give any subtree in between. */
static enum err subtree_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct log_hashes *state = ctx;
    struct hash row[PACKAGE_ENTRIES / 2];
    unsigned width = 1U << (level % 8);
    enum err err;
    if (level < 8)
        err = log_leaves(state->txn, state->no, index * width, row, width);
    else
        err = tile_read(state->txn, state->no, level / 8, index * width, row, width);
    if (err == OK)
        merkle_root(row, width, out);
    return err;
}

struct hash_reader log_hash_reader(struct log_hashes *state)
{
    return (struct hash_reader){.ctx = state, .read = subtree_read};
}

enum err log_root(struct txn *t, const struct log *log, uint64_t size, struct hash *out)
{
    struct log_hashes state = {t, log->no};
    struct hash_reader r = log_hash_reader(&state);
    if (size > log->frontier.size)
        return ERR_RANGE;
    return merkle_tree_root(&r, size, out);
}
