/* Looks through the logs for what our member should be told of, and queues it: the part of notify.h
 * that reads and writes the store. The ledger thread's. */
#ifndef JIELI_NODE_NOTIFY_LOOK_H
#define JIELI_NODE_NOTIFY_LOOK_H

#include "ledger/ledger.h"

struct notify_look {
    struct ledger *l;
    const char *self;                 /* borrowed, as is the ledger */
    bool ready;                       /* opened whole */
    bool touched;                     /* set by the caller: what is open may have changed */
    bool due;                         /* it is being looked at again */
    struct position open_at;          /* where that look has come to */
    uint64_t unsettled;               /* entries not folded yet, as of that */
    uint64_t queued, next_seq, open_count;
    uint64_t unsaved;                 /* entries looked through since `scanned` was stored */
    uint64_t scanned[LOGS_MAX];       /* [log_no] */
    uint16_t open[LOGS_MAX];          /* [log_no]: open entries */
};

/* Reads what was kept; where nothing was, begins with the present. Errors of the store. */
MUST_CHECK enum err notify_look_open(struct notify_look *k, struct ledger *l, const char *self);
/* One round, at most NOTIFY_SCAN_ENTRIES new entries and as many open ones as share a commit. On an
 * error nothing was passed over: the next round tries again. */
MUST_CHECK enum err notify_look_round(struct notify_look *k, uint64_t now_s);
/* Takes delivered events out of the queue. */
MUST_CHECK enum err notify_look_drop(struct notify_look *k, const uint64_t *seqs, unsigned count);
/* Stores how far the logs were looked through: spares a second look, nothing more. */
MUST_CHECK enum err notify_look_save(struct notify_look *k);

#endif
