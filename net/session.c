#include "net/session.h"

#include <assert.h>

static enum err on_opening(void *ctx, enum channel_purpose purpose, struct span hint,
                           uint8_t psk[NOISE_PSK_BYTES])
{
    const struct session *s = ctx;
    if (purpose != CHANNEL_ENROL)
        return hint.len == 0 ? OK : ERR_PROTOCOL;
    return s->secrets.find == NULL ? ERR_NOTFOUND : s->secrets.find(s->secrets.ctx, hint, psk);
}

static enum err own_certificate(void *ctx, struct buffer *out)
{
    struct session *s = ctx;
    enum err err = buffer_put(out, s->own.data, s->own.len);
    buffer_clear(&s->own);
    return err;
}

static enum err on_peer(void *ctx, const struct xpubkey *key, struct span certificate)
{
    struct session *s = ctx;
    (void)key;
    s->claimed = true;
    return buffer_put(&s->claim, certificate.data, certificate.len);
}

void session_init(struct session *s, enum noise_role role, const struct hash *ledger,
                  const struct xkey *key, struct buffer *certificate,
                  const struct session_secrets *secrets)
{
    *s = (struct session){.phase = SESSION_OPENING, .own = *certificate, .secrets = *secrets};
    *certificate = (struct buffer){0};
    const struct channel_config c = {
        .role = role, .key = key, .ledger = *ledger, .purpose = CHANNEL_PEER,
        .events = {s, on_opening, own_certificate, on_peer}};
    channel_init(&s->channel, &c);
}

void session_clear(struct session *s)
{
    channel_clear(&s->channel);
    buffer_clear(&s->own);
    buffer_clear(&s->claim);
}

enum err session_start(struct session *s, struct buffer *out)
{
    return s->channel.role == NOISE_INITIATOR ? channel_handshake_out(&s->channel, out) : OK;
}

enum err session_handshake(struct session *s, struct span *in, struct buffer *out)
{
    assert(s->phase == SESSION_OPENING);
    enum err err = channel_handshake_in(&s->channel, in);
    if (err != OK)
        return err;
    if (s->claimed) {
        s->phase = SESSION_CLAIMED;
        return OK;
    }
    return s->channel.opened ? channel_handshake_out(&s->channel, out) : OK;
}

enum err session_accept(struct session *s, struct buffer *out)
{
    assert(s->phase == SESSION_CLAIMED);
    enum err err = channel_handshake_out(&s->channel, out);
    if (err == OK)
        s->phase = SESSION_OPEN;
    return err;
}
