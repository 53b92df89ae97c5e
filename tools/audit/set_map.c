#include "tools/audit/set_map.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"

enum { MAP_LEAST = 1024 };

static size_t slot_of(const struct audit_set *s, const struct hash *key, size_t cap)
{
    uint64_t mixed = (load_u64(key->b) ^ s->seed) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 29) ^ load_u64(key->b + 8)) * (s->seed | 1);
    return (size_t)(mixed >> 17) & (cap - 1);
}

static uint64_t pack(const struct set_item *item)
{
    return ((uint64_t)item->log << 48 | item->index) + 1;
}

static struct set_item unpack(uint64_t slot)
{
    slot--;
    return (struct set_item){.log = (uint32_t)(slot >> 48),
                             .index = slot & UINT64_C(0xffffffffffff)};
}

static void nonce_key(const struct entry *e, struct hash *out)
{
    const struct span parts[] = {span_of(e->member, strlen(e->member) + 1),
                                 span_of(e->signers[0].key.b, PUBKEY_BYTES),
                                 span_of(e->nonce.b, NONCE_BYTES)};
    sha256_spans(parts, 3, out);
    memset(out->b + SET_NONCE_BYTES, 0, HASH_BYTES - SET_NONCE_BYTES);
}

/* What a slot's number stands for in each of the maps. */
typedef void key_of(const struct audit_set *s, uint64_t slot, struct hash *out);

static void id_key(const struct audit_set *s, uint64_t slot, struct hash *out)
{
    struct set_item item = unpack(slot);
    *out = set_entry_of(s, &item)->id;
}

static void nonce_key_of(const struct audit_set *s, uint64_t slot, struct hash *out)
{
    struct set_item item = unpack(slot);
    memset(out->b, 0, HASH_BYTES);
    memcpy(out->b, set_entry_of(s, &item)->nonce_key, SET_NONCE_BYTES);
}

static void case_key(const struct audit_set *s, uint64_t slot, struct hash *out)
{
    *out = s->cases[slot - 1].id;
}

static enum err map_grow(const struct audit_set *s, struct set_map *m, key_of *key)
{
    if (2 * (m->count + 1) <= m->cap)
        return OK;
    struct set_map wider = {.cap = m->cap == 0 ? MAP_LEAST : 4 * m->cap, .count = m->count};
    wider.slots = calloc(wider.cap, sizeof *wider.slots);
    if (wider.slots == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++) {
        struct hash k;
        if (m->slots[i] == 0)
            continue;
        key(s, m->slots[i], &k);
        size_t at = slot_of(s, &k, wider.cap);
        while (wider.slots[at] != 0)
            at = (at + 1) & (wider.cap - 1);
        wider.slots[at] = m->slots[i];
    }
    free(m->slots);
    *m = wider;
    return OK;
}

/* The slot that holds `wanted`, or the free one where it belongs. The map is not empty. */
static uint64_t *map_seek(const struct audit_set *s, const struct set_map *m, key_of *key,
                          const struct hash *wanted)
{
    size_t at = slot_of(s, wanted, m->cap);
    for (; m->slots[at] != 0; at = (at + 1) & (m->cap - 1)) {
        struct hash k;
        key(s, m->slots[at], &k);
        if (hash_equal(&k, wanted))
            break;
    }
    return &m->slots[at];
}

enum err set_map_id(struct audit_set *s, const struct set_item *item)
{
    enum err err = map_grow(s, &s->by_id, id_key);
    if (err != OK)
        return err;
    uint64_t *slot = map_seek(s, &s->by_id, id_key, &set_entry_of(s, item)->id);
    s->by_id.count += *slot == 0;
    *slot = pack(item);
    return OK;
}

bool set_find(const struct audit_set *s, const struct hash *id, struct set_item *out)
{
    const uint64_t *slot = s->by_id.cap == 0 ? NULL : map_seek(s, &s->by_id, id_key, id);
    if (slot == NULL || *slot == 0)
        return false;
    *out = unpack(*slot);
    return true;
}

bool set_nonce_used(const struct audit_set *s, const struct entry *e)
{
    struct hash key;
    if (s->by_nonce.cap == 0)
        return false;
    nonce_key(e, &key);
    return *map_seek(s, &s->by_nonce, nonce_key_of, &key) != 0;
}

enum err set_map_nonce(struct audit_set *s, const struct set_item *item, const struct entry *e)
{
    struct hash key;
    enum err err = map_grow(s, &s->by_nonce, nonce_key_of);
    if (err != OK)
        return err;
    nonce_key(e, &key);
    uint64_t *slot = map_seek(s, &s->by_nonce, nonce_key_of, &key);
    memcpy(set_entry_of(s, item)->nonce_key, key.b, SET_NONCE_BYTES);
    s->by_nonce.count += *slot == 0;
    *slot = pack(item);
    return OK;
}

bool set_case_find(const struct audit_set *s, const struct hash *id, uint32_t *no)
{
    const uint64_t *slot = s->by_case.cap == 0 ? NULL : map_seek(s, &s->by_case, case_key, id);
    if (slot == NULL || *slot == 0)
        return false;
    *no = (uint32_t)(*slot - 1);
    return true;
}

enum err set_map_case(struct audit_set *s, const struct hash *id, uint32_t *no)
{
    enum err err = map_grow(s, &s->by_case, case_key);
    if (err != OK || set_case_find(s, id, no))
        return err;
    if (s->case_count == s->case_cap) {
        size_t cap = s->case_cap == 0 ? MAP_LEAST : 2 * s->case_cap;
        struct set_case *cases = realloc(s->cases, cap * sizeof *cases);
        if (cases == NULL)
            return ERR_NOMEM;
        s->cases = cases;
        s->case_cap = cap;
    }
    uint64_t *slot = map_seek(s, &s->by_case, case_key, id);
    s->cases[s->case_count] = (struct set_case){.id = *id};
    *no = (uint32_t)s->case_count++;
    *slot = *no + 1;
    s->by_case.count++;
    return OK;
}
