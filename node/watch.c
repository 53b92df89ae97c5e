#include "node/watch.h"

#include <stdio.h>
#include <sys/statvfs.h>

#include "node/clock.h"
#include "node/failure.h"
#include "node/node_parts.h"

static unsigned render_metrics(void *ctx, struct buffer *out)
{
    struct node *n = ctx;
    return board_metrics(n->watch.board, out) == OK ? HTTP_OK : HTTP_UNAVAILABLE;
}

static unsigned render_health(void *ctx, struct buffer *out)
{
    struct node *n = ctx;
    struct health_facts facts;
    struct health health;
    board_facts(n->watch.board, clock_steady_ms(), &facts);
    health_check(&facts, &health);
    bool well = health_encode(&health, &facts, out) == OK && health.state != HEALTH_FAILING;
    return well ? HTTP_OK : HTTP_UNAVAILABLE;
}

static const struct http_route ROUTES[] = {
    {"/metrics", METRICS_CONTENT_TYPE, render_metrics},
    {"/health", "application/json", render_health},
};
enum { ROUTE_COUNT = sizeof ROUTES / sizeof ROUTES[0] };

static void on_commit(void *ctx, enum store_moment moment)
{
    struct meters *m = ctx;
    uint64_t now_us = clock_steady_us();
    if (moment == STORE_COMMITS) {
        m->commit_us = now_us;
    } else {
        histogram_add(&m->commits, now_us - m->commit_us);
    }
}

enum err watch_open(struct node *n)
{
    struct watch *w = &n->watch;
    uint64_t now_ms = clock_steady_ms();
    service_init(&w->service);
    w->met_ms = now_ms;
    w->started_s = clock_unix_s();
    return board_create(&w->board, now_ms);
}

static uint64_t free_bytes(const char *home)
{
    struct statvfs fs;
    return statvfs(home, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
}

static unsigned sessions_open_now(const struct node *n)
{
    struct sync_peer_info info;
    unsigned ready = 0;
    for (unsigned i = 0; sync_peer_at(n->sync, i, &info); i++) {
        ready += info.ready;
    }
    return ready;
}

static void gather_facts(struct node *n, uint64_t now_ms)
{
    struct watch *w = &n->watch;
    struct health_facts *f = &w->facts;
    f->free_bytes = free_bytes(n->home);
    f->meets_others = n->config->listen_count + n->config->peer_count > 0;
    f->certified = n->sessions.state == SESSIONS_READY;
    f->sessions = sessions_open_now(n);
    if (f->sessions > 0) {
        w->met_ms = now_ms;
    }
    f->alone_ms = now_ms - w->met_ms;
    struct folder_state folder;
    f->folders_silent = 0;
    for (unsigned i = 0; folders_at(n, i, &folder); i++) {
        f->folders_silent += folder.silent_ms > 0;
    }
    struct notify_counts notify;
    if (notify_counts(n, &notify)) {
        f->notify_waiting = notify.queued;
        f->notify_max = NOTIFY_MAX - NOTIFY_BATCH;
    }
    if (now_ms >= w->own_log_ms) {
        f->own_log = ledger_own_check(n->ledger);
        w->own_log_ms = now_ms + WATCH_OWN_LOG_MS;
    }
}

/* One line for `systemctl status`, when the verdict changes. */
static void tell_state(struct node *n)
{
    char text[256];
    struct health health;
    struct watch *w = &n->watch;
    health_check(&w->facts, &health);
    if (health.state == w->told) {
        return;
    }
    w->told = health.state;
    snprintf(text, sizeof text, "STATUS=%s%s%s", health_state_name(health.state),
             health.reason_count > 0 ? ": " : "",
             health.reason_count > 0 ? health.reasons[0] : "");
    service_tell(&w->service, text);
}

static void publish(struct node *n, uint64_t now_ms)
{
    struct watch *w = &n->watch;
    gather_facts(n, now_ms);
    if (n->config->http_listen[0] == '\0') {
        return;
    }
    buffer_reset(&w->text);
    if (watch_metrics(n, &w->text) == OK) {
        board_publish(w->board, &w->text, &w->facts);
    }
}

enum err watch_listen(struct node *n)
{
    struct watch *w = &n->watch;
    const char *address = n->config->http_listen;
    enum err err = OK;
    store_on_commit(ledger_store(n->ledger), on_commit, &w->meters);
    publish(n, clock_steady_ms());
    if (address[0] != '\0') {
        err = failure_report(n->logger, "http", address,
                             http_open(&w->http, address, ROUTES, ROUTE_COUNT, n));
    }
    return err;
}

void watch_ready(struct node *n)
{
    service_tell(&n->watch.service, "READY=1\nSTATUS=ok");
}

void watch_tick(struct node *n, uint64_t now_ms)
{
    struct watch *w = &n->watch;
    board_beat(w->board, now_ms);
    service_ping(&w->service, now_ms);
    if (now_ms >= w->publish_ms) {
        publish(n, now_ms);
        tell_state(n);
        w->publish_ms = now_ms + WATCH_PUBLISH_MS;
    }
}

void watch_stopping(struct node *n)
{
    service_tell(&n->watch.service, "STOPPING=1\nSTATUS=ending");
}

void watch_close(struct node *n)
{
    http_close(n->watch.http);
    board_free(n->watch.board);
    buffer_clear(&n->watch.text);
    n->watch.http = NULL;
    n->watch.board = NULL;
}
