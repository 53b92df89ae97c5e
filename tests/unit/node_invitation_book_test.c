#include "node/invitation_book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"

enum { NOW_S = 1800000000, HOUR_S = 3600 };

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct invitation_book));
    return *state == NULL ? 1 : 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static struct invited *add(struct invitation_book *b, uint8_t name, uint64_t expires_s)
{
    struct invitation_order o = {.verb = INVITATION_MAKE, .expires_s = expires_s,
                                 .member = "zhujian"};
    struct invited *row = NULL;
    memset(o.name, name, sizeof o.name);
    assert_int_equal(invited_add(b, &o, "E001", NOW_S, &row), OK);
    return row;
}

static enum err added(struct invitation_book *b, uint8_t name, uint64_t expires_s)
{
    struct invitation_order o = {.verb = INVITATION_MAKE, .expires_s = expires_s,
                                 .member = "zhujian"};
    struct invited *row = NULL;
    memset(o.name, name, sizeof o.name);
    return invited_add(b, &o, "E001", NOW_S, &row);
}

static const struct xpubkey ONE = {{1}}, TWO = {{2}};

static void an_invitation_ends_with_its_time(void **state)
{
    struct invitation_book *b = *state;
    struct invited *row = add(b, 1, NOW_S + HOUR_S);
    assert_int_equal(invited_check(row, NOW_S + HOUR_S - 1), OK);
    assert_int_equal(invited_check(row, NOW_S + HOUR_S), ERR_NOTFOUND);
    assert_int_equal(invited_use(row, &ONE, span_of("r", 1), NOW_S + HOUR_S), ERR_NOTFOUND);
    assert_false(invitation_book_prune(b, NOW_S + HOUR_S - 1));
    assert_true(invitation_book_prune(b, NOW_S + HOUR_S));
    assert_int_equal(b->count, 0);
}

static void an_invitation_is_used_by_one_key(void **state)
{
    struct invitation_book *b = *state;
    struct invited *row = add(b, 1, NOW_S + HOUR_S);
    assert_null(invited_waiting(b, "zhujian"));
    assert_int_equal(invited_use(row, &ONE, span_of("first", 5), NOW_S), OK);
    assert_int_equal(invited_use(row, &TWO, span_of("other", 5), NOW_S), ERR_EXISTS);
    assert_int_equal(invited_use(row, &ONE, span_of("again", 5), NOW_S), OK);
    assert_ptr_equal(invited_waiting(b, "zhujian"), row);
    assert_int_equal(row->request_len, 5);
    assert_memory_equal(row->request, "again", 5);
    assert_null(invited_waiting(b, "gongan"));
}

static void a_request_waits_beyond_the_time_of_its_invitation(void **state)
{
    struct invitation_book *b = *state;
    struct invited *row = add(b, 1, NOW_S + HOUR_S);
    assert_int_equal(invited_use(row, &ONE, span_of("r", 1), NOW_S), OK);
    assert_int_equal(invited_check(row, NOW_S + INVITATION_MAX_AGE_S - 1), OK);
    assert_int_equal(invited_use(row, &ONE, span_of("r", 1), NOW_S + 2 * HOUR_S), OK);
    assert_int_equal(invited_check(row, NOW_S + INVITATION_MAX_AGE_S), ERR_NOTFOUND);
    row->state = INVITED_REVOKED;
    assert_int_equal(invited_check(row, NOW_S), ERR_NOTFOUND);
}

static void names_are_used_once_and_times_are_bounded(void **state)
{
    struct invitation_book *b = *state;
    assert_int_equal(added(b, 1, NOW_S), ERR_RANGE);
    assert_int_equal(added(b, 1, NOW_S + INVITATION_MAX_AGE_S + 1), ERR_RANGE);
    assert_int_equal(added(b, 1, NOW_S + INVITATION_MAX_AGE_S), OK);
    b->rows[0].state = INVITED_REVOKED;
    assert_int_equal(added(b, 1, NOW_S + HOUR_S), ERR_EXISTS);
}

static void the_book_has_an_end(void **state)
{
    struct invitation_book *b = *state;
    for (unsigned i = 0; i < INVITATIONS_MAX; i++)
        (void)add(b, (uint8_t)i, NOW_S + HOUR_S + i);
    assert_int_equal(added(b, 200, NOW_S + HOUR_S), ERR_BUSY);
    assert_memory_not_equal(b->rows[0].secret, b->rows[1].secret, NOISE_PSK_BYTES);
    assert_true(invitation_book_prune(b, NOW_S + HOUR_S));
    assert_int_equal(added(b, 200, NOW_S + HOUR_S), OK);
}

static void the_file_comes_back_and_any_changed_byte_is_found(void **state)
{
    struct invitation_book *b = *state, *again = calloc(1, sizeof *again);
    struct buffer bytes = {0};
    struct invited *row = add(b, 1, NOW_S + HOUR_S);
    (void)add(b, 2, NOW_S + 2 * HOUR_S);
    assert_non_null(again);
    assert_int_equal(invited_use(row, &ONE, span_of("request", 7), NOW_S), OK);
    assert_int_equal(invitation_book_encode(b, &bytes), OK);
    assert_int_equal(invitation_book_decode(again, buffer_span(&bytes)), OK);
    assert_int_equal(again->count, 2);
    assert_memory_equal(again->rows, b->rows, 2 * sizeof b->rows[0]);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 0x40;
        assert_int_not_equal(invitation_book_decode(again, buffer_span(&bytes)), OK);
        assert_int_equal(again->count, 0);
        bytes.data[i] ^= 0x40;
        assert_int_not_equal(invitation_book_decode(again, span_of(bytes.data, i)), OK);
    }
    buffer_clear(&bytes);
    free(again);
}

static void secrets_lie_in_a_file_for_their_owner_alone(void **state)
{
    struct invitation_book *b = *state, *again = calloc(1, sizeof *again);
    char home[] = "/tmp/jieli-book-XXXXXX", path[64];
    struct stat st;
    assert_non_null(again);
    assert_non_null(mkdtemp(home));
    assert_int_equal(invitation_book_load(again, home), OK);
    assert_int_equal(again->count, 0);
    (void)add(b, 1, NOW_S + HOUR_S);
    assert_int_equal(invitation_book_store(b, home), OK);
    snprintf(path, sizeof path, "%s/invitations", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(invitation_book_load(again, home), OK);
    assert_memory_equal(again->rows, b->rows, sizeof b->rows[0]);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0);
    free(again);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(an_invitation_ends_with_its_time),
        FRESH(an_invitation_is_used_by_one_key),
        FRESH(a_request_waits_beyond_the_time_of_its_invitation),
        FRESH(names_are_used_once_and_times_are_bounded),
        FRESH(the_book_has_an_end),
        FRESH(the_file_comes_back_and_any_changed_byte_is_found),
        FRESH(secrets_lie_in_a_file_for_their_owner_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
