/* A log grown by its own node, 64 acts a commit: the size of what single appends leave on disk. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/bench/bench.h"

enum { TOGETHER = 64 };

static void grow(struct bench *b, struct load *load, struct ledger *l)
{
    struct load_case cases[TOGETHER];
    struct buffer entries[TOGETHER] = {{0}};
    struct append items[TOGETHER];
    for (unsigned i = 0; i < TOGETHER; i++)
        cases[i].story = NULL;
    for (uint64_t done = 0; done < b->entries; done += TOGETHER) {
        unsigned member;
        for (unsigned i = 0; i < TOGETHER; i++) {
            if (load_case_done(&cases[i]))
                load_case_alone(load, &cases[i], 1);
            bench_need(load_act(load, &cases[i], &entries[i], &member), "act");
            items[i] = (struct append){.entry = buffer_span(&entries[i])};
        }
        bench_need(ledger_append(l, items, TOGETHER), "append");
        for (unsigned i = 0; i < TOGETHER; i++) {
            bench_need(items[i].err, "append");
            bench_need(load_taken(load, &cases[i], member, items[i].entry), "append");
        }
    }
    for (unsigned i = 0; i < TOGETHER; i++)
        buffer_clear(&entries[i]);
}

void bench_appends(struct bench *b)
{
    const struct verifier verifier = bench_verifier();
    char home[BENCH_PATH_BYTES], path[BENCH_PATH_BYTES + 16];
    struct load *load = bench_committee(b, 3, 2, true);
    struct ledger *l;
    struct stat st;
    bench_path(b, home, "single");
    const struct ledger_options open = {.home = home, .member = load->members[1].id,
                                        .node_key = load->members[1].node, .verifier = &verifier,
                                        .mode = LEDGER_WRITE};
    bench_home(load, home, 1, NULL, NULL);
    bench_need(ledger_open(&l, &open), "home");
    double start = bench_now_s();
    grow(b, load, l);
    bench_put(b, "append_ledger_64", (double)load->entries / (bench_now_s() - start), "1/s");
    ledger_close(l);
    snprintf(path, sizeof path, "%s/db/data.mdb", home);
    bench_need(stat(path, &st) == 0 ? OK : ERR_IO, path);
    bench_put(b, "bytes_per_entry_single", (double)st.st_size / (double)load->all_bytes, "ratio");
    load_free(load);
}
