/* Rules of single acts that other tests of the fold pass by: each with its rejected twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define REPORT(m) L(.by = (m), .kind = KIND_REPORT, .grade = GRADE_GENERAL)
#define OFFER(m, t) L(.by = (m), .kind = KIND_OFFER, .to = M(t))
#define ACCEPT(m) L(.by = (m), .kind = KIND_ACCEPT)
#define REFUSE(m) L(.by = (m), .kind = KIND_REFUSE, .code = REFUSE_NO_JURISDICTION)
#define RULE(t) L(.by = ANWEIBAN, .kind = KIND_RULE, .to = M(t), .authority = AUTHORITY_OFFICE)
#define PASS(m) \
    L(.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_PASS, .signing = SIGN_VERIFIERS)
#define FAILED(m) L(.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_FAIL, \
                    .signing = SIGN_VERIFIERS)
#define CLOSE(m) L(.by = (m), .kind = KIND_CLOSE)
#define LIST(m) L(.by = (m), .kind = KIND_SUPERVISE, .level = SUPERVISE_CITY)
#define LIFT(m) L(.by = (m), .kind = KIND_UNSUPERVISE)
#define ASK(m, t) L(.by = (m), .kind = KIND_JOIN, .step = STEP_ASK, .to = M(t))
#define ANSWER(m, s) L(.by = (m), .kind = KIND_JOIN, .step = (s))
#define PLAN(m) L(.by = (m), .kind = KIND_PLAN, .five = 31)
#define TRACK(m) L(.by = (m), .kind = KIND_DUAL_OPEN, .track = "a", .investigator = M(JIWEI))
#define WAIVE(t) \
    L(.by = ANWEIBAN, .kind = KIND_DUAL_END, .track = (t), .outcome = OUTCOME_WAIVED)

static struct signer *signer_set(struct sim_case *c, unsigned i, unsigned at, unsigned member,
                                 unsigned officer, enum role role, const char *post)
{
    struct entry *e = &c->acts[i].e;
    struct signer *s = &e->signers[at];

    memset(s, 0, sizeof *s);
    s->key = c->roster->officers[member][officer].key;
    s->enrolment = c->roster->officers[member][officer].enrolment;
    s->foreign = member != c->acts[i].line.by;
    s->role = role;
    strcpy(s->post, post);
    if (e->signer_count <= at)
        e->signer_count = at + 1;
    return s;
}

static void two_verifiers_are_two_persons_of_the_member_with_the_post(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned twice = say(c, ALL, PASS(JIAOTONG));
    signer_set(c, twice, 1, JIAOTONG, 2, ROLE_VERIFY, POST_VERIFIER);
    unsigned without_post = say(c, ALL, PASS(JIAOTONG));
    signer_set(c, without_post, 1, JIAOTONG, 3, ROLE_VERIFY, "科员");
    unsigned guest = say(c, ALL, PASS(JIAOTONG));
    signer_set(c, guest, 1, SHICHANG, 3, ROLE_VERIFY, POST_VERIFIER);
    unsigned handling = say(c, ALL, PASS(JIAOTONG));
    signer_set(c, handling, 1, JIAOTONG, 3, ROLE_HANDLE, POST_VERIFIER);
    unsigned good = say(c, ALL, PASS(JIAOTONG));
    expect_void(c, twice, REASON_SIGNERS);
    expect_void(c, without_post, REASON_SIGNERS);
    expect_void(c, guest, REASON_SIGNERS);
    expect_void(c, handling, REASON_SIGNERS);
    expect_valid(c, good);
}

static void handler_may_sign_beside_two_verifiers(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, PLAN(JIAOTONG));
    unsigned pass = say(c, ALL, PASS(JIAOTONG));
    signer_set(c, pass, 0, JIAOTONG, 1, ROLE_HANDLE, "科员");
    signer_set(c, pass, 1, JIAOTONG, 2, ROLE_VERIFY, POST_VERIFIER);
    signer_set(c, pass, 2, JIAOTONG, 3, ROLE_VERIFY, POST_VERIFIER);
    expect_valid(c, pass);
}

static void second_signature_is_a_directors_and_another_persons(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(YINGJI));
    unsigned clerk = say(c, ALL, RULE(SHICHANG));
    signer_set(c, clerk, 1, ANWEIBAN, 2, ROLE_ISSUE, "科员");
    unsigned bureau = say(c, ALL, RULE(SHICHANG));
    signer_set(c, bureau, 1, SHICHANG, 1, ROLE_ISSUE, POST_DIRECTOR);
    unsigned same = say(c, ALL, RULE(SHICHANG));
    signer_set(c, same, 0, ANWEIBAN, 4, ROLE_HANDLE, POST_DIRECTOR);
    signer_set(c, same, 1, ANWEIBAN, 4, ROLE_ISSUE, POST_DIRECTOR);
    unsigned handling = say(c, ALL, RULE(SHICHANG));
    signer_set(c, handling, 1, ANWEIBAN, 4, ROLE_HANDLE, POST_DIRECTOR);
    unsigned good = say(c, ALL, RULE(SHICHANG));
    signer_set(c, good, 1, ANWEIBAN, 4, ROLE_ISSUE, POST_VICE_DIRECTOR);
    expect_void(c, clerk, REASON_CONFLICT);
    expect_void(c, bureau, REASON_CONFLICT);
    expect_void(c, same, REASON_CONFLICT);
    expect_void(c, handling, REASON_CONFLICT);
    expect_valid(c, good);
}

static void refusal_by_the_convenors_institution_alone_is_a_conflict(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    say(c, ALL, REFUSE(SHICHANG));
    unsigned free_of_it = say(c, ALL, RULE(JIAOTONG));
    say(c, ALL, OFFER(JIAOTONG, YINGJI));
    say(c, ALL, REFUSE(YINGJI));
    unsigned rule = say(c, ALL, RULE(JIAOTONG));
    expect_valid(c, free_of_it);
    expect_void(c, rule, REASON_CONFLICT);
}

static void track_on_what_the_convenors_institution_had_is_a_conflict(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(YINGJI));
    say(c, ALL, OFFER(YINGJI, JIAOTONG));
    say(c, ALL, ACCEPT(JIAOTONG));
    say(c, ALL, LIST(ANWEIBAN));
    unsigned before = say(c, ALL, RULE(JIAOTONG));
    say(c, ALL, TRACK(JIWEI));
    unsigned rule = say(c, ALL, RULE(JIAOTONG)), lift = say(c, ALL, LIFT(ANWEIBAN));
    struct sim_line two = LIFT(ANWEIBAN);
    two.signing = SIGN_OVERSIGHT;
    unsigned signed_twice = say(c, ALL, two);
    expect_valid(c, before);
    expect_void(c, rule, REASON_CONFLICT);
    expect_void(c, lift, REASON_CONFLICT);
    expect_valid(c, signed_twice);
    assert_int_equal(state_of(c).listing_count, 0);
}

static void listing_again_after_delisting_stands(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, LIST(ECHENG));
    say(c, ALL, LIFT(ECHENG));
    assert_int_equal(state_of(c).listing_count, 0);
    unsigned again = say(c, ALL, LIST(ECHENG));
    assert_int_equal(state_of(c).listing_count, 1);
    assert_memory_equal(state_of(c).listings[0].id.b, c->acts[again].e.id.b, 32);
    unsigned pass = say(c, ALL, PASS(ECHENG));
    unsigned custodian = say(c, ALL, CLOSE(JIAOTONG));
    unsigned lift = say(c, ALL, LIFT(ECHENG));
    unsigned twice = say(c, ALL, LIFT(ECHENG));
    expect_valid(c, pass);
    expect_void(c, custodian, REASON_NOT_CLOSER);
    expect_valid(c, lift);
    expect_void(c, twice, REASON_NO_LISTING);
    assert_int_equal(state_of(c).listing_count, 0);
}

static void pass_that_has_seen_every_failure_counts(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned first = say(c, SAW((int)report), FAILED(ANWEIBAN));
    unsigned second = say(c, SAW((int)report), FAILED(JIAOTONG));
    unsigned half = say(c, SAW((int)second), PASS(JIAOTONG));
    unsigned early = say(c, SAW((int)first, (int)half), CLOSE(JIAOTONG));
    unsigned pass = say(c, ALL, PASS(JIAOTONG));
    unsigned close = say(c, ALL, CLOSE(JIAOTONG));
    expect_void(c, early, REASON_NO_PASS);
    expect_valid(c, pass);
    expect_valid(c, close);
    assert_memory_equal(state_of(c).pass.b, c->acts[pass].e.id.b, 32);
}

static void passes_beside_each_other_each_count(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned pass = say(c, SAW((int)report), PASS(ANWEIBAN));
    unsigned list = say(c, SAW((int)report), LIST(ECHENG));
    unsigned own = say(c, SAW((int)report), PASS(JIAOTONG));
    unsigned on_own = say(c, SAW((int)own, (int)list), CLOSE(ECHENG));
    unsigned close = say(c, SAW((int)pass, (int)own, (int)list), CLOSE(ECHENG));
    expect_void(c, on_own, REASON_NO_PASS);
    expect_valid(c, close);
    assert_memory_equal(state_of(c).pass.b, c->acts[pass].e.id.b, 32);
    assert_false(state_of(c).verified_by_custodian);
}

static void pass_by_who_was_listed_later_to_verify_counts(void **state)
{
    struct sim_case *c = *state;
    struct sim_line naming = LIST(ECHENG);
    naming.verifier = M(JIAOTONG);
    say(c, ALL, REPORT(JIAOTONG));
    unsigned pass = say(c, ALL, PASS(JIAOTONG));
    say(c, ALL, naming);
    unsigned close = say(c, ALL, CLOSE(ECHENG));
    expect_valid(c, close);
    assert_memory_equal(state_of(c).pass.b, c->acts[pass].e.id.b, 32);
}

static void pass_does_not_count_once_its_signer_took_the_case(void **state)
{
    struct sim_case *c = *state;
    struct sim_line accept = ACCEPT(ECHENG);
    accept.signer = 2;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, LIST(ECHENG));
    say(c, ALL, PASS(ECHENG));
    unsigned before = say(c, ALL, CLOSE(ANWEIBAN));
    say(c, ALL, RULE(SHICHANG));
    say(c, ALL, OFFER(SHICHANG, ECHENG));
    say(c, ALL, accept);
    unsigned after = say(c, ALL, CLOSE(ANWEIBAN));
    expect_overtaken(c, before);
    expect_void(c, after, REASON_NO_PASS);
    assert_string_equal(state_of(c).handler, "4-2");
}

static void only_who_was_asked_supports_and_only_until_it_declines(void **state)
{
    struct sim_case *c = *state;
    struct sim_line no_one = ASK(JIAOTONG, ECHENG);
    no_one.to = 0;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned stranger = say(c, ALL, ASK(SHICHANG, ECHENG));
    unsigned self = say(c, ALL, ASK(JIAOTONG, JIAOTONG));
    unsigned nobody = say(c, ALL, no_one);
    unsigned unasked = say(c, ALL, ANSWER(ECHENG, STEP_CONFIRM));
    unsigned early = say(c, ALL, PLAN(ECHENG));
    unsigned ask = say(c, ALL, ASK(ANWEIBAN, ECHENG));
    unsigned asked = say(c, ALL, PLAN(ECHENG));
    unsigned step = say(c, ALL, ANSWER(ECHENG, STEP_SEND));
    unsigned decline = say(c, ALL, ANSWER(ECHENG, STEP_DECLINE));
    unsigned declined = say(c, ALL, PLAN(ECHENG));
    assert_int_equal(state_of(c).supports[0].status, STEP_DECLINE);
    say(c, ALL, ASK(JIAOTONG, ECHENG));
    assert_int_equal(state_of(c).supports[0].status, STEP_ASK);
    unsigned again = say(c, ALL, PLAN(ECHENG));
    say(c, ALL, ANSWER(ECHENG, STEP_CONFIRM));
    unsigned confirmed = say(c, ALL, PLAN(ECHENG));
    expect_void(c, stranger, REASON_NOT_CUSTODIAN);
    expect_void(c, self, REASON_SELF);
    expect_void(c, nobody, REASON_FACTS);
    expect_void(c, unasked, REASON_NOT_ASKED);
    expect_void(c, early, REASON_NOT_PARTY);
    expect_valid(c, ask);
    expect_valid(c, asked);
    expect_void(c, step, REASON_FACTS);
    expect_valid(c, decline);
    expect_void(c, declined, REASON_NOT_PARTY);
    expect_valid(c, again);
    expect_valid(c, confirmed);
    assert_int_equal(state_of(c).support_count, 1);
}

static void supports_of_an_assignment_are_asked(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, L(.by = ANWEIBAN, .kind = KIND_ASSIGN, .to = M(JIAOTONG), .support = M(ECHENG),
                  .grade = GRADE_MAJOR, .due_on = 20500));
    struct sim_line thin = PLAN(ECHENG);
    thin.five = 3;
    unsigned plan = say(c, ALL, PLAN(ECHENG)), stranger = say(c, ALL, PLAN(SHICHANG));
    unsigned lacking = say(c, ALL, thin);
    expect_valid(c, plan);
    expect_void(c, stranger, REASON_NOT_PARTY);
    expect_void(c, lacking, REASON_FACTS);
    assert_true(state_of(c).assigned);
    assert_int_equal(state_of(c).support_count, 1);
}

static void what_is_the_custodians_is_refused_to_others(void **state)
{
    struct sim_case *c = *state;
    struct sim_line order = L(.by = SHICHANG, .kind = KIND_ORDER, .due_on = 20100);
    say(c, ALL, REPORT(JIWEI));
    unsigned back = say(c, ALL, L(.by = SHICHANG, .kind = KIND_REPORT_BACK));
    unsigned ready = say(c, ALL, L(.by = SHICHANG, .kind = KIND_RECTIFIED));
    unsigned foreign = say(c, ALL, order);
    order.by = JIWEI;
    unsigned powerless = say(c, ALL, order);
    unsigned own = say(c, ALL, L(.by = JIWEI, .kind = KIND_RECTIFIED, .verifier = M(ECHENG)));
    expect_void(c, back, REASON_NOT_CUSTODIAN);
    expect_void(c, ready, REASON_NOT_CUSTODIAN);
    expect_void(c, foreign, REASON_NOT_CUSTODIAN);
    expect_void(c, powerless, REASON_NO_POWER);
    expect_valid(c, own);
    assert_true(state_of(c).has_verifier);
    assert_int_equal(state_of(c).verifier.v, ECHENG);
    assert_int_equal(state_of(c).due_on, 0);
}

static void answers_are_for_who_was_offered_or_named(void **state)
{
    struct sim_case *c = *state;
    struct sim_line sign_for = L(.by = ECHENG, .kind = KIND_SIGN_FOR);
    say(c, ALL, REPORT(JIAOTONG));
    unsigned none = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_RECALL));
    say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned recall = say(c, ALL, L(.by = ECHENG, .kind = KIND_RECALL));
    unsigned ask = say(c, ALL, L(.by = ECHENG, .kind = KIND_ASK_MORE));
    say(c, ALL, ACCEPT(SHICHANG));
    say(c, ALL, RULE(JIAOTONG));
    assert_false(state_of(c).rule_signed_for);
    assert_false(state_of(c).rule_final);
    unsigned other = say(c, ALL, sign_for);
    sign_for.by = JIAOTONG;
    unsigned named = say(c, ALL, sign_for);
    expect_void(c, none, REASON_NO_OFFER);
    expect_void(c, recall, REASON_NOT_PARTY);
    expect_void(c, ask, REASON_NOT_OFFERED);
    expect_void(c, other, REASON_NOT_OFFERED);
    expect_valid(c, named);
    assert_true(state_of(c).rule_signed_for);
    struct sim_line last = RULE(HAIGUAN);
    last.authority = AUTHORITY_GOVERNMENT;
    say(c, ALL, last);
    assert_true(state_of(c).rule_final);
    assert_false(state_of(c).rule_signed_for);
    say(c, ALL, ACCEPT(HAIGUAN));
    assert_true(state_of(c).rule_signed_for);
}

static void waiver_is_the_convenors_and_of_a_track_that_was_opened(void **state)
{
    struct sim_case *c = *state;
    struct sim_line foreign = WAIVE("a");
    foreign.by = ECHENG;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, TRACK(JIWEI));
    unsigned other = say(c, ALL, foreign), unknown = say(c, ALL, WAIVE("b"));
    assert_int_equal(state_of(c).tracks[0].outcome, 0);
    expect_void(c, other, REASON_NOT_CONVENOR);
    expect_void(c, unknown, REASON_NO_TRACK);
    expect_valid(c, say(c, ALL, WAIVE("a")));
}

static void fact_add(struct sim_case *c, unsigned i, uint32_t id, const uint8_t *data, size_t len)
{
    struct entry *e = &c->acts[i].e;

    e->facts[e->fact_count++] = (struct fact){id, {data, len}};
}

static void correction_is_of_an_own_entry_and_of_display_facts(void **state)
{
    static const uint8_t clause[] = {0x62, '7', 'b'}, day[] = {0x19, 0x4e, 0x20};
    struct sim_case *c = *state;
    struct sim_line line = L(.by = JIAOTONG, .kind = KIND_CORRECT, .target = N(0));
    say(c, ALL, REPORT(JIAOTONG));
    unsigned plan = say(c, ALL, PLAN(JIAOTONG));
    unsigned good = say(c, ALL, line);
    fact_add(c, good, FACT_CLAUSE, clause, sizeof clause);
    unsigned date = say(c, ALL, line);
    fact_add(c, date, FACT_FOUND_ON, day, sizeof day);
    unsigned sector = say(c, ALL, line);
    fact_add(c, sector, FACT_SECTOR, clause, sizeof clause);
    line.by = SHICHANG;
    unsigned other = say(c, ALL, line);
    line.by = JIAOTONG;
    line.target = N(plan);
    unsigned of_plan = say(c, ALL, line);
    fact_add(c, of_plan, FACT_CLAUSE, day, 0);
    c->acts[of_plan].e.facts[c->acts[of_plan].e.fact_count - 1].value =
        (struct span){(const uint8_t *)"\x61x", 2};
    expect_valid(c, good);
    expect_valid(c, date);
    expect_void(c, sector, REASON_NOT_AUTHOR);
    expect_void(c, other, REASON_NOT_AUTHOR);
    expect_valid(c, of_plan);
    assert_string_equal(state_of(c).clause, "7b");
    assert_int_equal(state_of(c).found_on, 20000);
}

static void state_tells_when_the_case_was_opened_and_last_written(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned plan = say(c, ALL, PLAN(JIAOTONG));
    unsigned late = say(c, ALL, PLAN(SHICHANG));
    c->acts[late].e.time_s += 5000;
    unsigned back = say(c, ALL, PLAN(JIAOTONG));
    c->acts[back].e.time_s = c->acts[report].e.time_s - 5000;
    for (unsigned i = 0; i < c->count; i++)
        c->acts[i].origin.epoch = 2;
    struct case_state s = state_of(c);
    expect_void(c, late, REASON_NOT_PARTY);
    assert_int_equal(s.opened_epoch, 2);
    assert_int_equal(s.opened_s, c->acts[report].e.time_s);
    assert_int_equal(s.opened_index, c->acts[report].origin.index);
    assert_int_equal(s.last_s, c->acts[plan].e.time_s);
    assert_int_equal(s.opener.v, JIAOTONG);
    assert_false(s.assigned);
    assert_int_equal(s.overtaken_count, 0);
    assert_int_equal(s.entry_count, 4);
}

static void request_refused_while_an_unseen_acceptance_stands_returns_custody(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned offer = say(c, ALL, OFFER(JIAOTONG, SHICHANG));
    unsigned request = say(c, SAW((int)offer), RULE(HAIGUAN));
    unsigned refusal = say(c, SAW((int)request), REFUSE(HAIGUAN));
    unsigned accept = say(c, SAW((int)offer), ACCEPT(SHICHANG));
    expect_valid(c, refusal);
    expect_valid(c, accept);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
    assert_int_equal(state_of(c).interim_control.v, SHICHANG);
    assert_false(state_of(c).offer.open);
    assert_memory_equal(state_of(c).in_force.b, c->acts[refusal].e.id.b, 32);
}

static void closure_under_a_hidden_grade_is_overtaken_though_no_raise_for_its_author(void **state)
{
    static const unsigned grades[] = {GRADE_MAJOR, GRADE_GENERAL};
    struct sim_case *c = *state;
    for (unsigned i = 0; i < 2; i++) {
        sim_case_reset(c);
        say(c, ALL, L(.by = JIAOTONG, .kind = KIND_REPORT, .grade = GRADE_IMMINENT));
        unsigned list = say(c, ALL, LIST(ECHENG));
        unsigned down = say(c, ALL, L(.by = ANWEIBAN, .kind = KIND_REGRADE,
                                      .grade = GRADE_GENERAL));
        unsigned pass = say(c, SAW((int)down), PASS(ANWEIBAN));
        unsigned close = say(c, SAW((int)pass), CLOSE(ANWEIBAN));
        unsigned beside = say(c, SAW((int)list), L(.by = ECHENG, .kind = KIND_REGRADE,
                                                   .grade = grades[i]));
        expect_valid(c, beside);
        assert_int_equal(state_of(c).grade, grades[i]);
        if (grades[i] == GRADE_MAJOR)
            expect_overtaken(c, close);
        else
            expect_valid(c, close);
    }
}

static void state_names_the_petition_that_waits(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    say(c, ALL, L(.by = JIAOTONG, .kind = KIND_PETITION));
    say(c, ALL, RULE(JIAOTONG));
    unsigned second = say(c, ALL, L(.by = JIAOTONG, .kind = KIND_PETITION));
    assert_true(state_of(c).petition_open);
    assert_memory_equal(state_of(c).petition.b, c->acts[second].e.id.b, 32);
}

static void only_the_convenor_assigns(void **state)
{
    struct sim_case *c = *state;
    struct sim_line assign = L(.by = ECHENG, .kind = KIND_ASSIGN, .to = M(JIAOTONG),
                               .grade = GRADE_GENERAL, .due_on = 20500);
    unsigned foreign = say(c, ALL, assign);
    expect_void(c, foreign, REASON_NOT_CONVENOR);
    assert_int_equal(state_of(c).phase, CASE_NONE);
    sim_case_reset(c);
    assign.by = ANWEIBAN;
    expect_valid(c, say(c, ALL, assign));
}

static void merge_waits_for_later_work_and_closes_nothing(void **state)
{
    struct sim_case *c = *state;
    say(c, ALL, REPORT(JIAOTONG));
    unsigned merge = say(c, ALL, L(.by = ANWEIBAN, .kind = KIND_MERGE));
    unsigned behind = say(c, ALL, RULE(SHICHANG));
    unsigned beside = say(c, SAW(0), PLAN(JIAOTONG));
    expect_pending(c, merge);
    expect_pending(c, behind);
    expect_valid(c, beside);
    assert_int_equal(state_of(c).phase, CASE_OPEN);
    assert_int_equal(state_of(c).custodian.v, JIAOTONG);
}

static void lowered_law_voids_an_act_and_what_it_cites_still_counts(void **state)
{
    struct sim_case *c = *state;
    unsigned report = say(c, ALL, REPORT(JIAOTONG));
    unsigned rule = say(c, ALL, RULE(SHICHANG));
    unsigned lowered = say(c, ALL, OFFER(SHICHANG, ECHENG));
    c->acts[lowered].origin.at_once = REASON_LAW_LOWERED;
    unsigned next = say(c, SAW((int)report, (int)lowered), PLAN(SHICHANG));
    c->acts[next].e.law_size = SIM_CONVENOR_START;
    expect_valid(c, rule);
    expect_void(c, lowered, REASON_LAW_LOWERED);
    expect_valid(c, next);
    assert_false(state_of(c).offer.open);
}

static void governance_in_a_case_is_no_act_of_it(void **state)
{
    struct sim_case *c = *state;
    struct case_fold *f;
    enum reason reason = REASON_NONE;
    say(c, ALL, REPORT(JIAOTONG));
    f = sim_fold(c, NULL);
    unsigned duty = say(c, ALL, L(.by = ANWEIBAN, .kind = KIND_DUTY));
    assert_int_equal(case_fold_would(f, &c->acts[duty].e, &c->acts[duty].origin, &reason), OK);
    assert_int_equal(reason, REASON_UNKNOWN_KIND);
    unsigned urge = say(c, SAW(0), L(.by = JIAOTONG, .kind = KIND_URGE));
    assert_int_equal(case_fold_would(f, &c->acts[urge].e, &c->acts[urge].origin, &reason),
                     ERR_PENDING);
    case_fold_free(f);
    expect_void(c, duty, REASON_UNKNOWN_KIND);
    f = sim_fold(c, NULL);
    unsigned behind = say(c, ALL, PLAN(JIAOTONG));
    assert_int_equal(case_fold_would(f, &c->acts[behind].e, &c->acts[behind].origin, &reason),
                     ERR_PENDING);
    case_fold_free(f);
}

#define T(name) cmocka_unit_test_setup(name, sim_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(two_verifiers_are_two_persons_of_the_member_with_the_post),
        T(handler_may_sign_beside_two_verifiers),
        T(second_signature_is_a_directors_and_another_persons),
        T(refusal_by_the_convenors_institution_alone_is_a_conflict),
        T(track_on_what_the_convenors_institution_had_is_a_conflict),
        T(listing_again_after_delisting_stands),
        T(pass_that_has_seen_every_failure_counts),
        T(passes_beside_each_other_each_count),
        T(pass_by_who_was_listed_later_to_verify_counts),
        T(pass_does_not_count_once_its_signer_took_the_case),
        T(only_who_was_asked_supports_and_only_until_it_declines),
        T(supports_of_an_assignment_are_asked),
        T(what_is_the_custodians_is_refused_to_others),
        T(answers_are_for_who_was_offered_or_named),
        T(waiver_is_the_convenors_and_of_a_track_that_was_opened),
        T(correction_is_of_an_own_entry_and_of_display_facts),
        T(state_tells_when_the_case_was_opened_and_last_written),
        T(request_refused_while_an_unseen_acceptance_stands_returns_custody),
        T(closure_under_a_hidden_grade_is_overtaken_though_no_raise_for_its_author),
        T(state_names_the_petition_that_waits),
        T(only_the_convenor_assigns),
        T(merge_waits_for_later_work_and_closes_nothing),
        T(lowered_law_voids_an_act_and_what_it_cites_still_counts),
        T(governance_in_a_case_is_no_act_of_it),
    };

    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
