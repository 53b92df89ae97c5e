#include "ledger/part_care.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "ledger/log/part_card.h"
#include "ledger/log/part_folder.h"
#include "ledger/log/part_seal.h"

enum { NAME_ROOM = PART_NAME_BYTES + 16, HEX_CHARS = 2 * HASH_BYTES };

struct name { char text[NAME_ROOM]; };
struct names { struct name *all; size_t count, cap; };

struct care {
    struct ledger *l;
    const struct keyring *ring;
    int folder;
    uint64_t now_s;
    unsigned rewraps;              /* still to be written in this call */
    struct part_care *out;
    struct part_card card;
};

static enum err names_add(struct names *n, const char *text)
{
    const size_t len = strlen(text);
    if (len >= NAME_ROOM || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return OK;
    if (n->count == n->cap) {
        size_t cap = n->cap == 0 ? 64 : 2 * n->cap;
        struct name *more = realloc(n->all, cap * sizeof *more);
        if (more == NULL)
            return ERR_NOMEM;
        n->all = more;
        n->cap = cap;
    }
    memcpy(n->all[n->count++].text, text, len + 1);
    return OK;
}

static enum err names_read(int folder, struct names *out)
{
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    const struct dirent *file;
    enum err err = OK;
    if (dir == NULL && own >= 0)
        close(own);
    while (err == OK && dir != NULL && (file = readdir(dir)) != NULL)
        err = names_add(out, file->d_name);
    if (dir != NULL)
        closedir(dir);
    return err;
}

static bool is_old(const struct care *c, const char *name)
{
    struct stat st;
    return fstatat(c->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime >= 0 &&
           (uint64_t)st.st_mtime + DRAFT_MAX_AGE_S < c->now_s;
}

static void remove_file(struct care *c, const char *name)
{
    if (part_file_remove(c->folder, name) == OK)
        c->out->removed++;
    else
        c->out->failed++;
}

/* ---- cards ---- */

/* Wraps for our own keys: the present one's is there afterwards, the older ones' are not. */
static bool rewrap(struct care *c, const struct hash *commitment, bool *changed)
{
    bool added = false;
    *changed = false;
    if (c->card.wraps.count == 0)
        return true;
    if (part_share(c->ring, &ledger_genesis(c->l)->ledger, commitment, &c->ring->keys[0].pub,
                   &c->card.wraps, &added) != OK)
        return false;
    *changed = added;
    for (unsigned i = 1; i < c->ring->count; i++) {
        *changed |= part_wraps_find(&c->card.wraps, &c->ring->keys[i].pub) != NULL;
        part_wraps_drop(&c->card.wraps, &c->ring->keys[i].pub);
    }
    return true;
}

static void card_rewrap(struct care *c, const struct hash *commitment)
{
    bool changed;
    if (c->ring->count < 2 || !rewrap(c, commitment, &changed) || !changed)
        return;
    if (c->rewraps == 0)
        c->out->more = true;
    else if (part_card_write(ledger_home(c->l), commitment, &c->card) == OK)
        c->out->rewrapped++;
    else
        c->out->failed++;
    c->rewraps -= c->rewraps > 0;
}

static bool names_entry(struct care *c)
{
    struct position at;
    return ledger_find_id(c->l, &c->card.entry, &at) != ERR_NOTFOUND;
}

static void card_look(struct care *c, const struct hash *commitment, const char *name)
{
    char part[HEX_CHARS + 1];
    enum err err = part_card_read(ledger_home(c->l), commitment, &c->card);
    if (err == OK && names_entry(c)) {
        card_rewrap(c, commitment);
        return;
    }
    if (!is_old(c, name))
        return;
    snprintf(part, sizeof part, "%.*s", HEX_CHARS, name);
    remove_file(c, part);
    remove_file(c, name);
}

/* ---- one file ---- */

static void part_look(struct care *c, const char *name)
{
    char card[PART_NAME_BYTES];
    snprintf(card, sizeof card, "%s%s", name, CARD_ENDING);
    if (!part_file_there(c->folder, card) && is_old(c, name))
        remove_file(c, name);
}

static void file_look(struct care *c, const char *name)
{
    struct hash commitment;
    size_t len = strlen(name), got;
    bool hex = len >= HEX_CHARS &&
               hex_decode(commitment.b, HASH_BYTES, name, HEX_CHARS, &got) == OK;
    if (hex && len == HEX_CHARS)
        part_look(c, name);
    else if (hex && strcmp(name + HEX_CHARS, CARD_ENDING) == 0)
        card_look(c, &commitment, name);
    else if (name[0] == '.' && is_old(c, name))
        remove_file(c, name);
}

/* Pieces of parts that a bundle cut short left lie beside the folders. */
static void incoming_look(struct care *c, const char *name)
{
    static const char incoming[] = "incoming-";
    if (strncmp(name, incoming, sizeof incoming - 1) == 0 && is_old(c, name))
        remove_file(c, name);
}

static enum err folder_look(struct care *c, const char *name,
                            void (*look)(struct care *c, const char *name))
{
    char path[HOME_PATH_BYTES];
    struct names names = {0};
    enum err err = home_path(path, sizeof path, ledger_home(c->l), name);
    c->folder = err == OK ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (c->folder < 0)
        return err;
    err = names_read(c->folder, &names);
    for (size_t i = 0; err == OK && i < names.count; i++)
        look(c, names.all[i].text);
    close(c->folder);
    free(names.all);
    return err;
}

enum err ledger_part_care(struct ledger *l, const struct keyring *ring, unsigned folder,
                          uint64_t now_s, struct part_care *out)
{
    char name[16];
    struct care *c = malloc(sizeof *c);
    if (c == NULL)
        return ERR_NOMEM;
    *c = (struct care){.l = l, .ring = ring, .folder = -1, .now_s = now_s, .out = out,
                       .rewraps = PART_CARE_REWRAPS};
    out->more = false;
    snprintf(name, sizeof name, "parts/%02x", folder & 0xff);
    enum err err = folder == 0 ? folder_look(c, "parts", incoming_look) : OK;
    if (err == OK)
        err = folder_look(c, name, file_look);
    free(c);
    return err;
}
