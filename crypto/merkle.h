/* RFC 6962 §2.1 trees: leaf SHA-256(00‖d), node SHA-256(01‖l‖r), and the verifiers of RFC 9162
 * §2.1.3.2 and §2.1.4.2; subtree proofs of draft-ietf-plants-merkle-tree-certs. Pure functions;
 * stored hashes come through a reader. Proofs are made for trees of up to 2^63 leaves: beyond is
 * ERR_RANGE. */
#ifndef JIELI_CRYPTO_MERKLE_H
#define JIELI_CRYPTO_MERKLE_H

#include "crypto/err.h"
#include "crypto/limits.h"
#include "crypto/types.h"

void merkle_leaf(struct span entry, struct hash *out);
/* `out` may be `left` or `right`. */
void merkle_node(const struct hash *left, const struct hash *right, struct hash *out);
void merkle_empty_root(struct hash *out);                    /* SHA-256("") */

/* Root of the tree over `count` leaf hashes, iteratively. */
void merkle_root(const struct hash *leaves, uint64_t count, struct hash *out);

/* The right-hand frontier of a tree of `size`: roots of its complete subtrees, largest first.
 * Appending is O(1) amortised, the root O(log size). */
struct frontier { uint64_t size; unsigned count; struct hash roots[64]; };
void frontier_init(struct frontier *f);
void frontier_append(struct frontier *f, const struct hash *leaf);
void frontier_root(const struct frontier *f, struct hash *out);

struct proof { unsigned count; struct hash hashes[PROOF_MAX_HASHES]; };

/* Where complete subtree hashes are kept: hash of the complete subtree of 2^level leaves whose
 * first leaf is index << level. ERR_NOTFOUND or ERR_CORRUPT pass through. */
struct hash_reader {
    void *ctx;
    enum err (*read)(void *ctx, unsigned level, uint64_t index, struct hash *out);
};

/* Root of the tree of `size` from stored subtrees. */
MUST_CHECK enum err merkle_tree_root(const struct hash_reader *r, uint64_t size,
                                     struct hash *out);
/* ERR_RANGE unless index < size. */
MUST_CHECK enum err merkle_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size,
                                     struct proof *out);
/* ERR_RANGE unless old <= size. Empty for old 0, which proves nothing. */
MUST_CHECK enum err merkle_consistency(const struct hash_reader *r, uint64_t old, uint64_t size,
                                       struct proof *out);
/* A valid subtree is [start, end), start a multiple of the smallest power of two >= end - start;
 * an empty one is valid anywhere. */
bool merkle_subtree_valid(uint64_t start, uint64_t end);
/* Subtree consistency proof of [start, end) into the tree of `size`. ERR_RANGE if not valid. */
MUST_CHECK enum err merkle_subtree(const struct hash_reader *r, uint64_t start, uint64_t end,
                                   uint64_t size, struct proof *out);
/* Hash of the subtree [start, end) itself. */
MUST_CHECK enum err merkle_subtree_root(const struct hash_reader *r, uint64_t start,
                                        uint64_t end, struct hash *out);

/* All four: OK or ERR_PROOF, never anything else. An `old` of 0 is refused: anything is consistent
 * with an empty tree, so the caller decides without a proof. */
MUST_CHECK enum err merkle_verify_inclusion(uint64_t index, uint64_t size,
                                            const struct hash *leaf, const struct proof *proof,
                                            const struct hash *root);
MUST_CHECK enum err merkle_verify_consistency(uint64_t old, uint64_t size,
                                              const struct hash *old_root,
                                              const struct hash *root,
                                              const struct proof *proof);
MUST_CHECK enum err merkle_verify_subtree(uint64_t start, uint64_t end, uint64_t size,
                                          const struct hash *subtree_root,
                                          const struct hash *root, const struct proof *proof);
/* Inclusion of a leaf within a subtree (draft: subtree inclusion proof). */
MUST_CHECK enum err merkle_verify_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                                                    const struct hash *leaf,
                                                    const struct proof *proof,
                                                    const struct hash *subtree_root);

#endif
