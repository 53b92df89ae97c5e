/* Measurements of this machine and of Jieli on it, each as a line of build/bench.tsv: name, value,
 * unit. Ratios are taken against the machine's own ceiling in the same run. */
#ifndef JIELI_TOOLS_BENCH_BENCH_H
#define JIELI_TOOLS_BENCH_BENCH_H

#include <stdio.h>
#include <sys/types.h>

#include "tools/load/load.h"

enum { BENCH_ENTRY_BYTES = 600, BENCH_SAMPLES = 9, BENCH_PATH_BYTES = 512,
       BENCH_MEMBERS = 49 };

struct bench {
    FILE *out;
    const char *folder;               /* scratch, on the disk that is measured */
    const char *program;              /* jielid */
    const char *committee;            /* folder of its tables */
    char address[32];                 /* a free one, for the node that serves */
    uint64_t entries, city_entries;   /* of the large ledger, and of a city's */
    struct load *load;                /* whose logs the large ledger holds */
    char home[BENCH_PATH_BYTES];      /* the large home, once bench_large has made it */
    bool large;
};

void bench_put(struct bench *b, const char *name, double value, const char *unit);
/* Ends the program with a message unless OK. */
void bench_need(enum err err, const char *what);
double bench_now_s(void);
double bench_median(double *values, size_t count);
/* `folder`/name. */
void bench_path(const struct bench *b, char out[BENCH_PATH_BYTES], const char *name);

/* ---- one file each ---- */
/* Verifications a second on all cores. A machine that others use too changes within seconds: taken
 * before and after what is measured against it. */
double bench_ceiling(void);
/* With what one of them takes of a processor, which others do not change as much. */
struct ceiling { double rate, cpu_s; };
struct ceiling bench_ceiling_of(void);
/* Makes the large ledger and its home, once. */
void bench_large(struct bench *b);
/* A committee in memory; a home of `member` as after the first day. */
struct load *bench_committee(const struct bench *b, uint64_t seed, unsigned members, bool alone);
void bench_home(struct load *l, const char *home, unsigned member, const char *listen,
                const char *peer);
void bench_machine(struct bench *b);
void bench_store(struct bench *b);    /* bulk copy, bytes an entry, open, show, cases */
void bench_appends(struct bench *b);  /* 64 a commit through the ledger, bytes an entry */
void bench_audit(struct bench *b);
void bench_durable(struct bench *b);  /* over ipc, one client and 64, against the limit in turns */
void bench_sync(struct bench *b);     /* the large ledger into a new node */
void bench_city(struct bench *b);     /* a city's ledger, the puller killed half-way */
void bench_propagate(struct bench *b);

/* ---- limit.c: what one durable act costs at least ---- */
struct limit;
void limit_open(struct limit **out, struct bench *b);
void limit_turn(struct limit *l, unsigned acts);
void limit_close(struct limit *l);

/* ---- daemon.c ---- */
struct daemon { pid_t pid; char home[BENCH_PATH_BYTES]; };
void daemon_start(struct daemon *d, const struct bench *b, const char *home);
void daemon_stop(struct daemon *d);
void daemon_kill(struct daemon *d);
/* RssAnon of the process in MiB. */
double daemon_memory_mib(const struct daemon *d);
/* Seconds of processor that it has used. */
double daemon_cpu_s(const struct daemon *d);
/* Its store, opened to be read beside it; the caller closes. */
struct store;
struct store *daemon_store(const struct daemon *d);
/* Sum of the entries that it holds, or of those in their cases. */
uint64_t store_entries(struct store *store, bool verified);
/* Whether it says that nothing it holds is pending: this asks it to look through all verdicts. */
bool daemon_decided(const struct daemon *d);
/* Entries that it sent to peers since its start. */
uint64_t daemon_served(const struct daemon *d);

/* ---- client.c: acts over the socket of a daemon ---- */
struct ipc_client;
struct ipc_client *client_connect(const struct daemon *d);
/* Sends one entry, which must be taken. */
void client_append(struct ipc_client *c, struct span entry);
/* Whether the daemon has folded an act of this case: what its inbox is made from. */
bool client_knows(struct ipc_client *c, const struct hash *case_id);

/* ---- verifier.c ---- */
/* Signatures on all cores, for ledgers of this program. */
struct verifier bench_verifier(void);

#endif
