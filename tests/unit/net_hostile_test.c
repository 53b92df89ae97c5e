/* Whoever connects without being a member, or breaks the protocol as one: each is cut off with its
 * own reason, and an honest pair goes on. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/limits.h"
#include "tests/support/transport_seen.h"

static const char HOST[] = "127.0.0.2";

#ifdef __SANITIZE_ADDRESS__
enum { SLACK_KIB = 128 * 1024 };                        /* what was freed stays there for a while */
#else
enum { SLACK_KIB = 16 * 1024 };
#endif

static void traffic_goes_on(struct pair *p)
{
    unsigned a = p->a_seen.frames;
    assert_int_equal(transport_send(p->b, p->b_seen.last_peer, span_of("there", 5)), OK);
    assert_true(seen_wait(&p->a_seen, &p->a_seen.frames, a + 1, 2000));
}

static void ended(struct pair *p, unsigned closed, enum err why)
{
    assert_true(seen_wait(&p->a_seen, &p->a_seen.closed, closed, 15000));
    assert_int_equal(p->a_seen.last_why, why);
}

static void claim_and_key_reach_the_judge_and_nothing_flows_before(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    assert_string_equal(p.a_seen.last_claim, "certificate");
    p.a_seen.judging = true;
    raw_open(&r, p.port, HOST, &seen_ledger);
    raw_begin(&r);
    assert_true(raw_finish(&r));
    raw_frame(&r, span_of("early", 5));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.claimed, 2, 5000));
    assert_string_equal(p.a_seen.last_claim, "by hand");
    assert_memory_equal(p.a_seen.last_key.b, r.key.pub.b, PUBKEY_BYTES);
    assert_int_equal(transport_send(p.a, p.a_seen.last_peer, span_of("x", 1)), ERR_CLOSED);
    assert_int_equal(p.a_seen.frames, 0);
    assert_int_equal(p.a_seen.connected, 1);
    transport_accept(p.a, p.a_seen.last_peer);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.connected, 2, 5000));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.frames, 1, 5000));
    raw_close(&r);
    pair_clear(&p);
}

static void refused_claim_ends_with_the_judges_reason(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    p.a_seen.judging = true;
    raw_open(&r, p.port, HOST, &seen_ledger);
    raw_begin(&r);
    assert_true(raw_finish(&r));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.claimed, 2, 5000));
    transport_disconnect(p.a, p.a_seen.last_peer, ERR_UNKNOWN_MEMBER);
    ended(&p, 1, ERR_UNKNOWN_MEMBER);
    assert_true(raw_hung_up(&r));
    raw_close(&r);
    pair_clear(&p);
}

/* The dialler tells who it is to nobody whom it has not found good. */
static void dialler_keeps_its_certificate_until_the_listener_is_judged(void **state)
{
    (void)state;
    char address[32];
    unsigned port;
    struct seen a, b;
    seen_init(&a);
    seen_init(&b);
    address_pick(address, &port);
    seen_start(&a, 0);
    seen_start(&b, 500);
    b.judging = true;
    assert_int_equal(transport_listen(a.t, address), OK);
    assert_int_equal(transport_dial(b.t, address), OK);
    assert_true(seen_wait(&b, &b.claimed, 1, 5000));
    assert_true(seen_wait(&b, &b.closed, 1, 5000));
    assert_int_equal(b.last_why, ERR_TIMEOUT);
    assert_int_equal(a.claimed, 0);
    transport_close(a.t);
    transport_close(b.t);
}

static void node_without_identity_lets_nobody_in(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    assert_int_equal(transport_identify(p.a, NULL, (struct span){0}), OK);
    raw_open(&r, p.port, HOST, &seen_ledger);
    assert_true(raw_hung_up(&r));
    raw_close(&r);
    assert_int_equal(p.a_seen.claimed, 1);
    traffic_goes_on(&p);
    pair_clear(&p);
}

static void plaintext_peer_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    raw_open(&r, p.port, HOST, &seen_ledger);
    raw_send(&r, span_of("\0", 1));
    ended(&p, 1, ERR_PROTOCOL);
    assert_true(raw_hung_up(&r));
    raw_close(&r);
    traffic_goes_on(&p);
    pair_clear(&p);
}

static void peer_of_another_version_or_purpose_is_refused(void **state)
{
    (void)state;
    enum { OPENING = 28 };
    static const char openings[][OPENING + 1] = {"jieli/session/v1\0\2\1\7\7\7\7\7\7\7\7",
                                                 "jieli/session/v1\0\1\7\7\7\7\7\7\7\7\7"};
    struct pair p;
    pair_init(&p, 0);
    for (unsigned i = 0; i < 2; i++) {
        int fd = raw_connect(p.port, HOST);
        assert_int_equal(write(fd, openings[i], OPENING), OPENING);
        ended(&p, 1 + i, ERR_UNSUPPORTED);
        close(fd);
    }
    pair_clear(&p);
}

/* A listener that greets in its own tongue, in few words or in many. */
static void plaintext_listener_is_not_believed(void **state)
{
    (void)state;
    static char many[64 * 1024];
    const struct { size_t len; enum err why; } answers[] = {
        {24, ERR_TIMEOUT}, {sizeof many, ERR_UNAUTHENTIC}};
    memset(many, 'H', sizeof many);
    for (unsigned i = 0; i < 2; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        char address[32];
        unsigned port;
        struct seen s;
        seen_init(&s);
        address_pick(address, &port);
        at.sin_port = htons((uint16_t)port);
        int door = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(door, (struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(listen(door, 1), 0);
        seen_start(&s, 500);
        assert_int_equal(transport_dial(s.t, address), OK);
        int fd = accept(door, NULL, NULL);
        assert_int_equal(send(fd, many, answers[i].len, MSG_NOSIGNAL), answers[i].len);
        assert_true(seen_wait(&s, &s.closed, 1, 5000));
        assert_int_equal(s.last_why, answers[i].why);
        assert_int_equal(s.claimed, 0);
        transport_close(s.t);
        close(fd);
        close(door);
    }
}

static void peer_of_another_ledger_is_refused(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    struct hash other = seen_ledger;
    pair_init(&p, 0);
    other.b[0] ^= 1;
    raw_open(&r, p.port, HOST, &other);
    raw_begin(&r);
    ended(&p, 1, ERR_WRONG_LEDGER);
    raw_close(&r);
    pair_clear(&p);
}

static void replayed_handshake_does_not_open(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r, again;
    struct buffer first = {0}, third = {0};
    uint8_t byte;
    pair_init(&p, 0);
    raw_open(&r, p.port, HOST, &seen_ledger);
    assert_int_equal(channel_handshake_out(&r.channel, &first), OK);
    raw_send(&r, buffer_span(&first));
    while (!noise_is_our_turn(&r.channel.noise)) {
        struct span in = span_of(&byte, 1);
        assert_int_equal(read(r.fd, &byte, 1), 1);
        assert_int_equal(channel_handshake_in(&r.channel, &in), OK);
    }
    assert_int_equal(channel_handshake_out(&r.channel, &third), OK);
    raw_send(&r, buffer_span(&third));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.claimed, 2, 5000));
    raw_open(&again, p.port, HOST, &seen_ledger);
    raw_send(&again, buffer_span(&first));
    assert_int_equal(read(again.fd, &byte, 1), 1);       /* the listener has answered */
    raw_send(&again, buffer_span(&third));
    ended(&p, 1, ERR_UNAUTHENTIC);
    assert_int_equal(p.a_seen.claimed, 2);
    raw_close(&r);
    raw_close(&again);
    buffer_clear(&first);
    buffer_clear(&third);
    pair_clear(&p);
}

static void silent_connection_and_one_byte_at_a_time_end_at_the_deadline(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer silent, slow;
    pair_init(&p, 600);
    raw_open(&silent, p.port, HOST, &seen_ledger);
    ended(&p, 1, ERR_TIMEOUT);
    raw_close(&silent);
    raw_open(&slow, p.port, HOST, &seen_ledger);
    for (unsigned i = 0; i < 16 && p.a_seen.closed < 2; i++) {
        raw_send(&slow, span_of(&"jieli/session/v1"[i], 1));
        (void)seen_wait(&p.a_seen, &p.a_seen.closed, 2, 100);
    }
    ended(&p, 2, ERR_TIMEOUT);
    raw_close(&slow);
    traffic_goes_on(&p);
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

static void accepted(struct pair *p, struct raw_peer *r, unsigned connected)
{
    raw_open(r, p->port, HOST, &seen_ledger);
    raw_begin(r);
    assert_true(raw_finish(r));
    assert_true(seen_wait(&p->a_seen, &p->a_seen.connected, connected, 5000));
}

static void announced_gigabytes_are_refused_before_anything_is_allocated(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    long before = resident_kib();
    accepted(&p, &r, 2);
    raw_record(&r, span_of("\xff\xff\xff\xff" "x", 5));
    ended(&p, 1, ERR_TOO_LARGE);
    assert_true(raw_hung_up(&r));
    raw_close(&r);
    assert_true(resident_kib() - before < 4096);
    pair_clear(&p);
}

/* Frames that are announced, sent almost whole and then left lying: one peer is cut off for it. */
static void half_sent_frames_of_all_peers_are_bounded(void **state)
{
    (void)state;
    enum { PEERS = TRANSPORT_PARTIAL_BYTES / FRAME_MAX_BYTES + 1, CUT = 4096 };
    struct pair p;
    struct raw_peer r[PEERS];
    uint8_t *frame = calloc(1, FRAME_MAX_BYTES);
    assert_non_null(frame);
    pair_init(&p, 0);
    for (unsigned i = 0; i < PEERS; i++) {
        struct buffer wire = {0};
        accepted(&p, &r[i], 2 + i);
        assert_int_equal(p.a_seen.closed, 0);
        assert_int_equal(channel_seal(&r[i].channel, span_of(frame, FRAME_MAX_BYTES), &wire), OK);
        raw_send(&r[i], span_of(wire.data, wire.len - CUT));
        buffer_clear(&wire);
    }
    ended(&p, 1, ERR_BUSY);
    traffic_goes_on(&p);
    assert_int_equal(p.a_seen.closed, 1);
    for (unsigned i = 0; i < PEERS; i++)
        raw_close(&r[i]);
    free(frame);
    pair_clear(&p);
}

/* Peers that read nothing fill what waits to be sent; a quiet one still gets its frame. */
static void unread_answers_of_all_peers_are_bounded(void **state)
{
    (void)state;
    enum { PEERS = 24, PIECE = 256 * 1024 };
    struct pair p;
    struct raw_peer r[PEERS];
    uint8_t *frame = calloc(1, PIECE);
    assert_non_null(frame);
    pair_init(&p, 0);
    const long before = resident_kib();
    for (unsigned i = 0; i < PEERS; i++) {
        unsigned own = 0;
        accepted(&p, &r[i], 2 + i);
        while (transport_send(p.a, p.a_seen.last_peer, span_of(frame, PIECE)) == OK)
            own++;
        assert_true(own > 0);
    }
    const long bound_kib = (TRANSPORT_SEND_BYTES + PEERS * PIECE) / 1024 + SLACK_KIB;
    assert_true(resident_kib() - before < bound_kib);
    traffic_goes_on(&p);
    for (unsigned i = 0; i < PEERS; i++)
        raw_close(&r[i]);
    free(frame);
    pair_clear(&p);
}

static void garbage_after_the_handshake_does_not_open(void **state)
{
    (void)state;
    struct pair p;
    struct raw_peer r;
    pair_init(&p, 0);
    accepted(&p, &r, 2);
    raw_send(&r, span_of("\0\x20garbage-garbage-garbage-garbage-", 34));
    ended(&p, 1, ERR_UNAUTHENTIC);
    raw_close(&r);
    accepted(&p, &r, 3);
    raw_send(&r, span_of("\0\x01", 2));
    ended(&p, 2, ERR_PROTOCOL);
    raw_close(&r);
    traffic_goes_on(&p);
    pair_clear(&p);
}

/* The member is known, and never says a word. */
static void accepted_peer_that_falls_silent_is_closed(void **state)
{
    (void)state;
    char address[32];
    unsigned port;
    struct seen s;
    struct xkey key;
    struct raw_peer r;
    const struct transport_options options = {.ledger = seen_ledger, .idle_ms = 300};
    seen_init(&s);
    xkey_create(&key);
    address_pick(address, &port);
    seen_start_as(&s, &options, &key, span_of("certificate", 11));
    assert_int_equal(transport_listen(s.t, address), OK);
    raw_open(&r, port, HOST, &seen_ledger);
    raw_begin(&r);
    assert_true(raw_finish(&r));
    for (unsigned i = 1; i <= 5; i++) {                  /* longer than the deadline */
        raw_frame(&r, span_of("here", 4));
        assert_true(seen_wait(&s, &s.frames, i, 5000));
        assert_false(seen_wait(&s, &s.closed, 1, 100));
    }
    assert_true(seen_wait(&s, &s.closed, 1, 5000));
    assert_int_equal(s.last_why, ERR_TIMEOUT);
    raw_close(&r);
    transport_close(s.t);
}

static void unproven_connections_are_capped_by_address_and_in_all(void **state)
{
    (void)state;
    enum { HOSTS = TRANSPORT_CLAIMS / TRANSPORT_ADDRESS_CLAIMS + 1 };
    struct pair p;
    int fds[HOSTS][TRANSPORT_ADDRESS_CLAIMS];
    char host[16], end;
    pair_init(&p, 0);
    for (unsigned h = 0; h < HOSTS; h++) {
        snprintf(host, sizeof host, "127.0.2.%u", h + 1);
        for (unsigned i = 0; i < TRANSPORT_ADDRESS_CLAIMS; i++)
            fds[h][i] = raw_connect(p.port, host);
        if (h == 0) {
            int one_more = raw_connect(p.port, host);
            assert_true(read(one_more, &end, 1) <= 0);
            close(one_more);
            assert_int_equal(p.a_seen.closed, 0);      /* it never became a connection */
        }
    }
    ended(&p, TRANSPORT_ADDRESS_CLAIMS, ERR_BUSY);
    assert_int_equal(p.a_seen.closed, TRANSPORT_ADDRESS_CLAIMS);
    assert_true(read(fds[0][0], &end, 1) <= 0);        /* the oldest gave way */
    for (unsigned h = 0; h < HOSTS; h++)
        for (unsigned i = 0; i < TRANSPORT_ADDRESS_CLAIMS; i++)
            close(fds[h][i]);
    pair_clear(&p);
}

/* The place of a connection is free a moment after its end was told. */
static void accepted_in_time(struct pair *p, struct raw_peer *r, unsigned connected)
{
    const uint64_t end = seen_now_ms() + 5000;
    bool taken = false;
    while (!taken && seen_now_ms() < end) {
        raw_open(r, p->port, HOST, &seen_ledger);
        raw_begin(r);
        taken = raw_finish(r);
        if (!taken)
            raw_close(r);
    }
    assert_true(taken);
    assert_true(seen_wait(&p->a_seen, &p->a_seen.connected, connected, 5000));
}

/* Accepted ones too; what is beyond is hung up on before anything is said. */
static void connections_are_capped_in_all(void **state)
{
    (void)state;
    enum { ROOM = PEERS_MAX - 1 };
    struct pair p;
    struct raw_peer *r = calloc(ROOM, sizeof *r);
    char end;
    assert_non_null(r);
    pair_init(&p, 0);
    for (unsigned i = 0; i < ROOM; i++)
        accepted(&p, &r[i], 2 + i);
    int one_more = raw_connect(p.port, HOST);
    assert_true(read(one_more, &end, 1) <= 0);
    close(one_more);
    assert_int_equal(p.a_seen.claimed, PEERS_MAX);
    traffic_goes_on(&p);
    raw_close(&r[0]);
    assert_true(seen_wait(&p.a_seen, &p.a_seen.closed, 1, 5000));
    accepted_in_time(&p, &r[0], 1 + PEERS_MAX);
    for (unsigned i = 0; i < ROOM; i++)
        raw_close(&r[i]);
    free(r);
    pair_clear(&p);
}

/* 300 connections that say nothing, from one address and from forty: those beyond the cap are hung
 * up on at once, what is left costs little, the honest pair goes on and its dialler comes back. */
static void three_hundred_idle_connections_leave_an_honest_peer_alone(void **state)
{
    (void)state;
    enum { IDLE = 300 };
    struct pair p;
    int fds[IDLE];
    char host[16];
    pair_init(&p, 0);
    long before = resident_kib();
    for (unsigned i = 0; i < IDLE; i++) {
        snprintf(host, sizeof host, "127.0.1.%u", i < IDLE / 2 ? 1 : 2 + i % 40);
        fds[i] = raw_connect(p.port, host);
        if (i % 10 == 0)
            traffic_goes_on(&p);
    }
    assert_true(resident_kib() - before < SLACK_KIB);
    transport_disconnect(p.a, p.a_seen.last_peer, ERR_CLOSED);
    assert_true(seen_wait(&p.b_seen, &p.b_seen.connected, 2, 5000));
    assert_true(seen_wait(&p.a_seen, &p.a_seen.connected, 2, 5000));
    traffic_goes_on(&p);
    for (unsigned i = 0; i < IDLE; i++)
        close(fds[i]);
    pair_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claim_and_key_reach_the_judge_and_nothing_flows_before),
        cmocka_unit_test(refused_claim_ends_with_the_judges_reason),
        cmocka_unit_test(dialler_keeps_its_certificate_until_the_listener_is_judged),
        cmocka_unit_test(node_without_identity_lets_nobody_in),
        cmocka_unit_test(plaintext_peer_is_refused_at_its_first_byte),
        cmocka_unit_test(peer_of_another_version_or_purpose_is_refused),
        cmocka_unit_test(plaintext_listener_is_not_believed),
        cmocka_unit_test(peer_of_another_ledger_is_refused),
        cmocka_unit_test(replayed_handshake_does_not_open),
        cmocka_unit_test(silent_connection_and_one_byte_at_a_time_end_at_the_deadline),
        cmocka_unit_test(announced_gigabytes_are_refused_before_anything_is_allocated),
        cmocka_unit_test(half_sent_frames_of_all_peers_are_bounded),
        cmocka_unit_test(unread_answers_of_all_peers_are_bounded),
        cmocka_unit_test(garbage_after_the_handshake_does_not_open),
        cmocka_unit_test(accepted_peer_that_falls_silent_is_closed),
        cmocka_unit_test(unproven_connections_are_capped_by_address_and_in_all),
        cmocka_unit_test(connections_are_capped_in_all),
        cmocka_unit_test(three_hundred_idle_connections_leave_an_honest_peer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
