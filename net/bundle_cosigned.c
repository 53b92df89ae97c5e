#include "net/bundle_cosigned.h"

#include <stdlib.h>
#include <string.h>

#include "net/proven.h"

enum { ROWS_SLICE = 4096 };        /* looked at for one message */

struct gathering {
    struct ledger *l;
    bundle_cosigned_put *put;
    void *ctx;
    struct message message;
    struct buffer notes;
    bool flushed;
    unsigned count;
    size_t ends[MESSAGE_MAX_COSIGNED];
};

static enum err flush(struct gathering *g)
{
    struct message *m = &g->message;
    if (g->count == 0)
        return OK;
    *m = (struct message){.type = MSG_COSIGN, .u.cosign = {.count = g->count}};
    for (unsigned i = 0; i < g->count; i++) {
        size_t from = i == 0 ? 0 : g->ends[i - 1];
        m->u.cosign.notes[i] = span_of(g->notes.data + from, g->ends[i] - from);
    }
    g->count = 0;
    g->flushed = true;
    enum err err = g->put(g->ctx, m);
    buffer_reset(&g->notes);
    return err;
}

static enum err add(struct gathering *g, const struct cosign_row *row)
{
    struct cosigned c;
    enum err err = ledger_cosigned(g->l, row, &c);
    if (err == OK)
        err = cosigned_encode(&c, &g->notes);
    if (err != OK)
        return err;
    g->ends[g->count++] = g->notes.len;
    return g->count == MESSAGE_MAX_COSIGNED ? flush(g) : OK;
}

static enum err start(struct gathering **out, struct ledger *l, bundle_cosigned_put *put,
                      void *ctx)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return ERR_NOMEM;
    **out = (struct gathering){.l = l, .put = put, .ctx = ctx};
    return OK;
}

static enum err end(struct gathering *g, enum err err)
{
    if (err == OK)
        err = flush(g);
    buffer_clear(&g->notes);
    free(g);
    return err;
}

/* A log still being fetched is left out of the file, and so is what covers it. */
static bool covered(struct ledger *l, const struct cosign_row *row)
{
    const struct log *log = ledger_log_at(l, row->log.v);
    return log != NULL && log->head_size <= log->frontier.size && row->size <= log->head_size;
}

/* ERR_NOTFOUND: no more rows. */
static enum err row_look(struct gathering *g, const struct since *since, struct cosign_cursor *at)
{
    struct cosign_row row, last;
    struct txn *t = ledger_txn(g->l);
    enum err err = t == NULL ? ERR_IO : cosign_row_next(t, at, &row);
    if (err != OK)
        return err;
    err = cosign_row_last(t, row.log, row.cosigner, &last);
    if (err == OK && covered(g->l, &row) &&
        (row.size > since_size(since, row.log) || row.size == last.size))
        err = add(g, &row);
    return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
}

enum err bundle_cosigned_some(struct ledger *l, const struct since *since,
                              struct cosign_cursor *at, bool *done, bundle_cosigned_put *put,
                              void *ctx)
{
    struct gathering *g;
    enum err err = start(&g, l, put, ctx);
    if (err != OK)
        return err;
    for (unsigned i = 0; err == OK && !g->flushed && i < ROWS_SLICE; i++)
        err = row_look(g, since, at);
    *done = err == ERR_NOTFOUND;
    return end(g, *done ? OK : err);
}

/* ---- of one case ---- */

struct of_case { struct ledger *l; const struct position *at; size_t count; };
typedef enum err row_visit(void *ctx, const struct cosign_row *row);

/* The first row of each cosigner that covers each entry; one that covers several comes once. */
static enum err rows_visit(const struct of_case *of, row_visit *visit, void *ctx)
{
    enum err err = OK;
    for (unsigned no = 0; err == OK && ledger_log_at(of->l, no) != NULL; no++) {
        struct cosign_row row = {.size = 0};
        for (size_t i = 0; err == OK && i < of->count; i++) {
            struct txn *t = ledger_txn(of->l);
            if (row.size > of->at[i].index && row.log.v == of->at[i].log.v)
                continue;
            err = t == NULL ? ERR_IO : cosign_row_above(t, of->at[i].log, (struct log_no){no},
                                                        of->at[i].index, &row);
            if (err == OK && covered(of->l, &row))
                err = visit(ctx, &row);
            err = err == ERR_NOTFOUND ? OK : err;
        }
    }
    return err;
}

static enum err row_add(void *ctx, const struct cosign_row *row)
{
    return add(ctx, row);
}

enum err bundle_cosigned_of(struct ledger *l, const struct position *at, size_t count,
                            bundle_cosigned_put *put, void *ctx)
{
    const struct of_case of = {l, at, count};
    struct gathering *g;
    enum err err = start(&g, l, put, ctx);
    return err == OK ? end(g, rows_visit(&of, row_add, g)) : err;
}

/* ---- what proves those of one case ---- */

struct proving {
    struct ledger *l;
    bundle_cosigned_put *put;
    void *ctx;
    struct message message;
    struct buffer body;
    struct proven_list proven;
    struct position *sizes;            /* cosigned sizes of logs, `index` entries each */
    size_t size_count, size_cap;
};

/* The convenor's log is in the file whole, and so are its admissions and its trees. */
static bool whole(struct log_no log)
{
    return log.v == 0;
}

static enum err size_keep(struct proving *p, const struct cosign_row *row)
{
    if (whole(row->log) || row->size == ledger_log_at(p->l, row->log.v)->head_size)
        return OK;
    if (p->size_count == p->size_cap) {
        size_t cap = p->size_cap == 0 ? 64 : 2 * p->size_cap;
        struct position *grown = realloc(p->sizes, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        p->sizes = grown;
        p->size_cap = cap;
    }
    p->sizes[p->size_count++] = (struct position){row->log, row->size};
    return OK;
}

/* Whose certificate cannot be shown stays unproven: the file is good for all else. */
static enum err row_need(void *ctx, const struct cosign_row *row)
{
    struct proving *p = ctx;
    const struct log *by = ledger_log_at(p->l, row->cosigner.v);
    const struct member *m = by == NULL ? NULL : roster_by_log(ledger_roster(p->l), by->member);
    enum err err = m == NULL ? ERR_NOTFOUND
                             : proven_need_certificate(&p->proven, m->no, row->certificate);
    if (err == ERR_TOO_LARGE || err == ERR_UNKNOWN_MEMBER || err == ERR_NOTFOUND)
        err = OK;
    return err == OK ? size_keep(p, row) : err;
}

static int position_order(const void *a, const void *b)
{
    const struct position *x = a, *y = b;
    if (x->log.v != y->log.v)
        return x->log.v < y->log.v ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* In the order of each log: what an entry rests on stands before it there. */
static enum err proven_put(struct proving *p)
{
    enum err err = OK;
    struct proven_list *list = &p->proven;
    qsort(list->at, list->count, sizeof list->at[0], position_order);
    for (unsigned i = 0; err == OK && i < list->count; i++) {
        if (whole(list->at[i].log))
            continue;
        buffer_reset(&p->body);
        err = proven_encode(p->l, list->at[i], &p->body);
        p->message = (struct message){.type = MSG_PROVEN};
        p->message.u.proven.entry = buffer_span(&p->body);
        if (err == OK)
            err = p->put(p->ctx, &p->message);
        err = err == ERR_GAP || err == ERR_TOO_LARGE ? OK : err;
    }
    return err;
}

static enum err consistency_put(struct proving *p, const struct position *at)
{
    struct txn *t = ledger_txn(p->l);
    const struct log *log = ledger_log_at(p->l, at->log.v);
    struct log_hashes state = {t, at->log};
    const struct hash_reader hashes = log_hash_reader(&state);
    struct message *m = &p->message;
    *m = (struct message){.type = MSG_CONSISTENCY};
    m->u.consistency.log.epoch = log->epoch;
    memcpy(m->u.consistency.log.member, log->member, sizeof m->u.consistency.log.member);
    m->u.consistency.from = at->index;
    m->u.consistency.to = log->head_size;
    enum err err = t == NULL ? ERR_IO : merkle_consistency(&hashes, at->index, log->head_size,
                                                           &m->u.consistency.proof);
    return err == OK ? p->put(p->ctx, m) : err;
}

static enum err sizes_put(struct proving *p)
{
    enum err err = OK;
    if (p->size_count > 0)
        qsort(p->sizes, p->size_count, sizeof p->sizes[0], position_order);
    for (size_t i = 0; err == OK && i < p->size_count; i++)
        if (i == 0 || position_order(&p->sizes[i - 1], &p->sizes[i]) != 0)
            err = consistency_put(p, &p->sizes[i]);
    return err;
}

enum err bundle_cosigned_proofs(struct ledger *l, const struct position *at, size_t count,
                                bundle_cosigned_put *put, void *ctx)
{
    const struct of_case of = {l, at, count};
    struct proving *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ERR_NOMEM;
    p->l = p->proven.l = l;
    p->put = put;
    p->ctx = ctx;
    enum err err = rows_visit(&of, row_need, p);
    if (err == OK)
        err = proven_put(p);
    if (err == OK)
        err = sizes_put(p);
    buffer_clear(&p->body);
    free(p->sizes);
    free(p);
    return err;
}
