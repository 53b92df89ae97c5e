#include "tools/fact_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/dates.h"
#include "tools/words.h"

enum { VALUES_MAX = FACT_MAX_LIST };

/* Pieces of texts between commas. */
struct pieces { unsigned count; struct span at[VALUES_MAX]; };

static enum err split(const char *const *texts, unsigned count, bool commas, struct pieces *out)
{
    out->count = 0;
    for (unsigned i = 0; i < count; i++) {
        const char *at = texts[i];
        for (bool more = true; more;) {
            size_t len = commas ? strcspn(at, ",") : strlen(at);
            if (len == 0)
                return ERR_FORMAT;
            if (out->count == VALUES_MAX)
                return ERR_TOO_LARGE;
            out->at[out->count++] = span_of(at, len);
            more = at[len] == ',' && commas;
            at += len + 1;
        }
    }
    return OK;
}

static const struct code_row *find_code(const struct fact_row *row, struct span text)
{
    for (const struct code_row *c = row->codes; c != NULL && c->name != NULL; c++) {
        if ((strlen(c->name) == text.len && memcmp(c->name, text.data, text.len) == 0) ||
            (strlen(c->label) == text.len && memcmp(c->label, text.data, text.len) == 0))
            return c;
    }
    return NULL;
}

static enum err put_number(struct cbor_out *w, const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return ERR_FORMAT;
    unsigned long long v = strtoull(text, &end, 10);
    if (*end != 0 || v > INT64_MAX)
        return ERR_FORMAT;
    cbor_put_uint(w, v);
    return OK;
}

static enum err put_code(struct cbor_out *w, const struct fact_row *row, const char *text)
{
    const struct code_row *code = find_code(row, span_of(text, strlen(text)));
    if (code == NULL)
        return ERR_RANGE;
    cbor_put_uint(w, code->value);
    return OK;
}

static enum err put_date(struct cbor_out *w, const char *text, uint64_t now_s)
{
    uint64_t days = date_of(now_s);
    enum err err = strcmp(text, "today") == 0 ? OK : date_parse(text, &days);
    if (err == OK)
        cbor_put_uint(w, days);
    return err;
}

static enum err put_id(struct cbor_out *w, const char *text)
{
    struct hash id;
    size_t len;
    if (hex_decode(id.b, HASH_BYTES, text, strlen(text), &len) != OK || len != HASH_BYTES)
        return ERR_FORMAT;
    cbor_put_tagged(w, ALG_SHA256, id.b);
    return OK;
}

static enum err put_list(struct cbor_out *w, const struct pieces *pieces)
{
    cbor_put_array(w, pieces->count);
    for (unsigned i = 0; i < pieces->count; i++)
        cbor_put_text_span(w, pieces->at[i]);
    return OK;
}

static enum err put_tracks(struct cbor_out *w, const struct pieces *pieces)
{
    cbor_put_array(w, pieces->count);
    for (unsigned i = 0; i < pieces->count; i++) {
        struct span piece = pieces->at[i];
        const uint8_t *equals = memchr(piece.data, '=', piece.len);
        if (equals == NULL)
            return ERR_FORMAT;
        size_t left = (size_t)(equals - piece.data);
        cbor_put_array(w, 2);
        cbor_put_text_span(w, span_of(piece.data, left));
        cbor_put_text_span(w, span_of(equals + 1, piece.len - left - 1));
    }
    return OK;
}

static enum err put_set(struct cbor_out *w, const struct fact_row *row, const struct pieces *pieces)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < pieces->count; i++) {
        const struct code_row *code = find_code(row, pieces->at[i]);
        bool all = pieces->at[i].len == 3 && memcmp(pieces->at[i].data, "all", 3) == 0;
        if (code == NULL && !all)
            return ERR_RANGE;
        for (const struct code_row *c = row->codes; all && c->name != NULL; c++)
            set |= c->value;
        set |= code == NULL ? 0 : code->value;
    }
    cbor_put_uint(w, set);
    return OK;
}

static enum err put_value(struct cbor_out *w, const struct fact_row *row, const char *last,
                          const struct pieces *pieces, uint64_t now_s)
{
    switch (row->type) {
    case FACT_TYPE_UINT: return put_number(w, last);
    case FACT_TYPE_BOOL: cbor_put_bool(w, true); return OK;
    case FACT_TYPE_TEXT:
    case FACT_TYPE_MEMBER: cbor_put_text(w, last); return OK;
    case FACT_TYPE_CODE: return put_code(w, row, last);
    case FACT_TYPE_MEMBERS:
    case FACT_TYPE_TEXTS: return put_list(w, pieces);
    case FACT_TYPE_DATE: return put_date(w, last, now_s);
    case FACT_TYPE_ID: return put_id(w, last);
    case FACT_TYPE_TRACKS: return put_tracks(w, pieces);
    case FACT_TYPE_SET: return put_set(w, row, pieces);
    case FACT_TYPE_KEY:
    case FACT_TYPE_BYTES:
    case FACT_TYPE_ITEM: break;
    }
    return ERR_UNSUPPORTED;
}

enum err fact_value_encode(const struct fact_row *row, const char *const *texts, unsigned count,
                           uint64_t now_s, struct buffer *out)
{
    struct cbor_out w;
    struct pieces pieces;
    size_t before = out->len;
    bool listed = row->type == FACT_TYPE_MEMBERS || row->type == FACT_TYPE_TRACKS ||
                  row->type == FACT_TYPE_SET || row->type == FACT_TYPE_TEXTS;
    enum err err = OK;
    pieces.count = 0;
    if (listed)
        err = split(texts, count, row->type != FACT_TYPE_TEXTS, &pieces);
    cbor_out_init(&w, out);
    if (err == OK)
        err = put_value(&w, row, texts[count - 1], &pieces, now_s);
    if (err == OK)
        err = w.err;
    if (err == OK && !fact_value_check(row, span_of(out->data + before, out->len - before)))
        err = ERR_FORMAT;
    if (err != OK)
        out->len = before;
    return err;
}

static void list_codes(const struct fact_row *row, char *out, size_t out_bytes)
{
    snprintf(out, out_bytes, "--%s", row->name);
    for (const struct code_row *c = row->codes; c != NULL && c->name != NULL; c++) {
        size_t used = strlen(out);
        snprintf(out + used, out_bytes - used, "%s%s%s%s", c == row->codes ? ": " : ", ", c->name,
                 words_chinese() ? " " : "", words_chinese() ? c->label : "");
    }
}

static int complain(struct session *s, const struct fact_row *row, enum err err)
{
    char what[512];
    list_codes(row, what, sizeof what);
    if (err == ERR_RANGE)
        return session_usage(s, _("no such choice"), what);
    if (row->type == FACT_TYPE_DATE)
        return session_usage(s, _("a date is written 2026-03-01"), what);
    if (row->type == FACT_TYPE_TRACKS)
        return session_usage(s, _("tracks are written track=investigator,track=investigator"),
                             what);
    return session_usage(s, _("the value is not what this option takes"), what);
}

int fact_input_act(struct session *s, const char *case_text, const char **text,
                   char whole[HASH_BYTES * 2 + 1])
{
    json_t *reply, *act;
    size_t i, found = 0, len = strlen(*text);
    if (case_text == NULL || len >= HASH_BYTES * 2)
        return EXIT_DONE;
    int code = session_ask(s, json_pack("{s:s,s:s}", "query", "show", "case", case_text), &reply);
    if (code != EXIT_DONE)
        return code;
    json_array_foreach(json_object_get(reply, "acts"), i, act) {
        const char *id = json_string_value(json_object_get(act, "id"));
        if (id != NULL && strncmp(id, *text, len) == 0 && found++ == 0)
            snprintf(whole, HASH_BYTES * 2 + 1, "%s", id);
    }
    json_decref(reply);
    if (found != 1)
        return session_fail(s, found == 0 ? ERR_NOTFOUND : ERR_RANGE,
                            _("no act, or more than one, of the case begins with that id"),
                            _("`jieli show` prints them"));
    *text = whole;
    return EXIT_DONE;
}

static int take_one(struct session *s, const struct fact_row *row, const char *case_text,
                    struct fact_inputs *out)
{
    const char *texts[VALUES_MAX];
    char whole[HASH_BYTES * 2 + 1];
    unsigned count = 0;
    size_t before = out->bytes.len;
    while (count < VALUES_MAX && args_nth(&s->args, row->name, count) != NULL) {
        texts[count] = args_nth(&s->args, row->name, count);
        if (row->type == FACT_TYPE_MEMBER)
            texts[count] = session_member_id(s, texts[count]);
        count++;
    }
    if (count == 0)
        return EXIT_DONE;
    int code = EXIT_DONE;
    if (row->type == FACT_TYPE_ID)
        code = fact_input_act(s, case_text, &texts[count - 1], whole);
    if (code != EXIT_DONE)
        return code;
    enum err err = fact_value_encode(row, texts, count, (uint64_t)time(NULL), &out->bytes);
    if (err != OK)
        return complain(s, row, err);
    struct fact *fact = &out->facts[out->count++];
    *fact = (struct fact){.id = row->id, .value = {NULL, out->bytes.len - before}};
    return EXIT_DONE;
}

int fact_inputs_required(struct session *s, const struct kind_row *kind, enum fact_id except)
{
    char what[512];
    for (const enum fact_id *id = kind->required; *id != 0; id++) {
        const struct fact_row *row = fact_row(*id);
        if (*id == except || args_has(&s->args, row->name))
            continue;
        list_codes(row, what, sizeof what);
        return session_usage(s, _("this act needs"), what);
    }
    return EXIT_DONE;
}

static bool kind_has(const struct kind_row *kind, enum fact_id wanted)
{
    for (const enum fact_id *id = kind->required; *id != 0; id++) {
        if (*id == wanted)
            return true;
    }
    for (const enum fact_id *id = kind->optional; *id != 0; id++) {
        if (*id == wanted)
            return true;
    }
    return false;
}

int fact_inputs_take(struct session *s, const struct kind_row *kind, const char *case_text,
                     struct fact_inputs *out)
{
    const struct fact_row *row;
    memset(out, 0, sizeof *out);
    int code = fact_inputs_required(s, kind, 0);
    for (size_t i = 0; code == EXIT_DONE && (row = fact_row_at(i)) != NULL; i++) {
        if (kind_has(kind, row->id))
            code = take_one(s, row, case_text, out);
    }
    size_t offset = 0;
    for (unsigned i = 0; i < out->count; i++) {
        out->facts[i].value.data = out->bytes.data + offset;
        offset += out->facts[i].value.len;
    }
    return code;
}

void fact_inputs_clear(struct fact_inputs *f)
{
    buffer_clear(&f->bytes);
    f->count = 0;
}
