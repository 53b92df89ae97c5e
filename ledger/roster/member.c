#include "ledger/roster/member.h"

#include <string.h>

#include "ledger/roster/text.h"

enum { POWERS = 8, KINDS = MEMBER_JUDICIAL, ADMISSION_KEYS = 12 };

static const char *const powers_names[POWERS] = {"enforce",    "trade",    "owner",   "territory",
                                                 "coordinate", "operator", "oversee", "judicial"};
static const char *const kinds_names[KINDS] = {"office",   "bureau",    "board",
                                               "district", "oversight", "judicial"};

const char *power_name(enum power p)
{
    for (unsigned i = 0; i < POWERS; i++)
        if ((unsigned)p == 1u << i)
            return powers_names[i];
    return "";
}

enum err power_from_name(const char *name, enum power *out)
{
    for (unsigned i = 0; i < POWERS; i++) {
        if (strcmp(name, powers_names[i]) == 0) {
            *out = (enum power)(1u << i);
            return OK;
        }
    }
    return ERR_RANGE;
}

const char *member_kind_name(enum member_kind k)
{
    return k >= MEMBER_OFFICE && k <= MEMBER_JUDICIAL ? kinds_names[k - MEMBER_OFFICE] : "";
}

enum err member_kind_from_name(const char *name, enum member_kind *out)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (strcmp(name, kinds_names[i]) == 0) {
            *out = (enum member_kind)(MEMBER_OFFICE + i);
            return OK;
        }
    }
    return ERR_RANGE;
}

static void powers_encode(unsigned powers, struct cbor_out *w)
{
    cbor_put_array(w, (unsigned)__builtin_popcount(powers));
    for (unsigned i = 0; i < POWERS; i++)
        if (powers & 1u << i)
            cbor_put_text(w, powers_names[i]);
}

static unsigned powers_decode(struct cbor *c)
{
    unsigned powers = 0;
    uint64_t count = cbor_array(c, POWERS);
    for (uint64_t i = 0; i < count && cbor_ok(c); i++) {
        char name[ID_MAX_BYTES + 1];
        enum power power = 0;
        cbor_string(c, name, sizeof name);
        if (power_from_name(name, &power) != OK)
            cbor_fail(c, ERR_RANGE);
        else if ((unsigned)power <= powers)
            cbor_fail(c, ERR_FORMAT);
        powers |= (unsigned)power;
    }
    return powers;
}

static enum member_kind kind_decode(struct cbor *c)
{
    char name[ID_MAX_BYTES + 1];
    enum member_kind kind = MEMBER_OFFICE;
    cbor_string(c, name, sizeof name);
    if (member_kind_from_name(name, &kind) != OK)
        cbor_fail(c, ERR_RANGE);
    return kind;
}

void admission_encode(const struct admission *a, struct cbor_out *w)
{
    cbor_put_map(w, ADMISSION_KEYS);
    cbor_put_uint(w, 1);
    cbor_put_text(w, a->id);
    cbor_put_uint(w, 2);
    cbor_put_text(w, a->name);
    cbor_put_uint(w, 3);
    cbor_put_text(w, member_kind_name(a->kind));
    cbor_put_uint(w, 4);
    cbor_put_text(w, a->institution);
    cbor_put_uint(w, 5);
    powers_encode(a->powers, w);
    cbor_put_uint(w, 6);
    cbor_put_bool(w, a->vertical);
    cbor_put_uint(w, 7);
    cbor_put_tagged(w, ALG_ED25519, a->node_key.b);
    cbor_put_uint(w, 8);
    cbor_put_bytes(w, span_of(a->node_proof.b, SIG_BYTES));
    cbor_put_uint(w, 9);
    cbor_put_tagged(w, ALG_ED25519, a->admin_key.b);
    cbor_put_uint(w, 10);
    cbor_put_text(w, a->admin_post);
    cbor_put_uint(w, 11);
    cbor_put_text(w, a->admin_person);
    cbor_put_uint(w, 12);
    cbor_put_bytes(w, span_of(a->admin_proof.b, SIG_BYTES));
}

static void admission_field(struct admission *a, struct cbor *c, uint64_t key)
{
    switch (key) {
    case 1: text_decode_id(c, a->id, sizeof a->id); break;
    case 2: text_decode(c, a->name, sizeof a->name); break;
    case 3: a->kind = kind_decode(c); break;
    case 4: text_decode_id(c, a->institution, sizeof a->institution); break;
    case 5: a->powers = powers_decode(c); break;
    case 6: a->vertical = cbor_bool(c); break;
    case 7: cbor_tagged(c, ALG_ED25519, a->node_key.b); break;
    case 8: cbor_fixed(c, a->node_proof.b, SIG_BYTES); break;
    case 9: cbor_tagged(c, ALG_ED25519, a->admin_key.b); break;
    case 10: text_decode(c, a->admin_post, sizeof a->admin_post); break;
    case 11: text_decode(c, a->admin_person, sizeof a->admin_person); break;
    default: cbor_fixed(c, a->admin_proof.b, SIG_BYTES); break;
    }
}

void admission_decode(struct admission *out, struct cbor *c)
{
    int64_t previous = -1;
    *out = (struct admission){0};
    if (cbor_map(c, ADMISSION_KEYS) != ADMISSION_KEYS)
        cbor_fail(c, ERR_FORMAT);
    for (uint64_t key = 1; key <= ADMISSION_KEYS && cbor_ok(c); key++) {
        map_expect(c, &previous, key);
        admission_field(out, c, key);
    }
}

enum err admission_verify(const struct admission *a, const struct hash *ledger)
{
    enum err e = possession_verify(&a->node_key, ledger, a->id, "node", &a->node_proof);
    if (e == OK)
        e = possession_verify(&a->admin_key, ledger, a->id, "officer", &a->admin_proof);
    return e;
}
