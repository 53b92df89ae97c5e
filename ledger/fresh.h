/* Index rows of entries that are stored and not settled, until there are enough for a run: only in
 * memory, and made again from the entries when a ledger is opened. With them a filter of all nonces
 * used, so that hardly any entry of a catch-up is looked up in the store. */
#ifndef JIELI_LEDGER_FRESH_H
#define JIELI_LEDGER_FRESH_H

#include "ledger/log/runs.h"

enum { FRESH_MAX_ENTRIES = 1 << 16 };

/* Open addressing by the first word of the key, row number + 1. The first `reached` rows are in it:
 * few rows are ever looked for, so those that came since enter with the next look. */
struct fresh_slots { uint32_t *at; size_t count, reached; };
/* `slots`: NULL of RUNS_CASE, which nobody looks through. */
struct fresh_rows { struct row *rows; size_t count, cap; struct fresh_slots *slots; };

struct fresh {
    struct fresh_rows kinds[RUNS_KINDS];
    uint64_t *lines;                   /* the filter: 512 bits a line; NULL: not made yet */
    size_t line_count, key_count;
};

struct fresh_mark { size_t count[RUNS_KINDS]; };

void fresh_clear(struct fresh *f);
MUST_CHECK enum err fresh_add(struct fresh *f, enum runs_kind kind, const struct row *row);
struct fresh_mark fresh_mark(const struct fresh *f);
/* Forgets what was added since. */
void fresh_rewind(struct fresh *f, const struct fresh_mark *mark);
/* All rows into the store, as one run of each kind; they stay here until fresh_drop. */
MUST_CHECK enum err fresh_put(struct fresh *f, struct txn *t);
void fresh_drop(struct fresh *f);

/* Walks the rows whose short key this is: begin with *at = 0; NULL at the end. */
const struct row *fresh_next(const struct fresh *f, enum runs_kind kind, uint64_t first,
                             size_t *at);

/* Takes in every nonce of the store and those here, with room for FRESH_MAX_ENTRIES more. */
MUST_CHECK enum err fresh_filter(struct fresh *f, struct txn *t);
/* False: this nonce was never used. Without a filter, true. */
bool fresh_maybe_used(const struct fresh *f, uint64_t nonce);

#endif
