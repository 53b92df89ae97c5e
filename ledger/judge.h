/* What is said of one entry by its form, its origin and its place in its log, before any fold
 * (FORMAT.md). Pure rules over what the caller found: the engine asks them with what its tables
 * tell, an audit with what it read itself. */
#ifndef JIELI_LEDGER_JUDGE_H
#define JIELI_LEDGER_JUDGE_H

#include "ledger/cases/fold.h"

/* The one epoch of the convenor's log that this software follows; later laws are waited for. */
enum { LAW_EPOCH = 0 };

/* What a log's next entry is judged against besides the log itself: the greatest law and time that
 * entries before it named. */
struct log_tail { uint32_t law_epoch; uint64_t law_max, time_max_s; };

/* Where an entry stands. */
struct place {
    struct roster *roster;
    struct member_no member;           /* whose log */
    uint32_t epoch;
    uint64_t index;
};

/* What was found about an entry before it is judged. Undecodable: nothing but `decoded` counts. */
struct evidence {
    bool decoded;
    bool sig_ok;
    bool held;                         /* an entry of this id stands before it in a log */
    bool repeated;                     /* its first key and nonce were used before it */
    bool own_on_branch;                /* size and root of `own` lie on this log before it */
};

struct judgement {
    enum reason at_once;               /* REASON_NONE, or void by its own form */
    bool foreign;                      /* a copy or repeat: outside everything */
    bool waits;                        /* for a newer law */
};

/* What is known of an entry, and what the node stores of it. */
struct verdict_row {
    enum verdict verdict;
    enum reason reason, at_once;
    bool in_cycle;
};

/* The same whenever the entry comes: what can depend on another member's log, the enrolment of a
 * foreign signer, is left to the fold (origin_judge). */
void entry_judge(const struct place *at, const struct log_tail *tail, const struct entry *e,
                 const struct evidence *found, struct judgement *out);
/* The tail once the entry stands there. A law that the convenor could not have seen does not count,
 * or no entry after it could ever be valid. */
void tail_advance(struct log_tail *tail, const struct place *at, const struct entry *e);

/* Who decides of an entry that is neither undecodable nor foreign. */
enum entry_room {
    ROOM_GOVERNANCE,                   /* the roster */
    ROOM_CASE,                         /* the fold of its cases */
    ROOM_NONE,                         /* nothing else is looked at */
};
enum entry_room entry_room(const struct entry *e, uint64_t index);
/* The cases of an entry of ROOM_CASE: 1, or 2 for a merge. */
unsigned entry_cases(const struct entry *e, struct hash out[2]);

/* Verdicts of the first and last room. Governance found valid is applied to the roster, also where
 * a suspension makes it void (REASON_SUSPENDED): who signs for others by it must be told alike
 * whether the suspension came before it or after. An enrolment found void is made known to the
 * roster. ERR_NOMEM. */
MUST_CHECK enum err governance_judge(const struct place *at, const struct entry *e,
                                     const struct judgement *j, struct verdict_row *row);
void loose_judge(const struct entry *e, const struct judgement *j, struct verdict_row *row);

/* What the fold must know of an entry of a case, the convenor's log being folded up to `folded`:
 * `row` tells at_once and in_cycle. */
void origin_judge(const struct place *at, const struct entry *e, const struct verdict_row *row,
                  uint64_t folded, struct act_origin *out);

#endif
