/* Telling a fork from a lie: a consistency proof that does not start at our root may still lead to
 * the head that the log's own key signed, and then it proves that this head has another past. Pure
 * functions; heads were verified by the caller. */
#ifndef JIELI_LEDGER_FORK_H
#define JIELI_LEDGER_FORK_H

#include "crypto/merkle.h"
#include "crypto/note.h"

enum fork_sign {
    FORK_NONE,       /* the proof holds, or leads nowhere: then its sender lies */
    FORK_POSSIBLE,   /* our size is a power of two: such a proof does not contain the old root */
    FORK_PROVEN,
};

/* Whether the proof from the size of `held` to `head` speaks of another past. */
enum fork_sign fork_read(const struct frontier *held, const struct checkpoint *head,
                         const struct proof *proof);
/* The root at size `from` that a proof to `head` speaks of. False: it leads nowhere, or the size is
 * a power of two. */
bool fork_old_root(uint64_t from, const struct checkpoint *head, const struct proof *proof,
                   struct hash *out);

#endif
