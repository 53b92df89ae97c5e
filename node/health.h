/* Whether this node is well, for a monitor. Pure: facts in, verdict out.
 *   ok        all is well
 *   degraded  it serves, and somebody should look: no session for long, no certificate
 *   failing   it cannot do its work: 503 */
#ifndef JIELI_NODE_HEALTH_H
#define JIELI_NODE_HEALTH_H

#include "crypto/bytes.h"

struct health_facts {
    uint64_t beat_ago_ms;          /* since the ledger thread last came round */
    uint64_t free_bytes;           /* on the disk of the home */
    enum err own_log;              /* of ledger_own_check */
    bool meets_others;             /* it listens or dials */
    bool certified;                /* the transport has our certificate */
    unsigned sessions;
    uint64_t alone_ms;             /* since the last session; 0 while there is one */
    uint64_t notify_waiting;       /* events not delivered yet */
    uint64_t notify_max;
    unsigned folders_silent;       /* paths of [folder] that do not answer */
};

enum health_state { HEALTH_OK, HEALTH_DEGRADED, HEALTH_FAILING };
enum { HEALTH_MAX_REASONS = 8 };
struct health {
    enum health_state state;
    unsigned reason_count;
    const char *reasons[HEALTH_MAX_REASONS];   /* static: "ledger-stuck", "disk-full", … */
};

void health_check(const struct health_facts *facts, struct health *out);
/* Appends {"status":"ok","reasons":[…],"sessions":n}. ERR_NOMEM. */
MUST_CHECK enum err health_encode(const struct health *h, const struct health_facts *facts,
                                  struct buffer *out);
/* "ok", "degraded", "failing". */
const char *health_state_name(enum health_state state);

#endif
