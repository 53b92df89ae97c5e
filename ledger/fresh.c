#include "ledger/fresh.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_WORDS = 8, LINE_KEYS = 32, PROBES = 4 };

void fresh_clear(struct fresh *f)
{
    for (unsigned i = 0; i < RUNS_KINDS; i++) {
        free(f->kinds[i].rows);
        free(f->kinds[i].slots);
    }
    free(f->lines);
    *f = (struct fresh){0};
}

/* ---- the filter ---- */

/* Four bits of one line, all told by the key, which is a hash. */
static uint64_t *line_of(const struct fresh *f, uint64_t key)
{
    return f->lines + LINE_WORDS * (key % f->line_count);
}

static void filter_put(struct fresh *f, uint64_t key)
{
    uint64_t *line = line_of(f, key), bits = key * 0x9e3779b97f4a7c15U;
    for (unsigned i = 0; i < PROBES; i++, bits >>= 9)
        line[(bits >> 34) & 7] |= UINT64_C(1) << ((bits >> 28) & 63);
    f->key_count++;
}

bool fresh_maybe_used(const struct fresh *f, uint64_t key)
{
    if (f->lines == NULL)
        return true;
    const uint64_t *line = line_of(f, key);
    uint64_t bits = key * 0x9e3779b97f4a7c15U;
    for (unsigned i = 0; i < PROBES; i++, bits >>= 9)
        if (!(line[(bits >> 34) & 7] >> ((bits >> 28) & 63) & 1))
            return false;
    return true;
}

static enum err filter_fill(struct fresh *f, struct txn *t)
{
    struct runs_walk *w;
    struct row row;
    enum err err = runs_walk_open(t, RUNS_NONCE, NULL, &w);
    if (err != OK)
        return err;
    while ((err = runs_walk_next(w, &row)) == OK)
        filter_put(f, row.key.words[0]);
    runs_walk_close(w);
    for (size_t i = 0; i < f->kinds[RUNS_NONCE].count; i++)
        filter_put(f, f->kinds[RUNS_NONCE].rows[i].key.words[0]);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err fresh_filter(struct fresh *f, struct txn *t)
{
    uint64_t stored;
    unsigned runs;
    if (f->lines != NULL && f->key_count + FRESH_MAX_ENTRIES <= f->line_count * LINE_KEYS)
        return OK;
    enum err err = runs_count(t, RUNS_NONCE, &runs, &stored);
    if (err != OK)
        return err;
    free(f->lines);
    f->key_count = 0;
    f->line_count = (size_t)(2 * (stored + f->kinds[RUNS_NONCE].count) + 2 * FRESH_MAX_ENTRIES) /
                    LINE_KEYS;
    f->lines = calloc(f->line_count, LINE_WORDS * sizeof *f->lines);
    return f->lines == NULL ? ERR_NOMEM : filter_fill(f, t);
}

/* ---- rows ---- */

static size_t slot_first(const struct fresh_rows *k, uint64_t first)
{
    return (size_t)(first * 0x9e3779b97f4a7c15U >> 32) & (k->slot_count - 1);
}

static void slot_put(struct fresh_rows *k, size_t i)
{
    size_t at = slot_first(k, k->rows[i].key.words[0]);
    while (k->slots[at] != 0)
        at = (at + 1) & (k->slot_count - 1);
    k->slots[at] = (uint32_t)i + 1;
}

static void slots_fill(struct fresh_rows *k)
{
    if (k->slots == NULL)
        return;
    memset(k->slots, 0, k->slot_count * sizeof *k->slots);
    for (size_t i = 0; i < k->count; i++)
        slot_put(k, i);
}

static enum err rows_grow(struct fresh_rows *k, bool slots)
{
    size_t cap = k->cap == 0 ? 1024 : 2 * k->cap;
    struct row *grown = realloc(k->rows, cap * sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    k->rows = grown;
    k->cap = cap;
    if (!slots)
        return OK;
    uint32_t *wide = realloc(k->slots, 2 * cap * sizeof *wide);
    if (wide == NULL)
        return ERR_NOMEM;
    k->slots = wide;
    k->slot_count = 2 * cap;
    slots_fill(k);
    return OK;
}

enum err fresh_add(struct fresh *f, enum runs_kind kind, const struct row *row)
{
    struct fresh_rows *k = &f->kinds[kind];
    const bool slots = kind != RUNS_CASE;
    if (k->count == k->cap || (slots && k->slot_count < 2 * k->cap)) {
        enum err err = rows_grow(k, slots);
        if (err != OK)
            return err;
    }
    k->rows[k->count++] = *row;
    if (slots)
        slot_put(k, k->count - 1);
    if (kind == RUNS_NONCE && f->lines != NULL)
        filter_put(f, row->key.words[0]);
    return OK;
}

const struct row *fresh_next(const struct fresh *f, enum runs_kind kind, uint64_t first,
                             size_t *at)
{
    const struct fresh_rows *k = &f->kinds[kind];
    if (k->count == 0)
        return NULL;
    for (;; ++*at) {
        const uint32_t i = k->slots[(slot_first(k, first) + *at) & (k->slot_count - 1)];
        if (i == 0)
            return NULL;
        if (k->rows[i - 1].key.words[0] == first) {
            ++*at;
            return &k->rows[i - 1];
        }
    }
}

struct fresh_mark fresh_mark(const struct fresh *f)
{
    struct fresh_mark mark;
    for (unsigned i = 0; i < RUNS_KINDS; i++)
        mark.count[i] = f->kinds[i].count;
    return mark;
}

void fresh_rewind(struct fresh *f, const struct fresh_mark *mark)
{
    for (unsigned i = 0; i < RUNS_KINDS; i++)
        if (f->kinds[i].count != mark->count[i]) {
            f->kinds[i].count = mark->count[i];
            slots_fill(&f->kinds[i]);
        }
}

enum err fresh_put(struct fresh *f, struct txn *t)
{
    enum err err = OK;
    for (enum runs_kind kind = RUNS_ID; err == OK && kind < RUNS_KINDS; kind++) {
        struct fresh_rows *k = &f->kinds[kind];
        err = rows_sort(k->rows, k->count);
        slots_fill(k);
        if (err == OK)
            err = runs_add_all(t, kind, k->rows, k->count);
    }
    return err;
}

void fresh_drop(struct fresh *f)
{
    for (unsigned i = 0; i < RUNS_KINDS; i++) {
        f->kinds[i].count = 0;
        slots_fill(&f->kinds[i]);
    }
}
