#include "node/health.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/limits.h"

static void note(struct health *h, bool holds, enum health_state state, const char *reason)
{
    if (!holds) {
        return;
    }
    assert(h->reason_count < HEALTH_MAX_REASONS);
    h->reasons[h->reason_count++] = reason;
    if (state > h->state) {
        h->state = state;
    }
}

void health_check(const struct health_facts *f, struct health *out)
{
    bool rolled_back = f->own_log == ERR_ROLLBACK || f->own_log == ERR_GAP;
    bool cut_off = f->meets_others && f->sessions == 0 && f->alone_ms >= HEALTH_ALONE_S * 1000;
    *out = (struct health){.state = HEALTH_OK};
    note(out, f->beat_ago_ms >= HEALTH_STUCK_S * 1000, HEALTH_FAILING, "ledger-stuck");
    note(out, f->free_bytes < HEALTH_FREE_BYTES, HEALTH_FAILING, "disk-nearly-full");
    note(out, rolled_back, HEALTH_FAILING, "own-log-rolled-back");
    note(out, f->own_log != OK && !rolled_back, HEALTH_FAILING, "own-log-shut");
    note(out, f->meets_others && !f->certified, HEALTH_DEGRADED, "not-certified");
    note(out, cut_off, HEALTH_DEGRADED, "no-session");
    note(out, f->notify_max > 0 && f->notify_waiting >= f->notify_max, HEALTH_DEGRADED,
         "notify-queue-full");
    note(out, f->folders_silent > 0, HEALTH_DEGRADED, "folder-silent");
}

const char *health_state_name(enum health_state state)
{
    switch (state) {
    case HEALTH_OK: return "ok";
    case HEALTH_DEGRADED: return "degraded";
    case HEALTH_FAILING: return "failing";
    }
    return "";
}

enum err health_encode(const struct health *h, const struct health_facts *f, struct buffer *out)
{
    json_t *reasons = json_array();
    for (unsigned i = 0; i < h->reason_count; i++) {
        json_array_append_new(reasons, json_string(h->reasons[i]));
    }
    json_t *object = json_pack("{s:s, s:o, s:i, s:I}", "status", health_state_name(h->state),
                               "reasons", reasons, "sessions", (int)f->sessions, "free_bytes",
                               (json_int_t)f->free_bytes);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    enum err err = text == NULL ? ERR_NOMEM : buffer_put(out, text, strlen(text));
    if (err == OK) {
        err = buffer_put_u8(out, '\n');
    }
    free(text);
    json_decref(object);
    return err;
}
