#include "crypto/merkle.h"
#include "crypto/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct span origin_span(const struct checkpoint *c)
{
    return span_of(c->origin, strnlen(c->origin, sizeof c->origin));
}

enum err checkpoint_format(const struct checkpoint *c, struct buffer *out)
{
    char body[CHECKPOINT_BODY_MAX_BYTES + 1], root[BASE64_CHARS(HASH_BYTES)];
    enum err e = note_name_check(origin_span(c));
    if (e == OK) {
        e = base64_encode(root, sizeof root, span_of(c->root.b, HASH_BYTES));
    }
    if (e != OK) {
        return e;
    }
    int len = snprintf(body, sizeof body, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
    return buffer_put(out, body, (size_t)len);
}

/* The next line without its newline. */
static enum err line_take(struct span *body, struct span *line)
{
    const uint8_t *newline = body->len == 0 ? NULL : memchr(body->data, '\n', body->len);
    if (newline == NULL) {
        return ERR_FORMAT;
    }
    *line = (struct span){body->data, (size_t)(newline - body->data)};
    body->data = newline + 1;
    body->len -= line->len + 1;
    return OK;
}

static enum err size_parse(struct span digits, uint64_t *size)
{
    uint64_t value = 0;
    if (digits.len == 0 || (digits.data[0] == '0' && digits.len > 1)) {
        return ERR_FORMAT;
    }
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t digit = (uint64_t)digits.data[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return ERR_FORMAT;
        }
        value = value * 10 + digit;
    }
    *size = value;
    return OK;
}

static enum err origin_parse(struct span line, char origin[ORIGIN_MAX_BYTES + 1])
{
    enum err e = note_name_check(line);
    if (e == OK) {
        memcpy(origin, line.data, line.len);
        origin[line.len] = '\0';
    }
    return e;
}

static enum err root_parse(struct span line, uint64_t size, struct hash *root)
{
    struct hash empty;
    size_t len;
    enum err e = base64_decode(root->b, HASH_BYTES, (const char *)line.data, line.len, &len);
    if (e != OK || len != HASH_BYTES) {
        return ERR_FORMAT;
    }
    merkle_empty_root(&empty);
    return size > 0 || hash_equal(&empty, root) ? OK : ERR_FORMAT;
}

enum err checkpoint_parse(struct checkpoint *out, struct span body)
{
    struct span origin, size, root;
    if (line_take(&body, &origin) != OK || line_take(&body, &size) != OK ||
        line_take(&body, &root) != OK || body.len != 0) {
        return ERR_FORMAT;
    }
    enum err e = origin_parse(origin, out->origin);
    if (e == OK) {
        e = size_parse(size, &out->size);
    }
    return e == OK ? root_parse(root, out->size, &out->root) : e;
}

enum err checkpoint_sign(const struct checkpoint *c, const struct signkey *key, struct buffer *out)
{
    struct buffer body = {0};
    struct checkpoint reread;
    size_t before = out->len;
    enum err e = checkpoint_format(c, &body);
    if (e == OK) {
        e = note_sign(out, buffer_span(&body), c->origin, key);
    }
    if (e == OK) {
        e = checkpoint_verify(&reread, span_of(out->data + before, out->len - before), c->origin,
                              signkey_public(key));
    }
    if (e == OK && (reread.size != c->size || !hash_equal(&reread.root, &c->root))) {
        e = ERR_SIGNATURE;
    }
    if (e != OK) {
        out->len = before;
    }
    buffer_clear(&body);
    return e;
}

static unsigned lines_of_name(const struct note *note, const char *name)
{
    unsigned count = 0;
    for (unsigned i = 0; i < note->sig_count; i++) {
        count += strcmp(note->sigs[i].name, name) == 0;
    }
    return count;
}

static enum err head_verify(struct checkpoint *out, const struct note *note, const char *origin,
                            const struct pubkey *node_key)
{
    struct checkpoint parsed;
    struct vkey v;
    enum err e = checkpoint_parse(&parsed, note->text);
    if (e != OK) {
        return e;
    }
    if (strcmp(parsed.origin, origin) != 0) {
        return ERR_WRONG_LEDGER;
    }
    if (lines_of_name(note, origin) > 1) {
        return ERR_FORMAT;
    }
    e = vkey_init(&v, origin, ALG_ED25519, node_key);
    if (e == OK) {
        e = note_verify(note, &v, 1, NULL, NULL);
    }
    if (e == OK) {
        *out = parsed;
    }
    return e;
}

enum err checkpoint_verify(struct checkpoint *out, struct span note_bytes, const char *origin,
                           const struct pubkey *node_key)
{
    struct note note;
    enum err e = note_decode(&note, note_bytes);
    if (e != OK) {
        return e;
    }
    e = head_verify(out, &note, origin, node_key);
    note_clear(&note);
    return e;
}
