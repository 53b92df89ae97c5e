/* Three daemons over loopback: what one writes, all hold; who was away catches up. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <time.h>

#include "tests/support/cluster_keys.h"

enum { NODES = 3, FIRST_PORT = 20000, PORTS = 12000, TRIES = 3000, TRY_US = 10000 };

struct trio {
    struct cluster *c;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
};

static void node_up(struct trio *t, unsigned i)
{
    t->clients[i] = daemon_up(t->c, i, &t->pids[i]);
}

static void node_down(struct trio *t, unsigned i)
{
    daemon_down(&t->clients[i], t->pids[i]);
}

static int trio_setup(void **state)
{
    struct trio *t = calloc(1, sizeof *t);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    unsigned port = FIRST_PORT + (unsigned)getpid() * NODES % PORTS;
    assert_non_null(t);
    t->c = cluster_create(&options);
    for (unsigned i = 0; i < NODES; i++) {
        cluster_configure(t->c, i, port);
    }
    for (unsigned i = 0; i < NODES; i++) {
        node_up(t, i);
    }
    *state = t;
    return 0;
}

static int trio_teardown(void **state)
{
    struct trio *t = *state;
    for (unsigned i = 0; i < NODES; i++) {
        if (t->clients[i] != NULL) {
            node_down(t, i);
        }
    }
    cluster_free(t->c);
    free(t);
    return 0;
}

static struct hash report(struct trio *t, unsigned node)
{
    return daemon_report(t->clients[node], t->c, node);
}

static bool knows(struct trio *t, unsigned node, const struct hash *case_id)
{
    struct compose compose;
    return daemon_compose(t->clients[node], KIND_NOTIFY, case_id, &compose);
}

static bool comes_to_know(struct trio *t, unsigned node, const struct hash *case_id)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (knows(t, node, case_id)) {
            return true;
        }
        assert_false(daemon_ends_within(t->pids[node], TRY_US));
    }
    return false;
}

static void act_reaches_every_node(void **state)
{
    struct trio *t = *state;
    for (unsigned from = 0; from < NODES; from++) {
        struct hash id = report(t, from);
        for (unsigned to = 0; to < NODES; to++) {
            assert_true(comes_to_know(t, to, &id));
        }
    }
}

static void node_that_was_away_catches_up(void **state)
{
    struct trio *t = *state;
    struct hash last = report(t, 0);
    node_down(t, 2);
    for (unsigned i = 0; i < 300; i++) {
        last = report(t, i % 2);
    }
    struct hash of_first = report(t, 0);
    node_up(t, 2);
    assert_true(comes_to_know(t, 2, &last));
    assert_true(comes_to_know(t, 2, &of_first));
}

static void killed_node_comes_back_and_is_heard(void **state)
{
    struct trio *t = *state;
    struct hash before = report(t, 1);
    ipc_disconnect(t->clients[1]);
    daemon_kill(t->pids[1]);
    struct hash meanwhile = report(t, 2);
    node_up(t, 1);
    assert_true(knows(t, 1, &before));
    assert_true(comes_to_know(t, 1, &meanwhile));
    struct hash after = report(t, 1);
    assert_true(comes_to_know(t, 0, &after));
}

#define WITH_TRIO(test) cmocka_unit_test_setup_teardown(test, trio_setup, trio_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TRIO(act_reaches_every_node),
        WITH_TRIO(node_that_was_away_catches_up),
        WITH_TRIO(killed_node_comes_back_and_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
