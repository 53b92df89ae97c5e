/* How each member stands with this node, over all its sessions: what its frames may cost, and when
 * it is let in again after it broke the protocol. Pure: time is given. */
#ifndef JIELI_NODE_STANDING_H
#define JIELI_NODE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

enum {
    STANDING_SHARE = 100,             /* µs of the ledger thread for each ms: 10 % */
    STANDING_BURST_US = 200000,       /* saved and owed at most: a rest of 2 s, so that a
                                         peer whose word waits here is not taken for silent */
    STANDING_PING_US = 500,           /* what a ping or its answer counts as at least: an honest
                                         peer sends one a second at most, and other threads and
                                         the line carry it too */
    STANDING_BAR_MIN_MS = 1000,       /* after the first fault, doubled with each further one … */
    STANDING_BAR_MAX_MS = 60000,
    STANDING_FORGET_MS = 600000,      /* … until so long nothing was wrong */
};

/* Zero: a member that was never heard of. */
struct standing {
    bool known;
    int64_t credit_us;
    uint64_t credit_ms;               /* when that was so */
    uint64_t barred_until_ms;
    unsigned bar_ms;                  /* the last one; 0: no fault yet */
};

/* Frames that brought nothing new, or claims, took cost_us of the ledger thread. Until when its
 * sessions rest; 0: it is within its share. */
uint64_t standing_charge(struct standing *s, uint64_t cost_us, uint64_t now_ms);
/* It broke the protocol. */
void standing_fault(struct standing *s, uint64_t now_ms);
/* Whether it may be let in: it is within its share, and its last fault is long enough ago. */
bool standing_good(const struct standing *s, uint64_t now_ms);

#endif
