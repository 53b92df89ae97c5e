/* Work spread over all cores, results taken in the order in which the work was given. One thread
 * gives and takes; `run` is called on the workers' threads. */
#ifndef JIELI_TOOLS_AUDIT_WORKERS_H
#define JIELI_TOOLS_AUDIT_WORKERS_H

#include <stdbool.h>

#include "crypto/err.h"

enum { WORKERS_MAX = 64, WORKERS_MAX_JOBS = 2 * WORKERS_MAX + 2 };

struct workers;

/* Cores that this process may use, at least 1 and at most WORKERS_MAX. */
unsigned workers_cores(void);
/* threads 0: one per core. ERR_NOMEM. */
MUST_CHECK enum err workers_create(struct workers **out, unsigned threads, void (*run)(void *job));
/* Waits for what is under way; NULL is fine. */
void workers_free(struct workers *w);
/* How many jobs may be out at once: enough to keep every thread busy while one is looked at. */
unsigned workers_room(const struct workers *w);
/* The caller never has more than workers_room out. */
void workers_give(struct workers *w, void *job);
/* The oldest job, once it is done; NULL when none is out. */
void *workers_take(struct workers *w);

#endif
