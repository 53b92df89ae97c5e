#include "tools/audit/parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/log/part_erase.h"
#include "tools/audit/run.h"

static int by_name(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

/* Other files, as pieces of parts on their way, are passed over. */
static enum err file_note(struct part_files *p, const char *name)
{
    struct hash h;
    size_t len;
    if (hex_decode(h.b, sizeof h.b, name, strlen(name), &len) != OK || len != HASH_BYTES)
        return OK;
    if (p->count == p->cap) {
        size_t cap = p->cap == 0 ? 1024 : 2 * p->cap;
        struct hash *held = realloc(p->held, cap * sizeof *held);
        if (held == NULL)
            return ERR_NOMEM;
        p->held = held;
        p->cap = cap;
    }
    p->held[p->count++] = h;
    return OK;
}

static enum err folder_list(struct part_files *p, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *file;
    enum err err = OK;
    while (err == OK && folder != NULL && (file = readdir(folder)) != NULL)
        err = file_note(p, file->d_name);
    if (folder != NULL)
        closedir(folder);
    return err;
}

enum err part_files_open(struct part_files *p, const char *home)
{
    char name[16], path[HOME_PATH_BYTES];
    enum err err = OK;
    *p = (struct part_files){.home = home};
    for (unsigned i = 0; err == OK && i < 256; i++) {
        snprintf(name, sizeof name, "parts/%02x", i);
        err = home_path(path, sizeof path, home, name);
        if (err == OK)
            err = folder_list(p, path);
    }
    if (p->count > 1)
        qsort(p->held, p->count, sizeof *p->held, by_name);
    return err;
}

/* Room for one more row; *cap counts rows. */
static bool grow(void **rows, size_t *cap, size_t count, size_t row_bytes)
{
    if (count < *cap)
        return true;
    size_t cap_new = *cap == 0 ? 64 : 2 * *cap;
    void *more = realloc(*rows, cap_new * row_bytes);
    if (more == NULL)
        return false;
    *rows = more;
    *cap = cap_new;
    return true;
}

enum err part_files_order(struct part_files *p, const struct hash *id)
{
    void *rows = p->orders;
    if (!grow(&rows, &p->order_cap, p->order_count, sizeof *p->orders))
        return ERR_NOMEM;
    p->orders = rows;
    p->orders[p->order_count++] = *id;
    return OK;
}

enum err part_files_mark(struct part_files *p, const struct hash *commitment, struct run_log *log)
{
    struct part_mark mark = {.log = log};
    void *rows = p->marks;
    if (!part_erased(p->home, commitment, &mark.order))
        return ERR_NOTFOUND;
    if (!grow(&rows, &p->mark_cap, p->mark_count, sizeof *p->marks))
        return ERR_NOMEM;
    p->marks = rows;
    p->marks[p->mark_count++] = mark;
    return ERR_NOTFOUND;
}

void part_files_erased(struct part_files *p)
{
    if (p->order_count > 1)
        qsort(p->orders, p->order_count, sizeof *p->orders, by_name);
    for (size_t i = 0; i < p->mark_count; i++) {
        struct part_mark *m = &p->marks[i];
        if (p->order_count == 0 ||
            bsearch(&m->order, p->orders, p->order_count, sizeof m->order, by_name) == NULL)
            continue;
        m->log->parts_missing--;
        m->log->parts_erased++;
    }
}

void part_files_clear(struct part_files *p)
{
    free(p->held);
    free(p->orders);
    free(p->marks);
    buffer_clear(&p->bytes);
    *p = (struct part_files){0};
}

enum err part_files_check(struct part_files *p, const struct hash *commitment)
{
    uint8_t salt[SALT_BYTES];
    if (p->count == 0 || bsearch(commitment, p->held, p->count, sizeof *p->held, by_name) == NULL)
        return ERR_NOTFOUND;
    return part_read(p->home, commitment, salt, &p->bytes);
}
