#include "ledger/log/bundle.h"

#include <assert.h>
#include <string.h>

enum { LENGTHS_AT = PACKAGE_ENTRIES * HASH_BYTES };

static size_t length_at(const struct bundle *b, unsigned i)
{
    return load_u16(b->lengths + 2 * (size_t)i);
}

enum err bundle_decode(struct bundle *out, struct span value)
{
    size_t sum = 0;
    if (value.len < BUNDLE_HEAD_BYTES)
        return ERR_CORRUPT;
    *out = (struct bundle){.hashes = value.data, .lengths = value.data + LENGTHS_AT};
    out->bytes = span_of(value.data + BUNDLE_HEAD_BYTES, value.len - BUNDLE_HEAD_BYTES);
    for (unsigned i = 0; i < PACKAGE_ENTRIES; i++)
        sum += length_at(out, i);
    return sum == out->bytes.len ? OK : ERR_CORRUPT;
}

void bundle_run(const struct bundle *b, unsigned from, struct span *entries, size_t count)
{
    size_t at = 0;
    assert(from + count <= PACKAGE_ENTRIES);
    for (unsigned i = 0; i < from; i++)
        at += length_at(b, i);
    for (size_t i = 0; i < count; i++) {
        size_t len = length_at(b, from + (unsigned)i);
        entries[i] = span_of(b->bytes.data + at, len);
        at += len;
    }
}

struct span bundle_entry(const struct bundle *b, unsigned i)
{
    struct span entry;
    bundle_run(b, i, &entry, 1);
    return entry;
}

void bundle_leaf(const struct bundle *b, unsigned i, struct hash *out)
{
    assert(i < PACKAGE_ENTRIES);
    memcpy(out->b, b->hashes + HASH_BYTES * (size_t)i, HASH_BYTES);
}

void bundle_writer_init(struct bundle_writer *w, uint8_t *room)
{
    *w = (struct bundle_writer){.room = room, .at = BUNDLE_HEAD_BYTES};
}

void bundle_writer_add(struct bundle_writer *w, const struct hash *leaf, struct span entry)
{
    assert(w->count < PACKAGE_ENTRIES && entry.len <= ENTRY_MAX_BYTES);
    memcpy(w->room + HASH_BYTES * (size_t)w->count, leaf->b, HASH_BYTES);
    store_u16(w->room + LENGTHS_AT + 2 * (size_t)w->count, (uint16_t)entry.len);
    if (entry.len != 0)
        memcpy(w->room + w->at, entry.data, entry.len);
    w->at += entry.len;
    w->count++;
}
