/* What the two files of channels share: records of u16 length ‖ Noise message, and how one ends. */
#ifndef JIELI_CRYPTO_CHANNEL_INTERNAL_H
#define JIELI_CRYPTO_CHANNEL_INTERNAL_H

#include "crypto/channel.h"

/* Ends `ch` with `why`, unless it ended before; `why`, or ERR_CLOSED when it ended before. */
enum err channel_fail(struct channel *ch, enum err why);

/* Takes bytes from the front of *in until a record is whole: its message is then in *record,
 * borrowed from *in or `ch` until the next call; else *record is {NULL, 0}. `least` and `most` are
 * at least 1 and bound its length. ERR_PROTOCOL: announces less; ERR_TOO_LARGE: more; ERR_NOMEM. */
MUST_CHECK enum err channel_record(struct channel *ch, size_t least, size_t most, struct span *in,
                                   struct span *record);

#endif
