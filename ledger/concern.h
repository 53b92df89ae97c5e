/* Whom an act concerns: the members to whom delivery of it matters (FORMAT.md, "Cosignatures").
 * They are those it names (facts to, verifier, supports, and the investigators of tracks) and, of
 * an accept or refuse, the author of the offer that it answers; never its own author. Told from
 * the entry alone, so that every reader finds the same. */
#ifndef JIELI_LEDGER_CONCERN_H
#define JIELI_LEDGER_CONCERN_H

#include "ledger/ledger.h"

/* Each once, in no order; ids that no admission names are left out. */
struct concern { unsigned count; struct member_no members[MEMBERS_MAX]; };

MUST_CHECK enum err ledger_concern(struct ledger *l, const struct entry *e, struct concern *out);
bool concern_has(const struct concern *c, struct member_no m);

/* Whether one of entries [from, to) of a log concerns `m`; with `baton`, a baton act among them.
 * Over more than CONCERN_SCAN_MAX entries it says true unread. */
enum { CONCERN_SCAN_MAX = 512 };
MUST_CHECK enum err ledger_concern_scan(struct ledger *l, struct txn *t, struct log_no log,
                                        uint64_t from, uint64_t to, struct member_no m,
                                        bool baton, bool *found);

#endif
