#include "ledger/log/entry.h"

const struct fact *entry_fact(const struct entry *e, uint32_t id)
{
    for (unsigned i = 0; i < e->fact_count; i++)
        if (e->facts[i].id == id)
            return &e->facts[i];
    return NULL;
}

/* Opens the value of a fact; false when absent or not of `type`. */
static bool fact_open(const struct entry *e, uint32_t id, enum cbor_type type, struct cbor *c)
{
    const struct fact *fact = entry_fact(e, id);
    enum cbor_type found;
    if (fact == NULL)
        return false;
    cbor_init(c, fact->value);
    return cbor_peek(c, &found) && found == type;
}

bool entry_fact_uint(const struct entry *e, uint32_t id, uint64_t *out)
{
    struct cbor c;
    if (!fact_open(e, id, CBOR_UINT, &c))
        return false;
    *out = cbor_uint(&c);
    return true;
}

bool entry_fact_text(const struct entry *e, uint32_t id, char *out, size_t out_bytes)
{
    struct cbor c;
    if (!fact_open(e, id, CBOR_TEXT, &c))
        return false;
    cbor_string(&c, out, out_bytes);
    return cbor_ok(&c);
}

bool entry_fact_hash(const struct entry *e, uint32_t id, struct hash *out)
{
    struct cbor c;
    if (!fact_open(e, id, CBOR_BYTES, &c))
        return false;
    cbor_tagged(&c, ALG_SHA256, out->b);
    return cbor_ok(&c);
}

unsigned entry_fact_list(const struct entry *e, uint32_t id)
{
    struct cbor c;
    return fact_open(e, id, CBOR_ARRAY, &c) ? (unsigned)cbor_array(&c, ENTRY_MAX_BYTES) : 0;
}

bool entry_fact_item(const struct entry *e, uint32_t id, unsigned i, char *out, size_t out_bytes)
{
    struct cbor c;
    enum cbor_type type;
    if (!fact_open(e, id, CBOR_ARRAY, &c) || i >= cbor_array(&c, ENTRY_MAX_BYTES))
        return false;
    for (unsigned before = 0; before < i; before++)
        cbor_item(&c);
    if (!cbor_peek(&c, &type) || type != CBOR_TEXT)
        return false;
    cbor_string(&c, out, out_bytes);
    return cbor_ok(&c);
}
