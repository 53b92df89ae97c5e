/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/roster/compose.h"
#include "net/certificate.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/net_sim.h"
#include "tests/support/scene.h"

static int setup(void **state)
{
    *state = scene_create(31);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void suspend_act(struct cluster_act *a, const char *member, uint64_t size,
                        enum cluster_officer officer)
{
    cluster_act_init(a, KIND_SUSPEND, NULL);
    cluster_fact_text(a, FACT_TO, member);
    cluster_fact_text(a, FACT_CLAUSE, "安委办〔2026〕9号");
    cluster_fact_uint(a, FACT_COUNT, size);
    a->signer_count = 1;
    a->signers[0].member = 0;
    a->signers[0].officer = officer;
    a->signers[0].role = ROLE_HANDLE;
}

/* In the convenor's log: log `of` stands up to `size`. */
static void suspend(struct scene *s, unsigned of, uint64_t size)
{
    struct cluster_act a;
    struct compose says = paper_compose(&s->logs[0], scene_law(s));
    suspend_act(&a, s->c->members[s->logs[of].member].id, size, OFFICER_ROOT);
    paper_act(&s->logs[0], &says, &a);
}

/* Log 1 enrols the director's key of the convenor, whatever that may be good for. */
static void enrol(struct scene *s)
{
    struct cluster_member *m = &s->c->members[s->logs[1].member];
    const struct signkey *key = s->c->members[0].officers[OFFICER_DIRECTOR];
    const char *posts[] = {"经办人"};
    struct enrol_fields f = {.key = *signkey_public(key), .person = "p9", .posts = posts,
                             .post_count = 1};
    struct compose says = paper_compose(&s->logs[1], scene_law(s));
    struct composition facts;
    struct cluster_act a;
    composition_init(&facts);
    assert_int_equal(possession_sign(key, &s->c->ledger, m->id, "officer", &f.proof), OK);
    assert_int_equal(compose_enrol(&facts, &f), OK);
    cluster_act_init(&a, KIND_ENROL, NULL);
    a.signer_count = 1;
    a.signers[0].member = s->logs[1].member;
    a.signers[0].officer = OFFICER_ADMIN;
    a.signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(&a, facts.facts[i].id, facts.facts[i].value);
    paper_act(&s->logs[1], &says, &a);
    composition_clear(&facts);
}

static void check_beyond(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[0], s->base[0], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 2, VERDICT_VOID, REASON_SUSPENDED);
    scene_expect(l, &s->logs[1], s->base[1] + 3, VERDICT_VOID, REASON_SUSPENDED);
    scene_expect(l, &s->logs[1], s->base[1] + 4, VERDICT_VOID, REASON_SUSPENDED);
    scene_expect(l, &s->logs[2], s->base[2], VERDICT_VALID, REASON_NONE);
}

/* Whatever law they name, and whether they came before the suspension or after. */
static void entries_beyond_the_size_are_void_in_every_order(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law);
    scene_progress(s, 1, &id, law, NULL);
    scene_progress(s, 1, &id, law, NULL);
    enrol(s);
    suspend(s, 1, s->base[1] + 2);
    scene_progress(s, 1, &id, scene_law(s), NULL);
    scene_report(s, 2, scene_law(s));
    scene_in_every_order(s, check_beyond);
}

/* Catching up: `steps` of settling lie between the acts and the suspension; less than that, and it
 * falls into what is under way. */
static void catch_up(struct scene *s, struct ledger *expected, unsigned steps)
{
    struct watcher w;
    bool more = true;
    scene_watcher(s, &w);
    ledger_defer(w.ledger, true);
    assert_int_equal(paper_send(&s->logs[1], w.ledger, s->logs[1].count), OK);
    for (unsigned i = 0; i < steps && more; i++)
        assert_int_equal(ledger_settle(w.ledger, &more), OK);
    assert_int_equal(paper_send(&s->logs[0], w.ledger, s->logs[0].count), OK);
    assert_int_equal(paper_send(&s->logs[2], w.ledger, s->logs[2].count), OK);
    while (ledger_unsettled(w.ledger) > 0)
        assert_int_equal(ledger_settle_all(w.ledger), OK);
    assert_same_ledger(expected, w.ledger);
    watcher_close(&w);
}

static void a_suspension_that_comes_while_catching_up_makes_the_same_void(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    uint64_t law = scene_law(s);
    struct hash first = scene_report(s, 1, law), second = scene_report(s, 1, law);
    scene_progress(s, 1, &first, law, NULL);
    enrol(s);
    scene_progress(s, 1, &second, law, NULL);
    suspend(s, 1, s->base[1] + 2);
    scene_report(s, 2, scene_law(s));
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    scene_expect(w.ledger, &s->logs[1], s->base[1] + 4, VERDICT_VOID, REASON_SUSPENDED);
    for (unsigned steps = 0; steps < 6; steps++)
        catch_up(s, w.ledger, steps);
    watcher_close(&w);
}

static void check_custody(struct scene *s, struct ledger *l)
{
    struct case_state now;
    struct entry e;
    scene_expect(l, &s->logs[2], s->base[2] + 1, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VOID, REASON_SUSPENDED);
    assert_int_equal(entry_decode(&e, buffer_span(&s->logs[2].entries[s->base[2]])), OK);
    assert_int_equal(ledger_state(l, &e.id, &now), OK);
    const struct member *m = roster_member(ledger_roster(l), now.custodian);
    assert_string_equal(m->a.id, s->c->members[s->logs[2].member].id);
    assert_true(now.offer.open);
}

static void an_acceptance_beyond_the_size_moves_nothing(void **state)
{
    struct scene *s = *state;
    struct cluster_act a;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 2, law);
    struct compose says = scene_citing(&s->logs[2], law, NULL);
    says.has_base = true;
    says.base = id;
    cluster_act_init(&a, KIND_OFFER, &id);
    cluster_fact_text(&a, FACT_TO, s->c->members[s->logs[1].member].id);
    cluster_fact_text(&a, FACT_CLAUSE, "c");
    cluster_fact_uint(&a, FACT_GROUND, GROUND_NEAR);
    struct hash offer = paper_act(&s->logs[2], &says, &a);
    says = scene_citing(&s->logs[1], law, &offer);
    says.has_base = true;
    says.base = offer;
    cluster_act_init(&a, KIND_ACCEPT, &id);
    paper_act(&s->logs[1], &says, &a);
    suspend(s, 1, s->base[1]);
    scene_in_every_order(s, check_custody);
}

static void check_smallest(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VOID, REASON_SUSPENDED);
}

static void of_two_suspensions_the_smaller_size_counts(void **state)
{
    struct scene *s = *state;
    uint64_t law = scene_law(s);
    struct hash id = scene_report(s, 1, law);
    scene_progress(s, 1, &id, law, NULL);
    suspend(s, 1, s->base[1] + 1);
    suspend(s, 1, s->base[1] + 2);
    scene_in_every_order(s, check_smallest);
}

static void check_cosigned(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[2], s->base[2] + 1, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[2], s->base[2] + 2, VERDICT_VOID, REASON_NOT_ENROLLED);
}

/* Judged by the law of the act that they sign, like admissions. */
static void officers_of_a_suspended_member_sign_for_no_other_from_then_on(void **state)
{
    struct scene *s = *state;
    static const unsigned other[] = {1};
    struct hash id = scene_report(s, 2, scene_law(s));
    scene_cosigned(s, 2, &id, other, 1);
    suspend(s, 1, s->base[1]);
    scene_cosigned(s, 2, &id, other, 1);
    scene_in_every_order(s, check_cosigned);
}

static void refused(struct scene *s, struct ledger *l, const char *member, uint64_t size,
                    enum cluster_officer officer, enum reason reason)
{
    struct cluster_act a;
    struct compose says = paper_compose(&s->logs[0], scene_law(s));
    suspend_act(&a, member, size, officer);
    paper_act(&s->logs[0], &says, &a);
    assert_int_equal(paper_send(&s->logs[0], l, s->logs[0].count), OK);
    scene_expect(l, &s->logs[0], s->logs[0].count - 1, VERDICT_VOID, reason);
}

static void only_root_officers_suspend_and_only_members_that_are_there(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    struct cluster_act a;
    const char *id = s->c->members[s->logs[1].member].id;
    scene_watcher(s, &w);
    refused(s, w.ledger, id, 5, OFFICER_ADMIN, REASON_NOT_ROOT);
    refused(s, w.ledger, id, 0, OFFICER_ROOT, REASON_FACTS);
    refused(s, w.ledger, "nobody", 5, OFFICER_ROOT, REASON_NO_MEMBER);
    refused(s, w.ledger, s->c->members[0].id, 5, OFFICER_ROOT, REASON_SELF);
    struct compose says = paper_compose(&s->logs[1], scene_law(s));
    suspend_act(&a, s->c->members[s->logs[2].member].id, 5, OFFICER_ADMIN);
    a.signers[0].member = s->logs[1].member;
    paper_act(&s->logs[1], &says, &a);
    assert_int_equal(paper_send(&s->logs[1], w.ledger, s->logs[1].count), OK);
    scene_expect(w.ledger, &s->logs[1], s->base[1], VERDICT_VOID, REASON_NOT_CONVENOR);
    assert_false(roster_member(ledger_roster(w.ledger), (struct member_no){1})->suspended);
    watcher_close(&w);
}

static void a_suspended_node_writes_nothing_more_and_nobody_speaks_with_it(void **state)
{
    (void)state;
    const struct cluster_options options = {.seed = 3, .members = 3, .start_s = 1772323200};
    struct cluster *c = cluster_create(&options);
    struct cluster_act a;
    enum reason reason = REASON_NONE;
    cluster_open_all(c);
    const struct log *log = ledger_log(c->members[0].ledger, c->members[1].id, 0);
    struct peer_identity who = {.member = {1}};
    strcpy(who.id, c->members[1].id);
    const struct certificate *own = roster_certificate(ledger_roster(c->members[0].ledger),
                                                       who.member);
    who.index = own->index;
    who.entry = own->id;
    assert_int_equal(certificate_recheck(&who, ledger_roster(c->members[0].ledger),
                                         log->frontier.size), OK);
    suspend_act(&a, c->members[1].id, log->frontier.size, OFFICER_ROOT);
    cluster_append(c, 0, &a, NULL);
    cluster_act_clear(&a);
    assert_int_equal(certificate_recheck(&who, ledger_roster(c->members[0].ledger),
                                         log->frontier.size), ERR_SUSPENDED);
    cluster_pull(c, 1, 0);
    cluster_report_act(&a, 1);
    assert_int_equal(cluster_try(c, 1, &a, NULL, &reason), ERR_VOID);
    assert_int_equal(reason, REASON_SUSPENDED);
    cluster_act_clear(&a);
    cluster_close(c, 1);
    cluster_open(c, 1);
    assert_true(roster_member(ledger_roster(c->members[1].ledger), who.member)->suspended);
    assert_true(roster_suspended(ledger_roster(c->members[1].ledger), who.member,
                                 log->frontier.size));
    assert_false(roster_suspended(ledger_roster(c->members[1].ledger), who.member,
                                  log->frontier.size - 1));
    cluster_free(c);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(entries_beyond_the_size_are_void_in_every_order),
        WITH_SCENE(a_suspension_that_comes_while_catching_up_makes_the_same_void),
        WITH_SCENE(an_acceptance_beyond_the_size_moves_nothing),
        WITH_SCENE(of_two_suspensions_the_smaller_size_counts),
        WITH_SCENE(officers_of_a_suspended_member_sign_for_no_other_from_then_on),
        WITH_SCENE(only_root_officers_suspend_and_only_members_that_are_there),
        cmocka_unit_test(a_suspended_node_writes_nothing_more_and_nobody_speaks_with_it),
    };
    net_sim_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
