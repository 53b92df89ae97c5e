/* Rows of a catch-up in memory, and the filter of nonces before the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/fresh.h"
#include "tests/support/log_fixture.h"

enum { STORED = 2000, OTHERS = 20000 };

struct shelf { char home[128]; struct store *store; struct txn *txn; struct fresh fresh; };

static uint64_t nonce_of(unsigned i)
{
    return (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    struct row *rows = calloc(STORED, sizeof *rows);
    assert_non_null(s);
    assert_non_null(rows);
    scratch_create(s->home, sizeof s->home);
    assert_int_equal(store_open(&s->store, s->home, true, false), OK);
    assert_int_equal(txn_write(s->store, &s->txn), OK);
    for (unsigned i = 0; i < STORED; i++)
        rows[i] = (struct row){row_key_short(nonce_of(i)), i};
    assert_int_equal(rows_sort(rows, STORED), OK);
    assert_int_equal(runs_add_all(s->txn, RUNS_NONCE, rows, STORED), OK);
    free(rows);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    fresh_clear(&s->fresh);
    txn_abort(s->txn);
    store_close(s->store);
    scratch_remove(s->home);
    free(s);
    return 0;
}

static unsigned maybe_used(const struct shelf *s, unsigned from, unsigned to)
{
    unsigned count = 0;
    for (unsigned i = from; i < to; i++)
        count += fresh_maybe_used(&s->fresh, nonce_of(i));
    return count;
}

static void a_filter_lets_every_nonce_of_the_store_through_and_few_others(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(fresh_filter(&s->fresh, s->txn), OK);
    assert_int_equal(maybe_used(s, 0, STORED), STORED);
    assert_true(maybe_used(s, STORED, STORED + OTHERS) < OTHERS / 100);
}

/* The last chunk, so that the nonces before it are in the filter when that is met. */
static void damage(struct shelf *s)
{
    struct cursor *c;
    struct span key, value, last = {NULL, 0}, last_value = {NULL, 0};
    uint8_t copy[4096], copy_key[64];
    assert_int_equal(cursor_open(s->txn, TABLE_NONCE, span_of("\0\0\0\1", 4), &c), OK);
    while (cursor_next(c, &key, &value) == OK) {
        last = key;
        last_value = value;
    }
    memcpy(copy_key, last.data, last.len);
    memcpy(copy, last_value.data, last_value.len);
    copy[last_value.len / 2] ^= 1;
    cursor_close(c);
    assert_int_equal(table_put(s->txn, TABLE_NONCE, span_of(copy_key, last.len),
                               span_of(copy, last_value.len)), OK);
}

/* Half a filter would say of the others that nobody used them. */
static void a_filter_that_could_not_be_made_is_none(void **state)
{
    struct shelf *s = *state;
    damage(s);
    assert_int_equal(fresh_filter(&s->fresh, s->txn), ERR_CORRUPT);
    assert_int_equal(maybe_used(s, 0, STORED), STORED);
    assert_int_equal(fresh_filter(&s->fresh, s->txn), ERR_CORRUPT);
}

#define WITH_SHELF(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHELF(a_filter_lets_every_nonce_of_the_store_through_and_few_others),
        WITH_SHELF(a_filter_that_could_not_be_made_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
