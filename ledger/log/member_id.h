/* Member ids: 1 to ID_MAX_BYTES of [a-z0-9-], the first a letter. */
#ifndef JIELI_LEDGER_LOG_MEMBER_ID_H
#define JIELI_LEDGER_LOG_MEMBER_ID_H

#include "crypto/types.h"

bool member_id_valid(struct span id);

#endif
