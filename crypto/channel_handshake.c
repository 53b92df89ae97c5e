#include <assert.h>
#include <string.h>

#include "crypto/channel_internal.h"

#define LABEL "jieli/session/v1"
enum { LABEL_BYTES = 16, LEDGER_MARK_BYTES = 8,
       OPENING_BYTES = LABEL_BYTES + 2 + 1 + LEDGER_MARK_BYTES + 1,
       PROLOGUE_MAX_BYTES = LABEL_BYTES + 2 + TAGGED_BYTES + 2 + CHANNEL_HINT_MAX_BYTES };

/* The most that a listener takes: opening, e, psk tag; static key, certificate and their tags. */
static_assert(OPENING_BYTES + CHANNEL_HINT_MAX_BYTES + 2 + 32 + 16 +
              2 + 32 + 16 + CHANNEL_CERTIFICATE_MAX_BYTES + 16 <= CHANNEL_HANDSHAKE_MAX_BYTES,
              "a handshake fits");

static void channel_noise_init(struct channel *ch)
{
    uint8_t prologue[PROLOGUE_MAX_BYTES], *at = prologue;
    bool enrol = ch->purpose == CHANNEL_ENROL;
    memcpy(at, LABEL, LABEL_BYTES);
    store_u16(at + LABEL_BYTES, CHANNEL_VERSION);
    at += LABEL_BYTES + 2;
    *at++ = ALG_SHA256;
    memcpy(at, ch->ledger.b, HASH_BYTES);
    at += HASH_BYTES;
    *at++ = (uint8_t)ch->purpose;
    *at++ = ch->hint_len;
    memcpy(at, ch->hint, ch->hint_len);
    at += ch->hint_len;
    const struct noise_config c = {
        .pattern = enrol ? NOISE_XXPSK3 : NOISE_XX, .role = ch->role, .key = &ch->key,
        .psk = enrol ? ch->psk : NULL, .prologue = span_of(prologue, (size_t)(at - prologue)),
        .random = ch->random};
    noise_init(&ch->noise, &c);
    wipe(&ch->key.secret, sizeof ch->key.secret);
    wipe(ch->psk, sizeof ch->psk);
    ch->opened = true;
}

void channel_init(struct channel *ch, const struct channel_config *c)
{
    const struct channel_events *e = &c->events;
    assert(c->hint.len <= CHANNEL_HINT_MAX_BYTES && c->key != NULL);
    assert(e->certificate != NULL && e->on_peer != NULL);
    *ch = (struct channel){.role = c->role, .ledger = c->ledger, .key = *c->key, .events = *e,
                          .random = c->random};
    if (c->role == NOISE_RESPONDER) {
        assert(e->on_opening != NULL);
        return;
    }
    assert((c->psk != NULL) == (c->purpose == CHANNEL_ENROL));
    ch->purpose = c->purpose;
    ch->hint_len = (uint8_t)c->hint.len;
    if (c->hint.len > 0) {
        memcpy(ch->hint, c->hint.data, c->hint.len);
    }
    if (c->psk != NULL) {
        memcpy(ch->psk, c->psk, NOISE_PSK_BYTES);
    }
}

/* ---- the opening ---- */

static enum err opening_put(struct channel *ch, struct buffer *out)
{
    uint8_t opening[OPENING_BYTES];
    memcpy(opening, LABEL, LABEL_BYTES);
    store_u16(opening + LABEL_BYTES, CHANNEL_VERSION);
    opening[LABEL_BYTES + 2] = (uint8_t)ch->purpose;
    memcpy(opening + LABEL_BYTES + 3, ch->ledger.b, LEDGER_MARK_BYTES);
    opening[OPENING_BYTES - 1] = ch->hint_len;
    enum err err = buffer_put(out, opening, sizeof opening);
    if (err == OK) {
        err = buffer_put(out, ch->hint, ch->hint_len);
    }
    if (err == OK) {
        channel_noise_init(ch);
    }
    return err;
}

/* Refuses at the first byte that cannot be right. */
static enum err opening_check(const struct channel *ch, const uint8_t *bytes, size_t len)
{
    if (memcmp(bytes, LABEL, len < LABEL_BYTES ? len : LABEL_BYTES) != 0) {
        return ERR_PROTOCOL;
    }
    if (len < OPENING_BYTES) {
        return OK;
    }
    uint8_t purpose = bytes[LABEL_BYTES + 2];
    if (load_u16(bytes + LABEL_BYTES) != CHANNEL_VERSION || purpose < CHANNEL_PEER ||
        purpose > CHANNEL_ENROL) {
        return ERR_UNSUPPORTED;
    }
    if (memcmp(bytes + LABEL_BYTES + 3, ch->ledger.b, LEDGER_MARK_BYTES) != 0) {
        return ERR_WRONG_LEDGER;
    }
    return bytes[OPENING_BYTES - 1] > CHANNEL_HINT_MAX_BYTES ? ERR_TOO_LARGE : OK;
}

static enum err opening_finish(struct channel *ch)
{
    const uint8_t *bytes = ch->staged.data;
    ch->purpose = (enum channel_purpose)bytes[LABEL_BYTES + 2];
    ch->hint_len = bytes[OPENING_BYTES - 1];
    memcpy(ch->hint, bytes + OPENING_BYTES, ch->hint_len);
    buffer_reset(&ch->staged);
    struct span hint = span_of(ch->hint, ch->hint_len);
    enum err err = ch->events.on_opening(ch->events.ctx, ch->purpose, hint, ch->psk);
    if (err == OK) {
        channel_noise_init(ch);
    }
    return err;
}

static enum err opening_take(struct channel *ch, struct span *in)
{
    size_t want = OPENING_BYTES;
    if (ch->staged.len >= OPENING_BYTES) {
        want += ch->staged.data[OPENING_BYTES - 1];
    }
    size_t len = want - ch->staged.len < in->len ? want - ch->staged.len : in->len;
    enum err err = buffer_put(&ch->staged, in->data, len);
    in->data += len;
    in->len -= len;
    if (err == OK) {
        err = opening_check(ch, ch->staged.data, ch->staged.len);
    }
    if (err != OK || ch->staged.len < OPENING_BYTES) {
        return err;
    }
    bool whole = ch->staged.len == (size_t)OPENING_BYTES + ch->staged.data[OPENING_BYTES - 1];
    return whole ? opening_finish(ch) : OK;
}

/* ---- messages ---- */

static enum err channel_establish(struct channel *ch)
{
    enum err err = noise_split(&ch->noise, &ch->send.cipher, &ch->receive.cipher, ch->hash);
    if (err == OK) {
        atomic_store(&ch->established, true);
    }
    return err;
}

/* The first message proves nothing and carries no payload. */
static bool carries_certificate(const struct channel *ch)
{
    return ch->noise.next > 0;
}

static enum err message_put(struct channel *ch, struct buffer *out)
{
    struct buffer certificate = {0};
    uint8_t prefix[2];
    size_t overhead = noise_overhead(&ch->noise), before = out->len;
    enum err err = OK;
    if (carries_certificate(ch)) {
        err = ch->events.certificate(ch->events.ctx, &certificate);
    }
    if (err == OK && certificate.len > CHANNEL_CERTIFICATE_MAX_BYTES) {
        err = ERR_TOO_LARGE;
    }
    if (err == OK) {
        store_u16(prefix, (uint16_t)(overhead + certificate.len));
        err = buffer_put(out, prefix, sizeof prefix);
    }
    if (err == OK) {
        err = noise_write(&ch->noise, buffer_span(&certificate), out);
    }
    if (err == OK && noise_done(&ch->noise)) {
        err = channel_establish(ch);
    }
    if (err != OK) {
        out->len = before;
    }
    buffer_clear(&certificate);
    return err;
}

static enum err handshake_out(struct channel *ch, struct buffer *out)
{
    enum err err = OK;
    if (ch->role == NOISE_INITIATOR && !ch->opened) {
        err = opening_put(ch, out);
    }
    if (err == OK && ch->opened && noise_is_our_turn(&ch->noise)) {
        err = message_put(ch, out);
    }
    return err;
}

enum err channel_handshake_out(struct channel *ch, struct buffer *out)
{
    size_t before = out->len;
    if (channel_ended(ch) != OK) {
        return channel_fail(ch, ERR_CLOSED);
    }
    enum err err = handshake_out(ch, out);
    if (err != OK) {
        out->len = before;
        return channel_fail(ch, err);
    }
    return OK;
}

/* After a message that held a static key. */
static enum err peer_judge(struct channel *ch, struct span certificate)
{
    const struct xpubkey *key = noise_peer(&ch->noise);
    if (memcmp(key->b, ch->key.pub.b, PUBKEY_BYTES) == 0) {
        return ERR_KEY;
    }
    ch->peer = *key;
    enum err err = ch->events.on_peer(ch->events.ctx, &ch->peer, certificate);
    if (err == OK && noise_done(&ch->noise)) {
        err = channel_establish(ch);
    }
    return err;
}

static enum err message_take(struct channel *ch, struct span *in)
{
    struct span record;
    struct buffer payload = {0};
    bool certificate = carries_certificate(ch);
    size_t least = noise_overhead(&ch->noise);
    size_t most = least + (certificate ? CHANNEL_CERTIFICATE_MAX_BYTES : 0);
    enum err err = channel_record(ch, least, most, in, &record);
    if (err == OK && record.data != NULL) {
        err = noise_read(&ch->noise, record, &payload);
        if (err == OK && certificate) {
            err = peer_judge(ch, buffer_span(&payload));
        }
    }
    buffer_clear(&payload);
    return err;
}

static enum err handshake_take(struct channel *ch, struct span *in)
{
    if (ch->role == NOISE_RESPONDER && !ch->opened) {
        return opening_take(ch, in);
    }
    if (!ch->opened || noise_is_our_turn(&ch->noise)) {
        return ERR_PROTOCOL;
    }
    return message_take(ch, in);
}

enum err channel_handshake_in(struct channel *ch, struct span *in)
{
    if (channel_ended(ch) != OK) {
        return channel_fail(ch, ERR_CLOSED);
    }
    while (in->len > 0 && !channel_established(ch)) {
        size_t before = in->len;
        enum err err = handshake_take(ch, in);
        ch->handshake_bytes += (uint32_t)(before - in->len);
        if (err != OK) {
            return channel_fail(ch, err);
        }
    }
    return OK;
}
