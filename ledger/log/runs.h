/* Where the entries of a key stand: rows of key and position under keys that are hashes, and so
 * come in no order. A tree of them would rewrite a page for each. Here rows that come alone lie
 * loose in the table; many at once, or many loose ones, become a run: all its rows in order, in
 * chunks of a page. Runs of like size are merged, so that there are few (FORMAT.md, "Rows"), a
 * little with each commit: one that wrote a great run anew would leave as many pages free for ever.
 * A key may have many rows; the reader of a position decides whether it is meant. */
#ifndef JIELI_LEDGER_LOG_RUNS_H
#define JIELI_LEDGER_LOG_RUNS_H

#include "ledger/log/log.h"

enum runs_kind { RUNS_ID, RUNS_NONCE, RUNS_CASE, RUNS_KINDS };

/* Ordered by key, then at. The key is 8 bytes of a hash, or a whole case id: chosen by whoever
 * writes an entry, it must not be cut short. Words beyond 8 bytes are 0. */
struct row_key { uint64_t words[4]; };
struct row { struct row_key key; uint64_t at; };

enum {
    RUNS_LOOSE_MAX = 4096,             /* rows that lie loose before they become a run */
    RUNS_MERGE_MAX_ROWS = 1 << 18,     /* runs do not grow beyond */
};

/* log_no u16 ‖ index u48 */
uint64_t row_at(struct position p);
struct position row_position(uint64_t at);
struct row_key row_key_of(const struct hash *id);            /* RUNS_CASE */
static inline struct row_key row_key_short(uint64_t first)   /* RUNS_ID, RUNS_NONCE */
{
    return (struct row_key){{first, 0, 0, 0}};
}
void row_key_hash(const struct row_key *key, struct hash *out);
bool row_key_equal(const struct row_key *a, const struct row_key *b);
int row_compare(const struct row *a, const struct row *b);
/* Sorts in place, made for keys that are hashes. ERR_NOMEM. */
MUST_CHECK enum err rows_sort(struct row *rows, size_t count);

MUST_CHECK enum err runs_add(struct txn *t, enum runs_kind kind, const struct row *row);
/* Sorted, none twice. */
MUST_CHECK enum err runs_add_all(struct txn *t, enum runs_kind kind, const struct row *rows,
                                 size_t count);
/* Positions, rising, of the rows of a key; the caller frees *at. ERR_NOTFOUND: none, nothing to be
 * freed. ERR_CORRUPT. */
MUST_CHECK enum err runs_find(struct txn *t, enum runs_kind kind, const struct row_key *key,
                              uint64_t **at, size_t *count);
MUST_CHECK enum err runs_count(struct txn *t, enum runs_kind kind, unsigned *runs,
                               uint64_t *rows);

/* All rows in order from `from` on (NULL: from the first). The transaction must not be written to
 * meanwhile. Chunks are checked by their sums: ERR_CORRUPT. ERR_NOTFOUND at the end. */
struct runs_walk;
MUST_CHECK enum err runs_walk_open(struct txn *t, enum runs_kind kind, const struct row_key *from,
                                   struct runs_walk **out);
MUST_CHECK enum err runs_walk_next(struct runs_walk *w, struct row *out);
void runs_walk_close(struct runs_walk *w);     /* NULL is fine */

#endif
