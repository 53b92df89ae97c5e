#include "tests/power/model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "tests/support/cluster_keys.h"

enum { JOURNAL_MAX_BYTES = 1 << 30, IMAGES_MAX = 4096, NAMES_MAX = 4096, PENDING_MAX = 65536,
       PATH_BYTES = 256, NOTHING = -1, FOLDER = -2 };

/* A write or length not flushed: the record, and whether it is durable by itself (O_DSYNC). */
struct pending { size_t record; bool always; };

struct image {
    uint64_t inode;
    struct buffer durable;
    struct pending *pending;
    size_t count, cap;
};

/* A name as it was left: the image behind it, NOTHING, or FOLDER. */
struct name { char path[PATH_BYTES]; int image; };
/* A change of names not flushed: `to` may be "" for a name that only goes. */
struct renaming { char gone[PATH_BYTES], to[PATH_BYTES]; int image; };

struct names { struct name items[NAMES_MAX]; size_t count; };

struct disk {
    const struct power_journal *j;
    const struct power_cut *cut;
    const char *base;
    uint64_t random;
    struct image images[IMAGES_MAX];
    int image_count;
    struct names durable, current;
    struct renaming *renamings;
    size_t renaming_count;
};

enum keeping { KEEP_NONE, KEEP_ALL, KEEP_WRITES, KEEP_SECTORS, KEEPING_COUNT };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- the journal ---- */

void power_mark(int fd, struct span data)
{
    uint8_t bytes[512];
    const struct power_record r = {.magic = POWER_MAGIC, .op = POWER_MARK,
                                   .data_len = (uint32_t)data.len};
    CLUSTER_DEMAND(sizeof r + data.len <= sizeof bytes);
    memcpy(bytes, &r, sizeof r);
    memcpy(bytes + sizeof r, data.data, data.len);
    CLUSTER_DEMAND(write(fd, bytes, sizeof r + data.len) == (ssize_t)(sizeof r + data.len));
}

static struct power_record record_at(const struct power_journal *j, size_t at)
{
    struct power_record r;
    CLUSTER_DEMAND(at + sizeof r <= j->bytes.len);
    memcpy(&r, j->bytes.data + at, sizeof r);
    CLUSTER_DEMAND(r.magic == POWER_MAGIC);
    return r;
}

void power_load(struct power_journal *j, const char *path)
{
    size_t cap = 0;
    memset(j, 0, sizeof *j);
    CLUSTER_DEMAND(file_read(path, JOURNAL_MAX_BYTES, &j->bytes) == OK);
    for (size_t at = 0; at < j->bytes.len; j->count++) {
        const struct power_record r = record_at(j, at);
        if (j->count == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            j->at = realloc(j->at, cap * sizeof *j->at);
            CLUSTER_DEMAND(j->at != NULL);
        }
        j->at[j->count] = at;
        at += sizeof r + r.path_len + r.other_len + r.data_len;
    }
}

void power_clear(struct power_journal *j)
{
    buffer_clear(&j->bytes);
    free(j->at);
}

struct power_record power_at(const struct power_journal *j, size_t i)
{
    return record_at(j, j->at[i]);
}

struct span power_data(const struct power_journal *j, size_t i)
{
    const struct power_record r = power_at(j, i);
    return span_of(j->bytes.data + j->at[i] + sizeof r + r.path_len + r.other_len, r.data_len);
}

static void path_take(const struct power_journal *j, size_t i, bool other, char out[PATH_BYTES])
{
    const struct power_record r = power_at(j, i);
    const size_t len = other ? r.other_len : r.path_len;
    CLUSTER_DEMAND(len < PATH_BYTES);
    memcpy(out, j->bytes.data + j->at[i] + sizeof r + (other ? r.path_len : 0), len);
    out[len] = 0;
}

struct power_cut power_choose(const struct power_journal *j, uint64_t seed)
{
    uint64_t random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    (void)next_random(&random);
    size_t at = (size_t)(next_random(&random) % (j->count + 1));
    if (seed % 2 == 0) {
        for (size_t i = at; i < j->count; i++) {
            if (power_at(j, i).op == POWER_MARK) {
                at = i + 1 + (size_t)(next_random(&random) % 3);
                break;
            }
        }
    }
    return (struct power_cut){.records = at < j->count ? at : j->count, .seed = seed};
}

/* ---- images ---- */

static void image_apply(struct image *image, uint64_t offset, struct span data)
{
    const size_t end = (size_t)offset + data.len, before = image->durable.len;
    if (end > before) {
        CLUSTER_DEMAND(buffer_reserve(&image->durable, end - before) == OK);
        memset(image->durable.data + before, 0, end - before);
        image->durable.len = end;
    }
    memcpy(image->durable.data + offset, data.data, data.len);
}

static void image_resize(struct image *image, uint64_t length)
{
    if (length > image->durable.len)
        image_apply(image, length, (struct span){(const uint8_t *)"", 0});
    image->durable.len = (size_t)length;
}

static void record_apply(struct disk *d, struct image *image, size_t i)
{
    const struct power_record r = power_at(d->j, i);
    if (r.op == POWER_LENGTH)
        image_resize(image, r.offset);
    else
        image_apply(image, r.offset, power_data(d->j, i));
}

static int image_of(const struct disk *d, uint64_t inode)
{
    for (int i = d->image_count; i-- > 0;)
        if (d->images[i].inode == inode)
            return i;
    return NOTHING;
}

static int image_add(struct disk *d, uint64_t inode)
{
    CLUSTER_DEMAND(d->image_count < IMAGES_MAX);
    d->images[d->image_count] = (struct image){.inode = inode};
    return d->image_count++;
}

static void image_pend(struct disk *d, struct image *image, size_t record)
{
    if (image->count == image->cap) {
        image->cap = image->cap == 0 ? 64 : 2 * image->cap;
        CLUSTER_DEMAND(image->cap <= PENDING_MAX || d->cut->ignore_syncs);
        image->pending = realloc(image->pending, image->cap * sizeof *image->pending);
        CLUSTER_DEMAND(image->pending != NULL);
    }
    image->pending[image->count++] = (struct pending){record, false};
}

static void image_sync(struct disk *d, struct image *image)
{
    if (d->cut->ignore_syncs)
        return;
    for (size_t i = 0; i < image->count; i++)
        record_apply(d, image, image->pending[i].record);
    image->count = 0;
}

static void image_done(struct disk *d, struct image *image)
{
    for (size_t i = image->count; i-- > 0 && !d->cut->ignore_syncs;) {
        if (power_at(d->j, image->pending[i].record).flags & POWER_DSYNC) {
            image->pending[i].always = true;
            return;
        }
    }
}

static void sectors_apply(struct disk *d, struct image *image, size_t i, unsigned percent)
{
    const struct power_record r = power_at(d->j, i);
    const struct span data = power_data(d->j, i);
    for (size_t from = 0; from < data.len;) {
        size_t len = POWER_SECTOR - (size_t)((r.offset + from) % POWER_SECTOR);
        len = len < data.len - from ? len : data.len - from;
        if (next_random(&d->random) % 100 < percent)
            image_apply(image, r.offset + from, span_of(data.data + from, len));
        from += len;
    }
}

/* What of the unflushed reached the disk. */
static void image_cut(struct disk *d, struct image *image, enum keeping keeping, unsigned percent)
{
    for (size_t i = 0; i < image->count; i++) {
        const size_t record = image->pending[i].record;
        const bool whole = power_at(d->j, record).op == POWER_LENGTH || keeping != KEEP_SECTORS;
        const bool kept = keeping == KEEP_ALL || (keeping != KEEP_NONE &&
                                                  next_random(&d->random) % 100 < percent);
        if (image->pending[i].always || (whole && kept))
            record_apply(d, image, record);
        else if (!whole)
            sectors_apply(d, image, record, percent);
    }
}

/* ---- names ---- */

static struct name *name_of(struct names *n, const char *path)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].path, path) == 0)
            return &n->items[i];
    return NULL;
}

static void name_set(struct names *n, const char *path, int image)
{
    struct name *name = name_of(n, path);
    if (name == NULL) {
        CLUSTER_DEMAND(n->count < NAMES_MAX);
        name = &n->items[n->count++];
        snprintf(name->path, sizeof name->path, "%s", path);
    }
    name->image = image;
}

static void renaming_apply(struct names *n, const struct renaming *r)
{
    if (r->gone[0] != 0)
        name_set(n, r->gone, NOTHING);
    if (r->to[0] != 0)
        name_set(n, r->to, r->image);
}

static void renaming_add(struct disk *d, const char *gone, const char *to, int image)
{
    CLUSTER_DEMAND(d->renaming_count < NAMES_MAX);
    struct renaming *r = &d->renamings[d->renaming_count++];
    snprintf(r->gone, sizeof r->gone, "%s", gone);
    snprintf(r->to, sizeof r->to, "%s", to);
    r->image = image;
    renaming_apply(&d->current, r);
}

static bool lies_in(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    const size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    return strlen(folder) == len && strncmp(path, folder, len) == 0;
}

static void folder_sync_names(struct disk *d, const char *folder)
{
    size_t left = 0;
    for (size_t i = 0; i < d->renaming_count; i++) {
        const struct renaming r = d->renamings[i];
        const bool here = lies_in(r.to[0] != 0 ? r.to : r.gone, folder);
        if (here && !d->cut->ignore_syncs)
            renaming_apply(&d->durable, &r);
        else
            d->renamings[left++] = r;
    }
    d->renaming_count = left;
}

/* ---- the cut ---- */

static void open_existing(struct disk *d, uint64_t inode, const char *name)
{
    char path[HOME_PATH_BYTES];
    if (name_of(&d->current, name) != NULL && image_of(d, inode) != NOTHING)
        return;
    const int image = image_add(d, inode);
    CLUSTER_DEMAND(home_path(path, sizeof path, d->base, name) == OK);
    CLUSTER_DEMAND(file_read(path, JOURNAL_MAX_BYTES, &d->images[image].durable) == OK);
    name_set(&d->durable, name, image);
    name_set(&d->current, name, image);
}

static void name_record(struct disk *d, const struct power_record *r, const char *path,
                        const char *other)
{
    const struct name *from = name_of(&d->current, path);
    if (r->op == POWER_OPEN)
        open_existing(d, r->inode, path);
    else if (r->op == POWER_CREATE)
        renaming_add(d, "", path, image_add(d, r->inode));
    else if (r->op == POWER_RENAME && from != NULL)
        renaming_add(d, path, other, from->image);
    else if (r->op == POWER_UNLINK)
        renaming_add(d, path, "", NOTHING);
    else if (r->op == POWER_MKDIR)
        renaming_add(d, "", path, FOLDER);
    else if (r->op == POWER_SYNC_FOLDER)
        folder_sync_names(d, path);
}

static void record_take(struct disk *d, size_t i)
{
    char path[PATH_BYTES], other[PATH_BYTES];
    const struct power_record r = power_at(d->j, i);
    const int number = image_of(d, r.inode);
    struct image *image = number == NOTHING ? NULL : &d->images[number];
    path_take(d->j, i, false, path);
    path_take(d->j, i, true, other);
    if (r.op == POWER_WRITE || r.op == POWER_LENGTH || r.op == POWER_SYNC || r.op == POWER_DONE)
        CLUSTER_DEMAND(image != NULL);
    switch (r.op) {
    case POWER_WRITE:
    case POWER_LENGTH: image_pend(d, image, i); break;
    case POWER_SYNC: image_sync(d, image); break;
    case POWER_DONE: image_done(d, image); break;
    case POWER_MARK: break;
    default: name_record(d, &r, path, other); break;
    }
}

static void file_put(const char *out, const struct name *name, const struct image *image)
{
    char path[HOME_PATH_BYTES];
    CLUSTER_DEMAND(home_path(path, sizeof path, out, name->path) == OK);
    if (name->image == NOTHING) {
        (void)unlink(path);
        return;
    }
    if (name->image == FOLDER) {
        (void)mkdir(path, 0700);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;                        /* its folder did not reach the disk */
    const struct buffer *b = &image->durable;
    CLUSTER_DEMAND(write(fd, b->data, b->len) == (ssize_t)b->len);
    CLUSTER_DEMAND(close(fd) == 0);
}

static void disk_put(struct disk *d, const char *out)
{
    char command[2 * HOME_PATH_BYTES];
    const unsigned percent = 10 + (unsigned)(next_random(&d->random) % 81);
    const enum keeping keeping = (enum keeping)(next_random(&d->random) % KEEPING_COUNT);
    for (int i = 0; i < d->image_count; i++)
        image_cut(d, &d->images[i], keeping, percent);
    for (size_t i = 0; i < d->renaming_count; i++)
        if (keeping == KEEP_ALL ||
            (keeping != KEEP_NONE && next_random(&d->random) % 100 < percent))
            renaming_apply(&d->durable, &d->renamings[i]);
    snprintf(command, sizeof command, "cp -a '%s' '%s'", d->base, out);
    CLUSTER_DEMAND(system(command) == 0);
    for (size_t i = 0; i < d->durable.count; i++) {
        const struct name *name = &d->durable.items[i];
        file_put(out, name, name->image >= 0 ? &d->images[name->image] : NULL);
    }
}

void power_build(const struct power_journal *j, const struct power_cut *cut, const char *base,
                 const char *out)
{
    struct disk *d = calloc(1, sizeof *d);
    CLUSTER_DEMAND(d != NULL);
    d->j = j;
    d->cut = cut;
    d->base = base;
    d->random = (cut->seed + 7) * UINT64_C(0xbf58476d1ce4e5b9) | 1;
    d->renamings = calloc(NAMES_MAX, sizeof *d->renamings);
    CLUSTER_DEMAND(d->renamings != NULL);
    for (size_t i = 0; i < cut->records; i++)
        record_take(d, i);
    disk_put(d, out);
    for (int i = 0; i < d->image_count; i++) {
        buffer_clear(&d->images[i].durable);
        free(d->images[i].pending);
    }
    free(d->renamings);
    free(d);
}
