/* When the library beneath the transport has hung, only a new process helps. Pure: pulse and time
 * come in. */
#ifndef JIELI_NODE_WATCHDOG_H
#define JIELI_NODE_WATCHDOG_H

#include "net/transport.h"

struct watchdog {
    struct transport_pulse last;
    uint64_t looked_ms, moved_ms;  /* the last look, and when something had moved by then */
};

void watchdog_init(struct watchdog *w, uint64_t now_ms);
/* ERR_TIMEOUT: for WATCHDOG_STUCK_S not one dial, accept, read or write has ended although
 * addresses were being dialled, were due or were being closed all along, or the transport's own
 * keeper stood still. A refusal or a time-out of a dial is an end: a node whose peers are away,
 * that has none, or that may not dial yet is never stuck. Where nobody looked for longer than
 * WATCHDOG_GAP_S the process itself had stood still, and the time begins anew. */
MUST_CHECK enum err watchdog_check(struct watchdog *w, const struct transport_pulse *now,
                                   uint64_t now_ms);

#endif
