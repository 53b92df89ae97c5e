#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/package.h"
#include "tests/support/log_fixture.h"

enum { LOG_SIZE = 600 };

struct package_case {
    struct log_fixture f;
    struct txn *t;
    struct buffer bytes;
    struct package p;
    struct hash root, leaves[PACKAGE_ENTRIES];
};

static int setup(void **state)
{
    struct package_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    log_fixture_init(&c->f);
    log_fixture_grow(&c->f, LOG_SIZE);
    assert_int_equal(txn_read(c->f.store, &c->t), OK);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct package_case *c = *state;
    txn_abort(c->t);
    buffer_clear(&c->bytes);
    log_fixture_clear(&c->f);
    free(c);
    return 0;
}

static void packed(struct package_case *c, uint64_t start, uint64_t tree_size)
{
    buffer_reset(&c->bytes);
    assert_int_equal(package_encode(c->t, &c->f.log, start, tree_size, &c->bytes), OK);
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), OK);
    assert_int_equal(log_root(c->t, &c->f.log, tree_size, &c->root), OK);
}

static enum err verified(struct package_case *c)
{
    return package_verify(&c->p, c->t, &c->f.log, &c->root, c->leaves);
}

static void every_start_in_small_trees_verifies(void **state)
{
    struct package_case *c = *state;
    for (uint64_t size = 1; size <= 40; size++)
        for (uint64_t start = 0; start < size; start++) {
            packed(c, start, size);
            assert_int_equal(c->p.count, size - start);
            assert_int_equal(verified(c), OK);
        }
}

static void packages_around_bundle_borders_verify(void **state)
{
    struct package_case *c = *state;
    const uint64_t marks[] = {0, 1, 100, 255, 256, 257, 511, 512, 513, 599};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (uint64_t size = marks[i] + 1; size <= LOG_SIZE; size += 31) {
            uint64_t border = (marks[i] / 256 + 1) * 256;
            packed(c, marks[i], size);
            assert_int_equal(c->p.start + c->p.count, size < border ? size : border);
            assert_int_equal(verified(c), OK);
            struct span entry;
            assert_int_equal(log_read(c->t, c->f.log.no, marks[i], &entry), OK);
            assert_int_equal(c->p.entries[0].len, entry.len);
            assert_memory_equal(c->p.entries[0].data, entry.data, entry.len);
        }
}

static void decode_then_format_gives_the_same_bytes(void **state)
{
    struct package_case *c = *state;
    struct buffer again = {0};
    for (uint64_t start = 0; start < LOG_SIZE; start += 97) {
        packed(c, start, LOG_SIZE);
        buffer_reset(&again);
        assert_int_equal(package_format(&c->p, &again), OK);
        assert_int_equal(again.len, c->bytes.len);
        assert_memory_equal(again.data, c->bytes.data, again.len);
    }
    buffer_clear(&again);
}

static void a_flipped_bit_anywhere_never_verifies(void **state)
{
    struct package_case *c = *state;
    packed(c, 512, LOG_SIZE);
    for (size_t at = 0; at < c->bytes.len; at++) {
        struct hash leaves[PACKAGE_ENTRIES];
        c->bytes.data[at] ^= (uint8_t)(1U << (at % 8));
        enum err err = package_decode(&c->p, buffer_span(&c->bytes));
        if (err == OK)
            err = package_verify(&c->p, c->t, &c->f.log, &c->root, leaves);
        assert_int_not_equal(err, OK);
        c->bytes.data[at] ^= (uint8_t)(1U << (at % 8));
    }
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), OK);
    assert_int_equal(verified(c), OK);
}

static void a_shifted_package_is_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 10, 200);
    assert_int_equal(verified(c), OK);
    c->p.start = 9;
    assert_int_equal(verified(c), ERR_PROOF);
    c->p.start = 10;
    c->p.count--;
    assert_int_equal(verified(c), ERR_PROOF);
    packed(c, 256, LOG_SIZE);
    c->p.start = 0;
    assert_int_equal(verified(c), ERR_PROOF);
}

static void entries_in_another_order_are_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 0, LOG_SIZE);
    struct span first = c->p.entries[0];
    c->p.entries[0] = c->p.entries[1];
    c->p.entries[1] = first;
    assert_int_equal(verified(c), ERR_PROOF);
}

static void another_tree_size_is_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 256, 580);
    c->p.tree_size = 512;
    assert_int_equal(verified(c), ERR_PROOF);
    c->p.tree_size = 1100;
    assert_int_equal(verified(c), ERR_PROOF);
    packed(c, 0, 100);
    c->p.tree_size = 101;
    assert_int_equal(verified(c), ERR_PROOF);
}

static void a_wrong_proof_is_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 256, LOG_SIZE);
    c->p.proof.hashes[0].b[0] ^= 1;
    assert_int_equal(verified(c), ERR_PROOF);
    packed(c, 256, LOG_SIZE);
    c->p.proof.count--;
    assert_int_equal(verified(c), ERR_PROOF);
    packed(c, 256, LOG_SIZE);
    c->p.proof.hashes[c->p.proof.count++] = c->root;
    assert_int_equal(verified(c), ERR_PROOF);
    packed(c, 256, LOG_SIZE);
    c->root.b[31] ^= 1;
    assert_int_equal(verified(c), ERR_PROOF);
}

static void a_package_of_another_log_is_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 0, LOG_SIZE);
    c->p.epoch = 1;
    assert_int_equal(verified(c), ERR_PROOF);
    c->p.epoch = 0;
    c->p.member[0] = 'x';
    assert_int_equal(verified(c), ERR_PROOF);
}

static void a_package_behind_a_gap_waits(void **state)
{
    struct package_case *c = *state;
    struct log young = c->f.log;
    packed(c, 300, LOG_SIZE);
    young.frontier.size = 299;
    assert_int_equal(package_verify(&c->p, c->t, &young, &c->root, c->leaves), ERR_GAP);
    young.frontier.size = 300;
    assert_int_equal(package_verify(&c->p, c->t, &young, &c->root, c->leaves), OK);
    assert_int_equal(package_verify_alone(&c->p, NULL, &c->root, c->leaves), ERR_GAP);
}

static void a_package_verifies_without_a_store(void **state)
{
    struct package_case *c = *state;
    struct hash before[PACKAGE_ENTRIES];
    packed(c, 300, LOG_SIZE);
    assert_int_equal(log_leaves(c->t, c->f.log.no, 256, before, 44), OK);
    assert_int_equal(package_verify_alone(&c->p, before, &c->root, c->leaves), OK);
    before[43].b[0] ^= 1;
    assert_int_equal(package_verify_alone(&c->p, before, &c->root, c->leaves), ERR_PROOF);
    packed(c, 512, LOG_SIZE);
    assert_int_equal(package_verify_alone(&c->p, NULL, &c->root, c->leaves), OK);
}

static void every_truncation_and_a_surplus_byte_are_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 590, LOG_SIZE);
    for (size_t len = 0; len < c->bytes.len; len++)
        assert_int_equal(package_decode(&c->p, span_of(c->bytes.data, len)), ERR_TRUNCATED);
    assert_int_equal(buffer_put_u8(&c->bytes, 0), OK);
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), ERR_FORMAT);
}

/* Offsets in the header of a package of member "dept-1". */
enum { AT_START = 1 + 6 + 4, AT_COUNT = AT_START + 8, AT_SIZE = AT_COUNT + 2 };

static void counts_outside_the_bundle_or_the_tree_are_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 590, LOG_SIZE);
    struct span bytes = buffer_span(&c->bytes);
    store_u16(c->bytes.data + AT_COUNT, 0);
    assert_int_equal(package_decode(&c->p, bytes), ERR_RANGE);
    store_u16(c->bytes.data + AT_COUNT, 11);
    assert_int_equal(package_decode(&c->p, bytes), ERR_RANGE);
    store_u16(c->bytes.data + AT_COUNT, 10);
    store_u64(c->bytes.data + AT_SIZE, 599);
    assert_int_equal(package_decode(&c->p, bytes), ERR_RANGE);
    store_u64(c->bytes.data + AT_SIZE, 1000);
    store_u64(c->bytes.data + AT_START, 503);
    assert_int_equal(package_decode(&c->p, bytes), ERR_RANGE);
    store_u64(c->bytes.data + AT_START, UINT64_MAX - 3);
    store_u64(c->bytes.data + AT_SIZE, UINT64_MAX);
    assert_int_equal(package_decode(&c->p, bytes), ERR_RANGE);
    c->p.count = PACKAGE_ENTRIES + 1;
    assert_int_equal(package_format(&c->p, &c->bytes), ERR_RANGE);
}

static void an_overlong_proof_and_a_bad_member_are_refused(void **state)
{
    struct package_case *c = *state;
    packed(c, 0, 1);
    assert_int_equal(c->p.proof.count, 0);
    c->bytes.data[c->bytes.len - 1] = PACKAGE_MAX_PROOF + 1;
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), ERR_TOO_LARGE);
    c->bytes.data[c->bytes.len - 1] = 0;
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), OK);
    c->bytes.data[1] = '\0';
    assert_int_equal(package_decode(&c->p, buffer_span(&c->bytes)), ERR_FORMAT);
}

static void nothing_is_packed_beyond_what_is_stored(void **state)
{
    struct package_case *c = *state;
    assert_int_equal(package_encode(c->t, &c->f.log, 0, LOG_SIZE + 1, &c->bytes), ERR_RANGE);
    assert_int_equal(package_encode(c->t, &c->f.log, 100, 100, &c->bytes), ERR_RANGE);
    assert_int_equal(c->bytes.len, 0);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(every_start_in_small_trees_verifies),
        WITH_LOG(packages_around_bundle_borders_verify),
        WITH_LOG(decode_then_format_gives_the_same_bytes),
        WITH_LOG(a_flipped_bit_anywhere_never_verifies),
        WITH_LOG(a_shifted_package_is_refused),
        WITH_LOG(entries_in_another_order_are_refused),
        WITH_LOG(another_tree_size_is_refused),
        WITH_LOG(a_wrong_proof_is_refused),
        WITH_LOG(a_package_of_another_log_is_refused),
        WITH_LOG(a_package_behind_a_gap_waits),
        WITH_LOG(a_package_verifies_without_a_store),
        WITH_LOG(every_truncation_and_a_surplus_byte_are_refused),
        WITH_LOG(counts_outside_the_bundle_or_the_tree_are_refused),
        WITH_LOG(an_overlong_proof_and_a_bad_member_are_refused),
        WITH_LOG(nothing_is_packed_beyond_what_is_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
