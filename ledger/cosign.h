/* Cosignatures of logs: those of other members are taken when they hold, our own is given when we
 * hold the log (FORMAT.md, "Cosignatures"). Only verified ones are kept: for a log and a cosigner
 * the latest, the first that covers each act that concerns the cosigner, and each
 * offer that it is among the first to witness. A member does not cosign its own log. */
#ifndef JIELI_LEDGER_COSIGN_H
#define JIELI_LEDGER_COSIGN_H

#include "ledger/ledger.h"
#include "ledger/log/cosign_row.h"
#include "ledger/log/cosigned.h"

enum {
    COSIGN_MAX_BATCH = 64,
    /* So long after the claimed time of an act a member that it concerns cosigns it only with its
     * parts. */
    COSIGN_PARTS_WAIT_S = 86400,
};

/* A cosigned head as it was shown. In: note. Out: the rest.
 * OK                 verified and kept; row tells what is kept
 * ERR_EXISTS         held, or an older one that nothing needs: not verified
 * ERR_GAP            it covers entries that are not held yet: show it again later. Where it is our
 *                    own it was verified: less must not be cosigned until they are held
 * ERR_UNKNOWN_MEMBER the log's or the cosigner's admission or certificate is not held yet
 * ERR_OVERTAKEN      by a key that had been replaced a day and more before
 * ERR_FORK           of another tree than ours: kept as evidence where ledger_check_head keeps it
 * ERR_SIGNATURE, ERR_FORMAT, ERR_RANGE, ERR_TOO_LARGE, ERR_WRONG_LEDGER: its sender's fault */
struct cosign_item { struct span note; enum err err; struct cosign_row row; };
/* Up to COSIGN_MAX_BATCH at once; all that hold share one commit. Errors of the store: none of them
 * was kept. */
MUST_CHECK enum err ledger_cosign_take(struct ledger *l, struct cosign_item *items, size_t count);

/* Cosigns the newest heads of these logs by our cosigner's key, in one durable commit: only what is
 * stored and verified, never less than before, never two trees, never a log that is known to fork,
 * at a time not before that of our last cosignature of it. Each item's err: OK, row kept;
 * ERR_EXISTS nothing new; ERR_GAP its head is still being fetched or verified; ERR_FORK;
 * ERR_NOTFOUND no head. The whole: ERR_KEY when `key` is not what our newest certificate names;
 * errors of the store. */
struct cosign_own { struct log_no log; enum err err; struct cosign_row row; };
MUST_CHECK enum err ledger_cosign_give(struct ledger *l, const struct signkey *key, uint64_t now_s,
                                       struct cosign_own *items, size_t count);

/* The whole cosigned head of a row. */
MUST_CHECK enum err ledger_cosigned(struct ledger *l, const struct cosign_row *row,
                                    struct cosigned *out);
/* The first cosignature by a member that covers an entry; ERR_NOTFOUND. Its own log's: none. */
MUST_CHECK enum err ledger_cosign_first(struct ledger *l, struct position at, struct member_no by,
                                        struct cosign_row *out);

#endif
