/* Catching up from several peers at once, through breaks, stalls and lies; how heads spread. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "tests/support/cluster.h"
#include "tests/support/net_sim.h"

/* Members 0 to 2 hold a log of ENTRIES reports more than the others; each test has a reader of its
 * own among those, which is node 3 of its network. */
enum { SOURCES = 3, NODES = 4, READER = 3, TESTS = 5, AUTHOR = 1, ENTRIES = 4096,
       ENTRY_BYTES = 370 };

/* What was sent to the reader: entries by their source, and how often each began a package. */
struct seen { uint64_t entries[NODES], twice; uint8_t count[ENTRIES]; int liar; };

struct town { struct cluster *c; struct net_sim *sim; struct seen seen; unsigned reader;
              unsigned links[SOURCES]; };

static bool look(void *ctx, unsigned from, unsigned to, struct buffer *frame)
{
    struct seen *seen = ctx;
    static struct message m;
    static struct package p;
    if (frame->data[0] != MSG_PACKAGES || to != READER)
        return true;
    assert_int_equal(message_decode(&m, buffer_span(frame)), OK);
    for (unsigned i = 0; i < m.u.packages.count; i++) {
        assert_int_equal(package_decode(&p, m.u.packages.packages[i]), OK);
        seen->entries[from] += p.count;
        if (p.start < ENTRIES && seen->count[p.start]++ > 0)
            seen->twice += p.count;
    }
    if ((int)from == seen->liar)
        frame->data[frame->len - 300] ^= 1;
    return true;
}

static int setup(void **state)
{
    const struct cluster_options options = {.seed = 6, .members = SOURCES + TESTS,
                                            .start_s = 1772323200};
    struct cluster *c = cluster_create(&options);
    for (unsigned i = 0; i < SOURCES; i++)
        cluster_open(c, i);
    cluster_reports(c, AUTHOR, ENTRIES);
    cluster_pull(c, 0, AUTHOR);
    cluster_pull(c, 2, AUTHOR);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    cluster_free(*state);
    return 0;
}

/* `nth`: of the test, from 1. */
static void town_init(struct town *t, void **state, unsigned nth)
{
    *t = (struct town){.c = *state, .sim = net_sim_create(nth), .reader = SOURCES + nth - 1};
    t->seen.liar = -1;
    cluster_open(t->c, t->reader);
    for (unsigned i = 0; i < NODES; i++) {
        struct cluster_member *m = &t->c->members[i == READER ? t->reader : i];
        net_sim_node(t->sim, m->ledger, m->id);
    }
    for (unsigned i = 0; i < SOURCES; i++)
        t->links[i] = net_sim_link(t->sim, READER, i);
    net_sim_on_frame(t->sim, look, &t->seen);
}

static void town_clear(struct town *t)
{
    net_sim_free(t->sim);
    cluster_close(t->c, t->reader);
}

static void rates(struct town *t, const unsigned *bytes_per_ms)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        const struct line_quality q = {.delay_min_ms = 5, .delay_max_ms = 10,
                                       .bytes_per_ms = bytes_per_ms[i]};
        net_sim_link_quality(t->sim, t->links[i], &q);
    }
}

static uint64_t missing(const struct town *t)
{
    const char *author = t->c->members[AUTHOR].id;
    return ledger_log(t->c->members[AUTHOR].ledger, author, 0)->frontier.size -
           ledger_log(t->c->members[t->reader].ledger, author, 0)->frontier.size;
}

static unsigned time_to_fetch(struct town *t, unsigned limit_ms)
{
    unsigned ms = 0;
    for (; ms < limit_ms && missing(t) > 0; ms += 10)
        net_sim_run(t->sim, 10);
    return ms;
}

static void three_sources_of_different_rates_are_nearly_as_quick_as_their_sum(void **state)
{
    static const unsigned speed[SOURCES] = {100, 200, 300};
    struct town t;
    town_init(&t, state, 1);
    rates(&t, speed);
    unsigned ms = time_to_fetch(&t, 60000);
    const unsigned sum_ms = ENTRIES * ENTRY_BYTES / 600, best_ms = ENTRIES * ENTRY_BYTES / 300;
    print_message("%u ms; the sum of rates %u, the best source alone %u\n", ms, sum_ms, best_ms);
    assert_int_equal(missing(&t), 0);
    assert_true(ms < sum_ms + sum_ms / 2);
    assert_true(t.seen.entries[0] > 0 && t.seen.entries[1] > t.seen.entries[0]);
    assert_true(t.seen.twice <= 4 * 512);          /* the last of the slower ones, asked twice */
    town_clear(&t);
}

static void a_source_that_stalls_holds_the_others_up_for_a_moment_only(void **state)
{
    static const unsigned speed[SOURCES] = {300, 300, 300};
    struct town t;
    town_init(&t, state, 2);
    rates(&t, speed);
    while (missing(&t) > ENTRIES - 1024)
        net_sim_run(t.sim, 10);
    net_sim_cut(t.sim, 0);
    uint64_t left = missing(&t);
    unsigned ms = time_to_fetch(&t, 60000);
    unsigned two_ms = (unsigned)(left * ENTRY_BYTES / 600);
    print_message("%u ms; two sources without any stall about %u\n", ms, two_ms);
    assert_int_equal(missing(&t), 0);
    assert_true(ms < two_ms + 3000);
    town_clear(&t);
}

static void a_source_ten_times_slower_is_not_waited_for_at_the_end(void **state)
{
    static const unsigned speed[SOURCES] = {30, 400, 400};
    struct town t;
    town_init(&t, state, 3);
    rates(&t, speed);
    unsigned ms = time_to_fetch(&t, 60000);
    const unsigned two_ms = ENTRIES * ENTRY_BYTES / 800;
    print_message("%u ms; the two quick ones alone %u\n", ms, two_ms);
    assert_int_equal(missing(&t), 0);
    assert_true(ms < two_ms * 3 / 2);
    town_clear(&t);
}

static void breaks_cost_no_more_than_what_was_on_its_way(void **state)
{
    static const unsigned speed[SOURCES] = {300, 300, 300};
    struct town t;
    unsigned breaks = 0;
    uint64_t before = 0;
    town_init(&t, state, 4);
    rates(&t, speed);
    for (uint64_t at = ENTRIES; at > 0 && net_sim_now(t.sim) < 1100000; at = missing(&t)) {
        if (before - at >= 900 && before > 0) {      /* every thousand entries all goes down */
            net_sim_break_rate(t.sim, 1000);
            net_sim_run(t.sim, 50);
            net_sim_break_rate(t.sim, 0);
            breaks++;
            before = at;
        }
        before = before == 0 ? at : before;
        net_sim_run(t.sim, 10);
    }
    print_message("%u breaks, %llu of %u entries came twice\n", breaks,
                  (unsigned long long)t.seen.twice, ENTRIES);
    assert_int_equal(missing(&t), 0);
    assert_true(breaks >= 2);
    assert_int_equal(t.seen.twice, 0);      /* what was cut off never came; what came was kept */
    town_clear(&t);
}

static void a_liar_among_the_sources_costs_its_own_wants_alone(void **state)
{
    static const unsigned speed[SOURCES] = {300, 300, 300};
    struct town t;
    town_init(&t, state, 5);
    t.seen.liar = 2;
    rates(&t, speed);
    unsigned ms = time_to_fetch(&t, 60000);
    print_message("%u ms; two honest sources alone about %u\n", ms, ENTRIES * ENTRY_BYTES / 600);
    assert_int_equal(missing(&t), 0);
    assert_true(net_sim_events(t.sim, READER)->bad_peers > 0);
    assert_int_equal(net_sim_events(t.sim, READER)->last_bad, ERR_PROOF);
    assert_true(ms < ENTRIES * ENTRY_BYTES / 600 + 3000);
    town_clear(&t);
}

static unsigned reaches(struct town *t, unsigned node, unsigned author, unsigned limit_ms)
{
    const char *id = t->c->members[author].id;
    const uint64_t size = ledger_log(t->c->members[author].ledger, id, 0)->frontier.size;
    unsigned ms = 0;
    for (; ms < limit_ms; ms += 5) {
        if (ledger_log(t->c->members[node].ledger, id, 0)->frontier.size == size)
            break;
        net_sim_run(t->sim, 5);
    }
    return ms;
}

static void small_init(struct town *t, uint64_t seed)
{
    const struct cluster_options options = {.seed = 6, .members = NODES, .start_s = 1772323200};
    *t = (struct town){.c = cluster_create(&options), .sim = net_sim_create(seed)};
    cluster_open_all(t->c);
    for (unsigned i = 0; i < NODES; i++)
        net_sim_node(t->sim, t->c->members[i].ledger, t->c->members[i].id);
}

static void small_clear(struct town *t)
{
    net_sim_free(t->sim);
    cluster_free(t->c);
}

static void heads_run_along_a_chain_without_waiting_for_a_tick(void **state)
{
    (void)state;
    static const struct line_quality lan = {.delay_min_ms = 1, .delay_max_ms = 2};
    struct town t;
    small_init(&t, 8);
    net_sim_quality(t.sim, &lan);
    for (unsigned i = 1; i < NODES; i++)
        net_sim_link(t.sim, i, i - 1);
    assert_true(net_sim_settle(t.sim, 10000));
    for (unsigned i = 0; i < 20; i++) {
        net_sim_run(t.sim, 400 + 35 * i);
        cluster_report(t.c, 3, i);
        unsigned ms = reaches(&t, 0, 3, 1000);
        if (ms > 60)           /* three hops: head, want, packages, each of them up to 5 ms here */
            fail_msg("report %u needed %u ms for three hops", i, ms);
    }
    small_clear(&t);
}

/* Node 2 listens nowhere and dials node 0 alone; node 3, which dials 0 too, never meets it. */
static void a_node_that_only_dials_serves_and_its_log_comes_from_others_when_it_is_gone(
    void **state)
{
    (void)state;
    struct town t;
    small_init(&t, 9);
    net_sim_link(t.sim, 2, 0);
    cluster_report(t.c, 2, 1);
    cluster_report(t.c, 0, 2);
    assert_true(net_sim_settle(t.sim, 10000));
    assert_true(reaches(&t, 0, 2, 1) == 0 && reaches(&t, 2, 0, 1) == 0);
    net_sim_cut(t.sim, 2);
    net_sim_link(t.sim, 3, 0);
    assert_true(reaches(&t, 3, 2, 5000) < 5000);
    small_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_sources_of_different_rates_are_nearly_as_quick_as_their_sum),
        cmocka_unit_test(a_source_that_stalls_holds_the_others_up_for_a_moment_only),
        cmocka_unit_test(a_source_ten_times_slower_is_not_waited_for_at_the_end),
        cmocka_unit_test(breaks_cost_no_more_than_what_was_on_its_way),
        cmocka_unit_test(a_liar_among_the_sources_costs_its_own_wants_alone),
        cmocka_unit_test(heads_run_along_a_chain_without_waiting_for_a_tick),
        cmocka_unit_test(
            a_node_that_only_dials_serves_and_its_log_comes_from_others_when_it_is_gone),
    };
    net_sim_in_memory();
    return cmocka_run_group_tests(tests, setup, teardown);
}
