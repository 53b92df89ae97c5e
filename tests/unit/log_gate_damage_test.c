#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/bundle.h"
#include "ledger/log/log_key.h"
#include "tests/support/gate_fixture.h"

static int setup(void **state)
{
    struct node *n = calloc(1, sizeof *n);
    assert_non_null(n);
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

/* Changes one bit of a stored value, durably; a second call mends it. */
static void flipped(struct node *n, enum table table, struct log_key key, size_t at)
{
    struct span value;
    struct txn *t;
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(table_get(t, table, log_key_span(&key), &value), OK);
    assert_true(at < value.len);
    size_t len = value.len;
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, value.data, len);
    copy[at] ^= 1;
    assert_int_equal(table_put(t, table, log_key_span(&key), span_of(copy, len)), OK);
    assert_int_equal(txn_commit(t), OK);
    free(copy);
}

/* Another entry under its own true leaf hash: only the tree tells. */
static void forged(struct node *n, uint64_t index, const char *text)
{
    struct log_key key = log_key_entry(n->f.log.no, index);
    uint8_t value[128];
    struct hash leaf;
    struct txn *t;
    merkle_leaf(span_of(text, strlen(text)), &leaf);
    memcpy(value, leaf.b, HASH_BYTES);
    memcpy(value + HASH_BYTES, text, strlen(text));
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(table_put(t, TABLE_ENTRY, log_key_span(&key),
                               span_of(value, HASH_BYTES + strlen(text))), OK);
    assert_int_equal(txn_commit(t), OK);
}

/* An append up to the commit, not confirmed. */
static void committed(struct node *n, uint64_t to)
{
    struct txn *t;
    buffer_reset(&n->note);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(entries_append(t, &n->f.log, to), OK);
    assert_int_equal(gate_sign(n->gate, t, &n->f.log, &n->note), OK);
    assert_int_equal(txn_commit(t), OK);
}

static void bytes_that_changed_after_the_commit_are_not_published(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 4), OK);
    committed(n, 6);
    flipped(n, TABLE_ENTRY, log_key_entry(n->f.log.no, 5), HASH_BYTES);
    assert_int_equal(gate_confirm(n->gate, &n->f.log, 4), ERR_CORRUPT);
    assert_int_equal(last_head_now(n).size, 4);
    assert_int_equal(restarted(n), ERR_CORRUPT);
    flipped(n, TABLE_ENTRY, log_key_entry(n->f.log.no, 5), HASH_BYTES);
    whole_again(n, 6);
}

/* The size, the frontier's first root, the note's text, the note's end. */
static size_t head_place(unsigned part, const struct node *n)
{
    size_t note = 16 + n->f.log.frontier.count * (size_t)HASH_BYTES;
    const size_t places[] = {7, 16, note + 3, note + n->note.len - 10};
    return places[part];
}

static void a_head_that_changed_after_the_commit_is_not_published(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 4), OK);
    for (unsigned part = 0; part < 4; part++) {
        uint64_t size = n->f.log.frontier.size;
        committed(n, size + 1);
        flipped(n, TABLE_HEAD, log_key_log(n->f.log.no), head_place(part, n));
        assert_int_equal(gate_confirm(n->gate, &n->f.log, size), ERR_CORRUPT);
        assert_int_equal(last_head_now(n).size, size);
        flipped(n, TABLE_HEAD, log_key_log(n->f.log.no), head_place(part, n));
        assert_int_equal(restarted(n), OK);
        assert_int_equal(last_head_now(n).size, size + 1);
    }
}

static void a_leaf_hash_that_is_not_the_entrys_is_found_before_publishing(void **state)
{
    struct node *n = *state;
    struct span entry = span_of("true bytes", 10);
    struct hash leaf;
    struct txn *t;
    merkle_leaf(span_of("other bytes", 11), &leaf);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(log_append(t, &n->f.log, &entry, &leaf, 1), OK);
    assert_int_equal(gate_sign(n->gate, t, &n->f.log, &n->note), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(gate_confirm(n->gate, &n->f.log, 0), ERR_CORRUPT);
    assert_int_equal(last_head_now(n).size, 0);
}

static void a_bundle_that_was_filled_is_read_again_as_a_whole(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 250), OK);
    for (unsigned part = 0; part < 2; part++) {
        uint64_t size = n->f.log.frontier.size;
        struct log_key bundle = log_key_numbered(n->f.log.no, part);
        struct log_key tile = log_key_tile(n->f.log.no, 1, 0);
        committed(n, size + 256);
        if (part == 0)
            flipped(n, TABLE_BUNDLE, bundle, BUNDLE_HEAD_BYTES + 3);
        else
            flipped(n, TABLE_TILE, tile, 0);
        assert_int_equal(gate_confirm(n->gate, &n->f.log, size), ERR_CORRUPT);
        assert_int_equal(last_head_now(n).size, size);
        assert_int_not_equal(restarted(n), OK);
        if (part == 0)
            flipped(n, TABLE_BUNDLE, bundle, BUNDLE_HEAD_BYTES + 3);
        else
            flipped(n, TABLE_TILE, tile, 0);
        whole_again(n, size + 256);
    }
}

static void a_consistently_forged_entry_is_found_by_the_tree(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 4), OK);
    committed(n, 6);
    forged(n, 5, "forged");
    assert_int_equal(gate_confirm(n->gate, &n->f.log, 4), ERR_CORRUPT);
    assert_int_equal(last_head_now(n).size, 4);
    assert_int_equal(restarted(n), ERR_CORRUPT);
    forged(n, 5, "entry 5");
    whole_again(n, 6);
}

static void a_spoilt_frontier_shuts_the_gate(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 5), OK);
    flipped(n, TABLE_HEAD, log_key_log(n->f.log.no), 16);
    assert_int_equal(restarted(n), ERR_CORRUPT);
    flipped(n, TABLE_HEAD, log_key_log(n->f.log.no), 16);
    whole_again(n, 5);
}

static void a_spoilt_last_head_is_refused(void **state)
{
    struct node *n = *state;
    assert_int_equal(appended(n, 1), OK);
    assert_int_equal(truncate(n->last_head, 100), 0);
    assert_int_equal(restarted(n), ERR_CORRUPT);
}

static void entries_missing_below_a_held_checkpoint_are_a_gap(void **state)
{
    struct node *n = *state;
    struct checkpoint c = {.size = 20};
    struct txn *t;
    assert_int_equal(appended(n, 10), OK);
    memcpy(c.origin, n->f.log.origin, sizeof c.origin);
    buffer_reset(&n->note);
    assert_int_equal(checkpoint_sign(&c, n->f.key, &n->note), OK);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(log_head_put(t, &n->f.log, buffer_span(&n->note), 20), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(restarted(n), ERR_GAP);
}

static void a_checkpoint_that_does_not_verify_is_corrupt(void **state)
{
    struct node *n = *state;
    struct txn *t;
    assert_int_equal(appended(n, 10), OK);
    n->note.data[n->note.len - 10] ^= 1;
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(log_head_put(t, &n->f.log, buffer_span(&n->note), 10), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(restarted(n), ERR_CORRUPT);
}

static void a_signed_checkpoint_of_another_root_is_corrupt(void **state)
{
    struct node *n = *state;
    struct checkpoint c = {.size = 10};
    struct txn *t;
    assert_int_equal(appended(n, 10), OK);
    memcpy(c.origin, n->f.log.origin, sizeof c.origin);
    buffer_reset(&n->note);
    assert_int_equal(checkpoint_sign(&c, n->f.key, &n->note), OK);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    assert_int_equal(log_head_put(t, &n->f.log, buffer_span(&n->note), 10), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(restarted(n), ERR_CORRUPT);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(bytes_that_changed_after_the_commit_are_not_published),
        WITH_NODE(a_head_that_changed_after_the_commit_is_not_published),
        WITH_NODE(a_leaf_hash_that_is_not_the_entrys_is_found_before_publishing),
        WITH_NODE(a_bundle_that_was_filled_is_read_again_as_a_whole),
        WITH_NODE(a_consistently_forged_entry_is_found_by_the_tree),
        WITH_NODE(a_spoilt_frontier_shuts_the_gate),
        WITH_NODE(a_spoilt_last_head_is_refused),
        WITH_NODE(entries_missing_below_a_held_checkpoint_are_a_gap),
        WITH_NODE(a_checkpoint_that_does_not_verify_is_corrupt),
        WITH_NODE(a_signed_checkpoint_of_another_root_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
