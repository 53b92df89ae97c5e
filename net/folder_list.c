#include "net/folder_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/log/member_id.h"

enum { TIME_DIGITS = 10, TEMPORARY_BYTES = 7, READ_MAX = 65536 };

static bool ends_in_suffix(const char *name)
{
    size_t len = strlen(name), suffix = strlen(FOLDER_SUFFIX);
    return len > suffix && len < FOLDER_NAME_BYTES && name[0] != '.' &&
           strcmp(name + len - suffix, FOLDER_SUFFIX) == 0;
}

static int by_name(const void *a, const void *b)
{
    const struct folder_name *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_change(const void *a, const void *b)
{
    const struct folder_name *x = a, *y = b;
    return x->changed_ns < y->changed_ns ? -1 : x->changed_ns > y->changed_ns;
}

/* When the list is full the greatest name gives way to a smaller one. */
static void list_add(struct folder_list *list, const char *name, const struct stat *st)
{
    struct folder_name *slot = NULL;
    if (list->count < FOLDER_NAMES) {
        slot = &list->names[list->count++];
    } else {
        slot = &list->names[0];
        for (unsigned i = 1; i < list->count; i++)
            slot = strcmp(list->names[i].name, slot->name) > 0 ? &list->names[i] : slot;
        slot = strcmp(name, slot->name) < 0 ? slot : NULL;
    }
    if (slot == NULL)
        return;
    *slot = (struct folder_name){.bytes = (uint64_t)st->st_size,
                                 .changed_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
                                               st->st_mtim.tv_nsec};
    strcpy(slot->name, name);
}

enum err folder_list(const char *path, struct folder_list *out)
{
    out->count = 0;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return err_from_errno(errno);
    const struct dirent *entry;
    for (unsigned i = 0; i < READ_MAX && (entry = readdir(dir)) != NULL; i++) {
        struct stat st;
        if (ends_in_suffix(entry->d_name) &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            list_add(out, entry->d_name, &st);
    }
    closedir(dir);
    qsort(out->names, out->count, sizeof out->names[0], by_name);
    return OK;
}

bool folder_name_member(const char *name, char member[ID_MAX_BYTES + 1], uint64_t *time_s)
{
    const size_t tail = 1 + TIME_DIGITS + strlen(FOLDER_SUFFIX);
    size_t len = strlen(name);
    if (len <= tail || len - tail > ID_MAX_BYTES)
        return false;
    const char *digits = name + len - tail + 1;
    if (digits[-1] != '-' || strspn(digits, "0123456789") != TIME_DIGITS ||
        strcmp(digits + TIME_DIGITS, FOLDER_SUFFIX) != 0 ||
        !member_id_valid(span_of(name, len - tail)))
        return false;
    memcpy(member, name, len - tail);
    member[len - tail] = '\0';
    *time_s = strtoull(digits, NULL, 10);
    return true;
}

bool folder_name_of(const char *name, const char *member, uint64_t *time_s)
{
    char who[ID_MAX_BYTES + 1];
    return folder_name_member(name, who, time_s) && strcmp(who, member) == 0;
}

static void remove_in(const char *path, const char *name)
{
    char whole[HOME_PATH_BYTES];
    if (home_path(whole, sizeof whole, path, name) == OK)
        unlink(whole);
}

void folder_prune(const char *path, unsigned keep)
{
    struct folder_list *list = malloc(sizeof *list);
    if (list != NULL && folder_list(path, list) == OK && list->count > keep) {
        qsort(list->names, list->count, sizeof list->names[0], by_change);
        for (unsigned i = 0; i < list->count - keep; i++)
            remove_in(path, list->names[i].name);
    }
    free(list);
}

void folder_remove_older(const char *path, const char *member, uint64_t time_s)
{
    struct folder_list *list = malloc(sizeof *list);
    uint64_t its_s;
    if (list != NULL && folder_list(path, list) == OK) {
        for (unsigned i = 0; i < list->count; i++) {
            if (folder_name_of(list->names[i].name, member, &its_s) && its_s < time_s)
                remove_in(path, list->names[i].name);
        }
    }
    free(list);
}

void folder_sweep(const char *path, const char *member)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    for (unsigned i = 0; dir != NULL && i < READ_MAX && (entry = readdir(dir)) != NULL; i++) {
        char name[FOLDER_NAME_BYTES];
        uint64_t time_s;
        size_t len = strlen(entry->d_name);
        if (len <= TEMPORARY_BYTES || len - TEMPORARY_BYTES >= sizeof name)
            continue;
        memcpy(name, entry->d_name, len - TEMPORARY_BYTES);
        name[len - TEMPORARY_BYTES] = '\0';
        if (entry->d_name[len - TEMPORARY_BYTES] == '.' && folder_name_of(name, member, &time_s))
            remove_in(path, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

enum err folder_share(const char *path, const char *file)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_from_errno(errno);
    if ((st.st_mode & S_IRGRP) == 0 || chmod(file, S_IRUSR | S_IWUSR | S_IRGRP) == 0)
        return OK;
    return err_from_errno(errno);
}

/* Whoever may write into the folder decides nothing about other folders by a link. */
static enum err folder_check(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return err_from_errno(errno);
    return S_ISDIR(st.st_mode) ? OK : ERR_PERMISSION;
}

enum err folder_move(const char *path, const char *name, const char *below)
{
    char folder[HOME_PATH_BYTES], from[HOME_PATH_BYTES], to[HOME_PATH_BYTES];
    enum err err = home_path(folder, sizeof folder, path, below);
    if (err == OK)
        err = home_path(from, sizeof from, path, name);
    if (err == OK)
        err = home_path(to, sizeof to, folder, name);
    if (err == OK)
        err = folder_create(folder, 0700);
    if (err == OK)
        err = folder_check(folder);
    if (err == OK && rename(from, to) != 0)
        err = err_from_errno(errno);
    if (err == OK)
        folder_prune(folder, FOLDER_KEPT);
    return err;
}
