#include "ledger/log/tile.h"

#include <assert.h>
#include <string.h>

#include "ledger/log/log_key.h"

enum { TILE_WIDTH = PACKAGE_ENTRIES, TILE_LEVELS = 8 };

static enum err tile_get(struct txn *t, struct log_no no, unsigned level, uint64_t n,
                         struct span *value)
{
    if (level >= TILE_LEVELS || n > UINT32_MAX)
        return ERR_NOTFOUND;
    struct log_key key = log_key_tile(no, (uint8_t)level, (uint32_t)n);
    enum err err = table_get(t, TABLE_TILE, log_key_span(&key), value);
    if (err == OK && (value->len % HASH_BYTES != 0 || value->len > TILE_WIDTH * HASH_BYTES))
        err = ERR_CORRUPT;
    return err;
}

enum err tile_append(struct txn *t, struct log_no no, uint64_t bundle, const struct hash *root)
{
    struct hash tile[TILE_WIDTH], hash = *root;
    uint64_t index = bundle;
    for (unsigned level = 1; level < TILE_LEVELS; level++) {
        size_t width = (size_t)(index % TILE_WIDTH);
        struct span value = {NULL, 0};
        enum err err = tile_get(t, no, level, index / TILE_WIDTH, &value);
        if (err != OK && err != ERR_NOTFOUND)
            return err;
        if (value.len != width * HASH_BYTES)
            return ERR_CORRUPT;
        if (width != 0)
            memcpy(tile, value.data, value.len);
        tile[width] = hash;
        struct log_key key = log_key_tile(no, (uint8_t)level, (uint32_t)(index / TILE_WIDTH));
        err = table_put(t, TABLE_TILE, log_key_span(&key),
                        span_of(tile, (width + 1) * HASH_BYTES));
        if (err != OK || width + 1 != TILE_WIDTH)
            return err;
        merkle_root(tile, TILE_WIDTH, &hash);
        index /= TILE_WIDTH;
    }
    return OK;
}

enum err tile_read(struct txn *t, struct log_no no, unsigned level, uint64_t index,
                   struct hash *out, size_t count)
{
    struct span value;
    size_t at = (size_t)(index % TILE_WIDTH) * HASH_BYTES, len = count * HASH_BYTES;
    assert(level >= 1 && index % TILE_WIDTH + count <= TILE_WIDTH);
    enum err err = tile_get(t, no, level, index / TILE_WIDTH, &value);
    if (err != OK)
        return err;
    if (value.len < at + len)
        return ERR_NOTFOUND;
    memcpy(out, value.data + at, len);
    return OK;
}
