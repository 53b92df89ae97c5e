/* The courier of one folder: all that touches the folder's path is done in courier_step, on a
 * thread of its own, for the folder may lie on a mount that hangs (net/folder.h). The ledger's
 * thread asks for one job at a time and looks for what came of it; neither side ever waits for the
 * other with a lock held, and nothing is kept on our own disk: the frames of a bundle pass through
 * memory, at most COURIER_AHEAD_BYTES and one frame, or one step of a bundle's maker, more.
 *
 *   LIST   names and sizes                          -> courier_listed
 *   READ   a bundle: its hash is checked to the end, then its frames come, the head first
 *                                                   -> courier_take until there is no more
 *   MOVE   a file into a folder below
 *   WRITE  a bundle under a temporary name; courier_finish flushes and renames it, shares it as
 *          folder_share does, and removes older ones of the member where that is asked
 *
 * Asking anew gives up what was asked before; what was half written is removed. */
#ifndef JIELI_NET_COURIER_H
#define JIELI_NET_COURIER_H

#include "net/folder_list.h"

enum { COURIER_AHEAD_BYTES = 4 * 1024 * 1024 };

enum courier_work { COURIER_NOTHING, COURIER_LIST, COURIER_READ, COURIER_MOVE, COURIER_WRITE };

struct courier_job {
    enum courier_work work;
    char name[FOLDER_NAME_BYTES];  /* of the file; for WRITE one of folder_name_of */
    const char *below;             /* MOVE: "done" or "bad", static */
};

struct courier;
/* Held once; `member` is who writes. ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err courier_create(struct courier **out, const char *path, const char *member);
/* The thread that works for it holds it as well: whoever lets go last frees it. */
void courier_hold(struct courier *c);
void courier_release(struct courier *c);       /* NULL is fine */

/* ---- the ledger's thread: none of these waits ---- */

void courier_ask(struct courier *c, const struct courier_job *job);
/* Whether the job has ended, and how: errors of folder_list, folder_move, bundle_open, bundle_next
 * and bundle_file_*. A READ has ended when its last frame was taken. */
bool courier_ended(struct courier *c, enum err *err);
/* What LIST found; borrowed until the next job. */
const struct folder_list *courier_listed(const struct courier *c);
/* The next frame of READ, moved out; false: none yet, or it has ended. */
bool courier_take(struct courier *c, struct buffer *frame);
/* Whether more frames of WRITE are welcome; they are taken all the same. */
bool courier_room(struct courier *c);
MUST_CHECK enum err courier_put(struct courier *c, struct span frame);     /* copies. ERR_NOMEM */
void courier_finish(struct courier *c, bool replaces);
/* How long the piece of work under way has not come to its end; 0: none is. */
uint64_t courier_silent_ms(struct courier *c, uint64_t now_ms);
/* courier_wait returns false from now on. */
void courier_stop(struct courier *c);

/* ---- who works for it, one thread at a time ---- */

/* Waits for work; false: it is to end. */
bool courier_wait(struct courier *c);
/* One piece of work; waits as long as the folder does. False: there was none. */
bool courier_step(struct courier *c, uint64_t now_ms);
/* Closes and removes what is half done: before the thread that worked lets go of it. */
void courier_drop(struct courier *c);

#endif
