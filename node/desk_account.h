/* What one officer may ask from desks, over all sessions: two buckets that fill with time, one of
 * requests and one of bytes (crypto/limits.h). Pure. */
#ifndef JIELI_NODE_DESK_ACCOUNT_H
#define JIELI_NODE_DESK_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "crypto/limits.h"

struct desk_account {
    uint64_t ms;                      /* when it was last filled */
    uint64_t requests_milli, bytes;   /* thousandths of a request; bytes */
    unsigned refusals;                /* since it was last half full */
};

void desk_account_init(struct desk_account *a, uint64_t now_ms);
/* Takes one request of `bytes` from it. ERR_BUSY: too fast, nothing was taken; ERR_PROTOCOL: so
 * DESK_REFUSALS_MAX times since it was half full of requests: who does not listen is cut off.
 * A request larger than the whole bucket passes when the bucket is full. */
MUST_CHECK enum err desk_account_take(struct desk_account *a, size_t bytes, uint64_t now_ms);

/* An answer of `bytes` went out: counted, never refused. */
void desk_account_charge(struct desk_account *a, size_t bytes);

#endif
