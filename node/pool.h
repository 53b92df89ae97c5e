/* Work in slices on all cores. A job is a range of items cut into slices; workers take slices of
 * the oldest job that has any. Whoever needs a job done works along until it is.
 * Signatures are checked for the ledger thread, and ahead of it (prefetch.h), and cases folded. */
#ifndef JIELI_NODE_POOL_H
#define JIELI_NODE_POOL_H

#include "ledger/ledger.h"

enum { POOL_MAX_THREADS = 64, POOL_SLICE = 8 };

struct pool;

/* The caller's memory; must stay until pool_finish has returned. */
struct pool_job {
    void (*run)(void *ctx, size_t from, size_t to);   /* any thread, ranges never overlap */
    void *ctx;
    size_t count;                  /* items */
    size_t claimed, done;          /* the pool's own, like `next` */
    struct pool_job *next;
};

/* Worker threads besides the caller; 0: one per core that this process may use. ERR_NOMEM. */
MUST_CHECK enum err pool_create(struct pool **out, unsigned threads);
void pool_free(struct pool *pool);        /* NULL is fine; no job may be under way */
/* Hands a job to the workers: claimed, done and next are set here. From any thread. */
void pool_submit(struct pool *pool, struct pool_job *job);
/* Works along until every item of a submitted job is done; workers know it no more then. */
void pool_finish(struct pool *pool, struct pool_job *job);
/* Runs a job of `count` items to its end, the caller working along. `pool` is a struct pool. */
void pool_share(void *pool, void (*run)(void *job, size_t from, size_t to), void *job,
                size_t count);
struct verifier pool_verifier(struct pool *pool);
/* Entries whose signatures were checked so far, ahead of their turn or in it. From any thread. */
uint64_t pool_checked(const struct pool *pool);

#endif
