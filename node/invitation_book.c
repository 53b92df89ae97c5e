#include "node/invitation_book.h"

#include <string.h>

#include "crypto/sha256.h"
#include "ledger/log/home.h"

#define MARK "JLINV001"
#define BOOK_FILE "invitations"
enum { MARK_BYTES = 8, BOOK_MAX_BYTES = INVITATIONS_MAX * (REQUEST_MAX_BYTES + 256) };

struct invited *invited_find(struct invitation_book *b, struct span name)
{
    for (unsigned i = 0; name.len == INVITATION_NAME_BYTES && i < b->count; i++) {
        if (memcmp(b->rows[i].name, name.data, name.len) == 0) {
            return &b->rows[i];
        }
    }
    return NULL;
}

struct invited *invited_waiting(struct invitation_book *b, const char *member)
{
    for (unsigned i = 0; i < b->count; i++) {
        struct invited *row = &b->rows[i];
        if (row->state == INVITED_WAITING && strcmp(row->member, member) == 0) {
            return row;
        }
    }
    return NULL;
}

enum err invited_add(struct invitation_book *b, const struct invitation_order *order,
                     const char *by, uint64_t now_s, struct invited **out)
{
    if (order->expires_s <= now_s || order->expires_s - now_s > INVITATION_MAX_AGE_S) {
        return ERR_RANGE;
    }
    if (invited_find(b, span_of(order->name, sizeof order->name)) != NULL) {
        return ERR_EXISTS;
    }
    if (b->count == INVITATIONS_MAX) {
        return ERR_BUSY;
    }
    struct invited *row = &b->rows[b->count++];
    *row = (struct invited){.expires_s = order->expires_s, .state = INVITED_OPEN};
    memcpy(row->name, order->name, sizeof row->name);
    memcpy(row->member, order->member, sizeof row->member);
    strncpy(row->by, by, sizeof row->by - 1);
    random_bytes(row->secret, sizeof row->secret);
    *out = row;
    return OK;
}

static bool over(const struct invited *i, uint64_t now_s)
{
    return i->state == INVITED_WAITING ? now_s >= i->used_s + INVITATION_MAX_AGE_S
                                       : now_s >= i->expires_s;
}

enum err invited_check(const struct invited *i, uint64_t now_s)
{
    return i->state == INVITED_REVOKED || over(i, now_s) ? ERR_NOTFOUND : OK;
}

enum err invited_use(struct invited *i, const struct xpubkey *key, struct span request,
                     uint64_t now_s)
{
    enum err err = invited_check(i, now_s);
    if (err != OK) {
        return err;
    }
    bool waits = i->state == INVITED_WAITING;
    if (waits && memcmp(i->key.b, key->b, PUBKEY_BYTES) != 0) {
        return ERR_EXISTS;
    }
    if (request.len == 0 || request.len > sizeof i->request) {
        return ERR_TOO_LARGE;
    }
    memcpy(i->request, request.data, request.len);
    i->request_len = request.len;
    i->used_s = waits ? i->used_s : now_s;
    i->key = *key;
    i->state = INVITED_WAITING;
    return OK;
}

void invited_remove(struct invitation_book *b, struct invited *i)
{
    struct invited *last = &b->rows[--b->count];
    if (i != last) {
        *i = *last;
    }
    wipe(last, sizeof *last);
}

bool invitation_book_prune(struct invitation_book *b, uint64_t now_s)
{
    unsigned before = b->count;
    for (unsigned i = b->count; i > 0; i--) {
        if (over(&b->rows[i - 1], now_s)) {
            invited_remove(b, &b->rows[i - 1]);
        }
    }
    return b->count != before;
}

/* ---- file ---- */

static enum err text_put(struct buffer *out, const char *text)
{
    enum err err = buffer_put_u8(out, (uint8_t)strlen(text));
    return err == OK ? buffer_put(out, text, strlen(text)) : err;
}

static enum err row_put(const struct invited *i, struct buffer *out)
{
    enum err err = buffer_put(out, i->name, sizeof i->name);
    if (err == OK) {
        err = buffer_put(out, i->secret, sizeof i->secret);
    }
    if (err == OK) {
        err = text_put(out, i->member);
    }
    if (err == OK) {
        err = text_put(out, i->by);
    }
    if (err == OK) {
        err = buffer_put_u64(out, i->expires_s);
    }
    if (err == OK) {
        err = buffer_put_u8(out, (uint8_t)i->state);
    }
    if (err == OK) {
        err = buffer_put(out, i->key.b, PUBKEY_BYTES);
    }
    if (err == OK) {
        err = buffer_put_u64(out, i->used_s);
    }
    if (err == OK) {
        err = buffer_put_u16(out, (uint16_t)i->request_len);
    }
    return err == OK ? buffer_put(out, i->request, i->request_len) : err;
}

enum err invitation_book_encode(const struct invitation_book *b, struct buffer *out)
{
    struct hash h;
    enum err err = buffer_put(out, MARK, MARK_BYTES);
    if (err == OK) {
        err = buffer_put_u16(out, (uint16_t)b->count);
    }
    for (unsigned i = 0; err == OK && i < b->count; i++) {
        err = row_put(&b->rows[i], out);
    }
    if (err == OK) {
        sha256(buffer_span(out), &h);
        err = buffer_put(out, h.b, HASH_BYTES);
    }
    return err;
}

static void text_take(struct reader *r, char *out, size_t room)
{
    struct span text = read_span(r, read_u8(r));
    if (text.len >= room || memchr(text.data == NULL ? (const uint8_t *)"" : text.data, 0,
                                   text.len) != NULL) {
        r->failed = true;
        return;
    }
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
}

static enum err row_take(struct reader *r, struct invited *i)
{
    *i = (struct invited){.expires_s = 0};
    read_into(r, i->name, sizeof i->name);
    read_into(r, i->secret, sizeof i->secret);
    text_take(r, i->member, sizeof i->member);
    text_take(r, i->by, sizeof i->by);
    i->expires_s = read_u64(r);
    uint8_t state = read_u8(r);
    read_into(r, i->key.b, PUBKEY_BYTES);
    i->used_s = read_u64(r);
    struct span request = read_span(r, read_u16(r));
    if (r->failed) {
        return ERR_TRUNCATED;
    }
    if (state < INVITED_OPEN || state > INVITED_REVOKED || request.len > sizeof i->request) {
        return ERR_FORMAT;
    }
    i->state = (enum invited_state)state;
    i->request_len = request.len;
    if (request.len > 0) {
        memcpy(i->request, request.data, request.len);
    }
    return OK;
}

enum err invitation_book_decode(struct invitation_book *out, struct span bytes)
{
    struct reader r;
    struct hash h;
    out->count = 0;
    if (bytes.len < MARK_BYTES + 2 + HASH_BYTES) {
        return ERR_TRUNCATED;
    }
    if (memcmp(bytes.data, MARK, MARK_BYTES) != 0) {
        return ERR_UNSUPPORTED;
    }
    bytes.len -= HASH_BYTES;
    sha256(bytes, &h);
    if (memcmp(h.b, bytes.data + bytes.len, HASH_BYTES) != 0) {
        return ERR_CORRUPT;
    }
    reader_init(&r, span_of(bytes.data + MARK_BYTES, bytes.len - MARK_BYTES));
    unsigned count = read_u16(&r);
    enum err err = count > INVITATIONS_MAX ? ERR_FORMAT : OK;
    for (unsigned i = 0; err == OK && i < count; i++) {
        err = row_take(&r, &out->rows[i]);
    }
    if (err == OK && reader_left(&r) > 0) {
        err = ERR_FORMAT;
    }
    out->count = err == OK ? count : 0;
    return err;
}

enum err invitation_book_load(struct invitation_book *out, const char *home)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    out->count = 0;
    enum err err = home_path(path, sizeof path, home, BOOK_FILE);
    if (err == OK) {
        err = file_read(path, BOOK_MAX_BYTES, &bytes);
    }
    if (err == OK) {
        err = invitation_book_decode(out, buffer_span(&bytes));
    }
    if (bytes.data != NULL) {
        wipe(bytes.data, bytes.len);
    }
    buffer_clear(&bytes);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err invitation_book_store(const struct invitation_book *b, const char *home)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    enum err err = home_path(path, sizeof path, home, BOOK_FILE);
    if (err == OK) {
        err = buffer_reserve(&bytes, BOOK_MAX_BYTES);      /* secrets are copied no further */
    }
    if (err == OK) {
        err = invitation_book_encode(b, &bytes);
    }
    if (err == OK) {
        err = file_replace(path, buffer_span(&bytes), 0600);
    }
    if (bytes.data != NULL) {
        wipe(bytes.data, bytes.len);
    }
    buffer_clear(&bytes);
    return err;
}
