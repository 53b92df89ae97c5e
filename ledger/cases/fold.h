/* The fold of FORMAT.md: from the acts of one case to a verdict for each and the state of the case.
 * Pure: no clock, no store, no randomness. The same set of acts gives the same answer in whatever
 * order they are passed. */
#ifndef JIELI_LEDGER_CASES_FOLD_H
#define JIELI_LEDGER_CASES_FOLD_H

#include "ledger/cases/kinds.h"
#include "ledger/cases/reason.h"
#include "ledger/roster/roster.h"

/* One act of a case as the fold needs it: no borrowed bytes, facts taken out.
 * Filled by act_init from an entry, or from a JSON line. */
struct act;

/* What the caller (the engine) found before the fold, per act. */
struct act_origin {
    struct member_no member;      /* whose log it stands in */
    uint32_t epoch;
    uint64_t index;
    enum reason at_once;          /* not REASON_NONE: void whatever it says, once what it needs is
                                     held; at once where reason_hides_refs */
    bool waits;                   /* law beyond the folded size, or a foreign enrolment, not held:
                                     pending, with all that follows it */
    uint64_t needs_law;           /* law that must be folded, whether it is or not; 0: none */
    bool in_cycle;                /* void, but what it reaches counts as seen by what cites it */
};

struct case_fold;
/* `case_id` is the id of the opening act. */
MUST_CHECK enum err case_fold_create(struct case_fold **out, const struct roster *roster,
                                     const struct hash *case_id);
void case_fold_free(struct case_fold *f);
/* Adds one act, decoded. Entries of the case only (by case id, by other_case, or the opening act
 * itself). Acts may be added in any order and after a run. ERR_EXISTS: already added. */
MUST_CHECK enum err case_fold_add(struct case_fold *f, const struct entry *e,
                                  const struct act_origin *origin);
/* Marks an id as that of an entry that is held and belongs to another case: a ref to it makes an
 * act void instead of pending. ERR_EXISTS: an act added here. */
MUST_CHECK enum err case_fold_elsewhere(struct case_fold *f, const struct hash *id);
/* Gives every act its verdict and makes the state. */
MUST_CHECK enum err case_fold_run(struct case_fold *f);
/* The same, over again as long as an act waits for a ref that `held` knows as an entry of a log:
 * not added here, it is one of another case. */
typedef enum err fold_held(void *ctx, const struct hash *id, bool *held);
MUST_CHECK enum err case_fold_settle(struct case_fold *f, fold_held *held, void *ctx);
/* After a run: the least index of the convenor's acts that reach, within the case, an act whose law
 * lies beyond them, what is marked in_cycle left aside; UINT64_MAX: none. Until such a circle is
 * marked the convenor's log cannot be folded past it (ledger/cycle.h). */
uint64_t case_fold_circle(const struct case_fold *f);

/* Memory that the fold holds. */
size_t case_fold_bytes(const struct case_fold *f);
size_t case_fold_count(const struct case_fold *f);
struct act_view {
    struct hash id;
    struct act_origin origin;
    uint32_t kind;
    uint64_t law;                 /* size of the convenor's log that the act names */
    enum verdict verdict;
    enum reason reason;
    bool has_missing;
    struct hash missing;          /* pending: one of the ids waited for, when it waits for a ref */
};
/* i-th act in the order of (member, epoch, index). */
void case_fold_act(const struct case_fold *f, size_t i, struct act_view *out);
const struct case_state *case_fold_state(const struct case_fold *f);    /* after a run; borrowed */
/* Whether the act `by` had seen the act `id`, both of the case; after a run. */
bool case_fold_saw(const struct case_fold *f, const struct hash *by, const struct hash *id);

/* What an author who has seen everything folded here would cite: ids not seen by any other act that
 * is not pending; and what an act of that kind by `author` builds on, as FORMAT.md says of `base`.
 * *count <= ENTRY_MAX_REFS. Own acts may be left out as they are seen anyway. `refs` has room for
 * ENTRY_MAX_REFS. Only after a run. ERR_NOTFOUND: no acts. */
MUST_CHECK enum err case_fold_heads(const struct case_fold *f, enum kind kind,
                                    struct member_no author, struct hash *refs, unsigned *count,
                                    struct hash *base, bool *has_base);
/* The verdict that an act about to be written would get, its author having seen all that is folded
 * here: REASON_NONE or why it would be void. `e` is the decoded entry (signers' keys, posts and
 * roles are looked at, not their signatures). Only after a run. ERR_PENDING: an earlier act of
 * the author waits, or the kind is of later work. */
MUST_CHECK enum err case_fold_would(const struct case_fold *f, const struct entry *e,
                                    const struct act_origin *origin, enum reason *reason);

#endif
