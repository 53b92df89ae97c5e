/* The large ledger as a bulk copy: its size on disk, and what people wait for. */
#include <string.h>
#include <sys/stat.h>

#include "ledger/query/query.h"
#include "tools/bench/bench.h"

static double file_bytes(const char *home)
{
    char path[BENCH_PATH_BYTES + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s/db/data.mdb", home);
    bench_need(stat(path, &st) == 0 ? OK : ERR_IO, path);
    return (double)st.st_size;
}

void bench_large(struct bench *b)
{
    struct ledger *l;
    const struct verifier verifier = bench_verifier();
    if (b->large)
        return;
    b->load = bench_committee(b, 1, BENCH_MEMBERS, false);
    const struct load_member *m = &b->load->members[load_idle(b->load, 0)];
    const struct ledger_options options = {.home = b->home, .member = m->id, .node_key = m->node,
                                           .verifier = &verifier, .mode = LEDGER_WRITE};
    bench_path(b, b->home, "large");
    bench_home(b->load, b->home, load_idle(b->load, 0), b->address, NULL);
    bench_need(ledger_open(&l, &options), "opening the large home");
    bench_need(load_fill(b->load, l, b->entries), "filling the large home");
    ledger_close(l);
    b->large = true;
}

static double open_ms(const struct bench *b)
{
    double times[BENCH_SAMPLES];
    for (unsigned i = 0; i < BENCH_SAMPLES; i++) {
        struct ledger *l;
        const struct ledger_options options = {.home = b->home, .mode = LEDGER_READ};
        double start = bench_now_s();
        bench_need(ledger_open(&l, &options), "opening");
        times[i] = 1000 * (bench_now_s() - start);
        ledger_close(l);
    }
    return bench_median(times, BENCH_SAMPLES);
}

static double query_ms(struct ledger *l, json_t *request)
{
    double times[BENCH_SAMPLES];
    for (unsigned i = 0; i < BENCH_SAMPLES; i++) {
        json_t *reply;
        double start = bench_now_s();
        bench_need(query_run(l, request, 1767225600, &reply), "query");
        times[i] = 1000 * (bench_now_s() - start);
        bench_need(json_object_get(reply, "error") == NULL ? OK : ERR_NOTFOUND, "query");
        json_decref(reply);
    }
    json_decref(request);
    return bench_median(times, BENCH_SAMPLES);
}

static void queries(struct bench *b)
{
    struct ledger *l;
    struct case_state state;
    struct case_cursor cursor = {.custodian = {MEMBER_NONE}};
    char id[2 * HASH_BYTES + 1];
    const struct ledger_options options = {.home = b->home, .mode = LEDGER_READ};
    bench_need(ledger_open(&l, &options), "opening");
    for (unsigned i = 0; i < 100; i++)
        bench_need(ledger_case_next(l, &cursor, &state), "a case");
    bench_need(hex_encode(id, sizeof id, span_of(state.id.b, HASH_BYTES)), "a case");
    bench_put(b, "show_ms", query_ms(l, json_pack("{s:s,s:s}", "query", "show", "case", id)), "ms");
    bench_put(b, "cases_ms", query_ms(l, json_pack("{s:s}", "query", "cases")), "ms");
    ledger_close(l);
}

void bench_store(struct bench *b)
{
    bench_large(b);
    bench_put(b, "entries", (double)b->load->entries, "count");
    bench_put(b, "entry_bytes", (double)b->load->bytes / (double)b->load->entries, "bytes");
    bench_put(b, "bytes_per_entry_bulk", file_bytes(b->home) / (double)b->load->all_bytes, "ratio");
    bench_put(b, "open_ms", open_ms(b), "ms");
    queries(b);
}
