/* A part that was erased by order leaves a mark in its place, `<64 hex>.erased`, which holds the id
 * of the order (33): no part of that commitment is stored, asked for or served here again. */
#ifndef JIELI_LEDGER_LOG_PART_ERASE_H
#define JIELI_LEDGER_LOG_PART_ERASE_H

#include "crypto/bytes.h"

/* Marks it, durably, then removes bytes with their salt and the card with its wraps, durably. A
 * crash on the way leaves the mark, and what is left is removed when it is called again. Blocks of
 * the medium and backups are out of its reach. Errors of part_folder.h. */
MUST_CHECK enum err part_erase(const char *home, const struct hash *commitment,
                               const struct hash *order);
/* Whether it was erased here; *order (may be NULL) by which. */
bool part_erased(const char *home, const struct hash *commitment, struct hash *order);

#endif
