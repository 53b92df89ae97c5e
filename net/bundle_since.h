/* Heads of a receiver, read from a file of signed notes with empty lines between them. */
#ifndef JIELI_NET_BUNDLE_SINCE_H
#define JIELI_NET_BUNDLE_SINCE_H

#include "ledger/ledger.h"

struct since { uint64_t *sizes; size_t count; };   /* [log_no]: held by the receiver, 0: nothing */

/* Verifies each note against our copy of the log: ERR_FORK when it is of another tree. Heads of
 * logs that we do not hold are passed over, greater ones than ours mean that nothing is missing
 * there. ERR_NOTFOUND, ERR_FORMAT, ERR_SIGNATURE, ERR_WRONG_LEDGER, ERR_NOMEM. */
MUST_CHECK enum err since_read(struct ledger *l, const char *path, struct since *out);
uint64_t since_size(const struct since *s, struct log_no no);
void since_clear(struct since *s);

#endif
