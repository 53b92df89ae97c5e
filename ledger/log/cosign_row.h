/* The table of cosignatures: for a log and a cosigner, in rising order of tree size, its latest
 * one, the first that covers each act that concerns it, and each offer that it is among the
 * first to witness. A row holds signatures only; root and names follow from the log, so a row that
 * was stored speaks of this tree. Cosigners are named by the number of their own log. */
#ifndef JIELI_LEDGER_LOG_COSIGN_ROW_H
#define JIELI_LEDGER_LOG_COSIGN_ROW_H

#include "ledger/log/log.h"

struct cosign_row {
    struct log_no log, cosigner;
    uint64_t size, time_s;
    uint64_t certificate;              /* index of the certify entry in the cosigner's log */
    struct sig log_sig, sig;
};

MUST_CHECK enum err cosign_row_put(struct txn *t, const struct cosign_row *row);
MUST_CHECK enum err cosign_row_del(struct txn *t, const struct cosign_row *row);
/* All four: ERR_NOTFOUND, ERR_CORRUPT. The newest; the first of a size above `size`; the last of
 * one below it. */
MUST_CHECK enum err cosign_row_last(struct txn *t, struct log_no log, struct log_no cosigner,
                                    struct cosign_row *out);
MUST_CHECK enum err cosign_row_above(struct txn *t, struct log_no log, struct log_no cosigner,
                                     uint64_t size, struct cosign_row *out);
MUST_CHECK enum err cosign_row_below(struct txn *t, struct log_no log, struct log_no cosigner,
                                     uint64_t size, struct cosign_row *out);
/* The next row of any log and cosigner behind *at in the order of the table; begin with zeros and
 * *started false. */
struct cosign_cursor { bool started; struct cosign_row at; };
MUST_CHECK enum err cosign_row_next(struct txn *t, struct cosign_cursor *c,
                                    struct cosign_row *out);

#endif
