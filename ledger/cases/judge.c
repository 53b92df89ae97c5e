#include "ledger/cases/rules.h"

/* The law as a table: how an act of a kind is checked, and what it counts among when it is valid.
 * LIST_TERM only with a term; what else depends on facts stands in by_facts(). */
static const struct rule {
    enum kind kind;
    enum reason (*check)(const struct view *v, const struct act *a);
    unsigned lists;
} rules[] = {
    {KIND_REPORT, check_report, IN(LIST_BATON) | IN(LIST_GRADE) | IN(LIST_TERM)},
    {KIND_ASSIGN, check_assign, IN(LIST_BATON) | IN(LIST_RULING) | IN(LIST_KEEP) | IN(LIST_JOIN) |
                                IN(LIST_GRADE) | IN(LIST_TERM)},
    {KIND_OFFER, check_offer, IN(LIST_BATON)},
    {KIND_SIGN_FOR, check_sign_for, IN(LIST_SIGN_FOR)},
    {KIND_ASK_MORE, check_ask_more, IN(LIST_ASK_MORE)},
    {KIND_ACCEPT, check_accept, IN(LIST_BATON)},
    {KIND_REFUSE, check_refuse, IN(LIST_BATON) | IN(LIST_REFUSAL)},
    {KIND_RECALL, check_recall, IN(LIST_RECALL)},
    {KIND_PETITION, check_petition, IN(LIST_PETITION)},
    {KIND_RULE, check_rule, IN(LIST_BATON) | IN(LIST_RULING) | IN(LIST_KEEP) | IN(LIST_JOIN) |
                            IN(LIST_TERM)},
    {KIND_JOIN, check_join, IN(LIST_JOIN)},
    {KIND_NOTIFY, check_notify, 0},
    {KIND_HAND_TO, check_hand_to, IN(LIST_HAND_TO)},
    {KIND_ORDER, check_order, IN(LIST_HANDLED) | IN(LIST_TERM)},
    {KIND_PLAN, check_plan, IN(LIST_HANDLED)},
    {KIND_PROGRESS, check_progress, IN(LIST_HANDLED)},
    {KIND_CONTROL, check_progress, 0},
    {KIND_REGRADE, check_regrade, IN(LIST_GRADE)},
    {KIND_SUPERVISE, check_supervise, IN(LIST_LISTING) | IN(LIST_KEEP) | IN(LIST_TERM)},
    {KIND_UNSUPERVISE, check_unsupervise, IN(LIST_UNLISTING)},
    {KIND_RECTIFIED, check_rectified, IN(LIST_RECTIFIED) | IN(LIST_HANDLED)},
    {KIND_VERIFY, check_verify, 0},
    {KIND_CLOSE, check_close, IN(LIST_CLOSE)},
    {KIND_ARCHIVE, check_archive, IN(LIST_ARCHIVE)},
    {KIND_LOOK_BACK, check_look_back, 0},
    {KIND_REPORT_BACK, check_report_back, 0},
    {KIND_CORRECT, check_correct, IN(LIST_CORRECT)},
    {KIND_DUAL_OPEN, check_dual_open, IN(LIST_TRACK)},
    {KIND_DUAL_END, check_dual_end, IN(LIST_TRACK_END)},
    {KIND_ERASE, check_erase, IN(LIST_ERASE)},
};

static const struct rule *rule_of(uint32_t kind)
{
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].kind == kind)
            return &rules[i];
    return NULL;
}

static bool facts_complete(const struct act *a)
{
    for (unsigned i = 0; i < KIND_MAX_FACTS && a->row->required[i]; i++)
        if (!act_has(a, a->row->required[i]))
            return false;
    return !a->facts_bad;
}

/* The opening act is the one whose id is the id of the case; every other one has seen it. */
static bool in_case(const struct case_fold *f, const struct act *a)
{
    bool opens = (a->row->classes & CLASS_OPENS) != 0;

    if (hash_equal(&a->id, &f->case_id))
        return opens;
    return !opens && f->opening && a->seen[f->opening->slot] > f->opening->ordinal;
}

enum reason act_check(const struct case_fold *f, const struct act *a)
{
    const struct rule *rule = rule_of(a->kind);
    struct view v = view_of(f, a);

    if (!rule)
        return REASON_UNKNOWN_KIND;
    if (!facts_complete(a))
        return REASON_FACTS;
    if (a->names_nobody)
        return REASON_NO_MEMBER;
    if (a->signer_count < a->row->min_signers)
        return REASON_SIGNERS;
    if (!in_case(f, a))
        return REASON_NO_CASE;
    return rule->check(&v, a);
}

/* Acts that hold a case open, or count, by what they say. */
static unsigned by_facts(const struct view *v, const struct act *a)
{
    const unsigned keeps = IN(LIST_KEEP) | IN(LIST_FAILURE);

    if (a->kind == KIND_VERIFY)
        return a->outcome == OUTCOME_FAIL ? keeps : IN(LIST_PASS);
    if (a->kind == KIND_LOOK_BACK)
        return a->outcome == OUTCOME_RELAPSED ? keeps : 0;
    if (a->kind == KIND_REGRADE)
        return a->grade > (unsigned)view_grade(v) ? IN(LIST_KEEP) : 0;
    return 0;
}

static bool behind(const struct act *a, const struct act *b)
{
    if (a->generation != b->generation)
        return a->generation > b->generation;
    return a->depth > b->depth;
}

static void file_in(struct act_list *list, struct act *a, bool by_order)
{
    unsigned at = list->count++;

    while (by_order && at > 0 && behind(list->at[at - 1], a)) {
        list->at[at] = list->at[at - 1];
        at--;
    }
    list->at[at] = a;
}

static void file_valid(struct case_fold *f, struct act *a)
{
    struct view v = view_of(f, a);
    unsigned lists = rule_of(a->kind)->lists | by_facts(&v, a);

    if (!act_has(a, FACT_DUE_ON))
        lists &= ~IN(LIST_TERM);
    if (lists & IN(LIST_BATON))
        custody_after(&v, a);
    if (lists & (IN(LIST_SIGN_FOR) | IN(LIST_ASK_MORE) | IN(LIST_RECALL)))
        a->about = act_about(&v, a);
    if (lists & (IN(LIST_CLOSE) | IN(LIST_ARCHIVE))) {
        a->rests_on = pass_that_counts(f, a->seen);
        a->pass_by_custodian = act_by(a->rests_on, view_custody(&v)->custodian);
        a->grade_seen = view_grade(&v);
    }
    a->holds = (lists & (IN(LIST_BATON) | IN(LIST_KEEP) | IN(LIST_TRACK) | IN(LIST_GRADE))) != 0;
    if (lists & IN(LIST_PASS))
        a->own_right = pass_by_own_right(&v, a);
    if (lists & IN(LIST_TRACK_END)) {
        a->end_before = f->track_end[a->track_number];
        f->track_end[a->track_number] = a;
    }
    marks_file(f, a, lists);
    if (a->row->classes & CLASS_OPENS)
        f->opening = a;
    for (unsigned i = 0; i < LIST_COUNT; i++)
        if (lists & IN(i))
            file_in(&f->lists[i], a, i == LIST_BATON);
}

void act_judge(struct case_fold *f, struct act *a)
{
    a->reason = act_check(f, a);
    a->verdict = a->reason == REASON_NONE ? VERDICT_VALID : VERDICT_VOID;
    if (a->verdict == VERDICT_VALID)
        file_valid(f, a);
}
