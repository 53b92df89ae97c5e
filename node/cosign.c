#include "node/cosign.h"

#include "node/clock.h"
#include "node/failure.h"
#include "node/node_key.h"
#include "node/node_parts.h"

enum { RETRY_MS = 60000 };

static void say(struct node *n, enum cosign_state state)
{
    struct logline line;
    if (n->cosign.said == state) {
        return;
    }
    n->cosign.said = state;
    if (state == COSIGN_UNCERTIFIED) {
        return;
    }
    bool ready = state == COSIGN_READY;
    logline_begin(&line, n->logger, ready ? LEVEL_INFO : LEVEL_WARN, "cosigner");
    logline_text(&line, "state", ready ? "ready" : "no-key");
    if (!ready) {
        logline_text(&line, "advice",
                     "cosigner.key is not the key that our log certifies: put it back; until then "
                     "this node acknowledges nothing to others");
    }
    logline_end(&line);
}

static bool fits(const struct cosign *c, const struct certificate *own)
{
    return c->key != NULL && pubkey_equal(signkey_public(c->key), &own->cosigner);
}

static void drop(struct node *n)
{
    sync_set_cosigner(n->sync, NULL);
    signkey_free(n->cosign.key);
    n->cosign.key = NULL;
}

void cosign_identify(struct node *n)
{
    struct cosign *c = &n->cosign;
    const struct member_no self = ledger_self(n->ledger);
    const struct certificate *own =
        self.v == MEMBER_NONE ? NULL : roster_certificate(ledger_roster(n->ledger), self);
    if (own == NULL) {
        say(n, COSIGN_UNCERTIFIED);
        return;
    }
    if (fits(c, own) || clock_steady_ms() < c->retry_ms) {
        return;
    }
    drop(n);
    enum err err = cosigner_key_load(n->home, &c->key);
    (void)failure_report(n->logger, "key", "cosigner.key", err);
    if (err == OK && fits(c, own)) {
        sync_set_cosigner(n->sync, c->key);
        say(n, COSIGN_READY);
        return;
    }
    drop(n);
    c->retry_ms = clock_steady_ms() + RETRY_MS;
    say(n, COSIGN_NO_KEY);
}

void cosign_clear_key(struct node *n)
{
    signkey_free(n->cosign.key);
    n->cosign.key = NULL;
}
