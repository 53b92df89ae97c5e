/* jielid put together: one ledger thread (whoever calls node_run) that owns the ledger and all that
 * is written, the faces that enqueue to it, the verify pool that works for it. */
#ifndef JIELI_NODE_NODE_H
#define JIELI_NODE_NODE_H

#include "net/transport.h"
#include "node/logline.h"

struct node;

struct node_options {
    const char *home;
    const struct config *config;      /* borrowed until node_close, as are the others */
    const struct logger *logger;
};

/* Takes the home's lock, opens and rechecks the ledger, then listens, dials and lastly opens the
 * local socket: who can connect is served. Every failure is logged with its step.
 * ERR_CONFIG (unknown user), ERR_NOTFOUND, ERR_KEY, ERR_PASSPHRASE, ERR_PERMISSION, those of
 * ledger_open, ERR_EXISTS (an address is taken). */
MUST_CHECK enum err node_open(struct node **out, const struct node_options *options);
/* Serves until node_stop or the `stop` request, then OK; what had come in by then is finished and
 * answered. ERR_UNCERTAIN, ERR_CORRUPT, ERR_IO: the gate failed, nothing of the last commit was
 * acknowledged, the process must end. */
MUST_CHECK enum err node_run(struct node *n);
void node_stop(struct node *n);       /* from any thread */
/* Of its transport, from any thread; never waits. */
void node_pulse(const struct node *n, struct transport_pulse *out);
/* NULL is fine. False: a thread that hangs in a folder was left behind, and the process must end by
 * _exit (node/folders.h). */
bool node_close(struct node *n);

/* What can be told of a home without writing anything: allowed users, genesis and the pinned
 * ledger, the node key and whose it is, the transport key, the stored ledger, our own log beside
 * last-head. Logged like failures of node_open. ERR_ROLLBACK: the node may start, and signs nothing
 * in its own log. */
MUST_CHECK enum err node_check(const struct node_options *options);
/* Whether [notify] run=, where there is one, is a file that this user may execute; if not
 * ERR_CONFIG, logged at `level` with what to do. A node without it may start all the same: its
 * events are kept and tried again. */
enum err node_check_program(const struct node_options *options, enum log_level level);

#endif
