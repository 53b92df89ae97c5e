#include "ledger/fork.h"

/* The old root that a proof speaks of (RFC 9162 §2.1.4.2), from neither 0 nor a power of two. */
static void claimed_root(uint64_t from, uint64_t size, const struct proof *proof,
                         struct hash *root)
{
    uint64_t fn = from - 1, sn = size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    *root = proof->hashes[0];
    for (unsigned i = 1; i < proof->count; i++) {
        if ((fn & 1) || fn == sn) {
            merkle_node(&proof->hashes[i], root, root);
            while (fn != 0 && !(fn & 1)) {
                fn >>= 1;
                sn >>= 1;
            }
        }
        fn >>= 1;
        sn >>= 1;
    }
}

bool fork_old_root(uint64_t from, const struct checkpoint *head, const struct proof *proof,
                   struct hash *out)
{
    if (from == 0 || from >= head->size || proof->count == 0 || (from & (from - 1)) == 0)
        return false;
    claimed_root(from, head->size, proof, out);
    return merkle_verify_consistency(from, head->size, out, &head->root, proof) == OK;
}

enum fork_sign fork_read(const struct frontier *held, const struct checkpoint *head,
                         const struct proof *proof)
{
    const uint64_t from = held->size;
    struct hash ours, theirs;
    if (from == 0 || from >= head->size || proof->count == 0)
        return FORK_NONE;
    frontier_root(held, &ours);
    if (merkle_verify_consistency(from, head->size, &ours, &head->root, proof) == OK)
        return FORK_NONE;
    if ((from & (from - 1)) == 0)
        return FORK_POSSIBLE;
    return fork_old_root(from, head, proof, &theirs) ? FORK_PROVEN : FORK_NONE;
}
