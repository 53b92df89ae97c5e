/* Names in a folder of bundles. */
#ifndef JIELI_NET_FOLDER_LIST_H
#define JIELI_NET_FOLDER_LIST_H

#include "crypto/limits.h"
#include "ledger/log/home.h"

enum {
    FOLDER_NAME_BYTES = 128,
    FOLDER_NAMES = 256,            /* looked at in one folder; later names wait their turn */
    FOLDER_KEPT = 32,              /* in done/ and in bad/ */
};
#define FOLDER_SUFFIX ".bundle"

struct folder_name { char name[FOLDER_NAME_BYTES]; uint64_t bytes; int64_t changed_ns; };
struct folder_list { unsigned count; struct folder_name names[FOLDER_NAMES]; };

/* Regular files whose names end in .bundle, in order of their names; the first FOLDER_NAMES. Links
 * and longer names are passed over. ERR_NOTFOUND, ERR_PERMISSION, ERR_IO. */
MUST_CHECK enum err folder_list(const char *path, struct folder_list *out);
/* "yjj-1772323200.bundle": whether it is one of `member`; its time. */
bool folder_name_of(const char *name, const char *member, uint64_t *time_s);
/* Who wrote it, by its name; false for other names. */
bool folder_name_member(const char *name, char member[ID_MAX_BYTES + 1], uint64_t *time_s);
/* Removes the oldest beyond `keep`, by change. */
void folder_prune(const char *path, unsigned keep);
/* Bundles of that member with an earlier time in their names. */
void folder_remove_older(const char *path, const char *member, uint64_t time_s);
/* What a crash left half written under our names. */
void folder_sweep(const char *path, const char *member);
/* Lets the group that may read the folder read this file of it: a gate is another user. */
MUST_CHECK enum err folder_share(const char *path, const char *file);
/* Moves a file into a folder below its own, made where missing. ERR_PERMISSION: that is a link. */
MUST_CHECK enum err folder_move(const char *path, const char *name, const char *below);

#endif
