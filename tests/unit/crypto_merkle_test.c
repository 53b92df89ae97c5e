#include "crypto/bytes.h"
#include "crypto/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TREE_MAX = 40 };

struct tree { uint64_t size; struct hash leaves[TREE_MAX]; };

static void entry_leaf(uint64_t i, struct hash *out)
{
    char text[32];
    int len = snprintf(text, sizeof text, "entry %llu", (unsigned long long)i);
    merkle_leaf(span_of(text, (size_t)len), out);
}

static void tree_init(struct tree *tree, uint64_t size)
{
    tree->size = size;
    for (uint64_t i = 0; i < size; i++) {
        entry_leaf(i, &tree->leaves[i]);
    }
}

/* Stores complete subtrees only: anything else is an error of the code under test. */
static enum err tree_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct tree *tree = ctx;
    uint64_t width = UINT64_C(1) << level;
    if ((index + 1) * width > tree->size) {
        return ERR_NOTFOUND;
    }
    merkle_root(&tree->leaves[index * width], width, out);
    return OK;
}

static struct hash_reader reader_over(struct tree *tree)
{
    return (struct hash_reader){tree, tree_read};
}

static enum err broken_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    (void)ctx;
    (void)level;
    (void)index;
    (void)out;
    return ERR_CORRUPT;
}

static void frontier_reaches_the_known_roots(void **state)
{
    (void)state;
    static const struct { uint64_t size; const char *root; } known[] = {
        {256, "2mWW2VNp9f7zIquOTg2jsLUCNqqcijsdJG90Ecni4y4="},
        {257, "XB/f6DU1gCLyOS3keNvgU/wTDP4dOggoeakM9r8Uv34="},
        {65537, "uZxXCq8TuW4CY4Po4lLmnHFCs61+bgJk89wQ39iE2MU="},
        {70000, "o5IPun8jmgcam9EHIfE0Gt3vuu3ttBx+JEN6nRa98Ao="},
    };
    struct frontier f;
    struct hash leaf, root;
    char text[BASE64_CHARS(HASH_BYTES)];
    frontier_init(&f);
    for (size_t i = 0; i < 4; i++) {
        while (f.size < known[i].size) {
            entry_leaf(f.size, &leaf);
            frontier_append(&f, &leaf);
        }
        frontier_root(&f, &root);
        assert_int_equal(base64_encode(text, sizeof text, span_of(root.b, HASH_BYTES)), OK);
        assert_string_equal(text, known[i].root);
        assert_int_equal(f.count, __builtin_popcountll(f.size));
    }
}

static void empty_tree_has_the_hash_of_nothing(void **state)
{
    (void)state;
    struct tree tree = {.size = 0};
    struct hash_reader r = reader_over(&tree);
    struct hash empty, root;
    merkle_empty_root(&empty);
    merkle_root(NULL, 0, &root);
    assert_true(hash_equal(&empty, &root));
    assert_int_equal(merkle_tree_root(&r, 0, &root), OK);
    assert_true(hash_equal(&empty, &root));
}

static void stored_subtrees_give_the_root_of_every_size(void **state)
{
    (void)state;
    struct tree tree;
    struct hash expected, root;
    tree_init(&tree, TREE_MAX);
    struct hash_reader r = reader_over(&tree);
    for (uint64_t size = 0; size <= TREE_MAX; size++) {
        merkle_root(tree.leaves, size, &expected);
        assert_int_equal(merkle_tree_root(&r, size, &root), OK);
        assert_true(hash_equal(&expected, &root));
    }
}

static void only_aligned_ranges_are_subtrees(void **state)
{
    (void)state;
    assert_true(merkle_subtree_valid(0, 0) && merkle_subtree_valid(7, 7));
    assert_true(merkle_subtree_valid(0, 5) && merkle_subtree_valid(4, 7));
    assert_true(merkle_subtree_valid(5, 6) && merkle_subtree_valid(256, 300));
    assert_true(merkle_subtree_valid(0, UINT64_MAX));
    assert_true(merkle_subtree_valid(UINT64_C(1) << 63, UINT64_MAX));
    assert_false(merkle_subtree_valid(1, 3) || merkle_subtree_valid(2, 5));
    assert_false(merkle_subtree_valid(2, 6) || merkle_subtree_valid(4, 9));
    assert_false(merkle_subtree_valid(2, 1) || merkle_subtree_valid(1, UINT64_MAX));
    assert_false(merkle_subtree_valid(1, (UINT64_C(1) << 63) + 2));
}

/* Each way of spoiling a good proof must be refused. */
static void assert_spoiled(enum err (*verify)(const void *ctx, const struct proof *proof),
                           const void *ctx, const struct proof *good)
{
    struct proof bad = *good;
    assert_int_equal(verify(ctx, good), OK);
    for (unsigned i = 0; i < good->count; i++) {
        bad.hashes[i].b[i % HASH_BYTES] ^= 0x10;
        assert_int_equal(verify(ctx, &bad), ERR_PROOF);
        bad = *good;
    }
    if (good->count > 0) {
        bad.count--;
        assert_int_equal(verify(ctx, &bad), ERR_PROOF);
        bad = *good;
    }
    memset(&bad.hashes[bad.count], 0, sizeof bad.hashes[0]);
    bad.count++;
    assert_int_equal(verify(ctx, &bad), ERR_PROOF);
    bad.count = PROOF_MAX_HASHES + 1;
    assert_int_equal(verify(ctx, &bad), ERR_PROOF);
}

struct inclusion { uint64_t index, size; struct hash leaf, root; };

static enum err inclusion_verify(const void *ctx, const struct proof *proof)
{
    const struct inclusion *c = ctx;
    return merkle_verify_inclusion(c->index, c->size, &c->leaf, proof, &c->root);
}

static void every_leaf_of_every_size_is_proven_and_no_other(void **state)
{
    (void)state;
    struct tree tree;
    struct proof proof;
    tree_init(&tree, TREE_MAX);
    struct hash_reader r = reader_over(&tree);
    for (uint64_t size = 1; size <= TREE_MAX; size++) {
        struct inclusion c = {.size = size};
        merkle_root(tree.leaves, size, &c.root);
        tree.size = size;
        for (c.index = 0; c.index < size; c.index++) {
            c.leaf = tree.leaves[c.index];
            assert_int_equal(merkle_inclusion(&r, c.index, size, &proof), OK);
            assert_spoiled(inclusion_verify, &c, &proof);
            for (uint64_t other = 0; other < size + 2; other++) {
                enum err e = merkle_verify_inclusion(other, size, &c.leaf, &proof, &c.root);
                assert_int_equal(e, other == c.index ? OK : ERR_PROOF);
            }
        }
        assert_int_equal(merkle_inclusion(&r, size, size, &proof), ERR_RANGE);
    }
}

struct subtree { uint64_t start, end, size; struct hash inner, root; };

static enum err subtree_verify(const void *ctx, const struct proof *proof)
{
    const struct subtree *c = ctx;
    return merkle_verify_subtree(c->start, c->end, c->size, &c->inner, &c->root, proof);
}

static void assert_subtree(struct hash_reader *r, struct subtree *c)
{
    struct proof proof;
    struct hash flipped;
    assert_int_equal(merkle_subtree_root(r, c->start, c->end, &c->inner), OK);
    assert_int_equal(merkle_subtree(r, c->start, c->end, c->size, &proof), OK);
    assert_spoiled(subtree_verify, c, &proof);
    flipped = c->inner;
    flipped.b[5] ^= 1;
    assert_int_equal(
        merkle_verify_subtree(c->start, c->end, c->size, &flipped, &c->root, &proof), ERR_PROOF);
    flipped = c->root;
    flipped.b[5] ^= 1;
    assert_int_equal(
        merkle_verify_subtree(c->start, c->end, c->size, &c->inner, &flipped, &proof), ERR_PROOF);
}

static void every_subtree_of_every_size_is_proven(void **state)
{
    (void)state;
    struct tree tree;
    struct proof proof;
    tree_init(&tree, TREE_MAX);
    struct hash_reader r = reader_over(&tree);
    for (uint64_t size = 1; size <= TREE_MAX; size++) {
        struct subtree c = {.size = size};
        tree.size = size;
        merkle_root(tree.leaves, size, &c.root);
        for (c.start = 0; c.start < size; c.start++) {
            for (c.end = c.start + 1; c.end <= size; c.end++) {
                if (merkle_subtree_valid(c.start, c.end)) {
                    assert_subtree(&r, &c);
                } else {
                    assert_int_equal(merkle_subtree(&r, c.start, c.end, size, &proof), ERR_RANGE);
                    assert_int_equal(merkle_subtree_root(&r, c.start, c.end, &c.inner), ERR_RANGE);
                }
            }
        }
        assert_int_equal(merkle_subtree(&r, 0, size + 1, size, &proof), ERR_RANGE);
    }
}

static void leaf_is_proven_within_its_subtree_and_not_beside_it(void **state)
{
    (void)state;
    struct tree tree;
    struct hash root;
    tree_init(&tree, 23);
    merkle_root(&tree.leaves[16], 7, &root);
    struct tree part = {.size = 7};
    memcpy(part.leaves, &tree.leaves[16], 7 * sizeof part.leaves[0]);
    struct hash_reader r = reader_over(&part);
    for (uint64_t i = 0; i < 7; i++) {
        struct proof proof;
        const struct hash *leaf = &tree.leaves[16 + i];
        assert_int_equal(merkle_inclusion(&r, i, 7, &proof), OK);
        assert_int_equal(merkle_verify_subtree_inclusion(16 + i, 16, 23, leaf, &proof, &root), OK);
        assert_int_equal(merkle_verify_subtree_inclusion(i, 16, 23, leaf, &proof, &root),
                         ERR_PROOF);
        assert_int_equal(merkle_verify_subtree_inclusion(23, 16, 23, leaf, &proof, &root),
                         ERR_PROOF);
        assert_int_equal(merkle_verify_subtree_inclusion(17 + i, 17, 24, leaf, &proof, &root),
                         ERR_PROOF);
    }
}

static void consistency_is_proven_between_all_sizes_but_not_from_nothing(void **state)
{
    (void)state;
    struct tree tree;
    struct proof proof;
    struct hash old_root, root;
    tree_init(&tree, TREE_MAX);
    struct hash_reader r = reader_over(&tree);
    merkle_root(tree.leaves, TREE_MAX, &root);
    for (uint64_t old = 1; old <= TREE_MAX; old++) {
        merkle_root(tree.leaves, old, &old_root);
        assert_int_equal(merkle_consistency(&r, old, TREE_MAX, &proof), OK);
        assert_int_equal(merkle_verify_consistency(old, TREE_MAX, &old_root, &root, &proof), OK);
        assert_int_equal(merkle_verify_consistency(old - 1, TREE_MAX, &old_root, &root, &proof),
                         ERR_PROOF);
    }
    assert_int_equal(merkle_consistency(&r, TREE_MAX + 1, TREE_MAX, &proof), ERR_RANGE);
    assert_int_equal(merkle_consistency(&r, 0, TREE_MAX, &proof), OK);
    assert_int_equal(proof.count, 0);
    merkle_empty_root(&old_root);
    assert_int_equal(merkle_verify_consistency(0, TREE_MAX, &old_root, &root, &proof), ERR_PROOF);
}

static void reader_errors_pass_through(void **state)
{
    (void)state;
    struct hash_reader r = {NULL, broken_read};
    struct proof proof;
    struct hash root;
    assert_int_equal(merkle_tree_root(&r, 3, &root), ERR_CORRUPT);
    assert_int_equal(merkle_inclusion(&r, 1, 3, &proof), ERR_CORRUPT);
    assert_int_equal(merkle_consistency(&r, 1, 3, &proof), ERR_CORRUPT);
    assert_int_equal(merkle_subtree(&r, 0, 3, 7, &proof), ERR_CORRUPT);
}

static enum err zero_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    (void)ctx;
    (void)level;
    (void)index;
    *out = (struct hash){{0}};
    return OK;
}

static void proofs_of_the_largest_tree_fit_and_beyond_is_refused(void **state)
{
    (void)state;
    struct hash_reader r = {NULL, zero_read};
    struct proof proof;
    const uint64_t limit = UINT64_C(1) << 63;
    assert_int_equal(merkle_inclusion(&r, limit - 1, limit, &proof), OK);
    assert_int_equal(proof.count, 63);
    assert_int_equal(merkle_consistency(&r, limit - 1, limit, &proof), OK);
    assert_int_equal(proof.count, PROOF_MAX_HASHES);
    assert_int_equal(merkle_inclusion(&r, 0, limit + 1, &proof), ERR_RANGE);
    assert_int_equal(merkle_consistency(&r, 1, limit + 1, &proof), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frontier_reaches_the_known_roots),
        cmocka_unit_test(empty_tree_has_the_hash_of_nothing),
        cmocka_unit_test(stored_subtrees_give_the_root_of_every_size),
        cmocka_unit_test(only_aligned_ranges_are_subtrees),
        cmocka_unit_test(every_leaf_of_every_size_is_proven_and_no_other),
        cmocka_unit_test(every_subtree_of_every_size_is_proven),
        cmocka_unit_test(leaf_is_proven_within_its_subtree_and_not_beside_it),
        cmocka_unit_test(consistency_is_proven_between_all_sizes_but_not_from_nothing),
        cmocka_unit_test(reader_errors_pass_through),
        cmocka_unit_test(proofs_of_the_largest_tree_fit_and_beyond_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
