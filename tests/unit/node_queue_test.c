#include "node/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>

#include "node/clock.h"

static struct queue *fresh(void)
{
    struct queue *q = NULL;
    assert_int_equal(queue_create(&q), OK);
    return q;
}

static struct batch *batch_create(void)
{
    struct batch *b = calloc(1, sizeof *b);
    assert_non_null(b);
    return b;
}

static bool push_request(struct queue *q, uint64_t id, size_t blob_bytes)
{
    struct ipc_request r = {.conn = {.id = id}, .blob = {.data = calloc(1, blob_bytes + 1)}};
    r.blob.len = blob_bytes;
    bool pushed = queue_push_request(q, &r);
    assert_true(pushed == (r.blob.data == NULL));
    buffer_clear(&r.blob);
    return pushed;
}

static bool push_event(struct queue *q, enum transport_event_type type, uint32_t peer,
                       size_t frame_bytes)
{
    struct transport_event e = {.type = type, .peer = {peer}};
    e.frame = (struct buffer){.data = calloc(1, frame_bytes + 1), .len = frame_bytes};
    bool pushed = queue_push_event(q, &e);
    buffer_clear(&e.frame);
    return pushed;
}

static void batch_clear(struct batch *b)
{
    for (unsigned i = 0; i < b->request_count; i++) {
        buffer_clear(&b->requests[i].blob);
    }
    for (unsigned i = 0; i < b->event_count; i++) {
        buffer_clear(&b->events[i].frame);
    }
}

static void requests_come_out_together_in_the_order_they_came(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(push_request(q, i, 10));
    }
    queue_take(q, 0, b);
    assert_int_equal(b->request_count, 5);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(b->requests[i].conn.id, i);
    }
    batch_clear(b);
    free(b);
    queue_free(q);
}

static void full_lane_pushes_requests_back_until_taken(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    for (uint64_t i = 0; i < QUEUE_MAX_REQUESTS; i++) {
        assert_true(push_request(q, i, 1));
    }
    assert_false(push_request(q, 999, 1));
    queue_take(q, 0, b);
    assert_int_equal(b->request_count, QUEUE_MAX_REQUESTS);
    batch_clear(b);
    assert_true(push_request(q, 999, 1));
    free(b);
    queue_free(q);
}

static void lane_is_bounded_in_bytes_but_takes_one_large_item(void **state)
{
    (void)state;
    struct queue *q = fresh();
    assert_true(push_request(q, 1, QUEUE_MAX_BYTES + 1));
    assert_false(push_request(q, 2, 1));
    queue_free(q);
    q = fresh();
    assert_true(push_request(q, 1, QUEUE_MAX_BYTES));
    assert_false(push_request(q, 2, 1));
    assert_true(push_event(q, TRANSPORT_FRAME, 1, 1));
    queue_free(q);
}

static void drain(struct queue *q, struct batch *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        queue_take(q, 0, b);
        batch_clear(b);
    }
}

static void refused_peer_is_named_once_when_its_lane_is_half_empty(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    unsigned taken = 0, resumed = 0;
    for (unsigned i = 0; i < QUEUE_LANE_FRAMES; i++) {
        assert_true(push_event(q, TRANSPORT_FRAME, 7, 10));
    }
    assert_false(push_event(q, TRANSPORT_FRAME, 7, 10));
    assert_false(push_event(q, TRANSPORT_FRAME, 7, 10));
    while (taken < QUEUE_LANE_FRAMES) {
        queue_take(q, 0, b);
        assert_true(b->event_count > 0);
        taken += b->event_count;
        if (b->resumed_count > 0) {
            assert_int_equal(b->resumed[0].v, 7);
            assert_true(taken >= QUEUE_LANE_FRAMES / 2);
        }
        resumed += b->resumed_count;
        batch_clear(b);
    }
    assert_int_equal(resumed, 1);
    free(b);
    queue_free(q);
}

static void room_is_what_a_push_would_find(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    const struct transport_event frame = {.type = TRANSPORT_FRAME, .peer = {7},
                                          .frame = {.len = QUEUE_LANE_BYTES}};
    assert_true(queue_room(q, &frame));
    assert_true(push_event(q, TRANSPORT_FRAME, 7, 10));
    assert_false(queue_room(q, &frame));
    queue_take(q, 0, b);
    assert_int_equal(b->resumed_count, 1);
    assert_true(queue_room(q, &frame));
    batch_clear(b);
    free(b);
    queue_free(q);
}

static void busy_peers_leave_room_for_one_frame_of_a_quiet_one(void **state)
{
    (void)state;
    enum { PIECE = 512 * 1024 };
    struct queue *q = fresh();
    uint32_t peer = 1;
    unsigned pushed = 0;
    for (bool taken = true; taken; peer++) {
        taken = push_event(q, TRANSPORT_FRAME, peer, PIECE);
        for (unsigned more = taken; more > 0; more = push_event(q, TRANSPORT_FRAME, peer, PIECE)) {
            pushed++;
        }
    }
    assert_int_equal(pushed, QUEUE_HARD_BYTES / PIECE);       /* 4, 4, 4, 4, then one of each */
    assert_int_equal(peer - 2, 4 + (QUEUE_HARD_BYTES - QUEUE_MAX_BYTES) / PIECE);
    queue_free(q);
}

static void peers_are_served_in_turn_and_each_in_its_order(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    for (unsigned i = 1; i <= 50; i++) {
        assert_true(push_event(q, TRANSPORT_FRAME, 7, i));
    }
    for (unsigned i = 1; i <= 3; i++) {
        assert_true(push_event(q, TRANSPORT_FRAME, 8, i));
        assert_true(push_event(q, TRANSPORT_FRAME, 9, i));
    }
    for (unsigned i = 0; i < 9; i++) {
        queue_take(q, 0, b);
        assert_int_equal(b->event_count, 1);
        assert_int_equal(b->events[0].peer.v, 7 + i % 3);
        assert_int_equal(b->events[0].frame.len, 1 + i / 3);
        batch_clear(b);
    }
    free(b);
    queue_free(q);
}

static void resting_peer_waits_and_the_others_do_not(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    const uint64_t until_ms = clock_steady_ms() + 40;
    assert_true(push_event(q, TRANSPORT_FRAME, 7, 1));
    assert_true(push_event(q, TRANSPORT_FRAME, 8, 1));
    queue_rest(q, (struct peer_id){7}, until_ms);
    queue_take(q, 0, b);
    assert_int_equal(b->events[0].peer.v, 8);
    batch_clear(b);
    queue_take(q, until_ms + 30000, b);
    assert_true(clock_steady_ms() >= until_ms && clock_steady_ms() < until_ms + 20000);
    assert_int_equal(b->events[0].peer.v, 7);
    batch_clear(b);
    free(b);
    queue_free(q);
}

static void frames_of_an_ended_connection_come_out_at_once_and_late(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    assert_true(push_event(q, TRANSPORT_FRAME, 7, 1));
    queue_take(q, 0, b);
    assert_false(b->late[0]);
    batch_clear(b);
    assert_true(push_event(q, TRANSPORT_FRAME, 7, 1));
    queue_rest(q, (struct peer_id){7}, clock_steady_ms() + 30000);
    assert_true(push_event(q, TRANSPORT_CLOSED, 7, 0));
    queue_take(q, 0, b);
    assert_int_equal(b->events[0].type, TRANSPORT_FRAME);
    assert_true(b->late[0]);
    batch_clear(b);
    queue_take(q, 0, b);
    assert_int_equal(b->events[0].type, TRANSPORT_CLOSED);
    assert_false(b->late[0]);
    batch_clear(b);
    free(b);
    queue_free(q);
}

static void connects_and_closes_pass_lanes_full_of_frames(void **state)
{
    (void)state;
    struct queue *q = fresh();
    for (unsigned i = 0; i < QUEUE_MAX_FRAMES; i++) {
        assert_true(push_event(q, TRANSPORT_FRAME, 1 + i % 4, 10));
    }
    assert_false(push_event(q, TRANSPORT_FRAME, 1, 10));
    assert_true(push_event(q, TRANSPORT_CLOSED, 1, 0));
    for (unsigned i = QUEUE_MAX_FRAMES + 1; i < QUEUE_MAX_EVENTS; i++) {
        assert_true(push_event(q, TRANSPORT_CONNECTED, i % QUEUE_LANES + 1, 0));
    }
    assert_false(push_event(q, TRANSPORT_CONNECTED, 1, 0));
    queue_free(q);
}

static void lane_of_an_ended_connection_serves_another(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    for (unsigned i = 1; i <= QUEUE_LANES; i++) {
        assert_true(push_event(q, TRANSPORT_CONNECTED, i, 0));
    }
    assert_false(push_event(q, TRANSPORT_CONNECTED, QUEUE_LANES + 1, 0));
    drain(q, b, QUEUE_LANES);
    assert_false(push_event(q, TRANSPORT_CONNECTED, QUEUE_LANES + 1, 0));
    assert_true(push_event(q, TRANSPORT_CLOSED, 5, 0));
    drain(q, b, 1);
    assert_true(push_event(q, TRANSPORT_CONNECTED, QUEUE_LANES + 1, 0));
    free(b);
    queue_free(q);
}

static void stopped_queue_hands_out_what_it_has_and_lets_nothing_in(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    assert_true(push_request(q, 1, 1));
    queue_stop(q);
    assert_false(push_request(q, 2, 1));
    assert_false(push_event(q, TRANSPORT_CLOSED, 1, 0));
    queue_take(q, UINT32_MAX, b);
    assert_true(b->stop);
    assert_int_equal(b->request_count, 1);
    batch_clear(b);
    free(b);
    queue_free(q);
}

static void empty_queue_waits_until_the_deadline(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    uint64_t until_ms = clock_steady_ms() + 20;
    queue_take(q, until_ms, b);
    assert_true(clock_steady_ms() >= until_ms);
    assert_int_equal(b->request_count + b->event_count, 0);
    assert_false(b->stop);
    free(b);
    queue_free(q);
}

static void *push_one(void *arg)
{
    assert_true(push_request(arg, 5, 1));
    return NULL;
}

static void waiting_taker_is_woken_by_a_push(void **state)
{
    (void)state;
    struct queue *q = fresh();
    struct batch *b = batch_create();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, push_one, q), 0);
    uint64_t until_ms = clock_steady_ms() + 30000;
    queue_take(q, until_ms, b);
    assert_true(clock_steady_ms() < until_ms);
    assert_int_equal(b->request_count, 1);
    pthread_join(thread, NULL);
    batch_clear(b);
    free(b);
    queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_out_together_in_the_order_they_came),
        cmocka_unit_test(full_lane_pushes_requests_back_until_taken),
        cmocka_unit_test(lane_is_bounded_in_bytes_but_takes_one_large_item),
        cmocka_unit_test(refused_peer_is_named_once_when_its_lane_is_half_empty),
        cmocka_unit_test(room_is_what_a_push_would_find),
        cmocka_unit_test(busy_peers_leave_room_for_one_frame_of_a_quiet_one),
        cmocka_unit_test(peers_are_served_in_turn_and_each_in_its_order),
        cmocka_unit_test(resting_peer_waits_and_the_others_do_not),
        cmocka_unit_test(frames_of_an_ended_connection_come_out_at_once_and_late),
        cmocka_unit_test(connects_and_closes_pass_lanes_full_of_frames),
        cmocka_unit_test(lane_of_an_ended_connection_serves_another),
        cmocka_unit_test(stopped_queue_hands_out_what_it_has_and_lets_nothing_in),
        cmocka_unit_test(empty_queue_waits_until_the_deadline),
        cmocka_unit_test(waiting_taker_is_woken_by_a_push),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
