/* What is stored of a log beside its entries, in two values so that an append rewrites one small
 * page only (FORMAT.md, "Logs"):
 *
 *   TABLE_LOGS  u8 len ‖ member ‖ u32 epoch ‖ alg u8 ‖ node key 32 ‖ u8 len ‖ origin
 *   TABLE_HEAD  u64 size ‖ u64 head size ‖ frontier 32 × (bits set in size) ‖ checkpoint note */
#ifndef JIELI_LEDGER_LOG_LOG_RECORD_H
#define JIELI_LEDGER_LOG_LOG_RECORD_H

#include "ledger/log/log.h"

MUST_CHECK enum err log_record_put(struct txn *t, const struct log *log);
/* ERR_NOTFOUND, ERR_CORRUPT. The frontier is not filled. */
MUST_CHECK enum err log_record_get(struct txn *t, struct log_no no, struct log *out);

/* The state of `log` with `note` (may be empty, must not borrow from the store). */
MUST_CHECK enum err log_state_put(struct txn *t, const struct log *log, struct span note);
/* Fills frontier and head_size; *note borrows from the transaction. */
MUST_CHECK enum err log_state_get(struct txn *t, struct log_no no, struct log *out,
                                  struct span *note);

#endif
