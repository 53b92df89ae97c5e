/* Clients that wait until an act is acknowledged: op `wait` is answered when the level is reached
 * or its time has run out, whichever comes first. */
#ifndef JIELI_NODE_WAITS_H
#define JIELI_NODE_WAITS_H

#include "net/ipc.h"
#include "ledger/level.h"

struct node;

enum { WAITS_MAX = 64, WAIT_MAX_MS = 15000 };
enum wait_for { WAIT_SEQUENCED, WAIT_MIRRORED, WAIT_DELIVERED };

struct wait {
    struct ipc_conn conn;
    struct position at;
    enum wait_for level;
    unsigned count;                  /* WAIT_MIRRORED: by so many */
    uint64_t until_ms;
};

struct waits {
    unsigned count;
    bool due;                        /* something was cosigned since the last look */
    struct wait all[WAITS_MAX];
};

/* Takes the question up; nothing of the request is borrowed. ERR_FORMAT, ERR_NOTFOUND (no such
 * entry), ERR_BUSY. */
MUST_CHECK enum err waits_add(struct node *n, const struct ipc_request *request);
/* Answers those that are reached or whose time has run out. */
void waits_serve(struct node *n);

#endif
