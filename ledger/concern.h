/* Whom an act concerns: the members to whom delivery of it matters (FORMAT.md, "Cosignatures").
 * They are those it names (facts to, verifier, supports, and the investigators of tracks) and, of
 * an accept or refuse, the author of the offer that it answers; never its own author. Told from
 * the entry alone, so that every reader finds the same. */
#ifndef JIELI_LEDGER_CONCERN_H
#define JIELI_LEDGER_CONCERN_H

#include "ledger/ledger.h"

/* The ids that an act names, some maybe twice: facts to, verifier, supports and tracks. Pure;
 * returns their number. */
enum { CONCERN_MAX_NAMED = 2 + 2 * FACT_MAX_LIST };
struct named { char id[ID_MAX_BYTES + 1]; };
unsigned concern_named(const struct entry *e, struct named out[CONCERN_MAX_NAMED]);
/* Whether it is an answer, which concerns the author of its base. */
bool concern_answers(const struct entry *e);

/* Each once, in no order; ids that no admission names are left out. */
struct concern {
    unsigned count;
    struct member_no members[MEMBERS_MAX];
    bool base_unknown;                 /* an answer, and the offer is not known here yet */
};

MUST_CHECK enum err ledger_concern(struct ledger *l, const struct entry *e, struct concern *out);
bool concern_has(const struct concern *c, struct member_no m);

/* Whether one of entries [from, to) of a log concerns `m`; with `baton`, a baton act among them.
 * Over more than CONCERN_SCAN_MAX entries it says true unread, and so of an answer to an offer that
 * is not known here yet. */
enum { CONCERN_SCAN_MAX = 512 };
MUST_CHECK enum err ledger_concern_scan(struct ledger *l, struct txn *t, struct log_no log,
                                        uint64_t from, uint64_t to, struct member_no m,
                                        bool baton, bool *found);

#endif
