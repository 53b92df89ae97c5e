/* What settle.c (the course of it) and settle_cases.c (its longest stage) share. */
#ifndef JIELI_LEDGER_SETTLE_H
#define JIELI_LEDGER_SETTLE_H

#include "ledger/internal.h"

enum stage { STAGE_CASES, STAGE_WOKEN, STAGE_END };

struct stretch;

struct settle {
    enum stage stage;
    uint64_t folded;                   /* the convenor's log below it is taken for decided */
    bool again;
    struct row_key next;               /* the next case to be written */
    struct stretch *ready;             /* cases from there on, folded ahead, or NULL */
    uint64_t circle;                   /* least case_fold_circle met */
    struct hash *moved;                /* cases that our own acts folded meanwhile */
    size_t moved_count, moved_cap;
    struct wait_key *woken;            /* by case */
    size_t woken_count, woken_cap, woken_next;
};

/* One step over the cases: some are written while the next are folded on all cores. *last: there
 * are no more. */
MUST_CHECK enum err settle_cases(struct ledger *l, bool *last);
void stretch_free(struct stretch *x);          /* NULL is fine */

#endif
