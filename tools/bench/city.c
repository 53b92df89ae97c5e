/* A city's ledger, 49 logs, into a new node that is killed half-way and started again: the rate
 * over both legs, the second start included, to the ceiling taken before, between and after. */
#include "tools/bench/pull.h"

#include <string.h>

enum { CITY_LEG_MAX_S = 900 };

/* Signatures were made a moment ago by this program. */
static void trust(void *ctx, const struct entry *const *entries, size_t count,
                  const struct hash *ledger, bool *ok)
{
    (void)ctx;
    (void)entries;
    (void)ledger;
    memset(ok, 1, count);
}

static struct load *city_build(struct bench *b, const char *home)
{
    struct ledger *to;
    const struct verifier verifier = {.verify = trust};
    struct load *l = bench_committee(b, 4, BENCH_MEMBERS, false);
    const struct load_member *m = &l->members[load_idle(l, 0)];
    const struct ledger_options options = {.home = home, .member = m->id, .node_key = m->node,
                                           .verifier = &verifier, .mode = LEDGER_WRITE};
    const double start = bench_now_s();
    bench_home(l, home, load_idle(l, 0), b->address, NULL);
    bench_need(ledger_open(&to, &options), "opening the city's home");
    bench_need(load_fill(l, to, b->city_entries), "filling the city's home");
    ledger_close(to);
    bench_put(b, "city_build_s", bench_now_s() - start, "s");
    return l;
}

struct city_pull { double signatures, ceiling, verify_s, served, server_cpu_s; };

static void city_put(struct bench *b, const struct pull *p, const struct city_pull *o)
{
    const double rate = o->signatures / p->took_s;
    bench_put(b, "sync_city_entries", (double)p->all, "count");
    bench_put(b, "sync_city", rate, "1/s");
    bench_put(b, "sync_city_ceiling", o->ceiling, "1/s");
    bench_put(b, "sync_city_ratio", rate / o->ceiling, "ratio");
    bench_put(b, "sync_city_cpu_ratio", o->signatures * o->verify_s / p->puller_cpu_s, "ratio");
    bench_put(b, "sync_city_s", p->took_s, "s");
    bench_put(b, "redone_after_kill", 100 * (o->served / (double)p->all - 1), "%");
    bench_put(b, "city_serve_cost", o->server_cpu_s / o->served * 10000, "s/10k");
    bench_put(b, "city_server_anon_mib", p->server_mib, "MiB");
    bench_put(b, "city_puller_anon_mib", p->puller_mib, "MiB");
}

void bench_city(struct bench *b)
{
    struct pull p;
    char home[BENCH_PATH_BYTES], puller[BENCH_PATH_BYTES];
    struct ceiling ceilings[3];
    bench_path(b, home, "city");
    bench_path(b, puller, "city-puller");
    struct load *l = city_build(b, home);
    pull_open(&p, b, l, home, puller);
    const uint64_t before = l->members[0].founding.count + l->members[load_idle(l, 1)].log.count;
    const double cpu = daemon_cpu_s(&p.server);
    ceilings[0] = bench_ceiling_of();
    pull_run(&p, b, p.all / 2, CITY_LEG_MAX_S);
    daemon_kill(&p.puller);
    ceilings[1] = bench_ceiling_of();
    pull_run(&p, b, p.all, CITY_LEG_MAX_S);
    struct city_pull o = {.signatures = (double)l->all_signatures,
                        .server_cpu_s = daemon_cpu_s(&p.server) - cpu,
                        .served = (double)(daemon_served(&p.server) + before)};
    pull_close(&p);
    ceilings[2] = bench_ceiling_of();
    double rates[3] = {ceilings[0].rate, ceilings[1].rate, ceilings[2].rate};
    double costs[3] = {ceilings[0].cpu_s, ceilings[1].cpu_s, ceilings[2].cpu_s};
    o.ceiling = bench_median(rates, 3);
    o.verify_s = bench_median(costs, 3);
    city_put(b, &p, &o);
    load_free(l);
}
