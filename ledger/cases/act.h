/* One act of a case as the fold keeps it: compact, with no borrowed bytes, its facts taken out and
 * its members turned into roster numbers. */
#ifndef JIELI_LEDGER_CASES_ACT_H
#define JIELI_LEDGER_CASES_ACT_H

#include "ledger/cases/arena.h"
#include "ledger/cases/fold.h"

struct act;

/* What custody is after a baton act (FORMAT.md, "Kinds of acts"). */
struct custody {
    const struct act *force;          /* the baton act in force, the base of the next */
    const struct act *ruling;         /* the last valid rule or assign; NULL: none */
    struct member_no custodian;
    bool open, is_request;
    struct member_no by, to;          /* of the open offer; its act is `force` */
};

struct act_signer {
    const char *person;               /* "" when the roster does not know the signer */
    struct member_no member;
    uint8_t role;
    bool verifier, director;          /* signs as 验收人; as 安委会主任 or 副主任 */
};

struct act_track { const char *name; struct member_no investigator; };

struct act {
    struct hash id, base, target;
    bool has_base;
    uint32_t kind;
    const struct kind_row *row;       /* NULL: not in the law version */
    struct act_origin origin;
    uint32_t law_epoch;
    uint64_t law;                     /* size of the convenor's log it is judged at */
    uint64_t time_s;
    unsigned ref_count;
    const struct hash *refs;

    uint32_t facts;                   /* set of FACT_TO .. FACT_AMOUNT: bit id - 1 */
    bool facts_bad, names_nobody;     /* a malformed fact; a member that is not admitted */
    struct member_no to, verifier;
    uint8_t grade, source, code, authority, step, level, outcome, five;
    uint64_t due_on, found_on;
    const char *sector, *district, *clause, *track, *officer;
    unsigned support_count, track_count, signer_count;
    const struct member_no *supports;
    const struct act_track *tracks;
    unsigned *track_numbers;          /* of `tracks`, the same for the same name; track_names.c */
    unsigned track_number;            /* of `track` */
    struct act_signer signers[ENTRY_MAX_SIGNERS];

    /* found by the graph */
    unsigned slot, ordinal;           /* which member of the case, its how-manieth act on it */
    uint32_t *seen;                   /* per slot: how many acts, itself included */
    bool resolved;                    /* `seen` is known: nothing it rests on is missing */
    bool has_missing;
    struct hash missing;
    /* found by the judge */
    enum verdict verdict;
    enum reason reason;
    bool holds;                       /* valid, and a baton, keep-open or track-opening act or a
                                         regrade: what passes and waivers are judged with again */
    struct custody after;             /* valid baton acts */
    unsigned generation, depth;       /* place in the baton order */
    const struct act *about;          /* offer or ruling that a statement concerns */
    const struct act *rests_on;       /* a closure: the pass */
    enum grade grade_seen;            /* a closure: by its author */
    const struct act *end_before;     /* the end of the same track that was filed before */
    bool pass_by_custodian;
    bool own_right;                   /* a pass: not only as the custodian's */
};

/* Reads `e`; everything kept is copied into `arena`. ERR_NOMEM. */
MUST_CHECK enum err act_init(struct act *a, struct arena *arena, const struct roster *r,
                             const struct entry *e, const struct act_origin *origin);

static inline bool act_has(const struct act *a, enum fact_id id)
{
    return (a->facts >> (id - 1)) & 1;
}

/* Whether `a` is in what `by` had seen, itself included. */
static inline bool act_saw(const struct act *by, const struct act *a)
{
    return by->seen[a->slot] > a->ordinal;
}

static inline bool act_by(const struct act *a, struct member_no m)
{
    return a->origin.member.v == m.v;
}

static inline bool act_by_convenor(const struct act *a)
{
    return a->origin.member.v == 0;
}

#endif
