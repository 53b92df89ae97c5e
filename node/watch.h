/* How the node lets itself be watched: what it counts, what it publishes each second for the http
 * face, and what it tells the service manager. Belongs to the ledger thread but for the http routes
 * and node_stuck. */
#ifndef JIELI_NODE_WATCH_H
#define JIELI_NODE_WATCH_H

#include "node/board.h"
#include "node/contacts.h"
#include "node/http.h"
#include "node/metrics.h"
#include "node/service.h"

struct node;

enum { WATCH_PUBLISH_MS = 1000, WATCH_OWN_LOG_MS = 10000 };

/* What only the ledger thread counts. */
struct meters {
    uint64_t acts;                         /* sequenced here */
    uint64_t requests_refused[ERR_COUNT];  /* of the local socket */
    struct histogram commits;
    uint64_t commit_us;                    /* when the one under way began */
};

struct watch {
    struct service service;
    struct board *board;
    struct http *http;
    struct meters meters;
    struct contacts contacts;
    struct health_facts facts;
    struct buffer text;                    /* the metrics being written */
    enum health_state told;                /* as the service manager was last told */
    uint64_t publish_ms, own_log_ms;       /* when next, steady clock */
    uint64_t met_ms;                       /* when there was last a session, or the start */
    uint64_t started_s;
};

/* Before the ledger is opened: what starts the counting. ERR_NOMEM. */
MUST_CHECK enum err watch_open(struct node *n);
/* Ledger and transport are open: opens the http face where one is configured. Logged when it fails;
 * errors of http_open. */
MUST_CHECK enum err watch_listen(struct node *n);
/* Everything listens: tells the service manager. */
void watch_ready(struct node *n);
/* Every time the ledger thread comes round. */
void watch_tick(struct node *n, uint64_t now_ms);
/* The node is about to end. */
void watch_stopping(struct node *n);
void watch_close(struct node *n);

/* metrics_node.c: all metrics of the node, appended to out. */
MUST_CHECK enum err watch_metrics(struct node *n, struct buffer *out);

#endif
