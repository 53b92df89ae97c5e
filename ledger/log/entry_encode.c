#include "ledger/log/cose.h"
#include "ledger/log/id_list.h"
#include "ledger/log/payload.h"

static unsigned pair_count(const struct entry_draft *d)
{
    unsigned pairs = (unsigned)__builtin_popcount(PAYLOAD_REQUIRED);
    pairs += (unsigned)d->has_case + d->has_base + d->has_other;
    pairs += (unsigned)(d->ref_count > 0) + (d->other_ref_count > 0);
    return pairs + (d->fact_count > 0) + (d->part_count > 0);
}

static void put_uint(struct cbor_out *w, enum payload_key key, uint64_t v)
{
    cbor_put_uint(w, key);
    cbor_put_uint(w, v);
}

static void put_id(struct cbor_out *w, enum payload_key key, bool present, const struct hash *id)
{
    if (!present)
        return;
    cbor_put_uint(w, key);
    cbor_put_tagged(w, ALG_SHA256, id->b);
}

static void put_refs(struct cbor_out *w, enum payload_key key, const struct hash *refs,
                     unsigned count)
{
    if (count == 0)
        return;
    cbor_put_uint(w, key);
    id_list_encode(w, refs, count);
}

static void put_clock(struct cbor_out *w, const struct entry_draft *d)
{
    cbor_put_uint(w, PAYLOAD_LAW);
    cbor_put_array(w, 2);
    cbor_put_uint(w, d->law_epoch);
    cbor_put_uint(w, d->law_size);
    cbor_put_uint(w, PAYLOAD_OWN);
    cbor_put_array(w, 2);
    cbor_put_uint(w, d->own_size);
    cbor_put_tagged(w, ALG_SHA256, d->own_root.b);
    cbor_put_uint(w, PAYLOAD_NONCE);
    cbor_put_bytes(w, span_of(d->nonce.b, NONCE_BYTES));
    put_uint(w, PAYLOAD_TIME, d->time_s);
}

static void put_facts(struct cbor_out *w, const struct entry_draft *d)
{
    if (d->fact_count == 0)
        return;
    cbor_put_uint(w, PAYLOAD_FACTS);
    cbor_put_map(w, d->fact_count);
    for (unsigned i = 0; i < d->fact_count; i++) {
        cbor_put_uint(w, d->facts[i].id);
        cbor_put_item(w, d->facts[i].value);
    }
}

static void put_parts(struct cbor_out *w, const struct entry_draft *d)
{
    if (d->part_count == 0)
        return;
    cbor_put_uint(w, PAYLOAD_PARTS);
    cbor_put_array(w, d->part_count);
    for (unsigned i = 0; i < d->part_count; i++) {
        cbor_put_array(w, 4);
        cbor_put_uint(w, d->parts[i].role);
        cbor_put_uint(w, d->parts[i].mode);
        cbor_put_uint(w, d->parts[i].padded_bytes);
        cbor_put_tagged(w, ALG_SHA256, d->parts[i].commitment.b);
    }
}

static enum err draft_encode(const struct entry_draft *d, struct buffer *out)
{
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_map(&w, pair_count(d));
    put_id(&w, PAYLOAD_LEDGER, true, &d->ledger);
    cbor_put_uint(&w, PAYLOAD_MEMBER);
    cbor_put_text(&w, d->member);
    put_uint(&w, PAYLOAD_EPOCH, d->epoch);
    put_uint(&w, PAYLOAD_KIND, d->kind);
    put_id(&w, PAYLOAD_CASE, d->has_case, &d->case_id);
    put_refs(&w, PAYLOAD_REFS, d->refs, d->ref_count);
    put_id(&w, PAYLOAD_BASE, d->has_base, &d->base);
    put_clock(&w, d);
    put_facts(&w, d);
    put_parts(&w, d);
    put_id(&w, PAYLOAD_OTHER_CASE, d->has_other, &d->other_case);
    put_refs(&w, PAYLOAD_OTHER_REFS, d->other_refs, d->other_ref_count);
    return w.err;
}

enum err entry_payload_encode(const struct entry_draft *d, struct buffer *out)
{
    struct entry written;
    size_t before = out->len;
    enum err e = draft_encode(d, out);
    if (e == OK)
        e = entry_payload_decode(&written, span_of(out->data + before, out->len - before));
    for (unsigned i = 0; e == OK && i < d->fact_count; i++)
        e = cbor_check(d->facts[i].value);
    if (e != OK)
        out->len = before;
    return e;
}

static enum err signers_check(const struct signer *signers, unsigned count)
{
    enum err e = count > 0 && count <= ENTRY_MAX_SIGNERS ? OK : ERR_RANGE;
    for (unsigned i = 0; e == OK && i < count; i++) {
        e = cose_signer_check(&signers[i]);
        for (unsigned j = 0; j < i; j++)
            if (pubkey_equal(&signers[i].key, &signers[j].key))
                e = ERR_RANGE;
    }
    return e;
}

static void put_signer(struct cbor_out *w, const struct signer *s)
{
    uint8_t room[PROTECTED_MAX_BYTES];
    struct buffer header = {room, 0, sizeof room};
    if (w->err == OK)
        w->err = cose_protected_encode(s, &header);
    cbor_put_array(w, 3);
    cbor_put_bytes(w, buffer_span(&header));
    cbor_put_map(w, 0);
    cbor_put_bytes(w, span_of(s->sig.b, SIG_BYTES));
}

enum err entry_encode(struct span payload, const struct signer *signers, unsigned count,
                      struct buffer *out)
{
    size_t before = out->len;
    struct cbor_out w;
    enum err e = signers_check(signers, count);
    if (e != OK)
        return e;
    if (payload.len > ENTRY_MAX_BYTES)
        return ERR_TOO_LARGE;
    cbor_out_init(&w, out);
    cbor_put_tag(&w, COSE_SIGN_TAG);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, (struct span){NULL, 0});
    cbor_put_map(&w, 0);
    cbor_put_bytes(&w, payload);
    cbor_put_array(&w, count);
    for (unsigned i = 0; i < count; i++)
        put_signer(&w, &signers[i]);
    if (w.err == OK && out->len - before > ENTRY_MAX_BYTES)
        w.err = ERR_TOO_LARGE;
    if (w.err != OK)
        out->len = before;
    return w.err;
}
