/* The rules of FORMAT.md, one check for each kind: whether an act is valid for an author who had
 * seen the view. What all kinds share (facts, case opened) was checked before. */
#ifndef JIELI_LEDGER_CASES_RULES_H
#define JIELI_LEDGER_CASES_RULES_H

#include "ledger/cases/view.h"

/* custody.c */
enum reason check_report(const struct view *v, const struct act *a);
enum reason check_assign(const struct view *v, const struct act *a);
enum reason check_offer(const struct view *v, const struct act *a);
enum reason check_accept(const struct view *v, const struct act *a);
enum reason check_refuse(const struct view *v, const struct act *a);
enum reason check_rule(const struct view *v, const struct act *a);
/* What custody is after a valid baton act, and its place in the order. */
void custody_after(const struct view *v, struct act *a);

/* answers.c: statements around an offer or a ruling */
enum reason check_sign_for(const struct view *v, const struct act *a);
enum reason check_ask_more(const struct view *v, const struct act *a);
enum reason check_recall(const struct view *v, const struct act *a);
enum reason check_petition(const struct view *v, const struct act *a);
const struct act *view_about(const struct view *v, enum kind kind, struct member_no author);
const struct act *act_about(const struct view *v, const struct act *a);

/* support.c */
enum reason check_join(const struct view *v, const struct act *a);
/* work.c */
enum reason check_notify(const struct view *v, const struct act *a);
enum reason check_hand_to(const struct view *v, const struct act *a);
enum reason check_order(const struct view *v, const struct act *a);
enum reason check_plan(const struct view *v, const struct act *a);
enum reason check_progress(const struct view *v, const struct act *a);
enum reason check_rectified(const struct view *v, const struct act *a);
enum reason check_report_back(const struct view *v, const struct act *a);
enum reason check_correct(const struct view *v, const struct act *a);
/* erasure.c */
enum reason check_erase(const struct view *v, const struct act *a);
/* grade.c, listing.c */
enum reason check_regrade(const struct view *v, const struct act *a);
enum reason check_supervise(const struct view *v, const struct act *a);
enum reason check_unsupervise(const struct view *v, const struct act *a);
/* verification.c, closure.c, tracks.c */
enum reason check_verify(const struct view *v, const struct act *a);
enum reason check_look_back(const struct view *v, const struct act *a);
enum reason check_close(const struct view *v, const struct act *a);
enum reason check_archive(const struct view *v, const struct act *a);
enum reason check_dual_open(const struct view *v, const struct act *a);
enum reason check_dual_end(const struct view *v, const struct act *a);

/* judge.c: the whole verdict of one act over what its author had seen. */
enum reason act_check(const struct case_fold *f, const struct act *a);
/* Decides an act whose `seen` is known and, if valid, files it. */
void act_judge(struct case_fold *f, struct act *a);
/* graph.c: finds who had seen what, and judges each act behind all that it had seen. ERR_NOMEM. */
MUST_CHECK enum err graph_walk(struct case_fold *f);
/* outcome.c: verdicts of closures and the state, from all that was judged. */
void outcome_make(struct case_fold *f);

#endif
