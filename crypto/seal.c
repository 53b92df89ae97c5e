#include "crypto/seal.h"

#include <sodium.h>
#include <string.h>

#include "crypto/sha256.h"

enum { FORM = 1, COM_BYTES = 32, TAG_BYTES = 16, PAD_MARK = 0x80 };

_Static_assert(SEAL_OVERHEAD == 1 + COM_BYTES + crypto_aead_chacha20poly1305_ietf_ABYTES,
               "form, key commitment, tag");
_Static_assert(WRAP_BYTES == crypto_box_SEALBYTES + HASH_BYTES + SEAL_KEY_BYTES,
               "binding and key in a sealed box");

static unsigned bit_length(size_t v)
{
    unsigned n = 0;
    for (; v > 0; v >>= 1)
        n++;
    return n;
}

/* Padmé: keeps as many leading bits of a length as its logarithm has bits. */
static size_t padded_length(size_t len)
{
    size_t least = len + 1 > SEAL_MIN_PADDED ? len + 1 : SEAL_MIN_PADDED;
    unsigned exponent = bit_length(least) - 1;
    size_t mask = ((size_t)1 << (exponent - bit_length(exponent))) - 1;
    return (least + mask) & ~mask;
}

size_t seal_length(size_t len)
{
    return len > PART_MAX_BYTES ? (size_t)PART_MAX_BYTES + 1 : padded_length(len) + SEAL_OVERHEAD;
}

/* The first half encrypts, the second half is shown. */
static enum err derive(const struct seal_context *ctx, const struct seal_key *key,
                       uint8_t out[2 * COM_BYTES])
{
    static const char label[] = "jieli/seal/v1";
    crypto_generichash_state state;
    uint8_t len[2];
    if (ctx->about.len > SEAL_MAX_ABOUT)
        return ERR_TOO_LARGE;
    store_u16(len, (uint16_t)ctx->about.len);
    crypto_generichash_init(&state, key->b, sizeof key->b, 2 * COM_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)label, sizeof label - 1);
    crypto_generichash_update(&state, ctx->ledger->b, HASH_BYTES);
    crypto_generichash_update(&state, len, sizeof len);
    crypto_generichash_update(&state, ctx->about.data, ctx->about.len);
    crypto_generichash_final(&state, out, 2 * COM_BYTES);
    wipe(&state, sizeof state);
    return OK;
}

static const uint8_t no_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

enum err seal_close(const struct seal_context *ctx, struct span plain, struct seal_key *key,
                    struct buffer *out)
{
    uint8_t derived[2 * COM_BYTES];
    const size_t length = seal_length(plain.len);
    if (length > PART_MAX_BYTES)
        return ERR_TOO_LARGE;
    random_bytes(key->b, sizeof key->b);
    enum err err = derive(ctx, key, derived);
    if (err == OK)
        err = buffer_reserve(out, length);
    if (err == OK) {
        uint8_t *at = out->data + out->len, *padded = at + 1 + COM_BYTES;
        const size_t padded_bytes = length - SEAL_OVERHEAD;
        at[0] = FORM;
        memcpy(at + 1, derived + COM_BYTES, COM_BYTES);
        if (plain.len > 0)
            memcpy(padded, plain.data, plain.len);
        padded[plain.len] = PAD_MARK;
        memset(padded + plain.len + 1, 0, padded_bytes - plain.len - 1);
        crypto_aead_chacha20poly1305_ietf_encrypt(padded, NULL, padded, padded_bytes, NULL, 0,
                                                  NULL, no_nonce, derived);
        out->len += length;
    }
    wipe(derived, sizeof derived);
    return err;
}

static enum err unpad(struct buffer *plain)
{
    size_t len = plain->len;
    while (len > 0 && plain->data[len - 1] == 0)
        len--;
    if (len == 0 || plain->data[len - 1] != PAD_MARK || padded_length(len - 1) != plain->len)
        return ERR_FORMAT;
    plain->len = len - 1;
    return OK;
}

static enum err decrypt(const uint8_t key[COM_BYTES], struct span box, struct buffer *plain)
{
    unsigned long long len = 0;
    enum err err = buffer_reserve(plain, box.len);
    if (err == OK && crypto_aead_chacha20poly1305_ietf_decrypt(plain->data, &len, NULL, box.data,
                                                               box.len, NULL, 0, no_nonce,
                                                               key) != 0)
        err = ERR_UNAUTHENTIC;
    if (err == OK) {
        plain->len = (size_t)len;
        err = unpad(plain);
    }
    return err;
}

enum err seal_open(const struct seal_context *ctx, const struct seal_key *key, struct span sealed,
                   struct buffer *plain)
{
    uint8_t derived[2 * COM_BYTES];
    buffer_reset(plain);
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_TRUNCATED;
    if (sealed.data[0] != FORM)
        return ERR_UNSUPPORTED;
    enum err err = derive(ctx, key, derived);
    if (err == OK && sodium_memcmp(derived + COM_BYTES, sealed.data + 1, COM_BYTES) != 0)
        err = ERR_UNAUTHENTIC;
    if (err == OK)
        err = decrypt(derived, span_of(sealed.data + 1 + COM_BYTES, sealed.len - 1 - COM_BYTES),
                      plain);
    if (err != OK)
        buffer_reset(plain);
    wipe(derived, sizeof derived);
    return err;
}

static void binding(const struct hash *ledger, const struct hash *commitment,
                    const struct xpubkey *reader, struct hash *out)
{
    static const char label[] = "jieli/wrap/v1";
    const struct span spans[] = {span_of(label, sizeof label - 1), span_of(ledger->b, HASH_BYTES),
                                 span_of(commitment->b, HASH_BYTES),
                                 span_of(reader->b, PUBKEY_BYTES)};
    sha256_spans(spans, 4, out);
}

enum err wrap_close(const struct seal_key *key, const struct hash *ledger,
                    const struct hash *commitment, const struct xpubkey *reader,
                    uint8_t wrap[WRAP_BYTES])
{
    uint8_t inner[HASH_BYTES + SEAL_KEY_BYTES];
    struct hash bound;
    binding(ledger, commitment, reader, &bound);
    memcpy(inner, bound.b, HASH_BYTES);
    memcpy(inner + HASH_BYTES, key->b, SEAL_KEY_BYTES);
    int failed = crypto_box_seal(wrap, inner, sizeof inner, reader->b);
    wipe(inner, sizeof inner);
    return failed == 0 ? OK : ERR_KEY;
}

enum err wrap_open(const struct xkey *reader, const struct hash *ledger,
                   const struct hash *commitment, const uint8_t wrap[WRAP_BYTES],
                   struct seal_key *key)
{
    uint8_t inner[HASH_BYTES + SEAL_KEY_BYTES];
    struct hash bound;
    binding(ledger, commitment, &reader->pub, &bound);
    enum err err = crypto_box_seal_open(inner, wrap, WRAP_BYTES, reader->pub.b,
                                        reader->secret) == 0 &&
                           sodium_memcmp(inner, bound.b, HASH_BYTES) == 0
                       ? OK
                       : ERR_UNAUTHENTIC;
    if (err == OK)
        memcpy(key->b, inner + HASH_BYTES, SEAL_KEY_BYTES);
    wipe(inner, sizeof inner);
    return err;
}
