#include "crypto/merkle.h"

static bool is_odd(uint64_t v)
{
    return (v & 1) != 0;
}

enum err merkle_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
                                 const struct proof *proof, const struct hash *root)
{
    if (index >= size || proof->count > PROOF_MAX_HASHES) {
        return ERR_PROOF;
    }
    uint64_t node = index, last = size - 1;
    struct hash top = *leaf;
    for (unsigned i = 0; i < proof->count; i++) {
        if (last == 0) {
            return ERR_PROOF;
        }
        if (is_odd(node) || node == last) {
            merkle_node(&proof->hashes[i], &top, &top);
            while (!is_odd(node)) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            merkle_node(&top, &proof->hashes[i], &top);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_equal(&top, root) ? OK : ERR_PROOF;
}

enum err merkle_verify_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                                         const struct hash *leaf, const struct proof *proof,
                                         const struct hash *subtree_root)
{
    if (!merkle_subtree_valid(start, end) || index < start || index >= end) {
        return ERR_PROOF;
    }
    return merkle_verify_inclusion(index - start, end - start, leaf, proof, subtree_root);
}

/* Positions at one level of the tree: the subtree's first and last node, and the tree's last. */
struct position { uint64_t first, last, tree_last; };

static void position_up(struct position *p)
{
    p->first >>= 1;
    p->last >>= 1;
    p->tree_last >>= 1;
}

/* Climbs to the node the proof starts from: the subtree itself where it is complete or ends with
 * the tree, else the largest complete subtree at its right end. */
static void position_climb(struct position *p)
{
    bool ends_with_tree = p->last == p->tree_last;
    while (p->first != p->last && (ends_with_tree || is_odd(p->last))) {
        position_up(p);
    }
}

static enum err empty_subtree_verify(const struct hash *subtree_root, const struct proof *proof)
{
    struct hash empty;
    merkle_empty_root(&empty);
    return proof->count == 0 && hash_equal(&empty, subtree_root) ? OK : ERR_PROOF;
}

/* Rebuilds both roots in one pass; `inner` is the subtree's, `outer` the tree's. */
static enum err subtree_climb(struct position p, const struct hash *subtree_root,
                              const struct hash *root, const struct proof *proof)
{
    unsigned used = p.first == p.last ? 0 : 1;
    if (proof->count < used) {
        return ERR_PROOF;
    }
    struct hash inner = used == 0 ? *subtree_root : proof->hashes[0];
    struct hash outer = inner;
    for (unsigned i = used; i < proof->count; i++) {
        if (p.tree_last == 0) {
            return ERR_PROOF;
        }
        if (is_odd(p.last) || p.last == p.tree_last) {
            if (p.first < p.last) {
                merkle_node(&proof->hashes[i], &inner, &inner);
            }
            merkle_node(&proof->hashes[i], &outer, &outer);
            while (!is_odd(p.last)) {
                position_up(&p);
            }
        } else {
            merkle_node(&outer, &proof->hashes[i], &outer);
        }
        position_up(&p);
    }
    bool holds = p.tree_last == 0 && hash_equal(&inner, subtree_root) && hash_equal(&outer, root);
    return holds ? OK : ERR_PROOF;
}

enum err merkle_verify_subtree(uint64_t start, uint64_t end, uint64_t size,
                               const struct hash *subtree_root, const struct hash *root,
                               const struct proof *proof)
{
    if (end > size || proof->count > PROOF_MAX_HASHES || !merkle_subtree_valid(start, end)) {
        return ERR_PROOF;
    }
    if (start == end) {
        return empty_subtree_verify(subtree_root, proof);
    }
    struct position p = {start, end - 1, size - 1};
    position_climb(&p);
    return subtree_climb(p, subtree_root, root, proof);
}

enum err merkle_verify_consistency(uint64_t old, uint64_t size, const struct hash *old_root,
                                   const struct hash *root, const struct proof *proof)
{
    if (old == 0) {
        return ERR_PROOF;
    }
    return merkle_verify_subtree(0, old, size, old_root, root, proof);
}
