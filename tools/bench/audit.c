#include "tools/audit/audit.h"
#include "tools/bench/bench.h"

enum { SHOWN = 3 };

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
    unsigned count = 0;
    const struct audit_report report = {&count, found, line, NULL};
    const struct audit_options options = {.threads = 0};
    struct audit_summary out;
    bench_large(b);
    double before = bench_ceiling(), start = bench_now_s();
    bench_need(audit_home(b->home, &options, &report, &out), "audit");
    double took = bench_now_s() - start;
    bench_need(out.broken || out.listed ? ERR_CORRUPT : OK, "audit");
    bench_put(b, "audit", (double)out.signatures / took, "1/s");
    double ceiling = (before + bench_ceiling()) / 2;
    bench_put(b, "audit_ceiling", ceiling, "1/s");
    bench_put(b, "audit_ratio", (double)out.signatures / took / ceiling, "ratio");
}
