/* A new node pulls a whole ledger over loopback from a daemon that has it. */
#ifndef JIELI_TOOLS_BENCH_PULL_H
#define JIELI_TOOLS_BENCH_PULL_H

#include "tools/bench/bench.h"

struct pull {
    struct daemon server, puller;
    uint64_t all;                      /* entries of all logs */
    uint64_t held;                     /* by the puller, as it said last */
    double took_s;                     /* of the legs so far, starts of the puller included */
    double puller_cpu_s;               /* that the puller used in all legs */
    double server_mib, puller_mib;     /* greatest seen */
};

/* The server runs on `home`; the puller gets a home that holds what the first day's bundle gave. */
void pull_open(struct pull *p, const struct bench *b, struct load *l, const char *home,
               const char *puller_home);
/* Starts the puller and waits until it holds `entries`, and of all of them none is pending; no
 * longer than `max_s`. */
void pull_run(struct pull *p, const struct bench *b, uint64_t entries, double max_s);
void pull_close(struct pull *p);

#endif
