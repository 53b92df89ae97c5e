#include "tests/support/channel_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct hash PARTY_LEDGER = {{0x5e, 0x55, 0x10, 0x77, 1, 2, 3, 4, 5, 6}};

static void party_random(void *ctx, uint8_t *out, size_t len)
{
    struct channel_party *p = ctx;
    for (size_t i = 0; i < len; i++) {
        p->random = p->random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(p->random >> 56);
    }
}

static enum err party_opening(void *ctx, enum channel_purpose purpose, struct span hint,
                              uint8_t psk[NOISE_PSK_BYTES])
{
    struct channel_party *p = ctx;
    p->openings++;
    p->purpose = purpose;
    assert_int_equal(buffer_put(&p->hint, hint.data, hint.len), OK);
    if (purpose == CHANNEL_ENROL) {
        memcpy(psk, p->psk, NOISE_PSK_BYTES);
    }
    return p->opening_answer;
}

static enum err party_certificate(void *ctx, struct buffer *out)
{
    struct channel_party *p = ctx;
    enum err err = buffer_put(out, p->certificate.data, p->certificate.len);
    return err == OK ? p->certificate_answer : err;
}

static enum err party_peer(void *ctx, const struct xpubkey *key, struct span certificate)
{
    struct channel_party *p = ctx;
    p->peers++;
    p->peer = *key;
    assert_int_equal(buffer_put(&p->peer_certificate, certificate.data, certificate.len), OK);
    return p->peer_answer;
}

void party_init(struct channel_party *p, uint8_t fill, size_t certificate_len)
{
    uint8_t secret[32];
    memset(p, 0, sizeof *p);
    memset(secret, fill, sizeof secret);
    memset(p->psk, 'k', sizeof p->psk);
    assert_int_equal(xkey_from_secret(&p->key, secret), OK);
    assert_int_equal(buffer_reserve(&p->certificate, certificate_len + 1), OK);
    memset(p->certificate.data, fill, certificate_len);
    p->certificate.len = certificate_len;
    p->random = fill;
}

static void party_forget(struct channel_party *p)
{
    channel_clear(&p->channel);
    buffer_clear(&p->hint);
    buffer_clear(&p->peer_certificate);
    p->openings = p->peers = 0;
}

void party_clear(struct channel_party *p)
{
    party_forget(p);
    buffer_clear(&p->certificate);
}

struct channel_config party_config(struct channel_party *p, enum noise_role role,
                                   enum channel_purpose purpose)
{
    struct channel_config c = {
        .role = role, .key = &p->key, .ledger = PARTY_LEDGER, .purpose = purpose,
        .events = {p, party_opening, party_certificate, party_peer},
        .random = {p, party_random}};
    if (purpose == CHANNEL_ENROL) {
        c.psk = p->psk;
        c.hint = span_of("invitation", 10);
    }
    return c;
}

void party_start(struct channel_party *dialler, struct channel_party *listener,
                 enum channel_purpose purpose)
{
    struct channel_config d = party_config(dialler, NOISE_INITIATOR, purpose);
    struct channel_config l = party_config(listener, NOISE_RESPONDER, purpose);
    party_forget(dialler);
    party_forget(listener);
    channel_init(&dialler->channel, &d);
    channel_init(&listener->channel, &l);
}

enum err party_pass(struct channel_party *from, struct channel_party *to, size_t piece_bytes)
{
    struct buffer wire = {0};
    enum err err = channel_handshake_out(&from->channel, &wire);
    for (size_t at = 0; err == OK && at < wire.len; at += piece_bytes) {
        size_t len = wire.len - at < piece_bytes ? wire.len - at : piece_bytes;
        struct span in = span_of(wire.data + at, len);
        err = channel_handshake_in(&to->channel, &in);
        assert_true(err != OK || in.len == 0);
    }
    buffer_clear(&wire);
    return err;
}

enum err party_shake(struct channel_party *dialler, struct channel_party *listener,
                     size_t piece_bytes)
{
    enum err err = party_pass(dialler, listener, piece_bytes);
    if (err == OK) {
        err = party_pass(listener, dialler, piece_bytes);
    }
    return err == OK ? party_pass(dialler, listener, piece_bytes) : err;
}

enum err party_receive(struct channel_party *p, struct span wire, struct span expected)
{
    struct buffer frame = {0};
    bool whole = false;
    enum err err = channel_open(&p->channel, &wire, &frame, &whole);
    if (err == OK) {
        assert_true(whole);
        assert_int_equal(wire.len, 0);
        assert_int_equal(frame.len, expected.len);
        assert_memory_equal(frame.data, expected.data, frame.len);
    }
    buffer_clear(&frame);
    return err;
}
