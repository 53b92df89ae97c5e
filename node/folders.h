/* Peers that are reached by folders (net/folder.h): worked on by the ledger thread on its ticks,
 * within a share of its time, and told in the log. */
#ifndef JIELI_NODE_FOLDERS_H
#define JIELI_NODE_FOLDERS_H

#include "net/config.h"
#include "net/folder.h"

struct node;

enum { FOLDERS_TICK_MS = 60 };         /* of each tick, for all of them together */

struct folders {
    unsigned count, turn;
    struct folder *items[CONFIG_MAX_FOLDERS];
};

/* Those of the configuration. ERR_NOMEM, ERR_IO: no place to keep what was written. */
MUST_CHECK enum err folders_open(struct node *n);
void folders_tick(struct node *n);
void folders_close(struct node *n);

#endif
