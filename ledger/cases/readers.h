/* Who may read a sealed part: one table of part roles and relations to the case, beside the kinds.
 * Relations are those of now: the folded state, and what the act itself names. A rule set will be
 * able to widen it (domain.md: "or all members, where the rule set says so"); until then what all
 * may read is written as an open part. */
#ifndef JIELI_LEDGER_CASES_READERS_H
#define JIELI_LEDGER_CASES_READERS_H

#include "ledger/cases/state.h"
#include "ledger/log/entry.h"

enum relation {
    RELATION_AUTHOR = 1 << 0,         /* wrote the act that names the part */
    RELATION_CUSTODIAN = 1 << 1,       /* also by a ruling that names it */
    RELATION_OFFERED = 1 << 2,        /* the case lies offered, or requested, before it */
    RELATION_INTERIM = 1 << 3,        /* former custodian under interim control */
    RELATION_SUPPORT = 1 << 4,        /* asked or confirmed */
    RELATION_VERIFIER = 1 << 5,       /* named by the last 申请复查 */
    RELATION_LISTER = 1 << 6,
    RELATION_CONVENOR = 1 << 7,
    RELATION_OVERSIGHT = 1 << 8,
    RELATION_INVESTIGATOR = 1 << 9,  /* of the act's own tracks; where it names none, of any */
    RELATION_ADDRESSED = 1 << 10,     /* named by the act's own `to`, `verifier` or `supports` */
};

struct reader_row {
    enum part_role role;
    const char *name;                 /* "subject": JSON, commands */
    const char *label;                /* 案由 … */
    bool always_sealed;               /* never written as an open part */
    unsigned relations;               /* set of enum relation: its readers */
};
/* NULL when the role is not known: nobody but the author reads such a part. */
const struct reader_row *reader_row(unsigned role);

/* The relations of a member to the case of `s`, by its state and by the act `e` of it. */
unsigned relations_of(const struct roster *r, const struct case_state *s, const struct entry *e,
                      struct member_no m);
bool reader_may(const struct roster *r, const struct case_state *s, const struct entry *e,
                unsigned role, struct member_no m);

#endif
