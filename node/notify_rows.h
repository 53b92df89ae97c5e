/* What notifying keeps in the store (TABLE_NOTIFY; FORMAT.md, "Tables of the engine"): how far each
 * log was looked through, entries of it that are still open, events not delivered yet. */
#ifndef JIELI_NODE_NOTIFY_ROWS_H
#define JIELI_NODE_NOTIFY_ROWS_H

#include "ledger/log/log.h"

/* How far a log was looked through. A home in which notifying was never turned on has begun not. */
MUST_CHECK enum err notify_begun(struct txn *t, bool *begun);
MUST_CHECK enum err notify_begin(struct txn *t);
MUST_CHECK enum err notify_scanned_get(struct txn *t, struct log_no log, uint64_t *size);
MUST_CHECK enum err notify_scanned_put(struct txn *t, struct log_no log, uint64_t size);

/* Open entries, by log and index. next: the first at or behind *at; ERR_NOTFOUND. */
MUST_CHECK enum err notify_open_put(struct txn *t, struct position at);
MUST_CHECK enum err notify_open_del(struct txn *t, struct position at);
MUST_CHECK enum err notify_open_next(struct txn *t, struct position *at);

/* Events in the order in which they became known. next: the first at or behind *seq, borrowed. */
MUST_CHECK enum err notify_event_put(struct txn *t, uint64_t seq, struct span event);
MUST_CHECK enum err notify_event_get(struct txn *t, uint64_t seq, struct span *event);
MUST_CHECK enum err notify_event_del(struct txn *t, uint64_t seq);
MUST_CHECK enum err notify_event_next(struct txn *t, uint64_t *seq);

#endif
