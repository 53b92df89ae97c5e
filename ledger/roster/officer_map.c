#include "ledger/roster/officer_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void officer_map_init(struct officer_map *m)
{
    *m = (struct officer_map){0};
    random_bytes(&m->seed, sizeof m->seed);
}

void officer_map_clear(struct officer_map *m)
{
    free(m->items);
    *m = (struct officer_map){0};
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static size_t slot(const struct officer_map *m, const uint8_t key[32], uint16_t member)
{
    uint64_t h = mix(m->seed, member);
    for (unsigned i = 0; i < 32; i += 8)
        h = mix(h, load_u64(key + i));
    return (size_t)mix(h, m->seed) & (m->cap - 1);
}

/* The item of a key, or the empty one where it belongs. */
static struct officer_map_item *seek(const struct officer_map *m, const uint8_t key[32],
                                     uint16_t member)
{
    size_t at = slot(m, key, member);
    struct officer_map_item *item = &m->items[at];
    while (item->used && (item->member != member || memcmp(item->key, key, 32) != 0)) {
        at = (at + 1) & (m->cap - 1);
        item = &m->items[at];
    }
    return item;
}

enum err officer_map_reserve(struct officer_map *m)
{
    if (2 * (m->count + 1) <= m->cap)
        return OK;
    struct officer_map grown = {.cap = m->cap > 0 ? 2 * m->cap : FIRST_CAP, .seed = m->seed};
    grown.items = calloc(grown.cap, sizeof *grown.items);
    if (grown.items == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->items[i].used)
            officer_map_put(&grown, m->items[i].key, m->items[i].member, m->items[i].officer);
    free(m->items);
    *m = grown;
    return OK;
}

void officer_map_put(struct officer_map *m, const uint8_t key[32], uint16_t member,
                     const struct officer *officer)
{
    assert(m->count < m->cap);
    struct officer_map_item *item = seek(m, key, member);
    if (item->used)
        return;
    *item = (struct officer_map_item){.member = member, .used = true, .officer = officer};
    memcpy(item->key, key, sizeof item->key);
    m->count++;
}

bool officer_map_find(const struct officer_map *m, const uint8_t key[32], uint16_t member,
                      const struct officer **officer)
{
    *officer = NULL;
    if (m->count == 0)
        return false;
    const struct officer_map_item *item = seek(m, key, member);
    *officer = item->officer;
    return item->used;
}
