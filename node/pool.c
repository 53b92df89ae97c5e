#include "node/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "net/thread.h"

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    struct job *first;                 /* jobs that have slices left, oldest first */
    bool stop;
    _Atomic uint64_t checked;
    unsigned thread_count;
    pthread_t threads[POOL_MAX_THREADS];
};

static void unlink_job(struct pool *p, struct job *job)
{
    struct job **at = &p->first;
    while (*at != NULL && *at != job) {
        at = &(*at)->next;
    }
    if (*at == job) {
        *at = job->next;
    }
}

/* Runs one slice of the job; the lock is held before and after. */
static void run_slice(struct pool *p, struct job *job)
{
    const size_t from = job->claimed;
    const size_t to = job->count - from < POOL_SLICE ? job->count : from + POOL_SLICE;
    job->claimed = to;
    if (to == job->count) {
        unlink_job(p, job);
    }
    pthread_mutex_unlock(&p->lock);
    job->run(job->ctx, from, to);
    pthread_mutex_lock(&p->lock);
    job->done += to - from;
    if (job->done == job->count) {
        pthread_cond_broadcast(&p->ended);
    }
}

static void *work(void *arg)
{
    struct pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        if (p->first != NULL) {
            run_slice(p, p->first);
        } else {
            pthread_cond_wait(&p->begun, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static unsigned usable_cores(void)
{
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return cores < 1 ? 1 : (unsigned)cores;
}

static enum err start_threads(struct pool *p, unsigned count)
{
    while (p->thread_count < count) {
        if (!thread_start(&p->threads[p->thread_count], work, p)) {
            return ERR_NOMEM;
        }
        p->thread_count++;
    }
    return OK;
}

enum err pool_create(struct pool **out, unsigned threads)
{
    unsigned wanted = threads == 0 ? usable_cores() : threads;
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begun, NULL);
    pthread_cond_init(&p->ended, NULL);
    enum err err = start_threads(p, wanted > POOL_MAX_THREADS ? POOL_MAX_THREADS : wanted);
    if (err != OK) {
        pool_free(p);
        return err;
    }
    *out = p;
    return OK;
}

void pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->begun);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++) {
        pthread_join(p->threads[i], NULL);
    }
    pthread_cond_destroy(&p->ended);
    pthread_cond_destroy(&p->begun);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void pool_submit(struct pool *p, struct job *job)
{
    job->claimed = job->done = 0;
    job->next = NULL;
    if (job->count == 0) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    struct job **at = &p->first;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = job;
    pthread_cond_broadcast(&p->begun);
    pthread_mutex_unlock(&p->lock);
}

void pool_finish(struct pool *p, struct job *job)
{
    pthread_mutex_lock(&p->lock);
    while (job->claimed < job->count) {
        run_slice(p, job);
    }
    while (job->done < job->count) {
        pthread_cond_wait(&p->ended, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}

void pool_count(struct pool *pool, size_t checked)
{
    atomic_fetch_add_explicit(&pool->checked, checked, memory_order_relaxed);
}

struct check {
    const struct entry *const *entries;
    const struct hash *ledger;
    bool *ok;
};

static void check_range(void *ctx, size_t from, size_t to)
{
    const struct check *c = ctx;
    for (size_t i = from; i < to; i++) {
        c->ok[i] = entry_verify(c->entries[i], c->ledger) == OK;
    }
}

/* A handful is not worth waking anybody. */
static void pool_verify(void *ctx, const struct entry *const *entries, size_t count,
                        const struct hash *ledger, bool *ok)
{
    struct pool *p = ctx;
    struct check check = {entries, ledger, ok};
    struct job job = {.run = check_range, .ctx = &check, .count = count};
    pool_count(p, count);
    if (count <= POOL_SLICE) {
        check_range(&check, 0, count);
        return;
    }
    pool_submit(p, &job);
    pool_finish(p, &job);
}

static void submit(void *pool, struct job *job)
{
    pool_submit(pool, job);
}

static void finish(void *pool, struct job *job)
{
    pool_finish(pool, job);
}

struct verifier pool_verifier(struct pool *pool)
{
    return (struct verifier){.ctx = pool, .verify = pool_verify, .submit = submit,
                             .finish = finish};
}

uint64_t pool_checked(const struct pool *pool)
{
    return atomic_load_explicit(&pool->checked, memory_order_relaxed);
}
