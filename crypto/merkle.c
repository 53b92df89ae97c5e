#include "crypto/merkle.h"

#include "crypto/sha256.h"

#include <assert.h>

/* A tree of 2^63 leaves is 63 levels deep, which leaves room in a proof for the node a partial
 * subtree adds. */
static const uint64_t SIZE_LIMIT = UINT64_C(1) << 63;

void merkle_leaf(struct span entry, struct hash *out)
{
    static const uint8_t prefix[1] = {0x00};
    const struct span parts[2] = {{prefix, 1}, entry};
    sha256_spans(parts, 2, out);
}

void merkle_node(const struct hash *left, const struct hash *right, struct hash *out)
{
    static const uint8_t prefix[1] = {0x01};
    const struct span parts[3] = {{prefix, 1}, {left->b, HASH_BYTES}, {right->b, HASH_BYTES}};
    sha256_spans(parts, 3, out);
}

void merkle_empty_root(struct hash *out)
{
    sha256_spans(NULL, 0, out);
}

void frontier_init(struct frontier *f)
{
    f->size = 0;
    f->count = 0;
}

void frontier_append(struct frontier *f, const struct hash *leaf)
{
    struct hash top = *leaf;
    assert(f->size < SIZE_LIMIT);
    for (uint64_t full = f->size; full & 1; full >>= 1) {
        f->count--;
        merkle_node(&f->roots[f->count], &top, &top);
    }
    f->roots[f->count] = top;
    f->count++;
    f->size++;
}

void frontier_root(const struct frontier *f, struct hash *out)
{
    if (f->count == 0) {
        merkle_empty_root(out);
        return;
    }
    *out = f->roots[f->count - 1];
    for (unsigned i = f->count - 1; i > 0; i--) {
        merkle_node(&f->roots[i - 1], out, out);
    }
}

void merkle_root(const struct hash *leaves, uint64_t count, struct hash *out)
{
    struct frontier f;
    frontier_init(&f);
    for (uint64_t i = 0; i < count; i++) {
        frontier_append(&f, &leaves[i]);
    }
    frontier_root(&f, out);
}

bool merkle_subtree_valid(uint64_t start, uint64_t end)
{
    if (start > end) {
        return false;
    }
    uint64_t width = end - start;
    if (width <= 1) {
        return true;
    }
    unsigned level = 64u - (unsigned)__builtin_clzll(width - 1);
    return start == 0 || (level < 64 && start % (UINT64_C(1) << level) == 0);
}

static bool subtree_within(uint64_t start, uint64_t end, uint64_t size)
{
    return end <= size && size <= SIZE_LIMIT && merkle_subtree_valid(start, end);
}

/* Folds the complete subtrees of [start, end) from the right. Every range met while splitting a
 * tree is a valid subtree, so each of them is a stored one. */
enum err merkle_subtree_root(const struct hash_reader *r, uint64_t start, uint64_t end,
                             struct hash *out)
{
    if (!subtree_within(start, end, end)) {
        return ERR_RANGE;
    }
    struct hash top;
    merkle_empty_root(&top);
    for (uint64_t left = end - start; left > 0; left &= left - 1) {
        unsigned level = (unsigned)__builtin_ctzll(left);
        struct hash stored;
        uint64_t first = start + (left & (left - 1));
        enum err e = r->read(r->ctx, level, first >> level, &stored);
        if (e != OK) {
            return e;
        }
        if (first + (UINT64_C(1) << level) == end) {
            top = stored;
        } else {
            merkle_node(&stored, &top, &top);
        }
    }
    *out = top;
    return OK;
}

enum err merkle_tree_root(const struct hash_reader *r, uint64_t size, struct hash *out)
{
    return merkle_subtree_root(r, 0, size, out);
}

static uint64_t split_point(uint64_t start, uint64_t end)
{
    return start + (UINT64_C(1) << (63 - __builtin_clzll(end - start - 1)));
}

static enum err proof_put(struct proof *proof, const struct hash_reader *r, uint64_t start,
                          uint64_t end)
{
    assert(proof->count < PROOF_MAX_HASHES);
    enum err e = merkle_subtree_root(r, start, end, &proof->hashes[proof->count]);
    if (e == OK) {
        proof->count++;
    }
    return e;
}

static void proof_reverse(struct proof *proof)
{
    for (unsigned i = 0; i < proof->count / 2; i++) {
        struct hash swap = proof->hashes[i];
        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = swap;
    }
}

/* Walks from the root of [0, size) down to [start, end), collecting what lies beside the way. A
 * range that straddles a split loses its left half, which is then no longer known to the reader of
 * the proof: the part left over is added to it. */
static enum err subtree_proof(const struct hash_reader *r, uint64_t start, uint64_t end,
                              uint64_t size, struct proof *out)
{
    uint64_t low = 0, high = size;
    bool known = true;
    enum err e = OK;
    out->count = 0;
    while (e == OK && (start != low || end != high)) {
        uint64_t middle = split_point(low, high);
        if (end <= middle) {
            e = proof_put(out, r, middle, high);
            high = middle;
            continue;
        }
        e = proof_put(out, r, low, middle);
        low = middle;
        if (start < middle) {
            start = middle;
            known = false;
        }
    }
    if (e == OK && !known) {
        e = proof_put(out, r, low, high);
    }
    proof_reverse(out);
    return e;
}

enum err merkle_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size,
                          struct proof *out)
{
    if (index >= size || size > SIZE_LIMIT) {
        return ERR_RANGE;
    }
    return subtree_proof(r, index, index + 1, size, out);
}

enum err merkle_subtree(const struct hash_reader *r, uint64_t start, uint64_t end, uint64_t size,
                        struct proof *out)
{
    if (!subtree_within(start, end, size)) {
        return ERR_RANGE;
    }
    if (start == end) {
        out->count = 0;
        return OK;
    }
    return subtree_proof(r, start, end, size, out);
}

enum err merkle_consistency(const struct hash_reader *r, uint64_t old, uint64_t size,
                            struct proof *out)
{
    return merkle_subtree(r, 0, old, size, out);
}
