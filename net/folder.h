/* A peer that is reached by folders alone: a directory that something else carries (a 网闸, a disc,
 * a file share). Bundles are written into `out` and read from `in` by themselves; either may be
 * missing, so that a one-way gate works.
 *
 * Out: <member>-<Unix seconds, 10 digits>.bundle, whole or not there. With an `in` beside it the
 * heads in the other side's bundles are its acknowledgement: each bundle holds all that is not
 * acknowledged and replaces those before it. Without, each holds what is new since the one before.
 * What is not acknowledged after again_s (one-way: everything) is written once more.
 *
 * In: names that end in .bundle, in order, our own excepted. A file is looked at when it has not
 * changed from one look to the next, read to its end and its hash checked, and only then applied
 * through the same door as what peers send; then it lies in done/, or in bad/. One that is cut
 * short is left until it is whole, one that skips something until that has come. Nothing here
 * stops anything else: every step is small, what fails is told once and tried again.
 *
 * Time is given; the ledger's thread calls, and never touches the two paths: each has a courier,
 * which whoever opened the folder lets work (net/courier.h). A folder that does not answer holds up
 * itself alone. */
#ifndef JIELI_NET_FOLDER_H
#define JIELI_NET_FOLDER_H

#include "ledger/ledger.h"
#include "net/courier.h"

enum {
    FOLDER_POLL_MS = 2000,
    FOLDER_SETTLE_MS = 2500,       /* from news to a bundle, for the cosignatures to go with it */
    FOLDER_PAUSE_MS = 60000,       /* after a folder or our own disk refused */
    FOLDER_SILENT_MS = 5000,       /* one read, write or flush takes longer: it does not answer */
    FOLDER_STALE_MS = 3600000,     /* cut short and unchanged for so long: it comes to nothing */
    FOLDER_OUT_FILES = 64,         /* one-way: then a whole one replaces them */
};
#define FOLDER_OUT_BYTES UINT64_C(268435456)   /* one-way: likewise, beyond the first's size */

struct folder_options {
    const char *out, *in;          /* "" for none; copied */
    const char *member;            /* our own id */
    unsigned every_s;              /* at most one bundle in so many seconds */
    unsigned again_s;              /* 0: never again */
};

/* "folder-wrote", "folder-applied", "folder-waits" (skipped entries, or cut short), "folder-bad",
 * "folder-forked", "folder-failed" (our own disk, or the folder), "folder-silent", "folder-answers"
 * (again). */
struct folder_event {
    const char *name, *path;
    enum err err;
    uint64_t entries, parts, cosignatures, skipped, bytes;
    uint64_t silent_ms;            /* silent: for so long already */
    const char *member;            /* forked: whose log */
};
struct folder_io {
    void *ctx;
    uint64_t (*unix_s)(void *ctx);
    void (*event)(void *ctx, const struct folder_event *event);
};

struct folder;
/* What was written and acknowledged is kept in <home>/folders. ERR_NOMEM. */
MUST_CHECK enum err folder_open(struct folder **out, struct ledger *l,
                                const struct folder_options *options,
                                const struct folder_io *io);
void folder_close(struct folder *f);
/* One small piece of work; *more: there is more to do at once. ERR_UNCERTAIN alone is returned:
 * the process must end. */
MUST_CHECK enum err folder_step(struct folder *f, uint64_t now_ms, bool *more);

enum folder_way { FOLDER_OUT, FOLDER_IN, FOLDER_WAYS };
/* Who works in that path; NULL where there is none. Borrowed: a thread that works for it holds
 * it. */
struct courier *folder_courier(struct folder *f, enum folder_way way);
/* How it stands; false where there is no such path. */
struct folder_state {
    enum folder_way way;
    const char *path;              /* borrowed until close */
    uint64_t silent_ms;            /* not 0: it does not answer, for so long */
    enum err err;                  /* of the last try */
};
const char *folder_way_name(enum folder_way way);      /* "out", "in" */
bool folder_look(struct folder *f, enum folder_way way, uint64_t now_ms, struct folder_state *out);

#endif
