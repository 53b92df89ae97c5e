#include "net/folder_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/bundle_since.h"

void folder_out_clear(struct folder *f)
{
    bundle_drop(f->out.maker);
    f->out.maker = NULL;
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

static enum err lying_count(const struct folder *f, struct lying *out)
{
    struct folder_list *list = malloc(sizeof *list);
    enum err err = list == NULL ? ERR_NOMEM : folder_list(f->out.path, list);
    uint64_t time_s;
    *out = (struct lying){0};
    for (unsigned i = 0; err == OK && i < list->count; i++) {
        if (!folder_name_of(list->names[i].name, f->member, &time_s))
            continue;
        out->first_bytes = out->files++ == 0 ? list->names[i].bytes : out->first_bytes;
        out->bytes += list->names[i].bytes;
        out->newest_s = time_s > out->newest_s ? time_s : out->newest_s;
    }
    free(list);
    return err;
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

static enum err out_begin(struct folder *f)
{
    struct folder_out *o = &f->out;
    struct lying lying;
    const char *base;
    const uint64_t held = folder_held(f);
    if (held == o->looked && !again_due(f))
        return OK;
    enum err err = lying_count(f, &lying);
    if (err != OK)
        return err;
    o->looked = held;
    o->cosigning = folder_cosigned(f);
    if (!base_choose(f, &lying, &base))
        return OK;
    const uint64_t now_s = f->io.unix_s(f->io.ctx);
    const uint64_t last_s = lying.newest_s > o->name_s ? lying.newest_s : o->name_s;
    char name[FOLDER_NAME_BYTES];
    o->name_s = now_s > last_s ? now_s : last_s + 1;
    snprintf(name, sizeof name, "%s-%010llu" FOLDER_SUFFIX, f->member,
             (unsigned long long)o->name_s);
    snprintf(o->since, sizeof o->since, "%s", base);
    o->what = (struct bundle_selection){.since_path = base[0] == '\0' ? NULL : o->since,
                                        .parts = true};
    buffer_reset(&o->heads);
    folder_sweep(o->path, f->member);
    err = home_path(o->file, sizeof o->file, o->path, name);
    if (err == OK)
        err = bundle_heads(f->l, &o->heads);
    return err == OK ? bundle_begin(&o->maker, f->l, o->file, &o->what) : err;
}

/* What the new one makes needless: all before it, unless it goes on where they end. */
static void out_replace(const struct folder *f)
{
    struct folder_list *list = malloc(sizeof *list);
    if (list != NULL && folder_list(f->out.path, list) == OK) {
        for (unsigned i = 0; i < list->count; i++) {
            char path[HOME_PATH_BYTES];
            uint64_t time_s;
            if (folder_name_of(list->names[i].name, f->member, &time_s) &&
                time_s < f->out.name_s &&
                home_path(path, sizeof path, f->out.path, list->names[i].name) == OK)
                unlink(path);
        }
    }
    free(list);
}

static enum err out_end(struct folder *f)
{
    struct folder_out *o = &f->out;
    enum err err = bundle_end(o->maker);
    o->maker = NULL;
    bool whole = o->what.since_path == NULL;
    if (err == OK)
        err = folder_share(o->path, o->file);
    if (err == OK && (whole || answered(f)))
        out_replace(f);
    if (err == OK)
        err = file_replace(f->written, buffer_span(&o->heads), 0600);
    if (err == OK && (whole || answered(f)))
        err = again_write(f, f->io.unix_s(f->io.ctx));
    if (err == OK)
        o->cosigned = o->cosigning;
    if (err == OK)
        f->io.event(f->io.ctx, &(struct folder_event){.name = "folder-wrote", .path = o->file});
    return err;
}

void folder_out_step(struct folder *f, uint64_t now_ms, bool *more)
{
    struct folder_out *o = &f->out;
    bool done = false;
    enum err err = OK;
    if (o->maker != NULL) {
        err = bundle_step(o->maker, &done);
        if (err == OK && done)
            err = out_end(f);
    } else if (now_ms >= o->look_ms && !o->noticed && folder_held(f) != o->looked) {
        o->noticed = true;
        o->look_ms = now_ms + FOLDER_SETTLE_MS;
        return;
    } else if (now_ms >= o->look_ms) {
        o->noticed = false;
        o->look_ms = now_ms + (uint64_t)f->every_s * 1000;
        err = out_begin(f);
    } else {
        return;
    }
    if (err != OK) {
        folder_out_clear(f);
        o->looked = 0;
        o->look_ms = now_ms + FOLDER_PAUSE_MS;
    }
    if (err != OK || done)
        folder_tell(f, &o->told, o->path, err);
    *more |= o->maker != NULL;
}
