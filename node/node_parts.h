/* What the files of node/ share: the node itself. Everything here belongs to the ledger thread but
 * `queue`, which library threads push to. */
#ifndef JIELI_NODE_NODE_PARTS_H
#define JIELI_NODE_NODE_PARTS_H

#include "ledger/ledger.h"
#include "net/ipc.h"
#include "net/sync.h"
#include "net/transport.h"
#include "node/access.h"
#include "node/care.h"
#include "node/cosign.h"
#include "node/desks.h"
#include "node/folders.h"
#include "node/node.h"
#include "node/notify.h"
#include "node/pool.h"
#include "node/prefetch.h"
#include "node/queue.h"
#include "node/sessions.h"
#include "node/waits.h"
#include "node/watch.h"

/* Logs that grew and whose heads are announced once the acts' authors have their answers. */
enum { CHANGED_MAX = 64 };

/* Acts that wait in one batch: they share one commit. */
struct acts {
    unsigned count;
    struct append items[QUEUE_MAX_REQUESTS];
    uint64_t claimed_s[QUEUE_MAX_REQUESTS];
    const struct ipc_request *requests[QUEUE_MAX_REQUESTS];
};

struct invitations;

struct node {
    const char *home;
    const struct config *config;
    const struct logger *logger;
    struct access access;
    struct signkey *key;
    struct pool *pool;
    struct prefetch *prefetch;
    struct verifier verifier;
    struct ledger *ledger;
    struct queue *queue;
    struct sync *sync;
    struct transport *transport;
    struct sessions sessions;
    struct care_state care;
    struct cosign cosign;
    struct desks *desks;
    struct waits waits;
    struct folders folders;
    struct invitations *invitations;
    struct ipc_server *ipc;
    struct watch watch;
    struct notify *notify;         /* NULL: nobody is told of anything */
    enum err fatal;                /* not OK: the loop ends */
    bool stopping;
    uint64_t last_claimed_s;       /* of our own log's acts; 0: none */
    uint64_t tick_ms, reap_ms;     /* when next, steady clock */
    uint64_t owed_ms, near_ms;     /* since when something is to be settled, little is missing */
    uint64_t settle_from_ms, settle_retry_ms;   /* not settled before */
    bool settling;                 /* between two steps of it */
    unsigned changed_count;
    struct log_name changed[CHANGED_MAX];
    struct acts acts;
    struct batch batch;
};

/* faces.c: the sides of the node that other libraries call. */
struct ipc_handler faces_ipc(struct node *n);
struct transport_handler faces_transport(struct node *n);
struct sync_io faces_sync(struct node *n);
void faces_on_change(void *ctx, const struct log *log);
/* Announces the heads of the logs that changed. */
void faces_announce(struct node *n);
/* One event of a peer; its frame stays the caller's. */
void faces_event(struct node *n, const struct transport_event *event);

#endif
