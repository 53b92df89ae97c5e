#include "crypto/merkle.h"
#include "crypto/note.h"
#include "tests/support/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "example.com/log/testdata"
#define VKEY ORIGIN "+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

enum { LOG_SIZE = 15 };

struct log { struct hash leaves[LOG_SIZE]; struct checkpoint heads[LOG_SIZE + 1]; };

static struct buffer file_of(const char *folder, unsigned size)
{
    char name[128];
    struct buffer b = {0};
    snprintf(name, sizeof name, "tessera_log/%s%u", folder, size);
    assert_true(vector_read(&b, name));
    return b;
}

static struct vkey log_key(void)
{
    struct vkey v;
    assert_int_equal(vkey_parse(&v, VKEY), OK);
    return v;
}

static void load_heads(struct log *log)
{
    struct vkey v = log_key();
    for (unsigned size = 0; size <= LOG_SIZE; size++) {
        struct buffer b = file_of("checkpoint.", size);
        assert_int_equal(checkpoint_verify(&log->heads[size], buffer_span(&b), ORIGIN, &v.key),
                         OK);
        assert_int_equal(log->heads[size].size, size);
        buffer_clear(&b);
    }
}

static void load_leaves(struct log *log)
{
    struct buffer b = file_of("tile/entries/000.p/", LOG_SIZE);
    struct reader r;
    reader_init(&r, buffer_span(&b));
    for (unsigned i = 0; i < LOG_SIZE; i++) {
        merkle_leaf(read_span(&r, read_u16(&r)), &log->leaves[i]);
    }
    assert_false(r.failed);
    assert_int_equal(reader_left(&r), 0);
    buffer_clear(&b);
}

static int log_init(void **state)
{
    static struct log log;
    *state = &log;
    return keys_start() == OK ? 0 : -1;
}

static void load(struct log *log)
{
    vector_require("tessera_log/checkpoint.15");
    load_heads(log);
    load_leaves(log);
}

static enum err leaf_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct log *log = ctx;
    merkle_root(&log->leaves[index << level], UINT64_C(1) << level, out);
    return OK;
}

static void every_golden_checkpoint_signs_the_root_of_its_entries(void **state)
{
    struct log *log = *state;
    load(log);
    for (unsigned size = 0; size <= LOG_SIZE; size++) {
        struct hash root;
        merkle_root(log->leaves, size, &root);
        assert_true(hash_equal(&root, &log->heads[size].root));
    }
}

static void every_golden_tile_holds_the_leaf_hashes(void **state)
{
    struct log *log = *state;
    load(log);
    for (unsigned size = 1; size <= LOG_SIZE; size++) {
        struct buffer b = file_of("tile/0/000.p/", size);
        assert_int_equal(b.len, size * HASH_BYTES);
        assert_memory_equal(b.data, log->leaves, b.len);
        buffer_clear(&b);
    }
}

static void all_golden_heads_are_consistent_and_contain_their_leaves(void **state)
{
    struct log *log = *state;
    load(log);
    struct hash_reader r = {log, leaf_read};
    struct proof proof;
    for (uint64_t size = 1; size <= LOG_SIZE; size++) {
        const struct hash *root = &log->heads[size].root;
        for (uint64_t old = 1; old <= size; old++) {
            assert_int_equal(merkle_consistency(&r, old, size, &proof), OK);
            assert_int_equal(merkle_verify_consistency(old, size, &log->heads[old].root, root,
                                                       &proof), OK);
            assert_int_equal(merkle_inclusion(&r, old - 1, size, &proof), OK);
            assert_int_equal(merkle_verify_inclusion(old - 1, size, &log->leaves[old - 1], &proof,
                                                     root), OK);
        }
    }
}

static void golden_checkpoint_with_any_bit_changed_is_refused(void **state)
{
    struct log *log = *state;
    load(log);
    struct vkey v = log_key();
    struct checkpoint c;
    struct buffer b = file_of("checkpoint.", LOG_SIZE);
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(checkpoint_verify(&c, buffer_span(&b), ORIGIN, &v.key), OK);
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buffer_clear(&b);
}

static void golden_checkpoint_reads_and_writes_to_the_same_body(void **state)
{
    struct log *log = *state;
    load(log);
    for (unsigned size = 0; size <= LOG_SIZE; size++) {
        struct buffer b = file_of("checkpoint.", size), again = {0};
        assert_int_equal(checkpoint_format(&log->heads[size], &again), OK);
        assert_true(b.len > again.len);
        assert_memory_equal(again.data, b.data, again.len);
        buffer_clear(&again);
        buffer_clear(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_checkpoint_signs_the_root_of_its_entries),
        cmocka_unit_test(every_golden_tile_holds_the_leaf_hashes),
        cmocka_unit_test(all_golden_heads_are_consistent_and_contain_their_leaves),
        cmocka_unit_test(golden_checkpoint_with_any_bit_changed_is_refused),
        cmocka_unit_test(golden_checkpoint_reads_and_writes_to_the_same_body),
    };
    return cmocka_run_group_tests(tests, log_init, NULL);
}
