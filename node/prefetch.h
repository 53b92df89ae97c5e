/* Signatures of a frame's entries are checked on all cores while the frame still waits in the
 * queue, so that the ledger thread judges, folds and commits beside it. What was found good is
 * known by where it lies in the frame, its id with it; of answers that came before their turn, by
 * the id. The rest is checked again. */
#ifndef JIELI_NODE_PREFETCH_H
#define JIELI_NODE_PREFETCH_H

#include "net/sync.h"
#include "node/pool.h"

enum { PREFETCH_KEPT = 64 };              /* answers that came before their turn, at most */

struct prefetch;

MUST_CHECK enum err prefetch_create(struct prefetch **out, struct pool *pool);
/* Once, when the ledger is open and before any frame comes: nothing is started earlier. */
void prefetch_enable(struct prefetch *p, const struct hash *ledger);
void prefetch_free(struct prefetch *p);       /* waits for what is under way; NULL is fine */
/* Ledger thread: a frame goes out to this peer; of a WANT the answer is expected. */
void prefetch_expect(struct prefetch *p, struct peer_id peer, struct span frame);
/* From any thread: starts on a PACKAGES frame that is expected of this peer, whose bytes must stay
 * where they are until prefetch_take or prefetch_drop. Other frames, and any beyond what it holds,
 * are left alone: what nobody asked for costs no signature. */
void prefetch_start(struct prefetch *p, struct peer_id peer, struct span frame);
/* Ledger thread: from now until the next take, entries of this frame need no second check. */
void prefetch_take(struct prefetch *p, struct span frame);
/* The frame goes away untaken. */
void prefetch_drop(struct prefetch *p, struct span frame);
/* Checks what is not known from the frame taken last, on the pool. */
struct verifier prefetch_verifier(struct prefetch *p);

#endif
