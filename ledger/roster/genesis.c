#include "ledger/roster/genesis.h"

#include <string.h>

#include "crypto/sha256.h"
#include "ledger/roster/text.h"

enum { GENESIS_KEYS = 10, GENESIS_FORMAT = 1, SUITE_1 = 1, LAW_VERSION = 1 };

static const struct hash no_ledger;

static bool domain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* The domain begins every origin, where neither spaces nor '+' nor '/' may confuse a reader. */
static bool domain_check(const char *domain)
{
    for (const char *at = domain; *at != 0; at++)
        if (!domain_char(*at))
            return false;
    return domain[0] != 0 && domain[0] != '.' && domain[0] != '-';
}

static void domain_decode(struct genesis *g, struct cbor *c)
{
    cbor_string(c, g->domain, sizeof g->domain);
    if (!domain_check(g->domain))
        cbor_fail(c, ERR_RANGE);
}

static unsigned known_decode(struct cbor *c, unsigned known)
{
    if (cbor_uint(c) != known)
        cbor_fail(c, ERR_UNSUPPORTED);
    return known;
}

static unsigned number_decode(struct cbor *c, unsigned max)
{
    uint64_t value = cbor_uint(c);
    if (value > max)
        cbor_fail(c, ERR_RANGE);
    return cbor_ok(c) ? (unsigned)value : 0;
}

static void array_expect(struct cbor *c, uint64_t count)
{
    if (cbor_array(c, count) != count)
        cbor_fail(c, ERR_FORMAT);
}

static void roots_decode(struct genesis *g, struct cbor *c)
{
    g->root_count = (unsigned)cbor_array(c, ROOT_OFFICERS_MAX);
    for (unsigned i = 0; i < g->root_count && cbor_ok(c); i++) {
        struct root_officer *root = &g->roots[i];
        array_expect(c, 3);
        cbor_tagged(c, ALG_ED25519, root->key.b);
        text_decode(c, root->post, sizeof root->post);
        text_decode(c, root->person, sizeof root->person);
    }
}

static void recovery_decode(struct genesis *g, struct cbor *c)
{
    array_expect(c, 2);
    g->recovery_k = number_decode(c, RECOVERY_MAX);
    g->recovery_count = (unsigned)cbor_array(c, RECOVERY_MAX);
    for (unsigned i = 0; i < g->recovery_count && cbor_ok(c); i++)
        cbor_tagged(c, ALG_ED25519, g->recovery[i].b);
}

static void root_proofs_decode(struct genesis *g, struct cbor *c)
{
    array_expect(c, g->root_count);
    for (unsigned i = 0; i < g->root_count && cbor_ok(c); i++)
        cbor_fixed(c, g->roots[i].proof.b, SIG_BYTES);
}

static void genesis_field(struct genesis *g, struct cbor *c, uint64_t key)
{
    switch (key) {
    case 1: known_decode(c, GENESIS_FORMAT); break;
    case 2: domain_decode(g, c); break;
    case 3: g->suite = known_decode(c, SUITE_1); break;
    case 4: g->law_version = known_decode(c, LAW_VERSION); break;
    case 5: g->k = number_decode(c, ROOT_OFFICERS_MAX); break;
    case 6: roots_decode(g, c); break;
    case 7: recovery_decode(g, c); break;
    case 8: admission_decode(&g->convenor, c); break;
    case 9: g->created_s = cbor_uint(c); break;
    default: root_proofs_decode(g, c); break;
    }
}

static bool thresholds_check(const struct genesis *g)
{
    bool roots = g->k >= 1 && g->k <= g->root_count;
    bool recovery = g->recovery_count == 0
                        ? g->recovery_k == 0
                        : g->recovery_k >= 1 && g->recovery_k <= g->recovery_count;
    return roots && recovery;
}

/* k of n means k different keys. */
static bool distinct_check(const struct genesis *g)
{
    for (unsigned i = 1; i < g->root_count; i++)
        for (unsigned j = 0; j < i; j++)
            if (pubkey_equal(&g->roots[i].key, &g->roots[j].key))
                return false;
    for (unsigned i = 1; i < g->recovery_count; i++)
        for (unsigned j = 0; j < i; j++)
            if (pubkey_equal(&g->recovery[i], &g->recovery[j]))
                return false;
    return true;
}

static enum err keys_verify(const struct genesis *g)
{
    enum err e = admission_verify(&g->convenor, &no_ledger);
    for (unsigned i = 0; i < g->root_count && e == OK; i++)
        e = possession_verify(&g->roots[i].key, &no_ledger, g->convenor.id, "root",
                              &g->roots[i].proof);
    for (unsigned i = 0; i < g->recovery_count && e == OK; i++)
        e = pubkey_check(&g->recovery[i]);
    return e;
}

static enum err fields_decode(struct genesis *g, struct span bytes)
{
    struct cbor c;
    int64_t previous = -1;
    cbor_init(&c, bytes);
    if (cbor_map(&c, GENESIS_KEYS) != GENESIS_KEYS)
        cbor_fail(&c, ERR_FORMAT);
    for (uint64_t key = 1; key <= GENESIS_KEYS && cbor_ok(&c); key++) {
        map_expect(&c, &previous, key);
        genesis_field(g, &c, key);
    }
    return cbor_end(&c);
}

enum err genesis_decode(struct genesis *out, struct span bytes)
{
    *out = (struct genesis){0};
    if (bytes.len > GENESIS_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err e = fields_decode(out, bytes);
    if (e == OK && (!thresholds_check(out) || !distinct_check(out)))
        e = ERR_RANGE;
    if (e == OK)
        e = keys_verify(out);
    if (e == OK)
        sha256(bytes, &out->ledger);
    return e;
}

static void roots_encode(const struct genesis *g, struct cbor_out *w)
{
    cbor_put_array(w, g->root_count);
    for (unsigned i = 0; i < g->root_count; i++) {
        cbor_put_array(w, 3);
        cbor_put_tagged(w, ALG_ED25519, g->roots[i].key.b);
        cbor_put_text(w, g->roots[i].post);
        cbor_put_text(w, g->roots[i].person);
    }
}

static void recovery_encode(const struct genesis *g, struct cbor_out *w)
{
    cbor_put_array(w, 2);
    cbor_put_uint(w, g->recovery_k);
    cbor_put_array(w, g->recovery_count);
    for (unsigned i = 0; i < g->recovery_count; i++)
        cbor_put_tagged(w, ALG_ED25519, g->recovery[i].b);
}

static void root_proofs_encode(const struct genesis *g, struct cbor_out *w)
{
    cbor_put_array(w, g->root_count);
    for (unsigned i = 0; i < g->root_count; i++)
        cbor_put_bytes(w, span_of(g->roots[i].proof.b, SIG_BYTES));
}

static void fields_encode(const struct genesis *g, struct cbor_out *w)
{
    cbor_put_map(w, GENESIS_KEYS);
    cbor_put_uint(w, 1);
    cbor_put_uint(w, GENESIS_FORMAT);
    cbor_put_uint(w, 2);
    cbor_put_text(w, g->domain);
    cbor_put_uint(w, 3);
    cbor_put_uint(w, g->suite);
    cbor_put_uint(w, 4);
    cbor_put_uint(w, g->law_version);
    cbor_put_uint(w, 5);
    cbor_put_uint(w, g->k);
    cbor_put_uint(w, 6);
    roots_encode(g, w);
    cbor_put_uint(w, 7);
    recovery_encode(g, w);
    cbor_put_uint(w, 8);
    admission_encode(&g->convenor, w);
    cbor_put_uint(w, 9);
    cbor_put_uint(w, g->created_s);
    cbor_put_uint(w, 10);
    root_proofs_encode(g, w);
}

enum err genesis_encode(struct genesis *g, struct buffer *out)
{
    struct cbor_out w;
    size_t start = out->len;
    cbor_out_init(&w, out);
    fields_encode(g, &w);
    if (w.err == OK)
        sha256(span_of(out->data + start, out->len - start), &g->ledger);
    return w.err;
}
