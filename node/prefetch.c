#include "node/prefetch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "net/message.h"

enum {
    PREFETCH_FRAMES = 16,
    PREFETCH_EXPECTED = 256,       /* the wants sent last */
    REQUEST_BYTES = 4,             /* behind the type, in WANT and PACKAGES alike */
    PREFETCH_ENTRIES = MESSAGE_MAX_PACKAGES * PACKAGE_ENTRIES,
};

/* One frame under way or done. */
struct ahead {
    const uint8_t *frame;
    size_t count;
    struct span *entries;
    struct hash *ids;              /* of the entries whose signatures are good; others stay zero */
    const struct hash *ledger;
    struct job job;
};

struct expected { uint32_t peer, request; };

/* What was found good in a frame that nobody asked about: sync holds it, as a copy, until its turn
 * comes. In order of ids. */
struct kept { struct hash *ids; size_t count; };

struct prefetch {
    struct pool *pool;
    bool enabled;
    struct hash ledger;
    pthread_mutex_t lock;
    struct ahead *waiting[PREFETCH_FRAMES];
    struct expected expected[PREFETCH_EXPECTED];
    unsigned expected_next;
    struct ahead *taken;           /* the ledger thread's, as all below */
    bool used;                     /* somebody asked about an entry of it */
    struct kept kept[PREFETCH_KEPT];
    unsigned kept_count, kept_next;
};

static void ahead_free(struct ahead *a)
{
    if (a == NULL) {
        return;
    }
    free(a->entries);
    free(a->ids);
    free(a);
}

static void check_range(void *ctx, size_t from, size_t to)
{
    struct ahead *a = ctx;
    struct entry e;
    for (size_t i = from; i < to; i++) {
        if (entry_decode(&e, a->entries[i]) == OK && entry_verify(&e, a->ledger) == OK) {
            a->ids[i] = e.id;
        }
    }
}

/* All entries of all packages, in order. */
static enum err entries_gather(struct ahead *a, const struct message *m)
{
    struct package *p = malloc(sizeof *p);
    enum err err = p == NULL ? ERR_NOMEM : OK;
    for (unsigned i = 0; err == OK && i < m->u.packages.count; i++) {
        err = package_decode(p, m->u.packages.packages[i]);
        struct span *grown = err != OK || p->count == 0
                                 ? NULL
                                 : realloc(a->entries, (a->count + p->count) * sizeof *grown);
        if (err == OK && p->count > 0 && grown == NULL) {
            err = ERR_NOMEM;
        }
        if (err == OK && p->count > 0) {
            a->entries = grown;
            memcpy(a->entries + a->count, p->entries, p->count * sizeof *grown);
            a->count += p->count;
        }
    }
    free(p);
    return err;
}

static struct ahead *ahead_create(struct span frame, const struct hash *ledger)
{
    struct message *m = malloc(sizeof *m);
    struct ahead *a = calloc(1, sizeof *a);
    enum err err = m == NULL || a == NULL ? ERR_NOMEM : message_decode(m, frame);
    if (err == OK) {
        err = entries_gather(a, m);
    }
    free(m);
    if (err == OK && a->count > 0) {
        a->frame = frame.data;
        a->ledger = ledger;
        a->ids = calloc(a->count, sizeof *a->ids);
        a->job = (struct job){.run = check_range, .ctx = a, .count = a->count};
    }
    if (err == OK && a->ids != NULL) {
        return a;
    }
    ahead_free(a);
    return NULL;
}

enum err prefetch_create(struct prefetch **out, struct pool *pool)
{
    struct prefetch *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    p->pool = pool;
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return OK;
}

void prefetch_enable(struct prefetch *p, const struct hash *ledger)
{
    p->ledger = *ledger;
    p->enabled = true;
}

void prefetch_free(struct prefetch *p)
{
    if (p == NULL) {
        return;
    }
    for (unsigned i = 0; i < PREFETCH_FRAMES; i++) {
        if (p->waiting[i] != NULL) {
            pool_finish(p->pool, &p->waiting[i]->job);
            ahead_free(p->waiting[i]);
        }
    }
    ahead_free(p->taken);
    for (unsigned i = 0; i < PREFETCH_KEPT; i++) {
        free(p->kept[i].ids);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void prefetch_expect(struct prefetch *p, struct peer_id peer, struct span frame)
{
    if (frame.len <= REQUEST_BYTES || frame.data[0] != MSG_WANT) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->expected[p->expected_next] = (struct expected){peer.v, load_u32(frame.data + 1)};
    p->expected_next = (p->expected_next + 1) % PREFETCH_EXPECTED;
    pthread_mutex_unlock(&p->lock);
}

/* Whether this answers a want; each is answered once. */
static bool expected_take(struct prefetch *p, struct peer_id peer, struct span frame)
{
    bool found = false;
    const uint32_t request = load_u32(frame.data + 1);
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; !found && i < PREFETCH_EXPECTED; i++) {
        found = p->expected[i].peer == peer.v && p->expected[i].request == request;
        if (found) {
            p->expected[i] = (struct expected){0};
        }
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

void prefetch_start(struct prefetch *p, struct peer_id peer, struct span frame)
{
    if (!p->enabled || frame.len <= REQUEST_BYTES || frame.data[0] != MSG_PACKAGES ||
        !expected_take(p, peer, frame)) {
        return;
    }
    struct ahead *a = ahead_create(frame, &p->ledger);
    if (a == NULL) {
        return;
    }
    bool kept = false;
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; !kept && i < PREFETCH_FRAMES; i++) {
        if (p->waiting[i] == NULL) {
            p->waiting[i] = a;
            kept = true;
            pool_submit(p->pool, &a->job);
        }
    }
    pthread_mutex_unlock(&p->lock);
    if (!kept) {
        ahead_free(a);
    }
}

static struct ahead *withdraw(struct prefetch *p, struct span frame)
{
    struct ahead *found = NULL;
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; found == NULL && i < PREFETCH_FRAMES; i++) {
        if (p->waiting[i] != NULL && p->waiting[i]->frame == frame.data) {
            found = p->waiting[i];
            p->waiting[i] = NULL;
        }
    }
    pthread_mutex_unlock(&p->lock);
    if (found != NULL) {
        pool_finish(p->pool, &found->job);
        pool_count(p->pool, found->count);
    }
    return found;
}

void prefetch_drop(struct prefetch *p, struct span frame)
{
    ahead_free(withdraw(p, frame));
}

static const struct hash none = {{0}};

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

/* The ids become the kept ones'; in the place of the oldest. */
static void keep(struct prefetch *p, struct ahead *a)
{
    struct kept *k = &p->kept[p->kept_next];
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (!hash_equal(&a->ids[i], &none)) {
            a->ids[count++] = a->ids[i];
        }
    }
    if (count == 0) {
        return;
    }
    qsort(a->ids, count, sizeof *a->ids, by_id);
    free(k->ids);
    *k = (struct kept){a->ids, count};
    a->ids = NULL;
    p->kept_next = (p->kept_next + 1) % PREFETCH_KEPT;
    p->kept_count += p->kept_count < PREFETCH_KEPT;
}

void prefetch_take(struct prefetch *p, struct span frame)
{
    if (p->taken != NULL && !p->used) {
        keep(p, p->taken);
    }
    ahead_free(p->taken);
    p->taken = withdraw(p, frame);
    p->used = false;
}

static bool kept_known(const struct prefetch *p, struct span bytes, struct hash *id)
{
    bool found = false;
    if (p->kept_count > 0) {
        merkle_leaf(bytes, id);
    }
    for (unsigned i = 0; !found && i < p->kept_count; i++) {
        const struct kept *k = &p->kept[i];
        found = bsearch(id, k->ids, k->count, sizeof *k->ids, by_id) != NULL;
    }
    return found;
}

/* Entries lie in a frame in their order. */
static bool taken_known(const struct ahead *a, struct span bytes, struct hash *id)
{
    size_t lo = 0, hi = a == NULL ? 0 : a->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if ((uintptr_t)a->entries[mid].data < (uintptr_t)bytes.data) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (a == NULL || lo == a->count || a->entries[lo].data != bytes.data ||
        a->entries[lo].len != bytes.len || hash_equal(&a->ids[lo], &none)) {
        return false;
    }
    *id = a->ids[lo];
    return true;
}

static bool known(void *ctx, struct span bytes, struct hash *id)
{
    struct prefetch *p = ctx;
    if (taken_known(p->taken, bytes, id)) {
        p->used = true;
        return true;
    }
    return kept_known(p, bytes, id);
}

static void verify(void *ctx, const struct entry *const *entries, size_t count,
                   const struct hash *ledger, bool *ok)
{
    const struct prefetch *p = ctx;
    const struct verifier pool = pool_verifier(p->pool);
    pool.verify(pool.ctx, entries, count, ledger, ok);
}

static void submit(void *ctx, struct job *job)
{
    const struct prefetch *p = ctx;
    pool_submit(p->pool, job);
}

static void finish(void *ctx, struct job *job)
{
    const struct prefetch *p = ctx;
    pool_finish(p->pool, job);
}

struct verifier prefetch_verifier(struct prefetch *p)
{
    return (struct verifier){.ctx = p, .verify = verify, .known = known, .submit = submit,
                             .finish = finish};
}
