/* Officers at their desks: secure sessions of purpose DESK. The key of each is certified for an
 * officer of our own member, in our own log; what it asks goes through the same queue and handlers
 * as requests of the local socket. Each officer's limits are its own (crypto/limits.h):
 * one request of a session is under way, the next is not read before it was answered. */
#ifndef JIELI_NODE_DESKS_H
#define JIELI_NODE_DESKS_H

#include "net/ipc.h"
#include "net/transport.h"

struct node;
struct queue;
struct desks;

MUST_CHECK enum err desks_create(struct desks **out);
void desks_free(struct desks *d);         /* NULL is fine */

/* On library threads: queues the request that the frame holds. False pushes back: a request of
 * this session is under way, or the queue is full. What is no request goes to desks_event. */
bool desks_frame(struct desks *d, struct queue *q, struct transport_event *event);

/* The rest belongs to the ledger thread. `desk` is the transport's number of the session. */
/* Every event of such a session but its good requests. */
void desks_event(struct node *n, const struct transport_event *event);
/* Ends the sessions whose key is no longer certified for their officer. */
void desks_recheck(struct node *n);
/* Whether this request may be served. ERR_CLOSED: the session is gone; ERR_BUSY: over the officer's
 * limits; who goes on asking is cut off. */
MUST_CHECK enum err desks_take(struct node *n, const struct ipc_request *request);
void desks_answer(struct node *n, uint32_t desk, const json_t *reply, struct span blob);
/* Person number of the officer; "" when the session is gone. */
const char *desks_person(const struct node *n, uint32_t desk);

#endif
