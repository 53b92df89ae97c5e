/* Hostile peers, each against real daemons: two honest nodes exchange acts, each as soon as the one
 * before is seen by the other; one of them is attacked. Windows with and without the attack take
 * turns, so that both meet the same machine. The median rate under attack must be 80 % of the one
 * without; should the noise of the machine say otherwise, more windows are taken, the bar stays.
 *
 * JIELI_HOSTILE_MS: length of a window. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tests/support/attacker.h"
#include "tests/support/cluster_part.h"
#include "tests/support/transport_seen.h"

enum { NODES = 2, ATTACKER = 2, MEMBERS = 3, FIRST_PORT = 20000, PORTS = 12000, HELD = 300,
       BEYOND = 300, WINDOW_MS = 150, WARM_MS = 100, PAIRS = 3, PAIRS_MAX = 24, POLL_US = 200,
       KNOWN_MS = 30000, LOG_BYTES = 4 * 1024 * 1024 };

#ifdef __SANITIZE_ADDRESS__
enum { PERCENT = 0, MEMORY_KIB = 1024 * 1024 };    /* its rates say nothing of ours */
#else
enum { PERCENT = 80, MEMORY_KIB = 64 * 1024 };     /* ARCHITECTURE.md, "Limits of a peer" */
#endif

struct town {
    struct cluster *c;
    unsigned port, turn;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
    struct attacker_options attacker;
};

/* ---- the committee ---- */

static uint64_t own_size(const struct cluster_member *m)
{
    return ledger_log(m->ledger, m->id, 0)->frontier.size;
}

/* The attacker has shown HELD of its acts to the others, and written more since. */
static int town_setup(void **state)
{
    struct town *t = calloc(1, sizeof *t);
    struct hash commitment;
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = MEMBERS,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(t);
    t->port = FIRST_PORT + (unsigned)getpid() * NODES % PORTS;
    t->c = cluster_create(&options);
    cluster_open_all(t->c);
    cluster_reports(t->c, ATTACKER, HELD);
    cluster_share(t->c);
    t->attacker = (struct attacker_options){.c = t->c, .member = ATTACKER, .port = t->port,
                                            .held = own_size(&t->c->members[ATTACKER]),
                                            .attack = *state};
    (void)cluster_part_report(t->c, ATTACKER, PART_SUBJECT, PART_OPEN, span_of("part", 4),
                              &commitment);          /* wanted by the convenor, who reads all */
    cluster_reports(t->c, ATTACKER, BEYOND);
    if (t->attacker.attack->prepare != NULL)
        t->attacker.attack->prepare(t->c, ATTACKER);
    for (unsigned i = 0; i < MEMBERS; i++)
        cluster_close(t->c, i);
    for (unsigned i = 0; i < NODES; i++) {
        cluster_configure(t->c, i, t->port);
        t->clients[i] = daemon_up(t->c, i, &t->pids[i]);
    }
    *state = t;
    return 0;
}

static int town_teardown(void **state)
{
    struct town *t = *state;
    for (unsigned i = 0; i < NODES; i++)
        daemon_down(&t->clients[i], t->pids[i]);
    cluster_free(t->c);
    free(t);
    return 0;
}

/* ---- their traffic ---- */

static struct hash report(struct town *t, unsigned node)
{
    return daemon_report(t->clients[node], t->c, node);
}

/* One act, from either side in turn, until the other side has it. */
static void exchange(struct town *t)
{
    struct compose compose;
    const unsigned from = t->turn++ % NODES, to = 1 - from;
    const struct hash id = report(t, from);
    const uint64_t until_ms = seen_now_ms() + KNOWN_MS;
    while (!daemon_compose(t->clients[to], KIND_NOTIFY, &id, &compose)) {
        assert_true(seen_now_ms() < until_ms);
        assert_false(daemon_ends_within(t->pids[to], POLL_US));
    }
}

/* Acts exchanged per second while `ms` go by. */
static double rate(struct town *t, unsigned ms)
{
    const uint64_t begin_ms = seen_now_ms();
    unsigned count = 0;
    while (seen_now_ms() - begin_ms < ms) {
        exchange(t);
        count++;
    }
    return count * 1000.0 / (double)(seen_now_ms() - begin_ms);
}

/* ---- measuring ---- */

static long memory_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL && sscanf(line, "RssAnon: %ld", &kib) != 1) {
    }
    fclose(f);
    return kib;
}

struct measure { unsigned pairs; double calm[PAIRS_MAX], attacked[PAIRS_MAX]; long peak_kib; };

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, unsigned count)
{
    double sorted[PAIRS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_size);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void attacked_window(struct town *t, struct measure *m, unsigned window_ms)
{
    pid_t attacker = attacker_start(&t->attacker);
    (void)rate(t, WARM_MS);
    m->attacked[m->pairs] = rate(t, window_ms);
    const long kib = memory_kib(t->pids[0]);
    if (kib > m->peak_kib)
        m->peak_kib = kib;
    attacker_stop(attacker);
}

/* Either window comes first in turn. */
static void measure_pair(struct town *t, struct measure *m, unsigned window_ms)
{
    for (unsigned i = 0; i < 2; i++) {
        if ((m->pairs + i) % 2 == 0) {
            (void)rate(t, WARM_MS);
            m->calm[m->pairs] = rate(t, window_ms);
        } else {
            attacked_window(t, m, window_ms);
        }
    }
    m->pairs++;
}

static double percent(const struct measure *m)
{
    return 100 * median(m->attacked, m->pairs) / median(m->calm, m->pairs);
}

/* ---- what the log of the attacked node says ---- */

static unsigned lines_with(const struct town *t, const char *text)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    unsigned count = 0;
    assert_int_equal(home_path(path, sizeof path, t->c->members[0].home, "jielid.log"), OK);
    assert_int_equal(file_read(path, LOG_BYTES, &bytes), OK);
    assert_int_equal(buffer_put_u8(&bytes, 0), OK);
    for (const char *at = (const char *)bytes.data; (at = strstr(at, text)) != NULL; at++)
        count++;
    buffer_clear(&bytes);
    return count;
}

/* Some take the node's own time, as a part that it wants some moments later. */
static void attack_until_named(struct town *t, const char *text)
{
    const uint64_t until_ms = seen_now_ms() + KNOWN_MS;
    pid_t attacker = attacker_start(&t->attacker);
    while (lines_with(t, text) == 0 && seen_now_ms() < until_ms)
        exchange(t);
    attacker_stop(attacker);
}

static unsigned lines_of_attacker(const struct town *t, const char *err)
{
    char text[96];
    snprintf(text, sizeof text, "member=%s err=%s", t->c->members[ATTACKER].id, err);
    return lines_with(t, text);
}

/* Cut off with its reason, which is said once a minute; or slowed and never cut off for it, at most
 * told to come back later, or taken for silent. */
static void assert_named(struct town *t)
{
    char text[64];
    const char *reason = t->attacker.attack->reason;
    if (reason == NULL) {
        assert_int_equal(lines_of_attacker(t, ""), lines_of_attacker(t, "ERR_TIMEOUT") +
                                                       lines_of_attacker(t, "ERR_BUSY"));
        return;
    }
    snprintf(text, sizeof text, "err=%s ", reason);
    if (lines_with(t, text) == 0)
        attack_until_named(t, text);
    assert_int_equal(lines_with(t, text), 1);
}

static unsigned window_ms(void)
{
    const char *text = getenv("JIELI_HOSTILE_MS");
    return text == NULL ? WINDOW_MS : (unsigned)strtoul(text, NULL, 10);
}

static void hostile_peer_harms_nobody(void **state)
{
    struct town *t = *state;
    struct measure m = {0};
    exchange(t);
    exchange(t);
    while (m.pairs < PAIRS || (percent(&m) < PERCENT && m.pairs < PAIRS_MAX))
        measure_pair(t, &m, window_ms());
    print_message("# %s: %.0f/s of %.0f/s (%.0f %%, %u pairs of windows), %ld KiB\n",
                  t->attacker.attack->name, median(m.attacked, m.pairs), median(m.calm, m.pairs),
                  percent(&m), m.pairs, m.peak_kib);
    assert_true(percent(&m) >= PERCENT);
    assert_true(m.peak_kib < MEMORY_KIB);
    assert_named(t);
}

/* With the name of one attack, that one alone. */
int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(attack_count, sizeof *tests);
    assert_non_null(tests);
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    for (unsigned i = 0; i < attack_count; i++) {
        tests[i] = (struct CMUnitTest){attacks[i].name, hostile_peer_harms_nobody, town_setup,
                                       town_teardown, (void *)(uintptr_t)&attacks[i]};
    }
    int failed = _cmocka_run_group_tests("hostile", tests, attack_count, NULL, NULL);
    free(tests);
    return failed;
}
