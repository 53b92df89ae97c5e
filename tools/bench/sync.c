/* The large ledger into a new node. */
#include "tools/bench/pull.h"

enum { SYNC_MAX_S = 300 };

void bench_sync(struct bench *b)
{
    struct pull p;
    char home[BENCH_PATH_BYTES];
    bench_large(b);
    bench_path(b, home, "puller");
    pull_open(&p, b, b->load, b->home, home);
    const struct ceiling before = bench_ceiling_of();
    const double cpu = daemon_cpu_s(&p.server);
    pull_run(&p, b, p.all, SYNC_MAX_S);
    const double used = daemon_cpu_s(&p.server) - cpu;
    const double rate = (double)b->load->all_signatures / p.took_s;
    pull_close(&p);
    const double ceiling = (before.rate + bench_ceiling()) / 2;
    bench_put(b, "sync", rate, "1/s");
    bench_put(b, "sync_ceiling", ceiling, "1/s");
    bench_put(b, "sync_ratio", rate / ceiling, "ratio");
    bench_put(b, "sync_cpu_ratio",
              (double)b->load->all_signatures * before.cpu_s / p.puller_cpu_s, "ratio");
    bench_put(b, "serve_cost", used / (double)p.all * 10000, "s/10k");
    bench_put(b, "server_anon_mib", p.server_mib, "MiB");
    bench_put(b, "puller_anon_mib", p.puller_mib, "MiB");
}
