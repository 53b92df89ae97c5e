/* Lists of entry ids in their encoded form (struct id_list of entry.h). */
#ifndef JIELI_LEDGER_LOG_ID_LIST_H
#define JIELI_LEDGER_LOG_ID_LIST_H

#include "ledger/log/entry.h"

enum { ID_ITEM_BYTES = TAGGED_BYTES + 2 };     /* 58 21, algorithm, 32 bytes */

/* Reads an array of 1 to ENTRY_HARD_MAX_REFS ids in rising order without repeats; *out borrows.
 * ERR_FORMAT, ERR_TOO_LARGE, ERR_UNSUPPORTED stick in c. */
void id_list_decode(struct cbor *c, struct id_list *out);
/* Writes `ids`, in any order and with repeats, sorted and each once. ERR_TOO_LARGE sticks in w over
 * ENTRY_HARD_MAX_REFS. */
void id_list_encode(struct cbor_out *w, const struct hash *ids, unsigned count);

#endif
