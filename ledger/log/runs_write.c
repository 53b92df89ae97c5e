/* Rows put down, alone or many at once, and runs merged. */
#include <stdlib.h>
#include <string.h>

#include "ledger/log/runs_internal.h"

/* A run is merged with one before it that is less than this many times its size. */
enum { MERGE_FACTOR = 4, PIECE_CHUNKS = 128 };

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

static enum err rows_put(struct txn *t, enum runs_kind kind, uint32_t run, const struct row *rows,
                         size_t count)
{
    const size_t most = chunk_rows(kind);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i += most)
        err = chunk_put(t, kind, run, rows + i, count - i < most ? count - i : most);
    return err;
}

static uint32_t next_number(const struct runs_list *list)
{
    uint32_t greatest = RUN_LOOSE;
    for (unsigned i = 0; i < list->count; i++)
        greatest = list->items[i].no > greatest ? list->items[i].no : greatest;
    return greatest + 1;
}

/* Deletes what lies under `run`, the list of runs excepted. */
static enum err run_delete(struct txn *t, enum runs_kind kind, uint32_t run)
{
    const struct row first = {{{0}}, 0};
    struct run_key from;
    enum err err = OK;
    run_key(kind, run, &first, &from);
    while (err == OK) {
        struct run_key keys[PIECE_CHUNKS];
        struct span key, value;
        struct cursor *c;
        unsigned count = 0;
        err = cursor_open(t, runs_table(kind), span_of(from.b, from.len), &c);
        if (err != OK)
            return err;
        while (count < PIECE_CHUNKS && (err = cursor_next(c, &key, &value)) == OK &&
               key.len == from.len && load_u32(key.data) == run) {
            memcpy(keys[count].b, key.data, key.len);
            keys[count++].len = key.len;
        }
        cursor_close(c);
        if (err == ERR_NOTFOUND || err == OK)
            err = count == 0 ? ERR_NOTFOUND : OK;
        for (unsigned i = 0; err == OK && i < count; i++)
            err = table_del(t, runs_table(kind), span_of(keys[i].b, keys[i].len));
    }
    return err == ERR_NOTFOUND ? OK : err;
}

/* Copies some runs into a new one, a piece at a time: what a walk reads dies with a write. */
static enum err copy_merged(struct txn *t, enum runs_kind kind, const struct run *runs,
                            unsigned count, bool loose, uint32_t to, uint64_t *copied)
{
    const size_t most = PIECE_CHUNKS * chunk_rows(kind);
    struct row *rows = malloc(most * sizeof *rows), from = {{{0}}, 0};
    enum err err = rows == NULL ? ERR_NOMEM : OK;
    *copied = 0;
    while (err == OK) {
        struct runs_walk *w;
        size_t n = 0;
        err = runs_walk_some(t, kind, runs, count, loose, &from, &w);
        if (err != OK)
            break;
        while (n < most && (err = runs_walk_next(w, &rows[n])) == OK)
            n++;
        runs_walk_close(w);
        if (err == ERR_NOTFOUND && n > 0)
            err = OK;
        if (err == OK) {
            err = rows_put(t, kind, to, rows, n);
            *copied += n;
            from = rows[n - 1];
            from.at++;
        }
    }
    free(rows);
    return err == ERR_NOTFOUND ? OK : err;
}

static bool wants_merge(const struct runs_list *list)
{
    if (list->count < 2)
        return false;
    const uint64_t last = list->items[list->count - 1].rows;
    const uint64_t before = list->items[list->count - 2].rows;
    if (list->count == RUNS_LISTED)
        return true;
    return before + last <= RUNS_MERGE_MAX_ROWS && before < MERGE_FACTOR * last;
}

static enum err merge_last(struct txn *t, enum runs_kind kind, struct runs_list *list)
{
    struct run *pair = &list->items[list->count - 2], merged = {next_number(list), 0};
    enum err err = copy_merged(t, kind, pair, 2, false, merged.no, &merged.rows);
    if (err == OK && merged.rows != pair[0].rows + pair[1].rows)
        err = ERR_CORRUPT;
    for (unsigned i = 0; err == OK && i < 2; i++)
        err = run_delete(t, kind, pair[i].no);
    if (err != OK)
        return err;
    pair[0] = merged;
    list->count--;
    return OK;
}

/* A new run stands last in the list. */
static enum err run_added(struct txn *t, enum runs_kind kind, struct runs_list *list)
{
    enum err err = OK;
    while (err == OK && wants_merge(list))
        err = merge_last(t, kind, list);
    return err == OK ? runs_list_put(t, kind, list) : err;
}

enum err runs_add_all(struct txn *t, enum runs_kind kind, const struct row *rows, size_t count)
{
    struct runs_list list;
    if (count == 0)
        return OK;
    enum err err = runs_list_get(t, kind, &list);
    if (err != OK)
        return err;
    const struct run added = {next_number(&list), count};
    err = rows_put(t, kind, added.no, rows, count);
    list.items[list.count++] = added;
    return err == OK ? run_added(t, kind, &list) : err;
}

static enum err loose_count(struct txn *t, enum runs_kind kind, const struct runs_list *list,
                            uint64_t *loose)
{
    const size_t most = chunk_rows(kind);
    uint64_t chunks = list->count > 0;             /* the list itself */
    enum err err = table_count(t, runs_table(kind), loose);
    if (err != OK)
        return err;
    for (unsigned i = 0; i < list->count; i++)
        chunks += (list->items[i].rows + most - 1) / most;
    if (*loose < chunks)
        return ERR_CORRUPT;
    *loose -= chunks;
    return OK;
}

static enum err loose_gather(struct txn *t, enum runs_kind kind, struct runs_list *list)
{
    struct run added = {next_number(list), 0};
    enum err err = copy_merged(t, kind, NULL, 0, true, added.no, &added.rows);
    if (err == OK)
        err = run_delete(t, kind, RUN_LOOSE);
    if (err != OK)
        return err;
    list->items[list->count++] = added;
    return run_added(t, kind, list);
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
    return err == OK && loose > RUNS_LOOSE_MAX ? loose_gather(t, kind, &list) : err;
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
