/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "tests/support/cluster.h"
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

/* A chain 0 - 1 - 2 …: what the ends write passes through all. */
static void town_chain(struct town *t)
{
    for (unsigned i = 1; i < t->c->count; i++)
        net_sim_link(t->sim, i, i - 1);
}

static bool same_logs(struct ledger *a, struct ledger *b)
{
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(a, i)) != NULL; i++) {
        const struct log *other = ledger_log(b, log->member, log->epoch);
        if (other == NULL || other->frontier.size != log->frontier.size)
            return false;
    }
    return true;
}

static bool all_same(const struct town *t)
{
    for (unsigned i = 1; i < t->c->count; i++) {
        if (!same_logs(t->c->members[0].ledger, t->c->members[i].ledger))
            return false;
    }
    return true;
}

static void new_heads_are_announced_at_once(void **state)
{
    (void)state;
    struct town t;
    town_init(&t, 4, 1);
    town_chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    cluster_report(t.c, 3, 0);
    net_sim_run(t.sim, 1000);
    assert_true(all_same(&t));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(net_sim_events(t.sim, i)->caught_up, 0);
    town_clear(&t);
}

static void cut_off_member_catches_up_after_heal(void **state)
{
    (void)state;
    struct town t;
    town_init(&t, 4, 2);
    town_chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    net_sim_cut(t.sim, 3);
    cluster_reports(t.c, 1, 700);
    for (unsigned i = 0; i < 3; i++)
        cluster_report(t.c, 3, i);
    net_sim_run(t.sim, 30000);
    assert_false(all_same(&t));
    assert_true(same_logs(t.c->members[0].ledger, t.c->members[2].ledger));
    assert_int_equal(net_sim_events(t.sim, 3)->caught_up, 0);
    net_sim_heal(t.sim, 3);
    assert_true(net_sim_settle(t.sim, 60000));
    assert_true(all_same(&t));
    net_sim_run(t.sim, 1000);
    assert_int_equal(net_sim_events(t.sim, 3)->caught_up, 1);
    town_clear(&t);
}

static void any_seed_of_breaking_links_ends_with_equal_copies(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct town t;
        town_init(&t, 5, seed);
        town_chain(&t);
        net_sim_link(t.sim, 0, 4);
        net_sim_break_rate(t.sim, 40);
        for (unsigned i = 0; i < 30; i++) {
            unsigned member = (unsigned)(net_sim_random(t.sim) % 5);
            if (i % 10 == 0)
                cluster_reports(t.c, member, 300);
            else
                cluster_report(t.c, member, i);
            net_sim_run(t.sim, (unsigned)(net_sim_random(t.sim) % 2000));
        }
        net_sim_break_rate(t.sim, 0);
        if (!net_sim_settle(t.sim, 120000) || !all_same(&t))
            fail_msg("seed %llu does not converge", (unsigned long long)seed);
        town_clear(&t);
    }
}

/* Counts packages, and spoils what node 1 sends to node 2. */
struct spoiler { unsigned packages, at; bool spoil; };

static bool spoil_packages(void *ctx, unsigned from, unsigned to, struct buffer *frame)
{
    struct spoiler *s = ctx;
    if (frame->data[0] != MSG_PACKAGES)
        return true;
    s->packages++;
    if (s->spoil && from == 1 && to == 2 && s->at <= frame->len)
        frame->data[frame->len - s->at] ^= 1;
    return true;
}

static void forged_packages_are_cut_off_and_fetched_from_somebody_else(void **state)
{
    (void)state;
    static const unsigned places[] = {1, 40, 300, 2000};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct town t;
        struct spoiler s = {.spoil = true, .at = places[i]};
        town_init(&t, 3, 3 + i);
        net_sim_on_frame(t.sim, spoil_packages, &s);
        net_sim_link(t.sim, 1, 2);
        cluster_reports(t.c, 1, 20);
        net_sim_run(t.sim, 10000);
        assert_true(net_sim_events(t.sim, 2)->bad_peers > 0);
        assert_false(same_logs(t.c->members[1].ledger, t.c->members[2].ledger));
        net_sim_link(t.sim, 0, 1);
        net_sim_link(t.sim, 0, 2);
        net_sim_run(t.sim, 30000);
        assert_true(all_same(&t));
        town_clear(&t);
    }
}

static void a_broken_pull_resumes_where_it_stopped(void **state)
{
    (void)state;
    struct town t;
    struct spoiler s = {0};
    town_init(&t, 2, 9);
    cluster_reports(t.c, 1, 6000);
    net_sim_on_frame(t.sim, spoil_packages, &s);
    net_sim_link(t.sim, 1, 0);
    const struct log *log = ledger_log(t.c->members[0].ledger, t.c->members[1].id, 0);
    while (log->frontier.size < 1000)
        net_sim_run(t.sim, 50);
    assert_true(log->frontier.size < 6000);
    net_sim_cut(t.sim, 0);
    net_sim_run(t.sim, 200);
    uint64_t stored = log->frontier.size;
    unsigned before = s.packages;
    net_sim_heal(t.sim, 0);
    assert_true(net_sim_settle(t.sim, 60000));
    assert_true(all_same(&t));
    assert_true((s.packages - before) <= (6000 - stored) / COMMIT_MAX_ENTRIES + 2);
    town_clear(&t);
}

static void of_two_connections_the_one_dialled_by_the_smaller_id_stays(void **state)
{
    (void)state;
    struct town t;
    struct sync_peer_info info;
    town_init(&t, 2, 4);
    net_sim_link(t.sim, 0, 1);         /* anweiban is smaller than yingji */
    net_sim_link(t.sim, 1, 0);
    for (unsigned round = 0; round < 5; round++) {
        net_sim_run(t.sim, 800);
        for (unsigned node = 0; node < 2; node++) {
            unsigned ready = 0;
            for (unsigned i = 0; sync_peer_at(net_sim_sync(t.sim, node), i, &info); i++) {
                ready += info.ready;
                if (info.ready)
                    assert_int_equal(info.dialed, node == 0);
            }
            assert_int_equal(ready, 1);
        }
    }
    assert_int_equal(net_sim_events(t.sim, 0)->bad_peers, 0);
    cluster_report(t.c, 1, 0);
    net_sim_run(t.sim, 1000);
    assert_true(all_same(&t));
    town_clear(&t);
}

static void a_newcomer_with_genesis_alone_gets_everything(void **state)
{
    (void)state;
    struct town t;
    char home[CLUSTER_PATH_BYTES], from[HOME_PATH_BYTES], to[HOME_PATH_BYTES];
    struct buffer genesis = {0};
    struct ledger *l;
    town_init(&t, 3, 6);
    cluster_reports(t.c, 2, 300);
    assert_true((size_t)snprintf(home, sizeof home, "%.200s/newcomer", t.c->folder) < sizeof home);
    assert_int_equal(folder_create(home, 0700), OK);
    assert_int_equal(home_path(from, sizeof from, t.c->members[0].home, "genesis"), OK);
    assert_int_equal(home_path(to, sizeof to, home, "genesis"), OK);
    assert_int_equal(file_read(from, GENESIS_MAX_BYTES, &genesis), OK);
    assert_int_equal(file_replace(to, buffer_span(&genesis), 0600), OK);
    buffer_clear(&genesis);
    const struct ledger_options options = {.home = home, .mode = LEDGER_WRITE};
    assert_int_equal(ledger_open(&l, &options), OK);
    unsigned node = net_sim_node(t.sim, l, "newcomer");
    net_sim_link(t.sim, 1, 0);
    net_sim_link(t.sim, 2, 1);
    net_sim_link(t.sim, node, 0);
    assert_true(net_sim_settle(t.sim, 20000));
    assert_true(same_logs(t.c->members[2].ledger, l));
    net_sim_free(t.sim);
    ledger_close(l);
    cluster_free(t.c);
}

/* ---- a stranger at the door ---- */

static struct buffer encoded(const struct message *m)
{
    struct buffer b = {0};
    assert_int_equal(message_encode(m, &b), OK);
    return b;
}

static enum err say(struct town *t, struct peer_id peer, const struct message *m)
{
    struct buffer b = encoded(m);
    enum err err = net_sim_inject(t->sim, 0, peer, buffer_span(&b));
    buffer_clear(&b);
    return err;
}

static struct peer_id greeted(struct town *t, const char *member)
{
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    m.u.hello.ledger = t->c->ledger;
    snprintf(m.u.hello.member, sizeof m.u.hello.member, "%s", member);
    struct peer_id peer = net_sim_stranger(t->sim, 0, member);
    assert_int_equal(say(t, peer, &m), OK);
    return peer;
}

static void assert_hung_up(struct town *t, struct peer_id peer, enum err why)
{
    enum err said = OK;
    assert_true(net_sim_hung_up(t->sim, peer, &said));
    assert_int_equal(said, why);
}

static void strangers_who_break_the_protocol_are_cut_off_with_the_reason(void **state)
{
    (void)state;
    struct town t;
    town_init(&t, 2, 7);
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION, .member = "x"}};
    struct peer_id peer = net_sim_stranger(t.sim, 0, "x");
    assert_int_equal(say(&t, peer, &m), ERR_WRONG_LEDGER);
    assert_hung_up(&t, peer, ERR_WRONG_LEDGER);
    m.u.hello.ledger = t.c->ledger;
    peer = net_sim_stranger(t.sim, 0, "y");
    assert_int_equal(say(&t, peer, &m), ERR_UNAUTHENTIC);      /* its certificate names y */
    assert_hung_up(&t, peer, ERR_UNAUTHENTIC);
    m = (struct message){.type = MSG_PING};
    peer = net_sim_stranger(t.sim, 0, "x");
    assert_int_equal(say(&t, peer, &m), ERR_PROTOCOL);         /* before its hello */
    assert_hung_up(&t, peer, ERR_PROTOCOL);
    peer = greeted(&t, "stranger");
    assert_int_equal(say(&t, peer, &m), OK);
    assert_int_equal(net_sim_inject(t.sim, 0, peer, span_of("\x7fgarbage", 8)), ERR_UNSUPPORTED);
    assert_hung_up(&t, peer, ERR_UNSUPPORTED);
    peer = greeted(&t, "stranger");
    assert_int_equal(net_sim_inject(t.sim, 0, peer, span_of("\x0cgarbage", 8)), ERR_PROTOCOL);
    assert_hung_up(&t, peer, ERR_PROTOCOL);                    /* of bundles alone */
    peer = greeted(&t, "stranger");
    m = (struct message){.type = MSG_CONSISTENCY,
                         .u.consistency = {.log.member = "stranger", .from = 1, .to = 2}};
    assert_int_equal(say(&t, peer, &m), ERR_PROTOCOL);
    assert_hung_up(&t, peer, ERR_PROTOCOL);
    peer = greeted(&t, "stranger");
    assert_int_equal(net_sim_inject(t.sim, 0, peer, span_of("\x08garbag", 7)), ERR_TRUNCATED);
    peer = greeted(&t, "stranger");
    m = (struct message){.type = MSG_HEADS, .u.heads = {.count = 1}};
    m.u.heads.notes[0] = span_of("no note", 7);
    assert_int_equal(say(&t, peer, &m), ERR_FORMAT);
    assert_int_equal(net_sim_events(t.sim, 0)->bad_peers, 8);
    peer = net_sim_stranger(t.sim, 0, "x");
    net_sim_run(t.sim, 11000);
    assert_hung_up(&t, peer, ERR_TIMEOUT);                     /* never said hello */
    town_clear(&t);
}

static void show_head(struct town *t, struct peer_id peer, unsigned member, uint64_t size,
                      uint8_t root);

/* Each want is answered once; which answer belongs to it is told by its number. */
static void answers_that_nobody_asked_for_change_nothing_and_end_the_session(void **state)
{
    (void)state;
    struct town t;
    struct buffer b = {0};
    town_init(&t, 2, 8);
    cluster_reports(t.c, 1, 3);
    struct peer_id peer = greeted(&t, "stranger");
    const struct log *log = ledger_log(t.c->members[1].ledger, t.c->members[1].id, 0);
    const struct log *held = ledger_log(t.c->members[0].ledger, t.c->members[1].id, 0);
    uint64_t before = held->frontier.size;
    uint64_t end;
    assert_int_equal(message_packages_build(ledger_txn(t.c->members[1].ledger), log, 77, before, 1,
                                            &b, &end), OK);
    show_head(&t, peer, 1, before + 10, 3);                   /* wanted now, by another number */
    assert_int_equal(net_sim_inject(t.sim, 0, peer, buffer_span(&b)), OK);
    assert_int_equal(net_sim_inject(t.sim, 0, peer, buffer_span(&b)), ERR_PROTOCOL);
    assert_hung_up(&t, peer, ERR_PROTOCOL);
    assert_int_equal(held->frontier.size, before);
    buffer_clear(&b);
    town_clear(&t);
}

/* A head of a member's log, signed by its node key, for a tree that never was. */
static void show_head(struct town *t, struct peer_id peer, unsigned member, uint64_t size,
                      uint8_t root)
{
    struct buffer note = {0};
    struct checkpoint c = {.size = size};
    const struct log *log = ledger_log(t->c->members[0].ledger, t->c->members[member].id, 0);
    memcpy(c.origin, log->origin, sizeof c.origin);
    memset(c.root.b, root, HASH_BYTES);
    assert_int_equal(checkpoint_sign(&c, t->c->members[member].node, &note), OK);
    struct message m = {.type = MSG_HEADS, .u.heads = {.count = 1}};
    m.u.heads.notes[0] = buffer_span(&note);
    assert_int_equal(say(t, peer, &m), OK);
    buffer_clear(&note);
}

static void a_fork_is_told_once_spread_and_stops_no_other_log(void **state)
{
    (void)state;
    struct town t;
    town_init(&t, 3, 10);
    town_chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    struct peer_id peer = greeted(&t, "stranger");
    const struct log *log = ledger_log(t.c->members[0].ledger, t.c->members[1].id, 0);
    show_head(&t, peer, 1, log->frontier.size, 1);
    show_head(&t, peer, 1, log->frontier.size, 1);
    assert_int_equal(net_sim_events(t.sim, 0)->forks, 1);
    assert_string_equal(net_sim_events(t.sim, 0)->last_fork, t.c->members[1].id);
    net_sim_run(t.sim, 70000);
    assert_int_equal(net_sim_events(t.sim, 2)->forks, 1);
    assert_int_equal(net_sim_events(t.sim, 0)->bad_peers, 0);
    cluster_report(t.c, 2, 0);
    net_sim_run(t.sim, 1000);
    assert_true(all_same(&t));
    town_clear(&t);
}

static void smaller_heads_are_ignored_and_heads_nobody_serves_do_not_stop_the_rest(void **state)
{
    (void)state;
    struct town t;
    struct span note;
    struct buffer old = {0};
    town_init(&t, 3, 11);
    town_chain(&t);
    assert_true(net_sim_settle(t.sim, 10000));
    const struct log *log = ledger_log(t.c->members[0].ledger, t.c->members[1].id, 0);
    assert_int_equal(log_head(ledger_txn(t.c->members[0].ledger), log->no, &note), OK);
    assert_int_equal(buffer_put(&old, note.data, note.len), OK);
    cluster_report(t.c, 1, 0);
    net_sim_run(t.sim, 1000);
    struct peer_id peer = greeted(&t, "stranger");
    struct message m = {.type = MSG_HEADS, .u.heads = {.count = 1}};
    m.u.heads.notes[0] = buffer_span(&old);
    assert_int_equal(say(&t, peer, &m), OK);
    show_head(&t, peer, 1, log->frontier.size + 5, 2);
    show_head(&t, peer, 0, 1000, 3);
    net_sim_run(t.sim, 1000);
    cluster_report(t.c, 2, 1);
    net_sim_run(t.sim, 1000);
    assert_true(all_same(&t));
    assert_int_equal(net_sim_events(t.sim, 0)->forks + net_sim_events(t.sim, 0)->bad_peers, 0);
    buffer_clear(&old);
    town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_heads_are_announced_at_once),
        cmocka_unit_test(cut_off_member_catches_up_after_heal),
        cmocka_unit_test(any_seed_of_breaking_links_ends_with_equal_copies),
        cmocka_unit_test(forged_packages_are_cut_off_and_fetched_from_somebody_else),
        cmocka_unit_test(a_broken_pull_resumes_where_it_stopped),
        cmocka_unit_test(of_two_connections_the_one_dialled_by_the_smaller_id_stays),
        cmocka_unit_test(a_newcomer_with_genesis_alone_gets_everything),
        cmocka_unit_test(strangers_who_break_the_protocol_are_cut_off_with_the_reason),
        cmocka_unit_test(answers_that_nobody_asked_for_change_nothing_and_end_the_session),
        cmocka_unit_test(a_fork_is_told_once_spread_and_stops_no_other_log),
        cmocka_unit_test(smaller_heads_are_ignored_and_heads_nobody_serves_do_not_stop_the_rest),
    };
    net_sim_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
