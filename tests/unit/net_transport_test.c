/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/limits.h"
#include "tests/support/transport_seen.h"

enum { CALLERS_AT_ONCE = 6 };

/* A queue that has not emptied yet pushes back: until it takes the frame, 10 s at most. */
static enum err sent_when_there_is_room(struct pair *p, struct span frame)
{
    const uint64_t end = seen_now_ms() + 10000;
    enum err err;
    do {
        err = transport_send(p->b, p->b_seen.last_peer, frame);
    } while (err == ERR_BUSY && seen_now_ms() < end && sched_yield() == 0);
    return err;
}

static void frames_of_any_size_arrive_whole_and_in_order(void **state)
{
    (void)state;
    struct pair p;
    static const size_t sizes[] = {1, 3, 65535, 65536, 65537, 1 << 20, FRAME_MAX_BYTES};
    uint8_t *bytes = calloc(1, FRAME_MAX_BYTES);
    pair_init(&p, 0);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bytes[sizes[i] - 1] = (uint8_t)(i + 1);
        assert_int_equal(sent_when_there_is_room(&p, span_of(bytes, sizes[i])), OK);
        assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, i + 1, 10000));
        assert_int_equal(p.a_seen.last_byte, i + 1);
    }
    assert_int_equal(transport_send(p.b, p.b_seen.last_peer, span_of(bytes, FRAME_MAX_BYTES + 1)),
                     ERR_TOO_LARGE);
    assert_int_equal(transport_send(p.b, (struct peer_id){99}, span_of(bytes, 1)), ERR_CLOSED);
    free(bytes);
    pair_clear(&p);
}

static void a_full_handler_pauses_its_peer_and_the_sender_learns_it(void **state)
{
    (void)state;
    struct pair p;
    enum { PIECE = 1 << 20 };
    uint8_t *bytes = calloc(1, PIECE);
    unsigned sent = 0;
    enum err err = OK;
    pair_init(&p, 0);
    p.a_seen.full = true;
    const uint64_t end = seen_now_ms() + 10000;
    while (err == OK && seen_now_ms() < end) {
        err = transport_send(p.b, p.b_seen.last_peer, span_of(bytes, PIECE));
        sent += err == OK;
    }
    assert_int_equal(err, ERR_BUSY);
    assert_int_equal(p.a_seen.frames, 0);
    pthread_mutex_lock(&p.a_seen.lock);
    p.a_seen.full = false;
    pthread_mutex_unlock(&p.a_seen.lock);
    transport_resume(p.a, p.a_seen.last_peer);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, sent, 10000));
    assert_int_equal(p.a_seen.bytes, (uint64_t)sent * PIECE);
    free(bytes);
    pair_clear(&p);
}

static void addresses_are_numeric(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    struct transport *t = seen_start(&s, 0);
    static const char *const bad[] = {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                                      "127.0.0.1:65536", "localhost:7311", "::1:7311",
                                      "127.0.0.1:7311x", "[::1:7311", "127.1:7311"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(transport_dial(t, bad[i]), ERR_CONFIG);
    assert_int_equal(address_check("192.0.2.7:7311"), OK);
    assert_int_equal(address_check("[2001:db8::7]:7311"), OK);
    assert_int_equal(address_check("0.0.0.0:7311"), OK);
    transport_close(t);
}

static void a_closed_connection_is_dialled_again(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, 0);
    transport_disconnect(p.a, p.a_seen.last_peer, ERR_CLOSED);
    assert_true(seen_wait(&p.b_seen, &p.b_seen.closed, 1, 5000));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 1, 5000));
    assert_true(seen_wait(&p.b_seen, &p.b_seen.connected, 2, 5000));
    assert_int_equal(transport_send(p.b, p.b_seen.last_peer, span_of("again", 5)), OK);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, 1, 5000));
    pair_clear(&p);
}

/* A listener that hears every claim and takes none. */
struct refuser { struct seen seen; struct transport *t; unsigned refused; };

static void refuser_open(struct refuser *r, struct transport *dialler)
{
    char address[32];
    unsigned port;
    seen_init(&r->seen);
    r->seen.judging = true;
    r->t = seen_start(&r->seen, 0);
    address_pick(address, &port);
    assert_int_equal(transport_listen(r->t, address), OK);
    assert_int_equal(transport_dial(dialler, address), OK);
    r->refused = 0;
}

static void refuse(struct refuser *r)
{
    if (!seen_wait(&r->seen, &r->seen.claimed, r->refused + 1, 20))
        return;
    transport_disconnect(r->t, r->seen.last_peer, ERR_SUSPENDED);
    r->refused++;
}

/* It takes them both, and never hears a word of theirs: each is dialled after 1 s, 2 s, 4 s. */
static void who_is_refused_by_everybody_backs_off(void **state)
{
    enum { MANY_MS = 3900, TRIES = 3 };
    (void)state;
    struct seen seen;
    struct refuser refusers[2];
    seen_init(&seen);
    struct transport *t = seen_start(&seen, 0);
    for (unsigned i = 0; i < 2; i++)
        refuser_open(&refusers[i], t);
    for (const uint64_t end = seen_now_ms() + MANY_MS; seen_now_ms() < end;)
        for (unsigned i = 0; i < 2; i++)
            refuse(&refusers[i]);
    for (unsigned i = 0; i < 2; i++) {
        assert_in_range(refusers[i].refused, 2, TRIES);
        transport_close(refusers[i].t);
    }
    transport_close(t);
}

/* ---- closing ---- */

struct callers { atomic_uint port; atomic_bool stop; };

static void *callers_run(void *arg)
{
    struct callers *k = arg;
    while (!atomic_load(&k->stop)) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                 .sin_port = htons((uint16_t)atomic_load(&k->port))};
        int fds[CALLERS_AT_ONCE];
        for (unsigned i = 0; i < CALLERS_AT_ONCE; i++) {
            fds[i] = socket(AF_INET, SOCK_STREAM, 0);
            (void)!connect(fds[i], (struct sockaddr *)&at, sizeof at);
        }
        for (unsigned i = 0; i < CALLERS_AT_ONCE; i++)
            close(fds[i]);
    }
    return NULL;
}

/* One listener and one dialler, closed with no regard to what is being accepted or dialled. */
static void opened_and_closed(struct callers *k, unsigned round)
{
    char address[32];
    unsigned port;
    struct seen a, b;
    seen_init(&a);
    seen_init(&b);
    address_pick(address, &port);
    seen_start(&a, 0);
    seen_start(&b, 0);
    assert_int_equal(transport_listen(a.t, address), OK);
    atomic_store(&k->port, port);
    assert_int_equal(transport_dial(b.t, address), OK);
    (void)seen_wait(&a, &a.claimed, 1, round % 4);
    transport_close(round % 2 == 0 ? a.t : b.t);
    transport_close(round % 2 == 0 ? b.t : a.t);
}

static void a_transport_closes_while_connections_begin(void **state)
{
    (void)state;
    enum { ROUNDS = 400, CLOSING_MS = 2000 };
    struct callers k = {.port = 1};
    pthread_t thread;
    unsigned round = 0;
    const uint64_t end = seen_now_ms() + CLOSING_MS;
    assert_int_equal(pthread_create(&thread, NULL, callers_run, &k), 0);
    while (round < ROUNDS && seen_now_ms() < end)
        opened_and_closed(&k, round++);
    atomic_store(&k.stop, true);
    pthread_join(thread, NULL);
    assert_true(round > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_any_size_arrive_whole_and_in_order),
        cmocka_unit_test(a_full_handler_pauses_its_peer_and_the_sender_learns_it),
        cmocka_unit_test(addresses_are_numeric),
        cmocka_unit_test(a_closed_connection_is_dialled_again),
        cmocka_unit_test(who_is_refused_by_everybody_backs_off),
        cmocka_unit_test(a_transport_closes_while_connections_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
