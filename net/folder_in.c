#include "net/folder_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MIN_BYTES = 64 };      /* less is no bundle yet */

void folder_in_clear(struct folder *f)
{
    courier_release(f->in.courier);
    f->in.courier = NULL;
    buffer_clear(&f->in.frame);
    buffer_clear(&f->in.heads);
}

static void tell(struct folder *f, const char *name, const struct folder_file *file, enum err err)
{
    char path[HOME_PATH_BYTES];
    const struct bundle_result *r = &f->in.result;
    if (home_path(path, sizeof path, f->in.path, file->at.name) == OK)
        f->io.event(f->io.ctx, &(struct folder_event){.name = name, .path = path, .err = err,
                                                      .entries = r->entries, .parts = r->parts,
                                                      .cosignatures = r->cosignatures,
                                                      .skipped = r->skipped,
                                                      .bytes = file->at.bytes,
                                                      .member = r->forked});
}

/* ---- what lies there ---- */

static struct folder_file *file_find(struct folder_in *in, const char *name)
{
    for (unsigned i = 0; i < in->count; i++) {
        if (strcmp(in->files[i].at.name, name) == 0)
            return &in->files[i];
    }
    return NULL;
}

static bool unchanged(const struct folder_name *a, const struct folder_name *b)
{
    return a->bytes == b->bytes && a->changed_ns == b->changed_ns;
}

static void file_look(struct folder_in *in, const struct folder_name *at, uint64_t now_ms)
{
    struct folder_file *file = file_find(in, at->name);
    if (file == NULL && in->count == FOLDER_NAMES)
        return;
    if (file == NULL)
        file = &in->files[in->count++];
    else if (unchanged(&file->at, at)) {
        file->present = true;
        file->state = file->state == FILE_NEW ? FILE_STILL : file->state;
        return;
    }
    *file = (struct folder_file){.at = *at, .present = true, .since_ms = now_ms};
}

static void files_forget_gone(struct folder_in *in)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < in->count; i++) {
        if (in->files[i].present)
            in->files[kept++] = in->files[i];
    }
    in->count = kept;
}

static void files_look(struct folder *f, const struct folder_list *list, uint64_t now_ms)
{
    struct folder_in *in = &f->in;
    uint64_t time_s;
    for (unsigned i = 0; i < in->count; i++)
        in->files[i].present = false;
    for (unsigned i = 0; i < list->count; i++) {
        struct folder_file *file = file_find(in, list->names[i].name);
        if (file != NULL)
            file->present = true;
    }
    files_forget_gone(in);
    for (unsigned i = 0; i < list->count; i++) {
        if (!folder_name_of(list->names[i].name, f->member, &time_s))
            file_look(in, &list->names[i], now_ms);
    }
}

static void poll_end(struct folder *f, uint64_t now_ms)
{
    struct folder_in *in = &f->in;
    enum err err;
    if (!folder_ended(in->courier, &in->waits_for, &err))
        return;
    if (err == OK)
        files_look(f, courier_listed(in->courier), now_ms);
    in->poll_ms = now_ms + (err == OK ? FOLDER_POLL_MS : FOLDER_PAUSE_MS);
    if (err != OK || in->told == ERR_NOTFOUND || in->told == ERR_IO)
        folder_tell(f, &in->told, in->path, err);
}

static bool any_waits(const struct folder_in *in)
{
    for (unsigned i = 0; i < in->count; i++)
        if (in->files[i].state == FILE_WAITS)
            return true;
    return false;
}

/* The first in order of names that can be read now. */
static bool file_choose(struct folder *f, uint64_t now_ms, unsigned *out)
{
    const struct folder_in *in = &f->in;
    bool found = false;
    const uint64_t held = any_waits(in) ? folder_held(f) : 0;
    for (unsigned i = 0; i < in->count; i++) {
        const struct folder_file *file = &in->files[i];
        bool ready = file->state == FILE_STILL ||
                     (file->state == FILE_WAITS && file->held != held) ||
                     (file->state == FILE_LATER && now_ms - file->since_ms >= FOLDER_PAUSE_MS) ||
                     (file->state == FILE_SHORT && now_ms - file->since_ms >= FOLDER_STALE_MS);
        if (ready && (!found || strcmp(file->at.name, in->files[*out].at.name) < 0)) {
            *out = i;
            found = true;
        }
    }
    return found;
}

/* ---- the end of a file ---- */

static void file_put_away(struct folder *f, struct folder_file *file, const char *below)
{
    struct courier_job job = {.work = COURIER_MOVE, .below = below};
    strcpy(job.name, file->at.name);
    file->state = FILE_DONE;
    folder_ask(f->in.courier, &f->in.waits_for, &job);
}

static void move_end(struct folder *f)
{
    enum err err;
    if (folder_ended(f->in.courier, &f->in.waits_for, &err))
        folder_tell(f, &f->in.told, f->in.path, err);
}

/* The heads in a bundle say what its writer holds; an older one says less. Where several members
 * write into one folder nobody answers for all, and we go on as through a one-way gate. */
static enum err heads_keep(struct folder *f, const struct folder_file *file)
{
    struct folder_in *in = &f->in;
    char member[ID_MAX_BYTES + 1];
    uint64_t time_s;
    if (f->out.path[0] == '\0' || in->shared || in->heads.len == 0 ||
        !folder_name_member(file->at.name, member, &time_s))
        return OK;
    bool same = strcmp(member, in->acked_by) == 0;
    if (!same && in->acked_by[0] != '\0') {
        in->shared = true;
        unlink(f->acked);
        unlink(f->written);
    }
    if (in->shared || (same && time_s < in->acked_s))
        return OK;
    enum err err = file_replace(f->acked, buffer_span(&in->heads), 0600);
    if (err == OK) {
        strcpy(in->acked_by, member);
        in->acked_s = time_s;
    }
    return err;
}

/* The bundle's own bytes were found whole before any of it was applied. */
static bool our_own_trouble(const struct folder_in *in, enum err err)
{
    return err == ERR_DISK_FULL || err == ERR_IO || err == ERR_NOMEM || err == ERR_PERMISSION ||
           err == ERR_BUSY || (err == ERR_CORRUPT && in->applying);
}

static void file_end(struct folder *f, enum err err, uint64_t now_ms)
{
    struct folder_in *in = &f->in;
    struct folder_file *file = &in->files[in->current];
    bool stale = file->state == FILE_SHORT && now_ms - file->since_ms >= FOLDER_STALE_MS;
    bool waited = file->state == FILE_WAITS;
    if (err == OK)
        err = heads_keep(f, file);
    if (err == OK && in->result.skipped > 0) {
        file->held = folder_held(f);
        file->state = FILE_WAITS;
        if (!waited)
            tell(f, "folder-waits", file, ERR_GAP);
    } else if (err == OK) {
        tell(f, in->forked ? "folder-forked" : "folder-applied", file, in->forked ? ERR_FORK : OK);
        file_put_away(f, file, "done");
    } else if (err == ERR_TRUNCATED && !in->applying && !stale) {
        file->state = FILE_SHORT;
        tell(f, "folder-waits", file, err);
    } else if (our_own_trouble(in, err)) {
        file->state = FILE_LATER;
        file->since_ms = now_ms;
        folder_tell(f, &in->told, in->path, err);
    } else if (err == ERR_NOTFOUND) {
        file->state = FILE_DONE;               /* taken away meanwhile */
    } else {
        tell(f, "folder-bad", file, err);
        file_put_away(f, file, "bad");
    }
}

/* ---- reading ---- */

static void file_start(struct folder *f)
{
    struct folder_in *in = &f->in;
    struct courier_job job = {.work = COURIER_READ};
    strcpy(job.name, in->files[in->current].at.name);
    in->applying = in->forked = false;
    in->result = (struct bundle_result){0};
    buffer_reset(&in->heads);
    folder_ask(in->courier, &in->waits_for, &job);
}

static enum err heads_note(struct folder_in *in, struct span frame)
{
    if (frame.data[0] != MSG_HEADS)
        return OK;
    struct message *m = malloc(sizeof *m);
    enum err err = m == NULL ? ERR_NOMEM : message_decode(m, frame);
    for (unsigned i = 0; err == OK && i < m->u.heads.count; i++) {
        const struct span note = m->u.heads.notes[i];
        if (in->heads.len > 0)
            err = buffer_put_u8(&in->heads, '\n');
        if (err == OK)
            err = buffer_put(&in->heads, note.data, note.len);
    }
    free(m);
    return err;
}

static enum err frame_apply(struct folder *f)
{
    struct folder_in *in = &f->in;
    const struct span frame = buffer_span(&in->frame);
    enum err err = bundle_apply_message(f->l, frame, &in->result);
    in->forked |= err == ERR_FORK;
    if (err == ERR_FORK)
        err = OK;
    return err == OK ? heads_note(in, frame) : err;
}

/* The next frame, of a bundle found whole, or its end. */
static enum err read_step(struct folder *f, uint64_t now_ms, bool *more)
{
    struct folder_in *in = &f->in;
    enum err err;
    if (courier_take(in->courier, &in->frame)) {
        *more = in->applying = true;
        err = frame_apply(f);
        if (err == OK || err == ERR_UNCERTAIN)
            return err;
        folder_ask(in->courier, &in->waits_for, &(struct courier_job){.work = COURIER_NOTHING});
        file_end(f, err, now_ms);
    } else if (folder_ended(in->courier, &in->waits_for, &err)) {
        bool short_head = !in->applying && in->files[in->current].at.bytes < FILE_MIN_BYTES;
        buffer_clear(&in->frame);
        file_end(f, err == ERR_FORMAT && short_head ? ERR_TRUNCATED : err, now_ms);
        *more = true;
    }
    return OK;
}

enum err folder_in_step(struct folder *f, uint64_t now_ms, bool *more)
{
    struct folder_in *in = &f->in;
    switch (in->waits_for) {
    case COURIER_READ: return read_step(f, now_ms, more);
    case COURIER_LIST: poll_end(f, now_ms); return OK;
    case COURIER_MOVE: move_end(f); return OK;
    case COURIER_NOTHING: case COURIER_WRITE: break;
    }
    if (file_choose(f, now_ms, &in->current))
        file_start(f);
    else if (now_ms >= in->poll_ms)
        folder_ask(in->courier, &in->waits_for, &(struct courier_job){.work = COURIER_LIST});
    return OK;
}
