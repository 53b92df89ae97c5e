/* Housekeeping of the parts of a home, one of its 256 folders at a time: what is wrapped for an
 * older sealing key is wrapped for the present one, and what nobody names is removed. */
#ifndef JIELI_LEDGER_PART_CARE_H
#define JIELI_LEDGER_PART_CARE_H

#include "ledger/ledger.h"
#include "ledger/log/keyring.h"

enum { PART_FOLDERS = 256, PART_CARE_REWRAPS = 16 };

struct part_care { unsigned rewrapped, removed, failed; bool more; };

/* Looks through folder number `folder`; *out is added to. Removed are, once they are older than
 * DRAFT_MAX_AGE_S by `now_s` (Unix seconds): parts whose card names no entry held here (an act that
 * was refused in the end), parts without a card, and leftovers of writing. `failed` counts cards
 * that could not be written anew: the older keys are needed still. No more than PART_CARE_REWRAPS
 * are written at once: with `more` set the folder is not done. ERR_NOMEM. */
MUST_CHECK enum err ledger_part_care(struct ledger *l, const struct keyring *ring, unsigned folder,
                                     uint64_t now_s, struct part_care *out);

#endif
