/* What the files of a folder peer share:
 *   folder.c      opening, turns
 *   folder_out.c  what is to be written
 *   folder_in.c   what is to be read, and what came of it
 * None of them touches the folders: they ask the couriers. */
#ifndef JIELI_NET_FOLDER_INTERNAL_H
#define JIELI_NET_FOLDER_INTERNAL_H

#include "ledger/cosign.h"
#include "net/bundle.h"
#include "net/folder.h"

enum file_state {
    FILE_NEW,                      /* just seen, or changed since the last look */
    FILE_STILL,                    /* has not changed: to be read */
    FILE_WAITS,                    /* applied, with entries skipped: again when the ledger grew */
    FILE_SHORT,                    /* cut short: again when it changes */
    FILE_LATER,                    /* our own disk refused: again after a while */
    FILE_DONE,                     /* read, and could not be moved away */
};

struct folder_file {
    struct folder_name at;
    enum file_state state;
    bool present;
    uint64_t since_ms;             /* unchanged and in this state */
    uint64_t held;                 /* entries held when it was tried */
};

struct folder_in {
    char path[HOME_PATH_BYTES];    /* "" for none */
    struct courier *courier;
    enum courier_work waits_for;   /* what it was asked for; nothing: it is free */
    uint64_t poll_ms;
    enum err told;                 /* what was said last of the folder as a whole */
    unsigned count;
    struct folder_file files[FOLDER_NAMES];
    unsigned current;              /* of files: being read, or moved */
    bool applying;                 /* its hash is checked, frames come */
    struct buffer frame;
    bool forked;
    bool shared;                   /* bundles of several members came */
    struct bundle_result result;
    struct buffer heads;           /* shown in it: what its writer holds */
    char acked_by[ID_MAX_BYTES + 1];
    uint64_t acked_s;              /* of the newest bundle whose heads were kept */
};

struct folder_out {
    char path[HOME_PATH_BYTES];    /* "" for none */
    struct courier *courier;
    enum courier_work waits_for;
    uint64_t look_ms;
    enum err told;
    uint64_t looked;               /* folder_held when there was nothing to write */
    bool noticed;                  /* there is news: it is written after FOLDER_SETTLE_MS */
    uint64_t cosigned;             /* folder_cosigned in the newest bundle */
    uint64_t cosigning;            /* and in the one in the making */
    uint64_t name_s;               /* time in the newest name */
    struct bundle_maker *maker;    /* NULL and a WRITE is waited for: all is put */
    struct bundle_selection what;
    struct courier_job job;
    bool replaces;                 /* those before it */
    char since[HOME_PATH_BYTES];
    struct buffer heads;           /* as they were when it was begun */
};

struct folder {
    struct ledger *l;
    struct folder_io io;
    char member[ID_MAX_BYTES + 1];
    unsigned every_s, again_s;
    /* <home>/folders/<hash of both paths>.written, .acked: heads; .again: Unix seconds */
    char written[HOME_PATH_BYTES], acked[HOME_PATH_BYTES], again[HOME_PATH_BYTES];
    struct folder_in in;
    struct folder_out out;
    bool silent[FOLDER_WAYS];      /* was told of */
};

/* What we have cosigned of all logs, in entries. */
uint64_t folder_cosigned(const struct folder *f);
/* Entries of all logs, and that: what grows when anything comes. */
uint64_t folder_held(const struct folder *f);
/* Tells of a failure unless it is the one that was told last; OK resets. */
void folder_tell(struct folder *f, enum err *told, const char *path, enum err err);

/* Asks the courier of `waits_for`, one of the two; false: it has not ended. */
void folder_ask(struct courier *c, enum courier_work *waits_for, const struct courier_job *job);
bool folder_ended(struct courier *c, enum courier_work *waits_for, enum err *err);

void folder_out_step(struct folder *f, uint64_t now_ms, bool *more);
void folder_out_clear(struct folder *f);
MUST_CHECK enum err folder_in_step(struct folder *f, uint64_t now_ms, bool *more);
void folder_in_clear(struct folder *f);

#endif
