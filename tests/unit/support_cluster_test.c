#include "tests/support/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct cluster *fresh(uint64_t seed, unsigned members)
{
    const struct cluster_options options = {.seed = seed, .members = members,
                                            .start_s = 1772323200};
    return cluster_create(&options);
}

static void assert_same_logs(struct ledger *a, struct ledger *b)
{
    for (unsigned i = 0; ledger_log_at(a, i) != NULL; i++) {
        struct hash root_a, root_b;
        const struct log *log = ledger_log_at(a, i);
        const struct log *other = ledger_log(b, log->member, log->epoch);
        assert_non_null(other);
        assert_int_equal(log->frontier.size, other->frontier.size);
        frontier_root(&log->frontier, &root_a);
        frontier_root(&other->frontier, &root_b);
        assert_true(hash_equal(&root_a, &root_b));
    }
}

static void every_member_holds_every_log(void **state)
{
    (void)state;
    struct cluster *c = fresh(1, 6);
    cluster_open_all(c);
    for (unsigned i = 0; i < c->count; i++) {
        assert_int_equal(roster_member_count(ledger_roster(c->members[i].ledger)), 6);
        assert_int_equal(ledger_self(c->members[i].ledger).v, i);
        assert_same_logs(c->members[0].ledger, c->members[i].ledger);
    }
    cluster_free(c);
}

static void same_seed_gives_the_same_logs(void **state)
{
    (void)state;
    struct cluster *a = fresh(7, 3), *b = fresh(7, 3), *other = fresh(8, 3);
    cluster_open_all(a);
    cluster_open_all(b);
    assert_true(hash_equal(&a->ledger, &b->ledger));
    assert_false(hash_equal(&a->ledger, &other->ledger));
    assert_same_logs(a->members[0].ledger, b->members[0].ledger);
    cluster_free(a);
    cluster_free(b);
    cluster_free(other);
}

static void report_reaches_every_copy(void **state)
{
    (void)state;
    struct cluster *c = fresh(2, 3);
    struct case_state s;
    cluster_open_all(c);
    struct hash id = cluster_report(c, 2, 1);
    assert_int_equal(ledger_state(c->members[1].ledger, &id, &s), ERR_NOTFOUND);
    cluster_share(c);
    for (unsigned i = 0; i < c->count; i++) {
        assert_int_equal(ledger_state(c->members[i].ledger, &id, &s), OK);
        assert_int_equal(s.phase, CASE_OPEN);
        assert_int_equal(s.custodian.v, 2);
    }
    cluster_free(c);
}

static void folder_is_gone_afterwards(void **state)
{
    (void)state;
    struct cluster *c = fresh(3, 1);
    char folder[CLUSTER_PATH_BYTES];
    strcpy(folder, c->folder);
    assert_int_equal(access(folder, F_OK), 0);
    cluster_free(c);
    assert_int_not_equal(access(folder, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_holds_every_log),
        cmocka_unit_test(same_seed_gives_the_same_logs),
        cmocka_unit_test(report_reaches_every_copy),
        cmocka_unit_test(folder_is_gone_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
