/* The inside of the roster, shared by the files that judge one kind of governance each. */
#ifndef JIELI_LEDGER_ROSTER_GOVERNANCE_H
#define JIELI_LEDGER_ROSTER_GOVERNANCE_H

#include "ledger/cases/kinds.h"
#include "ledger/roster/officer_map.h"
#include "ledger/roster/roster.h"

enum { MEMBER_SLOTS = 4 * MEMBERS_MAX };

struct member_record {
    struct member member;
    struct certificate *certificates;         /* in the order of the log */
    unsigned certificate_count, certificate_cap;
    struct officer **officers;                /* in the order of enrolment */
    unsigned officer_count, officer_cap;
};

struct roster {
    struct genesis genesis;
    struct officer roots[ROOT_OFFICERS_MAX];
    struct member_record *members[MEMBERS_MAX];
    unsigned member_count;
    uint16_t by_id[MEMBER_SLOTS];             /* member number + 1; 0: empty */
    struct officer_map by_key;                /* member, key → officer */
    struct officer_map by_enrolment;          /* 0, id → officer; NULL: an enrolment that is void */
    struct duty_row **rows;                   /* by sector, district, level, since */
    size_t row_count, row_cap;
};

/* One entry under judgement; its signers were found. */
struct governance {
    struct member_record *author;
    uint64_t index;
    const struct entry *e;
    const struct officer *first;              /* who signed first */
    bool proven;                              /* keys and proofs were checked when it came in */
};

bool governance_kind(uint32_t kind);
/* A root officer of genesis by key; NULL. */
const struct officer *roots_find(const struct roster *r, const struct pubkey *key);
/* By post, or as the first administrator; never a root officer. */
bool officer_administers(const struct officer *o);
/* False for a key of small order, of which every shared secret is the same. */
bool xpubkey_check(const struct xpubkey *key);
/* Opens the value of a fact; false when absent. */
bool governance_fact(const struct entry *e, enum fact_id id, struct cbor *c);
/* The officer of the author's log who has this key, left or not, to be changed; NULL. */
struct officer *governance_officer(const struct governance *g, const struct pubkey *key);
/* The officer of now whom the entry names by key; NULL: none. False: it names no key. */
bool governance_names(const struct governance *g, struct officer **out);

/* Judge and apply one entry each; as roster_apply. Nothing is changed unless OK, REASON_NONE and
 * not pending. */
MUST_CHECK enum err certify_apply(struct roster *r, const struct governance *g,
                                  enum reason *reason);
MUST_CHECK enum err admit_apply(struct roster *r, const struct governance *g, enum reason *reason,
                                bool *pending);
MUST_CHECK enum err enrol_apply(struct roster *r, const struct governance *g, enum reason *reason);
MUST_CHECK enum err duty_apply(struct roster *r, const struct governance *g, enum reason *reason,
                               bool *pending);

MUST_CHECK enum err leave_apply(const struct governance *g, enum reason *reason);
MUST_CHECK enum err suspend_apply(struct roster *r, const struct governance *g,
                                  enum reason *reason, bool *pending);

/* Adds a member with its first administrator. ERR_NOMEM leaves the roster as it was. */
MUST_CHECK enum err roster_add_member(struct roster *r, const struct admission *a, uint64_t since,
                                      const struct hash *admission_id);
/* Adds an officer, copied. ERR_NOMEM leaves the roster as it was. */
MUST_CHECK enum err roster_add_officer(struct roster *r, const struct officer *o);
void duty_clear(struct roster *r);

#endif
