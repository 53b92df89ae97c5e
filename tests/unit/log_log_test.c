#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/bundle.h"
#include "ledger/log/home.h"
#include "ledger/log/log.h"
#include "ledger/log/log_key.h"
#include "tests/support/log_fixture.h"

static int setup(void **state)
{
    struct log_fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    log_fixture_init(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    log_fixture_clear(*state);
    free(*state);
    return 0;
}

static void root_is(struct log_fixture *f, uint64_t size, const char *base64)
{
    struct hash root;
    char text[BASE64_CHARS(HASH_BYTES)];
    struct txn *t;
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(log_root(t, &f->log, size, &root), OK);
    txn_abort(t);
    assert_int_equal(base64_encode(text, sizeof text, span_of(root.b, HASH_BYTES)), OK);
    assert_string_equal(text, base64);
}

static void all_reads_back(struct log_fixture *f, uint64_t size)
{
    struct txn *t;
    struct hash root, frontier;
    assert_int_equal(txn_read(f->store, &t), OK);
    for (uint64_t i = 0; i < size; i++) {
        char text[32];
        struct hash leaf, expected;
        struct span entry, wanted = entry_text(text, i);
        assert_int_equal(log_read(t, f->log.no, i, &entry), OK);
        assert_int_equal(entry.len, wanted.len);
        assert_memory_equal(entry.data, wanted.data, wanted.len);
        merkle_leaf(wanted, &expected);
        assert_int_equal(log_leaf(t, f->log.no, i, &leaf), OK);
        assert_true(hash_equal(&leaf, &expected));
    }
    struct span entry;
    assert_int_equal(log_read(t, f->log.no, size, &entry), ERR_NOTFOUND);
    entries_root(size, &root);
    frontier_root(&f->log.frontier, &frontier);
    assert_true(hash_equal(&root, &frontier));
    assert_int_equal(log_root(t, &f->log, size, &frontier), OK);
    assert_true(hash_equal(&root, &frontier));
    txn_abort(t);
}

static void grown_in_steps_of(struct log_fixture *f, uint64_t step, uint64_t to)
{
    struct txn *t;
    assert_int_equal(txn_write(f->store, &t), OK);
    while (f->log.frontier.size < to) {
        uint64_t next = f->log.frontier.size + step;
        assert_int_equal(entries_append(t, &f->log, next < to ? next : to), OK);
    }
    assert_int_equal(txn_commit(t), OK);
    log_fixture_reopen(f);
    assert_int_equal(f->log.frontier.size, to);
    all_reads_back(f, to);
}

static void entries_appended_one_by_one_give_the_known_roots(void **state)
{
    struct log_fixture *f = *state;
    grown_in_steps_of(f, 1, 600);
    root_is(f, 256, "2mWW2VNp9f7zIquOTg2jsLUCNqqcijsdJG90Ecni4y4=");
    root_is(f, 257, "XB/f6DU1gCLyOS3keNvgU/wTDP4dOggoeakM9r8Uv34=");
}

static void batches_of_255_give_the_same_log(void **state) { grown_in_steps_of(*state, 255, 1030); }
static void batches_of_256_give_the_same_log(void **state) { grown_in_steps_of(*state, 256, 1030); }
static void batches_of_257_give_the_same_log(void **state) { grown_in_steps_of(*state, 257, 1030); }
static void a_batch_of_1000_gives_the_same_log(void **state)
{
    grown_in_steps_of(*state, 1000, 1000);
}

static void random_batches_give_the_known_roots_of_a_large_log(void **state)
{
    struct log_fixture *f = *state;
    uint32_t random = 1;
    while (f->log.frontier.size < 70000) {
        random = random * 1664525U + 1013904223U;
        uint64_t next = f->log.frontier.size + 1 + (random >> 16) % 4000;
        log_fixture_grow(f, next < 70000 ? next : 70000);
    }
    log_fixture_reopen(f);
    root_is(f, 256, "2mWW2VNp9f7zIquOTg2jsLUCNqqcijsdJG90Ecni4y4=");
    root_is(f, 65537, "uZxXCq8TuW4CY4Po4lLmnHFCs61+bgJk89wQ39iE2MU=");
    root_is(f, 70000, "o5IPun8jmgcam9EHIfE0Gt3vuu3ttBx+JEN6nRa98Ao=");
}

static void every_prefix_has_the_root_of_its_entries(void **state)
{
    struct log_fixture *f = *state;
    struct frontier expected;
    struct txn *t;
    struct hash leaf, want, got;
    log_fixture_grow(f, 700);
    frontier_init(&expected);
    assert_int_equal(txn_read(f->store, &t), OK);
    for (uint64_t size = 0; size <= 700; size++) {
        frontier_root(&expected, &want);
        assert_int_equal(log_root(t, &f->log, size, &got), OK);
        assert_true(hash_equal(&want, &got));
        if (size < 700) {
            assert_int_equal(log_leaf(t, f->log.no, size, &leaf), OK);
            frontier_append(&expected, &leaf);
        }
    }
    assert_int_equal(log_root(t, &f->log, 701, &got), ERR_RANGE);
    txn_abort(t);
}

static void full_bundles_leave_no_singles_behind(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    uint64_t singles, bundles;
    log_fixture_grow(f, 100);
    log_fixture_grow(f, 1000);
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(table_count(t, TABLE_ENTRY, &singles), OK);
    assert_int_equal(table_count(t, TABLE_BUNDLE, &bundles), OK);
    assert_int_equal(singles, 1000 % 256);
    assert_int_equal(bundles, 1000 / 256);
    txn_abort(t);
}

static void runs_stop_at_the_end_of_the_bundle_and_of_the_log(void **state)
{
    struct log_fixture *f = *state;
    struct span run[PACKAGE_ENTRIES];
    struct txn *t;
    size_t count;
    log_fixture_grow(f, 300);
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(log_read_run(t, f->log.no, 250, run, PACKAGE_ENTRIES, &count), OK);
    assert_int_equal(count, 6);
    assert_memory_equal(run[5].data, "entry 255", 9);
    assert_int_equal(log_read_run(t, f->log.no, 256, run, PACKAGE_ENTRIES, &count), OK);
    assert_int_equal(count, 44);
    assert_int_equal(log_read_run(t, f->log.no, 0, run, 3, &count), OK);
    assert_int_equal(count, 3);
    assert_int_equal(log_read_run(t, f->log.no, 300, run, 3, &count), ERR_NOTFOUND);
    txn_abort(t);
}

/* Flips one bit of a stored value; the caller commits nothing. */
static void flip(struct txn *t, enum table table, struct log_key key, size_t at, unsigned bit)
{
    struct span value;
    assert_int_equal(table_get(t, table, log_key_span(&key), &value), OK);
    uint8_t *copy = malloc(value.len);
    assert_non_null(copy);
    memcpy(copy, value.data, value.len);
    copy[at] = (uint8_t)(copy[at] ^ (1U << bit));
    assert_int_equal(table_put(t, table, log_key_span(&key), span_of(copy, value.len)), OK);
    free(copy);
}

static void a_flipped_bit_in_a_single_entry_is_corrupt(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct span entry;
    log_fixture_grow(f, 5);
    assert_int_equal(txn_write(f->store, &t), OK);
    for (size_t at = 0; at < HASH_BYTES + 7; at++) {
        flip(t, TABLE_ENTRY, log_key_entry(f->log.no, 3), at, (unsigned)at % 8);
        assert_int_equal(log_read(t, f->log.no, 3, &entry), ERR_CORRUPT);
        assert_int_equal(log_read(t, f->log.no, 2, &entry), OK);
        flip(t, TABLE_ENTRY, log_key_entry(f->log.no, 3), at, (unsigned)at % 8);
        assert_int_equal(log_read(t, f->log.no, 3, &entry), OK);
    }
    txn_abort(t);
}

static void a_flipped_bit_in_a_bundle_is_corrupt(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct span entry, value;
    struct log_key key = log_key_numbered(f->log.no, 0);
    log_fixture_grow(f, 256);
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(table_get(t, TABLE_BUNDLE, log_key_span(&key), &value), OK);
    size_t len = value.len;
    for (size_t at = 0; at < len; at += 37) {
        unsigned wrong = 0;
        flip(t, TABLE_BUNDLE, key, at, (unsigned)at % 8);
        for (uint64_t i = 0; i < 256; i++)
            wrong += log_read(t, f->log.no, i, &entry) == ERR_CORRUPT;
        bool in_lengths = at >= PACKAGE_ENTRIES * HASH_BYTES && at < BUNDLE_HEAD_BYTES;
        assert_int_equal(wrong, in_lengths ? 256 : 1);
        flip(t, TABLE_BUNDLE, key, at, (unsigned)at % 8);
    }
    assert_int_equal(log_read(t, f->log.no, 255, &entry), OK);
    txn_abort(t);
}

/* The file itself, every copy of the bytes in it (older pages may hold some). */
static void a_bit_flipped_on_the_disk_is_corrupt(void **state)
{
    struct log_fixture *f = *state;
    char path[200];
    struct buffer file = {0};
    struct span entry;
    struct txn *t;
    unsigned found = 0;
    log_fixture_grow(f, 300);
    snprintf(path, sizeof path, "%s/data.mdb", f->db);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(file_read(path, 1 << 24, &file), OK);
    for (size_t at = 0; at + 9 <= file.len; at++)
        if (memcmp(file.data + at, "entry 123", 9) == 0) {
            file.data[at] ^= 0x20;
            found++;
        }
    assert_int_not_equal(found, 0);
    assert_int_equal(file_replace(path, buffer_span(&file), 0600), OK);
    buffer_clear(&file);
    assert_int_equal(store_open(&f->store, f->db, false, false), OK);
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(log_read(t, f->log.no, 122, &entry), OK);
    assert_int_equal(log_read(t, f->log.no, 123, &entry), ERR_CORRUPT);
    txn_abort(t);
}

static void a_cut_bundle_is_corrupt(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct span entry, value;
    struct log_key key = log_key_numbered(f->log.no, 0);
    log_fixture_grow(f, 256);
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(table_get(t, TABLE_BUNDLE, log_key_span(&key), &value), OK);
    uint8_t *copy = malloc(value.len);
    assert_non_null(copy);
    memcpy(copy, value.data, value.len);
    size_t cuts[] = {0, 1, BUNDLE_HEAD_BYTES - 1, BUNDLE_HEAD_BYTES, value.len - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        assert_int_equal(table_put(t, TABLE_BUNDLE, log_key_span(&key), span_of(copy, cuts[i])),
                         OK);
        assert_int_equal(log_read(t, f->log.no, 0, &entry), ERR_CORRUPT);
    }
    free(copy);
    txn_abort(t);
}

static void an_entry_over_its_limit_is_refused_and_the_longest_is_kept(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct hash leaf;
    struct span read;
    uint8_t *bytes = calloc(1, ENTRY_MAX_BYTES + 1);
    assert_non_null(bytes);
    struct span entry = span_of(bytes, ENTRY_MAX_BYTES + 1);
    assert_int_equal(txn_write(f->store, &t), OK);
    merkle_leaf(entry, &leaf);
    assert_int_equal(log_append(t, &f->log, &entry, &leaf, 1), ERR_TOO_LARGE);
    assert_int_equal(f->log.frontier.size, 0);
    entry.len = ENTRY_MAX_BYTES;
    merkle_leaf(entry, &leaf);
    for (int i = 0; i < 257; i++)
        assert_int_equal(log_append(t, &f->log, &entry, &leaf, 1), OK);
    assert_int_equal(log_read(t, f->log.no, 255, &read), OK);
    assert_int_equal(read.len, ENTRY_MAX_BYTES);
    txn_abort(t);
    free(bytes);
}

static void logs_are_numbered_and_do_not_mix(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct log other, again;
    struct span entry;
    uint32_t count;
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_create(t, "dept-2", 3, signkey_public(f->key), "o/2", &other), OK);
    assert_int_equal(log_create(t, "dept-2", 3, signkey_public(f->key), "o/2", &again),
                     ERR_EXISTS);
    assert_int_equal(entries_append(t, &other, 10), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(log_count(t, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(log_load(t, other.no, &again), OK);
    assert_string_equal(again.member, "dept-2");
    assert_string_equal(again.origin, "o/2");
    assert_int_equal(again.epoch, 3);
    assert_int_equal(again.frontier.size, 10);
    assert_true(pubkey_equal(&again.node_key, signkey_public(f->key)));
    assert_int_equal(log_read(t, f->log.no, 0, &entry), ERR_NOTFOUND);
    assert_int_equal(log_load(t, (struct log_no){2}, &again), ERR_NOTFOUND);
    txn_abort(t);
}

static void the_newest_head_is_kept_and_a_smaller_one_refused(void **state)
{
    struct log_fixture *f = *state;
    struct txn *t;
    struct span note;
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_head(t, f->log.no, &note), ERR_NOTFOUND);
    assert_int_equal(log_head_put(t, &f->log, span_of("ten", 3), 10), OK);
    assert_int_equal(log_head_put(t, &f->log, span_of("nine", 4), 9), ERR_OLD_HEAD);
    assert_int_equal(log_head_put(t, &f->log, span_of("TEN", 3), 10), OK);
    assert_int_equal(entries_append(t, &f->log, 300), OK);
    assert_int_equal(log_head(t, f->log.no, &note), OK);
    assert_int_equal(note.len, 3);
    assert_memory_equal(note.data, "TEN", 3);
    assert_int_equal(txn_commit(t), OK);
    log_fixture_reopen(f);
    assert_int_equal(f->log.head_size, 10);
    assert_int_equal(f->log.frontier.size, 300);
}

static void evidence_of_a_fork_is_kept_once(void **state)
{
    struct log_fixture *f = *state;
    struct span a = span_of("note a", 6), b = span_of("note b", 6), c = span_of("note", 4);
    struct txn *t;
    struct span notes[2];
    struct proof proof = {.count = 2, .hashes = {{{1}}, {{2}}}}, kept;
    uint64_t count;
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_fork_put(t, f->log.no, a, b, NULL), OK);
    assert_int_equal(log_fork_put(t, f->log.no, b, a, NULL), OK);
    assert_int_equal(table_count(t, TABLE_FORK, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(log_fork_put(t, f->log.no, a, c, &proof), OK);
    assert_int_equal(table_count(t, TABLE_FORK, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(log_fork_get(t, f->log.no, 0, notes, &kept), OK);
    assert_int_equal(kept.count, 0);
    assert_int_equal(log_fork_get(t, f->log.no, 1, notes, &kept), OK);
    assert_memory_equal(notes[0].data, "note", notes[0].len);
    assert_int_equal(notes[1].len, a.len);
    assert_int_equal(kept.count, 2);
    assert_memory_equal(kept.hashes, proof.hashes, 2 * HASH_BYTES);
    assert_int_equal(log_fork_get(t, f->log.no, 2, notes, &kept), ERR_NOTFOUND);
    for (uint32_t i = 0; i < 2 * LOG_FORKS_MAX; i++)
        assert_int_equal(log_fork_put(t, f->log.no, a, span_of(&i, sizeof i), NULL), OK);
    assert_int_equal(table_count(t, TABLE_FORK, &count), OK);
    assert_int_equal(count, LOG_FORKS_MAX);
    txn_abort(t);
}

static void origin_names_domain_ledger_member_and_epoch(void **state)
{
    char origin[ORIGIN_MAX_BYTES + 1], domain[ORIGIN_MAX_BYTES + 1];
    struct hash ledger;
    (void)state;
    memset(ledger.b, 0xab, sizeof ledger.b);
    assert_int_equal(log_origin("a.example", &ledger, "yj", 2, origin), OK);
    assert_string_equal(origin, "a.example/abababababababab/yj/2");
    memset(domain, 'x', sizeof domain);
    domain[ORIGIN_MAX_BYTES - 22] = '\0';
    assert_int_equal(log_origin(domain, &ledger, "yj", 2, origin), OK);
    domain[ORIGIN_MAX_BYTES - 22] = 'x';
    domain[ORIGIN_MAX_BYTES - 21] = '\0';
    assert_int_equal(log_origin(domain, &ledger, "yj", 2, origin), ERR_TOO_LARGE);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(entries_appended_one_by_one_give_the_known_roots),
        WITH_LOG(batches_of_255_give_the_same_log),
        WITH_LOG(batches_of_256_give_the_same_log),
        WITH_LOG(batches_of_257_give_the_same_log),
        WITH_LOG(a_batch_of_1000_gives_the_same_log),
        WITH_LOG(random_batches_give_the_known_roots_of_a_large_log),
        WITH_LOG(every_prefix_has_the_root_of_its_entries),
        WITH_LOG(full_bundles_leave_no_singles_behind),
        WITH_LOG(runs_stop_at_the_end_of_the_bundle_and_of_the_log),
        WITH_LOG(a_flipped_bit_in_a_single_entry_is_corrupt),
        WITH_LOG(a_flipped_bit_in_a_bundle_is_corrupt),
        WITH_LOG(a_bit_flipped_on_the_disk_is_corrupt),
        WITH_LOG(a_cut_bundle_is_corrupt),
        WITH_LOG(an_entry_over_its_limit_is_refused_and_the_longest_is_kept),
        WITH_LOG(logs_are_numbered_and_do_not_mix),
        WITH_LOG(the_newest_head_is_kept_and_a_smaller_one_refused),
        WITH_LOG(evidence_of_a_fork_is_kept_once),
        cmocka_unit_test(origin_names_domain_ledger_member_and_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
