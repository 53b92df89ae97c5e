#include "node/care.h"

#include <string.h>

#include "node/clock.h"
#include "node/failure.h"
#include "node/node_parts.h"

enum { LOOK_MS = 5000, ROUND_MS = 86400000, SLICE_MS = 10 };

/* Only the key that our log certifies is one to wrap for. */
static bool rotation_due(const struct node *n, const struct keyring *ring)
{
    const struct certificate *own =
        roster_certificate(ledger_roster(n->ledger), ledger_self(n->ledger));
    return ring->count > 1 && own != NULL &&
           memcmp(own->sealing.b, ring->keys[0].pub.b, PUBKEY_BYTES) == 0;
}

static void begin(struct node *n, const struct keyring *ring, uint64_t now_ms)
{
    struct care_state *c = &n->care;
    bool rotating = rotation_due(n, ring);
    c->next_ms = now_ms + LOOK_MS;
    if (rotating || c->round_ms == 0 || now_ms - c->round_ms >= ROUND_MS) {
        c->running = true;
        c->rotating = rotating;
        c->folder = 0;
        c->done = (struct part_care){0};
    }
}

static void end(struct node *n, const struct keyring *ring, uint64_t now_ms)
{
    struct care_state *c = &n->care;
    struct logline line;
    bool retired = false;
    c->running = false;
    c->round_ms = now_ms;
    if (c->rotating && c->done.failed == 0 && rotation_due(n, ring)) {
        retired = failure_report(n->logger, "sealing-keys", n->home,
                                 keyring_retire(n->home, ring)) == OK;
    }
    if (c->done.rewrapped + c->done.removed + c->done.failed == 0 && !retired) {
        return;
    }
    logline_begin(&line, n->logger, LEVEL_INFO, "parts-kept");
    logline_uint(&line, "rewrapped", c->done.rewrapped);
    logline_uint(&line, "removed", c->done.removed);
    logline_uint(&line, "failed", c->done.failed);
    logline_text(&line, "older_keys", retired ? "removed" : "none or kept");
    logline_end(&line);
}

void care_tick(struct node *n)
{
    struct care_state *c = &n->care;
    struct keyring ring;
    const uint64_t now_ms = clock_steady_ms();
    if (!c->running && now_ms < c->next_ms) {
        return;
    }
    enum err err = keyring_load(n->home, &ring);
    if (err == OK && !c->running) {
        begin(n, &ring, now_ms);
    }
    while (err == OK && c->running && clock_steady_ms() - now_ms < SLICE_MS) {
        err = ledger_part_care(n->ledger, &ring, c->folder, clock_unix_s(), &c->done);
        c->folder += c->done.more ? 0 : 1;
        if (c->folder == PART_FOLDERS) {
            end(n, &ring, now_ms);
        }
    }
    if (err != OK) {
        c->running = false;
        c->next_ms = now_ms + LOOK_MS;
        (void)failure_report(n->logger, "parts", n->home, err);
    }
    keyring_clear(&ring);
}
