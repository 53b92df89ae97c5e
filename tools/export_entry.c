/* JSON of an entry back into bytes: the inverse of ledger/query/entry_json.c. */
#include <stdlib.h>
#include <string.h>

#include "tools/dates.h"
#include "tools/export_file.h"

struct reading {
    struct entry_draft draft;
    char member[ID_MAX_BYTES + 1];
    struct hash refs[ENTRY_HARD_MAX_REFS], other_refs[ENTRY_HARD_MAX_REFS];
    struct fact facts[ENTRY_MAX_FACTS];
    struct part_ref parts[ENTRY_MAX_PARTS];
    struct signer signers[ENTRY_MAX_SIGNERS];
    unsigned signer_count;
    struct buffer values, payload;
};

static bool bytes_of(const json_t *value, void *out, size_t len)
{
    const char *text = json_string_value(value);
    size_t got;
    return text != NULL && hex_decode(out, len, text, strlen(text), &got) == OK && got == len;
}

static bool number_of(const json_t *value, uint64_t *out)
{
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* ---- facts ---- */

static void put_texts(struct cbor_out *w, const json_t *list)
{
    const json_t *item;
    size_t i;
    cbor_put_array(w, json_array_size(list));
    json_array_foreach(list, i, item) {
        if (json_is_string(item))
            cbor_put_text(w, json_string_value(item));
        else
            w->err = ERR_FORMAT;
    }
}

static void put_hex(struct cbor_out *w, const json_t *value, bool whole_item)
{
    const char *text = json_string_value(value);
    size_t len = text == NULL ? 0 : strlen(text);
    uint8_t *bytes = malloc(len / 2 + 1);
    if (bytes == NULL)
        w->err = ERR_NOMEM;
    else if (text == NULL || hex_decode(bytes, len / 2, text, len, &len) != OK)
        w->err = ERR_FORMAT;
    else if (whole_item)
        cbor_put_item(w, span_of(bytes, len));
    else
        cbor_put_bytes(w, span_of(bytes, len));
    free(bytes);
}

static void put_tracks(struct cbor_out *w, const json_t *list)
{
    const json_t *pair;
    size_t i;
    cbor_put_array(w, json_array_size(list));
    json_array_foreach(list, i, pair)
        put_texts(w, pair);
}

static void put_code(struct cbor_out *w, const struct fact_row *row, const json_t *value)
{
    const char *name = json_string_value(value);
    const struct code_row *code = name == NULL ? NULL : fact_code_by_name(row, name);
    if (code == NULL)
        w->err = ERR_FORMAT;
    else
        cbor_put_uint(w, code->value);
}

static void put_set(struct cbor_out *w, const struct fact_row *row, const json_t *list)
{
    const json_t *item;
    uint64_t set = 0;
    size_t i;
    json_array_foreach(list, i, item) {
        const struct code_row *code =
            json_is_string(item) ? fact_code_by_name(row, json_string_value(item)) : NULL;
        if (code == NULL)
            w->err = ERR_FORMAT;
        else
            set |= code->value;
    }
    cbor_put_uint(w, set);
}

static void put_date(struct cbor_out *w, const json_t *value)
{
    uint64_t days = 0;
    if (!json_is_string(value) || date_parse(json_string_value(value), &days) != OK)
        w->err = ERR_FORMAT;
    else
        cbor_put_uint(w, days);
}

static void put_id(struct cbor_out *w, const json_t *value)
{
    struct hash id;
    if (!bytes_of(value, id.b, HASH_BYTES))
        w->err = ERR_FORMAT;
    else
        cbor_put_tagged(w, ALG_SHA256, id.b);
}

static void put_uint(struct cbor_out *w, const json_t *value)
{
    uint64_t v;
    if (!number_of(value, &v))
        w->err = ERR_FORMAT;
    else
        cbor_put_uint(w, v);
}

enum err export_fact(const struct fact_row *row, const json_t *value, struct buffer *out)
{
    struct cbor_out w;
    const json_t *raw = json_object_get(value, "cbor");
    cbor_out_init(&w, out);
    if (raw != NULL || row == NULL) {
        put_hex(&w, raw, true);
        return w.err;
    }
    switch (row->type) {
    case FACT_TYPE_UINT: put_uint(&w, value); break;
    case FACT_TYPE_BOOL:
        cbor_put_bool(&w, json_is_true(value));
        w.err = json_is_boolean(value) ? w.err : ERR_FORMAT;
        break;
    case FACT_TYPE_TEXT:
    case FACT_TYPE_MEMBER:
        if (json_is_string(value))
            cbor_put_text(&w, json_string_value(value));
        else
            w.err = ERR_FORMAT;
        break;
    case FACT_TYPE_CODE: put_code(&w, row, value); break;
    case FACT_TYPE_MEMBERS:
    case FACT_TYPE_TEXTS: put_texts(&w, value); break;
    case FACT_TYPE_DATE: put_date(&w, value); break;
    case FACT_TYPE_ID: put_id(&w, value); break;
    case FACT_TYPE_TRACKS: put_tracks(&w, value); break;
    case FACT_TYPE_KEY:
    case FACT_TYPE_BYTES: put_hex(&w, value, false); break;
    case FACT_TYPE_ITEM: put_hex(&w, value, true); break;
    case FACT_TYPE_SET: put_set(&w, row, value); break;
    }
    return w.err;
}

/* "doc_no" is fact doc-no; "fact_77" one that has no row. */
static bool fact_id_of(const char *key, uint32_t *id, const struct fact_row **row)
{
    char name[64];
    size_t len = strlen(key);
    if (len >= sizeof name)
        return false;
    for (size_t i = 0; i <= len; i++)
        name[i] = key[i] == '_' ? '-' : key[i];
    *row = fact_row_by_name(name);
    if (*row != NULL) {
        *id = (*row)->id;
        return true;
    }
    char *end;
    unsigned long number = strncmp(key, "fact_", 5) == 0 ? strtoul(key + 5, &end, 10) : 0;
    *id = (uint32_t)number;
    return number > 0 && number <= UINT32_MAX && *end == 0;
}

static int by_id(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static enum err read_facts(struct reading *r, json_t *facts)
{
    size_t offsets[ENTRY_MAX_FACTS + 1];
    const char *key;
    json_t *value;
    unsigned n = 0;
    enum err err = OK;
    json_object_foreach(facts, key, value) {
        const struct fact_row *row;
        if (n == ENTRY_MAX_FACTS || !fact_id_of(key, &r->facts[n].id, &row))
            return ERR_FORMAT;
        offsets[n++] = r->values.len;
        err = export_fact(row, value, &r->values);
        if (err != OK)
            return err;
    }
    offsets[n] = r->values.len;
    for (unsigned i = 0; i < n; i++)
        r->facts[i].value = span_of(r->values.data + offsets[i], offsets[i + 1] - offsets[i]);
    qsort(r->facts, n, sizeof r->facts[0], by_id);
    r->draft.facts = r->facts;
    r->draft.fact_count = n;
    return OK;
}

/* ---- the rest of the payload ---- */

static bool read_ids(const json_t *list, struct hash *out, unsigned *count)
{
    const json_t *item;
    size_t i;
    if (json_array_size(list) > ENTRY_HARD_MAX_REFS)
        return false;
    json_array_foreach(list, i, item) {
        if (!bytes_of(item, out[i].b, HASH_BYTES))
            return false;
    }
    *count = (unsigned)json_array_size(list);
    return true;
}

static bool read_optional(const json_t *line, const char *key, bool *has, struct hash *out)
{
    const json_t *value = json_object_get(line, key);
    *has = value != NULL;
    return value == NULL || bytes_of(value, out->b, HASH_BYTES);
}

static bool read_parts(struct reading *r, const json_t *list)
{
    const json_t *item;
    size_t i;
    if (json_array_size(list) > ENTRY_MAX_PARTS)
        return false;
    json_array_foreach(list, i, item) {
        struct part_ref *p = &r->parts[i];
        const char *mode = json_string_value(json_object_get(item, "mode"));
        p->role = (uint8_t)json_integer_value(json_object_get(item, "role_no"));
        if (mode == NULL || !number_of(json_object_get(item, "padded_bytes"), &p->padded_bytes) ||
            !bytes_of(json_object_get(item, "commitment"), p->commitment.b, HASH_BYTES))
            return false;
        p->mode = strcmp(mode, "open") == 0 ? PART_OPEN : PART_SEALED;
    }
    r->draft.parts = r->parts;
    r->draft.part_count = (unsigned)json_array_size(list);
    return true;
}

static bool read_signers(struct reading *r, const json_t *list)
{
    static const char *const roles[] = {"", "handle", "review", "issue", "verify"};
    const json_t *item;
    size_t i;
    if (json_array_size(list) > ENTRY_MAX_SIGNERS)
        return false;
    json_array_foreach(list, i, item) {
        struct signer *s = &r->signers[i];
        const char *post = json_string_value(json_object_get(item, "post"));
        const char *role = json_string_value(json_object_get(item, "role"));
        if (post == NULL || strlen(post) >= sizeof s->post || role == NULL ||
            !bytes_of(json_object_get(item, "key"), s->key.b, PUBKEY_BYTES) ||
            !read_optional(item, "enrolment", &s->foreign, &s->enrolment))
            return false;
        memcpy(s->post, post, strlen(post) + 1);
        for (unsigned k = 1; k < 5; k++)
            s->role = strcmp(role, roles[k]) == 0 ? (enum role)k : s->role;
    }
    r->signer_count = (unsigned)json_array_size(list);
    return true;
}

static bool read_numbers(struct reading *r, const json_t *line)
{
    struct entry_draft *d = &r->draft;
    const json_t *law = json_object_get(line, "law"), *own = json_object_get(line, "own");
    const char *member = json_string_value(json_object_get(line, "member"));
    uint64_t epoch, kind, law_epoch;
    if (member == NULL || strlen(member) >= sizeof r->member ||
        !number_of(json_object_get(line, "member_epoch"), &epoch) ||
        !number_of(json_object_get(line, "kind_no"), &kind) ||
        !number_of(json_object_get(law, "epoch"), &law_epoch) ||
        !number_of(json_object_get(law, "size"), &d->law_size) ||
        !number_of(json_object_get(own, "size"), &d->own_size) ||
        !number_of(json_object_get(line, "time_s"), &d->time_s))
        return false;
    memcpy(r->member, member, strlen(member) + 1);
    d->member = r->member;
    d->epoch = (uint32_t)epoch;
    d->kind = (uint32_t)kind;
    d->law_epoch = (uint32_t)law_epoch;
    return bytes_of(json_object_get(own, "root"), d->own_root.b, HASH_BYTES) &&
           bytes_of(json_object_get(line, "nonce"), d->nonce.b, NONCE_BYTES) &&
           bytes_of(json_object_get(line, "ledger"), d->ledger.b, HASH_BYTES);
}

static enum err read_line(struct reading *r, const json_t *line)
{
    struct entry_draft *d = &r->draft;
    d->refs = r->refs;
    d->other_refs = r->other_refs;
    if (!read_numbers(r, line) || !read_optional(line, "case", &d->has_case, &d->case_id) ||
        !read_optional(line, "base", &d->has_base, &d->base) ||
        !read_optional(line, "other_case", &d->has_other, &d->other_case) ||
        !read_ids(json_object_get(line, "refs"), r->refs, &d->ref_count) ||
        !read_ids(json_object_get(line, "other_refs"), r->other_refs, &d->other_ref_count) ||
        !read_parts(r, json_object_get(line, "parts")) ||
        !read_signers(r, json_object_get(line, "signers")))
        return ERR_FORMAT;
    return read_facts(r, json_object_get(line, "facts"));
}

enum err export_entry_bytes(const json_t *line, struct buffer *out)
{
    struct reading *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR_NOMEM;
    enum err err = read_line(r, line);
    if (err == OK)
        err = entry_payload_encode(&r->draft, &r->payload);
    if (err == OK)
        err = entry_encode(buffer_span(&r->payload), r->signers, r->signer_count, out);
    buffer_clear(&r->values);
    buffer_clear(&r->payload);
    free(r);
    return err;
}
