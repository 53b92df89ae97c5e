/* Cases with something to be settled, in the order of their ids, some thousand a step. While the
 * ledger thread writes those of one stretch, the cores fold those of the next; what they read
 * stands still meanwhile, for nothing but the stretch before is written. What was folded ahead of a
 * step is thrown away where anything else was written before it. */
#include <stdlib.h>

#include "ledger/settle.h"

enum { STEP_CASES = 4096, STEP_ROWS = 1 << 16 };

/* One case: its positions, then what its fold changes. */
struct piece {
    struct hash id;
    size_t from, count;                /* in stretch.at */
    struct refold refold;
    enum err err;
};

struct stretch {
    const struct ledger *l;
    struct piece pieces[STEP_CASES];
    size_t count;
    struct position *at;
    size_t at_count, at_cap;
    struct row_key next;               /* the case behind the last */
    bool last;
    struct job job;
    uint64_t writes;                   /* of the ledger, when it was folded */
};

void stretch_free(struct stretch *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->count; i++)
        refold_clear(&x->pieces[i].refold);
    free(x->at);
    free(x);
}

static enum err position_keep(struct stretch *x, struct position p)
{
    if (x->at_count == x->at_cap) {
        size_t cap = x->at_cap == 0 ? 16 * STEP_CASES : 2 * x->at_cap;
        struct position *grown = realloc(x->at, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        x->at = grown;
        x->at_cap = cap;
    }
    x->at[x->at_count++] = p;
    return OK;
}

/* The case gathered last stays when an entry of it is to be settled. */
static void piece_end(struct stretch *x, bool touched)
{
    if (x->count == 0 || touched)
        return;
    x->at_count = x->pieces[--x->count].from;
}

/* Cases with something to be settled, from where the last step ended. */
static enum err gather(struct stretch *x, struct runs_walk *w)
{
    struct row row, of = {{{0}}, 0};
    bool touched = false, any = false;
    enum err err;
    for (size_t rows = 0; (err = runs_walk_next(w, &row)) == OK; rows++) {
        const struct position p = row_position(row.at);
        const struct log_slot *slot = log_slot_at(x->l, p.log);
        if (slot == NULL)
            return ERR_CORRUPT;
        if (!any || !row_key_equal(&row.key, &of.key)) {
            if (any)
                piece_end(x, touched);
            if (x->count == STEP_CASES || rows >= STEP_ROWS)
                break;
            x->pieces[x->count] = (struct piece){.from = x->at_count};
            row_key_hash(&row.key, &x->pieces[x->count++].id);
            of = row;
            any = true;
            touched = false;
        }
        if (p.index >= settled_of(x->l, slot))
            continue;
        touched = touched || p.index >= slot->settled;
        err = position_keep(x, p);
        if (err != OK)
            return err;
    }
    x->last = err == ERR_NOTFOUND;
    if (x->last && any)
        piece_end(x, touched);
    x->next = row.key;
    for (size_t i = 0; i < x->count; i++)
        x->pieces[i].count = (i + 1 < x->count ? x->pieces[i + 1].from : x->at_count) -
                             x->pieces[i].from;
    return x->last ? OK : err;
}

static void fold_range(void *stretch, size_t from, size_t to)
{
    struct stretch *x = stretch;
    struct txn *t;
    enum err err = txn_read(x->l->store, &t);
    for (size_t i = from; i < to; i++) {
        struct piece *p = &x->pieces[i];
        p->err = err;
        if (p->err == OK)
            p->err = refold_init(&p->refold, x->l, t, &p->id, x->at + p->from, p->count,
                                 x->l->settle->folded);
    }
    if (err == OK)
        txn_abort(t);
}

/* Gathers the cases from `from` on and begins to fold them. */
static enum err stretch_begin(const struct ledger *l, const struct row_key *from,
                              struct stretch **out)
{
    struct runs_walk *w = NULL;
    struct txn *t;
    struct stretch *x = calloc(1, sizeof *x);
    if (x == NULL)
        return ERR_NOMEM;
    x->l = l;
    enum err err = txn_read(l->store, &t);
    if (err == OK) {
        err = runs_walk_open(t, RUNS_CASE, from, &w);
        if (err == OK)
            err = gather(x, w);
        runs_walk_close(w);
        txn_abort(t);
    }
    if (err != OK) {
        stretch_free(x);
        return err;
    }
    x->job = (struct job){.run = fold_range, .ctx = x, .count = x->count};
    job_begin(l, &x->job);
    *out = x;
    return OK;
}

static void stretch_finish(struct stretch *x)
{
    job_finish(x->l, &x->job);
    x->writes = x->l->writes;
}

static enum err pieces_put(struct settle *s, struct txn *t, const struct stretch *x)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < x->count; i++) {
        const struct piece *p = &x->pieces[i];
        err = p->err;
        if (err == OK)
            err = refold_put(t, &p->refold);
        if (err == OK && p->refold.circle < s->circle)
            s->circle = p->refold.circle;
    }
    return err;
}

static enum err stretch_write(struct ledger *l, const struct stretch *x)
{
    struct txn *t;
    if (x->count == 0)
        return OK;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    err = pieces_put(l->settle, t, x);
    if (err == OK)
        return txn_commit(t);
    txn_abort(t);
    return err;
}

enum err settle_cases(struct ledger *l, bool *last)
{
    struct settle *s = l->settle;
    struct stretch *now = s->ready, *after = NULL;
    enum err err = OK;
    s->ready = NULL;
    *last = false;
    if (now != NULL && now->writes != l->writes) {
        stretch_free(now);
        now = NULL;
    }
    if (now == NULL) {
        err = stretch_begin(l, &s->next, &now);
        if (err != OK)
            return err;
        stretch_finish(now);
    }
    if (!now->last)
        err = stretch_begin(l, &now->next, &after);
    if (err == OK)
        err = stretch_write(l, now);
    if (after != NULL)
        stretch_finish(after);
    if (err == OK) {
        s->next = now->next;
        s->ready = after;
        *last = now->last;
    } else {
        stretch_free(after);
    }
    stretch_free(now);
    return err;
}
