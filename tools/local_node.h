/* Writing to a home that no daemon has: its ledger, opened by `jieli` itself, answers what an act
 * needs in place of the node (net/ipc.h: query, append without parts, receive). Used while a home
 * is made, before its node first runs. */
#ifndef JIELI_TOOLS_LOCAL_NODE_H
#define JIELI_TOOLS_LOCAL_NODE_H

#include "tools/session.h"

struct local_node;

/* Opens the session's home for writing and answers the session from it; closed by session_clear.
 * Where a daemon has the home, the daemon goes on answering. EXIT_DONE, or the failure printed. */
int local_node_open(struct session *s);
void local_node_close(struct local_node *n);      /* NULL is fine */
/* As ipc_call. ERR_UNSUPPORTED for other operations. */
MUST_CHECK enum err local_node_call(struct local_node *n, json_t *request, struct span blob,
                                    json_t **reply);

#endif
