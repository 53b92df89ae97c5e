/* Inside the fold: the set of acts of one case, and a view, the part of it that somebody had seen.
 * Every verdict of FORMAT.md is a question about a view. */
#ifndef JIELI_LEDGER_CASES_VIEW_H
#define JIELI_LEDGER_CASES_VIEW_H

#include "ledger/cases/act.h"
#include "ledger/cases/state.h"

/* Valid acts by what rules ask for. Order within a list: LIST_BATON by baton order, the others in
 * an order in which each act stands behind what it had seen. */
enum list {
    LIST_BATON,
    LIST_REFUSAL, LIST_RULING,           /* refuse; rule and assign */
    LIST_KEEP, LIST_FAILURE,             /* keep-open acts; failed verification and relapse */
    LIST_SIGN_FOR, LIST_ASK_MORE, LIST_RECALL, LIST_PETITION, LIST_HAND_TO,
    LIST_JOIN,                           /* join, and rule and assign that name supports */
    LIST_HANDLED,                        /* order, plan, progress, rectified */
    LIST_RECTIFIED,
    LIST_GRADE, LIST_TERM,               /* acts on the grade; acts on the term */
    LIST_LISTING, LIST_UNLISTING,
    LIST_PASS, LIST_CLOSE, LIST_ARCHIVE,
    LIST_TRACK, LIST_TRACK_END,
    LIST_CORRECT,
    LIST_ERASE,
    LIST_COUNT,
};

struct act_list { struct act **at; unsigned count; };
#define IN(list) (1u << (list))

/* What is dear to find among all acts and is asked of many closures: hidden.c keeps which acts of
 * each member are such. */
enum mark_kind {
    MARK_MAJOR, MARK_IMMINENT,           /* acts on the grade, of at least that grade */
    MARK_CUSTODY, MARK_REFUSAL,          /* make the convenor's institution custodian; refuse */
    MARK_TRACK,                          /* open tracks */
    MARK_HAND_TO,
    MARK_COUNT,
};

struct track_name { const char *text; unsigned number; };
/* A present opening: the i-th track of `open`; next: another of the same track. */
struct track_open { const struct act *open; unsigned i, next; };
enum { TRACK_UNKNOWN = INT32_MAX, TRACK_ANY = INT32_MAX - 1 };

struct id_slot { struct hash id; struct act *act; bool used; };   /* act NULL: of another case */

struct case_fold {
    const struct roster *roster;
    struct hash case_id;
    struct arena kept, work;             /* acts; what one run finds */
    struct act **acts;                   /* after a run in the order of member, epoch, index */
    unsigned count, cap;
    struct id_slot *ids;
    unsigned id_count, id_cap;           /* cap: a power of two */
    struct track_name *names;
    unsigned name_count, name_cap;       /* cap: a power of two */
    unsigned mention_count;              /* tracks in all openings together */
    bool sorted;
    /* of the last run */
    unsigned slot_count;
    unsigned slot_first[MEMBERS_MAX + 1]; /* acts of slot s: slot_first[s] up to slot_first[s+1] */
    uint32_t *all;                       /* the vector of all resolved acts */
    uint32_t *scratch;
    uint64_t circle;                     /* case_fold_circle */
    struct act *opening;                 /* valid; NULL: none */
    struct act_list lists[LIST_COUNT];
    unsigned *marked[MARK_COUNT], mark_count[MARK_COUNT][MEMBERS_MAX];
    struct track_open *present;          /* of the last question, as many as it answered */
    unsigned *track_first;               /* per track number, zero between questions */
    const struct act **track_end;        /* per track number: the end filed last */
    struct case_state state;
};

/* `seen`, and of the acts that move or hold the case also those in `more` (NULL: none), save those
 * that had seen `not_after` (NULL: none). */
struct view {
    const struct case_fold *f;
    const uint32_t *seen, *more;
    const struct act *not_after;
};

static inline bool view_has(const struct view *v, const struct act *a)
{
    if (v->seen[a->slot] > a->ordinal)
        return true;
    return v->more && a->holds && v->more[a->slot] > a->ordinal &&
           !(v->not_after && act_saw(a, v->not_after));
}

/* What the author of `a` had seen; an act under judgement is in no list yet. */
static inline struct view view_of(const struct case_fold *f, const struct act *a)
{
    return (struct view){.f = f, .seen = a->seen};
}

static inline struct view view_of_all(const struct case_fold *f)
{
    return (struct view){.f = f, .seen = f->all};
}

/* Walks the acts of a list that a view has. */
#define VIEW_EACH(v, which, a) \
    for (unsigned each_ = 0; each_ < (v)->f->lists[which].count; each_++) \
        for (const struct act *a = (v)->f->lists[which].at[each_]; a && view_has(v, a); a = NULL)

bool same_institution(const struct case_fold *f, struct member_no a, struct member_no b);
enum member_kind kind_of_member(const struct case_fold *f, struct member_no m);
/* NULL: not of the case. */
struct act *fold_find(const struct case_fold *f, const struct hash *id);

/* custody.c. In force in the view; NULL before the opening. */
const struct custody *view_custody(const struct view *v);
bool view_is_custodian(const struct view *v, struct member_no m);
/* Custodian before the last ruling, bound to interim control; MEMBER_NONE: nobody. */
struct member_no view_interim(const struct view *v);

/* parties.c */
bool view_was_custodian(const struct view *v, struct member_no m);   /* now or before */
bool view_refused(const struct view *v, struct member_no m);
bool view_listed_ever(const struct view *v, struct member_no m);
/* The first signer of the act by which the custodian took it; "" before the opening. */
const char *view_taker(const struct view *v);
/* The person that works it for the custodian: the officer of its last hand-to, else the taker. */
const char *view_handler(const struct view *v);
/* Whether the person signed first on a plan, progress, order or 申请复查. */
bool view_handled_by(const struct view *v, const char *person);

/* conflict.c: of the convenor's institution. */
bool of_convenor(const struct case_fold *f, struct member_no m);
/* The convenor's institution is custodian, refuser, lead or investigated. */
bool view_conflict(const struct view *v, uint64_t law);
bool act_second_signed(const struct case_fold *f, const struct act *a);
/* A conflict that the author of `a`, the convenor, signing alone, had not seen shows among the acts
 * of `vector` that had not seen `a`. */
bool conflict_hidden(const struct case_fold *f, const struct act *a, const uint32_t *vector);

/* grade.c. Of the acts on a value that no other of them had seen, the strictest. */
enum grade view_grade(const struct view *v);
bool view_major(const struct view *v);
uint64_t view_due_on(const struct view *v);                          /* 0: no term */

/* listing.c */
bool view_listing_stands(const struct view *v, const struct act *supervise);
bool view_listed_by(const struct view *v, struct member_no m);
bool view_listed(const struct view *v);

/* support.c. STEP_ASK, STEP_CONFIRM, STEP_DECLINE or 0. */
enum step view_support(const struct view *v, struct member_no m);

/* verification.c */
bool pass_by_own_right(const struct view *v, const struct act *pass);
/* The pass that a closure by somebody who had seen `seen` can rest on, or NULL. */
const struct act *pass_that_counts(const struct case_fold *f, const uint32_t *seen);

/* hidden.c */
void marks_file(struct case_fold *f, const struct act *a, unsigned lists);
/* The last such act of a member among those `seen`, NULL: none. */
const struct act *mark_last(const struct case_fold *f, struct member_no m, enum mark_kind mark,
                            const uint32_t *seen);
/* Among what the author of `by` had seen. */
bool mark_seen(const struct case_fold *f, const struct act *by, enum mark_kind mark);
/* Among the acts of `vector` that `by` had not seen and that had not seen `by`. */
bool mark_hidden(const struct case_fold *f, const struct act *by, enum mark_kind mark,
                 const uint32_t *vector);

/* track_names.c. Gives the tracks that `a` names their numbers. ERR_NOMEM. */
MUST_CHECK enum err track_names_add(struct case_fold *f, struct act *a);
unsigned track_number(const struct case_fold *f, const char *name);   /* or TRACK_UNKNOWN */

/* tracks.c. Fills f->present, the last filed first, with the present openings of one track or
 * TRACK_ANY; their count. */
unsigned view_tracks(const struct view *v, unsigned track);
/* How the present opening was ended: 0, OUTCOME_CONCLUDED or OUTCOME_WAIVED. */
enum outcome view_track_outcome(const struct view *v, const struct act *open, unsigned i);
bool view_tracks_ended(const struct view *v);

/* erasure.c. Orders, confirmations not counted. */
unsigned view_erasures(const struct view *v);

/* closure.c */
bool closure_stands(const struct case_fold *f, const struct act *closure, const uint32_t *seen);
bool view_closed(const struct view *v);                              /* 销号 stands in it */

#endif
