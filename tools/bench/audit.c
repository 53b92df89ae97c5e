#include "tools/audit/audit.h"
#include "tools/bench/bench.h"

enum { SHOWN = 3, ROUNDS = 3 };

static void found(void *ctx, const struct finding *f)
{
    unsigned *count = ctx;
    if ((*count)++ < SHOWN)
        fprintf(stderr, "audit: %s %llu: %s %s\n", f->member == NULL ? "" : f->member,
                (unsigned long long)f->index, finding_name(f->kind), reason_name(f->reason));
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

void bench_audit(struct bench *b)
{
    double rates[ROUNDS], ceilings[ROUNDS], ratios[ROUNDS];
    const struct audit_options options = {.threads = 0};
    bench_large(b);
    double before = bench_ceiling();
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned count = 0;
        const struct audit_report report = {&count, found, line, NULL};
        struct audit_summary out;
        const double start = bench_now_s();
        bench_need(audit_home(b->home, &options, &report, &out), "audit");
        const double took = bench_now_s() - start, after = bench_ceiling();
        bench_need(out.broken || out.listed ? ERR_CORRUPT : OK, "audit");
        rates[i] = (double)out.signatures / took;
        ceilings[i] = (before + after) / 2;
        ratios[i] = rates[i] / ceilings[i];
        before = after;
    }
    bench_put(b, "audit", bench_median(rates, ROUNDS), "1/s");
    bench_put(b, "audit_ceiling", bench_median(ceilings, ROUNDS), "1/s");
    bench_put(b, "audit_ratio", bench_median(ratios, ROUNDS), "ratio");
}
