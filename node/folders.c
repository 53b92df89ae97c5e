#include "node/folders.h"

#include <string.h>
#include <time.h>

#include "net/thread.h"
#include "node/clock.h"
#include "node/failure.h"
#include "node/node_parts.h"

static uint64_t unix_s(void *ctx)
{
    (void)ctx;
    return clock_unix_s();
}

static const char *advice(const struct folder_event *e)
{
    if (strcmp(e->name, "folder-failed") == 0) {
        return "make the folder readable and writable for this node, or free space; it is tried "
               "again by itself";
    }
    if (strcmp(e->name, "folder-bad") == 0) {
        return "nothing of it counts beyond what could be proven; it lies in bad/, ask its sender "
               "for another";
    }
    if (strcmp(e->name, "folder-waits") == 0) {
        return e->err == ERR_GAP ? "an earlier bundle is missing; it is read again when more has "
                                   "come" : "it is cut short; it is read when it is whole";
    }
    if (strcmp(e->name, "folder-silent") == 0) {
        return "its share or network hangs: repair or remount it; bundles flow again by themselves "
               "when it answers, all else goes on meanwhile";
    }
    return "";
}

static void on_event(void *ctx, const struct folder_event *e)
{
    struct node *n = ctx;
    struct logline line;
    const char *hint = advice(e);
    enum log_level level = strcmp(e->name, "folder-forked") == 0 ? LEVEL_ERROR
                           : hint[0] != '\0' ? LEVEL_WARN : LEVEL_INFO;
    logline_begin(&line, n->logger, level, e->name);
    logline_text(&line, "path", e->path);
    logline_err(&line, e->err);
    if (strcmp(e->name, "folder-applied") == 0 || e->skipped > 0) {
        logline_uint(&line, "entries", e->entries);
        logline_uint(&line, "parts", e->parts);
        logline_uint(&line, "cosignatures", e->cosignatures);
        logline_uint(&line, "skipped", e->skipped);
    }
    if (e->silent_ms > 0) {
        logline_uint(&line, "silent_ms", e->silent_ms);
    }
    if (e->member != NULL && e->member[0] != '\0') {
        logline_text(&line, "member", e->member);
    }
    if (hint[0] != '\0') {
        logline_text(&line, "advice", hint);
    }
    logline_end(&line);
    if (e->cosignatures > 0) {
        n->waits.due = true;
        sync_show_cosigned(n->sync);
    }
}

/* ---- the couriers' threads ---- */

static void *carry(void *arg)
{
    struct courier *c = arg;
    while (courier_wait(c)) {
        (void)courier_step(c, clock_steady_ms());
    }
    courier_drop(c);
    courier_release(c);
    return NULL;
}

static enum err courier_start(struct folders *all, struct courier *c)
{
    courier_hold(c);
    if (!thread_start(&all->threads[all->thread_count], carry, c)) {
        courier_release(c);
        return ERR_IO;
    }
    all->thread_count++;
    return OK;
}

static enum err threads_start(struct folders *all, struct folder *f)
{
    enum err err = OK;
    for (unsigned way = 0; err == OK && way < FOLDER_WAYS; way++) {
        struct courier *c = folder_courier(f, (enum folder_way)way);
        if (c != NULL) {
            err = courier_start(all, c);
        }
    }
    return err;
}

static bool threads_end(struct folders *all)
{
    struct timespec until;
    bool ended = true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FOLDERS_STOP_S;
    for (unsigned i = 0; i < all->thread_count; i++) {
        if (pthread_timedjoin_np(all->threads[i], NULL, &until) != 0) {
            pthread_detach(all->threads[i]);
            ended = false;
        }
    }
    all->thread_count = 0;
    return ended;
}

/* ---- all of them ---- */

enum err folders_open(struct node *n)
{
    const struct folder_io io = {.ctx = n, .unix_s = unix_s, .event = on_event};
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < n->config->folder_count; i++) {
        const struct config_folder *c = &n->config->folders[i];
        const struct folder_options options = {.out = c->out, .in = c->in,
                                               .member = n->config->member,
                                               .every_s = c->every_s,
                                               .again_s = c->again_h * 3600};
        err = folder_open(&n->folders.items[i], n->ledger, &options, &io);
        n->folders.count += err == OK;
        if (err == OK) {
            err = threads_start(&n->folders, n->folders.items[i]);
        }
        (void)failure_report(n->logger, "folder", c->out[0] != '\0' ? c->out : c->in, err);
    }
    return err;
}

void folders_tick(struct node *n)
{
    struct folders *all = &n->folders;
    const uint64_t end_ms = clock_steady_ms() + FOLDERS_TICK_MS;
    for (unsigned idle = 0; idle < all->count && n->fatal == OK;) {
        const uint64_t now_ms = clock_steady_ms();
        bool more = false;
        if (now_ms >= end_ms) {
            return;
        }
        if (folder_step(all->items[all->turn], now_ms, &more) == ERR_UNCERTAIN) {
            n->fatal = ERR_UNCERTAIN;
        }
        all->turn = (all->turn + 1) % all->count;
        idle = more ? 0 : idle + 1;
    }
}

bool folders_at(const struct node *n, unsigned nth, struct folder_state *out)
{
    for (unsigned i = 0; i < n->folders.count; i++) {
        for (unsigned way = 0; way < FOLDER_WAYS; way++) {
            bool there = folder_look(n->folders.items[i], (enum folder_way)way, clock_steady_ms(),
                                     out);
            if (there && nth-- == 0) {
                return true;
            }
        }
    }
    return false;
}

bool folders_close(struct node *n)
{
    struct folders *all = &n->folders;
    for (unsigned i = 0; i < all->count; i++) {
        for (unsigned way = 0; way < FOLDER_WAYS; way++) {
            struct courier *c = folder_courier(all->items[i], (enum folder_way)way);
            if (c != NULL) {
                courier_stop(c);
            }
        }
    }
    bool ended = threads_end(all);
    for (unsigned i = 0; i < all->count; i++) {
        folder_close(all->items[i]);
    }
    all->count = 0;
    return ended;
}
