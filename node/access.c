#include "node/access.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err user_find(const char *name, uid_t *out)
{
    char *end = NULL;
    char room[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    if (strspn(name, "0123456789") == strlen(name)) {
        unsigned long uid = strtoul(name, &end, 10);
        *out = (uid_t)uid;
        return uid < UINT32_MAX ? OK : ERR_CONFIG;
    }
    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || found == NULL) {
        return ERR_CONFIG;
    }
    *out = entry.pw_uid;
    return OK;
}

enum err access_init(struct access *out, const struct config *c, const char **unknown)
{
    *out = (struct access){.own = geteuid()};
    for (unsigned i = 0; i < c->allow_count; i++) {
        if (user_find(c->allow[i], &out->uids[i]) != OK) {
            *unknown = c->allow[i];
            return ERR_CONFIG;
        }
        out->count++;
    }
    return OK;
}

enum err access_check_owner(const struct access *a, uid_t uid)
{
    return uid == a->own || uid == 0 ? OK : ERR_PERMISSION;
}

enum err access_check(const struct access *a, uid_t uid)
{
    if (a->count == 0 || access_check_owner(a, uid) == OK) {
        return OK;
    }
    for (unsigned i = 0; i < a->count; i++) {
        if (a->uids[i] == uid) {
            return OK;
        }
    }
    return ERR_PERMISSION;
}
