#include "net/bundle_since.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "net/bundle.h"

enum { SINCE_MAX_BYTES = 16 * 1024 * 1024 };

static const char signature_start[] = "\u2014 ";

static struct span line_take(struct span *text)
{
    const uint8_t *end = memchr(text->data, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->data) + 1;
    struct span line = span_of(text->data, len);
    text->data += len;
    text->len -= len;
    return line;
}

static bool line_signs(struct span line)
{
    size_t len = strlen(signature_start);
    return line.len > len && memcmp(line.data, signature_start, len) == 0;
}

/* A note ends with its last signature line. */
static struct span note_take(struct span *text)
{
    while (text->len > 0 && text->data[0] == '\n') {
        text->data++;
        text->len--;
    }
    struct span note = span_of(text->data, 0);
    bool signs = false;
    while (text->len > 0) {
        struct span rest = *text, line = line_take(&rest);
        if (signs && !line_signs(line))
            break;
        signs = line_signs(line);
        note.len += line.len;
        *text = rest;
    }
    return note;
}

static const struct log *log_of_note(struct ledger *l, struct span note_bytes, enum err *err)
{
    struct note note;
    struct checkpoint head;
    const struct log *log;
    *err = note_decode(&note, note_bytes);
    if (*err != OK)
        return NULL;
    *err = checkpoint_parse(&head, note.text);
    note_clear(&note);
    for (unsigned i = 0; *err == OK && (log = ledger_log_at(l, i)) != NULL; i++) {
        if (strcmp(log->origin, head.origin) == 0)
            return log;
    }
    return NULL;
}

static enum err note_use(struct ledger *l, struct span note, struct since *out)
{
    enum err err;
    const struct log *log = log_of_note(l, note, &err);
    if (err != OK || log == NULL)
        return err;
    struct checkpoint head;
    struct hash root;
    err = checkpoint_verify(&head, note, log->origin, &log->node_key);
    if (err != OK)
        return err;
    uint64_t held = log->frontier.size;
    if (head.size <= held) {
        struct txn *t = ledger_txn(l);
        err = t == NULL ? ERR_IO : log_root(t, log, head.size, &root);
        if (err == OK && !hash_equal(&root, &head.root))
            err = ERR_FORK;
    }
    if (err == OK && log->no.v < out->count)
        out->sizes[log->no.v] = head.size < held ? head.size : held;
    return err;
}

enum err since_read(struct ledger *l, const char *path, struct since *out)
{
    struct buffer file = {0};
    *out = (struct since){0};
    while (ledger_log_at(l, (unsigned)out->count) != NULL)
        out->count++;
    out->sizes = calloc(out->count + 1, sizeof *out->sizes);
    enum err err = out->sizes == NULL ? ERR_NOMEM : file_read(path, SINCE_MAX_BYTES, &file);
    struct span text = buffer_span(&file);
    if (err == OK && text.len == 0)
        err = ERR_FORMAT;
    while (err == OK && text.len > 0) {
        struct span note = note_take(&text);
        if (note.len > 0)
            err = note_use(l, note, out);
    }
    buffer_clear(&file);
    if (err != OK)
        since_clear(out);
    return err;
}

uint64_t since_size(const struct since *s, struct log_no no)
{
    return no.v < s->count ? s->sizes[no.v] : 0;
}

void since_clear(struct since *s)
{
    free(s->sizes);
    *s = (struct since){0};
}

enum err bundle_heads(struct ledger *l, struct buffer *out)
{
    const struct log *log;
    struct span note;
    enum err err = OK;
    for (unsigned i = 0; err == OK && (log = ledger_log_at(l, i)) != NULL; i++) {
        struct txn *t = ledger_txn(l);
        if (log->head_size == 0 || log->head_size > log->frontier.size)
            continue;
        err = t == NULL ? ERR_IO : log_head(t, log->no, &note);
        if (err == OK && out->len > 0)
            err = buffer_put_u8(out, '\n');
        if (err == OK)
            err = buffer_put(out, note.data, note.len);
    }
    return err;
}
