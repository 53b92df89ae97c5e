/* Officers who leave: what their keys sign later is void, in every order and after restarts. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/query/query.h"
#include "ledger/roster/compose.h"
#include "tests/support/scene.h"

static int setup(void **state)
{
    *state = scene_create(37);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void leave_act(struct scene *s, struct cluster_act *a, unsigned log)
{
    const struct cluster_member *m = &s->c->members[s->logs[log].member];
    struct composition facts;
    composition_init(&facts);
    assert_int_equal(compose_leave(&facts, signkey_public(m->officers[OFFICER_HANDLER])), OK);
    cluster_act_init(a, KIND_LEAVE, NULL);
    a->signer_count = 1;
    a->signers[0].member = s->logs[log].member;
    a->signers[0].officer = OFFICER_ADMIN;
    a->signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(a, facts.facts[i].id, facts.facts[i].value);
    composition_clear(&facts);
}

/* The handler of a log leaves, on paper. */
static void leave(struct scene *s, unsigned log)
{
    struct cluster_act a;
    struct compose says = paper_compose(&s->logs[log], scene_law(s));
    leave_act(s, &a, log);
    paper_act(&s->logs[log], &says, &a);
}

/* Log 1: a report, progress, the leaving, progress by the key that was ended. Log 2: a report, and
 * progress that this key signs too, by its enrolment. */
static void write_history(struct scene *s)
{
    const uint64_t law = scene_law(s);
    const unsigned others[] = {1};
    struct hash a = scene_report(s, 1, law), b = scene_report(s, 2, law);
    scene_progress(s, 1, &a, law, NULL);
    leave(s, 1);
    scene_progress(s, 1, &a, law, NULL);
    scene_cosigned(s, 2, &b, others, 1);
}

static void check_history(struct scene *s, struct ledger *l)
{
    scene_expect(l, &s->logs[1], s->base[1], VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 1, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 2, VERDICT_VALID, REASON_NONE);
    scene_expect(l, &s->logs[1], s->base[1] + 3, VERDICT_VOID, REASON_NOT_ENROLLED);
    scene_expect(l, &s->logs[2], s->base[2] + 1, VERDICT_VALID, REASON_NONE);
}

static void what_an_ended_key_signs_is_void_in_every_order(void **state)
{
    struct scene *s = *state;
    write_history(s);
    scene_in_every_order(s, check_history);
}

static void it_stays_void_after_a_restart_and_where_a_node_catches_up(void **state)
{
    struct scene *s = *state;
    struct watcher kept, late;
    write_history(s);
    scene_watcher(s, &kept);
    scene_watcher(s, &late);
    scene_send_all(s, kept.ledger);
    ledger_defer(late.ledger, true);
    scene_send_all(s, late.ledger);
    while (ledger_unsettled(late.ledger) > 0)
        assert_int_equal(ledger_settle_all(late.ledger), OK);
    assert_same_ledger(kept.ledger, late.ledger);
    watcher_reopen(&late, s->c);
    assert_same_ledger(kept.ledger, late.ledger);
    check_history(s, late.ledger);
    watcher_close(&kept);
    watcher_close(&late);
}

static unsigned blind_spots(struct ledger *l, int kind)
{
    json_t *reply, *spot, *request = json_pack("{s:s}", "query", "blindspots");
    unsigned count = 0;
    size_t i;
    assert_int_equal(query_run(l, request, 0, &reply), OK);
    json_array_foreach(json_object_get(reply, "spots"), i, spot) {
        count += json_integer_value(json_object_get(spot, "kind")) == kind;
    }
    json_decref(reply);
    json_decref(request);
    return count;
}

/* Its own node writes nothing by that key, and shows the case as a blind spot. */
static void a_node_refuses_to_write_by_an_ended_key(void **state)
{
    struct scene *s = *state;
    const unsigned by = s->logs[1].member;
    struct cluster_act a;
    enum reason reason = REASON_NONE;
    cluster_open_all(s->c);
    struct ledger *l = s->c->members[by].ledger;
    struct hash id = cluster_report(s->c, by, 1);
    assert_int_equal(blind_spots(l, 12), 0);
    leave_act(s, &a, 1);
    cluster_append(s->c, by, &a, NULL);
    cluster_act_clear(&a);
    cluster_act_init(&a, KIND_PROGRESS, &id);
    assert_int_equal(cluster_try(s->c, by, &a, NULL, &reason), ERR_NOT_ENROLLED);
    cluster_act_clear(&a);
    assert_int_equal(blind_spots(l, 12), 1);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(what_an_ended_key_signs_is_void_in_every_order),
        WITH_SCENE(it_stays_void_after_a_restart_and_where_a_node_catches_up),
        WITH_SCENE(a_node_refuses_to_write_by_an_ended_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
