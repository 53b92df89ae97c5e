#include "net/bundle_cosigned.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"

struct gathering {
    struct ledger *l;
    bundle_cosigned_put *put;
    void *ctx;
    struct message message;
    struct buffer notes;
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

enum err bundle_cosigned_all(struct ledger *l, const struct since *since,
                             bundle_cosigned_put *put, void *ctx)
{
    struct cosign_cursor cursor = {.started = false};
    struct cosign_row row, last;
    struct gathering *g;
    enum err err = start(&g, l, put, ctx);
    if (err != OK)
        return err;
    for (;;) {
        struct txn *t = ledger_txn(l);
        err = t == NULL ? ERR_IO : cosign_row_next(t, &cursor, &row);
        if (err == OK)
            err = cosign_row_last(t, row.log, row.cosigner, &last);
        if (err != OK)
            break;
        if (covered(l, &row) && (row.size > since_size(since, row.log) || row.size == last.size))
            err = add(g, &row);
        if (err != OK)
            break;
    }
    return end(g, err == ERR_NOTFOUND ? OK : err);
}

enum err bundle_cosigned_of(struct ledger *l, const struct position *at, size_t count,
                            bundle_cosigned_put *put, void *ctx)
{
    struct gathering *g;
    enum err err = start(&g, l, put, ctx);
    if (err != OK)
        return err;
    for (unsigned no = 0; err == OK && ledger_log_at(l, no) != NULL; no++) {
        struct cosign_row row = {.size = 0};
        for (size_t i = 0; err == OK && i < count; i++) {
            struct txn *t = ledger_txn(l);
            if (row.size > at[i].index && row.log.v == at[i].log.v)
                continue;
            err = t == NULL ? ERR_IO : cosign_row_above(t, at[i].log, (struct log_no){no},
                                                        at[i].index, &row);
            if (err == OK && covered(l, &row))
                err = add(g, &row);
            err = err == ERR_NOTFOUND ? OK : err;
        }
    }
    return end(g, err);
}
