#include "tools/writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/cases/state.h"
#include "net/act_blob.h"
#include "tools/desk.h"
#include "tools/waiting.h"
#include "tools/words.h"

void writing_init(struct writing *w, const struct kind_row *kind)
{
    memset(w, 0, sizeof *w);
    w->kind = kind;
}

void writing_clear(struct writing *w)
{
    buffer_clear(&w->payload);
}

static bool hash_of(const json_t *o, const char *key, struct hash *out)
{
    size_t len;
    const char *hex = json_string_value(json_object_get(o, key));
    return hex != NULL && hex_decode(out->b, HASH_BYTES, hex, strlen(hex), &len) == OK &&
           len == HASH_BYTES;
}

static uint64_t number_of(const json_t *o, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(o, key));
}

static void text_of(const json_t *o, const char *key, char *out, size_t out_bytes)
{
    const char *text = json_string_value(json_object_get(o, key));
    snprintf(out, out_bytes, "%s", text == NULL ? "" : text);
}

static enum err take_refs(const json_t *reply, struct hash refs[ENTRY_MAX_REFS], unsigned *count)
{
    const json_t *list = json_object_get(reply, "refs");
    *count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *hex = json_string_value(json_array_get(list, i));
        size_t len;
        if (*count == ENTRY_MAX_REFS || hex == NULL ||
            hex_decode(refs[*count].b, HASH_BYTES, hex, strlen(hex), &len) != OK)
            return ERR_PROTOCOL;
        (*count)++;
    }
    return OK;
}

static enum err fill_draft(const struct session *s, struct writing *w, const json_t *reply,
                           struct entry_draft *d, struct hash refs[ENTRY_MAX_REFS])
{
    if (!hash_of(reply, "ledger", &d->ledger) || !hash_of(reply, "own_root", &d->own_root))
        return ERR_PROTOCOL;
    if (s->desk != NULL && !hash_equal(&d->ledger, &s->desk->file.ledger))
        return ERR_WRONG_LEDGER;
    w->ledger = d->ledger;
    text_of(reply, "member", w->member, sizeof w->member);
    text_of(reply, "number", w->number, sizeof w->number);
    w->epoch = (uint32_t)number_of(reply, "epoch");
    w->time_s = (uint64_t)time(NULL);
    d->member = w->member;
    d->epoch = w->epoch;
    d->kind = w->kind->kind;
    d->has_case = hash_of(reply, "case", &d->case_id);
    d->has_base = hash_of(reply, "base", &d->base);
    d->refs = refs;
    d->law_epoch = (uint32_t)number_of(reply, "law_epoch");
    d->law_size = number_of(reply, "law_size");
    d->own_size = number_of(reply, "own_size");
    d->time_s = w->time_s;
    random_bytes(d->nonce.b, NONCE_BYTES);
    return take_refs(reply, refs, &d->ref_count);
}

static enum err seal_parts(const json_t *reply, struct part_inputs *parts, struct entry_draft *d,
                           struct part_ref refs[ENTRY_MAX_PARTS])
{
    struct hash key;
    struct xpubkey own;
    if (!hash_of(reply, "sealing", &key))
        return ERR_PROTOCOL;
    memcpy(own.b, key.b, PUBKEY_BYTES);
    d->part_count = parts->count;
    return part_inputs_seal(parts, &d->ledger, d->member, &d->nonce, &own, refs);
}

int writing_compose(struct session *s, struct writing *w, const char *case_text,
                    const struct fact *facts, unsigned fact_count, struct part_inputs *parts)
{
    json_t *reply, *request = json_pack("{s:s,s:s}", "query", "compose", "kind", w->kind->name);
    struct hash refs[ENTRY_MAX_REFS];
    struct part_ref part_refs[ENTRY_MAX_PARTS];
    struct entry_draft d = {.facts = facts, .fact_count = fact_count, .parts = part_refs};
    if (case_text != NULL)
        json_object_set_new(request, "case", json_string(case_text));
    int code = session_ask_daemon(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    w->parts = parts;
    enum err err = fill_draft(s, w, reply, &d, refs);
    if (err == OK && parts != NULL && parts->count > 0)
        err = seal_parts(reply, parts, &d, part_refs);
    if (err == OK)
        err = entry_payload_encode(&d, &w->payload);
    json_decref(reply);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, NULL);
}

int writing_sign(struct session *s, struct writing *w, struct officer_keys *keys)
{
    int code = officer_keys_match(s, keys, w->member, w->kind, w->signer_count);
    for (unsigned i = 0; code == EXIT_DONE && i < keys->count; i++) {
        if (w->signer_count == ENTRY_MAX_SIGNERS)
            return session_usage(s, _("at most four officers sign one act"), NULL);
        struct signer *signer = &w->signers[w->signer_count];
        *signer = keys->all[i].signer;
        enum err err =
            officer_key_sign(&keys->all[i], buffer_span(&w->payload), &w->ledger, signer);
        if (err != OK)
            return session_fail_at(s, err, NULL);
        w->signer_count++;
    }
    return code;
}

void writing_draft(const struct writing *w, unsigned needed, struct draft *out)
{
    memset(out, 0, sizeof *out);
    out->payload = buffer_span(&w->payload);
    out->signer_count = w->signer_count;
    memcpy(out->signers, w->signers, sizeof out->signers);
    out->needed = needed;
    out->created_s = w->time_s;
    out->part_count = w->parts == NULL ? 0 : w->parts->count;
    for (unsigned i = 0; i < out->part_count; i++) {
        memcpy(out->parts[i].salt, w->parts->all[i].salt, SALT_BYTES);
        out->parts[i].bytes = buffer_span(&w->parts->all[i].bytes);
        out->parts[i].wraps = buffer_span(&w->parts->all[i].wraps);
    }
}

static enum err put_blob(const struct draft *d, struct buffer *blob)
{
    struct buffer entry = {0};
    enum err err = entry_encode(d->payload, d->signers, d->signer_count, &entry);
    if (err == OK)
        err = act_blob_put_entry(blob, buffer_span(&entry));
    for (unsigned i = 0; err == OK && i < d->part_count; i++)
        err = act_blob_put_part(blob, &(struct act_part){d->parts[i].wraps, d->parts[i].salt,
                                                         d->parts[i].bytes});
    buffer_clear(&entry);
    return err;
}

/* An act that opened a case is the case: its number follows from where it came to stand. */
static void put_number(const struct draft *d, json_t *reply)
{
    struct entry *e = calloc(1, sizeof *e);
    char number[CASE_NUMBER_BYTES];
    if (e == NULL)
        return;
    const struct kind_row *kind =
        entry_payload_decode(e, d->payload) == OK ? kind_row(e->kind) : NULL;
    if (kind != NULL && (kind->classes & CLASS_OPENS) != 0 &&
        case_number_format(number, e->member, e->time_s, e->epoch, number_of(reply, "index")) == OK)
        json_object_set_new(reply, "number", json_string(number));
    free(e);
}

int writing_append_draft(struct session *s, const struct draft *d, json_t **reply)
{
    struct buffer blob = {0};
    *reply = NULL;
    enum err err = put_blob(d, &blob);
    int code = err == OK ? EXIT_DONE : session_fail_at(s, err, NULL);
    if (code == EXIT_DONE)
        code = session_tell(s, json_pack("{s:s}", "op", "append"), buffer_span(&blob), reply, NULL);
    buffer_clear(&blob);
    if (code == EXIT_DONE)
        put_number(d, *reply);
    return code;
}

int writing_append(struct session *s, const struct writing *w, json_t **reply)
{
    struct draft *d = calloc(1, sizeof *d);
    if (d == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    writing_draft(w, w->signer_count, d);
    int code = writing_append_draft(s, d, reply);
    if (code == EXIT_DONE && w->number[0] != 0)
        json_object_set_new(*reply, "number", json_string(w->number));
    free(d);
    return code;
}

int writing_tell(struct session *s, const struct kind_row *kind, json_t *reply)
{
    const char *number = json_string_value(json_object_get(reply, "number"));
    const char *id = json_string_value(json_object_get(reply, "id"));
    if (s->json) {
        int reached = waiting_run(s, reply);
        json_object_set_new(reply, "kind", json_string(kind->name));
        if (s->warnings != NULL)
            json_object_set(reply, "warnings", s->warnings);
        session_json(reply);
        return reached;
    }
    printf(_("%s: entry %llu of our log, %.8s, sequenced\n"), kind_word(kind),
           (unsigned long long)number_of(reply, "index"), id == NULL ? "" : id);
    if (number != NULL)
        printf(_("case %s\n"), number);
    fflush(stdout);
    int reached = waiting_run(s, reply);
    waiting_tell(s, reply, reached, number);
    json_decref(reply);
    return reached;
}

int writing_govern(struct session *s, enum kind kind, const struct fact *facts, unsigned count,
                   json_t **reply)
{
    struct officer_keys keys;
    struct writing w;
    *reply = NULL;
    writing_init(&w, kind_row(kind));
    int code = officer_keys_read(s, &keys);
    if (code == EXIT_DONE)
        code = writing_compose(s, &w, NULL, facts, count, NULL);
    if (code == EXIT_DONE)
        code = writing_sign(s, &w, &keys);
    if (code == EXIT_DONE)
        code = writing_append(s, &w, reply);
    officer_keys_clear(&keys);
    writing_clear(&w);
    return code;
}
