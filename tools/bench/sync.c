/* The large ledger into a new node, three times, the ceiling taken between; medians. */
#include "tools/bench/pull.h"

enum { SYNC_MAX_S = 300, ROUNDS = 3 };

struct round { double rate, ceiling, cpu_ratio, serve, server_mib, puller_mib; };

static void round_run(struct bench *b, unsigned no, struct ceiling *before, struct round *out)
{
    struct pull p;
    char home[BENCH_PATH_BYTES], name[16];
    snprintf(name, sizeof name, "puller%u", no);
    bench_path(b, home, name);
    pull_open(&p, b, b->load, b->home, home);
    const double cpu = daemon_cpu_s(&p.server);
    pull_run(&p, b, p.all, SYNC_MAX_S);
    const double used = daemon_cpu_s(&p.server) - cpu, signatures = (double)b->load->all_signatures;
    pull_close(&p);
    const struct ceiling after = bench_ceiling_of();
    *out = (struct round){.rate = signatures / p.took_s,
                          .ceiling = (before->rate + after.rate) / 2,
                          .cpu_ratio = signatures * (before->cpu_s + after.cpu_s) / 2 /
                                       p.puller_cpu_s,
                          .serve = used / (double)p.all * 10000,
                          .server_mib = p.server_mib,
                          .puller_mib = p.puller_mib};
    *before = after;
}

static void median_put(struct bench *b, const char *name, const char *unit, double a, double c,
                       double d)
{
    double values[ROUNDS] = {a, c, d};
    bench_put(b, name, bench_median(values, ROUNDS), unit);
}

void bench_sync(struct bench *b)
{
    struct round r[ROUNDS];
    bench_large(b);
    struct ceiling ceiling = bench_ceiling_of();
    for (unsigned i = 0; i < ROUNDS; i++)
        round_run(b, i, &ceiling, &r[i]);
    median_put(b, "sync", "1/s", r[0].rate, r[1].rate, r[2].rate);
    median_put(b, "sync_ceiling", "1/s", r[0].ceiling, r[1].ceiling, r[2].ceiling);
    median_put(b, "sync_ratio", "ratio", r[0].rate / r[0].ceiling, r[1].rate / r[1].ceiling,
               r[2].rate / r[2].ceiling);
    median_put(b, "sync_cpu_ratio", "ratio", r[0].cpu_ratio, r[1].cpu_ratio, r[2].cpu_ratio);
    median_put(b, "serve_cost", "s/10k", r[0].serve, r[1].serve, r[2].serve);
    median_put(b, "server_anon_mib", "MiB", r[0].server_mib, r[1].server_mib, r[2].server_mib);
    median_put(b, "puller_anon_mib", "MiB", r[0].puller_mib, r[1].puller_mib, r[2].puller_mib);
}
