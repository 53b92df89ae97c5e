#include "crypto/channel.h"

#include <assert.h>
#include <string.h>

#include "crypto/channel_internal.h"

enum { HEADER_BYTES = 4, PREFIX_BYTES = 2 };

void channel_clear(struct channel *ch)
{
    buffer_clear(&ch->staged);
    buffer_clear(&ch->frame);
    wipe(ch, sizeof *ch);
    atomic_store(&ch->ended, ERR_CLOSED);
}

bool channel_established(const struct channel *ch)
{
    return atomic_load(&ch->established);
}

const struct xpubkey *channel_peer(const struct channel *ch)
{
    assert(channel_established(ch));
    return &ch->peer;
}

struct span channel_binding(const struct channel *ch)
{
    assert(channel_established(ch));
    return span_of(ch->hash, NOISE_HASH_BYTES);
}

enum err channel_ended(const struct channel *ch)
{
    return (enum err)atomic_load(&ch->ended);
}

void channel_end(struct channel *ch, enum err why)
{
    int alive = OK;
    assert(why != OK);
    atomic_compare_exchange_strong(&ch->ended, &alive, (int)why);
}

enum err channel_fail(struct channel *ch, enum err why)
{
    int alive = OK;
    if (!atomic_compare_exchange_strong(&ch->ended, &alive, (int)why)) {
        why = ERR_CLOSED;
    }
    if (!channel_established(ch)) {
        noise_clear(&ch->noise);
        wipe(&ch->key.secret, sizeof ch->key.secret);
        wipe(ch->psk, sizeof ch->psk);
    }
    return why;
}

/* Ends the channel and forgets the keys of this direction; the other side's thread forgets its own
 * with its next call, or channel_clear does. */
static enum err way_fail(struct channel *ch, struct channel_way *way, enum err why)
{
    noise_cipher_clear(&way->cipher);
    return channel_fail(ch, why);
}

/* Before the handshake is through its thread alone touches keys. */
static enum err way_check(struct channel *ch, struct channel_way *way)
{
    if (!channel_established(ch)) {
        enum err before = channel_ended(ch);
        channel_end(ch, ERR_PROTOCOL);
        return before == OK ? ERR_PROTOCOL : ERR_CLOSED;
    }
    return channel_ended(ch) == OK ? OK : way_fail(ch, way, ERR_CLOSED);
}

static void way_count(struct channel_way *way, size_t plain_bytes)
{
    way->messages++;
    way->bytes += plain_bytes;
    if (way->messages >= CHANNEL_REKEY_MESSAGES || way->bytes >= CHANNEL_REKEY_BYTES) {
        noise_cipher_rekey(&way->cipher);
        way->messages = 0;
        way->bytes = 0;
    }
}

/* ---- sealing ---- */

size_t channel_frame_max(const struct channel *ch)
{
    return ch->purpose == CHANNEL_DESK ? DESK_FRAME_MAX_BYTES : FRAME_MAX_BYTES;
}

size_t channel_sealed_bytes(size_t frame_len)
{
    size_t plain = HEADER_BYTES + frame_len;
    size_t records = (plain + NOISE_PLAIN_MAX_BYTES - 1) / NOISE_PLAIN_MAX_BYTES;
    return plain + records * (PREFIX_BYTES + NOISE_TAG_BYTES);
}

/* Appends one record; `plain` may lie where the message will. */
static enum err record_put(struct channel_way *way, struct span plain, struct buffer *out)
{
    uint8_t *at = out->data + out->len;
    enum err err = noise_cipher_seal(&way->cipher, (struct span){NULL, 0}, plain,
                                     at + PREFIX_BYTES);
    if (err == OK) {
        store_u16(at, (uint16_t)(plain.len + NOISE_TAG_BYTES));
        out->len += PREFIX_BYTES + plain.len + NOISE_TAG_BYTES;
        way_count(way, plain.len);
    }
    return err;
}

static enum err frame_put(struct channel_way *way, struct span frame, struct buffer *out)
{
    uint8_t *first = out->data + out->len + PREFIX_BYTES;
    size_t len = frame.len < NOISE_PLAIN_MAX_BYTES - HEADER_BYTES
                     ? frame.len : NOISE_PLAIN_MAX_BYTES - HEADER_BYTES;
    store_u32(first, (uint32_t)frame.len);
    memcpy(first + HEADER_BYTES, frame.data, len);
    enum err err = record_put(way, span_of(first, HEADER_BYTES + len), out);
    while (err == OK && len < frame.len) {
        size_t more = frame.len - len;
        if (more > NOISE_PLAIN_MAX_BYTES) {
            more = NOISE_PLAIN_MAX_BYTES;
        }
        err = record_put(way, span_of(frame.data + len, more), out);
        len += more;
    }
    return err;
}

enum err channel_seal(struct channel *ch, struct span frame, struct buffer *out)
{
    size_t before = out->len;
    enum err err = way_check(ch, &ch->send);
    if (err != OK) {
        return err;
    }
    if (frame.len == 0 || frame.len > channel_frame_max(ch)) {
        return way_fail(ch, &ch->send, ERR_TOO_LARGE);
    }
    err = buffer_reserve(out, channel_sealed_bytes(frame.len));
    if (err == OK) {
        err = frame_put(&ch->send, frame, out);
    }
    if (err != OK) {
        out->len = before;
        return way_fail(ch, &ch->send, err);
    }
    return OK;
}

/* ---- opening ---- */

static struct span span_take(struct span *in, size_t len)
{
    struct span out = {in->data, len};
    in->data += len;
    in->len -= len;
    return out;
}

enum err channel_record(struct channel *ch, size_t least, size_t most, struct span *in,
                        struct span *record)
{
    *record = (struct span){NULL, 0};
    while (ch->prefix_len < PREFIX_BYTES && in->len > 0) {
        ch->prefix[ch->prefix_len++] = *span_take(in, 1).data;
    }
    if (ch->prefix_len < PREFIX_BYTES) {
        return OK;
    }
    size_t want = load_u16(ch->prefix), have = ch->staged.len;
    if (want < least || want > most) {
        return want < least ? ERR_PROTOCOL : ERR_TOO_LARGE;
    }
    if (have == 0 && in->len >= want) {
        *record = span_take(in, want);
        ch->prefix_len = 0;
        return OK;
    }
    struct span piece = span_take(in, want - have < in->len ? want - have : in->len);
    enum err err = buffer_put(&ch->staged, piece.data, piece.len);
    if (err == OK && ch->staged.len == want) {
        *record = buffer_span(&ch->staged);
        ch->prefix_len = 0;
        buffer_reset(&ch->staged);
    }
    return err;
}

/* Takes the header from the first record of a frame. */
static enum err header_take(struct channel *ch)
{
    struct buffer *b = &ch->frame;
    if (b->len <= HEADER_BYTES) {
        return ERR_PROTOCOL;
    }
    ch->frame_len = load_u32(b->data);
    if (ch->frame_len > channel_frame_max(ch)) {
        return ERR_TOO_LARGE;
    }
    b->len -= HEADER_BYTES;
    memmove(b->data, b->data + HEADER_BYTES, b->len);
    return OK;
}

/* All records of a frame but its last are full, and the last ends with it. */
static enum err record_open(struct channel *ch, struct span record)
{
    struct buffer *b = &ch->frame;
    size_t len = record.len - NOISE_TAG_BYTES;
    enum err err = buffer_reserve(b, len);
    if (err == OK) {
        err = noise_cipher_open(&ch->receive.cipher, (struct span){NULL, 0}, record,
                                b->data + b->len);
    }
    if (err != OK) {
        return err;
    }
    way_count(&ch->receive, len);
    b->len += len;
    if (ch->frame_len == 0) {
        err = header_take(ch);
    }
    if (err == OK && (b->len > ch->frame_len ||
                      (b->len < ch->frame_len && len != NOISE_PLAIN_MAX_BYTES))) {
        err = ERR_PROTOCOL;
    }
    return err;
}

enum err channel_open(struct channel *ch, struct span *in, struct buffer *frame, bool *whole)
{
    enum { LEAST = NOISE_TAG_BYTES + 1 };
    struct span record;
    *whole = false;
    enum err err = way_check(ch, &ch->receive);
    if (err != OK) {
        return err;
    }
    while (err == OK && in->len > 0 && !*whole) {
        err = channel_record(ch, LEAST, NOISE_MESSAGE_MAX_BYTES, in, &record);
        if (err == OK && record.data != NULL) {
            err = record_open(ch, record);
            *whole = err == OK && ch->frame.len == ch->frame_len;
        }
    }
    if (err != OK) {
        return way_fail(ch, &ch->receive, err);
    }
    if (*whole) {
        *frame = ch->frame;
        ch->frame = (struct buffer){0};
        ch->frame_len = 0;
    }
    return OK;
}
