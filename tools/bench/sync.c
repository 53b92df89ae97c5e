/* A second node pulls the large ledger over loopback. */
#include <time.h>

#include "tools/bench/bench.h"

enum { SYNC_MAX_S = 300 };

static uint64_t wanted(const struct load *l, uint64_t *signatures)
{
    uint64_t sum = 0;
    *signatures = 0;
    for (unsigned i = 0; i < l->member_count; i++) {
        sum += l->members[i].count;
        *signatures += l->members[i].count;
    }
    *signatures += l->entries / LOAD_CASE_ACTS;       /* the second verifier's */
    return sum;
}

/* A home that holds the convenor's log and its own certificate, as after the first day's bundle. */
static void found(struct bench *b, const char *home, unsigned member)
{
    struct ledger *l;
    const struct ledger_options options = {.home = home, .member = b->load->members[member].id,
                                           .node_key = b->load->members[member].node,
                                           .mode = LEDGER_WRITE};
    bench_need(load_home(b->load, home, member, NULL, "127.0.0.1:17391"), "home");
    bench_need(ledger_open(&l, &options), "opening");
    bench_need(load_found(b->load, l, member), "certifying");
    ledger_close(l);
}

void bench_sync(struct bench *b)
{
    struct daemon server, puller;
    char home[BENCH_PATH_BYTES];
    const struct timespec pause = {.tv_nsec = 20000000};
    uint64_t signatures, all = wanted(b->load, &signatures), held = 0;
    double server_mib = 0, puller_mib = 0;
    bench_path(b, home, "puller");
    found(b, home, b->load->member_count - 2);
    daemon_start(&server, b, b->home);
    double before = bench_ceiling(b), start = bench_now_s();
    daemon_start(&puller, b, home);
    while (held < all && bench_now_s() < start + SYNC_MAX_S) {
        nanosleep(&pause, NULL);
        held = daemon_entries(&puller);
        double s = daemon_memory_mib(&server), p = daemon_memory_mib(&puller);
        server_mib = s > server_mib ? s : server_mib;
        puller_mib = p > puller_mib ? p : puller_mib;
    }
    double rate = (double)signatures / (bench_now_s() - start);
    daemon_stop(&puller);
    daemon_stop(&server);
    bench_need(held < all ? ERR_TIMEOUT : OK, "sync");
    bench_put(b, "sync", rate, "1/s");
    double ceiling = (before + bench_ceiling(b)) / 2;
    bench_put(b, "sync_ceiling", ceiling, "1/s");
    bench_put(b, "sync_ratio", rate / ceiling, "ratio");
    bench_put(b, "server_anon_mib", server_mib, "MiB");
    bench_put(b, "puller_anon_mib", puller_mib, "MiB");
}
