/* Jobs (ledger/job.h) in slices on all cores; workers take slices of the oldest job that has any.
 * Whoever needs a job done works along until it is.
 * Signatures are checked for the ledger thread, and ahead of it (prefetch.h), and cases folded. */
#ifndef JIELI_NODE_POOL_H
#define JIELI_NODE_POOL_H

#include "ledger/ledger.h"

enum { POOL_MAX_THREADS = 64, POOL_SLICE = 8 };

struct pool;

/* Worker threads besides the caller; 0: one per core that this process may use. ERR_NOMEM. */
MUST_CHECK enum err pool_create(struct pool **out, unsigned threads);
void pool_free(struct pool *pool);        /* NULL is fine; no job may be under way */
/* Hands a job to the workers: claimed, done and next are set here. From any thread. */
void pool_submit(struct pool *pool, struct job *job);
/* Works along until every item of a submitted job is done; workers know it no more then. */
void pool_finish(struct pool *pool, struct job *job);
struct verifier pool_verifier(struct pool *pool);
/* Entries whose signatures were checked so far; whoever checks in a job of its own counts them.
 * From any thread. */
void pool_count(struct pool *pool, size_t checked);
uint64_t pool_checked(const struct pool *pool);

#endif
