/* What a disk may hold after the power failed: a journal is cut at some record; what was flushed
 * by then is there, of the rest some is there and some is not, whole writes or single sectors, in
 * any order; names made, moved or removed since their folder was flushed too. */
#ifndef JIELI_TESTS_POWER_MODEL_H
#define JIELI_TESTS_POWER_MODEL_H

#include <stddef.h>

#include "crypto/bytes.h"
#include "tests/power/journal.h"

enum { POWER_SECTOR = 512 };

struct power_journal {
    struct buffer bytes;
    size_t count;
    size_t *at;                       /* [count]: where each record begins */
};

struct power_cut {
    size_t records;                   /* the first so many happened */
    uint64_t seed;                    /* what of the unflushed is there */
    bool ignore_syncs;                /* a disk that does not flush: nothing is durable */
};

/* Appends a mark; `fd` is the journal, opened to append. */
void power_mark(int fd, struct span data);
/* Reads a journal. Fails by aborting, as all here. */
void power_load(struct power_journal *j, const char *path);
void power_clear(struct power_journal *j);
struct power_record power_at(const struct power_journal *j, size_t i);
struct span power_data(const struct power_journal *j, size_t i);
/* A random cut: anywhere, or just after something was told. */
struct power_cut power_choose(const struct power_journal *j, uint64_t seed);
/* Makes the folder `out`: `base`, as it was before the journal, with what the cut left. */
void power_build(const struct power_journal *j, const struct power_cut *cut, const char *base,
                 const char *out);

#endif
