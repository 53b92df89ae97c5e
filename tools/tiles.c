#include "tools/tiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/log/home.h"

enum { TILE_WIDTH = 256, TILE_LEVELS = 8 };

/* The tile being filled at each level. */
struct level { uint64_t n; unsigned count; struct hash hashes[TILE_WIDTH]; };

struct writing {
    const char *out;
    struct level levels[TILE_LEVELS];
    struct buffer entries;                    /* of the bundle being filled */
    struct frontier frontier;
};

void tile_number(uint64_t n, char out[TILE_NUMBER_BYTES])
{
    unsigned groups[8], count = 0;
    size_t at = 0;
    do {
        groups[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n > 0);
    while (count-- > 0) {
        if (count > 0)
            out[at++] = 'x';
        at += (size_t)snprintf(out + at, TILE_NUMBER_BYTES - at, "%03u", groups[count]);
        if (count > 0)
            out[at++] = '/';
    }
    out[at] = 0;
}

/* Makes every folder on the way to `path`. */
static enum err make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int failed = mkdir(path, 0755) != 0 && errno != EEXIST ? errno : 0;
        *slash = '/';
        if (failed != 0)
            return err_from_errno(failed);
    }
    return OK;
}

static enum err write_file(const char *folder, const char *name, struct span bytes)
{
    char path[HOME_PATH_BYTES];
    enum err err = home_path(path, sizeof path, folder, name);
    if (err == OK)
        err = make_folders(path, strlen(folder) + 1);
    if (err != OK)
        return err;
    FILE *file = fopen(path, "wbe");
    if (file == NULL)
        return err_from_errno(errno);
    size_t done = bytes.len == 0 ? 0 : fwrite(bytes.data, 1, bytes.len, file);
    if (fclose(file) != 0 || done != bytes.len)
        return err_from_errno(errno);
    return OK;
}

/* `kind` is "entries" or a level. */
static enum err write_tile(const struct writing *w, const char *kind, uint64_t n, unsigned width,
                           struct span bytes)
{
    char number[TILE_NUMBER_BYTES], name[TILE_NUMBER_BYTES + 48], partial[16] = "";
    tile_number(n, number);
    if (width < TILE_WIDTH)
        snprintf(partial, sizeof partial, ".p/%u", width);
    snprintf(name, sizeof name, "tile/%s/%s%s", kind, number, partial);
    return write_file(w->out, name, bytes);
}

static enum err write_level(const struct writing *w, unsigned level)
{
    const struct level *tile = &w->levels[level];
    char kind[8];
    snprintf(kind, sizeof kind, "%u", level);
    return write_tile(w, kind, tile->n, tile->count,
                      span_of(tile->hashes, tile->count * sizeof tile->hashes[0]));
}

/* Adds a hash to a level; a full tile is written and gives its root to the level above. */
static enum err add_hash(struct writing *w, const struct hash *leaf)
{
    struct hash hash = *leaf;
    enum err err = OK;
    for (unsigned level = 0; err == OK && level < TILE_LEVELS; level++) {
        struct level *tile = &w->levels[level];
        tile->hashes[tile->count++] = hash;
        if (tile->count < TILE_WIDTH)
            break;
        err = write_level(w, level);
        merkle_root(tile->hashes, TILE_WIDTH, &hash);
        tile->n++;
        tile->count = 0;
    }
    return err;
}

static enum err flush_entries(struct writing *w, uint64_t n, unsigned width)
{
    enum err err = write_tile(w, "entries", n, width, buffer_span(&w->entries));
    buffer_reset(&w->entries);
    return err;
}

static enum err add_entry(struct writing *w, uint64_t index, struct span entry)
{
    struct hash leaf;
    merkle_leaf(entry, &leaf);
    frontier_append(&w->frontier, &leaf);
    enum err err = buffer_put_u16(&w->entries, (uint16_t)entry.len);
    if (err == OK)
        err = buffer_put(&w->entries, entry.data, entry.len);
    if (err == OK)
        err = add_hash(w, &leaf);
    if (err == OK && index % TILE_WIDTH == TILE_WIDTH - 1)
        err = flush_entries(w, index / TILE_WIDTH, TILE_WIDTH);
    return err;
}

static enum err write_log(struct writing *w, struct txn *t, const struct log *log, uint64_t size)
{
    struct span entries[TILE_WIDTH];
    enum err err = OK;
    size_t count;
    for (uint64_t i = 0; err == OK && i < size; i += count) {
        size_t max = size - i < TILE_WIDTH ? (size_t)(size - i) : TILE_WIDTH;
        err = log_read_run(t, log->no, i, entries, max, &count);
        for (size_t k = 0; err == OK && k < count; k++)
            err = add_entry(w, i + k, entries[k]);
    }
    if (err == OK && size % TILE_WIDTH != 0)
        err = flush_entries(w, size / TILE_WIDTH, (unsigned)(size % TILE_WIDTH));
    for (unsigned level = 0; err == OK && level < TILE_LEVELS; level++) {
        if (w->levels[level].count > 0)
            err = write_level(w, level);
    }
    return err;
}

enum err tiles_export(struct txn *t, const struct log *log, const char *out, uint64_t *size)
{
    struct checkpoint head;
    struct span note;
    struct hash root;
    enum err err = log_head(t, log->no, &note);
    if (err == OK)
        err = checkpoint_verify(&head, note, log->origin, &log->node_key);
    if (err == OK && head.size > log->frontier.size)
        err = ERR_GAP;
    if (err == OK)
        err = folder_create(out, 0755);
    if (err != OK)
        return err;
    struct writing *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR_NOMEM;
    w->out = out;
    frontier_init(&w->frontier);
    err = write_log(w, t, log, head.size);
    frontier_root(&w->frontier, &root);
    if (err == OK && !hash_equal(&root, &head.root))
        err = ERR_CORRUPT;
    if (err == OK)
        err = write_file(out, "checkpoint", note);
    *size = head.size;
    buffer_clear(&w->entries);
    free(w);
    return err;
}
