/* Cosignatures between real ledgers over links that delay and break. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/log/part.h"
#include "tests/support/cluster_part.h"
#include "tests/support/net_sim.h"

struct town { struct cluster *c; struct net_sim *sim; };

static void town_init(struct town *t, unsigned members, uint64_t seed)
{
    const struct cluster_options options = {.seed = 7, .members = members,
                                            .start_s = NET_SIM_START_S};
    t->c = cluster_create(&options);
    t->sim = net_sim_create(seed);
    cluster_open_all(t->c);
    for (unsigned i = 0; i < members; i++) {
        net_sim_node(t->sim, t->c->members[i].ledger, t->c->members[i].id);
        sync_set_cosigner(net_sim_sync(t->sim, i), t->c->members[i].cosigner);
    }
}

static void town_clear(struct town *t)
{
    net_sim_free(t->sim);
    cluster_free(t->c);
}

static void chain(struct town *t)
{
    for (unsigned i = 1; i < t->c->count; i++)
        net_sim_link(t->sim, i, i - 1);
}

static struct hash report_to(struct town *t, unsigned member, unsigned to,
                             struct cluster_part **part)
{
    struct cluster_act a;
    struct hash id;
    cluster_act_init(&a, KIND_REPORT, NULL);
    cluster_fact_text(&a, FACT_TO, t->c->members[to].id);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_GENERAL);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "GB50028");
    if (part != NULL)
        *part = cluster_part_create(t->c, member, &a, PART_TEXT, PART_SEALED,
                                    span_of("what was seen", 13));
    cluster_append(t->c, member, &a, &id);
    cluster_act_clear(&a);
    return id;
}

/* The first cosignature by `by` that covers the entry, as `seen_by` holds it. */
static bool covered(struct town *t, unsigned seen_by, const struct hash *id, unsigned by,
                    struct cosign_row *row)
{
    struct ledger *l = t->c->members[seen_by].ledger;
    struct position at;
    const struct member *m = roster_by_log(ledger_roster(l), t->c->members[by].id);
    return ledger_find_id(l, id, &at) == OK && ledger_cosign_first(l, at, m->no, row) == OK;
}

static unsigned mirrored(struct town *t, unsigned seen_by, const struct hash *id)
{
    unsigned count = 0;
    for (unsigned by = 0; by < t->c->count; by++) {
        struct cosign_row row;
        count += covered(t, seen_by, id, by, &row);
    }
    return count;
}

static void an_act_is_mirrored_and_its_author_sees_it(void **state)
{
    (void)state;
    struct cosign_row row;
    struct town t;
    town_init(&t, 4, 1);
    chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = report_to(&t, 3, 0, NULL);
    net_sim_run(t.sim, 2000);
    assert_true(covered(&t, 3, &id, 0, &row));
    net_sim_run(t.sim, 3000);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(mirrored(&t, i, &id), 3);
    town_clear(&t);
}

static void a_cut_off_member_counts_only_after_the_heal(void **state)
{
    (void)state;
    struct cosign_row row;
    struct town t;
    town_init(&t, 4, 2);
    chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    net_sim_cut(t.sim, 0);
    struct hash id = report_to(&t, 3, 0, NULL);
    net_sim_run(t.sim, 20000);
    assert_int_equal(mirrored(&t, 3, &id), 2);
    assert_false(covered(&t, 3, &id, 0, &row));
    net_sim_heal(t.sim, 0);
    net_sim_run(t.sim, 10000);
    assert_true(covered(&t, 3, &id, 0, &row));
    assert_int_equal(mirrored(&t, 3, &id), 3);
    assert_int_equal(net_sim_events(t.sim, 3)->bad_peers, 0);
    town_clear(&t);
}

/* Our member is concerned: at once; the others wait for their turn. */
static void a_log_is_cosigned_at_most_every_two_seconds_but_for_what_concerns_us(void **state)
{
    (void)state;
    struct cosign_row row;
    struct town t;
    town_init(&t, 3, 3);
    chain(&t);
    net_sim_run(t.sim, 10000);
    cluster_report(t.c, 2, 1);
    net_sim_run(t.sim, 300);
    struct hash first = report_to(&t, 2, 0, NULL), second;
    net_sim_run(t.sim, 300);
    second = report_to(&t, 2, 0, NULL);
    net_sim_run(t.sim, 300);
    assert_true(covered(&t, 0, &first, 0, &row));
    assert_true(covered(&t, 0, &second, 0, &row));
    assert_false(covered(&t, 1, &second, 1, &row));
    net_sim_run(t.sim, 2000);
    assert_true(covered(&t, 1, &second, 1, &row));
    town_clear(&t);
}

static void what_lacks_its_parts_is_not_cosigned_by_whom_it_concerns(void **state)
{
    (void)state;
    struct cluster_part *part;
    struct cosign_row row;
    struct town t;
    town_init(&t, 3, 4);
    net_sim_link(t.sim, 2, 0);
    net_sim_link(t.sim, 2, 1);
    net_sim_run(t.sim, 10000);
    struct hash id = report_to(&t, 2, 0, &part);
    net_sim_run(t.sim, 10000);
    assert_false(covered(&t, 2, &id, 0, &row));
    assert_true(covered(&t, 2, &id, 1, &row));
    cluster_part_keep(t.c, 2, &id, part);
    net_sim_run(t.sim, 40000);
    assert_true(part_held(t.c->members[0].home, &part->ref.commitment));
    assert_true(covered(&t, 2, &id, 0, &row));
    cluster_part_free(part);
    town_clear(&t);
}

/* What was kept of old cosignatures comes to a member that was away while they were superseded. */
static void the_first_one_that_covers_an_offer_is_kept_and_travels(void **state)
{
    (void)state;
    struct cosign_row first, seen;
    struct town t;
    town_init(&t, 4, 5);
    chain(&t);
    net_sim_run(t.sim, 10000);
    net_sim_cut(t.sim, 3);
    struct hash id = report_to(&t, 0, 1, NULL);
    net_sim_run(t.sim, 1000);
    assert_true(covered(&t, 0, &id, 1, &first));
    for (unsigned i = 0; i < 5; i++) {
        cluster_report(t.c, 0, i);
        net_sim_run(t.sim, 5000);
    }
    assert_true(covered(&t, 0, &id, 1, &seen));
    assert_int_equal(seen.time_s, first.time_s);
    net_sim_heal(t.sim, 3);
    net_sim_run(t.sim, 10000);
    assert_true(covered(&t, 3, &id, 1, &seen));
    assert_int_equal(seen.time_s, first.time_s);
    assert_int_equal(seen.size, first.size);
    town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_is_mirrored_and_its_author_sees_it),
        cmocka_unit_test(a_cut_off_member_counts_only_after_the_heal),
        cmocka_unit_test(
            a_log_is_cosigned_at_most_every_two_seconds_but_for_what_concerns_us),
        cmocka_unit_test(what_lacks_its_parts_is_not_cosigned_by_whom_it_concerns),
        cmocka_unit_test(the_first_one_that_covers_an_offer_is_kept_and_travels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
