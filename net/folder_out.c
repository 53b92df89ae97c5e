#include "net/folder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/bundle_since.h"

static void maker_end(struct folder *f)
{
    bundle_end(f->out.maker);
    f->out.maker = NULL;
}

void folder_out_clear(struct folder *f)
{
    maker_end(f);
    courier_release(f->out.courier);
    f->out.courier = NULL;
    buffer_clear(&f->out.heads);
}

static bool answered(const struct folder *f)
{
    return f->in.path[0] != '\0' && !f->in.shared;
}

/* Whether a log holds more than the heads in that file say; *known: there is such a file. One that
 * cannot be used, as heads of another past, is dropped: what follows is written whole. */
static bool news_since(struct folder *f, const char *path, bool *known)
{
    struct since since;
    const struct log *log;
    bool news = false;
    enum err err = since_read(f->l, path, &since);
    *known = err == OK;
    if (err != OK) {
        if (err != ERR_NOTFOUND)
            unlink(path);
        return true;
    }
    for (unsigned i = 0; !news && (log = ledger_log_at(f->l, i)) != NULL; i++)
        news = log->head_size > 0 && log->head_size <= log->frontier.size &&
               log->head_size > since_size(&since, log->no);
    since_clear(&since);
    return news;
}

static uint64_t again_read(const struct folder *f)
{
    struct buffer text = {0};
    uint64_t at = 0;
    if (file_read(f->again, 32, &text) == OK && buffer_put_u8(&text, 0) == OK)
        at = strtoull((const char *)text.data, NULL, 10);
    buffer_clear(&text);
    return at;
}

static enum err again_write(const struct folder *f, uint64_t now_s)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%llu\n", (unsigned long long)now_s);
    return file_replace(f->again, span_of(text, (size_t)len), 0600);
}

/* Our own bundles in the folder. */
struct lying { unsigned files; uint64_t bytes, first_bytes, newest_s; };

static void lying_count(const struct folder *f, struct lying *out)
{
    const struct folder_list *list = courier_listed(f->out.courier);
    uint64_t time_s;
    *out = (struct lying){0};
    for (unsigned i = 0; i < list->count; i++) {
        if (!folder_name_of(list->names[i].name, f->member, &time_s))
            continue;
        out->first_bytes = out->files++ == 0 ? list->names[i].bytes : out->first_bytes;
        out->bytes += list->names[i].bytes;
        out->newest_s = time_s > out->newest_s ? time_s : out->newest_s;
    }
}

static bool again_due(const struct folder *f)
{
    return f->again_s > 0 && f->io.unix_s(f->io.ctx) >= again_read(f) + f->again_s;
}

/* Which heads the next bundle begins at, "" where it is whole; false: nothing is to be written. */
static bool base_choose(struct folder *f, const struct lying *lying, const char **base)
{
    bool written, acked = false;
    bool fresh = news_since(f, f->written, &written);
    bool open = answered(f) ? news_since(f, f->acked, &acked) : true;
    bool again = open && again_due(f);
    bool many = lying->files >= FOLDER_OUT_FILES ||
                lying->bytes > FOLDER_OUT_BYTES + 2 * lying->first_bytes;
    if (answered(f))
        *base = acked ? f->acked : "";
    else
        *base = written && !again && !many ? f->written : "";
    return fresh || again || f->out.cosigning != f->out.cosigned;
}

static void name_choose(struct folder *f, const struct lying *lying)
{
    struct folder_out *o = &f->out;
    const uint64_t now_s = f->io.unix_s(f->io.ctx);
    const uint64_t last_s = lying->newest_s > o->name_s ? lying->newest_s : o->name_s;
    o->name_s = now_s > last_s ? now_s : last_s + 1;
    o->job = (struct courier_job){.work = COURIER_WRITE};
    snprintf(o->job.name, sizeof o->job.name, "%s-%010llu" FOLDER_SUFFIX, f->member,
             (unsigned long long)o->name_s);
}

static enum err frame_put(void *ctx, struct span frame)
{
    return courier_put(ctx, frame);
}

/* The folder was listed: begins a bundle if there is something to be written. */
static enum err out_begin(struct folder *f)
{
    struct folder_out *o = &f->out;
    struct lying lying;
    const char *base;
    lying_count(f, &lying);
    o->looked = folder_held(f);
    o->cosigning = folder_cosigned(f);
    if (!base_choose(f, &lying, &base))
        return OK;
    name_choose(f, &lying);
    snprintf(o->since, sizeof o->since, "%s", base);
    o->what = (struct bundle_selection){.since_path = base[0] == '\0' ? NULL : o->since,
                                        .parts = true};
    buffer_reset(&o->heads);
    enum err err = bundle_heads(f->l, &o->heads);
    if (err == OK)
        err = bundle_begin(&o->maker, f->l, &(struct bundle_sink){o->courier, frame_put},
                           &o->what);
    if (err == OK)
        folder_ask(o->courier, &o->waits_for, &o->job);
    return err;
}

/* What a whole one makes needless, or one that holds all that is not acknowledged: those before. */
static bool replaces(const struct folder *f)
{
    return f->out.what.since_path == NULL || answered(f);
}

/* One message of the bundle, when the courier is not behind. */
static enum err out_make(struct folder *f, bool *more)
{
    struct folder_out *o = &f->out;
    bool done;
    if (!courier_room(o->courier))
        return OK;
    enum err err = bundle_step(o->maker, &done);
    *more = true;
    if (err == OK && done) {
        maker_end(f);
        o->replaces = replaces(f);
        courier_finish(o->courier, o->replaces);
    }
    return err;
}

/* Whether it goes on from what one member had acknowledged, and another has come meanwhile: what is
 * written next cannot go on from it. */
static bool out_overtaken(const struct folder *f)
{
    return !answered(f) && strcmp(f->out.since, f->acked) == 0;
}

static enum err out_keep(struct folder *f)
{
    struct folder_out *o = &f->out;
    if (out_overtaken(f)) {
        o->looked = 0;
        return OK;
    }
    enum err err = file_replace(f->written, buffer_span(&o->heads), 0600);
    if (err == OK && o->replaces)
        err = again_write(f, f->io.unix_s(f->io.ctx));
    if (err == OK)
        o->cosigned = o->cosigning;
    return err;
}

static enum err out_end(struct folder *f)
{
    struct folder_out *o = &f->out;
    char path[HOME_PATH_BYTES];
    enum err err = out_keep(f);
    if (err == OK)
        err = home_path(path, sizeof path, o->path, o->job.name);
    if (err == OK)
        f->io.event(f->io.ctx, &(struct folder_event){.name = "folder-wrote", .path = path});
    return err;
}

/* ---- turns ---- */

static void out_failed(struct folder *f, enum err err, uint64_t now_ms)
{
    struct folder_out *o = &f->out;
    maker_end(f);
    folder_ask(o->courier, &o->waits_for, &(struct courier_job){.work = COURIER_NOTHING});
    o->looked = 0;
    o->look_ms = now_ms + FOLDER_PAUSE_MS;
    folder_tell(f, &o->told, o->path, err);
}

/* The courier has ended what it was asked for. */
static enum err out_ended(struct folder *f, enum courier_work work)
{
    if (work == COURIER_LIST)
        return out_begin(f);
    enum err err = out_end(f);
    if (err == OK)
        folder_tell(f, &f->out.told, f->out.path, OK);
    return err;
}

/* News wait for FOLDER_SETTLE_MS, and for the turn of the next bundle. */
static void out_look(struct folder *f, uint64_t now_ms)
{
    struct folder_out *o = &f->out;
    if (now_ms < o->look_ms)
        return;
    const bool news = folder_held(f) != o->looked;
    if (news && !o->noticed) {
        o->noticed = true;
        o->look_ms = now_ms + FOLDER_SETTLE_MS;
        return;
    }
    o->noticed = false;
    o->look_ms = now_ms + (uint64_t)f->every_s * 1000;
    if (news || again_due(f))
        folder_ask(o->courier, &o->waits_for, &(struct courier_job){.work = COURIER_LIST});
}

void folder_out_step(struct folder *f, uint64_t now_ms, bool *more)
{
    struct folder_out *o = &f->out;
    const enum courier_work work = o->waits_for;
    enum err err = OK;
    if (work == COURIER_NOTHING)
        out_look(f, now_ms);
    else if (folder_ended(o->courier, &o->waits_for, &err))
        err = err == OK ? out_ended(f, work) : err;
    else if (o->maker != NULL)
        err = out_make(f, more);
    if (err != OK)
        out_failed(f, err, now_ms);
}
