#include "tools/audit/parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"

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

void part_files_clear(struct part_files *p)
{
    free(p->held);
    buffer_clear(&p->bytes);
    p->held = NULL;
    p->count = p->cap = 0;
}

enum err part_files_check(struct part_files *p, const struct hash *commitment)
{
    uint8_t salt[SALT_BYTES];
    if (p->count == 0 || bsearch(commitment, p->held, p->count, sizeof *p->held, by_name) == NULL)
        return ERR_NOTFOUND;
    return part_read(p->home, commitment, salt, &p->bytes);
}
