/* Bounded reading and growing writing: the only two ways in which bytes are taken apart and put
 * together. A reader that ran past its end stays failed and returns zeros. */
#ifndef JIELI_CRYPTO_BYTES_H
#define JIELI_CRYPTO_BYTES_H

#include "crypto/err.h"
#include "crypto/types.h"

struct reader { const uint8_t *at, *end; bool failed; };

static inline void reader_init(struct reader *r, struct span bytes)
{
    r->at = bytes.data;
    r->end = bytes.len > 0 ? bytes.data + bytes.len : bytes.data;
    r->failed = false;
}

static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

/* Every head of every item of CBOR passes here. */
static inline uint8_t read_u8(struct reader *r)
{
    if (reader_left(r) == 0) {
        r->failed = true;
        return 0;
    }
    return *r->at++;
}

/* Borrowed bytes of the input; {NULL,0} and failed if fewer are left. */
static inline struct span read_span(struct reader *r, size_t len)
{
    struct span out = {NULL, 0};
    if (r->failed || len > reader_left(r)) {
        r->failed = true;
        return out;
    }
    out = (struct span){r->at, len};
    if (len > 0) {
        r->at += len;
    }
    return out;
}

static inline uint16_t load_u16(const uint8_t in[2])
{
    return (uint16_t)(in[0] << 8 | in[1]);
}
static inline uint16_t read_u16(struct reader *r)    /* big-endian, like all below */
{
    struct span in = read_span(r, 2);
    return in.data == NULL ? 0 : load_u16(in.data);
}

uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
void read_into(struct reader *r, void *out, size_t len);

/* All writers return ERR_NOMEM when the buffer cannot grow, leaving it as it was. */
MUST_CHECK enum err buffer_reserve(struct buffer *b, size_t more);
MUST_CHECK enum err buffer_put(struct buffer *b, const void *bytes, size_t len);
MUST_CHECK enum err buffer_put_u8(struct buffer *b, uint8_t v);
MUST_CHECK enum err buffer_put_u16(struct buffer *b, uint16_t v);
MUST_CHECK enum err buffer_put_u32(struct buffer *b, uint32_t v);
MUST_CHECK enum err buffer_put_u64(struct buffer *b, uint64_t v);
void buffer_clear(struct buffer *b);   /* frees; leaves it empty and usable */
static inline void buffer_reset(struct buffer *b) { b->len = 0; }
static inline struct span buffer_span(const struct buffer *b)
{
    return (struct span){b->data, b->len};
}
static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){(const uint8_t *)data, len};
}

static inline void store_u16(uint8_t out[2], uint16_t v)
{
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
}
static inline void store_u32(uint8_t out[4], uint32_t v)
{
    store_u16(out, (uint16_t)(v >> 16));
    store_u16(out + 2, (uint16_t)v);
}
static inline void store_u64(uint8_t out[8], uint64_t v)
{
    store_u32(out, (uint32_t)(v >> 32));
    store_u32(out + 4, (uint32_t)v);
}
static inline uint32_t load_u32(const uint8_t in[4])
{
    return (uint32_t)load_u16(in) << 16 | load_u16(in + 2);
}
static inline uint64_t load_u64(const uint8_t in[8])
{
    return (uint64_t)load_u32(in) << 32 | load_u32(in + 4);
}

/* Lower-case hex and padded standard base64 of `len` bytes, NUL-terminated; out_bytes includes the
 * NUL. Decoders accept only the one canonical form. ERR_TOO_LARGE, ERR_FORMAT. */
MUST_CHECK enum err hex_encode(char *out, size_t out_bytes, struct span in);
MUST_CHECK enum err hex_decode(uint8_t *out, size_t out_bytes, const char *in, size_t in_len,
                               size_t *len);
MUST_CHECK enum err base64_encode(char *out, size_t out_bytes, struct span in);
MUST_CHECK enum err base64_decode(uint8_t *out, size_t out_bytes, const char *in, size_t in_len,
                                  size_t *len);
#define BASE64_CHARS(n) ((((n) + 2) / 3) * 4 + 1)

#endif
