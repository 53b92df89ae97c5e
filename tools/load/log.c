/* One log in memory, and how it is given to a ledger. */
#include <stdlib.h>
#include <string.h>

#include "tools/load/govern.h"

void load_log_clear(struct load_log *g)
{
    buffer_clear(&g->bytes);
    free(g->ends);
    free(g->leaves);
    free(g->bundle_roots);
    memset(g, 0, sizeof *g);
}

struct span load_entry(const struct load_log *g, size_t i)
{
    size_t at = i - g->first, from = at == 0 ? 0 : g->ends[at - 1];
    return span_of(g->bytes.data + from, g->ends[at] - from);
}

static enum err room_make(struct load_log *g)
{
    size_t held = g->count - g->first, full = g->count / PACKAGE_ENTRIES + 1;
    if (held == g->cap) {
        size_t cap = g->cap == 0 ? PACKAGE_ENTRIES : 2 * g->cap;
        size_t *ends = realloc(g->ends, cap * sizeof *ends);
        g->ends = ends == NULL ? g->ends : ends;
        struct hash *leaves = realloc(g->leaves, cap * sizeof *leaves);
        g->leaves = leaves == NULL ? g->leaves : leaves;
        if (ends == NULL || leaves == NULL)
            return ERR_NOMEM;
        g->cap = cap;
    }
    if (full > g->root_cap) {
        size_t cap = g->root_cap == 0 ? 16 : 2 * g->root_cap;
        struct hash *roots = realloc(g->bundle_roots, cap * sizeof *roots);
        if (roots == NULL)
            return ERR_NOMEM;
        g->bundle_roots = roots;
        g->root_cap = cap;
    }
    return OK;
}

enum err load_log_append(struct load_log *g, struct span entry, struct hash *id)
{
    if (g->count == 0)
        frontier_init(&g->frontier);
    enum err err = room_make(g);
    if (err == OK)
        err = buffer_put(&g->bytes, entry.data, entry.len);
    if (err != OK)
        return err;
    size_t at = g->count - g->first;
    merkle_leaf(entry, id);
    g->ends[at] = g->bytes.len;
    g->leaves[at] = *id;
    frontier_append(&g->frontier, id);
    g->count++;
    if (g->count % PACKAGE_ENTRIES == 0)
        merkle_root(&g->leaves[at + 1 - PACKAGE_ENTRIES], PACKAGE_ENTRIES,
                    &g->bundle_roots[g->count / PACKAGE_ENTRIES - 1]);
    return OK;
}

enum err load_log_copy(struct load_log *out, const struct load_log *from)
{
    enum err err = OK;
    for (size_t i = from->first; err == OK && i < from->count; i++) {
        struct hash id;
        err = load_log_append(out, load_entry(from, i), &id);
    }
    return err;
}

void load_log_trim(struct load_log *g)
{
    size_t first = g->pushed / PACKAGE_ENTRIES * PACKAGE_ENTRIES, drop = first - g->first;
    if (drop == 0)
        return;
    size_t held = g->count - first, bytes = g->ends[drop - 1];
    memmove(g->bytes.data, g->bytes.data + bytes, g->bytes.len - bytes);
    g->bytes.len -= bytes;
    for (size_t i = 0; i < held; i++) {
        g->ends[i] = g->ends[i + drop] - bytes;
        g->leaves[i] = g->leaves[i + drop];
    }
    g->first = first;
}

/* ---- packages from memory ---- */

/* Proofs from a pushed size on ask for no leaf before `first`. */
static enum err memory_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct load_log *g = ctx;
    const uint64_t from = level < 8 ? index << level : 0;
    if (level >= 8) {
        uint64_t width = (uint64_t)1 << (level - 8);
        merkle_root(g->bundle_roots + index * width, width, out);
        return OK;
    }
    if (from < g->first)
        return ERR_NOTFOUND;
    merkle_root(&g->leaves[from - g->first], (uint64_t)1 << level, out);
    return OK;
}

static enum err package_make(const struct load_member *m, const struct load_log *g, uint64_t start,
                             struct package *p)
{
    const struct hash_reader r = {.ctx = (void *)(uintptr_t)g, .read = memory_read};
    uint64_t first = start / PACKAGE_ENTRIES * PACKAGE_ENTRIES;
    uint64_t end = first + PACKAGE_ENTRIES < g->count ? first + PACKAGE_ENTRIES : g->count;
    memset(p, 0, sizeof *p);
    memcpy(p->member, m->id, sizeof p->member);
    p->start = start;
    p->tree_size = g->count;
    p->count = (unsigned)(end - start);
    for (unsigned i = 0; i < p->count; i++)
        p->entries[i] = load_entry(g, (size_t)start + i);
    return merkle_subtree(&r, first, end, g->count, &p->proof);
}

static enum err head_make(const struct load *l, const struct load_member *m,
                          const struct load_log *g, struct buffer *note)
{
    struct checkpoint head = {.size = g->count};
    enum err err = log_origin("load.example", &l->ledger, m->id, 0, head.origin);
    frontier_root(&g->frontier, &head.root);
    return err == OK ? checkpoint_sign(&head, m->node, note) : err;
}

enum err load_log_push(const struct load *l, const struct load_member *m, const struct load_log *g,
                       size_t from, struct ledger *to)
{
    const struct package *list[COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES];
    const size_t most = sizeof list / sizeof list[0];
    const struct hash_reader r = {.ctx = (void *)(uintptr_t)g, .read = memory_read};
    struct package *packages = calloc(most, sizeof *packages);
    struct buffer note = {0};
    struct proof consistency = {0};
    enum err err = packages == NULL ? ERR_NOMEM : from < g->count ? head_make(l, m, g, &note) : OK;
    for (uint64_t at = from; err == OK && at < g->count;) {
        const uint64_t start = at;
        size_t n = 0;
        for (; err == OK && n < most && at < g->count; n++) {
            err = package_make(m, g, at, &packages[n]);
            list[n] = &packages[n];
            at += packages[n].count;
        }
        if (err == OK && start > 0)
            err = merkle_consistency(&r, start, g->count, &consistency);
        if (err == OK)
            err = ledger_receive(to, buffer_span(&note), start == 0 ? NULL : &consistency, list, n);
    }
    buffer_clear(&note);
    free(packages);
    return err;
}
