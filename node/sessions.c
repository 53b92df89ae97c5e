#include "node/sessions.h"

#include <stdio.h>
#include <string.h>

#include "node/clock.h"
#include "node/failure.h"
#include "node/node_key.h"
#include "node/node_parts.h"

enum err sessions_open(struct node *n)
{
    return failure_report(n->logger, "key", "transport.key",
                          transport_key_load(n->home, &n->sessions.key));
}

void sessions_clear(struct node *n)
{
    xkey_clear(&n->sessions.key);
}

const char *sessions_state_name(const struct node *n)
{
    switch (n->sessions.state) {
    case SESSIONS_UNCERTIFIED: return "uncertified";
    case SESSIONS_OTHER_KEY: return "other-key";
    case SESSIONS_READY: return "ready";
    }
    return "";
}

/* ---- our own side ---- */

static const char *state_advice(const struct node *n, enum session_state state)
{
    if (state == SESSIONS_OTHER_KEY) {
        return "transport.key is not the key that our log certifies: put it back";
    }
    return ledger_self(n->ledger).v == MEMBER_NONE
               ? "this node has no certificate yet and reaches no other: apply the convenor's "
                 "bundle, then jieli init"
               : "this node has no certificate yet and reaches no other: jieli init with an "
                 "administrator's key";
}

static void say_state(struct node *n, enum session_state state)
{
    struct logline line;
    if (n->sessions.told && n->sessions.state == state) {
        return;
    }
    n->sessions.told = true;
    n->sessions.state = state;
    bool ready = state == SESSIONS_READY;
    logline_begin(&line, n->logger, ready ? LEVEL_INFO : LEVEL_WARN, "sessions");
    logline_text(&line, "state", sessions_state_name(n));
    if (!ready) {
        logline_text(&line, "advice", state_advice(n, state));
    }
    logline_end(&line);
}

static enum err identify(struct node *n, const struct certificate *own)
{
    struct buffer bytes = {0};
    const struct log *log = ledger_log(n->ledger, n->config->member, 0);
    struct txn *t = ledger_txn(n->ledger);
    enum err err = t == NULL || log == NULL ? ERR_IO : OK;
    if (err == OK) {
        err = certificate_build(t, log, own->index, &bytes);
    }
    if (err == OK) {
        err = transport_identify(n->transport, &n->sessions.key, buffer_span(&bytes));
    }
    buffer_clear(&bytes);
    return failure_report(n->logger, "certificate", n->config->member, err);
}

/* True when transport.key is what `own` certifies; a replaced key is read anew. */
static bool key_fits(struct node *n, const struct certificate *own)
{
    struct xkey fresh;
    const struct xpubkey *pub = &own->transport;
    if (memcmp(n->sessions.key.pub.b, pub->b, PUBKEY_BYTES) != 0 &&
        transport_key_load(n->home, &fresh) == OK) {
        n->sessions.key = fresh;
        xkey_clear(&fresh);
    }
    return memcmp(n->sessions.key.pub.b, pub->b, PUBKEY_BYTES) == 0;
}

/* Others close our sessions without a word; our own log tells why as soon as we know. */
static void say_suspended(struct node *n)
{
    struct logline line;
    const struct member *m = roster_member(ledger_roster(n->ledger), ledger_self(n->ledger));
    if (m == NULL || !m->suspended || n->sessions.suspension_told) {
        return;
    }
    n->sessions.suspension_told = true;
    logline_begin(&line, n->logger, LEVEL_WARN, "suspended");
    logline_text(&line, "member", m->a.id);
    logline_uint(&line, "valid_entries", m->valid_size);
    logline_err(&line, ERR_SUSPENDED);
    logline_text(&line, "advice", "the convenor has suspended our member: other nodes refuse our "
                                  "sessions and entries beyond that size are void; ask the "
                                  "convenor");
    logline_end(&line);
}

void sessions_identify(struct node *n)
{
    struct sessions *s = &n->sessions;
    say_suspended(n);
    const struct member_no self = ledger_self(n->ledger);
    const struct certificate *own =
        self.v == MEMBER_NONE ? NULL : roster_certificate(ledger_roster(n->ledger), self);
    if (own == NULL) {
        say_state(n, SESSIONS_UNCERTIFIED);
        return;
    }
    if ((s->identified && s->own_index == own->index) || clock_steady_ms() < s->retry_ms) {
        return;
    }
    if (!key_fits(n, own)) {
        if (s->identified && transport_identify(n->transport, NULL, (struct span){0}) == OK) {
            s->identified = false;
        }
        say_state(n, SESSIONS_OTHER_KEY);
        return;
    }
    if (identify(n, own) != OK) {
        s->retry_ms = clock_steady_ms() + SESSIONS_RETRY_MS;
        return;
    }
    s->identified = true;
    s->own_index = own->index;
    say_state(n, SESSIONS_READY);
}

/* ---- the other side ---- */

static struct session_peer *find(struct sessions *s, struct peer_id peer)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (s->peers[i].peer.v == peer.v) {
            return &s->peers[i];
        }
    }
    return NULL;
}

static uint64_t held_of(const struct node *n, const char *member)
{
    const struct log *log = ledger_log(n->ledger, member, 0);
    return log == NULL ? 0 : log->frontier.size;
}

static struct standing *standing_of(struct node *n, const struct peer_identity *who)
{
    return &n->sessions.standings[who->member.v % MEMBERS_MAX];
}

/* Whether the key that the peer has proven to hold is or was that member's, by the certificates
 * held here: no signature need be checked for that. */
static bool is_key_of(const struct node *n, const struct member *m, const struct xpubkey *key)
{
    const struct certificate *c = NULL;
    for (unsigned i = 0;
         m != NULL && (c = roster_certificate_at(ledger_roster(n->ledger), m->no, i)) != NULL;
         i++) {
        if (memcmp(c->transport.b, key->b, PUBKEY_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum err judge(struct node *n, const struct transport_event *event, struct session_peer *p)
{
    struct peer_certificate c;
    enum err err = certificate_decode(&c, buffer_span(&event->frame));
    if (err != OK) {
        return err;
    }
    const struct member *m = roster_by_log(ledger_roster(n->ledger), c.entry.member);
    memcpy(p->who.id, c.entry.member, sizeof p->who.id);
    p->proven = is_key_of(n, m, &event->key);
    if (p->proven && !standing_good(&n->sessions.standings[m->no.v % MEMBERS_MAX],
                                    clock_steady_ms())) {
        return ERR_BUSY;
    }
    err = certificate_check(&c, ledger_roster(n->ledger), held_of(n, c.entry.member),
                            &event->key, &p->who);
    p->proven = p->proven || err == OK;
    if (err == OK && !standing_good(standing_of(n, &p->who), clock_steady_ms())) {
        return ERR_BUSY;
    }
    return err;
}

static void session_end(struct node *n, struct session_peer *p, enum err why)
{
    p->accepted = false;
    sync_closed(n->sync, p->peer);
    transport_disconnect(n->transport, p->peer, why);
}

static void oldest_gives_way(struct node *n, struct member_no member)
{
    struct session_peer *oldest = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < n->sessions.count; i++) {
        struct session_peer *p = &n->sessions.peers[i];
        if (!p->accepted || p->who.member.v != member.v) {
            continue;
        }
        count++;
        if (oldest == NULL || p->peer.v < oldest->peer.v) {
            oldest = p;
        }
    }
    if (count > SESSIONS_OF_MEMBER) {
        session_end(n, oldest, ERR_EXISTS);
    }
}

void sessions_claim(struct node *n, const struct transport_event *event)
{
    struct sessions *s = &n->sessions;
    struct session_peer p = {.peer = event->peer};
    enum err err = s->count == SESSIONS_MAX ? ERR_BUSY : judge(n, event, &p);
    p.accepted = err == OK;
    if (s->count < SESSIONS_MAX) {
        s->peers[s->count++] = p;
    }
    if (err == OK) {
        transport_accept(n->transport, event->peer);
        oldest_gives_way(n, p.who.member);
    } else {
        transport_disconnect(n->transport, event->peer, err);
    }
}

void sessions_recheck(struct node *n)
{
    struct sessions *s = &n->sessions;
    for (unsigned i = 0; i < s->count; i++) {
        struct session_peer *p = &s->peers[i];
        enum err err = p->accepted ? certificate_recheck(&p->who, ledger_roster(n->ledger),
                                                         held_of(n, p->who.id))
                                   : OK;
        if (err != OK) {
            session_end(n, p, err);
        }
    }
}

const char *sessions_member(const struct node *n, struct peer_id peer)
{
    for (unsigned i = 0; i < n->sessions.count; i++) {
        const struct session_peer *p = &n->sessions.peers[i];
        if (p->peer.v == peer.v && p->accepted) {
            return p->who.id;
        }
    }
    return NULL;
}

/* What an end means here; the words of err_message speak of acts and drafts. */
static const char *meaning(enum err why)
{
    switch ((int)why) {
    case ERR_PROTOCOL: return "the peer does not speak our sessions, or broke their rules";
    case ERR_WRONG_LEDGER: return "the peer belongs to another ledger";
    case ERR_UNKNOWN_MEMBER: return "the peer's member is not admitted, as far as we know";
    case ERR_KEY: return "the certificate is for another key than the peer holds";
    case ERR_SIGNATURE:
    case ERR_PROOF: return "the peer's certificate is forged";
    case ERR_VOID: return "the peer's certificate is void";
    case ERR_SUSPENDED: return "the peer's member is suspended by the convenor";
    case ERR_OVERTAKEN: return "the peer's certificate was replaced by a later one";
    case ERR_NOTFOUND: return "an invitation that is not known here, is over or was revoked";
    case ERR_NOT_ENROLLED: return "no officer of ours has a desk with that key";
    case ERR_UNAUTHENTIC: return "its bytes do not open: altered, or another key or secret";
    case ERR_TIMEOUT: return "the peer was silent for too long";
    case ERR_CLOSED: return "the peer hung up before the session opened: its log says why";
    case ERR_BUSY: return "too many connections, or back too soon after it broke the protocol";
    default: return err_message(why);
    }
}

/* Whoever hangs up on our dial before it knows us has its reason, and alone can tell it. */
static bool worth_saying(const struct transport_event *event, bool accepted)
{
    return contact_refusal(event->why) ||
           (event->why == ERR_CLOSED && event->dialed && !accepted);
}

void sessions_charge(struct node *n, struct peer_id peer, uint64_t cost_us)
{
    const struct session_peer *p = find(&n->sessions, peer);
    uint64_t until_ms =
        p == NULL || !p->accepted
            ? 0
            : standing_charge(standing_of(n, &p->who), cost_us, clock_steady_ms());
    if (until_ms != 0) {
        queue_rest(n->queue, peer, until_ms);
    }
}

void sessions_closed(struct node *n, const struct transport_event *event)
{
    struct logline line;
    struct session_peer *p = find(&n->sessions, event->peer);
    const char *member = p != NULL && p->proven ? p->who.id : "";
    const char *claimed = p != NULL && !p->proven ? p->who.id : "";
    contacts_closed(&n->watch.contacts, member, event, clock_steady_ms());
    if (p != NULL && p->accepted && fault_of_peer(event->why)) {
        standing_fault(standing_of(n, &p->who), clock_steady_ms());
    }
    if (worth_saying(event, p != NULL && p->accepted) &&
        said_due(&n->sessions.said, member[0] != '\0' ? member : event->address, event->why,
                 clock_steady_ms())) {
        logline_begin(&line, n->logger, LEVEL_WARN, "session-ended");
        logline_text(&line, "address", event->address);
        logline_text(&line, "side", event->dialed ? "dialed" : "accepted");
        logline_text(&line, "member", member);
        if (claimed[0] != '\0') {
            logline_text(&line, "claims", claimed);
        }
        logline_err(&line, event->why);
        logline_text(&line, "message", meaning(event->why));
        logline_end(&line);
    }
    if (p != NULL) {
        *p = n->sessions.peers[--n->sessions.count];
    }
}
