#include "ledger/log/cose.h"

#include <string.h>

enum { AAD_MAX_BYTES = 64, PROTECTED_PAIRS = 4 };

enum err cose_signer_check(const struct signer *s)
{
    size_t len = strnlen(s->post, sizeof s->post);
    if (len == 0 || len > POST_MAX_BYTES || !cbor_text_valid(span_of(s->post, len)))
        return ERR_RANGE;
    return s->role >= ROLE_HANDLE && s->role <= ROLE_VERIFY ? OK : ERR_RANGE;
}

enum err cose_protected_encode(const struct signer *s, struct buffer *out)
{
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_map(&w, PROTECTED_PAIRS + (s->foreign ? 1 : 0));
    cbor_put_int(&w, COSE_ALG);
    cbor_put_int(&w, COSE_ALG_EDDSA);
    cbor_put_int(&w, COSE_KID);
    cbor_put_tagged(&w, ALG_ED25519, s->key.b);
    cbor_put_int(&w, COSE_POST);
    cbor_put_text(&w, s->post);
    cbor_put_int(&w, COSE_ROLE);
    cbor_put_uint(&w, s->role);
    if (s->foreign) {
        cbor_put_int(&w, COSE_ENROLMENT);
        cbor_put_tagged(&w, ALG_SHA256, s->enrolment.b);
    }
    return w.err;
}

static void label(struct cbor *c, enum cose_label want)
{
    if (cbor_int(c) != (int64_t)want)
        cbor_fail(c, ERR_FORMAT);
}

enum err cose_protected_decode(struct signer *out, struct span protected_bytes)
{
    struct cbor c;
    cbor_init(&c, protected_bytes);
    uint64_t pairs = cbor_map(&c, UINT64_MAX);
    label(&c, COSE_ALG);
    if (cbor_int(&c) != COSE_ALG_EDDSA)
        cbor_fail(&c, ERR_UNSUPPORTED);
    label(&c, COSE_KID);
    cbor_tagged(&c, ALG_ED25519, out->key.b);
    label(&c, COSE_POST);
    cbor_string(&c, out->post, sizeof out->post);
    label(&c, COSE_ROLE);
    uint64_t role = cbor_uint(&c);
    if (role < ROLE_HANDLE || role > ROLE_VERIFY || out->post[0] == 0)
        cbor_fail(&c, ERR_RANGE);
    else
        out->role = (enum role)role;
    out->foreign = pairs > PROTECTED_PAIRS;
    if (out->foreign) {
        label(&c, COSE_ENROLMENT);
        cbor_tagged(&c, ALG_SHA256, out->enrolment.b);
    }
    if (pairs < PROTECTED_PAIRS || pairs > PROTECTED_PAIRS + 1)
        cbor_fail(&c, ERR_FORMAT);
    out->protected_bytes = protected_bytes;
    return cbor_end(&c);
}

enum err cose_sig_structure(struct span body_protected, struct span signer_protected,
                            struct span external_aad, struct span payload, struct buffer *out)
{
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_array(&w, 5);
    cbor_put_text(&w, "Signature");
    cbor_put_bytes(&w, body_protected);
    cbor_put_bytes(&w, signer_protected);
    cbor_put_bytes(&w, external_aad);
    cbor_put_bytes(&w, payload);
    return w.err;
}

static enum err external_aad(const struct hash *ledger, struct buffer *out)
{
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_array(&w, 2);
    cbor_put_text(&w, "jieli/entry/v1");
    cbor_put_tagged(&w, ALG_SHA256, ledger->b);
    return w.err;
}

enum err cose_entry_structure(struct span payload, struct span protected_bytes,
                              const struct hash *ledger, struct buffer *out)
{
    enum { HEADS_BYTES = 32 };
    uint8_t room[AAD_MAX_BYTES];
    struct buffer aad = {room, 0, sizeof room};
    enum err e = external_aad(ledger, &aad);
    if (e != OK)
        return e;
    size_t fixed = aad.len + protected_bytes.len + HEADS_BYTES;
    if (fixed > out->cap || payload.len > out->cap - fixed)
        return ERR_TOO_LARGE;
    buffer_reset(out);
    return cose_sig_structure((struct span){NULL, 0}, protected_bytes, buffer_span(&aad), payload,
                              out);
}
