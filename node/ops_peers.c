/* Operation `peers`: whom this node knows, how each stands and why, one object each:
 *   member, address              as known; "address" as dialled, or the host that dialled us
 *   state                        open, opening (dialled, or a session begins), waiting (for its
 *                                next dial), gone (it dialled us, or was refused)
 *   ready, dialed, connected_for_ms, heard_ago_ms, behind, lacks      of a session
 *   bytes_in, bytes_out          of the streams, since this node started
 *   refusals, refused            how many, and by reason: names of errors for connections, of
 *                                codes for requests that the peer refused
 *   last_error, due_in_ms        of an address that is dialled
 * and in "folders" each path of the peers that are reached by folders:
 *   path, way                    out or in
 *   state                        ok, failed (the last try: last_error), silent (for silent_ms) */
#include <string.h>

#include "node/clock.h"
#include "node/ops.h"

static const char *const REFUSE_NAMES[SYNC_REFUSE_CODES] = {
    [0] = "other", [REFUSE_UNKNOWN_LOG] = "unknown-log", [REFUSE_NOT_HELD] = "not-held",
    [REFUSE_BUSY] = "busy", [REFUSE_NOT_READER] = "not-reader",
    [REFUSE_WRONG_LEDGER] = "wrong-ledger",
};

static void count(json_t *refused, const char *reason, unsigned times, unsigned *sum)
{
    if (times > 0) {
        json_object_set_new(refused, reason, json_integer(times));
        *sum += times;
    }
}

/* Both may be NULL. */
static void put_refusals(json_t *peer, const struct contact *k, const struct sync_peer_info *p)
{
    json_t *refused = json_object();
    unsigned sum = 0;
    for (unsigned e = 0; k != NULL && e < ERR_COUNT; e++) {
        if (contact_refusal((enum err)e)) {
            count(refused, err_name((enum err)e), k->ended[e], &sum);
        }
    }
    for (unsigned code = 0; p != NULL && code < SYNC_REFUSE_CODES; code++) {
        count(refused, REFUSE_NAMES[code], p->refused_by_code[code], &sum);
    }
    json_object_set_new(peer, "refusals", json_integer(sum));
    json_object_set_new(peer, "refused", refused);
}

static void put_bytes(json_t *peer, const struct contact *k, uint64_t in, uint64_t out)
{
    in += k == NULL ? 0 : k->bytes_in;
    out += k == NULL ? 0 : k->bytes_out;
    json_object_set_new(peer, "bytes_in", json_integer((json_int_t)in));
    json_object_set_new(peer, "bytes_out", json_integer((json_int_t)out));
}

static json_t *peer_of(const char *member, const char *address, const char *state)
{
    return json_pack("{s:s, s:s, s:s}", "member", member, "address", address, "state", state);
}

static json_t *session_json(struct node *n, const struct sync_peer_info *p, uint64_t now_ms)
{
    uint64_t in = 0, out = 0;
    const struct contact *k = contacts_find(&n->watch.contacts, p->member, "");
    json_t *o = peer_of(p->member, k == NULL ? "" : k->address, p->ready ? "open" : "opening");
    bool there = transport_bytes(n->transport, p->peer, &in, &out);
    json_t *more = json_pack("{s:b, s:b, s:I, s:I, s:I, s:I}", "dialed", (int)p->dialed, "ready",
                             (int)(p->ready && there), "connected_for_ms",
                             (json_int_t)(now_ms - p->connected_ms), "heard_ago_ms",
                             (json_int_t)(now_ms - p->heard_ms), "behind",
                             (json_int_t)p->behind_entries, "lacks",
                             (json_int_t)p->lacks_entries);
    json_object_update_missing(o, more);
    json_decref(more);
    put_bytes(o, k, in, out);
    put_refusals(o, k, p);
    return o;
}

static bool in_session(const struct node *n, const char *member)
{
    struct sync_peer_info p;
    for (unsigned i = 0; member[0] != '\0' && sync_peer_at(n->sync, i, &p); i++) {
        if (strcmp(p.member, member) == 0) {
            return true;
        }
    }
    return false;
}

/* The newest contact at an address: who answered there last. */
static const struct contact *contact_at(const struct node *n, const char *address)
{
    const struct contacts *c = &n->watch.contacts;
    const struct contact *newest = NULL;
    for (unsigned i = 0; i < c->count; i++) {
        const struct contact *k = &c->items[i];
        if (strcmp(k->address, address) == 0 &&
            (newest == NULL || k->last_ms >= newest->last_ms)) {
            newest = k;
        }
    }
    return newest;
}

static json_t *link_json(const struct transport_link *link, const struct contact *k)
{
    json_t *o = peer_of(k == NULL ? "" : k->member, link->address, link->up ? "opening"
                                                                             : "waiting");
    json_object_set_new(o, "ready", json_false());
    json_object_set_new(o, "dialed", json_true());
    json_object_set_new(o, "due_in_ms", json_integer((json_int_t)link->due_in_ms));
    if (link->why != OK) {
        json_object_set_new(o, "last_error", json_string(err_name(link->why)));
    }
    put_bytes(o, k, 0, 0);
    put_refusals(o, k, NULL);
    return o;
}

/* Addresses that are dialled and have no session, and the contacts that stand for them. */
static void put_links(struct node *n, json_t *list, bool told[CONTACTS_MAX])
{
    struct transport_link link;
    for (unsigned i = 0; transport_link_at(n->transport, i, &link); i++) {
        const struct contact *k = contact_at(n, link.address);
        bool met = k != NULL && in_session(n, k->member);
        if (k != NULL) {
            told[k - n->watch.contacts.items] = true;
        }
        if (!link.open && !met) {
            json_array_append_new(list, link_json(&link, k));
        }
    }
}

static json_t *gone_json(const struct contact *k)
{
    json_t *o = peer_of(k->member, k->address, "gone");
    json_object_set_new(o, "ready", json_false());
    if (k->last_why != OK) {
        json_object_set_new(o, "last_error", json_string(err_name(k->last_why)));
    }
    put_bytes(o, k, 0, 0);
    put_refusals(o, k, NULL);
    return o;
}

/* Those who dialled us, or were refused; a connection that said nothing is nobody. */
static void put_gone(struct node *n, json_t *list, const bool told[CONTACTS_MAX])
{
    for (unsigned i = 0; i < n->watch.contacts.count; i++) {
        const struct contact *k = &n->watch.contacts.items[i];
        bool passer_by = k->member[0] == '\0' && !contact_refusal(k->last_why);
        if (!told[i] && !passer_by && !in_session(n, k->member)) {
            json_array_append_new(list, gone_json(k));
        }
    }
}

static json_t *folder_json(const struct folder_state *at)
{
    const char *state = at->silent_ms > 0 ? "silent" : at->err != OK ? "failed" : "ok";
    json_t *o = json_pack("{s:s, s:s, s:s}", "path", at->path, "way", folder_way_name(at->way),
                          "state", state);
    if (at->silent_ms > 0) {
        json_object_set_new(o, "silent_ms", json_integer((json_int_t)at->silent_ms));
    }
    if (at->err != OK) {
        json_object_set_new(o, "last_error", json_string(err_name(at->err)));
    }
    return o;
}

static json_t *folders_json(const struct node *n)
{
    struct folder_state at;
    json_t *list = json_array();
    for (unsigned i = 0; folders_at(n, i, &at); i++) {
        json_array_append_new(list, folder_json(&at));
    }
    return list;
}

enum err ops_peers(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    struct sync_peer_info info;
    bool told[CONTACTS_MAX] = {false};
    uint64_t now_ms = clock_steady_ms();
    json_t *list = json_array();
    (void)request;
    for (unsigned i = 0; sync_peer_at(n->sync, i, &info); i++) {
        json_array_append_new(list, session_json(n, &info, now_ms));
    }
    put_links(n, list, told);
    put_gone(n, list, told);
    answer->reply = json_pack("{s:o, s:o, s:b, s:I, s:s}", "peers", list, "folders",
                              folders_json(n), "idle", (int)sync_idle(n->sync), "entries_out",
                              (json_int_t)sync_entries_out(n->sync), "sessions",
                              sessions_state_name(n));
    return answer->reply == NULL ? ERR_NOMEM : OK;
}
