#include <stdlib.h>
#include <string.h>

#include "ledger/log/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void copy_one(struct cbor *c, enum cbor_type type, struct cbor_out *w)
{
    struct cbor before = *c;
    switch (type) {
    case CBOR_UINT: cbor_put_uint(w, cbor_uint(c)); break;
    case CBOR_NEGINT: {
        int64_t v = cbor_int(c);
        if (cbor_ok(c)) {
            cbor_put_int(w, v);
        } else {
            *c = before;
            cbor_put_item(w, cbor_item(c));
        }
        break;
    }
    case CBOR_BYTES: cbor_put_bytes(w, cbor_bytes(c)); break;
    case CBOR_TEXT: cbor_put_text_span(w, cbor_text(c)); break;
    case CBOR_ARRAY: cbor_put_array(w, cbor_array(c, UINT64_MAX)); break;
    case CBOR_MAP: cbor_put_map(w, cbor_map(c, UINT64_MAX)); break;
    case CBOR_TAG: cbor_put_tag(w, cbor_tag(c)); break;
    case CBOR_BOOL: cbor_put_bool(w, cbor_bool(c)); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span in = {data, len};
    struct cbor c;
    struct cbor_out w;
    struct buffer out = {0};
    enum cbor_type type;
    if (cbor_check(in) != OK)
        return 0;
    cbor_init(&c, in);
    cbor_out_init(&w, &out);
    while (cbor_peek(&c, &type))
        copy_one(&c, type, &w);
    if (cbor_end(&c) != OK || w.err != OK || out.len != len || memcmp(out.data, data, len) != 0)
        abort();
    buffer_clear(&out);
    return 0;
}
