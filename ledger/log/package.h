/* A package: up to 256 consecutive entries of one log within one aligned bundle, with the proof
 * that the subtree [floor(start / 256) * 256, end) belongs to a signed tree (the shape of C2SP
 * tlog-mirror add-entries). It is the one unit of transfer: between peers, in bundles and folders.
 *
 *   (u16 length ‖ entry)*  u8 proof count (<= 63)  hash*32   — framed by header below
 *   header: u8 member length ‖ member ‖ u32 epoch ‖ u64 start ‖ u16 count ‖ u64 tree size */
#ifndef JIELI_LEDGER_LOG_PACKAGE_H
#define JIELI_LEDGER_LOG_PACKAGE_H

#include "ledger/log/log.h"

struct package {
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch;
    uint64_t start, tree_size;
    unsigned count;
    struct span entries[PACKAGE_ENTRIES];      /* borrowed */
    struct proof proof;
};

enum { PACKAGE_MAX_PROOF = 63 };

/* Reads entries [start, min(end of its bundle, tree_size)) of a stored log and appends the encoded
 * package to out. tree_size must be a checkpoint's size <= stored. ERR_RANGE otherwise. */
MUST_CHECK enum err package_encode(struct txn *t, const struct log *log, uint64_t start,
                                   uint64_t tree_size, struct buffer *out);
/* The encoding of a package in memory, appended to out. ERR_RANGE where package_decode would
 * refuse its numbers, ERR_TOO_LARGE for an entry over its limit. */
MUST_CHECK enum err package_format(const struct package *p, struct buffer *out);
/* Borrows from bytes. ERR_TRUNCATED, ERR_FORMAT (bytes left over, bad member id), ERR_RANGE (no
 * entry, past the end of the bundle or of the tree), ERR_TOO_LARGE (proof over 63 hashes). */
MUST_CHECK enum err package_decode(struct package *out, struct span bytes);
/* Leaf hashes of the entries. */
void package_leaves(const struct package *p, struct hash *leaves);
/* As package_verify, the leaf hashes given. */
MUST_CHECK enum err package_prove(const struct package *p, struct txn *t, const struct log *log,
                                  const struct hash *root, const struct hash *leaves);
/* Leaf hashes of the entries into leaves[count], then the proof against `root` of the tree of
 * package->tree_size; leaves before `start` in the same bundle come from the store (held).
 * ERR_GAP if they are not held, ERR_PROOF. */
MUST_CHECK enum err package_verify(const struct package *p, struct txn *t, const struct log *log,
                                   const struct hash *root, struct hash *leaves);
/* The same without a store: `before` holds the leaf hashes of [bundle start, start), NULL if
 * none. */
MUST_CHECK enum err package_verify_alone(const struct package *p, const struct hash *before,
                                         const struct hash *root, struct hash *leaves);

#endif
