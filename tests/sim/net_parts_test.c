/* Parts between peers: who gets them, who is refused, what spoilt ones lead to, and erasure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "tests/support/cluster_part.h"
#include "tests/support/net_sim.h"

struct town { struct cluster *c; struct net_sim *sim; };

static void town_init(struct town *t, unsigned members, uint64_t seed)
{
    const struct cluster_options options = {.seed = 5, .members = members, .start_s = 1772323200};
    t->c = cluster_create(&options);
    t->sim = net_sim_create(seed);
    cluster_open_all(t->c);
    for (unsigned i = 0; i < members; i++)
        net_sim_node(t->sim, t->c->members[i].ledger, t->c->members[i].id);
}

static void town_clear(struct town *t)
{
    net_sim_free(t->sim);
    cluster_free(t->c);
}

static void offer(struct town *t, unsigned member, const struct hash *id, unsigned to)
{
    struct cluster_act act;
    cluster_act_init(&act, KIND_OFFER, id);
    cluster_fact_text(&act, FACT_TO, t->c->members[to].id);
    cluster_fact_text(&act, FACT_CLAUSE, "5.1");
    cluster_fact_uint(&act, FACT_GROUND, GROUND_COMPETENT);
    cluster_append(t->c, member, &act, NULL);
    cluster_act_clear(&act);
}

static void parts_reach_those_concerned_and_nobody_else(enum part_mode mode)
{
    struct town t;
    struct hash commitment;
    struct buffer plain = {0};
    uint8_t *bytes = calloc(1, 5 << 20);
    town_init(&t, 5, 12);
    for (unsigned i = 1; i < 5; i++)
        net_sim_link(t.sim, i, 0);
    net_sim_link(t.sim, 2, 1);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = cluster_part_report(t.c, 1, PART_SUBJECT, mode, span_of(bytes, 5 << 20),
                                         &commitment);
    offer(&t, 1, &id, 2);
    net_sim_run(t.sim, 60000);
    assert_true(part_held(t.c->members[0].home, &commitment));      /* the convenor */
    assert_true(part_held(t.c->members[2].home, &commitment));      /* to whom it was offered */
    assert_false(part_held(t.c->members[3].home, &commitment));
    assert_true(part_held(t.c->members[4].home, &commitment));      /* oversight */
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(cluster_part_open(t.c, i, &id, &commitment, &plain),
                         i == 3 ? ERR_NOTFOUND : OK);
        assert_int_equal(plain.len, i == 3 ? 0 : 5 << 20);
    }
    buffer_clear(&plain);
    free(bytes);
    town_clear(&t);
}

static void open_parts_reach_those_concerned_and_nobody_else(void **state)
{
    (void)state;
    parts_reach_those_concerned_and_nobody_else(PART_OPEN);
}

static void sealed_parts_open_for_those_concerned_and_nobody_else(void **state)
{
    (void)state;
    parts_reach_those_concerned_and_nobody_else(PART_SEALED);
}

/* An order is carried out by every node that holds a copy, at once or when it comes back, and none
 * fetches it again. */
static void erasure_reaches_every_copy_also_of_a_node_that_was_away(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct cluster_act act;
    town_init(&t, 4, 13);
    for (unsigned i = 1; i < 4; i++)
        net_sim_link(t.sim, i, 0);
    net_sim_link(t.sim, 2, 1);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = cluster_part_report(t.c, 1, PART_TEXT, PART_SEALED, span_of("a name", 6),
                                         &text);
    offer(&t, 1, &id, 2);
    net_sim_run(t.sim, 60000);
    for (unsigned i = 0; i < 3; i++)
        assert_true(part_held(t.c->members[i].home, &text));
    net_sim_cut(t.sim, 2);
    cluster_act_init(&act, KIND_ERASE, &id);
    cluster_fact_text(&act, FACT_CLAUSE, "5.1");
    cluster_fact_uint(&act, FACT_STEP, STEP_DECIDE);
    cluster_fact_hash(&act, FACT_TARGET, &text);
    cluster_append(t.c, 1, &act, NULL);
    cluster_act_clear(&act);
    net_sim_run(t.sim, 60000);
    assert_false(part_held(t.c->members[0].home, &text));
    assert_false(part_held(t.c->members[1].home, &text));
    assert_true(part_held(t.c->members[2].home, &text));
    net_sim_heal(t.sim, 2);
    net_sim_run(t.sim, 120000);
    for (unsigned i = 0; i < 4; i++)
        assert_false(part_held(t.c->members[i].home, &text));
    assert_true(part_erased(t.c->members[2].home, &text, NULL));
    town_clear(&t);
}

/* The member named by a ruling gets what was there before, from whoever holds it. */
static void ruling_shares_the_parts_with_the_member_it_names(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct cluster_act act;
    struct buffer plain = {0};
    town_init(&t, 4, 14);
    for (unsigned i = 1; i < 4; i++)
        net_sim_link(t.sim, i, 0);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = cluster_part_report(t.c, 2, PART_TEXT, PART_SEALED, span_of("a leak", 6),
                                         &text);
    net_sim_run(t.sim, 60000);
    assert_true(part_held(t.c->members[0].home, &text));
    net_sim_cut(t.sim, 2);                               /* its author is away */
    cluster_act_init(&act, KIND_RULE, &id);
    cluster_fact_text(&act, FACT_TO, t.c->members[3].id);
    cluster_fact_uint(&act, FACT_AUTHORITY, AUTHORITY_OFFICE);
    cluster_append(t.c, 0, &act, NULL);
    cluster_act_clear(&act);
    net_sim_run(t.sim, 60000);
    assert_int_equal(cluster_part_open(t.c, 3, &id, &text, &plain), OK);
    assert_memory_equal(plain.data, "a leak", 6);
    assert_int_equal(cluster_part_open(t.c, 1, &id, &text, &plain), ERR_NOTFOUND);
    buffer_clear(&plain);
    town_clear(&t);
}

struct spoiler { unsigned from, spoilt, refused; };

/* One node spoils every piece of a part that it sends, and counts who is refused one. */
static bool spoil_parts(void *ctx, unsigned from, unsigned to, struct buffer *frame)
{
    struct spoiler *s = ctx;
    (void)to;
    if (from == s->from && frame->len > 60 && frame->data[0] == MSG_PART) {
        frame->data[frame->len - 1] ^= 1;
        s->spoilt++;
    }
    if (frame->len == 6 && frame->data[0] == MSG_REFUSE && frame->data[5] == REFUSE_NOT_READER)
        s->refused++;
    return true;
}

static void part_that_does_not_match_is_fetched_from_somebody_else(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct spoiler spoiler = {.from = 0};
    struct buffer plain = {0};
    town_init(&t, 4, 15);
    for (unsigned i = 1; i < 4; i++)
        net_sim_link(t.sim, i, 0);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = cluster_part_report(t.c, 1, PART_TEXT, PART_SEALED, span_of("a leak", 6),
                                         &text);
    net_sim_run(t.sim, 60000);
    net_sim_on_frame(t.sim, spoil_parts, &spoiler);
    offer(&t, 1, &id, 2);
    net_sim_run(t.sim, 10000);
    assert_true(spoiler.spoilt > 0);
    assert_false(part_held(t.c->members[2].home, &text));
    assert_true(net_sim_events(t.sim, 2)->bad_peers > 0);
    assert_int_equal(net_sim_events(t.sim, 2)->last_bad, ERR_PROOF);
    net_sim_link(t.sim, 2, 1);
    net_sim_run(t.sim, 60000);
    assert_int_equal(cluster_part_open(t.c, 2, &id, &text, &plain), OK);
    buffer_clear(&plain);
    town_clear(&t);
}

/* Member 3 has no part in the case and asks all the same. */
static void outsider_that_asks_is_refused(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct spoiler counter = {.from = 99};
    town_init(&t, 4, 16);
    for (unsigned i = 1; i < 4; i++)
        net_sim_link(t.sim, i, 0);
    net_sim_link(t.sim, 3, 1);
    assert_true(net_sim_settle(t.sim, 10000));
    cluster_part_report(t.c, 1, PART_TEXT, PART_SEALED, span_of("a leak", 6), &text);
    net_sim_run(t.sim, 60000);
    net_sim_on_frame(t.sim, spoil_parts, &counter);
    assert_int_equal(sync_want_part(net_sim_sync(t.sim, 3), &text), OK);
    net_sim_run(t.sim, 10000);
    assert_true(counter.refused >= 2);                   /* by the convenor and by the author */
    assert_false(part_held(t.c->members[3].home, &text));
    town_clear(&t);
}

/* One member names to another more parts that nobody has than can be wanted at once. */
static void parts_that_nobody_has_do_not_keep_the_others_waiting(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct cluster_act act;
    struct buffer plain = {0};
    town_init(&t, 4, 17);
    for (unsigned i = 1; i < 4; i++)
        net_sim_link(t.sim, i, 0);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash junk = cluster_report(t.c, 3, 1);
    for (unsigned i = 0; i < 10; i++) {
        cluster_act_init(&act, KIND_NOTIFY, &junk);
        cluster_fact_text(&act, FACT_TO, t.c->members[2].id);
        for (act.part_count = 0; act.part_count < ENTRY_MAX_PARTS; act.part_count++) {
            struct part_ref *ref = &act.parts[act.part_count];
            *ref = (struct part_ref){PART_TEXT, PART_SEALED, 305, {{0xfe}}};
            store_u32(ref->commitment.b + 1, i * ENTRY_MAX_PARTS + act.part_count);
        }
        cluster_append(t.c, 3, &act, NULL);
        cluster_act_clear(&act);
    }
    net_sim_run(t.sim, 60000);
    struct hash id = cluster_part_report(t.c, 1, PART_TEXT, PART_SEALED, span_of("a leak", 6),
                                         &text);
    offer(&t, 1, &id, 2);
    net_sim_run(t.sim, 300000);
    assert_int_equal(cluster_part_open(t.c, 2, &id, &text, &plain), OK);
    buffer_clear(&plain);
    town_clear(&t);
}

static void spoilt_file_is_fetched_again_when_it_is_asked_for(void **state)
{
    (void)state;
    struct town t;
    struct hash text;
    struct buffer plain = {0};
    char hex[2 * HASH_BYTES + 1], path[HOME_PATH_BYTES];
    town_init(&t, 3, 18);
    net_sim_link(t.sim, 1, 0);
    net_sim_link(t.sim, 2, 0);
    assert_true(net_sim_settle(t.sim, 10000));
    struct hash id = cluster_part_report(t.c, 1, PART_TEXT, PART_SEALED, span_of("a leak", 6),
                                         &text);
    net_sim_run(t.sim, 60000);
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(text.b, HASH_BYTES)), OK);
    snprintf(path, sizeof path, "%s/parts/%.2s/%s", t.c->members[0].home, hex, hex);
    assert_int_equal(truncate(path, 40), 0);
    assert_int_equal(cluster_part_open(t.c, 0, &id, &text, &plain), ERR_CORRUPT);
    assert_int_equal(sync_want_part(net_sim_sync(t.sim, 0), &text), OK);
    net_sim_run(t.sim, 10000);
    assert_int_equal(cluster_part_open(t.c, 0, &id, &text, &plain), OK);
    buffer_clear(&plain);
    town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_parts_reach_those_concerned_and_nobody_else),
        cmocka_unit_test(sealed_parts_open_for_those_concerned_and_nobody_else),
        cmocka_unit_test(ruling_shares_the_parts_with_the_member_it_names),
        cmocka_unit_test(part_that_does_not_match_is_fetched_from_somebody_else),
        cmocka_unit_test(outsider_that_asks_is_refused),
        cmocka_unit_test(erasure_reaches_every_copy_also_of_a_node_that_was_away),
        cmocka_unit_test(parts_that_nobody_has_do_not_keep_the_others_waiting),
        cmocka_unit_test(spoilt_file_is_fetched_again_when_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
