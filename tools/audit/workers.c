#include "tools/audit/workers.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct slot { void *job; bool done; };

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    void (*run)(void *job);
    bool ending;
    unsigned thread_count, room;
    unsigned long oldest, next, newest;     /* running numbers; slot = number % room */
    struct slot slots[WORKERS_MAX_JOBS];
    pthread_t threads[WORKERS_MAX];
};

unsigned workers_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

static void *serve(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->next == w->newest && !w->ending)
            pthread_cond_wait(&w->given, &w->lock);
        if (w->next == w->newest)
            break;
        struct slot *slot = &w->slots[w->next++ % w->room];
        pthread_mutex_unlock(&w->lock);
        w->run(slot->job);
        pthread_mutex_lock(&w->lock);
        slot->done = true;
        pthread_cond_signal(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum err workers_create(struct workers **out, unsigned threads, void (*run)(void *job))
{
    struct workers *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR_NOMEM;
    threads = threads == 0 ? workers_cores() : threads > WORKERS_MAX ? WORKERS_MAX : threads;
    w->run = run;
    w->room = 2 * threads + 2;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    pthread_cond_init(&w->done, NULL);
    while (w->thread_count < threads &&
           pthread_create(&w->threads[w->thread_count], NULL, serve, w) == 0)
        w->thread_count++;
    if (w->thread_count == 0) {
        workers_free(w);
        return ERR_NOMEM;
    }
    *out = w;
    return OK;
}

void workers_free(struct workers *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->given);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->done);
    pthread_cond_destroy(&w->given);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

unsigned workers_room(const struct workers *w)
{
    return w->room;
}

void workers_give(struct workers *w, void *job)
{
    pthread_mutex_lock(&w->lock);
    assert(w->newest - w->oldest < w->room);
    w->slots[w->newest++ % w->room] = (struct slot){job, false};
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->lock);
}

void *workers_take(struct workers *w)
{
    void *job = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->oldest != w->newest) {
        struct slot *slot = &w->slots[w->oldest % w->room];
        while (!slot->done)
            pthread_cond_wait(&w->done, &w->lock);
        job = slot->job;
        w->oldest++;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}
