#include "node/waits.h"

#include <string.h>

#include "ledger/query/query.h"
#include "node/clock.h"
#include "node/node_parts.h"
#include "node/ops.h"

static enum err level_of(const struct ipc_request *request, struct wait *w)
{
    static const char *const names[] = {"sequenced", "mirrored", "delivered"};
    const char *level = ops_text(request, "level");
    json_int_t count = json_integer_value(json_object_get(request->head, "count"));
    for (unsigned i = 0; level != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(level, names[i]) == 0) {
            w->level = (enum wait_for)i;
            w->count = count < 1 ? 1 : count > MEMBERS_MAX ? MEMBERS_MAX : (unsigned)count;
            return OK;
        }
    }
    return ERR_FORMAT;
}

enum err waits_add(struct node *n, const struct ipc_request *request)
{
    struct wait w = {.conn = request->conn};
    struct hash id;
    size_t len = 0;
    const char *hex = ops_text(request, "id");
    json_int_t ms = json_integer_value(json_object_get(request->head, "timeout_ms"));
    enum err err = hex == NULL ? ERR_FORMAT
                               : hex_decode(id.b, HASH_BYTES, hex, strlen(hex), &len);
    if (err == OK) {
        err = len == HASH_BYTES && ms >= 0 ? level_of(request, &w) : ERR_FORMAT;
    }
    if (err == OK) {
        err = ledger_find_id(n->ledger, &id, &w.at);
    }
    if (err != OK || n->waits.count == WAITS_MAX) {
        return err == OK ? ERR_BUSY : err;
    }
    w.until_ms = clock_steady_ms() + (ms < WAIT_MAX_MS ? (uint64_t)ms : WAIT_MAX_MS);
    n->waits.all[n->waits.count++] = w;
    n->waits.due = true;
    return OK;
}

static bool reached(const struct wait *w, const struct act_level *level)
{
    switch (w->level) {
    case WAIT_SEQUENCED: return true;
    case WAIT_MIRRORED: return level->mirrored >= w->count;
    case WAIT_DELIVERED: return level_delivered(level);
    }
    return false;
}

/* Nothing can be delivered of an act that concerns nobody else. */
static bool never(const struct wait *w, const struct act_level *level)
{
    return w->level == WAIT_DELIVERED && level->concern.count == 0;
}

static void answer(struct node *n, const struct wait *w, const struct act_level *level)
{
    json_t *ack = NULL;
    json_t *reply = json_pack("{s:b}", "ok", 1);
    if (reply == NULL || query_level_json(n->ledger, level, clock_unix_s(), &ack) != OK) {
        json_decref(reply);
        reply = json_pack("{s:b,s:s,s:s}", "ok", 0, "error", err_name(ERR_NOMEM), "message",
                          err_message(ERR_NOMEM));
    } else {
        json_object_set_new(reply, "ack", ack);
        json_object_set_new(reply, "reached", json_boolean(reached(w, level)));
        json_object_set_new(reply, "never", json_boolean(never(w, level)));
    }
    ops_answer(n, w->conn, reply, (struct span){0});
    json_decref(reply);
}

void waits_serve(struct node *n)
{
    struct waits *all = &n->waits;
    const uint64_t now_ms = clock_steady_ms();
    unsigned kept = 0;
    for (unsigned i = 0; i < all->count; i++) {
        const struct wait w = all->all[i];
        struct act_level level;
        bool over = now_ms >= w.until_ms;
        if (!over && !all->due) {
            all->all[kept++] = w;
            continue;
        }
        if (ledger_level(n->ledger, w.at, clock_unix_s(), &level) != OK) {
            level = (struct act_level){.offered = {MEMBER_NONE}};
        }
        if (over || reached(&w, &level) || never(&w, &level)) {
            answer(n, &w, &level);
        } else {
            all->all[kept++] = w;
        }
    }
    all->count = kept;
    all->due = false;
}
