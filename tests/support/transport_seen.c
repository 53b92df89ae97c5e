#include "tests/support/transport_seen.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/noise.h"

const struct hash seen_ledger = {{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                  7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}};

uint64_t seen_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void note_claim(struct seen *s, struct transport_event *event)
{
    size_t len = event->frame.len < sizeof s->last_claim ? event->frame.len
                                                         : sizeof s->last_claim - 1;
    s->claimed++;
    s->last_peer = event->peer;
    s->last_key = event->key;
    if (len > 0)
        memcpy(s->last_claim, event->frame.data, len);
    s->last_claim[len] = '\0';
    buffer_clear(&event->frame);
}

static void note_frame(struct seen *s, struct transport_event *event)
{
    s->frames++;
    s->bytes += event->frame.len;
    s->last_byte = event->frame.data[event->frame.len - 1];
    buffer_clear(&event->frame);
}

static bool on_event(void *ctx, struct transport_event *event)
{
    struct seen *s = ctx;
    pthread_mutex_lock(&s->lock);
    bool take = !(s->full && event->type == TRANSPORT_FRAME);
    bool accept = event->type == TRANSPORT_CLAIMED && !s->judging;
    if (take) {
        s->connected += event->type == TRANSPORT_CONNECTED;
        s->closed += event->type == TRANSPORT_CLOSED;
        if (event->type == TRANSPORT_CONNECTED)
            s->last_peer = event->peer;
        if (event->type == TRANSPORT_CLOSED)
            s->last_why = event->why;
        if (event->type == TRANSPORT_CLAIMED)
            note_claim(s, event);
        if (event->type == TRANSPORT_FRAME)
            note_frame(s, event);
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (accept)
        transport_accept(s->t, event->peer);
    return take;
}

void seen_init(struct seen *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
}

bool seen_wait(struct seen *s, const unsigned *counter, unsigned value, unsigned ms)
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

static void demand(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "transport_seen: not so: %s\n", what);
        abort();
    }
}

struct transport *seen_start_as(struct seen *s, const struct transport_options *options,
                                const struct xkey *key, struct span certificate)
{
    const struct transport_handler h = {.ctx = s, .on_event = on_event};
    demand(transport_create(&s->t, &h, options) == OK, "transport_create");
    demand(transport_identify(s->t, key, certificate) == OK, "identity");
    return s->t;
}

struct transport *seen_start(struct seen *s, unsigned handshake_ms)
{
    struct xkey key;
    const struct transport_options options = {.ledger = seen_ledger,
                                              .handshake_ms = handshake_ms};
    xkey_create(&key);
    return seen_start_as(s, &options, &key, span_of("certificate", 11));
}

void address_pick(char out[32], unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    demand(bind(fd, (struct sockaddr *)&at, len) == 0, "bind");
    demand(getsockname(fd, (struct sockaddr *)&at, &len) == 0, "getsockname");
    close(fd);
    *port = ntohs(at.sin_port);
    snprintf(out, 32, "127.0.0.1:%u", *port);
}

int raw_connect(unsigned port, const char *host)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    demand(inet_pton(AF_INET, host, &from.sin_addr) == 1, "host");
    demand(bind(fd, (struct sockaddr *)&from, sizeof from) == 0, "bind");
    demand(connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "connect");
    return fd;
}

void pair_init(struct pair *p, unsigned handshake_ms)
{
    char address[32];
    seen_init(&p->a_seen);
    seen_init(&p->b_seen);
    address_pick(address, &p->port);
    p->a = seen_start(&p->a_seen, handshake_ms);
    p->b = seen_start(&p->b_seen, handshake_ms);
    demand(transport_listen(p->a, address) == OK, "listen");
    demand(transport_dial(p->b, address) == OK, "dial");
    demand(seen_wait(&p->a_seen, &p->a_seen.connected, 1, 5000), "connected");
    demand(seen_wait(&p->b_seen, &p->b_seen.connected, 1, 5000), "connected");
}

void pair_clear(struct pair *p)
{
    transport_close(p->a);
    transport_close(p->b);
}

/* ---- by hand ---- */

static enum err raw_opening(void *ctx, enum channel_purpose purpose, struct span hint,
                            uint8_t psk[NOISE_PSK_BYTES])
{
    (void)ctx;
    (void)purpose;
    (void)hint;
    (void)psk;
    return OK;
}

static enum err raw_certificate(void *ctx, struct buffer *out)
{
    const struct raw_peer *r = ctx;
    return buffer_put(out, r->certificate.data, r->certificate.len);
}

static enum err raw_peer_seen(void *ctx, const struct xpubkey *key, struct span certificate)
{
    (void)ctx;
    (void)key;
    (void)certificate;
    return OK;
}

void raw_open_as(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger,
                 const struct xkey *key, struct span certificate)
{
    r->fd = raw_connect(port, host);
    r->key = *key;
    r->certificate = certificate;
    const struct channel_config c = {
        .role = NOISE_INITIATOR, .key = &r->key, .ledger = *ledger, .purpose = CHANNEL_PEER,
        .events = {r, raw_opening, raw_certificate, raw_peer_seen}};
    channel_init(&r->channel, &c);
}

void raw_open_enrol(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger,
                    struct span name, const uint8_t *psk)
{
    r->fd = raw_connect(port, host);
    xkey_create(&r->key);
    r->certificate = (struct span){0};
    const struct channel_config c = {
        .role = NOISE_INITIATOR, .key = &r->key, .ledger = *ledger, .purpose = CHANNEL_ENROL,
        .hint = name, .psk = psk, .events = {r, raw_opening, raw_certificate, raw_peer_seen}};
    channel_init(&r->channel, &c);
}

void raw_open(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger)
{
    struct xkey key;
    xkey_create(&key);
    raw_open_as(r, port, host, ledger, &key, span_of("by hand", 7));
}

void raw_send(struct raw_peer *r, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(r->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
}

static void raw_say(struct raw_peer *r)
{
    struct buffer out = {0};
    demand(channel_handshake_out(&r->channel, &out) == OK, "handshake");
    raw_send(r, buffer_span(&out));
    buffer_clear(&out);
}

void raw_begin(struct raw_peer *r)
{
    raw_say(r);
}

bool raw_finish(struct raw_peer *r)
{
    uint8_t byte;
    while (!noise_is_our_turn(&r->channel.noise)) {
        struct span in = span_of(&byte, 1);
        if (recv(r->fd, &byte, 1, 0) != 1)
            return false;
        demand(channel_handshake_in(&r->channel, &in) == OK, "second message");
    }
    raw_say(r);
    return true;
}

void raw_record(struct raw_peer *r, struct span plain)
{
    uint8_t record[2 + 64 + NOISE_TAG_BYTES];
    struct noise_cipher *cipher = &r->channel.send.cipher;
    demand(plain.len <= 64, "record");
    store_u16(record, (uint16_t)(plain.len + NOISE_TAG_BYTES));
    demand(noise_cipher_seal(cipher, (struct span){0}, plain, record + 2) == OK, "seal");
    raw_send(r, span_of(record, 2 + plain.len + NOISE_TAG_BYTES));
}

void raw_frame(struct raw_peer *r, struct span frame)
{
    struct buffer out = {0};
    demand(channel_seal(&r->channel, frame, &out) == OK, "seal");
    raw_send(r, buffer_span(&out));
    buffer_clear(&out);
}

bool raw_hung_up(const struct raw_peer *r)
{
    uint8_t bytes[4096];
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    while (poll(&p, 1, 15000) == 1) {
        if (recv(r->fd, bytes, sizeof bytes, 0) <= 0)
            return true;
    }
    return false;
}

void raw_close(struct raw_peer *r)
{
    close(r->fd);
    channel_clear(&r->channel);
}
