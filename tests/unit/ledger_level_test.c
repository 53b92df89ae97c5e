/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/level.h"
#include "ledger/query/query.h"
#include "tests/support/cluster.h"

enum { CONVENOR, YINGJI, XIAOFANG, ZHUJIAN, COUNT };
#define START_S UINT64_C(1772323200)
#define HOUR_S UINT64_C(3600)

struct town { struct cluster *c; struct ledger *l; struct position offer; struct hash id; };

/* An offer of a major hazard by yingji to zhujian, held by all; told by yingji's own copy. */
static struct town town_create(void)
{
    const struct cluster_options options = {.seed = 13, .members = COUNT, .start_s = START_S};
    struct town t = {.c = cluster_create(&options)};
    struct cluster_act a = {.kind = KIND_REPORT};
    cluster_open_all(t.c);
    cluster_fact_text(&a, FACT_TO, t.c->members[ZHUJIAN].id);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_MAJOR);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "x");
    a.part_count = 1;
    a.parts[0] = (struct part_ref){.role = PART_TEXT, .padded_bytes = 4};
    cluster_append(t.c, YINGJI, &a, &t.id);
    cluster_act_clear(&a);
    cluster_share(t.c);
    t.l = t.c->members[YINGJI].ledger;
    assert_int_equal(ledger_find_id(t.l, &t.id, &t.offer), OK);
    return t;
}

/* `member` cosigns yingji's log at that time, and yingji's node takes it. */
static void cosign(struct town *t, unsigned member, uint64_t time_s)
{
    struct ledger *l = t->c->members[member].ledger;
    struct cosign_own own = {.log = ledger_log(l, "yingji", 0)->no};
    struct cosigned c;
    struct buffer note = {0};
    assert_int_equal(ledger_cosign_give(l, t->c->members[member].cosigner, time_s, &own, 1), OK);
    assert_int_equal(own.err, OK);
    assert_int_equal(ledger_cosigned(l, &own.row, &c), OK);
    assert_int_equal(cosigned_encode(&c, &note), OK);
    struct cosign_item item = {.note = buffer_span(&note)};
    assert_int_equal(ledger_cosign_take(t->l, &item, 1), OK);
    assert_int_equal(item.err, OK);
    buffer_clear(&note);
}

static struct act_level level_at(struct town *t, uint64_t as_of_s)
{
    struct act_level level;
    assert_int_equal(ledger_level(t->l, t->offer, as_of_s, &level), OK);
    return level;
}

static bool blind(struct town *t, uint64_t as_of_s)
{
    json_t *reply, *spot, *request = json_pack("{s:s}", "query", "blindspots");
    size_t i;
    bool found = false;
    assert_int_equal(query_run(t->l, request, as_of_s, &reply), OK);
    json_array_foreach(json_object_get(reply, "spots"), i, spot) {
        found = found || json_integer_value(json_object_get(spot, "kind")) == 15;
    }
    json_decref(reply);
    json_decref(request);
    return found;
}

static void an_act_is_mirrored_and_delivered_by_those_it_concerns(void **state)
{
    (void)state;
    struct town t = town_create();
    struct act_level level = level_at(&t, START_S);
    assert_int_equal(level.mirrored, 0);
    assert_int_equal(level.concern.count, 1);
    cosign(&t, XIAOFANG, START_S + 100);
    level = level_at(&t, START_S + 1000);
    assert_int_equal(level.mirrored, 1);
    assert_false(level_delivered(&level));
    cosign(&t, ZHUJIAN, START_S + 200);
    level = level_at(&t, START_S + 1000);
    assert_int_equal(level.mirrored, 2);
    assert_true(level_delivered(&level));
    assert_int_equal(level_holder(&level, level.offered)->time_s, START_S + 200);
    assert_true(level_holder(&level, level.offered)->with_parts);
    assert_int_equal(level.holders[0].time_s, START_S + 100);
    cluster_free(t.c);
}

static void a_cosignature_a_day_later_does_not_show_the_parts(void **state)
{
    (void)state;
    struct town t = town_create();
    cosign(&t, ZHUJIAN, t.c->now_s + 86400);
    struct act_level level = level_at(&t, t.c->now_s + 90000);
    assert_true(level_delivered(&level));
    assert_false(level_holder(&level, level.offered)->with_parts);
    cluster_free(t.c);
}

static void an_offer_that_two_others_hold_is_deemed_delivered_in_time(void **state)
{
    (void)state;
    struct town t = town_create();
    uint64_t held_s = START_S + 1000, due_s = held_s + 4 * HOUR_S;
    cosign(&t, CONVENOR, START_S + 500);
    struct act_level level = level_at(&t, START_S + 30 * HOUR_S);
    assert_int_equal(level.witnessed_s, 0);                /* one is not enough */
    assert_int_equal(level.deemed_s, 0);
    cosign(&t, XIAOFANG, held_s);
    level = level_at(&t, due_s - 1);
    assert_int_equal(level.witnessed_s, held_s);           /* the later of the two */
    assert_int_equal(level.deemed_s, 0);
    assert_false(blind(&t, due_s - 1));
    level = level_at(&t, due_s);
    assert_int_equal(level.deemed_s, due_s);
    assert_true(level_deemed(&level, due_s));
    assert_true(blind(&t, due_s));
    cosign(&t, ZHUJIAN, due_s + 60);                       /* late: delivered, and deemed before */
    level = level_at(&t, due_s + 100);
    assert_int_equal(level.deemed_s, due_s);
    assert_true(level_delivered(&level));
    assert_false(level_deemed(&level, due_s + 100));
    assert_false(blind(&t, due_s + 100));
    cluster_free(t.c);
}

/* The author goes on working, the others go on cosigning: the term runs from where it began. */
static void later_cosignatures_do_not_put_off_deemed_delivery(void **state)
{
    (void)state;
    struct town t = town_create();
    const uint64_t held_s = START_S + 1000, due_s = held_s + 4 * HOUR_S;
    cosign(&t, CONVENOR, START_S + 500);
    cosign(&t, XIAOFANG, held_s);
    for (unsigned hour = 1; hour < 4; hour++) {
        cluster_report(t.c, YINGJI, hour);
        cluster_share(t.c);
        cosign(&t, CONVENOR, START_S + hour * HOUR_S);
        cosign(&t, XIAOFANG, START_S + hour * HOUR_S);
    }
    struct act_level level = level_at(&t, due_s);
    assert_int_equal(level.witnessed_s, held_s);
    assert_int_equal(level.deemed_s, due_s);
    assert_true(blind(&t, due_s));
    cluster_free(t.c);
}

static void what_was_delivered_in_time_is_never_deemed(void **state)
{
    (void)state;
    struct town t = town_create();
    cosign(&t, CONVENOR, START_S + 500);
    cosign(&t, XIAOFANG, START_S + 600);
    cosign(&t, ZHUJIAN, START_S + 700);
    struct act_level level = level_at(&t, START_S + 50 * HOUR_S);
    assert_int_equal(level.deemed_s, 0);
    assert_true(level_delivered(&level));
    cluster_free(t.c);
}

/* A request names supports too: the fiction ends with the member asked, whoever else lacks it. */
static void what_the_offered_member_holds_is_no_fiction_whoever_else_is_concerned(void **state)
{
    (void)state;
    struct act_level level = {.offered = {2}, .deemed_s = START_S, .mirrored = 1, .delivered = 1,
                              .concern = {.count = 2, .members = {{2}, {3}}},
                              .holders = {{.by = {2}, .concerned = true}}};
    assert_false(level_delivered(&level));
    assert_false(level_deemed(&level, START_S));
    level.holders[0].by.v = 3;
    assert_true(level_deemed(&level, START_S));
    assert_false(level_deemed(&level, START_S - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_is_mirrored_and_delivered_by_those_it_concerns),
        cmocka_unit_test(a_cosignature_a_day_later_does_not_show_the_parts),
        cmocka_unit_test(an_offer_that_two_others_hold_is_deemed_delivered_in_time),
        cmocka_unit_test(what_was_delivered_in_time_is_never_deemed),
        cmocka_unit_test(later_cosignatures_do_not_put_off_deemed_delivery),
        cmocka_unit_test(what_the_offered_member_holds_is_no_fiction_whoever_else_is_concerned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
