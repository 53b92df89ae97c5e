/* A side of a secure session meets any bytes, in pieces of any size, at each of its stages; a
 * member that breaks the protocol seals any plaintext. What fails stays ended, what arrives whole
 * keeps the limits. First byte: the stage; second: the piece. */
#include <assert.h>
#include <string.h>

#include "crypto/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum stage { LISTENER_FIRST, LISTENER_THIRD, DIALLER_SECOND, CHANGED_SECOND, FRAMES, SEALED,
             STAGES };

struct side { struct channel channel; struct xkey key; uint8_t random; };

static void random_fill(void *ctx, uint8_t *out, size_t len)
{
    struct side *side = ctx;
    memset(out, ++side->random, len);
}

static enum err on_opening(void *ctx, enum channel_purpose purpose, struct span hint,
                           uint8_t psk[NOISE_PSK_BYTES])
{
    (void)ctx;
    assert(purpose >= CHANNEL_PEER && purpose <= CHANNEL_ENROL);
    assert(hint.len <= CHANNEL_HINT_MAX_BYTES);
    memset(psk, 1, NOISE_PSK_BYTES);
    return OK;
}

static enum err certificate(void *ctx, struct buffer *out)
{
    (void)ctx;
    return buffer_put(out, "certificate", 11);
}

static enum err on_peer(void *ctx, const struct xpubkey *key, struct span bytes)
{
    (void)ctx;
    (void)key;
    assert(bytes.len == 11 && memcmp(bytes.data, "certificate", 11) == 0);
    return OK;
}

static void side_init(struct side *side, enum noise_role role)
{
    uint8_t secret[32];
    memset(secret, role == NOISE_INITIATOR ? 'i' : 'r', sizeof secret);
    assert(xkey_from_secret(&side->key, secret) == OK);
    side->random = secret[0];
    const struct channel_config c = {
        .role = role, .key = &side->key, .purpose = CHANNEL_PEER,
        .events = {side, on_opening, certificate, on_peer}, .random = {side, random_fill}};
    channel_init(&side->channel, &c);
}

static void pass(struct side *from, struct side *to)
{
    struct buffer wire = {0};
    assert(channel_handshake_out(&from->channel, &wire) == OK);
    struct span in = buffer_span(&wire);
    assert(channel_handshake_in(&to->channel, &in) == OK && in.len == 0);
    buffer_clear(&wire);
}

static enum err piece_take(struct channel *ch, struct span *in)
{
    struct buffer out = {0};
    bool whole = false;
    enum err err;
    if (!channel_established(ch)) {
        err = channel_handshake_in(ch, in);
        if (err == OK) {
            err = channel_handshake_out(ch, &out);
        }
        assert(ch->handshake_bytes <= CHANNEL_HANDSHAKE_MAX_BYTES);
    } else {
        err = channel_open(ch, in, &out, &whole);
        assert(whole == (out.len > 0) && out.len <= channel_frame_max(ch));
        assert(ch->frame.len < channel_frame_max(ch));
    }
    buffer_clear(&out);
    return err;
}

static void feed(struct channel *ch, struct span bytes, size_t piece_bytes)
{
    enum err err = OK;
    while (err == OK && bytes.len > 0) {
        struct span in = {bytes.data, bytes.len < piece_bytes ? bytes.len : piece_bytes};
        bytes.data += in.len;
        bytes.len -= in.len;
        while (err == OK && in.len > 0) {
            err = piece_take(ch, &in);
        }
    }
    assert(err == channel_ended(ch));
    if (err != OK) {
        struct span in = span_of("x", 1);
        assert(piece_take(ch, &in) == ERR_CLOSED);
    }
}

/* The true second message with bytes of the input laid over it. */
static void second_change(struct side *r, struct span input, struct buffer *wire)
{
    assert(channel_handshake_out(&r->channel, wire) == OK);
    for (size_t i = 0; i < input.len && i < wire->len; i++) {
        wire->data[i] ^= input.data[i];
    }
}

static void seal_raw(struct side *i, struct span plain, struct buffer *wire)
{
    while (plain.len > 0) {
        size_t len = plain.data[0] + 1u < plain.len ? plain.data[0] + 1u : plain.len;
        assert(buffer_reserve(wire, 2 + len + NOISE_TAG_BYTES) == OK);
        store_u16(wire->data + wire->len, (uint16_t)(len + NOISE_TAG_BYTES));
        assert(noise_cipher_seal(&i->channel.send.cipher, (struct span){NULL, 0},
                                 span_of(plain.data, len), wire->data + wire->len + 2) == OK);
        wire->len += 2 + len + NOISE_TAG_BYTES;
        plain.data += len;
        plain.len -= len;
    }
}

static void stage_reach(struct side *i, struct side *r, enum stage stage)
{
    if (stage == LISTENER_FIRST) {
        return;
    }
    pass(i, r);
    if (stage == LISTENER_THIRD) {
        struct buffer wire = {0};
        assert(channel_handshake_out(&r->channel, &wire) == OK);
        buffer_clear(&wire);
    } else if (stage == FRAMES || stage == SEALED) {
        pass(r, i);
        pass(i, r);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct side i = {0}, r = {0};
    struct buffer wire = {0};
    if (size < 2 || data[0] >= STAGES) {
        return 0;
    }
    enum stage stage = (enum stage)data[0];
    size_t piece = data[1] == 0 ? size : data[1];
    struct span input = span_of(data + 2, size - 2);
    struct side *victim = stage == DIALLER_SECOND || stage == CHANGED_SECOND ? &i : &r;
    side_init(&i, NOISE_INITIATOR);
    side_init(&r, NOISE_RESPONDER);
    stage_reach(&i, &r, stage);
    if (stage == CHANGED_SECOND) {
        second_change(&r, input, &wire);
        input = buffer_span(&wire);
    } else if (stage == SEALED) {
        seal_raw(&i, input, &wire);
        input = buffer_span(&wire);
    }
    feed(&victim->channel, input, piece);
    if (stage == LISTENER_FIRST || stage == LISTENER_THIRD) {
        assert(!channel_established(&victim->channel));
    }
    buffer_clear(&wire);
    channel_clear(&i.channel);
    channel_clear(&r.channel);
    return 0;
}
