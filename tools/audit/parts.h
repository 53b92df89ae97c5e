/* The part files of a home against the commitments in the entries. Which parts a home holds is its
 * readers' affair: what is missing is counted, what is there must be what was committed to. */
#ifndef JIELI_TOOLS_AUDIT_PARTS_H
#define JIELI_TOOLS_AUDIT_PARTS_H

#include "ledger/log/part.h"

struct run_log;
struct part_mark { struct run_log *log; struct hash order; };   /* whose entry names the part */

struct part_names { struct hash *names; size_t count, cap; };

struct part_files {
    const char *home;
    struct part_names held, erased;    /* of files that are there, of marks; sorted */
    struct part_names orders;          /* acts of erasure among the entries */
    struct part_mark *marks;
    size_t mark_count, mark_cap;
    struct buffer bytes;
};

/* Lists what lies under `home`/parts; none where there is no such folder. ERR_NOMEM. */
MUST_CHECK enum err part_files_open(struct part_files *p, const char *home);
void part_files_clear(struct part_files *p);
/* OK: there and as committed to. ERR_NOTFOUND; ERR_CORRUPT and others of part_read. */
MUST_CHECK enum err part_files_check(struct part_files *p, const struct hash *commitment);

/* A mark alone does not tell an erasure from a loss: the order that it names must be held as well.
 * Acts of erasure are noted as they come, and marks of parts that are missing (ERR_NOTFOUND, also
 * where there is none); afterwards what is marked by a known order is counted as erased and no
 * longer as missing. ERR_NOMEM. */
MUST_CHECK enum err part_files_order(struct part_files *p, const struct hash *id);
MUST_CHECK enum err part_files_mark(struct part_files *p, const struct hash *commitment,
                                    struct run_log *log);
void part_files_erased(struct part_files *p);

#endif
