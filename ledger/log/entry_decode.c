#include <string.h>

#include "crypto/merkle.h"
#include "ledger/log/cose.h"
#include "ledger/log/id_list.h"
#include "ledger/log/member_id.h"
#include "ledger/log/payload.h"

/* Fails unless the next array has exactly `count` items. */
static void array_of(struct cbor *c, uint64_t count)
{
    if (cbor_array(c, UINT64_MAX) != count)
        cbor_fail(c, ERR_FORMAT);
}

static uint64_t uint_up_to(struct cbor *c, uint64_t max)
{
    uint64_t v = cbor_uint(c);
    if (v > max)
        cbor_fail(c, ERR_RANGE);
    return cbor_ok(c) ? v : 0;
}

/* Count of an optional list: it is absent rather than empty. */
static unsigned present(struct cbor *c, uint64_t count)
{
    if (count == 0)
        cbor_fail(c, ERR_FORMAT);
    return cbor_ok(c) ? (unsigned)count : 0;
}

static bool id_field(struct cbor *c, struct hash *out)
{
    cbor_tagged(c, ALG_SHA256, out->b);
    return cbor_ok(c);
}

static void member_field(struct cbor *c, char out[ID_MAX_BYTES + 1])
{
    struct span text = cbor_text(c);
    if (!member_id_valid(text))
        cbor_fail(c, ERR_RANGE);
    else
        memcpy(out, text.data, text.len);
}

static void law_field(struct cbor *c, struct entry *out)
{
    array_of(c, 2);
    out->law_epoch = (uint32_t)uint_up_to(c, UINT32_MAX);
    out->law_size = uint_up_to(c, INT64_MAX);
}

static void own_field(struct cbor *c, struct entry *out)
{
    array_of(c, 2);
    out->own_size = uint_up_to(c, INT64_MAX);
    id_field(c, &out->own_root);
}

static void fact_decode(struct cbor *c, int64_t *previous, struct fact *out)
{
    enum { TEXT_HEAD_BYTES = 3 };
    uint64_t id = cbor_key(c, previous);
    enum cbor_type type = CBOR_UINT;
    if (id > UINT32_MAX)
        cbor_fail(c, ERR_RANGE);
    bool text = cbor_peek(c, &type) && type == CBOR_TEXT;
    struct span value = cbor_item(c);
    if (text && value.len > FACT_MAX_TEXT_BYTES + TEXT_HEAD_BYTES)
        cbor_fail(c, ERR_TOO_LARGE);
    *out = (struct fact){(uint32_t)id, value};
}

static void facts_field(struct cbor *c, struct entry *out)
{
    int64_t previous = -1;
    out->fact_count = present(c, cbor_map(c, ENTRY_MAX_FACTS));
    for (unsigned i = 0; i < out->fact_count && cbor_ok(c); i++)
        fact_decode(c, &previous, &out->facts[i]);
}

static void part_decode(struct cbor *c, struct part_ref *out)
{
    *out = (struct part_ref){0};
    array_of(c, 4);
    out->role = (uint8_t)uint_up_to(c, UINT8_MAX);
    out->mode = (uint8_t)uint_up_to(c, PART_SEALED);
    out->padded_bytes = uint_up_to(c, PART_MAX_BYTES);
    id_field(c, &out->commitment);
    if (out->role == 0)
        cbor_fail(c, ERR_RANGE);
}

static void parts_field(struct cbor *c, struct entry *out)
{
    out->part_count = present(c, cbor_array(c, ENTRY_MAX_PARTS));
    for (unsigned i = 0; i < out->part_count && cbor_ok(c); i++)
        part_decode(c, &out->parts[i]);
}

static void field(struct cbor *c, enum payload_key key, struct entry *out)
{
    switch (key) {
    case PAYLOAD_LEDGER: id_field(c, &out->ledger); break;
    case PAYLOAD_MEMBER: member_field(c, out->member); break;
    case PAYLOAD_EPOCH: out->epoch = (uint32_t)uint_up_to(c, UINT32_MAX); break;
    case PAYLOAD_KIND: out->kind = (uint32_t)uint_up_to(c, UINT32_MAX); break;
    case PAYLOAD_CASE: out->has_case = id_field(c, &out->case_id); break;
    case PAYLOAD_REFS: id_list_decode(c, &out->refs); break;
    case PAYLOAD_BASE: out->has_base = id_field(c, &out->base); break;
    case PAYLOAD_LAW: law_field(c, out); break;
    case PAYLOAD_OWN: own_field(c, out); break;
    case PAYLOAD_NONCE: cbor_fixed(c, out->nonce.b, NONCE_BYTES); break;
    case PAYLOAD_TIME: out->time_s = uint_up_to(c, ENTRY_MAX_TIME_S); break;
    case PAYLOAD_FACTS: facts_field(c, out); break;
    case PAYLOAD_PARTS: parts_field(c, out); break;
    case PAYLOAD_OTHER_CASE: out->has_other = id_field(c, &out->other_case); break;
    case PAYLOAD_OTHER_REFS: id_list_decode(c, &out->other_refs); break;
    }
}

static enum err payload_decode(struct entry *out, struct span payload)
{
    struct cbor c;
    int64_t previous = -1;
    uint32_t seen = 0;
    cbor_init(&c, payload);
    uint64_t pairs = cbor_map(&c, UINT64_MAX);
    for (uint64_t i = 0; i < pairs && cbor_ok(&c); i++) {
        uint64_t key = cbor_key(&c, &previous);
        if (key < PAYLOAD_LEDGER || key > PAYLOAD_OTHER_REFS) {
            cbor_fail(&c, ERR_FORMAT);
        } else {
            seen |= UINT32_C(1) << key;
            field(&c, (enum payload_key)key, out);
        }
    }
    if ((seen & PAYLOAD_REQUIRED) != PAYLOAD_REQUIRED)
        cbor_fail(&c, ERR_FORMAT);
    out->payload = payload;
    return cbor_end(&c);
}

/* Facts, parts and signers are filled as they come; what lies behind them is nobody's. */
static void entry_reset(struct entry *out)
{
    memset(out, 0, offsetof(struct entry, facts));
}

enum err entry_payload_decode(struct entry *out, struct span payload)
{
    entry_reset(out);
    return payload.len <= ENTRY_MAX_BYTES ? payload_decode(out, payload) : ERR_TOO_LARGE;
}

static void unprotected_empty(struct cbor *c)
{
    if (cbor_map(c, UINT64_MAX) != 0)
        cbor_fail(c, ERR_FORMAT);
}

static void signer_decode(struct cbor *c, struct entry *out)
{
    struct signer *s = &out->signers[out->signer_count];
    *s = (struct signer){.role = 0};
    array_of(c, 3);
    struct span protected_bytes = cbor_bytes(c);
    unprotected_empty(c);
    cbor_fixed(c, s->sig.b, SIG_BYTES);
    enum err e = cbor_ok(c) ? cose_protected_decode(s, protected_bytes) : OK;
    if (e != OK)
        cbor_fail(c, e);
    for (unsigned i = 0; i < out->signer_count; i++)
        if (pubkey_equal(&out->signers[i].key, &s->key))
            cbor_fail(c, ERR_RANGE);
    out->signer_count++;
}

static void signers_decode(struct cbor *c, struct entry *out)
{
    uint64_t count = cbor_array(c, UINT64_MAX);
    if (count == 0 || count > ENTRY_MAX_SIGNERS)
        cbor_fail(c, ERR_RANGE);
    for (uint64_t i = 0; i < count && cbor_ok(c); i++)
        signer_decode(c, out);
}

static enum err cose_decode(struct entry *out, struct span bytes)
{
    struct cbor c;
    entry_reset(out);
    if (bytes.len > ENTRY_MAX_BYTES)
        return ERR_TOO_LARGE;
    cbor_init(&c, bytes);
    if (cbor_tag(&c) != COSE_SIGN_TAG)
        cbor_fail(&c, ERR_FORMAT);
    array_of(&c, 4);
    cbor_fixed(&c, NULL, 0);
    unprotected_empty(&c);
    struct span payload = cbor_bytes(&c);
    signers_decode(&c, out);
    enum err e = cbor_end(&c);
    if (e == OK)
        e = payload_decode(out, payload);
    out->bytes = bytes;
    return e;
}

enum err entry_decode(struct entry *out, struct span bytes)
{
    enum err e = cose_decode(out, bytes);
    if (e == OK)
        merkle_leaf(bytes, &out->id);
    return e;
}

enum err entry_decode_as(struct entry *out, struct span bytes, const struct hash *id)
{
    enum err e = cose_decode(out, bytes);
    if (e == OK)
        out->id = *id;
    return e;
}
