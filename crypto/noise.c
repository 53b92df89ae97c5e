#include "crypto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum token { TOKEN_END, TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE, TOKEN_SS, TOKEN_PSK };
enum { MESSAGES_MAX = 3, TOKENS_MAX = 6 };

struct pattern {
    const char *name;
    bool knows[2];                 /* by role: whose static key the other side knows beforehand */
    bool has_static[2];
    bool psk;
    unsigned messages;
    uint8_t tokens[MESSAGES_MAX][TOKENS_MAX];
};

#define NAME(pattern) "Noise_" pattern "_25519_ChaChaPoly_BLAKE2b"
#define E TOKEN_E
#define S TOKEN_S
#define EE TOKEN_EE
#define ES TOKEN_ES
#define SE TOKEN_SE
#define SS TOKEN_SS
#define PSK TOKEN_PSK

/* Sections 7.5, 7.7 and 9.4. */
static const struct pattern PATTERNS[NOISE_PATTERNS] = {
    [NOISE_NN] = {NAME("NN"), {0, 0}, {0, 0}, 0, 2, {{E}, {E, EE}}},
    [NOISE_NK] = {NAME("NK"), {0, 1}, {0, 1}, 0, 2, {{E, ES}, {E, EE}}},
    [NOISE_KK] = {NAME("KK"), {1, 1}, {1, 1}, 0, 2, {{E, ES, SS}, {E, EE, SE}}},
    [NOISE_XK] = {NAME("XK"), {0, 1}, {1, 1}, 0, 3, {{E, ES}, {E, EE}, {S, SE}}},
    [NOISE_IK] = {NAME("IK"), {0, 1}, {1, 1}, 0, 2, {{E, ES, S, SS}, {E, EE, SE}}},
    [NOISE_XX] = {NAME("XX"), {0, 0}, {1, 1}, 0, 3, {{E}, {E, EE, S, ES}, {S, SE}}},
    [NOISE_IX] = {NAME("IX"), {0, 0}, {1, 1}, 0, 2, {{E, S}, {E, EE, SE, S, ES}}},
    [NOISE_NNPSK0] = {NAME("NNpsk0"), {0, 0}, {0, 0}, 1, 2, {{PSK, E}, {E, EE}}},
    [NOISE_XXPSK3] = {NAME("XXpsk3"), {0, 0}, {1, 1}, 1, 3, {{E}, {E, EE, S, ES}, {S, SE, PSK}}},
    [NOISE_KKPSK0] = {NAME("KKpsk0"), {1, 1}, {1, 1}, 1, 2, {{PSK, E, ES, SS}, {E, EE, SE}}},
};

#undef NAME
#undef E
#undef S
#undef EE
#undef ES
#undef SE
#undef SS
#undef PSK

static const struct pattern *pattern_of(const struct noise *n)
{
    return &PATTERNS[n->pattern];
}

static struct span key_span(const struct xpubkey *key)
{
    return span_of(key->b, PUBKEY_BYTES);
}

/* ---- symmetric state (section 5.2) ---- */

static void mix_hash(struct noise *n, struct span data)
{
    noise_hash(n->hash, span_of(n->hash, NOISE_HASH_BYTES), data);
}

static void cipher_take(struct noise *n, const uint8_t key[NOISE_KEY_BYTES])
{
    noise_cipher_init(&n->cipher, key);
    n->has_key = true;
}

static void mix_key(struct noise *n, struct span input)
{
    uint8_t out[2][NOISE_HASH_BYTES];
    noise_hkdf(n->chaining_key, input, 2, out);
    memcpy(n->chaining_key, out[0], NOISE_HASH_BYTES);
    cipher_take(n, out[1]);
    wipe(out, sizeof out);
}

static void mix_key_and_hash(struct noise *n, struct span input)
{
    uint8_t out[3][NOISE_HASH_BYTES];
    noise_hkdf(n->chaining_key, input, 3, out);
    memcpy(n->chaining_key, out[0], NOISE_HASH_BYTES);
    mix_hash(n, span_of(out[1], NOISE_HASH_BYTES));
    cipher_take(n, out[2]);
    wipe(out, sizeof out);
}

static size_t tag_bytes(bool has_key)
{
    return has_key ? NOISE_TAG_BYTES : 0;
}

/* Appends to `out`, which has room. */
static enum err encrypt_and_hash(struct noise *n, struct span plain, struct buffer *out)
{
    uint8_t *at = out->data + out->len;
    size_t len = plain.len + tag_bytes(n->has_key);
    if (n->has_key) {
        enum err err = noise_cipher_seal(&n->cipher, span_of(n->hash, NOISE_HASH_BYTES), plain,
                                         at);
        if (err != OK) {
            return err;
        }
    } else if (plain.len > 0) {
        memcpy(at, plain.data, plain.len);
    }
    mix_hash(n, span_of(at, len));
    out->len += len;
    return OK;
}

/* Writes box.len less the tag to `out`. */
static enum err decrypt_and_hash(struct noise *n, struct span box, uint8_t *out)
{
    if (n->has_key) {
        enum err err = noise_cipher_open(&n->cipher, span_of(n->hash, NOISE_HASH_BYTES), box, out);
        if (err != OK) {
            return err;
        }
    } else if (box.len > 0) {
        memcpy(out, box.data, box.len);
    }
    mix_hash(n, box);
    return OK;
}

/* ---- tokens (section 5.3) ---- */

static enum err mix_agreement(struct noise *n, const struct xkey *own, const struct xpubkey *other)
{
    uint8_t shared[crypto_scalarmult_BYTES];
    bool zero = crypto_scalarmult(shared, own->secret, other->b) != 0;
    if (!zero) {
        mix_key(n, span_of(shared, sizeof shared));
    }
    wipe(shared, sizeof shared);
    return zero ? ERR_KEY : OK;
}

/* The tokens that are the same for reader and writer. */
static enum err token_mix(struct noise *n, uint8_t token)
{
    bool initiator = n->role == NOISE_INITIATOR;
    switch (token) {
    case TOKEN_EE: return mix_agreement(n, &n->ephemeral, &n->peer_ephemeral);
    case TOKEN_SS: return mix_agreement(n, &n->key, &n->peer);
    case TOKEN_ES:
        return initiator ? mix_agreement(n, &n->ephemeral, &n->peer)
                         : mix_agreement(n, &n->key, &n->peer_ephemeral);
    case TOKEN_SE:
        return initiator ? mix_agreement(n, &n->key, &n->peer_ephemeral)
                         : mix_agreement(n, &n->ephemeral, &n->peer);
    default:
        assert(token == TOKEN_PSK);
        mix_key_and_hash(n, span_of(n->psk, NOISE_PSK_BYTES));
        return OK;
    }
}

static void ephemeral_mix(struct noise *n, const struct xpubkey *key)
{
    mix_hash(n, key_span(key));
    if (pattern_of(n)->psk) {
        mix_key(n, key_span(key));
    }
}

static enum err ephemeral_write(struct noise *n, struct buffer *out)
{
    uint8_t secret[32];
    if (n->random.fill != NULL) {
        n->random.fill(n->random.ctx, secret, sizeof secret);
    } else {
        random_bytes(secret, sizeof secret);
    }
    enum err err = xkey_from_secret(&n->ephemeral, secret);
    wipe(secret, sizeof secret);
    if (err == OK) {
        err = buffer_put(out, n->ephemeral.pub.b, PUBKEY_BYTES);
    }
    if (err == OK) {
        ephemeral_mix(n, &n->ephemeral.pub);
    }
    return err;
}

static enum err token_write(struct noise *n, uint8_t token, struct buffer *out)
{
    switch (token) {
    case TOKEN_E: return ephemeral_write(n, out);
    case TOKEN_S: return encrypt_and_hash(n, key_span(&n->key.pub), out);
    default: return token_mix(n, token);
    }
}

static enum err token_read(struct noise *n, uint8_t token, struct reader *r)
{
    enum err err = OK;
    struct span box;
    switch (token) {
    case TOKEN_E:
        read_into(r, n->peer_ephemeral.b, PUBKEY_BYTES);
        if (r->failed) {
            return ERR_TRUNCATED;
        }
        ephemeral_mix(n, &n->peer_ephemeral);
        return OK;
    case TOKEN_S:
        box = read_span(r, PUBKEY_BYTES + tag_bytes(n->has_key));
        err = r->failed ? ERR_TRUNCATED : decrypt_and_hash(n, box, n->peer.b);
        n->has_peer = err == OK;
        return err;
    default: return token_mix(n, token);
    }
}

/* ---- messages ---- */

static void symmetric_init(struct noise *n, struct span prologue)
{
    const char *name = pattern_of(n)->name;
    static_assert(sizeof "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b" <= NOISE_HASH_BYTES, "padded");
    memcpy(n->hash, name, strlen(name));
    memcpy(n->chaining_key, n->hash, NOISE_HASH_BYTES);
    mix_hash(n, prologue);
}

void noise_init(struct noise *n, const struct noise_config *c)
{
    const struct pattern *p = &PATTERNS[c->pattern];
    const enum noise_role other = c->role == NOISE_INITIATOR ? NOISE_RESPONDER : NOISE_INITIATOR;
    assert((c->key != NULL) == p->has_static[c->role]);
    assert((c->peer != NULL) == p->knows[other] && (c->psk != NULL) == p->psk);
    *n = (struct noise){.pattern = c->pattern, .role = c->role, .random = c->random};
    n->has_peer = p->knows[other];
    if (c->key != NULL) {
        n->key = *c->key;
    }
    if (c->peer != NULL) {
        n->peer = *c->peer;
    }
    if (c->psk != NULL) {
        memcpy(n->psk, c->psk, NOISE_PSK_BYTES);
    }
    symmetric_init(n, c->prologue);
    for (enum noise_role role = NOISE_INITIATOR; role <= NOISE_RESPONDER; role++) {
        if (p->knows[role]) {
            mix_hash(n, key_span(role == c->role ? &n->key.pub : &n->peer));
        }
    }
}

void noise_clear(struct noise *n)
{
    wipe(n, sizeof *n);
    n->dead = true;
}

bool noise_done(const struct noise *n)
{
    return !n->dead && n->next == pattern_of(n)->messages;
}

bool noise_is_our_turn(const struct noise *n)
{
    return !n->dead && !noise_done(n) && n->next % 2 == (unsigned)n->role;
}

size_t noise_overhead(const struct noise *n)
{
    size_t bytes = 0;
    bool has_key = n->has_key;
    const struct pattern *p = pattern_of(n);
    if (n->dead || noise_done(n)) {
        return 0;
    }
    for (const uint8_t *token = p->tokens[n->next]; *token != TOKEN_END; token++) {
        if (*token == TOKEN_S) {
            bytes += PUBKEY_BYTES + tag_bytes(has_key);
        } else if (*token == TOKEN_E) {
            bytes += PUBKEY_BYTES;
            has_key = has_key || p->psk;
        } else {
            has_key = true;
        }
    }
    return bytes + tag_bytes(has_key);
}

static enum err turn_check(const struct noise *n, bool ours)
{
    if (n->dead) {
        return ERR_CLOSED;
    }
    return noise_done(n) || noise_is_our_turn(n) != ours ? ERR_PROTOCOL : OK;
}

static enum err message_write(struct noise *n, struct span payload, struct buffer *out)
{
    enum err err = turn_check(n, true);
    size_t overhead = noise_overhead(n);
    if (err == OK && payload.len > NOISE_MESSAGE_MAX_BYTES - overhead) {
        err = ERR_TOO_LARGE;
    }
    if (err == OK) {
        err = buffer_reserve(out, overhead + payload.len);
    }
    if (err != OK) {
        return err;
    }
    for (const uint8_t *t = pattern_of(n)->tokens[n->next]; err == OK && *t != TOKEN_END; t++) {
        err = token_write(n, *t, out);
    }
    return err == OK ? encrypt_and_hash(n, payload, out) : err;
}

enum err noise_write(struct noise *n, struct span payload, struct buffer *out)
{
    size_t before = out->len;
    enum err err = message_write(n, payload, out);
    if (err != OK) {
        out->len = before;
        noise_clear(n);
        return err;
    }
    n->next++;
    return OK;
}

static enum err message_read(struct noise *n, struct span message, struct buffer *payload)
{
    struct reader r;
    enum err err = turn_check(n, false);
    if (err == OK && message.len > NOISE_MESSAGE_MAX_BYTES) {
        err = ERR_TOO_LARGE;
    }
    if (err != OK) {
        return err;
    }
    reader_init(&r, message);
    for (const uint8_t *t = pattern_of(n)->tokens[n->next]; err == OK && *t != TOKEN_END; t++) {
        err = token_read(n, *t, &r);
    }
    struct span box = read_span(&r, reader_left(&r));
    if (err == OK && box.len < tag_bytes(n->has_key)) {
        err = ERR_TRUNCATED;
    }
    if (err == OK) {
        err = buffer_reserve(payload, box.len + 1);
    }
    if (err == OK) {
        err = decrypt_and_hash(n, box, payload->data + payload->len);
    }
    if (err == OK) {
        payload->len += box.len - tag_bytes(n->has_key);
    }
    return err;
}

enum err noise_read(struct noise *n, struct span message, struct buffer *payload)
{
    enum err err = message_read(n, message, payload);
    if (err != OK) {
        noise_clear(n);
        return err;
    }
    n->next++;
    return OK;
}

const struct xpubkey *noise_peer(const struct noise *n)
{
    return n->has_peer ? &n->peer : NULL;
}

enum err noise_split(struct noise *n, struct noise_cipher *send, struct noise_cipher *receive,
                     uint8_t hash[NOISE_HASH_BYTES])
{
    uint8_t out[2][NOISE_HASH_BYTES];
    if (!noise_done(n)) {
        enum err err = n->dead ? ERR_CLOSED : ERR_PROTOCOL;
        noise_clear(n);
        return err;
    }
    noise_hkdf(n->chaining_key, (struct span){NULL, 0}, 2, out);
    noise_cipher_init(send, out[n->role == NOISE_INITIATOR ? 0 : 1]);
    noise_cipher_init(receive, out[n->role == NOISE_INITIATOR ? 1 : 0]);
    memcpy(hash, n->hash, NOISE_HASH_BYTES);
    wipe(out, sizeof out);
    noise_clear(n);
    return OK;
}
