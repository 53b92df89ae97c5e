/* What one peer asks of the peer state machine, or tells it again and again, costs the others
 * little. */
// link: -Wl,--wrap=checkpoint_verify
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "net/sync_internal.h"
#include "tests/support/cluster_part.h"

enum { NODE = 1, GREEDY = 0, QUIET = 2, MEMBERS = 3, PEERS = 3, LARGE = 5 << 20, SMALL = 4000,
       REPORTS = 20, BEAT_MS = 10000 };

static unsigned verified;
enum err __real_checkpoint_verify(struct checkpoint *out, struct span note, const char *origin,
                                  const struct pubkey *key);
enum err __wrap_checkpoint_verify(struct checkpoint *out, struct span note, const char *origin,
                                  const struct pubkey *key);
enum err __wrap_checkpoint_verify(struct checkpoint *out, struct span note, const char *origin,
                                  const struct pubkey *key)
{
    verified++;
    return __real_checkpoint_verify(out, note, origin, key);
}

/* A machine whose peers are the test itself, by the number of their member plus one. */
struct fair {
    struct cluster *c;
    struct sync *sync;
    uint64_t now_ms;
    bool full[PEERS + 1];
    unsigned parts[PEERS + 1], refused[PEERS + 1], pings[PEERS + 1];
    unsigned forks, closed;
    enum err why;
};

static enum err io_send(void *ctx, struct peer_id peer, struct span frame)
{
    struct fair *f = ctx;
    if (f->full[peer.v] && frame.data[0] == MSG_PART)
        return ERR_BUSY;
    f->pings[peer.v] += frame.data[0] == MSG_PING;
    f->parts[peer.v] += frame.data[0] == MSG_PART;
    f->refused[peer.v] += frame.data[0] == MSG_REFUSE && frame.data[5] == REFUSE_BUSY;
    return OK;
}

static void io_close(void *ctx, struct peer_id peer, enum err why)
{
    struct fair *f = ctx;
    (void)peer;
    f->closed++;
    f->why = why;
}

static uint64_t io_random(void *ctx)
{
    (void)ctx;
    return 4;
}

static uint64_t io_unix_s(void *ctx)
{
    (void)ctx;
    return 1772323200;
}

static void io_event(void *ctx, const char *name, const char *member, enum err why)
{
    (void)member;
    (void)why;
    ((struct fair *)ctx)->forks += strcmp(name, "fork") == 0;
}

static struct peer_id peer_of(unsigned member)
{
    return (struct peer_id){member + 1};
}

static enum err say(struct fair *f, unsigned member, const struct message *m)
{
    struct buffer b = {0};
    assert_int_equal(message_encode(m, &b), OK);
    enum err err = sync_frame(f->sync, peer_of(member), buffer_span(&b), f->now_ms);
    buffer_clear(&b);
    return err;
}

static void greet(struct fair *f, unsigned member)
{
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    m.u.hello.ledger = f->c->ledger;
    memcpy(m.u.hello.member, f->c->members[member].id, sizeof m.u.hello.member);
    assert_int_equal(sync_connected(f->sync, peer_of(member), f->c->members[member].id, false,
                                    f->now_ms), OK);
    assert_int_equal(say(f, member, &m), OK);
}

static int fair_setup(void **state)
{
    struct fair *f = calloc(1, sizeof *f);
    const struct cluster_options options = {.seed = 9, .members = MEMBERS, .start_s = 1772323200};
    const struct sync_options sync = {.heartbeat_ms = BEAT_MS, .exchange_ms = 30000,
                                      .want_timeout_ms = 20000};
    assert_non_null(f);
    f->now_ms = 1000;
    f->c = cluster_create(&options);
    cluster_open(f->c, NODE);
    for (unsigned i = 0; i < REPORTS; i++)
        cluster_report(f->c, NODE, i);
    const struct sync_io io = {.ctx = f, .send = io_send, .close = io_close, .random = io_random,
                               .event = io_event, .unix_s = io_unix_s};
    assert_int_equal(sync_create(&f->sync, f->c->members[NODE].ledger, &io, &sync), OK);
    greet(f, GREEDY);
    greet(f, QUIET);
    *state = f;
    return 0;
}

static int fair_teardown(void **state)
{
    struct fair *f = *state;
    sync_free(f->sync);
    cluster_free(f->c);
    free(f);
    return 0;
}

static void tick(struct fair *f, uint64_t ms)
{
    f->now_ms += ms;
    sync_tick(f->sync, f->now_ms);
}

/* ---- heartbeat ---- */

static void silent_peer_is_ended_within_two_heartbeats_and_one_that_answers_stays(void **state)
{
    struct fair *f = *state;
    const struct message pong = {.type = MSG_PONG, .u.ping = {4}};
    for (unsigned s = 0; s < 10 * BEAT_MS / 1000; s++) {
        const unsigned pings = f->pings[QUIET + 1];
        tick(f, 1000);
        if (f->pings[QUIET + 1] > pings)
            assert_int_equal(say(f, QUIET, &pong), OK);
        if (s == 2 * BEAT_MS / 1000)
            assert_int_equal(f->closed, 1);
    }
    assert_true(f->pings[QUIET + 1] >= 9);
    assert_true(f->pings[GREEDY + 1] > 0);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->why, ERR_TIMEOUT);
    assert_int_equal(say(f, GREEDY, &pong), ERR_CLOSED);
}

/* ---- parts ---- */

/* A part of a case of the node's, offered to the quiet one; the convenor reads all. */
static struct hash offered_part(struct fair *f, size_t len)
{
    struct hash commitment;
    struct cluster_act act;
    uint8_t *bytes = calloc(1, len);
    const struct hash id = cluster_part_report(f->c, NODE, PART_SUBJECT, PART_OPEN,
                                               span_of(bytes, len), &commitment);
    free(bytes);
    cluster_act_init(&act, KIND_OFFER, &id);
    cluster_fact_text(&act, FACT_TO, f->c->members[QUIET].id);
    cluster_fact_text(&act, FACT_CLAUSE, "5.1");
    cluster_fact_uint(&act, FACT_GROUND, GROUND_COMPETENT);
    cluster_append(f->c, NODE, &act, NULL);
    cluster_act_clear(&act);
    return commitment;
}

static void want_part(struct fair *f, unsigned member, const struct hash *commitment)
{
    struct message m = {.type = MSG_PART_WANT, .u.part = {.request = 5}};
    m.u.part.commitment = *commitment;
    assert_int_equal(say(f, member, &m), OK);
}

static void who_takes_nothing_of_a_part_keeps_others_waiting_for_ten_seconds(void **state)
{
    struct fair *f = *state;
    const struct hash large = offered_part(f, LARGE), small = offered_part(f, SMALL);
    f->full[GREEDY + 1] = true;
    want_part(f, GREEDY, &large);
    want_part(f, QUIET, &small);
    tick(f, SYNC_PART_TURN_MS - 1);
    assert_int_equal(f->parts[QUIET + 1], 0);
    tick(f, 1);
    assert_int_equal(f->parts[QUIET + 1], 1);
}

static void who_waits_alone_has_the_whole_time_of_a_want(void **state)
{
    struct fair *f = *state;
    const struct hash large = offered_part(f, LARGE);
    f->full[GREEDY + 1] = true;
    want_part(f, GREEDY, &large);
    tick(f, 19999);
    f->full[GREEDY + 1] = false;
    tick(f, 0);
    assert_int_equal(f->parts[GREEDY + 1], LARGE / PART_CHUNK_BYTES + 1);
}

static void nobody_has_more_parts_coming_than_one_node_asks_for(void **state)
{
    struct fair *f = *state;
    const struct hash large = offered_part(f, LARGE);
    f->full[GREEDY + 1] = true;
    for (unsigned i = 0; i < SYNC_PEER_PARTS; i++)
        want_part(f, GREEDY, &large);
    assert_int_equal(f->refused[GREEDY + 1], 0);
    want_part(f, GREEDY, &large);
    assert_int_equal(f->refused[GREEDY + 1], 1);
    want_part(f, QUIET, &large);
    assert_int_equal(f->refused[QUIET + 1], 0);
}

static void peers_are_sent_parts_in_turn(void **state)
{
    struct fair *f = *state;
    const struct hash large = offered_part(f, LARGE), small = offered_part(f, SMALL);
    f->full[GREEDY + 1] = true;
    want_part(f, GREEDY, &small);
    want_part(f, GREEDY, &large);
    want_part(f, QUIET, &small);
    f->full[GREEDY + 1] = false;
    f->full[QUIET + 1] = true;
    tick(f, 0);
    assert_int_equal(f->parts[GREEDY + 1], 1);       /* the small one; now it is the other's turn */
    f->full[QUIET + 1] = false;
    tick(f, 0);
    assert_int_equal(f->parts[QUIET + 1], 1);
    assert_int_equal(f->parts[GREEDY + 1], 1 + LARGE / PART_CHUNK_BYTES + 1);
}

/* ---- heads ---- */

static void head_sign(struct fair *f, uint64_t size, uint8_t root, struct buffer *note)
{
    struct checkpoint head = {.size = size};
    const struct cluster_member *m = &f->c->members[NODE];
    const struct log *log = ledger_log(m->ledger, m->id, 0);
    memcpy(head.origin, log->origin, sizeof head.origin);
    memset(head.root.b, root, HASH_BYTES);
    if (root == 0)
        assert_int_equal(log_root(ledger_txn(m->ledger), log, size, &head.root), OK);
    assert_int_equal(checkpoint_sign(&head, m->node, note), OK);
}

static void show(struct fair *f, uint64_t size, uint8_t root)
{
    struct buffer note = {0};
    head_sign(f, size, root, &note);
    struct message said = {.type = MSG_HEADS, .u.heads = {.count = 1}};
    said.u.heads.notes[0] = buffer_span(&note);
    assert_int_equal(say(f, GREEDY, &said), OK);
    buffer_clear(&note);
}

static void head_from_the_past_is_verified_once(void **state)
{
    struct fair *f = *state;
    verified = 0;
    for (unsigned round = 0; round < 5; round++)
        for (uint64_t size = 1; size <= REPORTS; size++)
            show(f, size, 0);
    assert_int_equal(verified, REPORTS);
}

static void heads_that_a_peer_shows_below_its_greatest_are_not_verified(void **state)
{
    struct fair *f = *state;
    verified = 0;
    show(f, 5000, 1);
    for (uint64_t size = 4000; size < 4100; size++)
        show(f, size, 1);
    assert_int_equal(verified, 1);
}

static void of_many_growing_heads_in_one_frame_one_is_verified(void **state)
{
    struct fair *f = *state;
    struct buffer notes[100] = {0};
    struct message said = {.type = MSG_HEADS, .u.heads = {.count = 100}};
    for (unsigned i = 0; i < 100; i++) {
        head_sign(f, 5000 + i, 1, &notes[i]);
        said.u.heads.notes[i] = buffer_span(&notes[i]);
    }
    verified = 0;
    assert_int_equal(say(f, GREEDY, &said), OK);
    assert_int_equal(verified, 1);
    for (unsigned i = 0; i < 100; i++)
        buffer_clear(&notes[i]);
}

static void fork_within_what_is_held_is_found_behind_known_heads(void **state)
{
    struct fair *f = *state;
    show(f, 5, 0);
    show(f, 5, 0);
    assert_int_equal(f->forks, 0);
    show(f, 5, 9);
    assert_int_equal(f->forks, 1);
    assert_int_equal(f->closed, 0);
}

#define FAIR(test) cmocka_unit_test_setup_teardown(test, fair_setup, fair_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAIR(silent_peer_is_ended_within_two_heartbeats_and_one_that_answers_stays),
        FAIR(who_takes_nothing_of_a_part_keeps_others_waiting_for_ten_seconds),
        FAIR(who_waits_alone_has_the_whole_time_of_a_want),
        FAIR(nobody_has_more_parts_coming_than_one_node_asks_for),
        FAIR(peers_are_sent_parts_in_turn),
        FAIR(head_from_the_past_is_verified_once),
        FAIR(heads_that_a_peer_shows_below_its_greatest_are_not_verified),
        FAIR(of_many_growing_heads_in_one_frame_one_is_verified),
        FAIR(fork_within_what_is_held_is_found_behind_known_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
