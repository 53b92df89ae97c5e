/* [notify] run=: a program is told, one JSON event at a time, of what other members do to us: an
 * offer, assignment, refusal, ruling, delivery (notify_event.h). At least once, the oldest first.
 *
 * The ledger thread looks through each log once and keeps how far (notify_rows.h): events are
 * queued in the commit that moves that size past their act, so that a crash before it looks at the
 * act again and one after it has the event queued. An act that is still pending, and an offer of
 * ours that is not delivered, are kept open and looked at again when something has changed. What
 * was queued leaves the queue when the program has ended with status 0; a crash in between runs
 * it again, with the same event id. A full queue, or a log with too many open entries, is looked
 * through no further until there is room: nothing is dropped.
 *
 * When it is first turned on it begins with the present. */
#ifndef JIELI_NODE_NOTIFY_H
#define JIELI_NODE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/err.h"

struct node;
struct notify;

/* What is queued, and what became of what was. */
struct notify_counts { uint64_t queued, open, delivered, failed; };

/* Does nothing without [notify] run=. Before anything is received. Logged when it fails: ERR_NOMEM,
 * errors of the store. */
MUST_CHECK enum err notify_open(struct node *n);
void notify_close(struct node *n);
/* Something may have changed what is open: a log grew, or was cosigned. */
void notify_touch(struct node *n);
/* Every time the ledger thread ticks. */
void notify_tick(struct node *n, uint64_t now_ms);
/* False: nobody is told of anything. */
bool notify_counts(const struct node *n, struct notify_counts *out);

#endif
