#include "crypto/bytes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void read_into(struct reader *r, void *out, size_t len)
{
    struct span bytes = read_span(r, len);
    if (len == 0) {
        return;
    }
    if (bytes.data == NULL) {
        memset(out, 0, len);
    } else {
        memcpy(out, bytes.data, len);
    }
}

uint32_t read_u32(struct reader *r)
{
    uint8_t in[4];
    read_into(r, in, sizeof in);
    return load_u32(in);
}

uint64_t read_u64(struct reader *r)
{
    uint8_t in[8];
    read_into(r, in, sizeof in);
    return load_u64(in);
}

enum err buffer_reserve(struct buffer *b, size_t more)
{
    if (more <= b->cap - b->len) {
        return OK;
    }
    if (more > SIZE_MAX / 2 - b->len) {
        return ERR_NOMEM;
    }
    size_t need = b->len + more;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need) {
        cap *= 2;
    }
    uint8_t *data = realloc(b->data, cap);
    if (data == NULL) {
        return ERR_NOMEM;
    }
    b->data = data;
    b->cap = cap;
    return OK;
}

enum err buffer_put(struct buffer *b, const void *bytes, size_t len)
{
    enum err e = buffer_reserve(b, len);
    if (e == OK && len > 0) {
        memcpy(b->data + b->len, bytes, len);
        b->len += len;
    }
    return e;
}

enum err buffer_put_u8(struct buffer *b, uint8_t v)
{
    return buffer_put(b, &v, 1);
}

enum err buffer_put_u16(struct buffer *b, uint16_t v)
{
    uint8_t out[2];
    store_u16(out, v);
    return buffer_put(b, out, sizeof out);
}

enum err buffer_put_u32(struct buffer *b, uint32_t v)
{
    uint8_t out[4];
    store_u32(out, v);
    return buffer_put(b, out, sizeof out);
}

enum err buffer_put_u64(struct buffer *b, uint64_t v)
{
    uint8_t out[8];
    store_u64(out, v);
    return buffer_put(b, out, sizeof out);
}

void buffer_clear(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

enum err hex_encode(char *out, size_t out_bytes, struct span in)
{
    static const char digits[] = "0123456789abcdef";
    if (out_bytes == 0 || in.len > (out_bytes - 1) / 2) {
        return ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.data[i] >> 4];
        out[2 * i + 1] = digits[in.data[i] & 15];
    }
    out[2 * in.len] = '\0';
    return OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err hex_decode(uint8_t *out, size_t out_bytes, const char *in, size_t in_len, size_t *len)
{
    if (in_len % 2 != 0) {
        return ERR_FORMAT;
    }
    if (in_len / 2 > out_bytes) {
        return ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < in_len / 2; i++) {
        int high = hex_digit(in[2 * i]);
        int low = hex_digit(in[2 * i + 1]);
        if (high < 0 || low < 0) {
            return ERR_FORMAT;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *len = in_len / 2;
    return OK;
}

enum err base64_encode(char *out, size_t out_bytes, struct span in)
{
    if (in.len > SIZE_MAX / 2 || BASE64_CHARS(in.len) > out_bytes) {
        return ERR_TOO_LARGE;
    }
    sodium_bin2base64(out, out_bytes, in.data, in.len, sodium_base64_VARIANT_ORIGINAL);
    return OK;
}

static size_t base64_padding(const char *in, size_t in_len)
{
    size_t pad = 0;
    while (pad < 2 && pad < in_len && in[in_len - 1 - pad] == '=') {
        pad++;
    }
    return pad;
}

static uint32_t base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint32_t)(c - 'a') + 26;
    }
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0') + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : UINT32_MAX;
}

/* Four characters, the last `pad` of them '=' and worth nothing; their spare bits must be zero. */
static enum err base64_quartet(uint8_t *out, const char in[4], size_t pad)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t digit = i < 4 - pad ? base64_digit(in[i]) : 0;
        if (digit == UINT32_MAX) {
            return ERR_FORMAT;
        }
        bits = bits << 6 | digit;
    }
    if ((bits & ((1u << 8 * pad) - 1)) != 0) {
        return ERR_FORMAT;
    }
    for (size_t i = 0; i < 3 - pad; i++) {
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    return OK;
}

/* Our own: sodium_base642bin of libsodium 1.0.18 accepts bytes from 0x80 up. */
enum err base64_decode(uint8_t *out, size_t out_bytes, const char *in, size_t in_len, size_t *len)
{
    size_t pad = base64_padding(in, in_len);
    if (in_len % 4 != 0) {
        return ERR_FORMAT;
    }
    if (in_len / 4 * 3 - pad > out_bytes) {
        return ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < in_len / 4; i++) {
        enum err e = base64_quartet(out + 3 * i, in + 4 * i, 4 * i + 4 == in_len ? pad : 0);
        if (e != OK) {
            return e;
        }
    }
    *len = in_len / 4 * 3 - pad;
    return OK;
}
