#include "crypto/note.h"
#include "crypto/sha256.h"
#include "crypto/utf8.h"

#include <string.h>

enum { ID_CHARS = 8, KEY_CHARS = BASE64_CHARS(1 + PUBKEY_BYTES) - 1 };

/* Unicode 15, property White_Space. */
static bool is_space(uint32_t point)
{
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

enum err note_name_check(struct span name)
{
    struct reader r;
    if (name.len == 0) {
        return ERR_FORMAT;
    }
    if (name.len > ORIGIN_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    reader_init(&r, name);
    while (reader_left(&r) > 0) {
        uint32_t point = utf8_read(&r);
        if (point < 0x20 || point == '+' || is_space(point)) {
            return ERR_FORMAT;
        }
    }
    return r.failed ? ERR_FORMAT : OK;
}

static uint32_t key_id(struct span name, uint8_t type, const struct pubkey *key)
{
    const uint8_t middle[2] = {'\n', type};
    const struct span parts[3] = {name, {middle, sizeof middle}, {key->b, PUBKEY_BYTES}};
    struct hash hash;
    sha256_spans(parts, 3, &hash);
    return load_u32(hash.b);
}

static enum err vkey_fill(struct vkey *out, struct span name, uint8_t type,
                          const struct pubkey *key)
{
    enum err e = note_name_check(name);
    if (e != OK) {
        return e;
    }
    if (type != ALG_ED25519 && type != ALG_COSIGN_ED25519) {
        return ERR_KEY;
    }
    *out = (struct vkey){.id = key_id(name, type, key), .type = type, .key = *key};
    memcpy(out->name, name.data, name.len);
    return OK;
}

enum err vkey_init(struct vkey *out, const char *name, uint8_t type, const struct pubkey *key)
{
    return vkey_fill(out, span_of(name, strnlen(name, ORIGIN_MAX_BYTES + 1)), type, key);
}

enum err vkey_format(const struct vkey *v, char *out, size_t out_bytes)
{
    uint8_t id[4], material[1 + PUBKEY_BYTES];
    size_t len = strlen(v->name);
    if (out_bytes < len + 1 + ID_CHARS + 1 + KEY_CHARS + 1) {
        return ERR_TOO_LARGE;
    }
    memcpy(out, v->name, len);
    out[len] = '+';
    store_u32(id, v->id);
    enum err e = hex_encode(out + len + 1, ID_CHARS + 1, span_of(id, sizeof id));
    if (e != OK) {
        return e;
    }
    out[len + 1 + ID_CHARS] = '+';
    material[0] = v->type;
    memcpy(material + 1, v->key.b, PUBKEY_BYTES);
    return base64_encode(out + len + 1 + ID_CHARS + 1, KEY_CHARS + 1,
                         span_of(material, sizeof material));
}

static enum err id_decode(const char *text, uint32_t *id)
{
    uint8_t bytes[4];
    size_t len;
    enum err e = hex_decode(bytes, sizeof bytes, text, ID_CHARS, &len);
    if (e == OK) {
        *id = load_u32(bytes);
    }
    return e;
}

enum err vkey_parse(struct vkey *out, const char *text)
{
    uint8_t material[1 + PUBKEY_BYTES];
    struct pubkey key;
    uint32_t id;
    size_t len, left = strnlen(text, VKEY_TEXT_BYTES);
    const char *plus = memchr(text, '+', left);
    if (left == VKEY_TEXT_BYTES) {
        return ERR_TOO_LARGE;
    }
    if (plus == NULL || left != (size_t)(plus - text) + 1 + ID_CHARS + 1 + KEY_CHARS ||
        plus[1 + ID_CHARS] != '+' || id_decode(plus + 1, &id) != OK) {
        return ERR_FORMAT;
    }
    enum err e = base64_decode(material, sizeof material, plus + 1 + ID_CHARS + 1, KEY_CHARS, &len);
    if (e != OK || len != sizeof material) {
        return ERR_FORMAT;
    }
    memcpy(key.b, material + 1, PUBKEY_BYTES);
    e = vkey_fill(out, span_of(text, (size_t)(plus - text)), material[0], &key);
    if (e == OK && out->id != id) {
        e = ERR_FORMAT;
    }
    return e == OK ? pubkey_check(&key) : e;
}
