#include "ledger/log/id_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ID_OFFSET = ID_ITEM_BYTES - HASH_BYTES };

void id_list_get(const struct id_list *list, unsigned i, struct hash *out)
{
    assert(i < list->count);
    memcpy(out->b, list->data + (size_t)i * ID_ITEM_BYTES + ID_OFFSET, HASH_BYTES);
}

bool id_list_contains(const struct id_list *list, const struct hash *id)
{
    unsigned low = 0, high = list->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = memcmp(list->data + (size_t)middle * ID_ITEM_BYTES + ID_OFFSET, id->b,
                           HASH_BYTES);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

void id_list_decode(struct cbor *c, struct id_list *out)
{
    uint64_t count = cbor_array(c, ENTRY_HARD_MAX_REFS);
    const uint8_t *items = c->r.at;
    struct hash previous, id;
    if (count == 0)
        cbor_fail(c, ERR_FORMAT);
    for (uint64_t i = 0; i < count && cbor_ok(c); i++) {
        cbor_tagged(c, ALG_SHA256, id.b);
        if (i > 0 && memcmp(previous.b, id.b, HASH_BYTES) >= 0)
            cbor_fail(c, ERR_FORMAT);
        previous = id;
    }
    if (cbor_ok(c))
        *out = (struct id_list){items, (unsigned)count};
}

static int id_order(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

void id_list_encode(struct cbor_out *w, const struct hash *ids, unsigned count)
{
    struct hash sorted[ENTRY_HARD_MAX_REFS];
    unsigned kept = 0;
    if (count > ENTRY_HARD_MAX_REFS) {
        w->err = w->err == OK ? ERR_TOO_LARGE : w->err;
        return;
    }
    memcpy(sorted, ids, count * sizeof *ids);
    qsort(sorted, count, sizeof *sorted, id_order);
    for (unsigned i = 0; i < count; i++)
        if (kept == 0 || !hash_equal(&sorted[kept - 1], &sorted[i]))
            sorted[kept++] = sorted[i];
    cbor_put_array(w, kept);
    for (unsigned i = 0; i < kept; i++)
        cbor_put_tagged(w, ALG_SHA256, sorted[i].b);
}
