/* Cosignatures between real ledgers over links that delay and break. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
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

/* ---- peers that mean no good ---- */

struct evil { struct town t; struct peer_id peer; struct buffer frame; };

/* The convenor with a session whose other end, under yingji's name, is the test. */
static void evil_init(struct evil *e)
{
    struct message *m = calloc(1, sizeof *m);
    town_init(&e->t, 3, 6);
    net_sim_link(e->t.sim, 0, 2);
    net_sim_run(e->t.sim, 5000);
    e->frame = (struct buffer){0};
    e->peer = net_sim_stranger(e->t.sim, 0, "yingji");
    m->type = MSG_HELLO;
    m->u.hello.version = MESSAGE_VERSION;
    m->u.hello.ledger = e->t.c->ledger;
    strcpy(m->u.hello.member, "yingji");
    assert_int_equal(message_encode(m, &e->frame), OK);
    assert_int_equal(net_sim_inject(e->t.sim, 0, e->peer, buffer_span(&e->frame)), OK);
    free(m);
}

static void evil_clear(struct evil *e)
{
    buffer_clear(&e->frame);
    town_clear(&e->t);
}

/* A cosignature of xiaofang's log at `size` by whatever key, as the convenor would see it. */
static struct cosigned forged(struct evil *e, const struct signkey *key, uint64_t size,
                              uint64_t time_s)
{
    struct cosigned c = {.time_s = 0};
    struct buffer head = {0};
    struct note note;
    struct ledger *l = e->t.c->members[0].ledger;
    const struct log *log = ledger_log(l, "xiaofang", 0);
    strcpy(c.head.origin, log->origin);
    strcpy(c.member, "yingji");
    c.head.size = size;
    if (size <= log->frontier.size)
        assert_int_equal(log_root(ledger_txn(l), log, size, &c.head.root), OK);
    assert_int_equal(checkpoint_sign(&c.head, e->t.c->members[2].node, &head), OK);
    assert_int_equal(note_decode(&note, buffer_span(&head)), OK);
    c.log_key_id = note.sigs[0].id;
    memcpy(c.log_sig.b, note.sigs[0].payload.data, SIG_BYTES);
    note_clear(&note);
    buffer_clear(&head);
    assert_int_equal(cosigned_sign(&c, key, time_s), OK);
    return c;
}

static enum err show(struct evil *e, const struct cosigned *c)
{
    struct message *m = calloc(1, sizeof *m);
    struct buffer note = {0};
    assert_int_equal(cosigned_encode(c, &note), OK);
    m->type = MSG_COSIGN;
    m->u.cosign.count = 1;
    m->u.cosign.notes[0] = buffer_span(&note);
    buffer_reset(&e->frame);
    assert_int_equal(message_encode(m, &e->frame), OK);
    free(m);
    buffer_clear(&note);
    return net_sim_inject(e->t.sim, 0, e->peer, buffer_span(&e->frame));
}

static unsigned rows(struct evil *e)
{
    struct cosign_cursor cursor = {.started = false};
    struct cosign_row row;
    unsigned count = 0;
    while (cosign_row_next(ledger_txn(e->t.c->members[0].ledger), &cursor, &row) == OK)
        count += row.time_s >= NET_SIM_START_S + 1000000;
    return count;
}

static void a_forged_cosignature_ends_the_session(void **state)
{
    (void)state;
    struct evil e;
    enum err why = OK;
    evil_init(&e);
    struct cosigned c = forged(&e, e.t.c->members[1].cosigner, 3, NET_SIM_START_S + 1000000);
    assert_int_equal(show(&e, &c), OK);
    assert_int_equal(rows(&e), 1);
    c = forged(&e, e.t.c->members[1].cosigner, 4, NET_SIM_START_S + 1000001);
    c.sig.b[9] ^= 1;
    assert_int_equal(show(&e, &c), ERR_SIGNATURE);
    assert_true(net_sim_hung_up(e.t.sim, e.peer, &why));
    assert_int_equal(why, ERR_SIGNATURE);
    assert_int_equal(rows(&e), 1);
    evil_clear(&e);
}

/* Heads beyond what is held cost a bounded room of memory, and no verification. */
static void a_flood_of_cosignatures_from_the_future_is_bounded(void **state)
{
    (void)state;
    struct evil e;
    enum err why = OK;
    evil_init(&e);
    for (unsigned i = 0; i < 2000; i++) {
        struct cosigned c = forged(&e, e.t.c->members[1].cosigner, 100 + i, NET_SIM_START_S);
        assert_int_equal(show(&e, &c), OK);
    }
    assert_false(net_sim_hung_up(e.t.sim, e.peer, &why));
    net_sim_run(e.t.sim, 2000);
    cluster_report(e.t.c, 2, 1);
    net_sim_run(e.t.sim, 3000);
    assert_int_equal(rows(&e), 0);
    evil_clear(&e);
}

/* The same one again and again is looked at and dropped; valid ones replace each other. */
static void a_flood_of_valid_cosignatures_leaves_one_row(void **state)
{
    (void)state;
    struct evil e;
    evil_init(&e);
    uint64_t size = ledger_log(e.t.c->members[0].ledger, "xiaofang", 0)->frontier.size;
    for (uint64_t at = 1; at <= size; at++) {
        struct cosigned c =
            forged(&e, e.t.c->members[1].cosigner, at, NET_SIM_START_S + 1000000 + at);
        for (unsigned i = 0; i < 50; i++)
            assert_int_equal(show(&e, &c), OK);
    }
    assert_int_equal(rows(&e), 1);
    evil_clear(&e);
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
        cmocka_unit_test(a_forged_cosignature_ends_the_session),
        cmocka_unit_test(a_flood_of_cosignatures_from_the_future_is_bounded),
        cmocka_unit_test(a_flood_of_valid_cosignatures_leaves_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
