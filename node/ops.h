/* The operations of the local socket (net/ipc.h), one handler each. */
#ifndef JIELI_NODE_OPS_H
#define JIELI_NODE_OPS_H

#include "node/node_parts.h"

/* What goes back: a reply object without "ok", and a blob. */
struct answer {
    json_t *reply;
    struct buffer blob;
    bool later;                      /* it was taken up and is answered by somebody else */
};

/* A handler fills the answer, or fails and leaves the words to its caller. */
typedef enum err ops_handler(struct node *n, const struct ipc_request *request,
                             struct answer *answer);

ops_handler ops_query, ops_receive, ops_part, ops_wait, ops_stop;      /* ops.c */
ops_handler ops_peers;                                                  /* ops_peers.c */
ops_handler ops_receipt;                                                 /* ops_receipt.c */
ops_handler ops_draft_put, ops_draft_get, ops_draft_list, ops_draft_del; /* ops_draft.c */

/* Serves all requests of n->batch and clears them: acts first, under one commit, then the rest. */
void ops_serve(struct node *n);

/* ops_append.c. acts_add takes one append request into n->acts, or answers it when it is refused;
 * the request must live until acts_commit, which commits, answers and logs all of them. */
void acts_add(struct node *n, const struct ipc_request *request);
void acts_commit(struct node *n);

/* Answers wherever the request came from. Takes nothing over. */
void ops_answer(struct node *n, struct ipc_conn conn, const json_t *reply, struct span blob);
/* Who asked, for a line of the log: the uid, or the person number of the officer at the desk. */
void ops_log_caller(struct logline *line, const struct node *n, struct ipc_conn conn, uid_t uid);
/* Answers `request` with an error; reason may be REASON_NONE. Logged with the caller. */
void ops_refuse(struct node *n, const struct ipc_request *request, enum err err,
                enum reason reason);
/* The same in words of the caller's, which tools/po/extract.sh finds here by this name. */
void ops_refuse_words(struct node *n, const struct ipc_request *request, enum err err,
                      const char *message);
/* Refuses an act for its claimed time, saying on which side it lies. */
void ops_refuse_clock(struct node *n, const struct ipc_request *request, uint64_t claimed_s);
/* Answers with an object of the caller's, which is given "ok": true unless it has an "error". */
void ops_accept(struct node *n, const struct ipc_request *request, struct answer *answer);
/* The text of a member of the request's head, NULL where there is none. */
const char *ops_text(const struct ipc_request *request, const char *key);

#endif
