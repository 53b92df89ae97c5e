/* Peers that are reached by folders (net/folder.h): worked on by the ledger thread on its ticks,
 * within a share of its time, and told in the log. Each of their paths has a thread of its own for
 * its courier, so that one that hangs holds up neither the node nor another folder. */
#ifndef JIELI_NODE_FOLDERS_H
#define JIELI_NODE_FOLDERS_H

#include <pthread.h>

#include "net/config.h"
#include "net/folder.h"

struct node;

enum {
    FOLDERS_TICK_MS = 60,              /* of each tick, for all of them together */
    FOLDERS_STOP_S = 1,                /* for all couriers to end */
    FOLDERS_THREADS = CONFIG_MAX_FOLDERS * FOLDER_WAYS,
};

struct folders {
    unsigned count, turn, thread_count;
    struct folder *items[CONFIG_MAX_FOLDERS];
    pthread_t threads[FOLDERS_THREADS];
};

/* Those of the configuration. ERR_NOMEM; ERR_IO: no place to keep what was written, no thread. */
MUST_CHECK enum err folders_open(struct node *n);
void folders_tick(struct node *n);
/* How the nth path of all of them stands; false: there are not so many. */
bool folders_at(const struct node *n, unsigned nth, struct folder_state *out);
/* False: a thread hangs in its folder and was left behind. It touches nothing but its courier, but
 * the C library's exit() could wait for it: the process must end by _exit. */
bool folders_close(struct node *n);

#endif
