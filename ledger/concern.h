/* Whom an act concerns: the members to whom delivery of it matters (FORMAT.md, "Cosignatures"), as
 * the table of kinds says; never its own author. Told from the entry and the one that it refers to
 * alone, so that every reader finds the same. */
#ifndef JIELI_LEDGER_CONCERN_H
#define JIELI_LEDGER_CONCERN_H

#include "ledger/ledger.h"

enum { CONCERN_MAX_NAMED = 2 * (2 + 2 * FACT_MAX_LIST) + 2 };
struct named { char id[ID_MAX_BYTES + 1]; };

/* Whether it is told from another entry too, the one with that id: its base or its target. */
bool concern_refers(const struct entry *e, struct hash *id);
/* The ids of those concerned, some maybe twice; returns their number. Pure. `referred`: that other
 * entry, or NULL. */
unsigned concern_ids(const struct entry *e, const struct entry *referred, const char *convenor,
                     struct named out[CONCERN_MAX_NAMED]);

/* Each once, in no order; ids that no admission names are left out. */
struct concern {
    unsigned count;
    struct member_no members[MEMBERS_MAX];
    bool referred_unknown;             /* the entry that it refers to is not known here */
};

MUST_CHECK enum err ledger_concern(struct ledger *l, const struct entry *e, struct concern *out);
bool concern_has(const struct concern *c, struct member_no m);

/* Whether one of entries [from, to) of a log concerns `m`. Over more than CONCERN_SCAN_MAX entries
 * it says true unread, and so of an act that refers to an entry which is not known here yet. */
enum { CONCERN_SCAN_MAX = 512 };
MUST_CHECK enum err ledger_concern_scan(struct ledger *l, struct txn *t, struct log_no log,
                                        uint64_t from, uint64_t to, struct member_no m,
                                        bool *found);

#endif
