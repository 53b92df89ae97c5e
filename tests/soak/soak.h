/* The soak: six jielid on one machine, officers' work on each, nodes killed and started again at
 * random, for SOAK_S seconds from JIELI_SEED. At the end all hold the same heads, every act that
 * was acknowledged, and pass the audit; memory and descriptors of the nodes that were never killed
 * stayed flat:
 *
 *   the median of the last third of the samples is at most the median of the first third plus
 *   SOAK_MEMORY_KIB of anonymous memory, and plus SOAK_FDS descriptors.
 *
 * What fails is said with the seed, and ends the program with 1. */
#ifndef JIELI_TESTS_SOAK_SOAK_H
#define JIELI_TESTS_SOAK_SOAK_H

#include <pthread.h>

#include "tests/support/daemon.h"

enum { SOAK_NODES = 6, SOAK_STEADY = 2,   /* nodes 0 and 1 are never killed */
       SOAK_MEMORY_KIB = 6 * 1024, SOAK_FDS = 8, SOAK_SAMPLES_MAX = 100000 };

struct samples { unsigned count; double memory_kib[SOAK_SAMPLES_MAX], fds[SOAK_SAMPLES_MAX]; };

struct soak {
    struct cluster *c;
    uint64_t seed;
    pthread_mutex_t lock;                  /* over all below; the cluster's clock and nonces too */
    pthread_cond_t wake;
    bool ending;
    pid_t pids[SOAK_NODES];                /* 0: down */
    unsigned lives[SOAK_NODES];
    uint64_t random;
    struct hash *told;                     /* acts that were acknowledged */
    size_t told_count, told_cap;
    size_t refused, lost, queries;
    struct samples *samples[SOAK_STEADY];
};

/* Says what failed and the seed, ends the daemons and the program. */
void soak_demand(struct soak *s, bool good, const char *what, unsigned node);
uint64_t soak_random(struct soak *s);
/* Waits, no longer than `ms`; true once the soak is ending. */
bool soak_pause(struct soak *s, uint64_t ms);
double soak_now_s(void);

/* ---- work.c: what the officers of one node do ---- */
struct worker { struct soak *soak; unsigned node; pthread_t thread; };
void *work_run(void *worker);

/* ---- check.c ---- */
void check_sample(struct soak *s);
/* Whether all nodes say the same sizes of all logs. */
bool check_equal(struct soak *s);
/* Once the daemons are down: roots, every act told, audits. */
void check_homes(struct soak *s);
/* The rule above, and one line for each steady node. */
void check_flat(struct soak *s);

#endif
