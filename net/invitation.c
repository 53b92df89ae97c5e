#include "net/invitation.h"

#include <string.h>

#include "crypto/sha256.h"
#include "ledger/log/member_id.h"
#include "net/address.h"

#define PREFIX "jieli1."
#define ORDER_LABEL "jieli/invitation-order/v1"      /* signed with its final zero byte */
enum { VERSION = 1, CHECK_BYTES = 4, BODY_MAX_BYTES = 400 };

/* ---- text ---- */

static void checksum(struct span body, uint8_t out[CHECK_BYTES])
{
    static const char label[] = "jieli/invitation/v1";
    struct hash h;
    const struct span pieces[] = {span_of(label, sizeof label - 1), body};
    sha256_spans(pieces, 2, &h);
    memcpy(out, h.b, CHECK_BYTES);
}

static bool address_good(const char *address)
{
    return strlen(address) < CONFIG_ADDRESS_BYTES && address_check(address) == OK;
}

static enum err fields_check(const struct invitation *i)
{
    bool good = i->address_count > 0 && i->address_count <= INVITATION_MAX_ADDRESSES &&
                member_id_valid(span_of(i->member, strlen(i->member)));
    for (unsigned n = 0; good && n < i->address_count; n++)
        good = address_good(i->addresses[n]);
    return good ? OK : ERR_RANGE;
}

static enum err text_put(struct buffer *out, const char *text)
{
    enum err err = buffer_put_u8(out, (uint8_t)strlen(text));
    return err == OK ? buffer_put(out, text, strlen(text)) : err;
}

static enum err body_put(const struct invitation *i, struct buffer *out)
{
    uint8_t check[CHECK_BYTES];
    enum err err = buffer_put_u8(out, VERSION);
    if (err == OK)
        err = buffer_put(out, i->ledger.b, HASH_BYTES);
    if (err == OK)
        err = buffer_put(out, i->convenor.b, PUBKEY_BYTES);
    if (err == OK)
        err = buffer_put(out, i->name, sizeof i->name);
    if (err == OK)
        err = buffer_put(out, i->secret, sizeof i->secret);
    if (err == OK)
        err = buffer_put_u64(out, i->expires_s);
    if (err == OK)
        err = text_put(out, i->member);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)i->address_count);
    for (unsigned n = 0; err == OK && n < i->address_count; n++)
        err = text_put(out, i->addresses[n]);
    if (err != OK)
        return err;
    checksum(buffer_span(out), check);
    return buffer_put(out, check, sizeof check);
}

/* base64 to base64url without padding, in place. */
static void url_from_base64(char *text)
{
    for (char *at = text; *at != 0; at++) {
        if (*at == '+')
            *at = '-';
        else if (*at == '/')
            *at = '_';
        else if (*at == '=')
            *at = 0;
    }
}

enum err invitation_encode(const struct invitation *i, char out[INVITATION_TEXT_BYTES])
{
    size_t prefix = strlen(PREFIX);
    struct buffer body = {0};
    enum err err = fields_check(i);
    if (err == OK)
        err = buffer_reserve(&body, BODY_MAX_BYTES);      /* the secret is copied no further */
    if (err == OK)
        err = body_put(i, &body);
    memcpy(out, PREFIX, prefix + 1);
    if (err == OK)
        err = base64_encode(out + prefix, INVITATION_TEXT_BYTES - prefix, buffer_span(&body));
    if (err == OK)
        url_from_base64(out + prefix);
    if (body.data != NULL)
        wipe(body.data, body.len);
    buffer_clear(&body);
    return err;
}

static void text_take(struct reader *r, char *out, size_t room)
{
    size_t len = read_u8(r);
    struct span text = read_span(r, len);
    if (len >= room || (len > 0 && memchr(text.data, 0, text.len) != NULL)) {
        r->failed = true;
        return;
    }
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = 0;
}

static enum err body_take(struct invitation *i, struct span body)
{
    struct reader r;
    uint8_t check[CHECK_BYTES];
    if (body.len <= CHECK_BYTES)
        return ERR_TRUNCATED;
    body.len -= CHECK_BYTES;
    checksum(body, check);
    if (memcmp(check, body.data + body.len, CHECK_BYTES) != 0)
        return ERR_FORMAT;
    reader_init(&r, body);
    if (read_u8(&r) != VERSION)
        return ERR_UNSUPPORTED;
    read_into(&r, i->ledger.b, HASH_BYTES);
    read_into(&r, i->convenor.b, PUBKEY_BYTES);
    read_into(&r, i->name, sizeof i->name);
    read_into(&r, i->secret, sizeof i->secret);
    i->expires_s = read_u64(&r);
    text_take(&r, i->member, sizeof i->member);
    i->address_count = read_u8(&r);
    for (unsigned n = 0; !r.failed && n < i->address_count && n < INVITATION_MAX_ADDRESSES; n++)
        text_take(&r, i->addresses[n], CONFIG_ADDRESS_BYTES);
    if (r.failed)
        return ERR_TRUNCATED;
    return reader_left(&r) > 0 ? ERR_FORMAT : fields_check(i);
}

/* base64url of `len` characters to padded base64; false where it holds another character. */
static bool base64_from_url(const char *text, size_t len, char out[INVITATION_TEXT_BYTES])
{
    size_t padded = (len + 3) / 4 * 4;
    if (padded >= INVITATION_TEXT_BYTES || len % 4 == 1)
        return false;
    for (size_t n = 0; n < len; n++) {
        if (text[n] == '+' || text[n] == '/' || text[n] == '=')
            return false;
        out[n] = text[n] == '-' ? '+' : text[n] == '_' ? '/' : text[n];
    }
    memset(out + len, '=', padded - len);
    out[padded] = 0;
    return true;
}

enum err invitation_decode(struct invitation *out, const char *text)
{
    static const char blanks[] = " \t\r\n";
    char padded[INVITATION_TEXT_BYTES];
    uint8_t body[BODY_MAX_BYTES];
    size_t len = 0;
    *out = (struct invitation){.address_count = 0};
    text += strspn(text, blanks);
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return ERR_FORMAT;
    text += strlen(PREFIX);
    size_t chars = strcspn(text, blanks);
    if (text[chars + strspn(text + chars, blanks)] != 0 || !base64_from_url(text, chars, padded))
        return ERR_FORMAT;
    enum err err = base64_decode(body, sizeof body, padded, strlen(padded), &len);
    if (err == OK)
        err = body_take(out, span_of(body, len));
    wipe(padded, sizeof padded);
    wipe(body, sizeof body);
    return err;
}

/* ---- order ---- */

enum err invitation_order_encode(const struct invitation_order *o, struct buffer *out)
{
    enum err err = buffer_put(out, ORDER_LABEL, sizeof ORDER_LABEL);
    if (err == OK)
        err = buffer_put(out, o->ledger.b, HASH_BYTES);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)o->verb);
    if (err == OK)
        err = buffer_put(out, o->name, sizeof o->name);
    if (err == OK)
        err = buffer_put_u64(out, o->expires_s);
    return err == OK ? text_put(out, o->member) : err;
}

enum err invitation_order_sign(const struct invitation_order *o, const struct signkey *key,
                               struct sig *sig)
{
    struct buffer bytes = {0};
    enum err err = invitation_order_encode(o, &bytes);
    if (err == OK)
        sign_raw(key, buffer_span(&bytes), sig);
    buffer_clear(&bytes);
    return err;
}

enum err invitation_order_verify(const struct invitation_order *o, const struct pubkey *key,
                                 const struct sig *sig)
{
    struct buffer bytes = {0};
    enum err err = invitation_order_encode(o, &bytes);
    if (err == OK)
        err = verify_raw(key, buffer_span(&bytes), sig);
    buffer_clear(&bytes);
    return err;
}
