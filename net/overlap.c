#include "net/overlap.h"

#include <stdlib.h>

struct node { uint64_t lo, hi; struct hash hash; };

/* What is known of the new tree: the package's bundle, and its path up to the root. */
struct known {
    struct txn *txn;
    const struct log *log;
    const struct package *p;
    uint64_t lo, hi;               /* the bundle as far as the package reaches */
    unsigned depth;
    struct node path[PROOF_MAX_HASHES + 1], siblings[PROOF_MAX_HASHES];   /* root first */
    struct hash leaves[PACKAGE_ENTRIES];
};

/* The largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static enum err leaves_take(struct known *w)
{
    enum err err = OK;
    for (uint64_t i = w->lo; err == OK && i < w->hi; i++) {
        if (i < w->p->start)
            err = log_leaf(w->txn, w->log->no, i, &w->leaves[i - w->lo]);
        else
            merkle_leaf(w->p->entries[i - w->p->start], &w->leaves[i - w->lo]);
    }
    return err;
}

static enum err path_lay(struct known *w)
{
    struct node at = {0, w->p->tree_size, {{0}}};
    w->depth = 0;
    w->path[0] = at;
    while (at.lo != w->lo || at.hi != w->hi) {
        if (at.hi - at.lo < 2 || w->depth == w->p->proof.count)
            return ERR_PROOF;
        uint64_t middle = at.lo + split_of(at.hi - at.lo);
        bool left = w->hi <= middle;
        w->siblings[w->depth] = (struct node){left ? middle : at.lo, left ? at.hi : middle, {{0}}};
        at = (struct node){left ? at.lo : middle, left ? middle : at.hi, {{0}}};
        w->path[++w->depth] = at;
    }
    return w->depth == w->p->proof.count ? OK : ERR_PROOF;
}

static void path_hash(struct known *w)
{
    merkle_root(w->leaves, w->hi - w->lo, &w->path[w->depth].hash);
    for (unsigned d = w->depth; d > 0; d--) {
        struct node *sibling = &w->siblings[d - 1];
        sibling->hash = w->p->proof.hashes[w->depth - d];
        const struct hash *a = &sibling->hash, *b = &w->path[d].hash;
        if (sibling->lo > w->path[d].lo)
            merkle_node(b, a, &w->path[d - 1].hash);
        else
            merkle_node(a, b, &w->path[d - 1].hash);
    }
}

static enum err node_hash(const struct known *w, uint64_t lo, uint64_t hi, struct hash *out)
{
    if (hi <= w->log->frontier.size) {
        struct log_hashes state = {w->txn, w->log->no};
        struct hash_reader r = log_hash_reader(&state);
        return merkle_subtree_root(&r, lo, hi, out);
    }
    if (lo >= w->lo && hi <= w->hi) {
        merkle_root(w->leaves + (lo - w->lo), hi - lo, out);
        return OK;
    }
    for (unsigned d = 0; d <= w->depth; d++) {
        if (w->path[d].lo == lo && w->path[d].hi == hi) {
            *out = w->path[d].hash;
            return OK;
        }
        if (d < w->depth && w->siblings[d].lo == lo && w->siblings[d].hi == hi) {
            *out = w->siblings[d].hash;
            return OK;
        }
    }
    return ERR_PROOF;
}

static void proof_reverse(struct proof *p)
{
    for (unsigned i = 0; i < p->count / 2; i++) {
        struct hash swap = p->hashes[i];
        p->hashes[i] = p->hashes[p->count - 1 - i];
        p->hashes[p->count - 1 - i] = swap;
    }
}

/* RFC 6962 §2.1.2, SUBPROOF(m, D[n], b) from the root down. */
static enum err subproof(const struct known *w, struct proof *out)
{
    uint64_t lo = 0, hi = w->p->tree_size;
    const uint64_t held = w->log->frontier.size;
    enum err err = OK;
    out->count = 0;
    while (err == OK && held != hi && out->count < PROOF_MAX_HASHES) {
        uint64_t middle = lo + split_of(hi - lo);
        bool left = held <= middle;
        err = node_hash(w, left ? middle : lo, left ? hi : middle, &out->hashes[out->count++]);
        lo = left ? lo : middle;
        hi = left ? middle : hi;
    }
    if (err == OK && lo > 0)
        err = out->count < PROOF_MAX_HASHES ? node_hash(w, lo, hi, &out->hashes[out->count++])
                                            : ERR_PROOF;
    proof_reverse(out);
    return err;
}

enum err overlap_consistency(struct txn *t, const struct log *log, const struct package *p,
                             struct proof *out)
{
    struct known *w = malloc(sizeof *w);
    if (w == NULL)
        return ERR_NOMEM;
    w->txn = t;
    w->log = log;
    w->p = p;
    w->lo = p->start - p->start % PACKAGE_ENTRIES;
    w->hi = p->start + p->count;
    enum err err = leaves_take(w);
    if (err == OK)
        err = path_lay(w);
    if (err == OK) {
        path_hash(w);
        err = subproof(w, out);
    }
    free(w);
    return err;
}
