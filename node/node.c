#include "node/node.h"

#include <stdlib.h>
#include <string.h>

#include "node/clock.h"
#include "node/failure.h"
#include "node/invitations.h"
#include "node/node_key.h"
#include "node/node_parts.h"
#include "node/ops.h"

enum { TICK_MS = 250, REAP_MS = 600000, SETTLE_NEAR_MS = 1000, SETTLE_OWED_MS = 300000,
       SETTLE_RETRY_MS = 10000, SETTLE_START_MS = 5000 };

static const struct sync_options SYNC = {.heartbeat_ms = 10000, .exchange_ms = 30000,
                                         .want_timeout_ms = 20000};

static enum err load_access(struct node *n)
{
    const char *unknown = "";
    enum err err = access_init(&n->access, n->config, &unknown);
    return failure_report(n->logger, "unknown-user", unknown, err);
}

static enum err load_keys(struct node *n)
{
    enum err err =
        failure_report(n->logger, "key", "node.key", node_key_load(n->home, &n->key));
    return err == OK ? sessions_open(n) : err;
}

/* The claimed time of the last act of our own log, which the next ones are held against. */
static enum err read_last_claimed(struct node *n)
{
    const struct log *own = NULL;
    struct span bytes;
    struct entry e;
    for (unsigned i = 0; ledger_log_at(n->ledger, i) != NULL; i++) {
        const struct log *log = ledger_log_at(n->ledger, i);
        if (strcmp(log->member, n->config->member) == 0 &&
            (own == NULL || log->epoch > own->epoch)) {
            own = log;
        }
    }
    if (own == NULL || own->frontier.size == 0) {
        return OK;
    }
    enum err err = log_read(ledger_txn(n->ledger), own->no, own->frontier.size - 1, &bytes);
    if (err == OK && entry_decode(&e, bytes) == OK) {
        n->last_claimed_s = e.time_s;
    }
    return err;
}

static void warn_of_clock(const struct node *n)
{
    struct logline line;
    uint64_t now_s = clock_unix_s();
    if (n->last_claimed_s > now_s + CLOCK_SLACK_S) {
        logline_begin(&line, n->logger, LEVEL_WARN, "clock");
        logline_uint(&line, "now_s", now_s);
        logline_uint(&line, "last_act_s", n->last_claimed_s);
        logline_err(&line, ERR_CLOCK);
        logline_text(&line, "advice", "this clock stands a day or more before the last act of our "
                                      "own log: set it right");
        logline_end(&line);
    }
}

static enum err open_ledger(struct node *n)
{
    n->verifier = prefetch_verifier(n->prefetch);
    const struct ledger_options options = {
        .home = n->home,
        .pinned = n->config->has_ledger ? &n->config->ledger : NULL,
        .member = n->config->member,
        .node_key = n->key,
        .verifier = &n->verifier,
        .mode = LEDGER_WRITE,
    };
    enum err err = ledger_open(&n->ledger, &options);
    if (err == OK) {
        err = store_reap_readers(ledger_store(n->ledger));
    }
    if (err == OK) {
        err = read_last_claimed(n);
    }
    return failure_report(n->logger, "ledger", n->home, err);
}

static enum err open_sync(struct node *n)
{
    const struct sync_io io = faces_sync(n);
    struct sync_options options = SYNC;
    options.member = n->config->member;
    enum err err = sync_create(&n->sync, n->ledger, &io, &options);
    if (err == OK) {
        ledger_on_change(n->ledger, faces_on_change, n);
        prefetch_enable(n->prefetch, &ledger_genesis(n->ledger)->ledger);
        cosign_identify(n);
    }
    return failure_report(n->logger, "sync", n->home, err);
}

static enum err open_transport(struct node *n)
{
    const struct transport_handler handler = faces_transport(n);
    const struct transport_options options = {.ledger = ledger_genesis(n->ledger)->ledger};
    enum err err = transport_create(&n->transport, &handler, &options);
    (void)failure_report(n->logger, "transport", "", err);
    if (err == OK) {
        sessions_identify(n);
    }
    for (unsigned i = 0; err == OK && i < n->config->listen_count; i++) {
        err = failure_report(n->logger, "listen", n->config->listen[i],
                     transport_listen(n->transport, n->config->listen[i]));
    }
    for (unsigned i = 0; err == OK && i < n->config->peer_count; i++) {
        err = failure_report(n->logger, "dial", n->config->peers[i],
                     transport_dial(n->transport, n->config->peers[i]));
    }
    return err;
}

static enum err open_ipc(struct node *n)
{
    char path[CONFIG_SOCKET_BYTES];
    const struct ipc_handler handler = faces_ipc(n);
    enum err err = config_socket_path(n->config, n->home, path, sizeof path);
    if (err == OK) {
        err = ipc_listen(&n->ipc, path, n->config->ipc_mode, &handler);
    }
    return failure_report(n->logger, "socket", n->config->socket, err);
}

static void log_ready(const struct node *n)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_INFO, "ready");
    logline_text(&line, "member", n->config->member);
    logline_hash(&line, "ledger", &ledger_genesis(n->ledger)->ledger);
    logline_text(&line, "home", n->home);
    logline_end(&line);
}

static enum err open_all(struct node *n)
{
    enum err err = load_access(n);
    if (err == OK) {
        err = load_keys(n);
    }
    if (err == OK) {
        err = failure_report(n->logger, "pool", "", pool_create(&n->pool, 0));
    }
    if (err == OK) {
        err = failure_report(n->logger, "pool", "", prefetch_create(&n->prefetch, n->pool));
    }
    if (err == OK) {
        err = failure_report(n->logger, "queue", "", queue_create(&n->queue));
    }
    if (err == OK) {
        err = failure_report(n->logger, "desks", "", desks_create(&n->desks));
    }
    if (err == OK) {
        err = failure_report(n->logger, "invitations", n->home,
                             invitations_create(&n->invitations, n->home, n->logger));
    }
    if (err == OK) {
        err = failure_report(n->logger, "watch", "", watch_open(n));
    }
    if (err == OK) {
        err = open_ledger(n);
    }
    if (err == OK) {
        err = open_sync(n);
    }
    if (err == OK) {
        err = notify_open(n);
    }
    if (err == OK) {
        err = open_transport(n);
    }
    if (err == OK) {
        err = watch_listen(n);
    }
    if (err == OK) {
        err = folders_open(n);
    }
    return err == OK ? open_ipc(n) : err;
}

enum err node_open(struct node **out, const struct node_options *options)
{
    struct node *n = calloc(1, sizeof *n);
    if (n == NULL) {
        return ERR_NOMEM;
    }
    n->home = options->home;
    n->config = options->config;
    n->logger = options->logger;
    enum err err = open_all(n);
    if (err != OK) {
        node_close(n);
        return err;
    }
    warn_of_clock(n);
    log_ready(n);
    watch_ready(n);
    *out = n;
    return OK;
}

static uint64_t least_cost_us(const struct transport_event *event)
{
    const bool ping = event->type == TRANSPORT_FRAME && event->frame.len > 0 &&
                      (event->frame.data[0] == MSG_PING || event->frame.data[0] == MSG_PONG);
    return ping ? STANDING_PING_US : 0;
}

/* What brings new entries is as welcome as it is dear; all else is charged to the peer. */
static void serve_event(struct node *n, const struct transport_event *event)
{
    const uint64_t least_us = least_cost_us(event), before_us = clock_thread_us();
    faces_event(n, event);
    if (event->type <= TRANSPORT_FRAME && n->changed_count == 0) {
        const uint64_t cost_us = clock_thread_us() - before_us;
        sessions_charge(n, event->peer, cost_us > least_us ? cost_us : least_us);
    }
}

static void serve_events(struct node *n)
{
    for (unsigned i = 0; i < n->batch.event_count; i++) {
        if (n->fatal == OK && !n->batch.late[i]) {
            serve_event(n, &n->batch.events[i]);
        }
        prefetch_drop(n->prefetch, buffer_span(&n->batch.events[i].frame));
        buffer_clear(&n->batch.events[i].frame);
    }
    for (unsigned i = 0; i < n->batch.resumed_count; i++) {
        transport_resume(n->transport, n->batch.resumed[i]);
    }
}

static void tick(struct node *n)
{
    uint64_t now_ms = clock_steady_ms();
    watch_tick(n, now_ms);
    if (now_ms >= n->tick_ms) {
        sessions_identify(n);
        sessions_recheck(n);
        cosign_identify(n);
        desks_recheck(n);
        invitations_tick(n);
        sync_tick(n->sync, now_ms);
        folders_tick(n);
        care_tick(n);
        notify_tick(n, now_ms);
        n->tick_ms = now_ms + TICK_MS;
    }
    if (now_ms >= n->reap_ms) {
        enum err err = store_reap_readers(ledger_store(n->ledger));
        (void)failure_report(n->logger, "reap-readers", n->home, err);
        n->reap_ms = now_ms + REAP_MS;
    }
}

/* Whether what is owed can be settled now: nothing is missing, or little for a while already, or it
 * waited long. Earlier much would wait again for what is still on its way. A node that was stopped
 * in a catch-up waits for its peers first. */
static bool settle_due(struct node *n, uint64_t now_ms)
{
    if (n->settling) {
        return true;
    }
    if (now_ms < n->settle_from_ms) {
        return false;
    }
    if (sync_idle(n->sync)) {
        return true;
    }
    if (!sync_near(n->sync)) {
        n->near_ms = 0;
    } else if (n->near_ms == 0) {
        n->near_ms = now_ms;
    }
    return (n->near_ms != 0 && now_ms >= n->near_ms + SETTLE_NEAR_MS) ||
           now_ms >= n->owed_ms + SETTLE_OWED_MS;
}

static void settle(struct node *n)
{
    const uint64_t now_ms = clock_steady_ms();
    bool more = false;
    if (ledger_unsettled(n->ledger) == 0) {
        n->owed_ms = n->near_ms = 0;
        return;
    }
    if (n->owed_ms == 0) {
        n->owed_ms = now_ms;
    }
    if (n->fatal != OK || now_ms < n->settle_retry_ms || !settle_due(n, now_ms)) {
        return;
    }
    enum err err = ledger_settle(n->ledger, &more);
    n->settling = more;
    if (!more) {
        n->owed_ms = n->near_ms = 0;
    }
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    } else if (err != OK) {
        n->settle_retry_ms = now_ms + SETTLE_RETRY_MS;
        (void)failure_report(n->logger, "settle", n->home, err);
    }
}

enum err node_run(struct node *n)
{
    n->batch.stop = false;
    n->settle_from_ms = ledger_unsettled(n->ledger) > 0 ? clock_steady_ms() + SETTLE_START_MS : 0;
    n->reap_ms = clock_steady_ms() + REAP_MS;
    while (n->fatal == OK && !n->batch.stop) {
        if (n->stopping) {
            queue_stop(n->queue);
        }
        queue_take(n->queue, n->settling ? 0 : n->tick_ms, &n->batch);
        ops_serve(n);
        faces_announce(n);
        serve_events(n);
        faces_announce(n);
        settle(n);
        tick(n);
        waits_serve(n);
    }
    watch_stopping(n);
    return failure_report(n->logger, "end", n->home, n->fatal);
}

void node_pulse(const struct node *n, struct transport_pulse *out)
{
    transport_pulse(n->transport, out);
}

void node_stop(struct node *n)
{
    queue_stop(n->queue);
}

bool node_close(struct node *n)
{
    if (n == NULL) {
        return true;
    }
    if (n->queue != NULL) {
        queue_stop(n->queue);
    }
    watch_close(n);
    if (n->ipc != NULL) {
        ipc_close(n->ipc);
    }
    const bool folders_ended = folders_close(n);
    if (n->sync != NULL) {
        sync_free(n->sync);
    }
    if (n->transport != NULL) {
        transport_close(n->transport);
    }
    notify_close(n);
    if (n->ledger != NULL) {
        ledger_close(n->ledger);
    }
    prefetch_free(n->prefetch);
    queue_free(n->queue);
    desks_free(n->desks);
    invitations_free(n->invitations);
    pool_free(n->pool);
    signkey_free(n->key);
    sessions_clear(n);
    cosign_clear_key(n);
    free(n);
    return folders_ended;
}
