/* Housekeeping of parts while the node runs: some milliseconds a tick, a whole round each day, and
 * at once when older sealing keys lie beside the present one: after a round that left none of the
 * cards behind, they are removed. */
#ifndef JIELI_NODE_CARE_H
#define JIELI_NODE_CARE_H

#include "ledger/part_care.h"

struct node;

struct care_state {
    bool running, rotating;        /* a round is under way; to end with removing older keys */
    unsigned folder;
    struct part_care done;         /* of this round */
    uint64_t next_ms;              /* when to look whether a round is due, steady clock */
    uint64_t round_ms;             /* when the last one ended; 0: none since the start */
};

void care_tick(struct node *n);

#endif
