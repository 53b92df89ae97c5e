/* Daemons that are hard to reach: behind an address translation, so that they only dial, and with
 * no line at all, so that folders carry everything. */
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

#include "ledger/log/home.h"
#include "net/config.h"

enum { NODES = 3, FIRST_PORT = 34000, PORTS = 9000, TRIES = 3000, TRY_US = 10000 };

struct trio {
    struct cluster *c;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
};

static int setup(void **state)
{
    struct trio *t = calloc(1, sizeof *t);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    t->c = cluster_create(&options);
    *state = t;
    return 0;
}

static void node_up(struct trio *t, unsigned i)
{
    t->clients[i] = daemon_up(t->c, i, &t->pids[i]);
}

static void node_down(struct trio *t, unsigned i)
{
    daemon_down(&t->clients[i], t->pids[i]);
}

static int teardown(void **state)
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

static void config_of(const struct trio *t, unsigned i, struct config *out)
{
    config_init(out);
    strcpy(out->member, t->c->members[i].id);
    out->has_ledger = true;
    out->ledger = t->c->ledger;
}

static struct hash report(struct trio *t, unsigned node)
{
    return daemon_report(t->clients[node], t->c, node);
}

static bool comes_to_know(struct trio *t, unsigned node, const struct hash *case_id)
{
    struct compose compose;
    for (unsigned i = 0; i < TRIES; i++) {
        if (daemon_compose(t->clients[node], KIND_NOTIFY, case_id, &compose)) {
            return true;
        }
        assert_false(daemon_ends_within(t->pids[node], TRY_US));
    }
    return false;
}

/* Only node 0 listens. What node 1 writes it serves through the connection that it dialled; node 2
 * comes when node 1 is gone, and has its log from node 0. */
static void nodes_that_only_dial_are_pulled_from_and_their_logs_are_had_from_others(void **state)
{
    struct trio *t = *state;
    struct config config;
    char address[CONFIG_ADDRESS_BYTES];
    snprintf(address, sizeof address, "127.0.0.1:%u", FIRST_PORT + (unsigned)getpid() % PORTS);
    for (unsigned i = 0; i < NODES; i++) {
        config_of(t, i, &config);
        if (i == 0) {
            strcpy(config.listen[config.listen_count++], address);
        } else {
            strcpy(config.peers[config.peer_count++], address);
        }
        assert_int_equal(config_write(&config, t->c->members[i].home), OK);
    }
    node_up(t, 0);
    node_up(t, 1);
    struct hash of_1 = report(t, 1), of_0 = report(t, 0);
    assert_true(comes_to_know(t, 0, &of_1));
    assert_true(comes_to_know(t, 1, &of_0));
    node_down(t, 1);
    node_up(t, 2);
    assert_true(comes_to_know(t, 2, &of_1));
    struct hash of_2 = report(t, 2);
    assert_true(comes_to_know(t, 0, &of_2));
    node_up(t, 1);
    assert_true(comes_to_know(t, 1, &of_2));
    struct hash again = report(t, 1);
    assert_true(comes_to_know(t, 2, &again));
}

/* Nodes 1 and 2 have neither address nor peer. */
static void two_daemons_that_share_only_folders_converge_both_ways(void **state)
{
    struct trio *t = *state;
    struct config config;
    char to_2[CONFIG_PATH_BYTES], to_1[CONFIG_PATH_BYTES];
    snprintf(to_2, sizeof to_2, "%.150s/to-2", t->c->folder);
    snprintf(to_1, sizeof to_1, "%.150s/to-1", t->c->folder);
    assert_int_equal(folder_create(to_1, 0700), OK);
    assert_int_equal(folder_create(to_2, 0700), OK);
    for (unsigned i = 1; i < NODES; i++) {
        config_of(t, i, &config);
        struct config_folder *f = &config.folders[config.folder_count++];
        *f = (struct config_folder){.every_s = 1, .again_h = 24};
        strcpy(f->out, i == 1 ? to_2 : to_1);
        strcpy(f->in, i == 1 ? to_1 : to_2);
        assert_int_equal(config_write(&config, t->c->members[i].home), OK);
        node_up(t, i);
    }
    struct hash of_1 = report(t, 1), of_2 = report(t, 2);
    assert_true(comes_to_know(t, 1, &of_2));
    assert_true(comes_to_know(t, 2, &of_1));
}

#define WITH_TRIO(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TRIO(nodes_that_only_dial_are_pulled_from_and_their_logs_are_had_from_others),
        WITH_TRIO(two_daemons_that_share_only_folders_converge_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
