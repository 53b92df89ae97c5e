/* Runs the program of [notify] run=, one event at a time, on a thread of its own: the ledger thread
 * only hands events over and collects how they ended.
 *
 * The program gets the event on its standard input, then its end; nothing of ours is open in it but
 * that and one pipe for what it says, of which the first bytes go to the log when it fails. It runs
 * in a process group of its own. Status 0 is delivery; anything else, a signal, or no end within
 * NOTIFY_RUN_S (then the group is killed) is not. It is started by posix_spawn, for fork after NNG
 * was used is a panic: posix_spawn of glibc runs no fork handlers. */
#ifndef JIELI_NODE_NOTIFY_RUN_H
#define JIELI_NODE_NOTIFY_RUN_H

#include "crypto/bytes.h"
#include "crypto/limits.h"

struct notify_run;

enum { NOTIFY_SAID_BYTES = 160 };
/* How one run ended. */
struct notify_result {
    uint64_t seq;
    bool delivered;
    enum err err;                     /* not OK: it could not be started at all */
    int status, signal;               /* of the program; signal 0: it exited */
    bool timed_out;
    char said[NOTIFY_SAID_BYTES];     /* the beginning of what it said */
};

/* `program` is borrowed. run_ms 0: NOTIFY_RUN_S. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err notify_run_create(struct notify_run **out, const char *program,
                                      unsigned run_ms);
/* Kills a program that runs, whose event is then not delivered; NULL is fine. */
void notify_run_free(struct notify_run *r);
/* Hands one event over; the bytes are copied. ERR_BUSY: NOTIFY_WINDOW wait. ERR_TOO_LARGE over
 * NOTIFY_EVENT_BYTES. */
MUST_CHECK enum err notify_run_offer(struct notify_run *r, uint64_t seq, struct span event);
/* The next that has ended; false: none. */
bool notify_run_take(struct notify_run *r, struct notify_result *out);

#endif
