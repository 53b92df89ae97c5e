#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/parts.h"
#include "net/bundle.h"
#include "net/bundle_cosigned.h"
#include "net/bundle_file.h"
#include "net/bundle_since.h"

enum phase { PUT_HEADS, PUT_LOGS, PUT_CASE, PUT_COSIGNED, PUT_PARTS, PUT_NOTHING };
enum { PARTS_SLICE = 256 };        /* entries looked through for parts in one step */

struct bundle_maker {
    struct ledger *l;
    const struct bundle_selection *what;
    enum phase phase;
    unsigned log;                  /* being put, and from where */
    uint64_t from;
    struct bundle_sink sink;
    struct since since;
    struct cosign_cursor cosigned;
    unsigned part;                 /* of the entry whose parts are being put */
    struct position *at;           /* of the case's entries, in order of log and index */
    size_t at_count;
    struct message message;
    struct buffer out;
};

static bool log_whole(const struct log *log)
{
    return log->head_size > 0 && log->head_size <= log->frontier.size;
}

static enum err frame_put(struct bundle_maker *mk, const struct message *m)
{
    buffer_reset(&mk->out);
    enum err err = message_encode(m, &mk->out);
    return err == OK ? mk->sink.put(mk->sink.ctx, buffer_span(&mk->out)) : err;
}

static enum err head_put(struct bundle_maker *mk)
{
    char path[HOME_PATH_BYTES];
    struct buffer genesis = {0};
    struct message *m = &mk->message;
    *m = (struct message){.type = MSG_BUNDLE};
    if (mk->what->since_path != NULL)
        m->u.bundle.flags |= BUNDLE_SINCE;
    if (mk->what->parts)
        m->u.bundle.flags |= BUNDLE_PARTS;
    if (mk->what->case_id != NULL) {
        m->u.bundle.flags |= BUNDLE_ONE_CASE;
        m->u.bundle.case_id = *mk->what->case_id;
    }
    enum err err = home_path(path, sizeof path, ledger_home(mk->l), "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &genesis);
    m->u.bundle.genesis = buffer_span(&genesis);
    if (err == OK)
        err = frame_put(mk, m);
    buffer_clear(&genesis);
    return err;
}

static enum err heads_put(struct bundle_maker *mk)
{
    const struct log *log = NULL;
    struct message *m = &mk->message;
    struct txn *t = ledger_txn(mk->l);
    enum err err = t == NULL ? ERR_IO : OK;
    unsigned i = 0;
    do {
        *m = (struct message){.type = MSG_HEADS};
        for (; err == OK && m->u.heads.count < MESSAGE_MAX_HEADS &&
               (log = ledger_log_at(mk->l, i)) != NULL; i++) {
            if (log_whole(log))
                err = log_head(t, log->no, &m->u.heads.notes[m->u.heads.count++]);
        }
        m->u.heads.complete = log == NULL;
        if (err == OK)
            err = frame_put(mk, m);
    } while (err == OK && log != NULL);
    return err;
}

/* One PACKAGES message from `from`, and where the next one begins. */
static enum err packages_put(struct bundle_maker *mk, const struct log *log, uint64_t *from,
                             unsigned packages)
{
    struct txn *t = ledger_txn(mk->l);
    buffer_reset(&mk->out);
    enum err err = t == NULL ? ERR_IO : message_packages_build(t, log, 0, *from, packages,
                                                               &mk->out, from);
    return err == OK ? mk->sink.put(mk->sink.ctx, buffer_span(&mk->out)) : err;
}

static void phase_enter(struct bundle_maker *mk, enum phase phase)
{
    mk->phase = phase;
    mk->log = 0;
    mk->from = since_size(&mk->since, (struct log_no){0});
}

static void log_next(struct bundle_maker *mk)
{
    mk->log++;
    mk->from = since_size(&mk->since, (struct log_no){mk->log});
}

/* One message; with one case the convenor's log alone is put here. */
static enum err logs_step(struct bundle_maker *mk)
{
    const struct log *log = ledger_log_at(mk->l, mk->log);
    if (log == NULL || (mk->log > 0 && mk->what->case_id != NULL))
        phase_enter(mk, mk->what->case_id != NULL ? PUT_CASE : PUT_COSIGNED);
    else if (log_whole(log) && mk->from < log->head_size)
        return packages_put(mk, log, &mk->from, MESSAGE_MAX_PACKAGES);
    else
        log_next(mk);
    return OK;
}

/* ---- one case ---- */

static int position_order(const void *a, const void *b)
{
    const struct position *x = a, *y = b;
    if (x->log.v != y->log.v)
        return x->log.v < y->log.v ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static enum err case_load(struct bundle_maker *mk)
{
    size_t count = 0;
    enum err err = ledger_case_entries(mk->l, mk->what->case_id, NULL, 0, &count);
    if (err != ERR_TOO_LARGE)
        return err == OK ? ERR_NOTFOUND : err;
    mk->at = malloc(count * sizeof *mk->at);
    if (mk->at == NULL)
        return ERR_NOMEM;
    err = ledger_case_entries(mk->l, mk->what->case_id, mk->at, count, &mk->at_count);
    if (err == OK)
        qsort(mk->at, mk->at_count, sizeof *mk->at, position_order);
    return err;
}

/* Every package that holds an entry of the case; the convenor's log went in whole. */
static enum err case_put(struct bundle_maker *mk)
{
    enum err err = OK;
    uint64_t done = 0;
    for (size_t i = 0; err == OK && i < mk->at_count; i++) {
        const struct position at = mk->at[i];
        if (i == 0 || mk->at[i - 1].log.v != at.log.v)
            done = 0;
        const struct log *log = ledger_log_at(mk->l, at.log.v);
        if (at.log.v == 0 || at.index < done || log == NULL || !log_whole(log))
            continue;
        uint64_t from = at.index - at.index % PACKAGE_ENTRIES;
        err = packages_put(mk, log, &from, 1);
        done = from;
    }
    return err;
}

/* ---- parts: those held here, sealed ones for their readers of now ---- */

static enum err part_put(struct bundle_maker *mk, const struct part_place *at)
{
    struct buffer whole = {0};
    enum err err = ledger_part_carry(mk->l, at, (struct member_no){MEMBER_NONE}, &whole);
    for (size_t from = 0; err == OK && from < whole.len; from += PART_CHUNK_BYTES) {
        size_t left = whole.len - from, len = left < PART_CHUNK_BYTES ? left : PART_CHUNK_BYTES;
        struct message *m = &mk->message;
        *m = (struct message){.type = MSG_PART, .u.part = {.commitment = at->ref->commitment}};
        m->u.part.offset = (uint32_t)from;
        m->u.part.total = (uint32_t)whole.len;
        m->u.part.bytes = span_of(whole.data + from, len);
        err = frame_put(mk, m);
    }
    buffer_clear(&whole);
    return err == ERR_KEY || err == ERR_CORRUPT ? OK : err;
}

/* The next part of an entry, from the one numbered mk->part on; *more: there was one. */
static enum err entry_part_put(struct bundle_maker *mk, struct position at, bool *more)
{
    struct span bytes;
    struct entry e;
    struct txn *t = ledger_txn(mk->l);
    enum err err = t == NULL ? ERR_IO : log_read(t, at.log, at.index, &bytes);
    *more = false;
    if (err == OK && entry_decode(&e, bytes) == OK) {
        while (mk->part < e.part_count && !*more)
            *more = part_held(ledger_home(mk->l), &e.parts[mk->part++].commitment);
        if (*more)
            return part_put(mk, &(struct part_place){&e, &e.parts[mk->part - 1]});
    }
    mk->part = 0;
    return err;
}

static enum err case_parts_put(struct bundle_maker *mk)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < mk->at_count; i++) {
        bool more = true;
        while (err == OK && more)
            err = entry_part_put(mk, mk->at[i], &more);
    }
    return err;
}

/* One part, or a look through a slice of entries without any. */
static enum err parts_step(struct bundle_maker *mk)
{
    const struct log *log = ledger_log_at(mk->l, mk->log);
    enum err err = OK;
    bool put = false;
    if (log == NULL)
        mk->phase = PUT_NOTHING;
    for (unsigned i = 0; err == OK && log != NULL && !put && i < PARTS_SLICE; i++) {
        if (!log_whole(log) || mk->from >= log->head_size) {
            log_next(mk);
            break;
        }
        err = entry_part_put(mk, (struct position){log->no, mk->from}, &put);
        mk->from += !put;
    }
    return err;
}

/* ---- the whole ---- */

static enum err cosigned_put(void *ctx, const struct message *m)
{
    return frame_put(ctx, m);
}

/* What belongs to one case is little, and put at once. */
static enum err case_step(struct bundle_maker *mk)
{
    enum err err = case_put(mk);
    if (err == OK)
        err = bundle_cosigned_proofs(mk->l, mk->at, mk->at_count, cosigned_put, mk);
    if (err == OK)
        err = bundle_cosigned_of(mk->l, mk->at, mk->at_count, cosigned_put, mk);
    if (err == OK && mk->what->parts)
        err = case_parts_put(mk);
    phase_enter(mk, PUT_NOTHING);
    return err;
}

static enum err cosigned_step(struct bundle_maker *mk)
{
    bool done;
    enum err err = bundle_cosigned_some(mk->l, &mk->since, &mk->cosigned, &done, cosigned_put,
                                        mk);
    if (err == OK && done)
        phase_enter(mk, mk->what->parts ? PUT_PARTS : PUT_NOTHING);
    return err;
}

enum err bundle_begin(struct bundle_maker **out, struct ledger *l,
                      const struct bundle_sink *sink, const struct bundle_selection *what)
{
    struct bundle_maker *mk = calloc(1, sizeof *mk);
    if (mk == NULL)
        return ERR_NOMEM;
    *mk = (struct bundle_maker){.l = l, .sink = *sink, .what = what};
    enum err err = OK;
    if (what->since_path != NULL)
        err = since_read(l, what->since_path, &mk->since);
    if (err == OK && what->case_id != NULL)
        err = case_load(mk);
    if (err == OK)
        *out = mk;
    else
        bundle_end(mk);
    return err;
}

enum err bundle_step(struct bundle_maker *mk, bool *done)
{
    enum err err = OK;
    switch (mk->phase) {
    case PUT_HEADS:
        err = head_put(mk);
        if (err == OK)
            err = heads_put(mk);
        phase_enter(mk, PUT_LOGS);
        break;
    case PUT_LOGS:
        err = logs_step(mk);
        break;
    case PUT_CASE:
        err = case_step(mk);
        break;
    case PUT_COSIGNED:
        err = cosigned_step(mk);
        break;
    case PUT_PARTS:
        err = parts_step(mk);
        break;
    case PUT_NOTHING:
        break;
    }
    *done = err == OK && mk->phase == PUT_NOTHING;
    return err;
}

void bundle_end(struct bundle_maker *mk)
{
    if (mk == NULL)
        return;
    since_clear(&mk->since);
    buffer_clear(&mk->out);
    free(mk->at);
    free(mk);
}

static enum err file_put(void *ctx, struct span frame)
{
    return bundle_file_put(ctx, frame);
}

enum err bundle_create(struct ledger *l, const char *path, const struct bundle_selection *what)
{
    struct bundle_maker *mk;
    struct bundle_file file;
    bool done = false;
    enum err err = bundle_begin(&mk, l, &(struct bundle_sink){&file, file_put}, what);
    if (err != OK)
        return err;
    err = bundle_file_open(&file, path);
    if (err != OK) {
        bundle_end(mk);
        return err;
    }
    while (err == OK && !done)
        err = bundle_step(mk, &done);
    bundle_end(mk);
    if (err == OK)
        return bundle_file_close(&file);
    bundle_file_drop(&file);
    return err;
}
