/* Rows put down, alone or many at once, and runs merged, a step at a time. */
#include <stdlib.h>
#include <string.h>

#include "ledger/log/runs_internal.h"

enum {
    MERGE_FACTOR = 4,                  /* a run this many times greater is left alone */
    MERGE_EVERY = 64,                  /* loose rows, after which a step is done */
    MERGE_PACE = 16,                   /* rows moved for one that is added */
    STEP_CHUNKS = 128,
};

static size_t chunk_rows(enum runs_kind kind)
{
    return (CHUNK_BYTES - CHUNK_SUM_BYTES) / row_width(kind);
}

static enum err chunk_put(struct txn *t, enum runs_kind kind, uint32_t run,
                          const struct row *rows, size_t count)
{
    const size_t width = row_width(kind);
    struct run_key key;
    uint8_t *room;
    run_key(kind, run, &rows[0], &key);
    const struct span key_span = span_of(key.b, key.len);
    enum err err = table_reserve(t, runs_table(kind), key_span, count * width + CHUNK_SUM_BYTES,
                                 &room);
    if (err != OK)
        return err;
    for (size_t i = 0; i < count; i++)
        row_encode(kind, &rows[i], room + i * width);
    chunk_sum(key_span, span_of(room, count * width), room + count * width);
    return OK;
}

static enum err run_extend(struct txn *t, enum runs_kind kind, struct run *run,
                           const struct row *rows, size_t count)
{
    const size_t most = chunk_rows(kind);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i += most, run->chunks++)
        err = chunk_put(t, kind, run->no, rows + i, count - i < most ? count - i : most);
    run->rows += count;
    return err;
}

static uint32_t next_number(const struct runs_list *list)
{
    uint32_t greatest = RUN_LOOSE;
    for (unsigned i = 0; i < list->count; i++)
        greatest = list->items[i].no > greatest ? list->items[i].no : greatest;
    return greatest + 1;
}

/* ---- merging ---- */

/* The two runs before `made` that should be one; `made` 0 when there are none. Newer ones first. */
static unsigned merge_wanted(const struct runs_list *list)
{
    if (list->count >= RUNS_MAX)
        return list->count;
    for (unsigned made = list->count; made >= 2; made--) {
        const uint64_t last = list->items[made - 1].rows, before = list->items[made - 2].rows;
        if (before + last <= RUNS_MERGE_MAX_ROWS && before < MERGE_FACTOR * last)
            return made;
    }
    return 0;
}

static bool merge_begin(struct runs_list *list)
{
    const unsigned made = merge_wanted(list);
    if (made == 0)
        return false;
    const uint32_t no = next_number(list);
    memmove(&list->items[made + 1], &list->items[made],
            (list->count - made) * sizeof list->items[0]);
    list->items[made] = (struct run){.no = no};
    list->count++;
    list->made = made;
    return true;
}

/* Nothing is left of the two: what they held is in the run made of them. */
static enum err merge_end(struct runs_list *list)
{
    const unsigned made = list->made;
    for (unsigned i = made - 2; i < made; i++)
        if (list->items[i].rows != 0 || list->items[i].chunks != 0)
            return ERR_CORRUPT;
    memmove(&list->items[made - 2], &list->items[made],
            (list->count - made) * sizeof list->items[0]);
    list->count -= 2;
    list->made = 0;
    return OK;
}

/* The first chunk of a run: its key, how many of its rows are not beyond `last`, and the others. */
struct head { struct run_key key; size_t taken, left; struct row rest[CHUNK_MAX_ROWS]; };

static enum err head_read(struct txn *t, enum runs_kind kind, uint32_t run,
                          const struct row *last, struct head *out)
{
    const struct row first = {{{0}}, 0};
    const struct row beyond = {last->key, last->at + 1};
    struct cursor *c;
    struct span key, value;
    struct chunk chunk;
    out->taken = out->left = 0;
    run_key(kind, run, &first, &out->key);
    enum err err = cursor_open(t, runs_table(kind), span_of(out->key.b, out->key.len), &c);
    if (err != OK)
        return err;
    err = cursor_next(c, &key, &value);
    if (err == OK && key.len == out->key.len && load_u32(key.data) == run &&
        (err = chunk_view(kind, key, value, &chunk)) == OK) {
        memcpy(out->key.b, key.data, key.len);
        out->taken = chunk_seek(&chunk, &beyond);
        for (size_t i = out->taken; i < chunk.count && out->left < CHUNK_MAX_ROWS; i++)
            chunk_row(&chunk, i, &out->rest[out->left++]);
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

/* Takes the rows up to `last` from a run: whole chunks, and a part of one. */
static enum err run_trim(struct txn *t, enum runs_kind kind, struct run *run,
                         const struct row *last)
{
    struct head head = {.left = 0};
    enum err err = OK;
    while (err == OK && head.left == 0) {
        err = head_read(t, kind, run->no, last, &head);
        if (err != OK || head.taken == 0)
            return err;
        if (run->rows < head.taken || run->chunks == 0)
            return ERR_CORRUPT;
        run->rows -= head.taken;
        run->chunks--;
        err = table_del(t, runs_table(kind), span_of(head.key.b, head.key.len));
    }
    if (err == OK)
        err = chunk_put(t, kind, run->no, head.rest, head.left);
    run->chunks++;
    return err;
}

/* Rows in order; fewer than `most` when the runs and the loose rows asked for have no more. */
static enum err rows_read(struct txn *t, enum runs_kind kind, const struct run *runs,
                          unsigned count, bool loose, struct row *rows, size_t most, size_t *read)
{
    const struct row from = {{{0}}, 0};
    struct runs_walk *w;
    *read = 0;
    enum err err = runs_walk_some(t, kind, runs, count, loose, &from, &w);
    if (err != OK)
        return err;
    while (*read < most && (err = runs_walk_next(w, &rows[*read])) == OK)
        ++*read;
    runs_walk_close(w);
    return err == ERR_NOTFOUND ? OK : err;
}

/* Moves the first rows of both runs to the end of the one that is being made. */
static enum err merge_step(struct txn *t, enum runs_kind kind, struct runs_list *list, size_t most,
                           size_t *moved)
{
    struct run *made = &list->items[list->made], *pair = made - 2;
    struct row *rows = malloc(most * sizeof *rows);
    enum err err = rows == NULL ? ERR_NOMEM : OK;
    if (err == OK)
        err = rows_read(t, kind, pair, 2, false, rows, most, moved);
    if (err == OK)
        err = run_extend(t, kind, made, rows, *moved);
    for (unsigned i = 0; err == OK && *moved > 0 && i < 2; i++)
        err = run_trim(t, kind, &pair[i], &rows[*moved - 1]);
    if (err == OK && *moved < most)
        err = merge_end(list);
    free(rows);
    return err;
}

/* Moves about `rows`, in whole chunks, and all it takes while there are too many runs. */
static enum err merge_some(struct txn *t, enum runs_kind kind, struct runs_list *list, size_t rows)
{
    const size_t width = chunk_rows(kind);
    enum err err = OK;
    for (size_t done = 0, moved = 0; err == OK && (done < rows || list->count >= RUNS_MAX);
         done += moved) {
        const size_t chunks = done < rows ? (rows - done + width - 1) / width : STEP_CHUNKS;
        if (list->made == 0 && !merge_begin(list))
            break;
        err = merge_step(t, kind, list, (chunks < STEP_CHUNKS ? chunks : STEP_CHUNKS) * width,
                         &moved);
    }
    return err == OK ? runs_list_put(t, kind, list) : err;
}

/* ---- adding ---- */

static enum err run_add(struct txn *t, enum runs_kind kind, struct runs_list *list,
                        const struct row *rows, size_t count)
{
    struct run *added = &list->items[list->count];
    *added = (struct run){.no = next_number(list)};
    list->count++;
    return run_extend(t, kind, added, rows, count);
}

enum err runs_add_all(struct txn *t, enum runs_kind kind, const struct row *rows, size_t count)
{
    struct runs_list list;
    if (count == 0)
        return OK;
    enum err err = runs_list_get(t, kind, &list);
    if (err == OK)
        err = run_add(t, kind, &list, rows, count);
    return err == OK ? merge_some(t, kind, &list, MERGE_PACE * count) : err;
}

static enum err loose_count(struct txn *t, enum runs_kind kind, const struct runs_list *list,
                            uint64_t *loose)
{
    uint64_t others = list->count > 0;             /* the list itself */
    enum err err = table_count(t, runs_table(kind), loose);
    if (err != OK)
        return err;
    for (unsigned i = 0; i < list->count; i++)
        others += list->items[i].chunks;
    if (*loose < others)
        return ERR_CORRUPT;
    *loose -= others;
    return OK;
}

/* All loose rows become a run. */
static enum err loose_gather(struct txn *t, enum runs_kind kind, struct runs_list *list)
{
    enum { MOST = RUNS_LOOSE_MAX + 1 };
    struct row *rows = malloc(MOST * sizeof *rows);
    size_t count;
    enum err err = rows == NULL ? ERR_NOMEM : OK;
    if (err == OK)
        err = rows_read(t, kind, NULL, 0, true, rows, MOST, &count);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct run_key key;
        run_key(kind, RUN_LOOSE, &rows[i], &key);
        err = table_del(t, runs_table(kind), span_of(key.b, key.len));
    }
    if (err == OK)
        err = run_add(t, kind, list, rows, count);
    free(rows);
    return err;
}

enum err runs_add(struct txn *t, enum runs_kind kind, const struct row *row)
{
    struct runs_list list;
    struct run_key key;
    uint64_t loose = 0;
    run_key(kind, RUN_LOOSE, row, &key);
    enum err err = table_put(t, runs_table(kind), span_of(key.b, key.len), span_of("", 0));
    if (err == OK)
        err = runs_list_get(t, kind, &list);
    if (err == OK)
        err = loose_count(t, kind, &list, &loose);
    if (err == OK && loose > RUNS_LOOSE_MAX)
        err = loose_gather(t, kind, &list);
    else if (err == OK && (loose % MERGE_EVERY != 0 || list.count < 2))
        return OK;
    return err == OK ? merge_some(t, kind, &list, MERGE_PACE * MERGE_EVERY) : err;
}

enum err runs_count(struct txn *t, enum runs_kind kind, unsigned *runs, uint64_t *rows)
{
    struct runs_list list;
    enum err err = runs_list_get(t, kind, &list);
    if (err == OK)
        err = loose_count(t, kind, &list, rows);
    if (err != OK)
        return err;
    *runs = list.count;
    for (unsigned i = 0; i < list.count; i++)
        *rows += list.items[i].rows;
    return OK;
}
