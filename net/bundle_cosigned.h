/* Cosignatures for a bundle: of whole logs all that are kept beyond what the receiver holds, and
 * the latest of each; of one case the first of each cosigner that covers each of its entries, and
 * what proves them to a reader who holds no log. */
#ifndef JIELI_NET_BUNDLE_COSIGNED_H
#define JIELI_NET_BUNDLE_COSIGNED_H

#include "ledger/cosign.h"
#include "ledger/ledger.h"
#include "net/bundle_since.h"
#include "net/message.h"

/* Takes one message; what it points to is borrowed for the call. */
typedef enum err bundle_cosigned_put(void *ctx, const struct message *m);

/* One message of them at most, from *at on, which begins with zeros; *done: there are no more. */
MUST_CHECK enum err bundle_cosigned_some(struct ledger *l, const struct since *since,
                                         struct cosign_cursor *at, bool *done,
                                         bundle_cosigned_put *put, void *ctx);
/* `at` in order of log and index. */
MUST_CHECK enum err bundle_cosigned_of(struct ledger *l, const struct position *at, size_t count,
                                       bundle_cosigned_put *put, void *ctx);
/* PROVEN messages: the certificates of the keys that made these, and the enrolments they rest on,
 * but for those in the convenor's log; CONSISTENCY messages: from each cosigned size of another log
 * to its newest head. */
MUST_CHECK enum err bundle_cosigned_proofs(struct ledger *l, const struct position *at,
                                           size_t count, bundle_cosigned_put *put, void *ctx);

#endif
