// link: -Wl,--wrap=mdb_txn_commit -Wl,--wrap=mdb_put -Wl,--wrap=pwrite -Wl,--wrap=fdatasync
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "tests/support/gate_fixture.h"

/* One fault at a time: the step that fails, and whether its effect happens all the same. */
enum step { STEP_NONE, STEP_PUT, STEP_COMMIT, STEP_WRITE, STEP_FLUSH };
enum effect { NOT_DONE, DONE, SILENTLY_NOT_DONE };

static struct fault { enum step step; enum effect effect; int error; } fault;

static bool strikes(enum step step)
{
    if (fault.step != step)
        return false;
    fault.step = STEP_NONE;
    return true;
}

int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!strikes(STEP_COMMIT))
        return __real_mdb_txn_commit(txn);
    if (fault.effect == DONE)
        assert_int_equal(__real_mdb_txn_commit(txn), 0);
    else
        mdb_txn_abort(txn);
    return fault.effect == SILENTLY_NOT_DONE ? 0 : fault.error;
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    if (!strikes(STEP_PUT))
        return __real_mdb_put(txn, dbi, key, data, flags);
    if (fault.effect == DONE)
        assert_int_equal(__real_mdb_put(txn, dbi, key, data, flags), 0);
    return fault.error;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    if (!strikes(STEP_WRITE))
        return __real_pwrite(fd, bytes, len, at);
    if (fault.effect == DONE)
        assert_int_equal(__real_pwrite(fd, bytes, len, at), len);
    errno = fault.error;
    return -1;
}

int __wrap_fdatasync(int fd)
{
    if (!strikes(STEP_FLUSH))
        return __real_fdatasync(fd);
    if (fault.effect == DONE)
        assert_int_equal(__real_fdatasync(fd), 0);
    errno = fault.error;
    return -1;
}

static int setup(void **state)
{
    struct node *n = calloc(1, sizeof *n);
    assert_non_null(n);
    fault = (struct fault){0};
    node_init(n);
    *state = n;
    return 0;
}

static int teardown(void **state)
{
    node_clear(*state);
    free(*state);
    return 0;
}

static void appends_of_every_length_are_sealed(void **state)
{
    struct node *n = *state;
    const uint64_t sizes[] = {1, 2, 64, 255, 256, 257, 600, 1024, 1025};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct checkpoint c;
        struct hash root;
        assert_int_equal(appended(n, sizes[i]), OK);
        assert_int_equal(checkpoint_verify(&c, buffer_span(&n->note), n->f.log.origin,
                                           &n->f.log.node_key), OK);
        entries_root(sizes[i], &root);
        assert_true(hash_equal(&c.root, &root));
        assert_int_equal(last_head_now(n).size, sizes[i]);
        if (i % 3 == 0)
            assert_int_equal(restarted(n), OK);
    }
    whole_again(n, 1025);
}

static void a_failing_write_in_the_transaction_stores_nothing(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 10), OK);
    for (int effect = NOT_DONE; effect <= DONE; effect++) {
        uint64_t size = n->published;
        fault = (struct fault){STEP_PUT, (enum effect)effect, ENOSPC};
        assert_int_equal(appended(n, size + 1), ERR_DISK_FULL);
        assert_int_equal(last_head_now(n).size, size);
        whole_again(n, size);
    }
}

static void a_full_disk_at_commit_leaves_the_old_head(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 255), OK);
    fault = (struct fault){STEP_COMMIT, NOT_DONE, ENOSPC};
    assert_int_equal(appended(n, 256), ERR_DISK_FULL);
    assert_int_equal(last_head_now(n).size, 255);
    whole_again(n, 255);
}

static void a_node_goes_on_after_a_full_disk_without_a_restart(void **state)
{
    struct node *n = *state;
    struct txn *t;
    assert_int_equal(appended(n, 5), OK);
    fault = (struct fault){STEP_COMMIT, NOT_DONE, ENOSPC};
    assert_int_equal(appended(n, 9), ERR_DISK_FULL);
    assert_int_equal(txn_read(n->f.store, &t), OK);
    assert_int_equal(log_load(t, n->f.log.no, &n->f.log), OK);
    txn_abort(t);
    assert_int_equal(n->f.log.frontier.size, 5);
    assert_int_equal(appended(n, 7), OK);
    whole_again(n, 7);
}

static void a_commit_that_failed_unstored_is_uncertain(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 300), OK);
    fault = (struct fault){STEP_COMMIT, NOT_DONE, EIO};
    assert_int_equal(appended(n, 301), ERR_UNCERTAIN);
    assert_int_equal(last_head_now(n).size, 300);
    whole_again(n, 300);
}

static void a_commit_that_failed_stored_is_uncertain_and_sealed_at_the_next_start(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 300), OK);
    fault = (struct fault){STEP_COMMIT, DONE, EIO};
    assert_int_equal(appended(n, 600), ERR_UNCERTAIN);
    assert_int_equal(last_head_now(n).size, 300);
    assert_int_equal(n->published, 300);
    whole_again(n, 600);
}

static void a_commit_that_lied_is_found_before_publishing(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 3), OK);
    fault = (struct fault){STEP_COMMIT, SILENTLY_NOT_DONE, 0};
    assert_int_equal(appended(n, 4), ERR_CORRUPT);
    assert_int_equal(last_head_now(n).size, 3);
    struct txn *t;
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(gate_sign(n->gate, t, &n->f.log, &n->note), ERR_UNCERTAIN);
    txn_abort(t);
    assert_int_equal(gate_confirm(n->gate, &n->f.log, 3), ERR_UNCERTAIN);
    whole_again(n, 3);
}

static void a_last_head_write_that_fails_publishes_nothing(void **state)
{
    struct node *n = *state;
    const enum step steps[] = {STEP_WRITE, STEP_FLUSH};
    assert_int_equal(appended(n, 254), OK);
    for (size_t i = 0; i < 2; i++)
        for (int effect = NOT_DONE; effect <= DONE; effect++) {
            uint64_t size = n->published;
            fault = (struct fault){steps[i], (enum effect)effect, EIO};
            assert_int_equal(appended(n, size + 1), ERR_IO);
            assert_int_equal(n->published, size);
            whole_again(n, size + 1);
        }
}

static void a_failing_seal_at_the_start_keeps_the_gate_shut(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 2), OK);
    fault = (struct fault){STEP_COMMIT, DONE, EIO};
    assert_int_equal(appended(n, 3), ERR_UNCERTAIN);
    gate_close(n->gate);
    n->gate = NULL;
    log_fixture_reopen(&n->f);
    fault = (struct fault){STEP_FLUSH, NOT_DONE, EIO};
    assert_int_equal(gate_open(&n->gate, n->f.home, n->f.store, &n->f.log, n->f.key), ERR_IO);
    whole_again(n, 3);
}

static void a_log_that_is_not_an_extension_is_not_signed(void **state)
{
    struct node *n = *state;
    struct txn *t;
    struct log shorter = n->f.log;
    assert_int_equal(appended(n, 4), OK);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(gate_sign(n->gate, t, &shorter, &n->note), ERR_OLD_HEAD);
    struct log forged = n->f.log;
    forged.frontier.roots[0].b[0] ^= 1;
    assert_int_equal(gate_sign(n->gate, t, &forged, &n->note), ERR_FORK);
    txn_abort(t);
}

/* Puts back an older copy of the database beside the present last-head. */
static void data_restored(struct node *n, const char *copy)
{
    gate_close(n->gate);
    n->gate = NULL;
    store_close(n->f.store);
    n->f.store = NULL;
    fixture_file_copy(copy, n->data);
}

static void a_rollback_is_refused(void **state)
{
    struct node *n = *state;
    char copy[200];
    snprintf(copy, sizeof copy, "%s/copy", n->f.home);
    assert_int_equal(appended(n, 10), OK);
    fixture_file_copy(n->data, copy);
    assert_int_equal(appended(n, 11), OK);
    data_restored(n, copy);
    assert_int_equal(restarted(n), ERR_ROLLBACK);
    assert_int_equal(last_head_now(n).size, 11);
}

static void an_empty_store_beside_a_published_head_is_a_rollback(void **state)
{
    struct node *n = *state;
    char copy[200];
    snprintf(copy, sizeof copy, "%s/copy", n->f.home);
    fixture_file_copy(n->data, copy);
    assert_int_equal(appended(n, 1), OK);
    data_restored(n, copy);
    assert_int_equal(restarted(n), ERR_ROLLBACK);
}

static void a_home_without_its_last_head_is_refused(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 1), OK);
    assert_int_equal(unlink(n->last_head), 0);
    assert_int_equal(restarted(n), ERR_ROLLBACK);
}

/* Grows a copy of the log by entries of another text, past the gate of its twin. */
static void twin_grown(struct node *n, const char *copy, const char *saved, uint64_t count)
{
    struct span entry = span_of("twin", 4);
    struct hash leaf;
    struct txn *t;
    merkle_leaf(entry, &leaf);
    data_restored(n, copy);
    fixture_file_copy(saved, n->last_head);
    assert_int_equal(restarted(n), OK);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(txn_write(n->f.store, &t), OK);
        assert_int_equal(log_append(t, &n->f.log, &entry, &leaf, 1), OK);
        assert_int_equal(gate_sign(n->gate, t, &n->f.log, &n->note), OK);
        assert_int_equal(txn_commit(t), OK);
        assert_int_equal(gate_confirm(n->gate, &n->f.log, n->f.log.frontier.size - 1), OK);
    }
}

static void a_fork_at_the_same_size_or_later_is_refused(void **state)
{
    struct node *n = *state;
    char copy[200], before[200], after[200];
    snprintf(copy, sizeof copy, "%s/copy", n->f.home);
    snprintf(before, sizeof before, "%s/before", n->f.home);
    snprintf(after, sizeof after, "%s/after", n->f.home);
    assert_int_equal(appended(n, 10), OK);
    fixture_file_copy(n->data, copy);
    fixture_file_copy(n->last_head, before);
    assert_int_equal(appended(n, 11), OK);
    fixture_file_copy(n->last_head, after);
    for (uint64_t count = 1; count <= 300; count += 299) {
        twin_grown(n, copy, before, count);
        fixture_file_copy(after, n->last_head);
        assert_int_equal(restarted(n), ERR_FORK);
        assert_int_equal(last_head_now(n).size, 11);
    }
}

static void another_key_does_not_open_the_gate(void **state)
{
    struct node *n = *state;
    struct signkey *other;
    struct gate *gate;
    assert_int_equal(signkey_create(&other), OK);
    assert_int_equal(gate_open(&gate, n->f.home, n->f.store, &n->f.log, other), ERR_KEY);
    signkey_free(other);
}

static void a_new_epoch_starts_from_nothing_and_an_old_one_stays_shut(void **state)
{
    struct node *n = *state;
    struct log old = n->f.log, next;
    struct txn *t;
    assert_int_equal(appended(n, 10), OK);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(log_create(t, "dept-1", 1, signkey_public(n->f.key), "o/1", &next), OK);
    assert_int_equal(txn_commit(t), OK);
    n->f.log = next;
    assert_int_equal(restarted(n), OK);
    n->published = 0;
    assert_int_equal(appended(n, 2), OK);
    assert_int_equal(last_head_now(n).epoch, 1);
    whole_again(n, 2);
    n->f.log = old;
    assert_int_equal(restarted(n), ERR_ROLLBACK);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(appends_of_every_length_are_sealed),
        WITH_NODE(a_failing_write_in_the_transaction_stores_nothing),
        WITH_NODE(a_full_disk_at_commit_leaves_the_old_head),
        WITH_NODE(a_node_goes_on_after_a_full_disk_without_a_restart),
        WITH_NODE(a_commit_that_failed_unstored_is_uncertain),
        WITH_NODE(a_commit_that_failed_stored_is_uncertain_and_sealed_at_the_next_start),
        WITH_NODE(a_commit_that_lied_is_found_before_publishing),
        WITH_NODE(a_last_head_write_that_fails_publishes_nothing),
        WITH_NODE(a_failing_seal_at_the_start_keeps_the_gate_shut),
        WITH_NODE(a_log_that_is_not_an_extension_is_not_signed),
        WITH_NODE(a_rollback_is_refused),
        WITH_NODE(an_empty_store_beside_a_published_head_is_a_rollback),
        WITH_NODE(a_home_without_its_last_head_is_refused),
        WITH_NODE(a_fork_at_the_same_size_or_later_is_refused),
        WITH_NODE(another_key_does_not_open_the_gate),
        WITH_NODE(a_new_epoch_starts_from_nothing_and_an_old_one_stays_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
