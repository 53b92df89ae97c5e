#include "tools/export_file.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/query/answer.h"

enum { BLOCK_BYTES = 1024 * 1024, LINE_MAX_BYTES = 4 * 1024 * 1024 };

/* ---- writing ---- */

static enum err put_line(FILE *out, json_t *object)
{
    if (object == NULL)
        return ERR_NOMEM;
    bool good = json_dumpf(object, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
    json_decref(object);
    return good ? OK : ERR_IO;
}

static enum err put_genesis(struct ledger *l, FILE *out)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    enum err err = home_path(path, sizeof path, ledger_home(l), "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &bytes);
    if (err == OK)
        err = put_line(out, json_pack("{s:i,s:o,s:o}", "jieli_export", 1, "ledger",
                                      json_of_hash(&ledger_genesis(l)->ledger), "genesis",
                                      json_of_hex(buffer_span(&bytes))));
    buffer_clear(&bytes);
    return err;
}

static enum err put_log(struct ledger *l, const struct log *log, FILE *out)
{
    enum err err = OK;
    for (uint64_t i = 0; err == OK && i < log->frontier.size; i++) {
        json_t *line;
        err = query_entry_json(l, (struct position){log->no, i}, &line);
        if (err == OK)
            err = put_line(out, line);
    }
    return err;
}

static enum err put_state(const struct case_state *s, const struct roster *r, FILE *out)
{
    struct buffer bytes = {0};
    json_t *state;
    enum err err = case_state_encode(s, r, &bytes);
    if (err == OK)
        err = query_case_json(r, s, &state);
    if (err == OK)
        err = put_line(out, json_pack("{s:o,s:o,s:o}", "case", json_of_hash(&s->id), "state",
                                      state, "encoding", json_of_hex(buffer_span(&bytes))));
    buffer_clear(&bytes);
    return err;
}

static enum err put_states(struct ledger *l, FILE *out)
{
    struct cursor *c;
    struct span key, value;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : cursor_open(t, TABLE_CASE, (struct span){NULL, 0}, &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK) {
        struct case_state s;
        if (key.len != HASH_BYTES)
            continue;
        err = case_state_decode(&s, ledger_roster(l), value);
        if (err == OK)
            err = put_state(&s, ledger_roster(l), out);
        if (err != OK)
            break;
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err export_write(struct ledger *l, FILE *out)
{
    const struct log *log;
    enum err err = put_genesis(l, out);
    for (unsigned i = 0; err == OK && (log = ledger_log_at(l, i)) != NULL; i++)
        err = put_log(l, log, out);
    return err == OK ? put_states(l, out) : err;
}

/* ---- reading ---- */

/* Bytes that stay where they are: blocks never grow once filled. */
static enum err keep(struct export_file *f, struct span bytes, struct span *kept)
{
    struct buffer *last = f->block_count == 0 ? NULL : &f->blocks[f->block_count - 1];
    if (last == NULL || last->cap - last->len < bytes.len) {
        if (f->block_count == f->block_cap) {
            size_t cap = f->block_cap == 0 ? 64 : 2 * f->block_cap;
            struct buffer *blocks = realloc(f->blocks, cap * sizeof *blocks);
            if (blocks == NULL)
                return ERR_NOMEM;
            f->blocks = blocks;
            f->block_cap = cap;
        }
        last = &f->blocks[f->block_count++];
        *last = (struct buffer){0};
        enum err err = buffer_reserve(last, BLOCK_BYTES);
        if (err != OK)
            return err;
    }
    size_t at = last->len;
    enum err err = buffer_put(last, bytes.data, bytes.len);
    *kept = span_of(last->data + at, bytes.len);
    return err;
}

static enum err read_genesis(struct export_file *f, const json_t *line)
{
    const char *text = json_string_value(json_object_get(line, "genesis"));
    size_t len = text == NULL ? 0 : strlen(text);
    if (text == NULL || json_integer_value(json_object_get(line, "jieli_export")) != 1)
        return ERR_FORMAT;
    uint8_t *bytes = malloc(len / 2 + 1);
    if (bytes == NULL)
        return ERR_NOMEM;
    enum err err = hex_decode(bytes, len / 2, text, len, &len);
    if (err == OK)
        err = genesis_decode(&f->genesis, span_of(bytes, len));
    free(bytes);
    return err == OK ? set_init(&f->set, &f->genesis) : err;
}

static enum err log_of(struct export_file *f, const json_t *line, struct set_log **out)
{
    const char *member = json_string_value(json_object_get(line, "log"));
    const json_int_t epoch = json_integer_value(json_object_get(line, "epoch"));
    if (member == NULL || epoch < 0 || epoch > UINT32_MAX)
        return ERR_FORMAT;
    *out = set_log_find(&f->set, member, (uint32_t)epoch);
    return *out != NULL ? OK : set_log_add(&f->set, member, (uint32_t)epoch, 0, out);
}

/* The entry at its place. What the origin's verdict said of its signatures is taken as it is. */
static enum err read_entry(struct export_file *f, const json_t *line)
{
    struct set_log *log;
    struct entry e;
    struct buffer bytes = {0};
    struct set_input in = {.entry = &e};
    const char *id = json_string_value(json_object_get(line, "id"));
    const char *reason = json_string_value(json_object_get(line, "reason"));
    size_t len;
    enum err err = log_of(f, line, &log);
    if (err != OK)
        return err;
    if (json_integer_value(json_object_get(line, "index")) != (json_int_t)log->count)
        return ERR_GAP;
    if (id == NULL || hex_decode(in.id.b, HASH_BYTES, id, strlen(id), &len) != OK ||
        len != HASH_BYTES)
        return ERR_FORMAT;
    in.sig_ok = reason == NULL || strcmp(reason, reason_name(REASON_SIGNATURE)) != 0;
    in.decoded = json_object_get(line, "kind_no") != NULL;
    if (in.decoded) {
        err = export_entry_bytes(line, &bytes);
        if (err == OK)
            err = keep(f, buffer_span(&bytes), &in.bytes);
        if (err == OK)
            err = entry_decode(&e, in.bytes);
        e.id = in.id;
    }
    buffer_clear(&bytes);
    return err == OK ? set_add(&f->set, log, &in) : err;
}

static enum err read_line(struct export_file *f, const char *text, size_t len)
{
    json_error_t why;
    json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    enum err err = OK;
    if (line == NULL)
        return ERR_FORMAT;
    if (f->line == 1)
        err = read_genesis(f, line);
    else if (json_object_get(line, "log") != NULL)
        err = read_entry(f, line);
    else if (json_object_get(line, "state") == NULL)
        err = ERR_FORMAT;
    json_decref(line);
    return err;
}

enum err export_read(struct export_file *f, FILE *in)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    enum err err = OK;
    memset(f, 0, sizeof *f);
    while (err == OK && (len = getline(&text, &cap, in)) >= 0) {
        f->line++;
        err = len > LINE_MAX_BYTES ? ERR_TOO_LARGE : read_line(f, text, (size_t)len);
    }
    free(text);
    if (err == OK && ferror(in))
        err = ERR_IO;
    if (err == OK && f->line == 0)
        err = ERR_FORMAT;
    if (err == OK)
        set_sort(&f->set);
    return err;
}

void export_clear(struct export_file *f)
{
    set_clear(&f->set);
    for (size_t i = 0; i < f->block_count; i++)
        buffer_clear(&f->blocks[i]);
    free(f->blocks);
    memset(f, 0, sizeof *f);
}

/* ---- folding ---- */

static enum err pass(void *set, uint64_t law)
{
    struct audit_set *s = set;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < s->case_count; i++)
        if (s->cases[i].law_max >= law)
            err = set_fold_case(s, (uint32_t)i, NULL, NULL);
    return err;
}

static enum err put_verdicts(const struct set_log *log, FILE *out)
{
    enum err err = OK;
    for (uint64_t i = 0; err == OK && i < log->count; i++) {
        const struct set_entry *entry = &log->entries[i];
        json_t *line = json_pack("{s:s,s:I,s:I,s:o,s:s}", "log", log->member, "epoch",
                                 (json_int_t)log->epoch, "index", (json_int_t)i, "id",
                                 json_of_hash(&entry->id), "verdict",
                                 verdict_name((enum verdict)entry->verdict));
        if (entry->reason != REASON_NONE)
            json_object_set_new(line, "reason",
                                json_string(reason_name((enum reason)entry->reason)));
        err = put_line(out, line);
    }
    return err;
}

static int by_case_id(const void *a, const void *b, void *cases)
{
    const struct set_case *x = (struct set_case *)cases + *(const uint32_t *)a;
    const struct set_case *y = (struct set_case *)cases + *(const uint32_t *)b;
    return memcmp(x->id.b, y->id.b, HASH_BYTES);
}

static enum err put_cases(struct export_file *f, FILE *out)
{
    size_t count = f->set.case_count;
    uint32_t *order = malloc((count + 1) * sizeof *order);
    enum err err = order == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; err == OK && i < count; i++)
        order[i] = (uint32_t)i;
    if (err == OK)
        qsort_r(order, count, sizeof *order, by_case_id, f->set.cases);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct case_state s;
        err = set_fold_case(&f->set, order[i], NULL, &s);
        if (err == OK)
            err = put_state(&s, f->set.roster, out);
    }
    free(order);
    return err;
}

enum err export_fold(struct export_file *f, FILE *out)
{
    enum err err = set_settle(&f->set, pass, &f->set);
    for (unsigned i = 0; err == OK && i < f->set.log_count; i++)
        err = put_verdicts(f->set.logs[i], out);
    return err == OK ? put_cases(f, out) : err;
}
