/* Two daemons that are watched: metrics, health, the service manager's socket, and what `peers`
 * tells of those who are there, away or refused. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tests/support/http_client.h"
#include "tests/support/prometheus.h"

enum { NODES = 2, FIRST_PORT = 20000, PORTS = 12000, TRIES = 2000, TRY_US = 10000 };

struct pair {
    struct cluster *c;
    unsigned http_port, first_port;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
};

static void configure(struct pair *p, const char *text)
{
    char path[HOME_PATH_BYTES];
    assert_int_equal(home_path(path, sizeof path, p->c->members[0].home, "jieli.conf"), OK);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void node_up(struct pair *p, unsigned i)
{
    p->clients[i] = daemon_up(p->c, i, &p->pids[i]);
}

static void node_down(struct pair *p, unsigned i)
{
    daemon_down(&p->clients[i], p->pids[i]);
}

static int setup(void **state)
{
    char text[64];
    struct pair *p = calloc(1, sizeof *p);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(p);
    p->c = cluster_create(&options);
    p->first_port = FIRST_PORT + (unsigned)getpid() * NODES % PORTS;
    for (unsigned i = 0; i < NODES; i++) {
        cluster_configure(p->c, i, p->first_port);
    }
    p->http_port = http_port_free();
    snprintf(text, sizeof text, "\n[http]\nlisten = 127.0.0.1:%u\n", p->http_port);
    configure(p, text);
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

static double metric(struct pair *p, const char *series)
{
    char why[PROMETHEUS_WHY_BYTES] = "";
    struct buffer answer = {0};
    assert_int_equal(http_get(p->http_port, "/metrics", &answer), 200);
    if (!prometheus_check(http_body(&answer), why)) {
        print_error("%s\n%s", why, (const char *)answer.data);
    }
    assert_string_equal(why, "");
    double value = prometheus_value(http_body(&answer), series);
    buffer_clear(&answer);
    return value;
}

static void demand_metric(struct pair *p, const char *series, double least)
{
    double value = -1;
    for (unsigned i = 0; i < TRIES && value < least; i++) {
        value = metric(p, series);
        assert_false(daemon_ends_within(p->pids[0], TRY_US));
    }
    if (value < least) {
        print_error("%s: %f\n", series, value);
    }
    assert_true(value >= least);
}

static void report(struct pair *p, unsigned node)
{
    struct compose compose;
    struct cluster_act a;
    struct buffer entry = {0};
    cluster_report_act(&a, 1);
    assert_true(daemon_compose(p->clients[node], KIND_REPORT, NULL, &compose));
    cluster_sign(p->c, node, &compose, &a, &entry);
    json_t *reply = daemon_append(p->clients[node], buffer_span(&entry));
    assert_true(daemon_ok(reply));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

static void metrics_move_with_acts_and_sessions(void **state)
{
    struct pair *p = *state;
    node_up(p, 0);
    double entries = metric(p, "jieli_log_entries{member=\"anweiban\",epoch=\"0\"}");
    double theirs = metric(p, "jieli_log_entries{member=\"yingji\",epoch=\"0\"}");
    assert_true(entries > 0 && theirs > 0);
    assert_true(metric(p, "jieli_acts_total") == 0);
    report(p, 0);
    demand_metric(p, "jieli_acts_total", 1);
    demand_metric(p, "jieli_log_entries{member=\"anweiban\",epoch=\"0\"}", entries + 1);
    demand_metric(p, "jieli_log_verified_entries{member=\"anweiban\",epoch=\"0\"}", entries + 1);
    demand_metric(p, "jieli_log_head_entries{member=\"anweiban\",epoch=\"0\"}", entries + 1);
    demand_metric(p, "jieli_commit_seconds_count", 1);
    demand_metric(p, "jieli_disk_free_bytes", 1);
    node_up(p, 1);
    report(p, 1);
    demand_metric(p, "jieli_sessions", 1);
    demand_metric(p, "jieli_session_open{member=\"yingji\"}", 1);
    demand_metric(p, "jieli_log_entries{member=\"yingji\",epoch=\"0\"}", theirs + 1);
    demand_metric(p, "jieli_entries_checked_total", 2);
    demand_metric(p, "jieli_peer_received_bytes_total{member=\"yingji\"}", 500);
    demand_metric(p, "jieli_peer_sent_bytes_total{member=\"yingji\"}", 500);
    assert_true(metric(p, "jieli_log_lag_entries{member=\"yingji\",epoch=\"0\"}") == 0);
}

static void health_is_answered(void **state)
{
    struct pair *p = *state;
    struct buffer answer = {0};
    node_up(p, 0);
    assert_int_equal(http_get(p->http_port, "/health", &answer), 200);
    assert_non_null(strstr(http_body(&answer), "\"status\":\"ok\""));
    assert_int_equal(http_get(p->http_port, "/ui/../../etc/hostname", &answer), 404);
    buffer_clear(&answer);
}

static void home_that_was_rolled_back_is_not_well(void **state)
{
    struct pair *p = *state;
    char path[HOME_PATH_BYTES];
    struct buffer answer = {0};
    assert_int_equal(home_path(path, sizeof path, p->c->members[0].home, "last-head"), OK);
    assert_int_equal(unlink(path), 0);
    node_up(p, 0);
    assert_int_equal(http_get(p->http_port, "/health", &answer), 503);
    assert_non_null(strstr(http_body(&answer), "\"own-log-rolled-back\""));
    buffer_clear(&answer);
    assert_true(metric(p, "jieli_own_log_writable") == 0);
}

/* ---- peers ---- */

/* The one object of a member, or of an address; a borrowed reference in *reply. */
static const json_t *peer_of(struct pair *p, const char *key, const char *value, json_t **reply)
{
    size_t i;
    json_t *peer;
    *reply = daemon_ask(p->clients[0], json_pack("{s:s}", "op", "peers"), (struct span){0}, NULL);
    assert_true(daemon_ok(*reply));
    json_array_foreach(json_object_get(*reply, "peers"), i, peer) {
        const char *text = json_string_value(json_object_get(peer, key));
        if (text != NULL && strcmp(text, value) == 0) {
            return peer;
        }
    }
    return NULL;
}

/* Waits until the peer has `member` equal to the text, or to the number `least` or more. */
static void demand_peer(struct pair *p, const char *key, const char *value, const char *member,
                        const char *text, json_int_t least)
{
    for (unsigned i = 0; i < TRIES; i++) {
        json_t *reply;
        const json_t *peer = peer_of(p, key, value, &reply);
        const json_t *found = json_object_get(peer, member);
        bool good = text != NULL ? json_is_string(found) &&
                                       strcmp(json_string_value(found), text) == 0
                                 : json_is_integer(found) && json_integer_value(found) >= least;
        json_decref(reply);
        if (good) {
            return;
        }
        assert_false(daemon_ends_within(p->pids[0], TRY_US));
    }
    fail_msg("%s %s: no such %s", key, value, member);
}

static void peers_tell_of_sessions_and_of_their_end(void **state)
{
    struct pair *p = *state;
    node_up(p, 0);
    node_up(p, 1);
    demand_peer(p, "member", "yingji", "state", "open", 0);
    demand_peer(p, "member", "yingji", "bytes_in", NULL, 500);
    demand_peer(p, "member", "yingji", "bytes_out", NULL, 500);
    demand_peer(p, "member", "yingji", "behind", NULL, 0);
    demand_peer(p, "member", "yingji", "heard_ago_ms", NULL, 0);
    node_down(p, 1);
    demand_peer(p, "member", "yingji", "state", "gone", 0);
    demand_peer(p, "member", "yingji", "bytes_in", NULL, 500);
}

static void address_that_is_away_is_told_with_its_next_dial(void **state)
{
    struct pair *p = *state;
    char address[32], text[64];
    snprintf(address, sizeof address, "127.0.0.1:%u", http_port_free());
    snprintf(text, sizeof text, "[node]\npeer = %s\n", address);
    configure(p, text);
    node_up(p, 0);
    demand_peer(p, "address", address, "state", "waiting", 0);
    demand_peer(p, "address", address, "due_in_ms", NULL, 1);
    demand_peer(p, "address", address, "last_error", "ERR_IO", 0);
}

static void stranger_is_counted_by_reason(void **state)
{
    struct pair *p = *state;
    char garbage[600];
    json_t *reply;
    memset(garbage, 'x', sizeof garbage);
    garbage[sizeof garbage - 1] = '\0';
    node_up(p, 0);
    for (unsigned i = 0; i < 3; i++) {
        http_send(p->first_port, garbage, 10000, NULL);
    }
    demand_peer(p, "address", "127.0.0.1", "refusals", NULL, 3);
    const json_t *peer = peer_of(p, "address", "127.0.0.1", &reply);
    const json_t *refused = json_object_get(peer, "refused");
    assert_int_equal(json_object_size(refused), 1);
    json_decref(reply);
}

/* ---- the service manager ---- */

static void service_manager_is_told(void **state)
{
    struct pair *p = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64], text[256];
    struct timeval limit = {.tv_sec = 20};
    int n = snprintf(name, sizeof name, "@jieli-watch-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, (size_t)n - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "300000", 1);
    node_up(p, 0);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    ssize_t len = recv(fd, text, sizeof text - 1, 0);
    assert_true(len > 0);
    text[len] = '\0';
    assert_string_equal(text, "READY=1\nSTATUS=ok");
    for (unsigned pings = 0; pings < 3;) {
        len = recv(fd, text, sizeof text - 1, 0);
        assert_true(len > 0);
        text[len] = '\0';
        pings += strcmp(text, "WATCHDOG=1") == 0;
    }
    node_down(p, 0);
    do {
        len = recv(fd, text, sizeof text - 1, 0);
        assert_true(len > 0);
        text[len] = '\0';
    } while (strncmp(text, "STOPPING=1", 10) != 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metrics_move_with_acts_and_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(health_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(home_that_was_rolled_back_is_not_well, setup, teardown),
        cmocka_unit_test_setup_teardown(peers_tell_of_sessions_and_of_their_end, setup, teardown),
        cmocka_unit_test_setup_teardown(address_that_is_away_is_told_with_its_next_dial, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stranger_is_counted_by_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(service_manager_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
