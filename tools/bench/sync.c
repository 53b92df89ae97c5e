/* The large ledger into a new node, three times, the ceiling taken between; medians. */
#include "tools/bench/pull.h"

enum { SYNC_MAX_S = 300, ROUNDS = 3 };

enum row { RATE, CEILING, RATIO, CPU_RATIO, SERVE, SERVER_MIB, PULLER_MIB, ROW_COUNT };

static const struct { const char *name, *unit; } rows[ROW_COUNT] = {
    [RATE] = {"sync", "1/s"},
    [CEILING] = {"sync_ceiling", "1/s"},
    [RATIO] = {"sync_ratio", "ratio"},
    [CPU_RATIO] = {"sync_cpu_ratio", "ratio"},
    [SERVE] = {"serve_cost", "s/10k"},
    [SERVER_MIB] = {"server_anon_mib", "MiB"},
    [PULLER_MIB] = {"puller_anon_mib", "MiB"},
};

/* values[row][round] */
static void round_run(struct bench *b, unsigned round, struct ceiling *before,
                      double values[ROW_COUNT][ROUNDS])
{
    struct pull p;
    char home[BENCH_PATH_BYTES], name[16];
    snprintf(name, sizeof name, "puller%u", round);
    bench_path(b, home, name);
    pull_open(&p, b, b->load, b->home, home);
    const double cpu = daemon_cpu_s(&p.server);
    pull_run(&p, b, p.all, SYNC_MAX_S);
    const double used = daemon_cpu_s(&p.server) - cpu, signatures = (double)b->load->all_signatures;
    pull_close(&p);
    const struct ceiling after = bench_ceiling_of();
    values[RATE][round] = signatures / p.took_s;
    values[CEILING][round] = (before->rate + after.rate) / 2;
    values[RATIO][round] = values[RATE][round] / values[CEILING][round];
    values[CPU_RATIO][round] = signatures * (before->cpu_s + after.cpu_s) / 2 / p.puller_cpu_s;
    values[SERVE][round] = used / (double)p.all * 10000;
    values[SERVER_MIB][round] = p.server_mib;
    values[PULLER_MIB][round] = p.puller_mib;
    *before = after;
}

void bench_sync(struct bench *b)
{
    double values[ROW_COUNT][ROUNDS];
    bench_large(b);
    struct ceiling ceiling = bench_ceiling_of();
    for (unsigned i = 0; i < ROUNDS; i++)
        round_run(b, i, &ceiling, values);
    for (unsigned row = 0; row < ROW_COUNT; row++)
        bench_put(b, rows[row].name, bench_median(values[row], ROUNDS), rows[row].unit);
}
