#include "node/invitations.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/desk_message.h"
#include "node/clock.h"
#include "node/desk_account.h"
#include "node/failure.h"
#include "node/invitation_book.h"
#include "node/node_parts.h"

struct guest {
    struct peer_id peer;
    uint8_t name[INVITATION_NAME_BYTES];
    struct xpubkey key;
    bool admitted;                     /* its member is: the convenor's log may be asked for */
    struct desk_account account;
};

struct invitations {
    pthread_mutex_t lock;              /* `book`: library threads look for secrets */
    struct invitation_book book;
    enum err damage;                   /* of its file: the book is empty and never written */
    unsigned guest_count;
    struct guest guests[INVITATION_GUESTS_MAX];
};

/* The file cannot be understood, today or ever, though it can be read. */
static bool is_damage(enum err err)
{
    return err == ERR_TRUNCATED || err == ERR_FORMAT || err == ERR_CORRUPT ||
           err == ERR_UNSUPPORTED || err == ERR_TOO_LARGE;
}

enum err invitations_create(struct invitations **out, const char *home,
                            const struct logger *logger)
{
    struct invitations *i = calloc(1, sizeof *i);
    enum err err = i == NULL ? ERR_NOMEM : invitation_book_load(&i->book, home);
    if (is_damage(err)) {
        i->damage = failure_advise(logger, "invitations-damaged", home, err,
                                   "the file `invitations` of the home is left as it is, and "
                                   "nobody is invited or let in by it: put it back from a copy, "
                                   "or move it away and invite anew; then start again");
        err = OK;
    }
    if (err != OK) {
        free(i);
        return err;
    }
    pthread_mutex_init(&i->lock, NULL);
    *out = i;
    return OK;
}

void invitations_free(struct invitations *i)
{
    if (i != NULL) {
        pthread_mutex_destroy(&i->lock);
        wipe(&i->book, sizeof i->book);
        free(i);
    }
}

enum err invitations_secret(struct invitations *i, struct span name, uint8_t psk[NOISE_PSK_BYTES])
{
    pthread_mutex_lock(&i->lock);
    const struct invited *row = invited_find(&i->book, name);
    enum err err = row == NULL ? ERR_NOTFOUND : invited_check(row, clock_unix_s());
    if (err == OK) {
        memcpy(psk, row->secret, NOISE_PSK_BYTES);
    }
    pthread_mutex_unlock(&i->lock);
    return err;
}

/* What a crash before it leaves: the book as it was, so a request is asked for again. */
static enum err store(struct node *n)
{
    return invitation_book_store(&n->invitations->book, n->home);
}

static bool is_convenor(const struct node *n)
{
    return ledger_self(n->ledger).v == 0;
}

static void log_invitation(struct node *n, const char *event, const char *member, const char *by)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_INFO, event);
    logline_text(&line, "member", member);
    logline_text(&line, "officer", by);
    logline_end(&line);
}

/* ---- sessions ---- */

static struct guest *guest_find(struct invitations *i, struct peer_id peer)
{
    for (unsigned n = 0; n < i->guest_count; n++) {
        if (i->guests[n].peer.v == peer.v) {
            return &i->guests[n];
        }
    }
    return NULL;
}

static void claim(struct node *n, const struct transport_event *event)
{
    struct invitations *i = n->invitations;
    enum err err = !is_convenor(n) || event->hint_len != INVITATION_NAME_BYTES ? ERR_NOTFOUND : OK;
    if (err == OK && i->guest_count == INVITATION_GUESTS_MAX) {
        err = ERR_BUSY;
    }
    if (err != OK) {
        transport_disconnect(n->transport, event->peer, err);
        return;
    }
    struct guest *g = &i->guests[i->guest_count++];
    *g = (struct guest){.peer = event->peer, .key = event->key};
    memcpy(g->name, event->hint, sizeof g->name);
    desk_account_init(&g->account, clock_steady_ms());
    transport_accept(n->transport, event->peer);
}

static enum err send_genesis(struct node *n, struct peer_id peer)
{
    struct buffer genesis = {0}, frame = {0};
    struct genesis copy = *ledger_genesis(n->ledger);
    enum err err = genesis_encode(&copy, &genesis);
    if (err == OK) {
        err = enrol_bytes_encode(ENROL_GENESIS, buffer_span(&genesis), &frame);
    }
    if (err == OK) {
        err = transport_send(n->transport, peer, buffer_span(&frame));
    }
    buffer_clear(&genesis);
    buffer_clear(&frame);
    return err;
}

static const struct log *own_log(const struct node *n)
{
    return ledger_log(n->ledger, n->config->member, 0);
}

static enum err send_state(struct node *n, const struct guest *g, enum enrol_state state)
{
    struct buffer frame = {0};
    const struct log *log = own_log(n);
    enum err err = enrol_state_encode(state, log == NULL ? 0 : log->head_size, &frame);
    if (err == OK) {
        err = transport_send(n->transport, g->peer, buffer_span(&frame));
    }
    buffer_clear(&frame);
    return err;
}

/* Keeps the request, for the machine that the invitation belongs to from now on. */
static enum err request_keep(struct node *n, const struct guest *g, struct span request,
                             enum enrol_state *state)
{
    struct invitations *i = n->invitations;
    pthread_mutex_lock(&i->lock);
    struct invited *row = invited_find(&i->book, span_of(g->name, sizeof g->name));
    bool fresh = row != NULL && row->state == INVITED_OPEN;
    enum err err = row == NULL ? ERR_NOTFOUND
                               : invited_use(row, &g->key, request, clock_unix_s());
    pthread_mutex_unlock(&i->lock);
    *state = err == ERR_EXISTS ? ENROL_USED : ENROL_WAITING;
    if (err == ERR_EXISTS) {
        return OK;
    }
    if (err == OK) {
        err = store(n);
    }
    if (err == OK && fresh) {
        log_invitation(n, "request", row->member, row->by);
    }
    return err;
}

/* What becomes of a request; *state is the answer. */
static enum err request_judge(struct node *n, struct guest *g, struct span request,
                              enum enrol_state *state)
{
    struct admission a;
    struct hash ledger;
    const struct genesis *genesis = ledger_genesis(n->ledger);
    const struct invited *row =
        invited_find(&n->invitations->book, span_of(g->name, sizeof g->name));
    *state = ENROL_REFUSED;
    if (row == NULL || request_decode(&a, &ledger, request) != OK ||
        !hash_equal(&ledger, &genesis->ledger) || strcmp(a.id, row->member) != 0) {
        return OK;
    }
    const struct member *m = roster_by_log(ledger_roster(n->ledger), a.id);
    if (m != NULL) {
        g->admitted = pubkey_equal(&m->a.node_key, &a.node_key) &&
                      pubkey_equal(&m->a.admin_key, &a.admin_key);
        *state = g->admitted ? ENROL_ADMITTED : ENROL_TAKEN;
        return OK;
    }
    return admission_verify(&a, &ledger) == OK ? request_keep(n, g, request, state) : OK;
}

static enum err on_request(struct node *n, struct guest *g, struct span request)
{
    enum enrol_state state;
    enum err err = request_judge(n, g, request, &state);
    return err == OK ? send_state(n, g, state) : err;
}

/* The convenor's log and no other, to a member that is admitted. */
static enum err on_want(struct node *n, const struct guest *g, struct span frame)
{
    struct message m;
    uint64_t end;
    struct buffer out = {0};
    const struct log *log = own_log(n);
    enum err err = message_decode(&m, frame);
    if (err == OK && (m.type != MSG_WANT || !g->admitted || log == NULL ||
                      m.u.want.log.epoch != 0 || strcmp(m.u.want.log.member, log->member) != 0)) {
        err = ERR_PROTOCOL;
    }
    if (err == OK) {
        err = message_packages_build(ledger_txn(n->ledger), log, m.u.want.request, m.u.want.from,
                                     m.u.want.packages, &out, &end);
    }
    if (err == OK) {
        err = transport_send(n->transport, g->peer, buffer_span(&out));
    }
    buffer_clear(&out);
    return err;
}

static enum err on_frame(struct node *n, struct guest *g, struct span frame)
{
    struct span request;
    enum err err = desk_account_take(&g->account, frame.len, clock_steady_ms());
    if (err == OK && frame.data[0] == ENROL_REQUEST) {
        err = enrol_bytes_decode(ENROL_REQUEST, frame, &request);
        return err == OK ? on_request(n, g, request) : err;
    }
    return err == OK ? on_want(n, g, frame) : err;
}

void invitations_event(struct node *n, const struct transport_event *event)
{
    struct invitations *i = n->invitations;
    struct guest *g = guest_find(i, event->peer);
    enum err err = OK;
    switch (event->type) {
    case TRANSPORT_CLAIMED:
        claim(n, event);
        break;
    case TRANSPORT_CONNECTED:
        err = send_genesis(n, event->peer);
        break;
    case TRANSPORT_FRAME:
        err = g == NULL ? ERR_CLOSED : on_frame(n, g, buffer_span(&event->frame));
        break;
    case TRANSPORT_CLOSED:
        if (g != NULL) {
            *g = i->guests[--i->guest_count];
        }
        sessions_closed(n, event);
        break;
    }
    if (err != OK) {
        transport_disconnect(n->transport, event->peer, err);
    }
}

/* ---- time ---- */

void invitations_tick(struct node *n)
{
    struct invitations *i = n->invitations;
    const struct roster *r = ledger_roster(n->ledger);
    pthread_mutex_lock(&i->lock);
    bool changed = invitation_book_prune(&i->book, clock_unix_s());
    for (unsigned at = i->book.count; at > 0; at--) {
        const struct member *m = roster_by_log(r, i->book.rows[at - 1].member);
        if (m != NULL && roster_certificate(r, m->no) != NULL) {
            invited_remove(&i->book, &i->book.rows[at - 1]);
            changed = true;
        }
    }
    pthread_mutex_unlock(&i->lock);
    if (changed && store(n) != OK) {
        log_invitation(n, "invitations-not-written", "", "");
    }
}

/* ---- operations ---- */

static bool take_hex(const struct ipc_request *request, const char *key, uint8_t *out, size_t room)
{
    size_t len = 0;
    const char *text = ops_text(request, key);
    return text != NULL && hex_decode(out, room, text, strlen(text), &len) == OK && len == room;
}

/* Person number of the officer whose key may order it; NULL. */
static const char *orderer(const struct node *n, const struct pubkey *key)
{
    const struct genesis *g = ledger_genesis(n->ledger);
    for (unsigned i = 0; i < g->root_count; i++) {
        if (pubkey_equal(&g->roots[i].key, key)) {
            return g->roots[i].person;
        }
    }
    const struct officer *o =
        roster_officer(ledger_roster(n->ledger), (struct member_no){0}, key, UINT64_MAX);
    return o != NULL && officer_has_post(o, POST_ADMINISTRATOR) ? o->person : NULL;
}

/* Reads an order and finds who signed it. ERR_VOID: we are not the convenor; ERR_NOT_ENROLLED,
 * ERR_SIGNATURE, ERR_FORMAT. */
static enum err order_take(const struct node *n, const struct ipc_request *request,
                           struct invitation_order *o, const char **by)
{
    struct pubkey signer;
    struct sig sig;
    o->ledger = ledger_genesis(n->ledger)->ledger;
    if (!is_convenor(n)) {
        return ERR_VOID;
    }
    if (!take_hex(request, "name", o->name, sizeof o->name) ||
        !take_hex(request, "signer", signer.b, PUBKEY_BYTES) ||
        !take_hex(request, "signature", sig.b, SIG_BYTES)) {
        return ERR_FORMAT;
    }
    *by = orderer(n, &signer);
    return *by == NULL ? ERR_NOT_ENROLLED : invitation_order_verify(o, &signer, &sig);
}

/* What order_take found, in words where the code alone would not say it. */
static enum err order_refuse(struct node *n, const struct ipc_request *request,
                             struct answer *answer, enum err err)
{
    if (err != ERR_VOID && err != ERR_NOT_ENROLLED) {
        return err;
    }
    if (err == ERR_VOID) {
        ops_refuse_words(n, request, err, "invitations are made at the convenor's node alone");
    } else {
        ops_refuse_words(n, request, err,
                         "invitations take the key of a root officer, or of an administrator of "
                         "the convenor");
    }
    answer->later = true;
    return OK;
}

static void address_add(struct invitation *i, const char *address)
{
    bool everywhere = strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0;
    if (!everywhere && i->address_count < INVITATION_MAX_ADDRESSES &&
        strlen(address) < CONFIG_ADDRESS_BYTES) {
        strcpy(i->addresses[i->address_count++], address);
    }
}

/* As asked for, else where we listen. */
static void addresses_take(const struct node *n, const struct ipc_request *request,
                           struct invitation *i)
{
    const json_t *asked = json_object_get(request->head, "addresses");
    for (size_t k = 0; k < json_array_size(asked); k++) {
        const char *text = json_string_value(json_array_get(asked, k));
        if (text != NULL) {
            address_add(i, text);
        }
    }
    for (unsigned k = 0; json_array_size(asked) == 0 && k < n->config->listen_count; k++) {
        address_add(i, n->config->listen[k]);
    }
}

static enum err row_make(struct node *n, const struct invitation_order *order, const char *by,
                         struct invitation *i)
{
    struct invited *row = NULL;
    pthread_mutex_lock(&n->invitations->lock);
    enum err err = invited_add(&n->invitations->book, order, by, clock_unix_s(), &row);
    if (err == OK) {
        memcpy(i->secret, row->secret, sizeof i->secret);
    }
    pthread_mutex_unlock(&n->invitations->lock);
    if (err != OK) {
        return err;
    }
    err = store(n);
    if (err != OK) {
        pthread_mutex_lock(&n->invitations->lock);
        invited_remove(&n->invitations->book, row);
        pthread_mutex_unlock(&n->invitations->lock);
    }
    return err;
}

/* True when it was answered so; else the invitation has our key. */
static bool cannot_invite(struct node *n, const struct ipc_request *request,
                          struct answer *answer, struct invitation *i)
{
    const struct roster *r = ledger_roster(n->ledger);
    const struct certificate *own = roster_certificate(r, ledger_self(n->ledger));
    if (own == NULL) {
        ops_refuse_words(n, request, ERR_CONFIG,
                         "this node has no certificate yet: jieli init --key ADMINISTRATOR");
    } else if (i->address_count == 0) {
        ops_refuse_words(n, request, ERR_CONFIG,
                         "this node listens at no address that another could dial: give one with "
                         "--address HOST:PORT");
    } else if (roster_by_log(r, i->member) != NULL) {
        ops_refuse_words(n, request, ERR_EXISTS, "that member is admitted already");
    } else {
        i->convenor = own->transport;
        return false;
    }
    answer->later = true;
    return true;
}

enum err ops_invite(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const char *by = "", *member = ops_text(request, "member");
    struct invitation_order o = {.verb = INVITATION_MAKE};
    struct invitation i = {.address_count = 0};
    char text[INVITATION_TEXT_BYTES];
    if (member == NULL || strlen(member) >= sizeof o.member) {
        return ERR_FORMAT;
    }
    strcpy(o.member, member);
    o.expires_s = (uint64_t)json_integer_value(json_object_get(request->head, "expires_s"));
    enum err err = order_take(n, request, &o, &by);
    if (err == OK) {
        err = n->invitations->damage;
    }
    if (err != OK) {
        return order_refuse(n, request, answer, err);
    }
    i = (struct invitation){.ledger = o.ledger, .expires_s = o.expires_s};
    memcpy(i.name, o.name, sizeof i.name);
    memcpy(i.member, o.member, sizeof i.member);
    addresses_take(n, request, &i);
    if (cannot_invite(n, request, answer, &i)) {
        return OK;
    }
    err = invitation_encode(&i, text);                 /* well-formed, before a row is made? */
    if (err == OK) {
        err = row_make(n, &o, by, &i);
    }
    if (err == OK) {
        err = invitation_encode(&i, text);
    }
    if (err == OK) {
        log_invitation(n, "invite", member, by);
        answer->reply = json_pack("{s:s}", "invitation", text);
    }
    wipe(&i, sizeof i);
    wipe(text, sizeof text);
    return err;
}

enum err ops_revoke_invitation(struct node *n, const struct ipc_request *request,
                               struct answer *answer)
{
    const char *by = "";
    struct invitation_order o = {.verb = INVITATION_REVOKE};
    enum err err = order_take(n, request, &o, &by);
    if (err == OK) {
        err = n->invitations->damage;
    }
    if (err != OK) {
        return order_refuse(n, request, answer, err);
    }
    pthread_mutex_lock(&n->invitations->lock);
    struct invited *row =
        invited_find(&n->invitations->book, span_of(o.name, sizeof o.name));
    if (row != NULL) {
        row->state = INVITED_REVOKED;
    }
    pthread_mutex_unlock(&n->invitations->lock);
    err = row == NULL ? ERR_NOTFOUND : store(n);
    if (err == OK) {
        log_invitation(n, "revoke-invitation", row->member, by);
        answer->reply = json_object();
    }
    return err;
}

static const char *state_name(const struct node *n, const struct invited *i)
{
    if (roster_by_log(ledger_roster(n->ledger), i->member) != NULL) {
        return "admitted";
    }
    if (invited_check(i, clock_unix_s()) != OK && i->state != INVITED_REVOKED) {
        return "expired";
    }
    switch (i->state) {
    case INVITED_OPEN: return "open";
    case INVITED_WAITING: return "waiting";
    case INVITED_REVOKED: return "revoked";
    }
    return "";
}

enum err ops_invitations(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const struct invitation_book *b = &n->invitations->book;
    (void)request;
    if (n->invitations->damage != OK) {
        return n->invitations->damage;
    }
    json_t *list = json_array();
    for (unsigned i = 0; i < b->count; i++) {
        char name[2 * INVITATION_NAME_BYTES + 1];
        const struct invited *row = &b->rows[i];
        if (hex_encode(name, sizeof name, span_of(row->name, sizeof row->name)) == OK) {
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", name,
                                                  "member", row->member, "by", row->by, "state",
                                                  state_name(n, row), "expires_s",
                                                  (json_int_t)row->expires_s));
        }
    }
    answer->reply = json_pack("{s:o}", "invitations", list);
    return answer->reply == NULL ? ERR_NOMEM : OK;
}

enum err ops_request(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const char *member = ops_text(request, "member");
    const struct invited *row =
        member == NULL ? NULL : invited_waiting(&n->invitations->book, member);
    enum err err = n->invitations->damage;
    if (err == OK && row == NULL) {
        err = ERR_NOTFOUND;
    }
    if (err == OK) {
        err = buffer_put(&answer->blob, row->request, row->request_len);
    }
    answer->reply = err == OK ? json_object() : NULL;
    return err;
}
