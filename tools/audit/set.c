#include "tools/audit/set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit/set_map.h"

enum err set_init(struct audit_set *s, const struct genesis *g)
{
    memset(s, 0, sizeof *s);
    s->genesis = g;
    random_bytes(&s->seed, sizeof s->seed);
    return roster_create(&s->roster, g);
}

void set_clear(struct audit_set *s)
{
    for (unsigned i = 0; i < s->log_count; i++) {
        free(s->logs[i]->entries);
        free(s->logs[i]->bundle_roots);
        free(s->logs[i]);
    }
    free(s->by_id.slots);
    free(s->by_nonce.slots);
    free(s->by_case.slots);
    free(s->cases);
    free(s->items);
    roster_free(s->roster);
    memset(s, 0, sizeof *s);
}

struct set_log *set_log_find(const struct audit_set *s, const char *member, uint32_t epoch)
{
    for (unsigned i = 0; i < s->log_count; i++) {
        if (s->logs[i]->epoch == epoch && strcmp(s->logs[i]->member, member) == 0)
            return s->logs[i];
    }
    return NULL;
}

static enum err log_grow(struct set_log *log, uint64_t cap)
{
    struct set_entry *entries = realloc(log->entries, cap * sizeof *entries);
    if (entries == NULL)
        return ERR_NOMEM;
    log->entries = entries;
    struct hash *roots = realloc(log->bundle_roots, (cap / PACKAGE_ENTRIES + 1) * sizeof *roots);
    if (roots == NULL)
        return ERR_NOMEM;
    log->bundle_roots = roots;
    log->cap = cap;
    return OK;
}

enum err set_log_add(struct audit_set *s, const char *member, uint32_t epoch, uint64_t expected,
                     struct set_log **out)
{
    const struct member *m = roster_by_log(s->roster, member);
    if (m == NULL)
        return ERR_UNKNOWN_MEMBER;
    if (s->log_count == LOGS_MAX)
        return ERR_TOO_LARGE;
    struct set_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return ERR_NOMEM;
    enum err err = log_grow(log, expected + 1);
    if (err != OK) {
        free(log->entries);
        free(log);
        return err;
    }
    memcpy(log->member, m->a.id, sizeof log->member);
    log->epoch = epoch;
    log->by = m->no;
    log->no = s->log_count;
    frontier_init(&log->frontier);
    s->logs[s->log_count++] = log;
    *out = log;
    return OK;
}

static enum err memory_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct set_log *log = ctx;
    struct hash row[PACKAGE_ENTRIES / 2];
    if (level >= 8) {
        uint64_t width = (uint64_t)1 << (level - 8);
        merkle_root(log->bundle_roots + index * width, width, out);
        return OK;
    }
    unsigned width = 1U << level;
    for (unsigned i = 0; i < width; i++)
        row[i] = log->entries[index * width + i].id;
    merkle_root(row, width, out);
    return OK;
}

enum err set_root(const struct set_log *log, uint64_t size, struct hash *out)
{
    const struct hash_reader r = {.ctx = (void *)(uintptr_t)log, .read = memory_read};
    if (size == log->count) {
        frontier_root(&log->frontier, out);
        return OK;
    }
    return size > log->count ? ERR_RANGE : merkle_tree_root(&r, size, out);
}

/* The same, remembering the last few: many entries name one size as `own`. */
enum err set_past_root(struct set_log *log, uint64_t size, struct hash *out)
{
    if (!log->past[size % SET_PAST].used || log->past[size % SET_PAST].size != size) {
        enum err err = set_root(log, size, &log->past[size % SET_PAST].root);
        if (err != OK)
            return err;
        log->past[size % SET_PAST].used = true;
        log->past[size % SET_PAST].size = size;
    }
    *out = log->past[size % SET_PAST].root;
    return OK;
}

enum err set_log_append(struct set_log *log, const struct set_input *in, struct set_entry **out)
{
    if (log->count == log->cap) {
        enum err err = log_grow(log, 2 * log->cap + PACKAGE_ENTRIES);
        if (err != OK)
            return err;
    }
    struct set_entry *entry = &log->entries[log->count++];
    *entry = (struct set_entry){.bytes = in->bytes.data, .len = (uint32_t)in->bytes.len,
                                .id = in->id};
    frontier_append(&log->frontier, &in->id);
    if (log->count % PACKAGE_ENTRIES == 0) {
        struct hash leaves[PACKAGE_ENTRIES];
        uint64_t from = log->count - PACKAGE_ENTRIES;
        for (unsigned i = 0; i < PACKAGE_ENTRIES; i++)
            leaves[i] = log->entries[from + i].id;
        merkle_root(leaves, PACKAGE_ENTRIES, &log->bundle_roots[from / PACKAGE_ENTRIES]);
    }
    *out = entry;
    return OK;
}

struct set_entry *set_entry_of(const struct audit_set *s, const struct set_item *item)
{
    assert(item->log < s->log_count && item->index < s->logs[item->log]->count);
    return &s->logs[item->log]->entries[item->index];
}

enum err set_decode(const struct audit_set *s, const struct set_item *item, struct entry *out)
{
    const struct set_entry *entry = set_entry_of(s, item);
    enum err err = entry_decode(out, span_of(entry->bytes, entry->len));
    out->id = entry->id;
    return err;
}

struct place set_place(const struct audit_set *s, const struct set_item *item)
{
    const struct set_log *log = s->logs[item->log];
    return (struct place){s->roster, log->by, log->epoch, item->index};
}

void set_row_get(const struct set_entry *entry, struct verdict_row *out)
{
    *out = (struct verdict_row){(enum verdict)entry->verdict, (enum reason)entry->reason,
                                (enum reason)entry->at_once, entry->in_cycle};
}

void set_row_put(struct set_entry *entry, const struct verdict_row *row)
{
    entry->verdict = (uint8_t)row->verdict;
    entry->reason = (uint8_t)row->reason;
    entry->at_once = (uint8_t)row->at_once;
    entry->in_cycle = row->in_cycle;
}
