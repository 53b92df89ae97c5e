#include "tools/bench/pull.h"

#include <stdio.h>
#include <time.h>

#include "ledger/log/store.h"

enum { LOOK_NS = 20000000 };

void pull_open(struct pull *p, const struct bench *b, struct load *l, const char *home,
               const char *puller_home)
{
    *p = (struct pull){.all = load_count(l)};
    bench_home(l, puller_home, load_idle(l, 1), NULL, b->address);
    snprintf(p->puller.home, sizeof p->puller.home, "%s", puller_home);
    daemon_start(&p->server, b, home);
}

void pull_run(struct pull *p, const struct bench *b, uint64_t entries, double max_s)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    char home[BENCH_PATH_BYTES];
    const double start = bench_now_s();
    snprintf(home, sizeof home, "%s", p->puller.home);
    daemon_start(&p->puller, b, home);
    struct store *store = daemon_store(&p->puller);
    p->held = 0;
    bool done = false;
    while (!done && bench_now_s() < start + max_s) {
        nanosleep(&pause, NULL);
        p->held = store_entries(store, entries == p->all);
        double s = daemon_memory_mib(&p->server), q = daemon_memory_mib(&p->puller);
        p->server_mib = s > p->server_mib ? s : p->server_mib;
        p->puller_mib = q > p->puller_mib ? q : p->puller_mib;
        done = p->held >= entries && (entries < p->all || daemon_decided(&p->puller));
    }
    p->took_s += bench_now_s() - start;
    store_close(store);
    p->puller_cpu_s += daemon_cpu_s(&p->puller);
    bench_need(done ? OK : ERR_TIMEOUT, "sync");
}

void pull_close(struct pull *p)
{
    daemon_stop(&p->puller);
    daemon_stop(&p->server);
}
