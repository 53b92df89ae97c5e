// link: -Wl,--wrap=mdb_txn_commit
/* A cosignature is stored before anybody sees it: what the disk refused is not shown. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <lmdb.h>
#include <string.h>

#include "ledger/cosign.h"
#include "tests/support/cluster.h"
#include "tests/support/net_sim.h"

static struct { bool armed, stored; int error; } fault;

int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_txn_commit(MDB_txn *txn);

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!fault.armed)
        return __real_mdb_txn_commit(txn);
    if (fault.stored)
        assert_int_equal(__real_mdb_txn_commit(txn), 0);
    else
        mdb_txn_abort(txn);
    return fault.error;
}

struct town { struct cluster *c; struct net_sim *sim; };

/* The convenor alone cosigns; yingji writes. */
static struct town town_create(void)
{
    const struct cluster_options options = {.seed = 23, .members = 2, .start_s = NET_SIM_START_S};
    struct town t = {.c = cluster_create(&options), .sim = net_sim_create(1)};
    cluster_open_all(t.c);
    for (unsigned i = 0; i < 2; i++)
        net_sim_node(t.sim, t.c->members[i].ledger, t.c->members[i].id);
    net_sim_link(t.sim, 1, 0);
    net_sim_run(t.sim, 3000);
    return t;
}

static bool seen_by(struct town *t, unsigned member)
{
    struct ledger *l = t->c->members[member].ledger;
    const struct log *log = ledger_log(l, "yingji", 0), *by = ledger_log(l, "anweiban", 0);
    struct cosign_row row;
    return cosign_row_last(ledger_txn(l), log->no, by->no, &row) == OK;
}

/* The convenor's first cosignature meets the fault. */
static void strike(struct town *t, bool stored, int error)
{
    fault.armed = true;
    fault.stored = stored;
    fault.error = error;
    sync_set_cosigner(net_sim_sync(t->sim, 0), t->c->members[0].cosigner);
    net_sim_run(t->sim, 1000);
    fault.armed = false;
}

static void town_clear(struct town *t)
{
    net_sim_free(t->sim);
    cluster_free(t->c);
}

static void what_a_full_disk_refused_is_shown_to_nobody_and_given_later(void **state)
{
    (void)state;
    struct town t = town_create();
    strike(&t, false, ENOSPC);
    assert_false(seen_by(&t, 0));
    assert_false(seen_by(&t, 1));
    net_sim_run(t.sim, 5000);
    assert_true(seen_by(&t, 0));
    assert_true(seen_by(&t, 1));
    town_clear(&t);
}

static void after_an_uncertain_commit_nothing_is_shown_and_the_process_is_told_to_end(void **state)
{
    (void)state;
    for (unsigned stored = 0; stored < 2; stored++) {
        struct town t = town_create();
        unsigned before = net_sim_events(t.sim, 0)->other;
        strike(&t, stored == 1, EIO);
        assert_int_equal(net_sim_events(t.sim, 0)->other, before + 1);
        assert_false(seen_by(&t, 1));
        town_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_full_disk_refused_is_shown_to_nobody_and_given_later),
        cmocka_unit_test(after_an_uncertain_commit_nothing_is_shown_and_the_process_is_told_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
