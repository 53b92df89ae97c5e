#include "node/notify.h"

#include <stdlib.h>
#include <string.h>

#include "node/clock.h"
#include "node/failure.h"
#include "node/node_parts.h"
#include "node/notify_look.h"
#include "node/notify_rows.h"
#include "node/notify_run.h"

/* One of the oldest events: handed over, or waiting to be tried again. */
struct item { uint64_t seq, due_ms, pause_ms; bool handed; };

struct notify {
    struct notify_look look;
    struct notify_run *run;
    struct said said;
    uint64_t delivered, failed;
    unsigned count;
    struct item window[NOTIFY_WINDOW];
};

enum err notify_open(struct node *n)
{
    const char *program = n->config->notify_run;
    if (program[0] == '\0') {
        return OK;
    }
    n->notify = calloc(1, sizeof *n->notify);
    enum err err = n->notify == NULL ? ERR_NOMEM
                                     : notify_look_open(&n->notify->look, n->ledger,
                                                        n->config->member);
    if (err == OK) {
        err = notify_run_create(&n->notify->run, program, 0);
    }
    return failure_report(n->logger, "notify", program, err);
}

void notify_close(struct node *n)
{
    if (n->notify == NULL) {
        return;
    }
    notify_run_free(n->notify->run);
    if (n->notify->look.ready && n->fatal == OK) {
        (void)failure_report(n->logger, "notify", "positions",
                             notify_look_save(&n->notify->look));
    }
    free(n->notify);
    n->notify = NULL;
}

void notify_touch(struct node *n)
{
    if (n->notify != NULL) {
        n->notify->look.touched = true;
    }
}

bool notify_counts(const struct node *n, struct notify_counts *out)
{
    const struct notify *y = n->notify;
    if (y == NULL) {
        return false;
    }
    *out = (struct notify_counts){.queued = y->look.queued, .open = y->look.open_count,
                                  .delivered = y->delivered, .failed = y->failed};
    return true;
}

/* ---- the oldest events ---- */

static struct item *item_of(struct notify *y, uint64_t seq)
{
    for (unsigned i = 0; i < y->count; i++) {
        if (y->window[i].seq == seq) {
            return &y->window[i];
        }
    }
    return NULL;
}

/* Takes the next oldest up, as far as there is room. */
static enum err fill(struct node *n, struct txn *t)
{
    struct notify *y = n->notify;
    uint64_t seq = 0;
    enum err err = OK;
    while (err == OK && y->count < NOTIFY_WINDOW && y->count < y->look.queued) {
        err = notify_event_next(t, &seq);
        if (err == OK && item_of(y, seq) == NULL) {
            y->window[y->count++] = (struct item){.seq = seq};
        }
        seq++;
    }
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err hand_over(struct node *n, struct txn *t, uint64_t now_ms)
{
    struct notify *y = n->notify;
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < y->count; i++) {
        struct item *k = &y->window[i];
        struct span event;
        if (k->handed || now_ms < k->due_ms) {
            continue;
        }
        err = notify_event_get(t, k->seq, &event);
        if (err == OK) {
            err = notify_run_offer(y->run, k->seq, event);
        }
        k->handed = err == OK;
    }
    return err == ERR_BUSY ? OK : err;
}

static enum err send_oldest(struct node *n, uint64_t now_ms)
{
    struct txn *t;
    if (n->notify->look.queued == 0) {
        return OK;
    }
    enum err err = txn_read(ledger_store(n->ledger), &t);
    if (err != OK) {
        return err;
    }
    err = fill(n, t);
    if (err == OK) {
        err = hand_over(n, t, now_ms);
    }
    txn_abort(t);
    return err;
}

static void say_failure(struct node *n, const struct notify_result *r)
{
    struct logline line;
    enum err why = r->err != OK ? r->err : r->timed_out ? ERR_TIMEOUT : ERR_IO;
    if (!said_due(&n->notify->said, "notify", why, clock_steady_ms())) {
        return;
    }
    logline_begin(&line, n->logger, LEVEL_WARN, "notify-failed");
    logline_text(&line, "program", n->config->notify_run);
    logline_err(&line, why);
    if (r->err == OK && r->signal != 0) {
        logline_uint(&line, "signal", (uint64_t)r->signal);
    } else if (r->err == OK) {
        logline_uint(&line, "status", (uint64_t)r->status);
    }
    logline_text(&line, "said", r->said);
    logline_uint(&line, "waiting", n->notify->look.queued);
    logline_text(&line, "advice", "the event is kept and tried again: mend the program");
    logline_end(&line);
}

static void try_later(struct item *k, uint64_t now_ms)
{
    uint64_t most_ms = NOTIFY_PAUSE_MAX_S * 1000;
    k->handed = false;
    k->pause_ms = k->pause_ms == 0 ? NOTIFY_PAUSE_MIN_S * 1000 : 2 * k->pause_ms;
    k->pause_ms = k->pause_ms > most_ms ? most_ms : k->pause_ms;
    k->due_ms = now_ms + k->pause_ms;
}

/* Delivered ones leave the queue in one commit; should that fail, they are told once more. */
static enum err drop(struct node *n, const uint64_t *seqs, unsigned count, uint64_t now_ms)
{
    struct notify *y = n->notify;
    enum err err = count == 0 ? OK : notify_look_drop(&y->look, seqs, count);
    for (unsigned i = 0; i < count; i++) {
        struct item *k = item_of(y, seqs[i]);
        if (err != OK) {
            try_later(k, now_ms);
        } else {
            memmove(k, k + 1, (size_t)(y->window + --y->count - k) * sizeof *k);
            y->delivered++;
        }
    }
    return err;
}

static enum err collect(struct node *n, uint64_t now_ms)
{
    struct notify_result r;
    uint64_t done[NOTIFY_WINDOW];
    unsigned count = 0;
    while (count < NOTIFY_WINDOW && notify_run_take(n->notify->run, &r)) {
        if (r.delivered) {
            done[count++] = r.seq;
            continue;
        }
        n->notify->failed++;
        try_later(item_of(n->notify, r.seq), now_ms);
        say_failure(n, &r);
    }
    return drop(n, done, count, now_ms);
}

void notify_tick(struct node *n, uint64_t now_ms)
{
    if (n->notify == NULL) {
        return;
    }
    enum err err = collect(n, now_ms);
    if (err == OK) {
        err = notify_look_round(&n->notify->look, clock_unix_s());
    }
    if (err == OK) {
        err = send_oldest(n, now_ms);
    }
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    }
    if (err != OK && said_due(&n->notify->said, "queue", err, now_ms)) {
        (void)failure_report(n->logger, "notify", "queue", err);
    }
}
