/* A daemon and officers' desks: who is let in, what ends a session, whose limits are whose. */
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

#include "ledger/roster/compose.h"
#include "net/desk_line.h"
#include "net/desk_message.h"
#include "tests/support/cluster_keys.h"

enum { FIRST_PORT = 20000, PORTS = 12000, TIMEOUT_MS = 20000, DESKS = 2 };

struct office {
    struct cluster *c;
    unsigned port;
    pid_t pid;
    struct ipc_client *client;
    struct xkey keys[DESKS];          /* of the handler's desk and of the verifier's */
};

static const enum cluster_officer OFFICERS[DESKS] = {OFFICER_HANDLER, OFFICER_VERIFIER};

/* The administrator certifies a desk's key for an officer; NULL ends it. */
static void certify(struct office *o, unsigned desk, const struct xpubkey *key)
{
    struct composition facts;
    struct cluster_act a;
    struct compose compose;
    struct buffer entry = {0};
    composition_init(&facts);
    assert_int_equal(compose_desk(&facts, signkey_public(o->c->members[0].officers[OFFICERS[desk]]),
                                  key), OK);
    cluster_act_init(&a, KIND_ENROL, NULL);
    a.signer_count = 1;
    a.signers[0].member = 0;
    a.signers[0].officer = OFFICER_ADMIN;
    a.signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(&a, facts.facts[i].id, facts.facts[i].value);
    assert_true(daemon_compose(o->client, KIND_ENROL, NULL, &compose));
    cluster_sign(o->c, 0, &compose, &a, &entry);
    json_t *reply = daemon_append(o->client, buffer_span(&entry));
    assert_true(daemon_ok(reply));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
    composition_clear(&facts);
}

static int setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = 1,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(o);
    o->port = FIRST_PORT + (unsigned)getpid() % PORTS;
    o->c = cluster_create(&options);
    cluster_configure(o->c, 0, o->port);
    o->client = daemon_up(o->c, 0, &o->pid);
    for (unsigned i = 0; i < DESKS; i++) {
        xkey_create(&o->keys[i]);
        certify(o, i, &o->keys[i].pub);
    }
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

static enum err believe(void *ctx, const struct xpubkey *key, struct span certificate)
{
    const struct office *o = ctx;
    assert_memory_equal(key->b, o->c->members[0].transport.pub.b, PUBKEY_BYTES);
    assert_true(certificate.len > 0);
    return OK;
}

static struct desk_line *dial(struct office *o, const struct xkey *key)
{
    char address[32];
    struct desk_line *line = NULL;
    const struct desk_dial how = {.purpose = CHANNEL_DESK, .ledger = o->c->ledger, .key = key,
                                  .timeout_ms = TIMEOUT_MS, .ctx = o, .on_peer = believe};
    snprintf(address, sizeof address, "127.0.0.1:%u", o->port);
    assert_int_equal(desk_dial(&line, address, &how), OK);
    return line;
}

static enum err say(struct desk_line *line, const char *json)
{
    struct buffer frame = {0};
    json_t *head = json_loads(json, 0, NULL);
    assert_int_equal(desk_message_encode(DESK_REQUEST, head, (struct span){0}, &frame), OK);
    enum err err = desk_send(line, buffer_span(&frame));
    json_decref(head);
    buffer_clear(&frame);
    return err;
}

/* "ok" or the error of the next answer; "" when the node hung up. */
static const char *hear(struct desk_line *line, char out[64])
{
    struct buffer frame = {0};
    struct span blob;
    json_t *head = NULL;
    enum err err = desk_receive(line, &frame);
    snprintf(out, 64, "%s", "");
    if (err == OK) {
        assert_int_equal(desk_message_decode(DESK_ANSWER, buffer_span(&frame), &head, &blob), OK);
        snprintf(out, 64, "%s", daemon_ok(head) ? "ok" : daemon_error(head));
    } else {
        assert_int_equal(err, ERR_CLOSED);
    }
    json_decref(head);
    buffer_clear(&frame);
    return out;
}

#define STATUS "{\"op\":\"query\",\"query\":\"status\"}"

static void assert_served(struct desk_line *line)
{
    char said[64];
    assert_int_equal(say(line, STATUS), OK);
    assert_string_equal(hear(line, said), "ok");
}

/* What is said to a session that is gone may still fit into the socket. */
static void assert_gone(struct desk_line *line)
{
    char said[64];
    enum err err = say(line, STATUS);
    assert_true(err == OK || err == ERR_CLOSED);
    assert_string_equal(hear(line, said), "");
    desk_hang_up(line);
}

static void a_desk_is_served_as_the_socket_but_ends_no_daemon(void **state)
{
    struct office *o = *state;
    char said[64];
    struct desk_line *line = dial(o, &o->keys[0]);
    assert_served(line);
    assert_int_equal(say(line, "{\"op\":\"stop\"}"), OK);
    assert_string_equal(hear(line, said), "ERR_PERMISSION");
    assert_int_equal(say(line, "{\"op\":\"nothing\"}"), OK);
    assert_string_equal(hear(line, said), "ERR_UNSUPPORTED");
    assert_served(line);
    desk_hang_up(line);
}

static void a_key_that_nobody_certified_is_hung_up_on(void **state)
{
    struct office *o = *state;
    struct xkey stranger;
    xkey_create(&stranger);
    assert_gone(dial(o, &stranger));
    assert_gone(dial(o, &o->c->members[0].sealing));
    struct desk_line *line = dial(o, &o->keys[0]);
    assert_served(line);
    desk_hang_up(line);
}

static void an_open_session_ends_when_its_key_is_replaced_or_ended(void **state)
{
    struct office *o = *state;
    struct xkey fresh;
    char said[64];
    xkey_create(&fresh);
    struct desk_line *line = dial(o, &o->keys[0]), *other = dial(o, &o->keys[1]);
    assert_served(line);
    certify(o, 0, &fresh.pub);
    assert_string_equal(hear(line, said), "");
    desk_hang_up(line);
    assert_gone(dial(o, &o->keys[0]));
    line = dial(o, &fresh);
    assert_served(line);
    certify(o, 0, NULL);
    assert_string_equal(hear(line, said), "");
    desk_hang_up(line);
    assert_gone(dial(o, &fresh));
    assert_served(other);
    desk_hang_up(other);
}

static void what_is_no_request_ends_the_session(void **state)
{
    struct office *o = *state;
    static const char *const bad[] = {"\x10", "\x10\0\0\0\2[]", "\x04hello", "\x11\0\0\0\2{}"};
    static const size_t lengths[] = {1, 7, 6, 7};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct desk_line *line = dial(o, &o->keys[0]);
        assert_int_equal(desk_send(line, span_of(bad[i], lengths[i])), OK);
        assert_gone(line);
    }
}

static void of_five_sessions_of_one_officer_the_oldest_gives_way(void **state)
{
    struct office *o = *state;
    struct desk_line *lines[DESK_SESSIONS_MAX + 1], *other = dial(o, &o->keys[1]);
    assert_served(other);
    for (unsigned i = 0; i <= DESK_SESSIONS_MAX; i++) {
        lines[i] = dial(o, &o->keys[0]);
        assert_served(lines[i]);
    }
    assert_gone(lines[0]);
    for (unsigned i = 1; i <= DESK_SESSIONS_MAX; i++) {
        assert_served(lines[i]);
        desk_hang_up(lines[i]);
    }
    assert_served(other);
    desk_hang_up(other);
}

static void who_asks_too_fast_is_told_then_cut_off_and_no_other_officer_is(void **state)
{
    struct office *o = *state;
    enum { MANY = 2 * (DESK_REQUESTS_BURST + DESK_REFUSALS_MAX) };
    char said[64] = "ok";
    unsigned served = 0, refused = 0;
    struct desk_line *line = dial(o, &o->keys[0]), *other = dial(o, &o->keys[1]);
    for (unsigned i = 0; i < MANY && say(line, STATUS) == OK; i++) {
        if (i % 20 == 0)
            assert_served(other);
    }
    while (strcmp(hear(line, said), "") != 0) {
        assert_true(strcmp(said, "ok") == 0 || strcmp(said, "ERR_BUSY") == 0);
        served += strcmp(said, "ok") == 0;
        refused += strcmp(said, "ok") != 0;
    }
    assert_true(served < MANY - DESK_REFUSALS_MAX && refused < DESK_REFUSALS_MAX);
    assert_gone(line);
    assert_served(other);
    desk_hang_up(other);
}

/* What is no act is refused, however long; what no frame holds is not sent. */
static void a_request_may_hold_a_whole_part(void **state)
{
    struct office *o = *state;
    char said[64];
    struct buffer frame = {0};
    uint8_t *part = calloc(1, PART_MAX_BYTES);
    json_t *head = json_pack("{s:s}", "op", "append");
    assert_non_null(part);
    assert_int_equal(desk_message_encode(DESK_REQUEST, head, span_of(part, PART_MAX_BYTES),
                                         &frame), OK);
    struct desk_line *line = dial(o, &o->keys[0]);
    assert_int_equal(desk_send(line, buffer_span(&frame)), OK);
    assert_string_not_equal(hear(line, said), "");
    assert_string_not_equal(said, "ok");
    assert_served(line);
    assert_int_equal(buffer_reserve(&frame, DESK_FRAME_MAX_BYTES + 1 - frame.len), OK);
    frame.len = DESK_FRAME_MAX_BYTES + 1;
    assert_int_equal(desk_send(line, buffer_span(&frame)), ERR_TOO_LARGE);
    assert_served(line);
    desk_hang_up(line);
    json_decref(head);
    buffer_clear(&frame);
    free(part);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_desk_is_served_as_the_socket_but_ends_no_daemon),
        FRESH(a_key_that_nobody_certified_is_hung_up_on),
        FRESH(an_open_session_ends_when_its_key_is_replaced_or_ended),
        FRESH(what_is_no_request_ends_the_session),
        FRESH(a_request_may_hold_a_whole_part),
        FRESH(of_five_sessions_of_one_officer_the_oldest_gives_way),
        FRESH(who_asks_too_fast_is_told_then_cut_off_and_no_other_officer_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
