#include "tests/support/sim_pair.h"

#include <stdlib.h>

#define REPORT(m, g) {.by = (m), .kind = KIND_REPORT, .grade = (g)}
#define OFFER(m, t) {.by = (m), .kind = KIND_OFFER, .to = M(t)}
#define ACCEPT(m) {.by = (m), .kind = KIND_ACCEPT}
#define REFUSE(m) {.by = (m), .kind = KIND_REFUSE, .code = REFUSE_NO_JURISDICTION}
#define RECALL(m) {.by = (m), .kind = KIND_RECALL}
#define RULE(t) {.by = ANWEIBAN, .kind = KIND_RULE, .to = M(t), .authority = AUTHORITY_OFFICE}
#define ORDER(m, d) {.by = (m), .kind = KIND_ORDER, .due_on = (d)}
#define NAMES(m, v) {.by = (m), .kind = KIND_RECTIFIED, .verifier = M(v)}
#define LIST(m) {.by = (m), .kind = KIND_SUPERVISE, .level = SUPERVISE_CITY}
#define LIFT(m) {.by = (m), .kind = KIND_UNSUPERVISE}
#define CHECK(m, o) \
    {.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_##o, .signing = SIGN_VERIFIERS}
#define CLOSE(m) {.by = (m), .kind = KIND_CLOSE}
#define ARCHIVE(m) {.by = (m), .kind = KIND_ARCHIVE}
#define BACK(m, o) {.by = (m), .kind = KIND_LOOK_BACK, .outcome = OUTCOME_##o}
#define TRACK(m) {.by = (m), .kind = KIND_DUAL_OPEN, .track = "a", .investigator = M(JIWEI)}
#define END(m) {.by = (m), .kind = KIND_DUAL_END, .track = "a", .outcome = OUTCOME_CONCLUDED}
#define ASK(m, t) {.by = (m), .kind = KIND_JOIN, .step = STEP_ASK, .to = M(t)}
#define PETITION(m) {.by = (m), .kind = KIND_PETITION}

/* Traffic (jiaotong) has it, by its own report unless said. */
#define OURS \
    .custodian = M(JIAOTONG), .had = BIT(JIAOTONG), .grade = GRADE_GENERAL, \
    .handler = OFFICER(JIAOTONG, 1)
#define REPORTED REPORT(JIAOTONG, GRADE_GENERAL)

static const struct pair_base bases[] = {
    {.name = "open", .lines = {REPORTED}, OURS},
    {.name = "ordered", .lines = {REPORTED, ORDER(JIAOTONG, 20100)}, OURS, .due_on = 20100},
    {.name = "major, verifier named",
     .lines = {REPORT(JIAOTONG, GRADE_MAJOR), NAMES(JIAOTONG, SHICHANG)},
     .custodian = M(JIAOTONG), .had = BIT(JIAOTONG), .grade = GRADE_MAJOR,
     .handler = OFFICER(JIAOTONG, 1), .named = M(SHICHANG)},
    {.name = "support asked, petition", .lines = {REPORTED, ASK(JIAOTONG, ECHENG),
     PETITION(JIAOTONG)}, OURS, .asked = true, .petition = true},
    {.name = "offered", .lines = {REPORTED, ORDER(JIAOTONG, 20100), OFFER(JIAOTONG, SHICHANG)},
     OURS, .offered = M(SHICHANG), .due_on = 20100},
    {.name = "offered to the convenor's institution",
     .lines = {REPORTED, OFFER(JIAOTONG, YINGJI)}, OURS, .offered = M(YINGJI)},
    {.name = "recall asked",
     .lines = {REPORTED, OFFER(JIAOTONG, SHICHANG), RECALL(JIAOTONG)}, OURS,
     .offered = M(SHICHANG), .flags = FLAG_RECALL},
    {.name = "recall asked of the convenor's institution",
     .lines = {REPORTED, OFFER(JIAOTONG, YINGJI), RECALL(JIAOTONG)}, OURS,
     .offered = M(YINGJI), .flags = FLAG_RECALL},
    {.name = "accepted",
     .lines = {REPORTED, OFFER(JIAOTONG, SHICHANG), ACCEPT(SHICHANG)},
     .custodian = M(SHICHANG), .had = BIT(JIAOTONG) | BIT(SHICHANG), .grade = GRADE_GENERAL,
     .moves = 1, .handler = OFFICER(SHICHANG, 1)},
    {.name = "refused",
     .lines = {REPORTED, OFFER(JIAOTONG, SHICHANG), REFUSE(SHICHANG)}, OURS, .refusals = 1},
    {.name = "ruled", .lines = {REPORTED, RULE(SHICHANG)}, .custodian = M(SHICHANG),
     .had = BIT(JIAOTONG) | BIT(SHICHANG), .grade = GRADE_GENERAL, .moves = 1,
     .ruled = M(SHICHANG), .interim = M(JIAOTONG), .handler = OFFICER(ANWEIBAN, 1)},
    {.name = "requested", .lines = {REPORTED, RULE(HAIGUAN)}, OURS, .offered = M(HAIGUAN),
     .request = true, .ruled = M(HAIGUAN)},
    {.name = "listed", .lines = {REPORTED, LIST(ECHENG), LIST(ANWEIBAN)}, OURS,
     .listed = BIT(ECHENG) | BIT(ANWEIBAN)},
    {.name = "listed by the convenor, offered to its institution",
     .lines = {REPORTED, LIST(ANWEIBAN), OFFER(JIAOTONG, YINGJI)}, OURS,
     .listed = BIT(ANWEIBAN), .offered = M(YINGJI)},
    {.name = "passed by its custodian", .lines = {REPORTED, CHECK(JIAOTONG, PASS)}, OURS,
     .passed = M(JIAOTONG)},
    {.name = "major, passed by the verifier named",
     .lines = {REPORT(JIAOTONG, GRADE_MAJOR), NAMES(JIAOTONG, SHICHANG), CHECK(SHICHANG, PASS)},
     .custodian = M(JIAOTONG), .had = BIT(JIAOTONG), .grade = GRADE_MAJOR,
     .handler = OFFICER(JIAOTONG, 1), .named = M(SHICHANG), .passed = M(SHICHANG)},
    {.name = "listed, passed by the lister",
     .lines = {REPORTED, LIST(ECHENG), CHECK(ECHENG, NO_HAZARD)}, OURS, .listed = BIT(ECHENG),
     .passed = M(ECHENG)},
    {.name = "closed", .lines = {REPORTED, CHECK(JIAOTONG, PASS), CLOSE(JIAOTONG)}, OURS,
     .passed = M(JIAOTONG), .closed = true},
    {.name = "ruled and closed",
     .lines = {REPORTED, RULE(SHICHANG), CHECK(SHICHANG, PASS), CLOSE(SHICHANG)},
     .custodian = M(SHICHANG), .had = BIT(JIAOTONG) | BIT(SHICHANG), .grade = GRADE_GENERAL,
     .moves = 1, .ruled = M(SHICHANG), .handler = OFFICER(ANWEIBAN, 1), .passed = M(SHICHANG),
     .closed = true},
    {.name = "relapsed",
     .lines = {REPORTED, CHECK(JIAOTONG, PASS), CLOSE(JIAOTONG), BACK(JIAOTONG, RELAPSED)}, OURS},
    {.name = "the convenor's institution had it",
     .lines = {REPORT(YINGJI, GRADE_GENERAL), OFFER(YINGJI, JIAOTONG), ACCEPT(JIAOTONG),
               LIST(ANWEIBAN), CHECK(ANWEIBAN, PASS)},
     .custodian = M(JIAOTONG), .had = BIT(YINGJI) | BIT(JIAOTONG), .grade = GRADE_GENERAL,
     .moves = 1, .handler = OFFICER(JIAOTONG, 1), .listed = BIT(ANWEIBAN),
     .passed = M(ANWEIBAN)},
    {.name = "tracked", .lines = {REPORTED, CHECK(JIAOTONG, PASS), TRACK(JIWEI)}, OURS,
     .passed = M(JIAOTONG), .track = TRACK_OPEN},
    {.name = "tracked, offered to the convenor's institution",
     .lines = {REPORTED, TRACK(JIWEI), OFFER(JIAOTONG, YINGJI)}, OURS, .track = TRACK_OPEN,
     .offered = M(YINGJI)},
    {.name = "tracked, closed",
     .lines = {REPORTED, TRACK(JIWEI), CHECK(JIAOTONG, PASS), CLOSE(JIAOTONG)}, OURS,
     .passed = M(JIAOTONG), .track = TRACK_OPEN, .closed = true},
    {.name = "ready to archive",
     .lines = {REPORTED, TRACK(JIWEI), CHECK(JIAOTONG, PASS), CLOSE(JIAOTONG), END(JIWEI)}, OURS,
     .passed = M(JIAOTONG), .track = TRACK_ENDED, .closed = true},
    {.name = "archived",
     .lines = {REPORTED, TRACK(JIWEI), CHECK(JIAOTONG, PASS), CLOSE(JIAOTONG), END(JIWEI),
               ARCHIVE(JIAOTONG)},
     OURS, .passed = M(JIAOTONG), .track = TRACK_ENDED, .closed = true, .archived = true},
};

enum { ANYBODY = (1u << SIM_MEMBERS) - 1 };

/* What each of a set of members might write. */
static const struct { const char *name; unsigned who; struct sim_line line; } choices[] = {
    {"offer", ANYBODY, OFFER(0, ECHENG)},
    {"offer to the convenor's institution", ANYBODY, OFFER(0, YINGJI)},
    {"sign-for", ANYBODY, {.kind = KIND_SIGN_FOR}},
    {"ask-more", ANYBODY, {.kind = KIND_ASK_MORE}},
    {"accept", ANYBODY, ACCEPT(0)},
    {"refusal", ANYBODY, REFUSE(0)},
    {"return on recall", ANYBODY, {.kind = KIND_REFUSE, .code = REFUSE_RECALLED}},
    {"recall", ANYBODY, RECALL(0)},
    {"petition", ANYBODY, PETITION(0)},
    {"interim ruling", BIT(ANWEIBAN), RULE(SHICHANG)},
    {"ruling for the reporter", BIT(ANWEIBAN), RULE(JIAOTONG)},
    {"ruling that asks a vertical organ", BIT(ANWEIBAN), RULE(HAIGUAN)},
    {"final ruling with term and support", BIT(ANWEIBAN),
     {.kind = KIND_RULE, .to = M(YINGJI), .authority = AUTHORITY_COMMITTEE, .due_on = 20090,
      .support = M(ECHENG), .signing = SIGN_DIRECTOR}},
    {"ask for support", BIT(ANWEIBAN) | BIT(JIAOTONG) | BIT(SHICHANG), ASK(0, ECHENG)},
    {"confirmation", BIT(ECHENG), {.kind = KIND_JOIN, .step = STEP_CONFIRM}},
    {"declining", BIT(ECHENG), {.kind = KIND_JOIN, .step = STEP_DECLINE}},
    {"notify", BIT(HAIGUAN), {.kind = KIND_NOTIFY, .to = M(ECHENG)}},
    {"hand-to", BIT(JIAOTONG) | BIT(SHICHANG), {.kind = KIND_HAND_TO}},
    {"order", ANYBODY, ORDER(0, 20200)},
    {"earlier order", ANYBODY, ORDER(0, 20050)},
    {"plan", ANYBODY, {.kind = KIND_PLAN, .five = 31}},
    {"progress", ANYBODY, {.kind = KIND_PROGRESS}},
    {"control", ANYBODY, {.kind = KIND_CONTROL}},
    {"regrade to general", ANYBODY, {.kind = KIND_REGRADE, .grade = GRADE_GENERAL}},
    {"regrade to major", ANYBODY, {.kind = KIND_REGRADE, .grade = GRADE_MAJOR}},
    {"regrade to imminent", ANYBODY, {.kind = KIND_REGRADE, .grade = GRADE_IMMINENT}},
    {"listing", BIT(ANWEIBAN) | BIT(ECHENG), LIST(0)},
    {"listing with term and verifier", BIT(ECHENG),
     {.kind = KIND_SUPERVISE, .level = SUPERVISE_CITY, .due_on = 20080, .verifier = M(SHICHANG)}},
    {"delisting", ANYBODY, LIFT(0)},
    {"application", ANYBODY, NAMES(0, SHICHANG)},
    {"pass", ANYBODY, CHECK(0, PASS)},
    {"failure", ANYBODY, CHECK(0, FAIL)},
    {"finding of no hazard", ANYBODY, CHECK(0, NO_HAZARD)},
    {"close", ANYBODY, CLOSE(0)},
    {"archive", ANYBODY, ARCHIVE(0)},
    {"archive signed twice", BIT(ANWEIBAN), {.kind = KIND_ARCHIVE, .signing = SIGN_DIRECTOR}},
    {"look-back held", BIT(JIAOTONG) | BIT(JIWEI), BACK(0, HELD)},
    {"relapse", ANYBODY, BACK(0, RELAPSED)},
    {"report-back", ANYBODY, {.kind = KIND_REPORT_BACK, .to = M(ECHENG)}},
    {"correction", BIT(JIAOTONG), {.kind = KIND_CORRECT, .target = N(0)}},
    {"erasure", ANYBODY, {.kind = KIND_ERASE, .step = STEP_DECIDE, .target = N(0)}},
    {"track", BIT(ANWEIBAN) | BIT(ECHENG) | BIT(JIWEI), TRACK(0)},
    {"another track", BIT(ANWEIBAN) | BIT(JIWEI),
     {.kind = KIND_DUAL_OPEN, .track = "b", .investigator = M(JIWEI)}},
    {"conclusion", ANYBODY, END(0)},
    {"waiver", BIT(ANWEIBAN), {.kind = KIND_DUAL_END, .track = "a", .outcome = OUTCOME_WAIVED}},
    {"waiver signed twice", BIT(ANWEIBAN),
     {.kind = KIND_DUAL_END, .track = "a", .outcome = OUTCOME_WAIVED, .signing = SIGN_DIRECTOR}},
    {"delisting signed twice", BIT(ANWEIBAN),
     {.kind = KIND_UNSUPERVISE, .signing = SIGN_OVERSIGHT}},
    {"close signed twice", BIT(ANWEIBAN), {.kind = KIND_CLOSE, .signing = SIGN_DIRECTOR}},
};

const struct pair_base *pair_base_at(unsigned i)
{
    return i < sizeof bases / sizeof bases[0] ? &bases[i] : NULL;
}

static struct sim_set all_of(const struct sim_case *c)
{
    struct sim_set set = {{0}};

    for (unsigned i = 0; i < c->count; i++)
        sim_put(&set, i);
    return set;
}

unsigned pair_base_write(struct sim_case *c, const struct pair_base *base)
{
    sim_case_reset(c);
    while (c->count < PAIR_MAX_LINES && base->lines[c->count].kind != 0) {
        struct sim_set seen = all_of(c);
        sim_write(c, &base->lines[c->count], &seen, NULL);
    }
    return c->count;
}

static bool may_write(struct sim_case *c, const struct case_fold *f, const struct sim_line *line)
{
    struct sim_set seen = all_of(c);
    enum reason reason = REASON_NO_CASE;
    const struct sim_act *a = &c->acts[sim_write(c, line, &seen, NULL)];
    bool good =
        case_fold_would(f, &a->e, &a->origin, &reason) == OK && reason == REASON_NONE;

    sim_unwrite(c);
    return good;
}

unsigned pair_moves(struct sim_case *c, struct pair_move out[PAIR_MAX_MOVES])
{
    static const char *const officers[SIM_MEMBERS] = {"0-2", "1-2", "2-2", "3-2",
                                                      "4-2", "5-2", "6-2"};
    struct case_fold *f = sim_fold(c, NULL);
    unsigned count = 0;

    for (unsigned i = 0; i < sizeof choices / sizeof choices[0]; i++)
        for (unsigned m = 0; m < SIM_MEMBERS; m++) {
            struct sim_line line = choices[i].line;
            line.by = m;
            line.officer = line.kind == KIND_HAND_TO ? officers[m] : NULL;
            if (!(choices[i].who & BIT(m)) || !may_write(c, f, &line))
                continue;
            if (count == PAIR_MAX_MOVES)
                abort();
            out[count++] = (struct pair_move){choices[i].name, line};
        }
    case_fold_free(f);
    return count;
}
