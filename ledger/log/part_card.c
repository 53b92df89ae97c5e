#include "ledger/log/part_card.h"

#include <string.h>
#include <unistd.h>

#include "ledger/log/part_folder.h"

enum { FORM = 1 };

static struct part_wrap *find(struct part_wraps *wraps, const struct xpubkey *key)
{
    for (unsigned i = 0; i < wraps->count; i++) {
        if (memcmp(wraps->all[i].reader.b, key->b, PUBKEY_BYTES) == 0)
            return &wraps->all[i];
    }
    return NULL;
}

const struct part_wrap *part_wraps_find(const struct part_wraps *wraps, const struct xpubkey *key)
{
    for (unsigned i = 0; i < wraps->count; i++) {
        if (memcmp(wraps->all[i].reader.b, key->b, PUBKEY_BYTES) == 0)
            return &wraps->all[i];
    }
    return NULL;
}

enum err part_wraps_put(struct part_wraps *wraps, const struct part_wrap *one)
{
    struct part_wrap *there = find(wraps, &one->reader);
    if (there == NULL && wraps->count == PART_MAX_WRAPS)
        return ERR_TOO_LARGE;
    if (there == NULL)
        there = &wraps->all[wraps->count++];
    *there = *one;
    return OK;
}

void part_wraps_drop(struct part_wraps *wraps, const struct xpubkey *key)
{
    struct part_wrap *there = find(wraps, key);
    if (there != NULL)
        *there = wraps->all[--wraps->count];
}

enum err part_wraps_encode(const struct part_wraps *wraps, struct buffer *out)
{
    enum err err = buffer_put_u16(out, (uint16_t)wraps->count);
    for (unsigned i = 0; err == OK && i < wraps->count; i++) {
        err = buffer_put_u8(out, ALG_X25519);
        if (err == OK)
            err = buffer_put(out, wraps->all[i].reader.b, PUBKEY_BYTES);
        if (err == OK)
            err = buffer_put(out, wraps->all[i].wrap, WRAP_BYTES);
    }
    return err;
}

enum err part_wraps_take(struct part_wraps *out, struct reader *r)
{
    unsigned count = read_u16(r);
    out->count = 0;
    if (!r->failed && count > PART_MAX_WRAPS)
        return ERR_TOO_LARGE;
    for (unsigned i = 0; i < count && !r->failed; i++) {
        struct part_wrap one;
        uint8_t alg = read_u8(r);
        read_into(r, one.reader.b, PUBKEY_BYTES);
        read_into(r, one.wrap, WRAP_BYTES);
        if (r->failed)
            break;
        if (alg != ALG_X25519)
            return ERR_UNSUPPORTED;
        if (find(out, &one.reader) != NULL)
            return ERR_FORMAT;
        out->all[out->count++] = one;
    }
    return r->failed ? ERR_TRUNCATED : OK;
}

static enum err card_encode(const struct part_card *card, struct buffer *out)
{
    enum err err = buffer_put_u8(out, FORM);
    if (err == OK)
        err = buffer_put_u8(out, ALG_SHA256);
    if (err == OK)
        err = buffer_put(out, card->entry.b, HASH_BYTES);
    return err == OK ? part_wraps_encode(&card->wraps, out) : err;
}

static enum err card_take(struct part_card *out, struct reader *r)
{
    uint8_t form = read_u8(r), alg = read_u8(r);
    read_into(r, out->entry.b, HASH_BYTES);
    if (!r->failed && (form != FORM || alg != ALG_SHA256))
        return ERR_UNSUPPORTED;
    return part_wraps_take(&out->wraps, r);
}

enum err part_carried_encode(const struct part_card *card, const uint8_t salt[SALT_BYTES],
                             struct span bytes, struct buffer *out)
{
    enum err err = card_encode(card, out);
    if (err == OK)
        err = buffer_put(out, salt, SALT_BYTES);
    return err == OK ? buffer_put(out, bytes.data, bytes.len) : err;
}

enum err part_carried_decode(struct part_carried *out, struct span whole)
{
    struct reader r;
    reader_init(&r, whole);
    enum err err = card_take(&out->card, &r);
    if (err != OK)
        return err;
    out->salt = read_span(&r, SALT_BYTES).data;
    out->bytes = read_span(&r, reader_left(&r));
    if (r.failed)
        return ERR_TRUNCATED;
    return out->bytes.len > PART_MAX_BYTES ? ERR_TOO_LARGE : OK;
}

enum err part_card_write(const char *home, const struct hash *commitment,
                         const struct part_card *card)
{
    char name[PART_NAME_BYTES];
    struct buffer bytes = {0};
    int folder = -1;
    enum err err = card_encode(card, &bytes);
    if (err == OK)
        err = part_folder_open(home, commitment, CARD_ENDING, true, &folder, name);
    if (err == OK) {
        const struct span span = buffer_span(&bytes);
        err = part_file_write(folder, name, &span, 1);
        close(folder);
    }
    buffer_clear(&bytes);
    return err;
}

enum err part_card_read(const char *home, const struct hash *commitment, struct part_card *out)
{
    char name[PART_NAME_BYTES];
    struct buffer bytes = {0};
    struct reader r;
    int folder = -1;
    enum err err = part_folder_open(home, commitment, CARD_ENDING, false, &folder, name);
    if (err != OK)
        return err;
    err = part_file_read(folder, name, PART_CARD_MAX_BYTES, &bytes);
    close(folder);
    if (err == OK) {
        reader_init(&r, buffer_span(&bytes));
        err = card_take(out, &r);
    }
    if (err == OK && reader_left(&r) > 0)
        err = ERR_FORMAT;
    buffer_clear(&bytes);
    return err;
}
