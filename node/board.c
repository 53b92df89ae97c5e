#include "node/board.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct board {
    _Atomic uint64_t beat_ms;
    pthread_mutex_t lock;              /* all below */
    struct buffer metrics;
    struct health_facts facts;
};

enum err board_create(struct board **out, uint64_t now_ms)
{
    struct board *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return ERR_NOMEM;
    }
    pthread_mutex_init(&b->lock, NULL);
    board_beat(b, now_ms);
    *out = b;
    return OK;
}

void board_free(struct board *b)
{
    if (b == NULL) {
        return;
    }
    pthread_mutex_destroy(&b->lock);
    buffer_clear(&b->metrics);
    free(b);
}

void board_publish(struct board *b, struct buffer *metrics, const struct health_facts *facts)
{
    pthread_mutex_lock(&b->lock);
    struct buffer former = b->metrics;
    b->metrics = *metrics;
    b->facts = *facts;
    pthread_mutex_unlock(&b->lock);
    *metrics = former;
}

void board_beat(struct board *b, uint64_t now_ms)
{
    atomic_store_explicit(&b->beat_ms, now_ms, memory_order_relaxed);
}

enum err board_metrics(struct board *b, struct buffer *out)
{
    pthread_mutex_lock(&b->lock);
    enum err err = buffer_put(out, b->metrics.data, b->metrics.len);
    pthread_mutex_unlock(&b->lock);
    return err;
}

void board_facts(struct board *b, uint64_t now_ms, struct health_facts *out)
{
    uint64_t beat_ms = atomic_load_explicit(&b->beat_ms, memory_order_relaxed);
    pthread_mutex_lock(&b->lock);
    *out = b->facts;
    pthread_mutex_unlock(&b->lock);
    out->beat_ago_ms = now_ms > beat_ms ? now_ms - beat_ms : 0;
}
