#include "tools/audit/parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/log/part_erase.h"
#include "ledger/log/part_folder.h"
#include "tools/audit/run.h"

static int by_name(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static enum err name_add(struct part_names *n, const struct hash *name)
{
    if (n->count == n->cap) {
        size_t cap = n->cap == 0 ? 1024 : 2 * n->cap;
        struct hash *names = realloc(n->names, cap * sizeof *names);
        if (names == NULL)
            return ERR_NOMEM;
        n->names = names;
        n->cap = cap;
    }
    n->names[n->count++] = *name;
    return OK;
}

static void names_sort(struct part_names *n)
{
    if (n->count > 1)
        qsort(n->names, n->count, sizeof *n->names, by_name);
}

static bool names_have(const struct part_names *n, const struct hash *name)
{
    return n->count > 0 &&
           bsearch(name, n->names, n->count, sizeof *n->names, by_name) != NULL;
}

/* Other files, as cards and pieces of parts on their way, are passed over. */
static enum err file_note(struct part_files *p, const char *name)
{
    struct hash h;
    size_t len;
    const size_t digits = strcspn(name, ".");
    if (hex_decode(h.b, sizeof h.b, name, digits, &len) != OK || len != HASH_BYTES)
        return OK;
    if (name[digits] == '\0')
        return name_add(&p->held, &h);
    return strcmp(name + digits, ERASED_ENDING) == 0 ? name_add(&p->erased, &h) : OK;
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
    names_sort(&p->held);
    names_sort(&p->erased);
    return err;
}

enum err part_files_order(struct part_files *p, const struct hash *id)
{
    return name_add(&p->orders, id);
}

static enum err mark_add(struct part_files *p, const struct part_mark *mark)
{
    if (p->mark_count == p->mark_cap) {
        size_t cap = p->mark_cap == 0 ? 64 : 2 * p->mark_cap;
        struct part_mark *marks = realloc(p->marks, cap * sizeof *marks);
        if (marks == NULL)
            return ERR_NOMEM;
        p->marks = marks;
        p->mark_cap = cap;
    }
    p->marks[p->mark_count++] = *mark;
    return OK;
}

enum err part_files_mark(struct part_files *p, const struct hash *commitment, struct run_log *log)
{
    struct part_mark mark = {.log = log};
    enum err err = OK;
    if (names_have(&p->erased, commitment) && part_erased(p->home, commitment, &mark.order))
        err = mark_add(p, &mark);
    return err == OK ? ERR_NOTFOUND : err;
}

void part_files_erased(struct part_files *p)
{
    names_sort(&p->orders);
    for (size_t i = 0; i < p->mark_count; i++) {
        struct part_mark *m = &p->marks[i];
        if (!names_have(&p->orders, &m->order))
            continue;
        m->log->parts_missing--;
        m->log->parts_erased++;
    }
}

void part_files_clear(struct part_files *p)
{
    free(p->held.names);
    free(p->erased.names);
    free(p->orders.names);
    free(p->marks);
    buffer_clear(&p->bytes);
    *p = (struct part_files){0};
}

enum err part_files_check(struct part_files *p, const struct hash *commitment)
{
    uint8_t salt[SALT_BYTES];
    if (!names_have(&p->held, commitment))
        return ERR_NOTFOUND;
    return part_read(p->home, commitment, salt, &p->bytes);
}
