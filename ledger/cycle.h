/* Entries that reach each other (FORMAT.md, "Seen"). Within one case the fold finds them. Over
 * several cases a circle leads through a law that names more of the convenor's log than there was,
 * so that log cannot be folded on, and all that its waiting entry rests on is held nevertheless.
 * Only then is there a circle to be found, and nothing that comes later can widen it. */
#ifndef JIELI_LEDGER_CYCLE_H
#define JIELI_LEDGER_CYCLE_H

#include "ledger/judge.h"

/* Where entries and what is known of them lie: the store, or the memory of an audit. */
struct cycle_source {
    void *ctx;
    struct log_no convenor;            /* its log */
    uint64_t convenor_size, folded;    /* entries held of it; below `folded` all is decided */
    struct place (*place)(void *ctx, struct position at);
    MUST_CHECK enum err (*row)(void *ctx, struct position at, struct verdict_row *out);
    MUST_CHECK enum err (*read)(void *ctx, struct position at, struct entry *out);
    /* ERR_NOTFOUND: not held. */
    MUST_CHECK enum err (*find)(void *ctx, const struct hash *id, struct position *at);
    /* Entries of a case; the caller frees. ERR_NOTFOUND: none, nothing to be freed. */
    MUST_CHECK enum err (*of_case)(void *ctx, const struct hash *case_id, struct position **out,
                                   size_t *count);
    /* The entry lies in a circle: `row` is what is known of it from now on. */
    MUST_CHECK enum err (*mark)(void *ctx, struct position at, const struct hash *case_id,
                                const struct verdict_row *row);
};

/* Finds entries that reach each other among all that the convenor's waiting entry at `stuck` rests
 * on, and marks them. *found tells whether there were any; never while something that it rests on
 * is not held. */
MUST_CHECK enum err cycle_mark(const struct cycle_source *source, uint64_t stuck, bool *found);

#endif
