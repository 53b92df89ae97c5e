#include "net/desk_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/kinds.h"
#include "ledger/log/member_id.h"
#include "net/address.h"
#include "net/certificate.h"

enum { FORM = 1 };

static bool take_text(const json_t *o, const char *name, char *out, size_t room)
{
    const json_t *value = json_object_get(o, name);
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len >= room || strlen(json_string_value(value)) != len)
        return false;
    memcpy(out, json_string_value(value), len + 1);
    return true;
}

static bool take_hex(const json_t *o, const char *name, uint8_t out[32])
{
    size_t len = 0;
    const char *text = json_string_value(json_object_get(o, name));
    return text != NULL && hex_decode(out, 32, text, strlen(text), &len) == OK && len == 32;
}

static bool take_addresses(const json_t *list, struct desk_file *f)
{
    if (!json_is_array(list) || json_array_size(list) > CONFIG_MAX_LISTEN)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || strlen(text) >= CONFIG_ADDRESS_BYTES || address_check(text) != OK)
            return false;
        memcpy(f->addresses[i], text, strlen(text) + 1);
    }
    f->address_count = (unsigned)json_array_size(list);
    return true;
}

static enum err take(struct desk_file *f, const json_t *o)
{
    enum { NAMES = 8 };
    const json_t *form = json_object_get(o, "jieli_desk");
    const json_t *index = json_object_get(o, "certificate");
    if (!json_is_integer(form))
        return ERR_FORMAT;
    if (json_integer_value(form) != FORM)
        return ERR_UNSUPPORTED;
    if (json_object_size(o) != NAMES || !json_is_integer(index))
        return ERR_FORMAT;
    f->certificate = (uint64_t)json_integer_value(index);
    bool good = json_integer_value(index) >= 0 && take_hex(o, "ledger", f->ledger.b) &&
                take_text(o, "domain", f->domain, sizeof f->domain) &&
                take_text(o, "member", f->member, sizeof f->member) &&
                take_hex(o, "node_key", f->node_key.b) &&
                take_text(o, "key", f->key, sizeof f->key) &&
                take_addresses(json_object_get(o, "addresses"), f) &&
                member_id_valid(span_of(f->member, strlen(f->member)));
    return good ? OK : ERR_RANGE;
}

enum err desk_file_decode(struct desk_file *out, struct span text)
{
    json_t *o = text.len > DESK_FILE_MAX_BYTES
                    ? NULL : json_loadb((const char *)text.data, text.len,
                                        JSON_REJECT_DUPLICATES, NULL);
    *out = (struct desk_file){.address_count = 0};
    enum err err = json_is_object(o) ? take(out, o) : ERR_FORMAT;
    json_decref(o);
    return err;
}

enum err desk_file_encode(const struct desk_file *f, struct buffer *out)
{
    char ledger[2 * HASH_BYTES + 1], key[2 * PUBKEY_BYTES + 1];
    json_t *list = json_array();
    for (unsigned i = 0; i < f->address_count; i++)
        json_array_append_new(list, json_string(f->addresses[i]));
    enum err err = hex_encode(ledger, sizeof ledger, span_of(f->ledger.b, HASH_BYTES));
    if (err == OK)
        err = hex_encode(key, sizeof key, span_of(f->node_key.b, PUBKEY_BYTES));
    json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:I, s:s}", "jieli_desk", FORM,
                          "ledger", ledger, "domain", f->domain, "member", f->member, "node_key",
                          key, "addresses", list, "certificate", (json_int_t)f->certificate,
                          "key", f->key);
    char *text = json_dumps(o, JSON_INDENT(1));
    json_decref(o);
    if (err == OK)
        err = text == NULL ? ERR_NOMEM : buffer_put(out, text, strlen(text));
    if (err == OK)
        err = buffer_put_u8(out, '\n');
    free(text);
    return err;
}

static enum err place_check(const struct desk_file *f, const struct peer_certificate *c)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    struct checkpoint head;
    enum err err = log_origin(f->domain, &f->ledger, f->member, 0, origin);
    if (err == OK)
        err = checkpoint_verify(&head, c->note, origin, &f->node_key);
    if (err == OK)
        err = merkle_verify_inclusion(c->index, head.size, &c->entry.id, &c->proof, &head.root);
    return err == OK ? entry_verify(&c->entry, &f->ledger) : err;
}

static enum err key_check(const struct entry *e, const struct xpubkey *key)
{
    struct cbor value;
    struct xpubkey certified;
    const struct fact *fact = entry_fact(e, FACT_TRANSPORT);
    if (e->kind != KIND_CERTIFY || fact == NULL)
        return ERR_VOID;
    cbor_init(&value, fact->value);
    cbor_tagged(&value, ALG_X25519, certified.b);
    if (cbor_end(&value) != OK)
        return ERR_VOID;
    return memcmp(certified.b, key->b, PUBKEY_BYTES) == 0 ? OK : ERR_KEY;
}

enum err desk_file_judge(const struct desk_file *f, const struct xpubkey *key,
                         struct span certificate, uint64_t *index)
{
    struct peer_certificate c;
    enum err err = certificate_decode(&c, certificate);
    if (err != OK)
        return err;
    if (!hash_equal(&c.entry.ledger, &f->ledger) || strcmp(c.entry.member, f->member) != 0 ||
        c.entry.epoch != 0)
        return ERR_WRONG_LEDGER;
    if (c.index < f->certificate)
        return ERR_OVERTAKEN;
    err = place_check(f, &c);
    if (err == OK)
        err = key_check(&c.entry, key);
    if (err == OK)
        *index = c.index;
    return err;
}
