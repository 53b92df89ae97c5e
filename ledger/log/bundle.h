/* The value of one full bundle: 256 consecutive entries of a log in one piece.
 *
 *   leaf hash 32 × 256  ‖  length u16 × 256  ‖  the entries' bytes
 *
 * 34 bytes an entry beside the entry itself. The leaf hashes are the integrity of the bytes. */
#ifndef JIELI_LEDGER_LOG_BUNDLE_H
#define JIELI_LEDGER_LOG_BUNDLE_H

#include "crypto/bytes.h"
#include "crypto/limits.h"

enum { BUNDLE_HEAD_BYTES = PACKAGE_ENTRIES * (HASH_BYTES + 2) };

/* Borrowed view of a stored bundle. */
struct bundle { const uint8_t *hashes, *lengths; struct span bytes; };

/* ERR_CORRUPT unless the lengths fill the value exactly. */
MUST_CHECK enum err bundle_decode(struct bundle *out, struct span value);
/* Entry `i` (below 256), unchecked. */
struct span bundle_entry(const struct bundle *b, unsigned i);
void bundle_leaf(const struct bundle *b, unsigned i, struct hash *out);
/* Borrowed entries [from, from + count) of the bundle, unchecked. */
void bundle_run(const struct bundle *b, unsigned from, struct span *entries, size_t count);

/* Fills a value in place, entry by entry in order. `room` has bundle_bytes() of the sum of the
 * entries' lengths. */
struct bundle_writer { uint8_t *room; size_t at; unsigned count; };
static inline size_t bundle_bytes(size_t entry_bytes) { return BUNDLE_HEAD_BYTES + entry_bytes; }
void bundle_writer_init(struct bundle_writer *w, uint8_t *room);
void bundle_writer_add(struct bundle_writer *w, const struct hash *leaf, struct span entry);

#endif
