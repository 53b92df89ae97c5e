/* All rows of several runs in one order. */
#include <stdlib.h>
#include <string.h>

#include "ledger/log/runs_internal.h"

/* One run, or the loose rows, on the way. */
struct source {
    uint32_t run;
    struct cursor *cursor;
    struct chunk chunk;
    size_t next;                       /* within the chunk */
    bool ended;
    struct row row;                    /* the one to be taken, unless ended */
};

struct runs_walk {
    struct txn *txn;
    enum runs_kind kind;
    unsigned count;
    struct source sources[RUNS_LISTED + 1];
    bool any;
    struct row last;
};

static enum err sum_check(struct span key, struct span value)
{
    const size_t body = value.len - CHUNK_SUM_BYTES;
    uint8_t sum[CHUNK_SUM_BYTES];
    chunk_sum(key, span_of(value.data, body), sum);
    return memcmp(sum, value.data + body, sizeof sum) == 0 ? OK : ERR_CORRUPT;
}

static enum err chunk_take(struct runs_walk *w, struct source *s, struct span key,
                           struct span value)
{
    enum err err = chunk_view(w->kind, key, value, &s->chunk);
    s->next = 0;
    return err == OK ? sum_check(key, value) : err;
}

/* The next row of one source; `ended` when there is none. */
static enum err source_step(struct runs_walk *w, struct source *s)
{
    struct span key, value;
    if (s->run != RUN_LOOSE && s->next < s->chunk.count) {
        chunk_row(&s->chunk, s->next++, &s->row);
        return OK;
    }
    enum err err = cursor_next(s->cursor, &key, &value);
    s->ended = err == ERR_NOTFOUND ||
               (err == OK && (key.len <= RUN_BYTES || load_u32(key.data) != s->run));
    if (s->ended)
        return OK;
    if (err == OK && s->run == RUN_LOOSE) {
        if (key.len != RUN_BYTES + row_width(w->kind))
            return ERR_CORRUPT;
        row_decode(w->kind, key.data + RUN_BYTES, &s->row);
        return OK;
    }
    if (err == OK)
        err = chunk_take(w, s, key, value);
    if (err == OK)
        chunk_row(&s->chunk, s->next++, &s->row);
    return err;
}

/* Stands on the chunk before `from`, where there is one: it may hold it. */
static enum err source_place(struct runs_walk *w, struct source *s, const struct row *from)
{
    struct run_key key_from;
    struct span key, value;
    run_key(w->kind, s->run, from, &key_from);
    const struct span at = span_of(key_from.b, key_from.len);
    enum err err = cursor_open(w->txn, runs_table(w->kind), at, &s->cursor);
    if (err != OK || s->run == RUN_LOOSE)
        return err;
    err = cursor_prev(s->cursor, &key, &value);
    if (err == OK && key.len > RUN_BYTES && load_u32(key.data) == s->run)
        return chunk_take(w, s, key, value);
    if (err != OK && err != ERR_NOTFOUND)
        return err;
    cursor_close(s->cursor);
    s->cursor = NULL;
    return cursor_open(w->txn, runs_table(w->kind), at, &s->cursor);
}

static enum err source_open(struct runs_walk *w, uint32_t run, const struct row *from)
{
    struct source *s = &w->sources[w->count++];
    *s = (struct source){.run = run};
    enum err err = source_place(w, s, from);
    if (err == OK)
        err = source_step(w, s);
    while (err == OK && !s->ended && row_compare(&s->row, from) < 0)
        err = source_step(w, s);
    return err;
}

enum err runs_walk_some(struct txn *t, enum runs_kind kind, const struct run *runs, unsigned count,
                        bool loose, const struct row *from, struct runs_walk **out)
{
    struct runs_walk *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR_NOMEM;
    w->txn = t;
    w->kind = kind;
    enum err err = loose ? source_open(w, RUN_LOOSE, from) : OK;
    for (unsigned i = 0; err == OK && i < count; i++)
        err = source_open(w, runs[i].no, from);
    if (err == OK)
        *out = w;
    else
        runs_walk_close(w);
    return err;
}

enum err runs_walk_open(struct txn *t, enum runs_kind kind, const struct row_key *key,
                        struct runs_walk **out)
{
    const struct row from = {key == NULL ? (struct row_key){{0}} : *key, 0};
    struct runs_list list;
    enum err err = runs_list_get(t, kind, &list);
    return err == OK ? runs_walk_some(t, kind, list.items, list.count, true, &from, out) : err;
}

enum err runs_walk_next(struct runs_walk *w, struct row *out)
{
    struct source *least = NULL;
    for (unsigned i = 0; i < w->count; i++) {
        struct source *s = &w->sources[i];
        if (!s->ended && (least == NULL || row_compare(&s->row, &least->row) < 0))
            least = s;
    }
    if (least == NULL)
        return ERR_NOTFOUND;
    *out = least->row;
    if (w->any && row_compare(&w->last, out) >= 0)
        return ERR_CORRUPT;
    w->any = true;
    w->last = *out;
    return source_step(w, least);
}

void runs_walk_close(struct runs_walk *w)
{
    for (unsigned i = 0; w != NULL && i < w->count; i++)
        cursor_close(w->sources[i].cursor);
    free(w);
}
