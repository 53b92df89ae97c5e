/* What runs.c (rows, chunks, finding), runs_write.c and runs_walk.c share.
 *
 *   0 u32                    → made u32 ‖ (run u32 ‖ rows u64 ‖ chunks u32)*: oldest first
 *   0 u32 ‖ row              → "": a loose row
 *   run u32 ‖ first row      → row × n ‖ sum 8: a chunk; the sum begins SHA-256(key ‖ rows)
 *
 * row: key 8 (id, nonce) or 32 (case) ‖ log_no u16 ‖ index u48 */
#ifndef JIELI_LEDGER_LOG_RUNS_INTERNAL_H
#define JIELI_LEDGER_LOG_RUNS_INTERNAL_H

#include "crypto/sha256.h"
#include "ledger/log/runs.h"

enum {
    RUN_LOOSE = 0,
    RUN_BYTES = 4,
    POSITION_ROW_BYTES = 8,
    ROW_MAX_BYTES = 40,
    RUN_ITEM_BYTES = 16,
    CHUNK_SUM_BYTES = 8,
    CHUNK_BYTES = 4072,                /* with LMDB's header one page */
    CHUNK_MAX_ROWS = CHUNK_BYTES / 16,
    RUNS_MAX = 64,                     /* from here on the last two are merged, of any size */
    RUNS_LISTED = RUNS_MAX + 2,        /* with one that comes and one that is being made */
};

struct run { uint32_t no; uint64_t rows; uint32_t chunks; };
/* items[made] is being made of the two before it, which hold what it does not yet; 0: none is. */
struct runs_list { struct run items[RUNS_LISTED]; unsigned count, made; };
struct run_key { uint8_t b[RUN_BYTES + ROW_MAX_BYTES]; size_t len; };
struct chunk { enum runs_kind kind; const uint8_t *rows; size_t count; };

enum table runs_table(enum runs_kind kind);
size_t row_width(enum runs_kind kind);
void row_encode(enum runs_kind kind, const struct row *row, uint8_t *out);
void row_decode(enum runs_kind kind, const uint8_t *in, struct row *out);
void run_key(enum runs_kind kind, uint32_t run, const struct row *row, struct run_key *out);
/* Its form alone: ERR_CORRUPT. */
MUST_CHECK enum err chunk_view(enum runs_kind kind, struct span key, struct span value,
                               struct chunk *out);
void chunk_row(const struct chunk *c, size_t i, struct row *out);
/* First row of the chunk that is not below `wanted`. */
size_t chunk_seek(const struct chunk *c, const struct row *wanted);
void chunk_sum(struct span key, struct span rows, uint8_t out[CHUNK_SUM_BYTES]);
MUST_CHECK enum err runs_list_get(struct txn *t, enum runs_kind kind, struct runs_list *out);
MUST_CHECK enum err runs_list_put(struct txn *t, enum runs_kind kind,
                                  const struct runs_list *list);
/* A walk over these runs alone, and over the loose rows where `loose`. */
MUST_CHECK enum err runs_walk_some(struct txn *t, enum runs_kind kind, const struct run *runs,
                                   unsigned count, bool loose, const struct row *from,
                                   struct runs_walk **out);

#endif
