/* A convenor's daemon and who comes with an invitation: wrong, over, replayed, or asking for more
 * than it opens. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "net/desk_line.h"
#include "net/desk_message.h"
#include "net/invitation.h"
#include "net/message.h"
#include "net/socket.h"
#include "tests/support/cluster_keys.h"

enum { FIRST_PORT = 20000, PORTS = 12000, TIMEOUT_MS = 20000, TRIES = 2000, TRY_US = 10000,
       LOG_BYTES = 1024 * 1024 };

struct office {
    struct cluster *c;
    char address[32];
    pid_t pid;
    struct ipc_client *client;
    struct xkey key;                   /* of the machine that enrols */
};

static int setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = 1,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    unsigned port = FIRST_PORT + (unsigned)getpid() % PORTS;
    assert_non_null(o);
    o->c = cluster_create(&options);
    cluster_configure(o->c, 0, port);
    snprintf(o->address, sizeof o->address, "127.0.0.1:%u", port);
    o->client = daemon_up(o->c, 0, &o->pid);
    xkey_create(&o->key);
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    struct office *o = *state;
    ipc_disconnect(o->client);
    assert_int_equal(daemon_stop(o->pid), 0);
    cluster_free(o->c);
    free(o);
    return 0;
}

static void put_hex(json_t *o, const char *name, const void *bytes, size_t len)
{
    char hex[2 * SIG_BYTES + 1];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(bytes, len)), OK);
    json_object_set_new(o, name, json_string(hex));
}

/* The node's answer to an order signed by an officer. */
static json_t *ordered(struct office *o, const struct invitation_order *order,
                       enum cluster_officer officer)
{
    struct sig sig;
    const struct signkey *key = o->c->members[0].officers[officer];
    bool makes = order->verb == INVITATION_MAKE;
    json_t *request = json_pack("{s:s,s:s,s:I}", "op", makes ? "invite" : "revoke-invitation",
                                "member", order->member, "expires_s",
                                (json_int_t)order->expires_s);
    assert_int_equal(invitation_order_sign(order, key, &sig), OK);
    put_hex(request, "name", order->name, sizeof order->name);
    put_hex(request, "signer", signkey_public(key)->b, PUBKEY_BYTES);
    put_hex(request, "signature", sig.b, SIG_BYTES);
    return daemon_ask(o->client, request, span_of("", 0), NULL);
}

static struct invitation_order order_for(struct office *o, const char *member, uint64_t seconds)
{
    struct invitation_order order = {.ledger = o->c->ledger, .verb = INVITATION_MAKE,
                                     .expires_s = (uint64_t)time(NULL) + seconds};
    strcpy(order.member, member);
    random_bytes(order.name, sizeof order.name);
    return order;
}

static struct invitation invited(struct office *o, const char *member, uint64_t seconds)
{
    struct invitation i;
    const struct invitation_order order = order_for(o, member, seconds);
    json_t *reply = ordered(o, &order, OFFICER_ROOT);
    assert_true(daemon_ok(reply));
    assert_int_equal(invitation_decode(&i, json_string_value(json_object_get(reply,
                                                                             "invitation"))), OK);
    json_decref(reply);
    assert_string_equal(i.member, member);
    assert_memory_equal(i.convenor.b, o->c->members[0].transport.pub.b, PUBKEY_BYTES);
    return i;
}

static enum err believe(void *ctx, const struct xpubkey *key, struct span certificate)
{
    (void)ctx;
    (void)key;
    return certificate.len > 0 ? OK : ERR_KEY;
}

static enum err dial(struct office *o, const struct invitation *i, const struct xkey *key,
                     struct desk_line **out)
{
    const struct desk_dial how = {.purpose = CHANNEL_ENROL, .ledger = i->ledger, .key = key,
                                  .hint = span_of(i->name, sizeof i->name), .psk = i->secret,
                                  .timeout_ms = TIMEOUT_MS, .on_peer = believe};
    return desk_dial(out, o->address, &how);
}

static enum err heard(struct desk_line *line, enum desk_message_type type, struct buffer *frame)
{
    enum err err = desk_receive(line, frame);
    return err == OK && frame->data[0] != type ? ERR_PROTOCOL : err;
}

/* A session by a good invitation, genesis received. */
static struct desk_line *let_in(struct office *o, const struct invitation *i,
                                const struct xkey *key)
{
    struct desk_line *line = NULL;
    struct buffer frame = {0};
    struct span bytes;
    struct genesis g;
    assert_int_equal(dial(o, i, key, &line), OK);
    assert_int_equal(heard(line, ENROL_GENESIS, &frame), OK);
    assert_int_equal(enrol_bytes_decode(ENROL_GENESIS, buffer_span(&frame), &bytes), OK);
    assert_int_equal(genesis_decode(&g, bytes), OK);
    assert_true(hash_equal(&g.ledger, &i->ledger));
    buffer_clear(&frame);
    return line;
}

static void is_cut_off(struct desk_line *line)
{
    struct buffer frame = {0};
    assert_int_equal(desk_receive(line, &frame), ERR_CLOSED);
    desk_hang_up(line);
}

static void assert_said(struct office *o, const char *text)
{
    char path[HOME_PATH_BYTES];
    bool found = false;
    assert_int_equal(home_path(path, sizeof path, o->c->members[0].home, "jielid.log"), OK);
    for (unsigned i = 0; i < TRIES && !found; i++) {
        struct buffer bytes = {0};
        assert_int_equal(file_read(path, LOG_BYTES, &bytes), OK);
        assert_int_equal(buffer_put_u8(&bytes, 0), OK);
        found = strstr((const char *)bytes.data, text) != NULL;
        buffer_clear(&bytes);
        if (!found)
            assert_false(daemon_ends_within(o->pid, TRY_US));
    }
    assert_true(found);
}

/* A request of `member` with good proofs, by keys made for it. */
static struct buffer request_of(struct office *o, const char *member)
{
    struct admission a = {.powers = 0};
    struct signkey *node, *admin;
    struct buffer out = {0};
    assert_int_equal(signkey_create(&node), OK);
    assert_int_equal(signkey_create(&admin), OK);
    strcpy(a.id, member);
    strcpy(a.admin_post, "管理员");
    strcpy(a.admin_person, "E201");
    a.node_key = *signkey_public(node);
    a.admin_key = *signkey_public(admin);
    assert_int_equal(possession_sign(node, &o->c->ledger, member, "node", &a.node_proof), OK);
    assert_int_equal(possession_sign(admin, &o->c->ledger, member, "officer", &a.admin_proof), OK);
    assert_int_equal(request_encode(&a, &o->c->ledger, &out), OK);
    signkey_free(node);
    signkey_free(admin);
    return out;
}

static enum enrol_state asked(struct desk_line *line, const struct buffer *request)
{
    struct buffer frame = {0};
    enum enrol_state state = ENROL_REFUSED;
    uint64_t size;
    assert_int_equal(enrol_bytes_encode(ENROL_REQUEST, buffer_span(request), &frame), OK);
    assert_int_equal(desk_send(line, buffer_span(&frame)), OK);
    assert_int_equal(heard(line, ENROL_STATE, &frame), OK);
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &state, &size), OK);
    buffer_clear(&frame);
    return state;
}

static void wrong_secret_unknown_name_and_other_ledger_are_cut_off(void **state)
{
    struct office *o = *state;
    const struct invitation good = invited(o, "zhujian", 3600);
    struct invitation bad = good;
    struct desk_line *line = NULL;
    bad.secret[0] ^= 1;
    assert_int_equal(dial(o, &bad, &o->key, &line), OK);
    is_cut_off(line);                                                /* its third message fails */
    assert_said(o, "err=ERR_UNAUTHENTIC ");
    bad = good;
    bad.name[0] ^= 1;
    assert_int_equal(dial(o, &bad, &o->key, &line), ERR_CLOSED);
    assert_said(o, "err=ERR_NOTFOUND ");
    bad = good;
    bad.ledger.b[0] ^= 1;
    assert_int_equal(dial(o, &bad, &o->key, &line), ERR_CLOSED);
    assert_said(o, "err=ERR_WRONG_LEDGER ");
    desk_hang_up(let_in(o, &good, &o->key));
}

static void an_invitation_is_one_members_and_then_one_machines(void **state)
{
    struct office *o = *state;
    struct xkey other;
    const struct invitation i = invited(o, "zhujian", 3600);
    struct buffer wrong = request_of(o, "gongan"), good = request_of(o, "zhujian");
    struct buffer again = request_of(o, "zhujian");
    struct desk_line *line = let_in(o, &i, &o->key);
    xkey_create(&other);
    assert_int_equal(asked(line, &wrong), ENROL_REFUSED);
    again.data[again.len - 1] ^= 1;                                  /* in a proof */
    assert_int_equal(asked(line, &again), ENROL_REFUSED);
    struct desk_line *second = let_in(o, &i, &other);
    assert_int_equal(asked(second, &good), ENROL_WAITING);
    assert_int_equal(asked(line, &good), ENROL_USED);
    assert_int_equal(asked(second, &good), ENROL_WAITING);
    desk_hang_up(line);
    desk_hang_up(second);
    buffer_clear(&wrong);
    buffer_clear(&good);
    buffer_clear(&again);
}

static void a_guest_is_told_nothing_before_it_is_admitted(void **state)
{
    struct office *o = *state;
    const struct invitation i = invited(o, "zhujian", 3600);
    struct buffer request = request_of(o, "zhujian"), frame = {0};
    struct message want = {.type = MSG_WANT,
                           .u.want = {.request = 1, .tree_size = 1, .packages = 1}};
    strcpy(want.u.want.log.member, o->c->members[0].id);
    assert_int_equal(message_encode(&want, &frame), OK);
    struct desk_line *line = let_in(o, &i, &o->key);
    assert_int_equal(asked(line, &request), ENROL_WAITING);
    assert_int_equal(desk_send(line, buffer_span(&frame)), OK);
    is_cut_off(line);
    assert_said(o, "err=ERR_PROTOCOL ");
    line = let_in(o, &i, &o->key);
    assert_int_equal(desk_send(line, span_of("\x10\0\0\0\2{}", 7)), OK);
    is_cut_off(line);
    line = let_in(o, &i, &o->key);
    assert_int_equal(asked(line, &request), ENROL_WAITING);
    desk_hang_up(line);
    buffer_clear(&request);
    buffer_clear(&frame);
}

static void an_expired_or_revoked_invitation_opens_nothing(void **state)
{
    struct office *o = *state;
    struct desk_line *line = NULL;
    const struct invitation soon = invited(o, "zhujian", 1);
    while ((uint64_t)time(NULL) < soon.expires_s)
        assert_false(daemon_ends_within(o->pid, TRY_US));
    assert_int_equal(dial(o, &soon, &o->key, &line), ERR_CLOSED);
    const struct invitation i = invited(o, "zhujian", 3600);
    struct invitation_order revoke = {.ledger = o->c->ledger, .verb = INVITATION_REVOKE};
    memcpy(revoke.name, i.name, sizeof revoke.name);
    json_t *reply = ordered(o, &revoke, OFFICER_ADMIN);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    assert_int_equal(dial(o, &i, &o->key, &line), ERR_CLOSED);
}

static void assert_refused(json_t *reply, enum err err)
{
    assert_false(daemon_ok(reply));
    assert_string_equal(daemon_error(reply), err_name(err));
    json_decref(reply);
}

static void invitations_are_ordered_by_root_officers_and_administrators(void **state)
{
    struct office *o = *state;
    struct invitation_order order = order_for(o, "zhujian", 3600);
    assert_refused(ordered(o, &order, OFFICER_HANDLER), ERR_NOT_ENROLLED);
    json_t *reply = ordered(o, &order, OFFICER_ADMIN);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    assert_refused(ordered(o, &order, OFFICER_ADMIN), ERR_EXISTS);   /* the same order again */
    order = order_for(o, "zhujian", INVITATION_MAX_AGE_S + 60);
    assert_refused(ordered(o, &order, OFFICER_ROOT), ERR_RANGE);
    order = order_for(o, o->c->members[0].id, 3600);
    assert_refused(ordered(o, &order, OFFICER_ROOT), ERR_EXISTS);
    order = order_for(o, "zhujian", 3600);
    order.ledger.b[0] ^= 1;
    assert_refused(ordered(o, &order, OFFICER_ROOT), ERR_SIGNATURE);
}

/* ---- a damaged file ---- */

/* Lets nobody in before it has looked for its certificate: that is waited for. */
static void started_again(struct office *o)
{
    bool ready = false;
    ipc_disconnect(o->client);
    assert_int_equal(daemon_stop(o->pid), 0);
    o->client = daemon_up(o->c, 0, &o->pid);
    for (unsigned i = 0; i < TRIES && !ready; i++) {
        json_t *reply = daemon_ask(o->client, json_pack("{s:s}", "op", "peers"), span_of("", 0),
                                   NULL);
        const char *state = json_string_value(json_object_get(reply, "sessions"));
        ready = state != NULL && strcmp(state, "ready") == 0;
        json_decref(reply);
        if (!ready)
            assert_false(daemon_ends_within(o->pid, TRY_US));
    }
    assert_true(ready);
}

static json_t *listed(struct office *o)
{
    return daemon_ask(o->client, json_pack("{s:s}", "op", "invitations"), span_of("", 0), NULL);
}

static void a_damaged_file_stops_invitations_and_not_the_node(void **state)
{
    struct office *o = *state;
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0}, kept = {0};
    struct desk_line *line = NULL;
    const struct invitation i = invited(o, "zhujian", 3600);
    const struct invitation_order order = order_for(o, "gongan", 3600);
    assert_int_equal(home_path(path, sizeof path, o->c->members[0].home, "invitations"), OK);
    assert_int_equal(file_read(path, LOG_BYTES, &bytes), OK);
    bytes.data[bytes.len / 2] ^= 1;
    assert_int_equal(file_replace(path, buffer_span(&bytes), 0600), OK);
    started_again(o);
    assert_said(o, "event=invitations-damaged ");
    assert_refused(ordered(o, &order, OFFICER_HANDLER), ERR_NOT_ENROLLED);
    assert_refused(ordered(o, &order, OFFICER_ROOT), ERR_CORRUPT);
    assert_refused(listed(o), ERR_CORRUPT);
    assert_int_equal(dial(o, &i, &o->key, &line), ERR_CLOSED);
    assert_int_equal(file_read(path, LOG_BYTES, &kept), OK);
    assert_int_equal(kept.len, bytes.len);
    assert_memory_equal(kept.data, bytes.data, bytes.len);
    bytes.data[bytes.len / 2] ^= 1;
    assert_int_equal(file_replace(path, buffer_span(&bytes), 0600), OK);
    started_again(o);
    desk_hang_up(let_in(o, &i, &o->key));
    buffer_clear(&bytes);
    buffer_clear(&kept);
}

/* ---- a replay ---- */

static enum err no_certificate(void *ctx, struct buffer *out)
{
    (void)ctx;
    (void)out;
    return OK;
}

static void send_bytes(int fd, const struct buffer *bytes)
{
    assert_int_equal(socket_send(fd, buffer_span(bytes)), OK);
}

static void a_replayed_handshake_is_cut_off(void **state)
{
    struct office *o = *state;
    const struct invitation i = invited(o, "zhujian", 3600);
    struct channel ch;
    const struct channel_config c = {
        .role = NOISE_INITIATOR, .key = &o->key, .ledger = i.ledger, .purpose = CHANNEL_ENROL,
        .hint = span_of(i.name, sizeof i.name), .psk = i.secret,
        .events = {NULL, NULL, no_certificate, believe}};
    struct buffer first = {0}, third = {0};
    uint8_t room[64 * 1024];
    size_t len;
    int fd;
    channel_init(&ch, &c);
    assert_int_equal(channel_handshake_out(&ch, &first), OK);
    assert_int_equal(socket_connect(o->address, TIMEOUT_MS, &fd), OK);
    send_bytes(fd, &first);
    while (third.len == 0) {
        assert_int_equal(socket_receive(fd, room, sizeof room, &len), OK);
        struct span in = span_of(room, len);
        assert_int_equal(channel_handshake_in(&ch, &in), OK);
        assert_int_equal(channel_handshake_out(&ch, &third), OK);
    }
    send_bytes(fd, &third);
    assert_int_equal(socket_receive(fd, room, sizeof room, &len), OK);   /* genesis */
    close(fd);
    assert_int_equal(socket_connect(o->address, TIMEOUT_MS, &fd), OK);
    send_bytes(fd, &first);
    assert_int_equal(socket_receive(fd, room, sizeof room, &len), OK);   /* another ephemeral key */
    send_bytes(fd, &third);
    while (socket_receive(fd, room, sizeof room, &len) == OK) {
    }
    assert_said(o, "err=ERR_UNAUTHENTIC ");
    close(fd);
    channel_clear(&ch);
    buffer_clear(&first);
    buffer_clear(&third);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(wrong_secret_unknown_name_and_other_ledger_are_cut_off),
        FRESH(an_invitation_is_one_members_and_then_one_machines),
        FRESH(a_guest_is_told_nothing_before_it_is_admitted),
        FRESH(an_expired_or_revoked_invitation_opens_nothing),
        FRESH(invitations_are_ordered_by_root_officers_and_administrators),
        FRESH(a_damaged_file_stops_invitations_and_not_the_node),
        FRESH(a_replayed_handshake_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
