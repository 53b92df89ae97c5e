#include "net/folder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"

static enum err state_path(struct folder *f, const char *hex, const char *what, char *out)
{
    char name[64];
    snprintf(name, sizeof name, "folders/%.16s.%s", hex, what);
    return home_path(out, HOME_PATH_BYTES, ledger_home(f->l), name);
}

/* The two paths name the peer: another pair begins anew. */
static enum err state_open(struct folder *f)
{
    const struct span all[] = {span_of(f->out.path, strlen(f->out.path) + 1),
                               span_of(f->in.path, strlen(f->in.path) + 1)};
    char hex[2 * HASH_BYTES + 1], below[HOME_PATH_BYTES];
    struct hash hash;
    sha256_spans(all, 2, &hash);
    enum err err = hex_encode(hex, sizeof hex, span_of(hash.b, HASH_BYTES));
    if (err == OK)
        err = home_path(below, sizeof below, ledger_home(f->l), "folders");
    if (err == OK)
        err = folder_create(below, 0700);
    if (err == OK)
        err = state_path(f, hex, "written", f->written);
    if (err == OK)
        err = state_path(f, hex, "acked", f->acked);
    return err == OK ? state_path(f, hex, "again", f->again) : err;
}

enum err folder_open(struct folder **out, struct ledger *l, const struct folder_options *options,
                     const struct folder_io *io)
{
    struct folder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return ERR_NOMEM;
    f->l = l;
    f->io = *io;
    f->every_s = options->every_s;
    f->again_s = options->again_s;
    snprintf(f->member, sizeof f->member, "%s", options->member);
    snprintf(f->out.path, sizeof f->out.path, "%s", options->out);
    snprintf(f->in.path, sizeof f->in.path, "%s", options->in);
    enum err err = state_open(f);
    f->out.cosigned = folder_cosigned(f);
    if (err == OK && f->out.path[0] != '\0')
        err = courier_create(&f->out.courier, f->out.path, f->member);
    if (err == OK && f->in.path[0] != '\0')
        err = courier_create(&f->in.courier, f->in.path, f->member);
    if (err == OK)
        *out = f;
    else
        folder_close(f);
    return err;
}

void folder_close(struct folder *f)
{
    if (f == NULL)
        return;
    folder_out_clear(f);
    folder_in_clear(f);
    free(f);
}

uint64_t folder_cosigned(const struct folder *f)
{
    const struct log *log, *own = ledger_log(f->l, f->member, 0);
    struct txn *t = ledger_txn(f->l);
    uint64_t sum = 0;
    for (unsigned i = 0; t != NULL && own != NULL && (log = ledger_log_at(f->l, i)) != NULL; i++) {
        struct cosign_row row;
        if (cosign_row_last(t, log->no, own->no, &row) == OK)
            sum += row.size;
    }
    return sum;
}

uint64_t folder_held(const struct folder *f)
{
    const struct log *log;
    uint64_t sum = folder_cosigned(f);
    for (unsigned i = 0; (log = ledger_log_at(f->l, i)) != NULL; i++)
        sum += log->frontier.size + log->head_size;
    return sum;
}

void folder_tell(struct folder *f, enum err *told, const char *path, enum err err)
{
    if (err != OK && err != *told)
        f->io.event(f->io.ctx,
                    &(struct folder_event){.name = "folder-failed", .path = path, .err = err});
    *told = err;
}

void folder_ask(struct courier *c, enum courier_work *waits_for, const struct courier_job *job)
{
    *waits_for = job->work;
    courier_ask(c, job);
}

bool folder_ended(struct courier *c, enum courier_work *waits_for, enum err *err)
{
    if (!courier_ended(c, err))
        return false;
    *waits_for = COURIER_NOTHING;
    return true;
}

/* ---- how the two paths stand ---- */

struct courier *folder_courier(struct folder *f, enum folder_way way)
{
    return way == FOLDER_OUT ? f->out.courier : f->in.courier;
}

const char *folder_way_name(enum folder_way way)
{
    return way == FOLDER_OUT ? "out" : "in";
}

bool folder_look(struct folder *f, enum folder_way way, uint64_t now_ms, struct folder_state *out)
{
    struct courier *c = folder_courier(f, way);
    if (c == NULL)
        return false;
    const uint64_t silent_ms = courier_silent_ms(c, now_ms);
    *out = (struct folder_state){.way = way,
                                 .path = way == FOLDER_OUT ? f->out.path : f->in.path,
                                 .silent_ms = silent_ms < FOLDER_SILENT_MS ? 0 : silent_ms,
                                 .err = way == FOLDER_OUT ? f->out.told : f->in.told};
    return true;
}

static void silence_tell(struct folder *f, enum folder_way way, uint64_t now_ms)
{
    struct folder_state at;
    if (!folder_look(f, way, now_ms, &at) || (at.silent_ms > 0) == f->silent[way])
        return;
    f->silent[way] = at.silent_ms > 0;
    f->io.event(f->io.ctx,
                &(struct folder_event){.name = f->silent[way] ? "folder-silent" : "folder-answers",
                                       .path = at.path, .silent_ms = at.silent_ms});
}

enum err folder_step(struct folder *f, uint64_t now_ms, bool *more)
{
    *more = false;
    silence_tell(f, FOLDER_OUT, now_ms);
    silence_tell(f, FOLDER_IN, now_ms);
    enum err err = f->in.courier != NULL ? folder_in_step(f, now_ms, more) : OK;
    if (err == OK && f->out.courier != NULL)
        folder_out_step(f, now_ms, more);
    return err;
}
