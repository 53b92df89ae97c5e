/* Rows under keys that are hashes: loose, in runs, merged by steps. A plain list is the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/runs_internal.h"
#include "tests/support/log_fixture.h"

struct shelf {
    char home[128];
    struct store *store;
    struct txn *txn;
    struct row *rows;                  /* the model */
    size_t count, cap;
    uint64_t random;
};

static uint64_t draw(struct shelf *s)
{
    s->random = s->random * 6364136223846793005U + 1442695040888963407U;
    return s->random ^ (s->random >> 29);
}

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    scratch_create(s->home, sizeof s->home);
    assert_int_equal(store_open(&s->store, s->home, true, false), OK);
    assert_int_equal(txn_write(s->store, &s->txn), OK);
    s->random = 7;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    txn_abort(s->txn);
    store_close(s->store);
    scratch_remove(s->home);
    free(s->rows);
    free(s);
    return 0;
}

static void next_txn(struct shelf *s)
{
    assert_int_equal(txn_commit(s->txn), OK);
    assert_int_equal(txn_write(s->store, &s->txn), OK);
}

/* Few keys, so that many rows share one. */
static struct row make(struct shelf *s, enum runs_kind kind, unsigned keys)
{
    const uint64_t key = draw(s) % keys;
    struct row r = {.at = draw(s) >> 16};
    r.key.words[0] = key * 0x9e3779b97f4a7c15U;
    if (kind == RUNS_CASE)             /* some differ in their last byte alone */
        r.key.words[3] = draw(s) & 1;
    return r;
}

static void model_add(struct shelf *s, const struct row *row)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 1024 : 2 * s->cap;
        s->rows = realloc(s->rows, s->cap * sizeof *s->rows);
        assert_non_null(s->rows);
    }
    s->rows[s->count++] = *row;
}

static void add_one(struct shelf *s, enum runs_kind kind, unsigned keys)
{
    const struct row r = make(s, kind, keys);
    model_add(s, &r);
    assert_int_equal(runs_add(s->txn, kind, &r), OK);
}

static void add_many(struct shelf *s, enum runs_kind kind, unsigned keys, size_t count)
{
    struct row *rows = calloc(count, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = make(s, kind, keys);
        model_add(s, &rows[i]);
    }
    assert_int_equal(rows_sort(rows, count), OK);
    for (size_t i = 1; i < count; i++)
        assert_true(row_compare(&rows[i - 1], &rows[i]) < 0);
    assert_int_equal(runs_add_all(s->txn, kind, rows, count), OK);
    free(rows);
}

static void expect_key(struct shelf *s, enum runs_kind kind, struct row_key key)
{
    uint64_t *at = NULL;
    size_t count = 0, wanted = 0;
    enum err err = runs_find(s->txn, kind, &key, &at, &count);
    for (size_t i = 0; i < s->count; i++) {
        if (!row_key_equal(&s->rows[i].key, &key))
            continue;
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found = found || at[k] == s->rows[i].at;
        assert_true(found);
        wanted++;
    }
    assert_int_equal(err, wanted == 0 ? ERR_NOTFOUND : OK);
    assert_int_equal(count, wanted);
    for (size_t k = 1; k < count; k++)
        assert_true(at[k - 1] < at[k]);
    free(at);
}

/* A walk from a row gives all the rest in order. */
static void expect_walk(struct shelf *s, enum runs_kind kind, uint64_t from)
{
    struct runs_walk *w;
    const struct row_key key = {{from, 0, 0, 0}};
    struct row r, last = {{{0}}, 0};
    size_t n = 0, wanted = 0;
    enum err err;
    for (size_t i = 0; i < s->count; i++)
        wanted += s->rows[i].key.words[0] >= from;
    assert_int_equal(runs_walk_open(s->txn, kind, &key, &w), OK);
    while ((err = runs_walk_next(w, &r)) == OK) {
        assert_true(r.key.words[0] >= from && (n == 0 || row_compare(&last, &r) < 0));
        last = r;
        n++;
    }
    runs_walk_close(w);
    assert_int_equal(err, ERR_NOTFOUND);
    assert_int_equal(n, wanted);
}

static void expect_model(struct shelf *s, enum runs_kind kind, unsigned keys)
{
    uint64_t rows;
    unsigned runs;
    for (unsigned i = 0; i < 50; i++) {
        struct row r = make(s, kind, keys);
        expect_key(s, kind, r.key);
        r.key.words[0]++;
        expect_key(s, kind, r.key);
    }
    expect_walk(s, kind, 0);
    expect_walk(s, kind, draw(s));
    assert_int_equal(runs_count(s->txn, kind, &runs, &rows), OK);
    assert_int_equal(rows, s->count);
    assert_true(runs <= 12);
}

static void loose_rows_and_runs_answer_like_a_list(void **state)
{
    struct shelf *s = *state;
    for (enum runs_kind kind = RUNS_ID; kind < RUNS_KINDS; kind++) {
        s->count = 0;
        expect_key(s, kind, (struct row_key){{1, 0, 0, 0}});
        for (unsigned round = 0; round < 12; round++) {
            add_many(s, kind, 3000, 1 + draw(s) % 9000);
            for (unsigned i = 0; i < 900; i++)
                add_one(s, kind, 3000);
            if (round % 4 == 3)
                expect_model(s, kind, 3000);
            next_txn(s);
        }
    }
}

/* More rows than several chunks hold. */
static void a_key_with_very_many_rows_is_found_whole(void **state)
{
    struct shelf *s = *state;
    add_many(s, RUNS_CASE, 2, 5000);
    add_many(s, RUNS_CASE, 400, 900);
    add_many(s, RUNS_CASE, 2, 5000);
    expect_model(s, RUNS_CASE, 2);
    expect_model(s, RUNS_CASE, 400);
}

static void keys_that_somebody_chose_are_sorted_too(void **state)
{
    struct shelf *s = *state;
    enum { COUNT = 60000 };
    struct row *rows = calloc(COUNT, sizeof *rows);
    assert_non_null(rows);
    for (unsigned i = 0; i < COUNT; i++)
        rows[i] = (struct row){{{draw(s) % 1000, draw(s) % 3, 0, 0}}, COUNT - i};
    assert_int_equal(rows_sort(rows, COUNT), OK);
    for (unsigned i = 1; i < COUNT; i++)
        assert_true(row_compare(&rows[i - 1], &rows[i]) < 0);
    free(rows);
}

/* Changes one byte of the chunk value that is `skip` chunks from the first, at `byte`. */
static void damage(struct shelf *s, unsigned skip, size_t byte)
{
    struct cursor *c;
    struct span key, value;
    uint8_t copy[4096], copy_key[64];
    assert_int_equal(cursor_open(s->txn, TABLE_ID, span_of("\0\0\0\1", 4), &c), OK);
    do {
        assert_int_equal(cursor_next(c, &key, &value), OK);
    } while (skip-- > 0);
    memcpy(copy_key, key.data, key.len);
    memcpy(copy, value.data, value.len);
    copy[byte % value.len] ^= 0x10;
    const struct span damaged_key = span_of(copy_key, key.len);
    const struct span damaged = span_of(copy, value.len);
    cursor_close(c);
    assert_int_equal(table_put(s->txn, TABLE_ID, damaged_key, damaged), OK);
}

static void a_damaged_chunk_is_found_by_a_walk_and_by_a_merge(void **state)
{
    struct shelf *s = *state;
    struct runs_walk *w;
    struct row r;
    uint64_t *at;
    size_t count;
    enum err err;
    add_many(s, RUNS_ID, 100000, 2000);
    damage(s, 3, 1234);
    assert_int_equal(runs_walk_open(s->txn, RUNS_ID, NULL, &w), OK);
    while ((err = runs_walk_next(w, &r)) == OK)
        continue;
    runs_walk_close(w);
    assert_int_equal(err, ERR_CORRUPT);
    r = make(s, RUNS_ID, 100000);
    assert_int_equal(runs_add_all(s->txn, RUNS_ID, &r, 1), OK);
    struct row *rows = calloc(1000, sizeof *rows);
    assert_non_null(rows);
    for (unsigned i = 0; i < 1000; i++)
        rows[i] = make(s, RUNS_ID, 100000);
    assert_int_equal(rows_sort(rows, 1000), OK);
    assert_int_equal(runs_add_all(s->txn, RUNS_ID, rows, 1000), ERR_CORRUPT);
    free(rows);
    damage(s, 0, 0);                       /* no longer what its key says */
    r = s->rows[0];
    for (size_t i = 1; i < s->count; i++)
        r = row_compare(&s->rows[i], &r) < 0 ? s->rows[i] : r;
    assert_int_equal(runs_find(s->txn, RUNS_ID, &r.key, &at, &count), ERR_CORRUPT);
}

static void one_by_one_or_all_at_once_is_the_same(void **state)
{
    struct shelf *s = *state;
    struct runs_walk *a, *b;
    struct row x, y, *rows = calloc(9000, sizeof *rows);
    enum err err;
    assert_non_null(rows);
    for (unsigned i = 0; i < 9000; i++) {
        rows[i] = make(s, RUNS_NONCE, 1U << 30);
        assert_int_equal(runs_add(s->txn, RUNS_NONCE, &rows[i]), OK);
    }
    assert_int_equal(rows_sort(rows, 9000), OK);
    assert_int_equal(runs_add_all(s->txn, RUNS_ID, rows, 9000), OK);
    assert_int_equal(runs_walk_open(s->txn, RUNS_NONCE, NULL, &a), OK);
    assert_int_equal(runs_walk_open(s->txn, RUNS_ID, NULL, &b), OK);
    while ((err = runs_walk_next(a, &x)) == OK) {
        assert_int_equal(runs_walk_next(b, &y), OK);
        assert_int_equal(row_compare(&x, &y), 0);
    }
    assert_int_equal(err, ERR_NOTFOUND);
    assert_int_equal(runs_walk_next(b, &y), ERR_NOTFOUND);
    runs_walk_close(a);
    runs_walk_close(b);
    free(rows);
}

/* Runs of which the last two are about to be merged, with the first step done. */
static void begin_merge(struct shelf *s, enum runs_kind kind)
{
    struct runs_list list;
    for (unsigned i = 0; i < 2 * (RUNS_LOOSE_MAX + 1); i++)
        add_one(s, kind, 1U << 30);
    assert_int_equal(runs_list_get(s->txn, kind, &list), OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.made, 2);
    assert_true(list.items[2].rows > 0 && list.items[2].rows < 3000);
}

/* After each step, and in each commit, all is there once; in the end there is one run. */
static void rows_are_found_at_every_step_of_a_merge(void **state)
{
    struct shelf *s = *state;
    for (enum runs_kind kind = RUNS_ID; kind < RUNS_KINDS; kind++) {
        struct runs_list list = {.made = 1};
        unsigned steps = 0;
        s->count = 0;
        begin_merge(s, kind);
        for (; list.made != 0; steps++) {
            for (unsigned i = 0; i < 64; i++)
                add_one(s, kind, 1U << 30);
            next_txn(s);
            expect_walk(s, kind, 0);
            expect_walk(s, kind, draw(s));
            for (unsigned i = 0; i < 20; i++)
                expect_key(s, kind, s->rows[draw(s) % s->count].key);
            assert_int_equal(runs_list_get(s->txn, kind, &list), OK);
        }
        assert_in_range(steps, 6, 9);
        assert_int_equal(list.count, 1);
        assert_int_equal(list.items[0].rows, 2 * (RUNS_LOOSE_MAX + 1));
        expect_model(s, kind, 3000);
    }
}

/* New and old pages of a great run at once would double its share of the file. */
static void merging_leaves_few_pages_free(void **state)
{
    enum { COMMITS = 250, ROWS = 256 };
    struct shelf *s = *state;
    uint64_t used, file;
    for (unsigned i = 0; i < COMMITS; i++) {
        for (unsigned k = 0; k < ROWS; k++) {
            const struct row r = make(s, RUNS_CASE, 1U << 30);
            assert_int_equal(runs_add(s->txn, RUNS_CASE, &r), OK);
        }
        next_txn(s);
        assert_int_equal(store_size(s->store, &used, &file), OK);
        assert_true(file - used < 2 << 20);
    }
    assert_true(used < COMMITS * ROWS * 50);
}

/* A run of one full chunk, as it lies in the store. */
static void put_run(struct shelf *s, struct runs_list *list)
{
    struct row rows[CHUNK_MAX_ROWS];
    struct run_key key;
    uint8_t value[CHUNK_BYTES];
    const uint32_t no = list->count + 1, count = (CHUNK_BYTES - CHUNK_SUM_BYTES) / 16;
    for (unsigned i = 0; i < count; i++) {
        rows[i] = make(s, RUNS_ID, 1U << 30);
        model_add(s, &rows[i]);
    }
    assert_int_equal(rows_sort(rows, count), OK);
    for (unsigned i = 0; i < count; i++)
        row_encode(RUNS_ID, &rows[i], value + 16 * (size_t)i);
    run_key(RUNS_ID, no, &rows[0], &key);
    const struct span at = span_of(key.b, key.len);
    chunk_sum(at, span_of(value, 16 * (size_t)count), value + 16 * (size_t)count);
    assert_int_equal(table_put(s->txn, TABLE_ID, at, span_of(value, sizeof value)), OK);
    list->items[list->count++] = (struct run){no, count, 1};
}

/* One row pays for a step of one chunk alone. */
static void runs_that_are_too_many_are_merged_at_once(void **state)
{
    struct shelf *s = *state;
    struct runs_list list = {.count = 0};
    while (list.count < RUNS_MAX - 1)
        put_run(s, &list);
    assert_int_equal(runs_list_put(s->txn, RUNS_ID, &list), OK);
    expect_walk(s, RUNS_ID, 0);
    add_many(s, RUNS_ID, 1U << 30, 1);
    assert_int_equal(runs_list_get(s->txn, RUNS_ID, &list), OK);
    assert_true(list.count < RUNS_MAX);
    expect_walk(s, RUNS_ID, 0);
}

static void a_list_of_runs_that_lies_is_found(void **state)
{
    struct shelf *s = *state;
    struct runs_list list, other;
    enum err err = OK;
    begin_merge(s, RUNS_ID);
    assert_int_equal(runs_list_get(s->txn, RUNS_ID, &list), OK);
    other = list;
    other.made = 1;                        /* nothing stands two places before it */
    assert_int_equal(runs_list_put(s->txn, RUNS_ID, &other), OK);
    assert_int_equal(runs_list_get(s->txn, RUNS_ID, &other), ERR_CORRUPT);
    list.items[0].rows++;
    assert_int_equal(runs_list_put(s->txn, RUNS_ID, &list), OK);
    for (unsigned i = 0; err == OK && i < 64 * 10; i++) {
        const struct row r = make(s, RUNS_ID, 1U << 30);
        err = runs_add(s->txn, RUNS_ID, &r);
    }
    assert_int_equal(err, ERR_CORRUPT);
}

#define WITH_SHELF(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHELF(loose_rows_and_runs_answer_like_a_list),
        WITH_SHELF(a_key_with_very_many_rows_is_found_whole),
        WITH_SHELF(keys_that_somebody_chose_are_sorted_too),
        WITH_SHELF(a_damaged_chunk_is_found_by_a_walk_and_by_a_merge),
        WITH_SHELF(one_by_one_or_all_at_once_is_the_same),
        WITH_SHELF(rows_are_found_at_every_step_of_a_merge),
        WITH_SHELF(merging_leaves_few_pages_free),
        WITH_SHELF(runs_that_are_too_many_are_merged_at_once),
        WITH_SHELF(a_list_of_runs_that_lies_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
