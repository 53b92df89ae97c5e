// link: -Wl,--wrap=txn_commit
#include "node/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "ledger/log/part.h"
#include "ledger/log/part_card.h"
#include "net/act_blob.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/cluster_part.h"
#include "tests/support/daemon.h"

/* The next commit fails with this, once. */
static _Atomic int next_commit = OK;

enum err __real_txn_commit(struct txn *t);
enum err __wrap_txn_commit(struct txn *t);
enum err __wrap_txn_commit(struct txn *t)
{
    enum err fail = (enum err)atomic_exchange(&next_commit, OK);
    if (fail != OK) {
        txn_abort(t);
        return fail;
    }
    return __real_txn_commit(t);
}

struct bench {
    struct cluster *c;
    struct config config;
    struct logger logger;
    struct node *node;
    pthread_t thread;
    enum err ended;
    struct ipc_client *client;
};

static void *run_node(void *arg)
{
    struct bench *b = arg;
    b->ended = node_run(b->node);
    return NULL;
}

static void bench_open(struct bench *b)
{
    char path[512];
    struct config_error error;
    const char *home = b->c->members[1].home;
    const struct node_options options = {home, &b->config, &b->logger};
    snprintf(path, sizeof path, "%s/jieli.conf", home);
    assert_int_equal(config_read(&b->config, path, &error), OK);
    assert_int_equal(node_open(&b->node, &options), OK);
    assert_int_equal(pthread_create(&b->thread, NULL, run_node, b), 0);
    snprintf(path, sizeof path, "%s/jielid.sock", home);
    assert_int_equal(ipc_connect(&b->client, path, 10000), OK);
}

static void bench_close(struct bench *b)
{
    ipc_disconnect(b->client);
    node_stop(b->node);
    pthread_join(b->thread, NULL);
    node_close(b->node);
    b->client = NULL;
    b->node = NULL;
}

/* A node that cosigns commits when it likes: the failure meant for an act would hit that. */
static void unlink_key(const struct cluster *c)
{
    char path[512];
    snprintf(path, sizeof path, "%s/cosigner.key", c->members[1].home);
    assert_int_equal(unlink(path), 0);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct cluster_options options = {.seed = 11, .members = 2,
                                            .start_s = (uint64_t)time(NULL) - 1000};
    assert_non_null(b);
    b->c = cluster_create(&options);
    unlink_key(b->c);
    b->logger = (struct logger){.fd = 2, .level = LEVEL_ERROR};
    bench_open(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    if (b->node != NULL) {
        bench_close(b);
    }
    cluster_free(b->c);
    free(b);
    return 0;
}

static json_t *send_act(struct bench *b, const struct cluster_act *a)
{
    struct compose compose;
    struct buffer entry = {0};
    assert_true(daemon_compose(b->client, a->kind, a->case_id, &compose));
    cluster_sign(b->c, 1, &compose, a, &entry);
    json_t *reply = daemon_append(b->client, buffer_span(&entry));
    assert_non_null(reply);
    buffer_clear(&entry);
    return reply;
}

static json_t *send_report(struct bench *b, uint64_t time_s)
{
    struct cluster_act a;
    cluster_report_act(&a, 1);
    a.time_s = time_s;
    json_t *reply = send_act(b, &a);
    cluster_act_clear(&a);
    return reply;
}

static void expect_error(json_t *reply, enum err err)
{
    assert_non_null(reply);
    assert_string_equal(daemon_error(reply), err_name(err));
    assert_false(daemon_ok(reply));
    json_decref(reply);
}

/* The side on which the act's time lies is told. */
static void expect_clock(json_t *reply, const char *side)
{
    assert_string_equal(json_string_value(json_object_get(reply, "clock")), side);
    expect_error(reply, ERR_CLOCK);
}

static json_t *ask(struct bench *b, json_t *request, const char *blob)
{
    return daemon_ask(b->client, request, span_of(blob, strlen(blob)), NULL);
}

static void act_is_answered_with_its_place_and_stays(void **state)
{
    struct bench *b = *state;
    struct hash id;
    struct case_state s;
    json_t *reply = send_report(b, 0);
    assert_true(daemon_ok(reply));
    assert_string_equal(json_string_value(json_object_get(reply, "level")), "sequenced");
    assert_true(daemon_hash(reply, "id", &id));
    json_decref(reply);
    bench_close(b);
    assert_int_equal(b->ended, OK);
    cluster_open(b->c, 1);
    assert_int_equal(ledger_state(b->c->members[1].ledger, &id, &s), OK);
    assert_int_equal(s.custodian.v, 1);
}

static void void_act_is_refused_with_its_reason(void **state)
{
    struct bench *b = *state;
    struct hash id;
    struct cluster_act a;
    json_t *reply = send_report(b, 0);
    assert_true(daemon_hash(reply, "id", &id));
    json_decref(reply);
    cluster_act_init(&a, KIND_ACCEPT, &id);
    reply = send_act(b, &a);
    assert_non_null(json_object_get(reply, "reason"));
    expect_error(reply, ERR_VOID);
    cluster_act_clear(&a);
}

static void clock_set_back_a_year_is_refused_and_nothing_lost(void **state)
{
    struct bench *b = *state;
    uint64_t now_s = (uint64_t)time(NULL);
    json_t *reply = send_report(b, now_s);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    expect_clock(send_report(b, now_s - 365 * 86400), "behind");
    expect_clock(send_report(b, now_s + 365 * 86400), "ahead");
    reply = send_report(b, now_s + 1);
    assert_true(daemon_ok(reply));
    json_decref(reply);
}

static void malformed_requests_have_their_own_errors(void **state)
{
    struct bench *b = *state;
    expect_error(ask(b, json_pack("{s:s}", "op", "nonsense"), ""), ERR_UNSUPPORTED);
    expect_error(ask(b, json_pack("{}"), ""), ERR_UNSUPPORTED);
    expect_error(ask(b, json_pack("{s:s}", "op", "append"), "xx"), ERR_TRUNCATED);
    expect_error(daemon_append(b->client, span_of("not cbor", 8)), ERR_FORMAT);
    expect_error(ask(b, json_pack("{s:s}", "op", "part"), ""), ERR_FORMAT);
    expect_error(ask(b, json_pack("{s:s}", "op", "draft-get"), ""), ERR_FORMAT);
    json_t *reply = ask(b, json_pack("{s:s}", "op", "peers"), "");
    assert_true(daemon_ok(reply));
    assert_int_equal(json_array_size(json_object_get(reply, "peers")), 0);
    json_decref(reply);
}

static void signature_that_fails_is_refused(void **state)
{
    struct bench *b = *state;
    struct cluster_act a;
    struct compose compose;
    struct buffer entry = {0};
    cluster_report_act(&a, 1);
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &compose));
    cluster_sign(b->c, 1, &compose, &a, &entry);
    entry.data[entry.len - 1] ^= 1;
    expect_error(daemon_append(b->client, buffer_span(&entry)), ERR_SIGNATURE);
    entry.data[entry.len - 1] ^= 1;
    json_t *reply = daemon_append(b->client, buffer_span(&entry));
    assert_true(daemon_ok(reply));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

struct with_part { struct buffer blob; struct cluster_part *part; };

/* The act names the part, the part travels along, sealed to this node. */
static void make_act_with_part(struct bench *b, const char *text, bool named, bool sent,
                               struct with_part *out)
{
    struct cluster_act a;
    struct compose compose;
    struct buffer entry = {0}, wraps = {0};
    *out = (struct with_part){0};
    cluster_report_act(&a, 1);
    out->part = cluster_part_create(b->c, 1, &a, PART_TEXT, PART_SEALED,
                                    span_of(text, strlen(text)));
    a.part_count = named ? 1 : 0;
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &compose));
    cluster_sign(b->c, 1, &compose, &a, &entry);
    assert_int_equal(act_blob_put_entry(&out->blob, buffer_span(&entry)), OK);
    assert_int_equal(part_wraps_encode(&out->part->wraps, &wraps), OK);
    const struct act_part part = {buffer_span(&wraps), out->part->salt,
                                  buffer_span(&out->part->bytes)};
    if (sent) {
        assert_int_equal(act_blob_put_part(&out->blob, &part), OK);
    }
    buffer_clear(&wraps);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

static json_t *send_blob(struct bench *b, struct with_part *w)
{
    json_t *reply = daemon_ask(b->client, json_pack("{s:s}", "op", "append"),
                               buffer_span(&w->blob), NULL);
    buffer_clear(&w->blob);
    return reply;
}

static json_t *ask_part(struct bench *b, const struct hash *entry, const struct hash *commitment,
                        struct buffer *out)
{
    char id[2 * HASH_BYTES + 1], hex[2 * HASH_BYTES + 1];
    assert_int_equal(hex_encode(id, sizeof id, span_of(entry->b, HASH_BYTES)), OK);
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(commitment->b, HASH_BYTES)), OK);
    return daemon_ask(b->client,
                      json_pack("{s:s, s:s, s:s}", "op", "part", "entry", id, "commitment", hex),
                      (struct span){0}, out);
}

static void part_travels_with_its_act(void **state)
{
    struct bench *b = *state;
    struct with_part w;
    struct hash id;
    struct buffer part = {0};
    make_act_with_part(b, "the photograph", true, true, &w);
    json_t *reply = send_blob(b, &w);
    assert_true(daemon_ok(reply));
    assert_true(daemon_hash(reply, "id", &id));
    json_decref(reply);
    reply = ask_part(b, &id, &w.part->ref.commitment, &part);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    assert_int_equal(part.len, strlen("the photograph"));
    assert_memory_equal(part.data, "the photograph", strlen("the photograph"));
    reply = ask_part(b, &id, &id, &part);
    expect_error(reply, ERR_NOTFOUND);
    buffer_clear(&part);
    cluster_part_free(w.part);
}

/* What only its author could make: the parts of an act again, under an entry that is none. */
static void act_that_is_refused_takes_no_part_from_another(void **state)
{
    struct bench *b = *state;
    struct with_part w;
    struct hash id;
    struct buffer blob = {0};
    struct part_card *card = calloc(1, sizeof *card);
    make_act_with_part(b, "the evidence", true, true, &w);
    assert_int_equal(buffer_put(&blob, w.blob.data, w.blob.len), OK);
    json_t *reply = send_blob(b, &w);
    assert_true(daemon_ok(reply));
    assert_true(daemon_hash(reply, "id", &id));
    json_decref(reply);
    blob.data[4 + load_u32(blob.data) - 1] ^= 1;           /* of its signature */
    w.blob = blob;
    expect_error(send_blob(b, &w), ERR_SIGNATURE);
    assert_non_null(card);
    assert_int_equal(part_card_read(b->c->members[1].home, &w.part->ref.commitment, card), OK);
    assert_true(hash_equal(&card->entry, &id));
    free(card);
    cluster_part_free(w.part);
}

static void refuse_part(struct bench *b, struct with_part *w, enum err err)
{
    expect_error(send_blob(b, w), err);
    assert_false(part_held(b->c->members[1].home, &w->part->ref.commitment));
    cluster_part_free(w->part);
}

static void part_that_is_missing_or_not_named_is_refused(void **state)
{
    struct bench *b = *state;
    struct with_part w;
    make_act_with_part(b, "never sent", true, false, &w);
    refuse_part(b, &w, ERR_NOTFOUND);
    make_act_with_part(b, "not named", false, true, &w);
    refuse_part(b, &w, ERR_FORMAT);
}

/* It could never be shared: nobody holds a key to it. */
static void part_that_this_node_cannot_open_is_refused(void **state)
{
    struct bench *b = *state;
    struct with_part w;
    make_act_with_part(b, "for nobody", true, true, &w);
    uint8_t *wrap_end = w.blob.data + w.blob.len - w.part->bytes.len - SALT_BYTES;
    wrap_end[-1] ^= 1;
    refuse_part(b, &w, ERR_KEY);
}

static void drafts_wait_in_the_node(void **state)
{
    struct bench *b = *state;
    struct buffer blob = {0};
    json_t *reply = ask(b, json_pack("{s:s}", "op", "draft-put"), "half signed");
    char id[16];
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(reply, "draft")));
    json_decref(reply);
    reply = daemon_ask(b->client, json_pack("{s:s, s:s}", "op", "draft-get", "draft", id),
                       (struct span){0}, &blob);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    assert_int_equal(blob.len, strlen("half signed"));
    reply = ask(b, json_pack("{s:s}", "op", "draft-list"), "");
    assert_int_equal(json_array_size(json_object_get(reply, "drafts")), 1);
    json_decref(reply);
    reply = ask(b, json_pack("{s:s, s:s}", "op", "draft-del", "draft", id), "");
    assert_true(daemon_ok(reply));
    json_decref(reply);
    expect_error(ask(b, json_pack("{s:s, s:s}", "op", "draft-get", "draft", id), ""),
                 ERR_NOTFOUND);
    buffer_clear(&blob);
}

static void full_disk_refuses_the_act_and_the_daemon_goes_on(void **state)
{
    struct bench *b = *state;
    struct cluster_act a;
    struct compose compose;
    struct buffer entry = {0};
    cluster_report_act(&a, 1);
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &compose));
    cluster_sign(b->c, 1, &compose, &a, &entry);
    atomic_store(&next_commit, ERR_DISK_FULL);
    expect_error(daemon_append(b->client, buffer_span(&entry)), ERR_DISK_FULL);
    json_t *reply = daemon_append(b->client, buffer_span(&entry));
    assert_true(daemon_ok(reply));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

static void uncertain_commit_ends_the_node(void **state)
{
    struct bench *b = *state;
    struct cluster_act a;
    struct compose compose;
    struct buffer entry = {0};
    cluster_report_act(&a, 1);
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &compose));
    cluster_sign(b->c, 1, &compose, &a, &entry);
    atomic_store(&next_commit, ERR_UNCERTAIN);
    expect_error(daemon_append(b->client, buffer_span(&entry)), ERR_UNCERTAIN);
    bench_close(b);
    assert_int_equal(b->ended, ERR_UNCERTAIN);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

static void stop_request_ends_the_node_cleanly(void **state)
{
    struct bench *b = *state;
    json_t *reply = ask(b, json_pack("{s:s}", "op", "stop"), "");
    assert_true(daemon_ok(reply));
    json_decref(reply);
    pthread_join(b->thread, NULL);
    assert_int_equal(b->ended, OK);
    ipc_disconnect(b->client);
    node_close(b->node);
    b->node = NULL;
}

static void second_node_on_the_home_is_refused(void **state)
{
    struct bench *b = *state;
    struct node *second = NULL;
    const struct logger quiet = {.fd = -1, .level = LEVEL_ERROR};
    const struct node_options options = {b->c->members[1].home, &b->config, &quiet};
    assert_int_equal(node_open(&second, &options), ERR_LOCKED);
    assert_null(second);
}

static void home_of_another_ledger_is_refused(void **state)
{
    struct bench *b = *state;
    struct node *other = NULL;
    const struct logger quiet = {.fd = -1, .level = LEVEL_ERROR};
    const struct node_options options = {b->c->members[0].home, &b->config, &quiet};
    assert_int_equal(node_check(&options), ERR_KEY);
    snprintf(b->config.member, sizeof b->config.member, "%s", b->c->members[0].id);
    assert_int_equal(node_check(&options), OK);
    b->config.ledger.b[0] ^= 1;
    assert_int_equal(node_open(&other, &options), ERR_WRONG_LEDGER);
    assert_int_equal(node_check(&options), ERR_WRONG_LEDGER);
    b->config.ledger.b[0] ^= 1;
}

enum { CLIENTS = 12, ACTS_EACH = 8 };
struct writer { struct bench *b; struct buffer entries[ACTS_EACH]; unsigned taken; };

static void *write_acts(void *arg)
{
    struct writer *w = arg;
    char path[512];
    struct ipc_client *client = NULL;
    snprintf(path, sizeof path, "%s/jielid.sock", w->b->c->members[1].home);
    if (ipc_connect(&client, path, 20000) != OK) {
        return NULL;
    }
    for (unsigned i = 0; i < ACTS_EACH; i++) {
        json_t *reply = daemon_append(client, buffer_span(&w->entries[i]));
        w->taken += daemon_ok(reply) ? 1 : 0;
        json_decref(reply);
    }
    ipc_disconnect(client);
    return NULL;
}

static void acts_of_many_clients_are_all_kept(void **state)
{
    struct bench *b = *state;
    struct writer writers[CLIENTS] = {0};
    pthread_t threads[CLIENTS];
    struct compose compose;
    struct cluster_act a;
    cluster_report_act(&a, 1);
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &compose));
    for (unsigned i = 0; i < CLIENTS; i++) {
        writers[i].b = b;
        for (unsigned k = 0; k < ACTS_EACH; k++) {
            cluster_sign(b->c, 1, &compose, &a, &writers[i].entries[k]);
        }
        assert_int_equal(pthread_create(&threads[i], NULL, write_acts, &writers[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].taken, ACTS_EACH);
        for (unsigned k = 0; k < ACTS_EACH; k++) {
            buffer_clear(&writers[i].entries[k]);
        }
    }
    struct compose after;
    assert_true(daemon_compose(b->client, KIND_REPORT, NULL, &after));
    assert_int_equal(after.own_size, compose.own_size + CLIENTS * ACTS_EACH);
    cluster_act_clear(&a);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(act_is_answered_with_its_place_and_stays),
        WITH_NODE(void_act_is_refused_with_its_reason),
        WITH_NODE(clock_set_back_a_year_is_refused_and_nothing_lost),
        WITH_NODE(malformed_requests_have_their_own_errors),
        WITH_NODE(signature_that_fails_is_refused),
        WITH_NODE(part_travels_with_its_act),
        WITH_NODE(act_that_is_refused_takes_no_part_from_another),
        WITH_NODE(part_that_is_missing_or_not_named_is_refused),
        WITH_NODE(part_that_this_node_cannot_open_is_refused),
        WITH_NODE(drafts_wait_in_the_node),
        WITH_NODE(full_disk_refuses_the_act_and_the_daemon_goes_on),
        WITH_NODE(uncertain_commit_ends_the_node),
        WITH_NODE(stop_request_ends_the_node_cleanly),
        WITH_NODE(second_node_on_the_home_is_refused),
        WITH_NODE(home_of_another_ledger_is_refused),
        WITH_NODE(acts_of_many_clients_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
