#include <string.h>

#include "ledger/log/cbor.h"

void cbor_out_init(struct cbor_out *w, struct buffer *out)
{
    *w = (struct cbor_out){out, OK};
}

static void put(struct cbor_out *w, struct span bytes)
{
    if (w->err == OK && bytes.len > 0)
        w->err = buffer_put(w->out, bytes.data, bytes.len);
}

static void put_head(struct cbor_out *w, enum cbor_type type, uint64_t arg)
{
    uint8_t head[9] = {(uint8_t)((unsigned)type << 5)};
    size_t len;
    if (arg < 24) {
        head[0] |= (uint8_t)arg;
        len = 1;
    } else if (arg <= UINT8_MAX) {
        head[0] |= 24;
        head[1] = (uint8_t)arg;
        len = 2;
    } else if (arg <= UINT16_MAX) {
        head[0] |= 25;
        store_u16(head + 1, (uint16_t)arg);
        len = 3;
    } else if (arg <= UINT32_MAX) {
        head[0] |= 26;
        store_u32(head + 1, (uint32_t)arg);
        len = 5;
    } else {
        head[0] |= 27;
        store_u64(head + 1, arg);
        len = 9;
    }
    put(w, span_of(head, len));
}

void cbor_put_uint(struct cbor_out *w, uint64_t v)
{
    put_head(w, CBOR_UINT, v);
}

void cbor_put_int(struct cbor_out *w, int64_t v)
{
    if (v < 0)
        put_head(w, CBOR_NEGINT, (uint64_t)(-1 - v));
    else
        put_head(w, CBOR_UINT, (uint64_t)v);
}

void cbor_put_bool(struct cbor_out *w, bool v)
{
    put_head(w, CBOR_BOOL, v ? 21 : 20);
}

void cbor_put_bytes(struct cbor_out *w, struct span v)
{
    put_head(w, CBOR_BYTES, v.len);
    put(w, v);
}

void cbor_put_text(struct cbor_out *w, const char *v)
{
    cbor_put_text_span(w, span_of(v, strlen(v)));
}

void cbor_put_text_span(struct cbor_out *w, struct span v)
{
    if (w->err == OK && !cbor_text_valid(v))
        w->err = ERR_FORMAT;
    put_head(w, CBOR_TEXT, v.len);
    put(w, v);
}

void cbor_put_array(struct cbor_out *w, uint64_t count)
{
    put_head(w, CBOR_ARRAY, count);
}

void cbor_put_map(struct cbor_out *w, uint64_t pairs)
{
    put_head(w, CBOR_MAP, pairs);
}

void cbor_put_tag(struct cbor_out *w, uint64_t tag)
{
    put_head(w, CBOR_TAG, tag);
}

void cbor_put_item(struct cbor_out *w, struct span encoded)
{
    put(w, encoded);
}

void cbor_put_tagged(struct cbor_out *w, uint8_t alg, const uint8_t bytes[32])
{
    put_head(w, CBOR_BYTES, TAGGED_BYTES);
    put(w, span_of(&alg, 1));
    put(w, span_of(bytes, 32));
}
