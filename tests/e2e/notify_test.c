/* Two daemons, one with [notify] run=: what is offered to it reaches the program, although the
 * program fails at first and the node is killed meanwhile. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tests/support/http_client.h"
#include "tests/support/prometheus.h"

enum { NODES = 2, FIRST_PORT = 20000, PORTS = 12000, TRIES = 3000, TRY_US = 10000 };

/* Counts its runs, keeps what it gets; fails while `fail` is there. */
static const char SCRIPT[] = "#!/bin/sh\ncd \"${0%/*}\"\necho run >>runs\n"
                             "if [ -e fail ]; then echo mailbox full; exit 1; fi\ncat >>events\n";

struct pair {
    struct cluster *c;
    unsigned http_port;
    const char *home;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
};

static void path_in(const struct pair *p, const char *name, char out[HOME_PATH_BYTES])
{
    assert_int_equal(home_path(out, HOME_PATH_BYTES, p->home, name), OK);
}

static void write_text(const struct pair *p, const char *name, const char *mode, const char *text)
{
    char path[HOME_PATH_BYTES];
    path_in(p, name, path);
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void read_text(const struct pair *p, const char *name, char *out, size_t out_bytes)
{
    char path[HOME_PATH_BYTES];
    path_in(p, name, path);
    FILE *f = fopen(path, "r");
    size_t n = f == NULL ? 0 : fread(out, 1, out_bytes - 1, f);
    out[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
}

/* Lines of a file. */
static unsigned lines(const struct pair *p, const char *name)
{
    char text[16384];
    unsigned count = 0;
    read_text(p, name, text, sizeof text);
    for (const char *c = text; *c != '\0'; c++) {
        count += *c == '\n';
    }
    return count;
}

static void demand_lines(struct pair *p, const char *name, unsigned least)
{
    for (unsigned i = 0; i < TRIES && lines(p, name) < least; i++) {
        assert_false(daemon_ends_within(p->pids[0], TRY_US));
    }
    assert_true(lines(p, name) >= least);
}

static void demand_metric(struct pair *p, const char *series, double least)
{
    double value = -1;
    for (unsigned i = 0; i < TRIES && value < least; i++) {
        char why[PROMETHEUS_WHY_BYTES] = "";
        struct buffer answer = {0};
        assert_int_equal(http_get(p->http_port, "/metrics", &answer), 200);
        assert_true(prometheus_check(http_body(&answer), why));
        value = prometheus_value(http_body(&answer), series);
        buffer_clear(&answer);
        assert_false(daemon_ends_within(p->pids[0], TRY_US));
    }
    assert_true(value >= least);
}

static void node_up(struct pair *p, unsigned i)
{
    p->clients[i] = daemon_up(p->c, i, &p->pids[i]);
}

static void node_down(struct pair *p, unsigned i)
{
    daemon_down(&p->clients[i], p->pids[i]);
}

static void node_killed(struct pair *p, unsigned i)
{
    ipc_disconnect(p->clients[i]);
    p->clients[i] = NULL;
    daemon_kill(p->pids[i]);
}

static int setup(void **state)
{
    char text[2 * HOME_PATH_BYTES], path[HOME_PATH_BYTES];
    struct pair *p = calloc(1, sizeof *p);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(p);
    p->c = cluster_create(&options);
    p->home = p->c->members[0].home;
    for (unsigned i = 0; i < NODES; i++) {
        cluster_configure(p->c, i, FIRST_PORT + (unsigned)getpid() * NODES % PORTS);
    }
    p->http_port = http_port_free();
    path_in(p, "tell", path);
    write_text(p, "tell", "w", SCRIPT);
    assert_int_equal(chmod(path, 0700), 0);
    snprintf(text, sizeof text, "\n[http]\nlisten = 127.0.0.1:%u\n[notify]\nrun = %s\n",
             p->http_port, path);
    write_text(p, "jieli.conf", "a", text);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    for (unsigned i = 0; i < NODES; i++) {
        node_down(p, i);
    }
    cluster_free(p->c);
    free(p);
    return 0;
}

/* A report of node 1's that offers the case to node 0's member. */
static void offer(struct pair *p)
{
    struct compose compose;
    struct cluster_act a = {.kind = KIND_REPORT};
    struct buffer entry = {0};
    cluster_fact_text(&a, FACT_TO, p->c->members[0].id);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_GENERAL);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "x");
    assert_true(daemon_compose(p->clients[1], KIND_REPORT, NULL, &compose));
    cluster_sign(p->c, 1, &compose, &a, &entry);
    json_t *reply = daemon_append(p->clients[1], buffer_span(&entry));
    assert_true(daemon_ok(reply));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

static void event_outlives_failures_and_a_kill(void **state)
{
    struct pair *p = *state;
    char path[HOME_PATH_BYTES], text[16384];
    write_text(p, "fail", "w", "");
    node_up(p, 0);
    node_up(p, 1);
    offer(p);
    demand_lines(p, "runs", 2);
    demand_metric(p, "jieli_notify_failed_total", 2);
    demand_metric(p, "jieli_notify_queue", 1);
    node_killed(p, 0);
    path_in(p, "fail", path);
    assert_int_equal(unlink(path), 0);
    node_up(p, 0);
    demand_lines(p, "events", 1);
    demand_metric(p, "jieli_notify_delivered_total", 1);
    read_text(p, "events", text, sizeof text);
    assert_non_null(strstr(text, "\"event\":\"offer\""));
    assert_non_null(strstr(text, "\"author\":\"yingji\""));
    node_down(p, 0);
    node_up(p, 0);
    offer(p);
    demand_lines(p, "events", 2);                     /* and the first is not told again */
    demand_metric(p, "jieli_notify_delivered_total", 1);
    assert_int_equal(lines(p, "events"), 2);
    read_text(p, "jielid.log", text, sizeof text);
    assert_non_null(strstr(text, "event=notify-failed"));
    assert_non_null(strstr(text, "mailbox full"));
}

static void what_came_while_the_node_was_killed_is_told(void **state)
{
    struct pair *p = *state;
    node_up(p, 0);
    node_up(p, 1);
    for (unsigned i = 0; i < 10; i++) {
        offer(p);
    }
    demand_lines(p, "events", 1);
    node_killed(p, 0);
    offer(p);
    node_up(p, 0);
    demand_lines(p, "events", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(event_outlives_failures_and_a_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(what_came_while_the_node_was_killed_is_told, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
