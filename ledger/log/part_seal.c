#include "ledger/log/part_seal.h"

#include <string.h>

#include "ledger/log/part.h"

enum { ABOUT_BYTES = 1 + ID_MAX_BYTES + NONCE_BYTES + 1 };

struct part_context part_context_of(const struct entry *e, const struct part_ref *ref)
{
    return (struct part_context){e->ledger, e->member, e->nonce, ref->role};
}

static struct seal_context context(const struct part_context *ctx, uint8_t about[ABOUT_BYTES])
{
    size_t len = strnlen(ctx->member, ID_MAX_BYTES);
    about[0] = (uint8_t)len;
    memcpy(about + 1, ctx->member, len);
    memcpy(about + 1 + len, ctx->nonce.b, NONCE_BYTES);
    about[1 + len + NONCE_BYTES] = ctx->role;
    return (struct seal_context){&ctx->ledger, span_of(about, len + 2 + NONCE_BYTES)};
}

static enum err wrap_for(const struct seal_key *key, const struct hash *ledger,
                         const struct hash *commitment, const struct xpubkey *reader,
                         struct part_wraps *wraps)
{
    struct part_wrap one = {.reader = *reader};
    enum err err = wrap_close(key, ledger, commitment, reader, one.wrap);
    return err == OK ? part_wraps_put(wraps, &one) : err;
}

enum err part_seal(const struct part_context *ctx, struct span plain, const struct xpubkey *reader,
                   uint8_t salt[SALT_BYTES], struct buffer *bytes, struct hash *commitment,
                   struct part_wraps *wraps)
{
    uint8_t about[ABOUT_BYTES];
    struct seal_key key;
    const struct seal_context seal = context(ctx, about);
    random_bytes(salt, SALT_BYTES);
    wraps->count = 0;
    enum err err = seal_close(&seal, plain, &key, bytes);
    if (err == OK) {
        part_commitment(salt, buffer_span(bytes), commitment);
        err = wrap_for(&key, &ctx->ledger, commitment, reader, wraps);
    }
    wipe(&key, sizeof key);
    return err;
}

enum err part_key_find(const struct keyring *ring, const struct hash *ledger,
                       const struct hash *commitment, const struct part_wraps *wraps,
                       struct seal_key *key)
{
    for (unsigned i = 0; i < ring->count; i++) {
        const struct part_wrap *one = part_wraps_find(wraps, &ring->keys[i].pub);
        if (one != NULL && wrap_open(&ring->keys[i], ledger, commitment, one->wrap, key) == OK)
            return OK;
    }
    return ERR_KEY;
}

enum err part_unseal(const struct keyring *ring, const struct part_context *ctx,
                     const struct part_ref *ref, const struct part_wraps *wraps,
                     struct span bytes, struct buffer *plain)
{
    uint8_t about[ABOUT_BYTES];
    struct seal_key key;
    const struct seal_context seal = context(ctx, about);
    buffer_reset(plain);
    if (bytes.len != ref->padded_bytes)
        return ERR_CORRUPT;
    enum err err = part_key_find(ring, &ctx->ledger, &ref->commitment, wraps, &key);
    if (err == OK)
        err = seal_open(&seal, &key, bytes, plain);
    wipe(&key, sizeof key);
    return err;
}

enum err part_share(const struct keyring *ring, const struct hash *ledger,
                    const struct hash *commitment, const struct xpubkey *reader,
                    struct part_wraps *wraps, bool *added)
{
    struct seal_key key;
    *added = false;
    if (part_wraps_find(wraps, reader) != NULL)
        return OK;
    enum err err = part_key_find(ring, ledger, commitment, wraps, &key);
    if (err == OK)
        err = wrap_for(&key, ledger, commitment, reader, wraps);
    wipe(&key, sizeof key);
    *added = err == OK;
    return err;
}
