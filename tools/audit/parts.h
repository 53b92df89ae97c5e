/* The part files of a home against the commitments in the entries. Which parts a home holds is its
 * readers' affair: what is missing is counted, what is there must be what was committed to. */
#ifndef JIELI_TOOLS_AUDIT_PARTS_H
#define JIELI_TOOLS_AUDIT_PARTS_H

#include "ledger/log/part.h"

struct part_files {
    const char *home;
    struct hash *held;                 /* names of the files there, sorted */
    size_t count, cap;
    struct buffer bytes;
};

/* Lists the files under `home`/parts; none where there is no such folder. ERR_NOMEM. */
MUST_CHECK enum err part_files_open(struct part_files *p, const char *home);
void part_files_clear(struct part_files *p);
/* OK: there and as committed to. ERR_NOTFOUND; ERR_CORRUPT and others of part_read. */
MUST_CHECK enum err part_files_check(struct part_files *p, const struct hash *commitment);

#endif
