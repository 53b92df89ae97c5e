#include "ledger/fresh.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_WORDS = 8, LINE_KEYS = 32, PROBES = 4 };

void fresh_clear(struct fresh *f)
{
    for (unsigned i = 0; i < RUNS_KINDS; i++) {
        struct fresh_rows *k = &f->kinds[i];
        free(k->rows);
        if (k->slots != NULL)
            free(k->slots->at);
        free(k->slots);
    }
    free(f->lines);
    *f = (struct fresh){0};
}

/* ---- the filter ---- */

static void filter_drop(struct fresh *f)
{
    free(f->lines);
    f->lines = NULL;
    f->line_count = f->key_count = 0;
}

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
    filter_drop(f);
    f->line_count = (size_t)(2 * (stored + f->kinds[RUNS_NONCE].count) + 2 * FRESH_MAX_ENTRIES) /
                    LINE_KEYS;
    f->lines = calloc(f->line_count, LINE_WORDS * sizeof *f->lines);
    err = f->lines == NULL ? ERR_NOMEM : filter_fill(f, t);
    if (err != OK)
        filter_drop(f);
    return err;
}

/* ---- rows ---- */

static size_t slot_first(const struct fresh_slots *s, uint64_t first)
{
    return (size_t)(first * 0x9e3779b97f4a7c15U >> 32) & (s->count - 1);
}

static void slots_empty(struct fresh_rows *k)
{
    if (k->slots == NULL || k->slots->reached == 0)
        return;
    memset(k->slots->at, 0, k->slots->count * sizeof *k->slots->at);
    k->slots->reached = 0;
}

static void slots_reach(const struct fresh_rows *k)
{
    struct fresh_slots *s = k->slots;
    for (; s->reached < k->count; s->reached++) {
        size_t at = slot_first(s, k->rows[s->reached].key.words[0]);
        while (s->at[at] != 0)
            at = (at + 1) & (s->count - 1);
        s->at[at] = (uint32_t)s->reached + 1;
    }
}

static enum err slots_grow(struct fresh_rows *k)
{
    if (k->slots == NULL && (k->slots = calloc(1, sizeof *k->slots)) == NULL)
        return ERR_NOMEM;
    uint32_t *wide = calloc(2 * k->cap, sizeof *wide);
    if (wide == NULL)
        return ERR_NOMEM;
    free(k->slots->at);
    *k->slots = (struct fresh_slots){.at = wide, .count = 2 * k->cap};
    return OK;
}

static enum err rows_grow(struct fresh_rows *k)
{
    size_t cap = k->cap == 0 ? 1024 : 2 * k->cap;
    struct row *grown = realloc(k->rows, cap * sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    k->rows = grown;
    k->cap = cap;
    return OK;
}

enum err fresh_add(struct fresh *f, enum runs_kind kind, const struct row *row)
{
    struct fresh_rows *k = &f->kinds[kind];
    enum err err = k->count == k->cap ? rows_grow(k) : OK;
    if (err == OK && kind != RUNS_CASE && (k->slots == NULL || k->slots->count < 2 * k->cap))
        err = slots_grow(k);
    if (err != OK)
        return err;
    k->rows[k->count++] = *row;
    if (kind == RUNS_NONCE && f->lines != NULL)
        filter_put(f, row->key.words[0]);
    return OK;
}

const struct row *fresh_next(const struct fresh *f, enum runs_kind kind, uint64_t first,
                             size_t *at)
{
    const struct fresh_rows *k = &f->kinds[kind];
    const struct fresh_slots *s = k->slots;
    if (k->count == 0)
        return NULL;
    slots_reach(k);
    for (;; ++*at) {
        const uint32_t i = s->at[(slot_first(s, first) + *at) & (s->count - 1)];
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
            slots_empty(&f->kinds[i]);
        }
}

enum err fresh_put(struct fresh *f, struct txn *t)
{
    enum err err = OK;
    for (enum runs_kind kind = RUNS_ID; err == OK && kind < RUNS_KINDS; kind++) {
        struct fresh_rows *k = &f->kinds[kind];
        err = rows_sort(k->rows, k->count);
        slots_empty(k);
        if (err == OK)
            err = runs_add_all(t, kind, k->rows, k->count);
    }
    return err;
}

void fresh_drop(struct fresh *f)
{
    for (unsigned i = 0; i < RUNS_KINDS; i++) {
        f->kinds[i].count = 0;
        slots_empty(&f->kinds[i]);
    }
}
