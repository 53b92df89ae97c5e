/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/limits.h"
#include "net/transport.h"

/* What a handler saw; tests wait on a condition with a deadline. */
struct seen {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned connected, frames, closed;
    uint64_t bytes;
    struct peer_id last_peer;
    enum err last_why;
    uint8_t last_byte;
    bool full;                     /* pushes frames back */
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool on_event(void *ctx, struct transport_event *event)
{
    struct seen *s = ctx;
    pthread_mutex_lock(&s->lock);
    bool take = !(s->full && event->type == TRANSPORT_FRAME);
    if (take) {
        s->last_peer = event->peer;
        s->connected += event->type == TRANSPORT_CONNECTED;
        s->closed += event->type == TRANSPORT_CLOSED;
        if (event->type == TRANSPORT_CLOSED)
            s->last_why = event->why;
        if (event->type == TRANSPORT_FRAME) {
            s->frames++;
            s->bytes += event->frame.len;
            s->last_byte = event->frame.data[event->frame.len - 1];
            buffer_clear(&event->frame);
        }
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return take;
}

static void seen_init(struct seen *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
}

/* Waits until *counter >= value; false after `ms`. */
static bool seen_wait(struct seen *s, const unsigned *counter, unsigned value, unsigned ms)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    int rv = 0;
    while (*counter < value && rv == 0)
        rv = pthread_cond_timedwait(&s->changed, &s->lock, &end);
    bool reached = *counter >= value;
    pthread_mutex_unlock(&s->lock);
    return reached;
}

static struct transport *started(struct seen *s)
{
    struct transport *t;
    const struct transport_handler h = {s, on_event};
    assert_int_equal(transport_create(&t, &h), OK);
    return t;
}

/* A free port of loopback as an address. */
static void address_pick(char out[32], unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    *port = ntohs(at.sin_port);
    snprintf(out, 32, "127.0.0.1:%u", *port);
}

static int raw_connect(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

struct pair { struct seen a_seen, b_seen; struct transport *a, *b; unsigned port; };

static void pair_init(struct pair *p)
{
    char address[32];
    seen_init(&p->a_seen);
    seen_init(&p->b_seen);
    address_pick(address, &p->port);
    p->a = started(&p->a_seen);
    p->b = started(&p->b_seen);
    assert_int_equal(transport_listen(p->a, address), OK);
    assert_int_equal(transport_dial(p->b, address), OK);
    assert_true(seen_wait(&p->a_seen, &p->a_seen.connected, 1, 5000));
    assert_true(seen_wait(&p->b_seen, &p->b_seen.connected, 1, 5000));
}

static void pair_clear(struct pair *p)
{
    transport_close(p->a);
    transport_close(p->b);
}

static void frames_of_any_size_arrive_whole_and_in_order(void **state)
{
    (void)state;
    struct pair p;
    static const size_t sizes[] = {1, 3, 65535, 65536, 65537, 1 << 20, FRAME_MAX_BYTES};
    uint8_t *bytes = calloc(1, FRAME_MAX_BYTES);
    pair_init(&p);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bytes[sizes[i] - 1] = (uint8_t)(i + 1);
        assert_int_equal(transport_send(p.b, p.b_seen.last_peer, span_of(bytes, sizes[i])), OK);
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
    pair_init(&p);
    p.a_seen.full = true;
    const uint64_t end = now_ms() + 10000;
    while (err == OK && now_ms() < end) {
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

/* Resident memory of this process in KiB. */
static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &pages, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void announced_gigabytes_are_refused_before_anything_is_allocated(void **state)
{
    (void)state;
    struct pair p;
    char end;
    pair_init(&p);
    long before = resident_kib();
    int fd = raw_connect(p.port);
    assert_int_equal(write(fd, "\xff\xff\xff\xff", 4), 4);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 1, 5000));
    assert_int_equal(p.a_seen.last_why, ERR_TOO_LARGE);
    assert_true(read(fd, &end, 1) <= 0);
    close(fd);
    fd = raw_connect(p.port);
    assert_int_equal(write(fd, "\0\0\0\0", 4), 4);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 2, 5000));
    assert_int_equal(p.a_seen.last_why, ERR_FORMAT);
    close(fd);
    assert_true(resident_kib() - before < 4096);
    pair_clear(&p);
}

/* A hundred peers announce the largest frame and send it byte by byte, others go on meanwhile. */
static void slow_senders_cost_no_memory_and_delay_nobody(void **state)
{
    (void)state;
    struct pair p;
    int fds[100];
    uint8_t head[4];
    pair_init(&p);
    store_u32(head, FRAME_MAX_BYTES);
    for (unsigned i = 0; i < 100; i++) {
        fds[i] = raw_connect(p.port);
        assert_int_equal(write(fds[i], head, 4), 4);
    }
    assert_true(seen_wait(&p.a_seen, &p.a_seen.connected, 101, 5000));
    long before = resident_kib();
    for (unsigned round = 1; round <= 10; round++) {
        for (unsigned i = 0; i < 100; i++)
            assert_int_equal(write(fds[i], "x", 1), 1);
        assert_int_equal(transport_send(p.b, p.b_seen.last_peer, span_of("ping", 4)), OK);
        assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, round, 2000));
    }
    assert_int_equal(p.a_seen.closed, 0);
    assert_true(resident_kib() - before < 16384);
    for (unsigned i = 0; i < 100; i++)
        close(fds[i]);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 100, 5000));
    pair_clear(&p);
}

static void addresses_beyond_loopback_are_refused(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    struct transport *t = started(&s);
    assert_int_equal(transport_listen(t, "0.0.0.0:7311"), ERR_PERMISSION);
    assert_int_equal(transport_dial(t, "192.168.1.1:7311"), ERR_PERMISSION);
    assert_int_equal(transport_dial(t, "[2001:db8::1]:7311"), ERR_PERMISSION);
    assert_int_equal(transport_listen(t, "[::]:7311"), ERR_PERMISSION);
    static const char *const bad[] = {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                                      "127.0.0.1:65536", "localhost:7311", "::1:7311",
                                      "127.0.0.1:7311x", "[::1:7311", "127.1:7311"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(transport_dial(t, bad[i]), ERR_CONFIG);
    transport_close(t);
}

static void a_closed_connection_is_dialled_again(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p);
    transport_disconnect(p.a, p.a_seen.last_peer);
    assert_true(seen_wait(&p.b_seen, &p.b_seen.closed, 1, 5000));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 1, 5000));
    assert_true(seen_wait(&p.b_seen, &p.b_seen.connected, 2, 5000));
    assert_int_equal(transport_send(p.b, p.b_seen.last_peer, span_of("again", 5)), OK);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, 1, 5000));
    pair_clear(&p);
}

/* The listener goes away and comes back every 0.7 s while a dialler with replies of at most 200 ms
 * keeps sending: nothing may wedge, neither traffic nor closing. */
static void restarts_every_700_ms_wedge_nothing(void **state)
{
    (void)state;
    char address[32];
    unsigned port, rounds = 0;
    struct seen server_seen, client_seen;
    seen_init(&server_seen);
    seen_init(&client_seen);
    address_pick(address, &port);
    const uint64_t end = now_ms() + 10000;
    while (now_ms() < end) {
        struct transport *server = started(&server_seen);
        assert_int_equal(transport_listen(server, address), OK);
        const uint64_t restart = now_ms() + 700;
        while (now_ms() < restart) {
            unsigned had = client_seen.connected, frames = server_seen.frames;
            struct transport *client = started(&client_seen);
            assert_int_equal(transport_dial(client, address), OK);
            if (seen_wait(&client_seen, &client_seen.connected, had + 1, 200) &&
                transport_send(client, client_seen.last_peer, span_of("work", 4)) == OK)
                assert_true(seen_wait(&server_seen, &server_seen.frames, frames + 1, 2000));
            transport_close(client);
        }
        struct transport *last = started(&client_seen);
        assert_int_equal(transport_dial(last, address), OK);
        transport_close(server);
        transport_close(last);
        rounds++;
    }
    assert_true(rounds >= 10);
    assert_true(server_seen.frames > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_any_size_arrive_whole_and_in_order),
        cmocka_unit_test(a_full_handler_pauses_its_peer_and_the_sender_learns_it),
        cmocka_unit_test(announced_gigabytes_are_refused_before_anything_is_allocated),
        cmocka_unit_test(slow_senders_cost_no_memory_and_delay_nobody),
        cmocka_unit_test(addresses_beyond_loopback_are_refused),
        cmocka_unit_test(a_closed_connection_is_dialled_again),
        cmocka_unit_test(restarts_every_700_ms_wedge_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
