/* Telling a fork from a lie: a consistency proof that does not start at our root may still lead to
 * the head that the log's own key signed, and then it proves that this head has another past. */
#ifndef JIELI_NET_FORK_H
#define JIELI_NET_FORK_H

#include "crypto/merkle.h"

enum fork_sign {
    FORK_NONE,       /* the proof leads nowhere: its sender lies */
    FORK_POSSIBLE,   /* our size is a power of two: such a proof does not contain the old root */
    FORK_PROVEN,
};

/* After packages under the verified head in `note` failed on the log held up to `held`: whether its
 * proof from there speaks of another past. FORK_NONE also when the proof holds. */
enum fork_sign fork_read(const struct frontier *held, struct span note, const struct proof *proof);

#endif
