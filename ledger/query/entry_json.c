#include <stdio.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/query/answer.h"

static json_t *text_json(struct span text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *texts_json(struct cbor *c)
{
    json_t *list = json_array();
    for (uint64_t n = cbor_array(c, FACT_MAX_LIST); n > 0 && cbor_ok(c); n--)
        json_array_append_new(list, text_json(cbor_text(c)));
    return list;
}

static json_t *tracks_json(struct cbor *c)
{
    json_t *list = json_array();
    for (uint64_t n = cbor_array(c, FACT_MAX_LIST); n > 0 && cbor_ok(c); n--) {
        if (cbor_array(c, 2) != 2) {
            cbor_fail(c, ERR_FORMAT);
            break;
        }
        json_t *pair = json_array();
        json_array_append_new(pair, text_json(cbor_text(c)));
        json_array_append_new(pair, text_json(cbor_text(c)));
        json_array_append_new(list, pair);
    }
    return list;
}

static json_t *code_json(struct cbor *c, const struct fact_row *row)
{
    const struct code_row *code = fact_code(row, cbor_uint(c));
    if (code == NULL)
        cbor_fail(c, ERR_RANGE);
    return code == NULL ? NULL : json_string(code->name);
}

static json_t *set_json(struct cbor *c, const struct fact_row *row)
{
    uint64_t set = cbor_uint(c), known = 0;
    json_t *list = json_array();
    for (const struct code_row *code = row->codes; code != NULL && code->name != NULL; code++) {
        known |= code->value;
        if ((set & code->value) != 0)
            json_array_append_new(list, json_string(code->name));
    }
    if ((set & ~known) != 0)
        cbor_fail(c, ERR_RANGE);
    return list;
}

static json_t *id_json(struct cbor *c)
{
    struct hash id = {{0}};
    cbor_tagged(c, ALG_SHA256, id.b);
    return json_of_hash(&id);
}

static json_t *number_json(struct cbor *c)
{
    uint64_t v = cbor_uint(c);
    if (v > INT64_MAX)
        cbor_fail(c, ERR_RANGE);
    return json_of_number(v & INT64_MAX);
}

static json_t *date_json(struct cbor *c)
{
    enum { LAST_DAY = 2932896 };                    /* 9999-12-31 */
    uint64_t days = cbor_uint(c);
    if (days > LAST_DAY)
        cbor_fail(c, ERR_RANGE);
    return json_of_date(days > LAST_DAY ? 0 : days);
}

static json_t *value_json(struct cbor *c, const struct fact_row *row)
{
    switch (row->type) {
    case FACT_TYPE_UINT: return number_json(c);
    case FACT_TYPE_BOOL: return json_boolean(cbor_bool(c));
    case FACT_TYPE_TEXT:
    case FACT_TYPE_MEMBER: return text_json(cbor_text(c));
    case FACT_TYPE_CODE: return code_json(c, row);
    case FACT_TYPE_MEMBERS:
    case FACT_TYPE_TEXTS: return texts_json(c);
    case FACT_TYPE_DATE: return date_json(c);
    case FACT_TYPE_ID: return id_json(c);
    case FACT_TYPE_TRACKS: return tracks_json(c);
    case FACT_TYPE_KEY:
    case FACT_TYPE_BYTES: return json_of_hex(cbor_bytes(c));
    case FACT_TYPE_ITEM: return json_of_hex(cbor_item(c));
    case FACT_TYPE_SET: return set_json(c, row);
    }
    return NULL;
}

/* A fact whose value is not of its type stands as {"cbor": hex}, so that nothing is lost. */
static json_t *fact_json(const struct fact *fact, const struct fact_row *row)
{
    struct cbor c;
    json_t *value = NULL;
    cbor_init(&c, fact->value);
    if (row != NULL)
        value = value_json(&c, row);
    if (value != NULL && cbor_end(&c) == OK)
        return value;
    json_decref(value);
    return json_pack("{s:o}", "cbor", json_of_hex(fact->value));
}

json_t *answer_facts(struct answer *a, const struct entry *e)
{
    json_t *out = json_object();
    for (unsigned i = 0; i < e->fact_count; i++) {
        const struct fact_row *row = fact_row(e->facts[i].id);
        char key[64];
        if (row == NULL)
            snprintf(key, sizeof key, "fact_%u", (unsigned)e->facts[i].id);
        else
            snprintf(key, sizeof key, "%s", row->name);
        for (char *p = key; *p != 0; p++)
            *p = *p == '-' ? '_' : *p;
        answer_put(a, out, key, fact_json(&e->facts[i], row));
    }
    return out;
}

static json_t *ids_json(struct answer *a, const struct id_list *list)
{
    json_t *out = json_array();
    for (unsigned i = 0; i < list->count; i++) {
        struct hash id;
        id_list_get(list, i, &id);
        answer_add(a, out, json_of_hash(&id));
    }
    return out;
}

/* Those who left among them: they signed what stands. */
static const struct officer *officer_ever(const struct answer *a, struct member_no m,
                                          const struct pubkey *key)
{
    const struct officer *o;
    for (unsigned i = 0; (o = roster_officer_at(a->roster, m, i)) != NULL; i++)
        if (pubkey_equal(&o->key, key))
            return o;
    return NULL;
}

static void put_person(struct answer *a, json_t *o, const struct entry *e, const struct signer *s)
{
    const struct member *m = roster_by_log(a->roster, e->member);
    const struct officer *officer = NULL;
    if (s->foreign)
        officer = roster_officer_by_enrolment(a->roster, &s->enrolment);
    else if (m != NULL)
        officer = officer_ever(a, m->no, &s->key);
    if (s->foreign)
        answer_put(a, o, "enrolment", json_of_hash(&s->enrolment));
    if (officer == NULL)
        return;
    answer_put(a, o, "person", json_string(officer->person));
    answer_put(a, o, "member", json_of_member(a, officer->member));
}

static void put_signers(struct answer *a, json_t *o, const struct entry *e)
{
    static const char *const roles[] = {"", "handle", "review", "issue", "verify"};
    json_t *list = answer_list(a, o, "signers");
    for (unsigned i = 0; i < e->signer_count; i++) {
        const struct signer *s = &e->signers[i];
        json_t *one = json_object();
        answer_put(a, one, "key", json_of_hex(span_of(s->key.b, PUBKEY_BYTES)));
        answer_put(a, one, "post", json_string(s->post));
        answer_put(a, one, "role", json_string(roles[s->role]));
        put_person(a, one, e, s);
        answer_add(a, list, one);
    }
}

static const char *part_role_name(unsigned role)
{
    const struct reader_row *row = reader_row(role);
    return row == NULL ? "" : row->name;
}

static void put_parts(struct answer *a, json_t *o, const struct entry *e)
{
    json_t *list = answer_list(a, o, "parts");
    for (unsigned i = 0; i < e->part_count; i++) {
        const struct part_ref *p = &e->parts[i];
        answer_add(a, list,
                   json_pack("{s:i,s:s,s:s,s:I,s:o}", "role_no", (int)p->role, "role",
                             part_role_name(p->role), "mode",
                             p->mode == PART_OPEN ? "open" : "sealed", "padded_bytes",
                             (json_int_t)p->padded_bytes, "commitment",
                             json_of_hash(&p->commitment)));
    }
}

static void put_fields(struct answer *a, json_t *o, const struct entry *e)
{
    const struct kind_row *kind = kind_row(e->kind);
    answer_put(a, o, "ledger", json_of_hash(&e->ledger));
    answer_put(a, o, "member", json_string(e->member));
    answer_put(a, o, "member_epoch", json_of_number(e->epoch));
    answer_put(a, o, "kind", json_string(kind == NULL ? "" : kind->name));
    answer_put(a, o, "kind_no", json_of_number(e->kind));
    if (e->has_case)
        answer_put(a, o, "case", json_of_hash(&e->case_id));
    answer_put(a, o, "refs", ids_json(a, &e->refs));
    if (e->has_base)
        answer_put(a, o, "base", json_of_hash(&e->base));
    if (e->has_other) {
        answer_put(a, o, "other_case", json_of_hash(&e->other_case));
        answer_put(a, o, "other_refs", ids_json(a, &e->other_refs));
    }
    answer_put(a, o, "law", json_pack("{s:I,s:I}", "epoch", (json_int_t)e->law_epoch, "size",
                                      (json_int_t)e->law_size));
    answer_put(a, o, "own", json_pack("{s:I,s:o}", "size", (json_int_t)e->own_size, "root",
                                      json_of_hash(&e->own_root)));
    answer_put(a, o, "nonce", json_of_hex(span_of(e->nonce.b, NONCE_BYTES)));
    answer_put(a, o, "time_s", json_of_number(e->time_s));
    answer_put(a, o, "facts", answer_facts(a, e));
    put_parts(a, o, e);
    put_signers(a, o, e);
}

static const struct log *log_of(struct ledger *l, struct log_no no)
{
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(l, i)) != NULL; i++) {
        if (log->no.v == no.v)
            return log;
    }
    return NULL;
}

static enum err put_verdict(struct answer *a, json_t *o, struct position at)
{
    enum verdict verdict;
    enum reason reason;
    enum err err = ledger_verdict(a->l, at, &verdict, &reason);
    if (err != OK)
        return err;
    answer_put(a, o, "verdict", json_string(verdict_name(verdict)));
    if (reason != REASON_NONE)
        answer_put(a, o, "reason", json_string(reason_name(reason)));
    return OK;
}

enum err query_entry_json(struct ledger *l, struct position at, json_t **out)
{
    struct answer a = {.l = l, .roster = ledger_roster(l)};
    const struct log *log = log_of(l, at.log);
    struct span bytes;
    struct hash id;
    struct entry e;
    *out = NULL;
    if (log == NULL)
        return ERR_NOTFOUND;
    enum err err = log_read(ledger_txn(l), at.log, at.index, &bytes);
    if (err != OK)
        return err;
    json_t *o = json_object();
    merkle_leaf(bytes, &id);
    answer_put(&a, o, "log", json_string(log->member));
    answer_put(&a, o, "epoch", json_of_number(log->epoch));
    answer_put(&a, o, "index", json_of_number(at.index));
    answer_put(&a, o, "id", json_of_hash(&id));
    if (entry_decode(&e, bytes) == OK)
        put_fields(&a, o, &e);
    err = put_verdict(&a, o, at);
    err = err != OK ? err : a.err;
    if (err != OK)
        json_decref(o);
    else
        *out = o;
    return err;
}
