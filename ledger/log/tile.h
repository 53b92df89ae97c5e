/* Stored tiles of a log's tree, C2SP tlog-tiles: at level L >= 1 tile n holds the hashes of the
 * complete subtrees of 256^L leaves numbered [256n, 256n + 256). Level 0 are the leaf hashes, kept
 * with the entries. */
#ifndef JIELI_LEDGER_LOG_TILE_H
#define JIELI_LEDGER_LOG_TILE_H

#include "ledger/log/log.h"

/* Adds the root of full bundle number `bundle`; full tiles give their root to the next level. */
MUST_CHECK enum err tile_append(struct txn *t, struct log_no no, uint64_t bundle,
                                const struct hash *root);
/* Hashes of the complete subtrees of 256^level leaves (level >= 1) with numbers [index, + count),
 * all within one tile. ERR_NOTFOUND, ERR_CORRUPT (a tile that is not whole hashes). */
MUST_CHECK enum err tile_read(struct txn *t, struct log_no no, unsigned level, uint64_t index,
                              struct hash *out, size_t count);

#endif
