#include "ledger/log/part.h"

enum subject_key { SUBJECT_TITLE = 1, SUBJECT_ENTERPRISE = 2, SUBJECT_PLACE = 3 };

static void put(struct cbor_out *w, enum subject_key key, const char *text)
{
    if (text[0] == 0)
        return;
    cbor_put_uint(w, key);
    cbor_put_text(w, text);
}

enum err subject_encode(const struct subject *s, struct buffer *out)
{
    size_t before = out->len;
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_map(&w, (unsigned)(s->title[0] != 0) + (s->enterprise[0] != 0) + (s->place[0] != 0));
    put(&w, SUBJECT_TITLE, s->title);
    put(&w, SUBJECT_ENTERPRISE, s->enterprise);
    put(&w, SUBJECT_PLACE, s->place);
    if (w.err != OK)
        out->len = before;
    return w.err;
}

static void text_field(struct cbor *c, char *out, size_t out_bytes)
{
    cbor_string(c, out, out_bytes);
    if (out[0] == 0)
        cbor_fail(c, ERR_FORMAT);
}

enum err subject_decode(struct subject *out, struct span bytes)
{
    struct cbor c;
    int64_t previous = -1;
    *out = (struct subject){{0}, {0}, {0}};
    cbor_init(&c, bytes);
    uint64_t pairs = cbor_map(&c, UINT64_MAX);
    for (uint64_t i = 0; i < pairs && cbor_ok(&c); i++) {
        uint64_t key = cbor_key(&c, &previous);
        if (key == SUBJECT_TITLE)
            text_field(&c, out->title, sizeof out->title);
        else if (key == SUBJECT_ENTERPRISE)
            text_field(&c, out->enterprise, sizeof out->enterprise);
        else if (key == SUBJECT_PLACE)
            text_field(&c, out->place, sizeof out->place);
        else
            cbor_fail(&c, ERR_FORMAT);
    }
    return cbor_end(&c);
}
