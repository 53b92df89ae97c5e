#include "crypto/keys.h"

#include <string.h>

static const char LABEL[] = "jieli/possession/v1"; /* signed with its final zero byte */

enum { TEXT_MAX_BYTES = 255,
       STATEMENT_MAX_BYTES = sizeof LABEL + HASH_BYTES + 2 * (1 + TEXT_MAX_BYTES) + PUBKEY_BYTES };

struct statement { uint8_t bytes[STATEMENT_MAX_BYTES]; size_t len; };

static void statement_put(struct statement *s, const void *bytes, size_t len)
{
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

static enum err statement_put_text(struct statement *s, const char *text)
{
    size_t len = strnlen(text, TEXT_MAX_BYTES + 1);
    if (len > TEXT_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    const uint8_t prefix = (uint8_t)len;
    statement_put(s, &prefix, 1);
    statement_put(s, text, len);
    return OK;
}

static enum err statement_encode(struct statement *s, const struct pubkey *key,
                                 const struct hash *ledger, const char *member, const char *role)
{
    s->len = 0;
    statement_put(s, LABEL, sizeof LABEL);
    statement_put(s, ledger->b, HASH_BYTES);
    enum err e = statement_put_text(s, member);
    if (e == OK) {
        e = statement_put_text(s, role);
    }
    if (e == OK) {
        statement_put(s, key->b, PUBKEY_BYTES);
    }
    return e;
}

enum err possession_sign(const struct signkey *key, const struct hash *ledger, const char *member,
                         const char *role, struct sig *proof)
{
    struct statement s;
    enum err e = statement_encode(&s, signkey_public(key), ledger, member, role);
    if (e == OK) {
        sign_raw(key, span_of(s.bytes, s.len), proof);
    }
    return e;
}

enum err possession_verify(const struct pubkey *key, const struct hash *ledger,
                           const char *member, const char *role, const struct sig *proof)
{
    struct statement s;
    enum err e = pubkey_check(key);
    if (e == OK) {
        e = statement_encode(&s, key, ledger, member, role);
    }
    return e == OK ? verify_raw(key, span_of(s.bytes, s.len), proof) : e;
}
