#include <stdio.h>
#include <string.h>

#include "node/node_parts.h"
#include "node/watch.h"

static const struct metric_label NONE = {0};

/* ---- logs ---- */

enum log_gauge { LOG_ENTRIES, LOG_VERIFIED, LOG_HEAD, LOG_LAG };

static uint64_t log_value(const struct node *n, const struct log *log, enum log_gauge which)
{
    uint64_t stored = log->frontier.size, shown;
    switch (which) {
    case LOG_ENTRIES: return stored;
    case LOG_VERIFIED: return ledger_verified(n->ledger, log->no);
    case LOG_HEAD: return log->head_size;
    case LOG_LAG:
        shown = sync_shown(n->sync, log->no);
        return shown > stored ? shown - stored : 0;
    }
    return 0;
}

static void put_logs(struct metrics *m, const struct node *n, const char *name, const char *help,
                     enum log_gauge which)
{
    char epoch[16];
    metrics_family(m, name, "gauge", help);
    for (unsigned i = 0; i < METRICS_MAX_LOGS; i++) {
        const struct log *log = ledger_log_at(n->ledger, i);
        if (log == NULL) {
            return;
        }
        snprintf(epoch, sizeof epoch, "%u", (unsigned)log->epoch);
        metrics_sample(m, (struct metric_label){"member", log->member},
                       (struct metric_label){"epoch", epoch}, log_value(n, log, which));
    }
}

static unsigned logs_held(const struct node *n)
{
    unsigned count = 0;
    while (ledger_log_at(n->ledger, count) != NULL) {
        count++;
    }
    return count;
}

static void put_all_logs(struct metrics *m, const struct node *n)
{
    metrics_single(m, "jieli_logs", "gauge", "Logs held.", logs_held(n));
    put_logs(m, n, "jieli_log_entries", "Entries stored of a log, their hashes proven.",
             LOG_ENTRIES);
    put_logs(m, n, "jieli_log_verified_entries",
             "Entries of a log whose cases are folded: less than stored while it catches up.",
             LOG_VERIFIED);
    put_logs(m, n, "jieli_log_head_entries", "Size that the newest signed head of a log covers.",
             LOG_HEAD);
    put_logs(m, n, "jieli_log_lag_entries",
             "Entries of a log that a connected peer has shown and that are not stored yet.",
             LOG_LAG);
    metrics_single(m, "jieli_law_folded_entries", "gauge",
                   "Entries of the convenor's log below which everything is folded.",
                   ledger_folded(n->ledger));
}

/* ---- peers ---- */

/* Of a member: connections that have ended, and those of now. */
static uint64_t bytes_of(const struct node *n, const struct contact *k, bool in)
{
    struct sync_peer_info info;
    uint64_t sum = in ? k->bytes_in : k->bytes_out, now_in = 0, now_out = 0;
    for (unsigned i = 0; sync_peer_at(n->sync, i, &info); i++) {
        if (strcmp(info.member, k->member) == 0 &&
            transport_bytes(n->transport, info.peer, &now_in, &now_out)) {
            sum += in ? now_in : now_out;
        }
    }
    return sum;
}

static void put_bytes(struct metrics *m, const struct node *n, const char *name, const char *help,
                      bool in)
{
    metrics_family(m, name, "counter", help);
    for (unsigned i = 0; i < n->watch.contacts.count; i++) {
        const struct contact *k = &n->watch.contacts.items[i];
        if (k->sessions > 0) {
            metrics_sample(m, (struct metric_label){"member", k->member}, NONE,
                           bytes_of(n, k, in));
        }
    }
}

static void put_sessions(struct metrics *m, const struct node *n)
{
    metrics_family(m, "jieli_session_open", "gauge", "Whether a session of the member is open.");
    for (unsigned i = 0; i < n->watch.contacts.count; i++) {
        struct sync_peer_info info;
        bool open = false;
        const struct contact *k = &n->watch.contacts.items[i];
        for (unsigned p = 0; sync_peer_at(n->sync, p, &info); p++) {
            open = open || (info.ready && strcmp(info.member, k->member) == 0);
        }
        if (k->sessions > 0) {
            metrics_sample(m, (struct metric_label){"member", k->member}, NONE, open);
        }
    }
}

static void put_errors(struct metrics *m, const char *name, const char *help,
                       const uint64_t count[ERR_COUNT], bool (*shown)(enum err))
{
    metrics_family(m, name, "counter", help);
    for (unsigned e = 1; e < ERR_COUNT; e++) {
        if (count[e] > 0 && shown((enum err)e)) {
            metrics_sample(m, (struct metric_label){"reason", err_name((enum err)e)}, NONE,
                           count[e]);
        }
    }
}

static bool any(enum err why)
{
    return why != OK;
}

static void put_peers(struct metrics *m, const struct node *n)
{
    struct transport_pulse pulse;
    transport_pulse(n->transport, &pulse);
    metrics_single(m, "jieli_sessions", "gauge", "Sessions open with other members.",
                   n->watch.facts.sessions);
    metrics_single(m, "jieli_peers_configured", "gauge", "Addresses that are dialled.",
                   n->config->peer_count);
    put_sessions(m, n);
    put_bytes(m, n, "jieli_peer_received_bytes_total",
              "Bytes received from a member, handshakes and seals included.", true);
    put_bytes(m, n, "jieli_peer_sent_bytes_total",
              "Bytes sent to a member, handshakes and seals included.", false);
    put_errors(m, "jieli_sessions_refused_total",
               "Connections that ended for a reason, by either side.", n->watch.contacts.ended,
               contact_refusal);
    metrics_single(m, "jieli_entries_sent_total", "counter",
                   "Entries sent in packages to all peers.", sync_entries_out(n->sync));
    metrics_single(m, "jieli_transport_completions_total", "counter",
                   "Dials, accepts, reads and writes that ended.", pulse.completions);
}

/* ---- work ---- */

static void put_work(struct metrics *m, const struct node *n)
{
    struct queue_depth depth;
    queue_look(n->queue, &depth);
    metrics_single(m, "jieli_acts_total", "counter", "Acts sequenced here.",
                   n->watch.meters.acts);
    put_errors(m, "jieli_requests_refused_total", "Requests of the local socket refused.",
               n->watch.meters.requests_refused, any);
    metrics_family(m, "jieli_queue_depth", "gauge", "What waits for the ledger thread.");
    metrics_sample(m, (struct metric_label){"lane", "requests"}, NONE, depth.requests);
    metrics_sample(m, (struct metric_label){"lane", "frames"}, NONE, depth.frames);
    metrics_family(m, "jieli_queue_bytes", "gauge", "Bytes that wait for the ledger thread.");
    metrics_sample(m, (struct metric_label){"lane", "requests"}, NONE, depth.request_bytes);
    metrics_sample(m, (struct metric_label){"lane", "frames"}, NONE, depth.frame_bytes);
    metrics_histogram(m, "jieli_commit_seconds", "Durable commits to the database.",
                      &n->watch.meters.commits);
    metrics_single(m, "jieli_entries_checked_total", "counter",
                   "Entries whose signatures were checked.", pool_checked(n->pool));
}

static void put_notify(struct metrics *m, const struct node *n)
{
    struct notify_counts c;
    if (!notify_counts(n, &c)) {
        return;
    }
    metrics_single(m, "jieli_notify_queue", "gauge", "Events not delivered yet.", c.queued);
    metrics_single(m, "jieli_notify_open", "gauge",
                   "Acts that may become events: pending, or our offers not delivered yet.",
                   c.open);
    metrics_single(m, "jieli_notify_delivered_total", "counter", "Events delivered.",
                   c.delivered);
    metrics_single(m, "jieli_notify_failed_total", "counter",
                   "Runs of the program that failed; the event is tried again.", c.failed);
}

static void put_folders(struct metrics *m, const struct node *n)
{
    struct folder_state at;
    if (n->folders.count > 0) {
        metrics_family(m, "jieli_folder_silent_seconds", "gauge",
                       "How long a path of [folder] has not answered; 0: it does.");
    }
    for (unsigned i = 0; folders_at(n, i, &at); i++) {
        metrics_sample(m, (struct metric_label){"path", at.path},
                       (struct metric_label){"way", folder_way_name(at.way)},
                       at.silent_ms / 1000);
    }
}

/* ---- disk and process ---- */

static void put_disk(struct metrics *m, const struct node *n)
{
    uint64_t used = 0, file = 0;
    metrics_single(m, "jieli_disk_free_bytes", "gauge", "Free on the disk of the home.",
                   n->watch.facts.free_bytes);
    if (store_size(ledger_store(n->ledger), &used, &file) == OK) {
        metrics_single(m, "jieli_database_bytes", "gauge", "The database file.", file);
        metrics_single(m, "jieli_database_used_bytes", "gauge", "Bytes in use within it.", used);
    }
    metrics_single(m, "jieli_own_log_writable", "gauge",
                   "Whether our own log may grow: 0 after a rollback or a fork.",
                   n->watch.facts.own_log == OK);
    metrics_single(m, "jieli_start_time_seconds", "gauge", "When the node started, Unix time.",
                   n->watch.started_s);
}

enum err watch_metrics(struct node *n, struct buffer *out)
{
    struct metrics m = {.out = out};
    put_all_logs(&m, n);
    put_peers(&m, n);
    put_work(&m, n);
    put_notify(&m, n);
    put_folders(&m, n);
    put_disk(&m, n);
    return m.err;
}
