#include "crypto/note.h"
#include "crypto/utf8.h"

#include <string.h>

static const char DASH[4] = {'\xE2', '\x80', '\x94', ' '};

enum { ID_BYTES = 4 };

static bool text_check(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 && text.data[i] != '\n') {
            return false;
        }
    }
    return utf8_check(text);
}

/* Splits at the last empty line. */
static enum err note_split(struct span bytes, struct span *text, struct span *lines)
{
    if (bytes.len < 3 || bytes.data[bytes.len - 1] != '\n') {
        return ERR_FORMAT;
    }
    size_t at = bytes.len - 1;
    while (at > 0 && (bytes.data[at] != '\n' || bytes.data[at - 1] != '\n')) {
        at--;
    }
    if (at == 0 || at == bytes.len - 1) {
        return ERR_FORMAT;
    }
    *text = (struct span){bytes.data, at};
    *lines = (struct span){bytes.data + at + 1, bytes.len - at - 1};
    return OK;
}

static enum err payload_decode(struct buffer *payloads, struct span base64, struct note_sig *sig)
{
    size_t len;
    uint8_t *out = payloads->data + payloads->len;
    if (base64.len >= BASE64_CHARS(ID_BYTES + NOTE_MAX_SIGNATURE_BYTES)) {
        return ERR_TOO_LARGE;
    }
    enum err e = base64_decode(out, payloads->cap - payloads->len, (const char *)base64.data,
                               base64.len, &len);
    if (e != OK) {
        return e;
    }
    if (len <= ID_BYTES) {
        return ERR_FORMAT;
    }
    if (len > ID_BYTES + NOTE_MAX_SIGNATURE_BYTES) {
        return ERR_TOO_LARGE;
    }
    payloads->len += len;
    sig->id = load_u32(out);
    sig->payload = (struct span){out + ID_BYTES, len - ID_BYTES};
    return OK;
}

/* `line` is one signature line without its newline. */
static enum err line_decode(struct note *note, struct span line)
{
    if (note->sig_count == NOTE_MAX_SIGNATURES) {
        return ERR_TOO_LARGE;
    }
    struct note_sig *sig = &note->sigs[note->sig_count];
    if (line.len < sizeof DASH || memcmp(line.data, DASH, sizeof DASH) != 0) {
        return ERR_FORMAT;
    }
    struct span name = {line.data + sizeof DASH, line.len - sizeof DASH};
    const uint8_t *space = memchr(name.data, ' ', name.len);
    if (space == NULL) {
        return ERR_FORMAT;
    }
    struct span base64 = {space + 1, name.len - (size_t)(space - name.data) - 1};
    name.len = (size_t)(space - name.data);
    enum err e = note_name_check(name);
    if (e == OK) {
        e = payload_decode(&note->payloads, base64, sig);
    }
    if (e == OK) {
        memcpy(sig->name, name.data, name.len);
        sig->name[name.len] = '\0';
        note->sig_count++;
    }
    return e;
}

static enum err lines_decode(struct note *note, struct span lines)
{
    enum err e = buffer_reserve(&note->payloads, lines.len);
    while (e == OK && lines.len > 0) {
        const uint8_t *newline = memchr(lines.data, '\n', lines.len);
        struct span line = {lines.data, (size_t)(newline - lines.data)};
        e = line_decode(note, line);
        lines.data = newline + 1;
        lines.len -= line.len + 1;
    }
    return e;
}

enum err note_decode(struct note *out, struct span bytes)
{
    struct span lines;
    out->sig_count = 0;
    out->payloads = (struct buffer){0};
    if (bytes.len > NOTE_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    enum err e = text_check(bytes) ? note_split(bytes, &out->text, &lines) : ERR_FORMAT;
    if (e == OK) {
        e = lines_decode(out, lines);
    }
    if (e != OK) {
        note_clear(out);
    }
    return e;
}

void note_clear(struct note *note)
{
    buffer_clear(&note->payloads);
    note->sig_count = 0;
    note->text = (struct span){NULL, 0};
}

static enum err line_put(struct buffer *out, const char *name, struct span base64)
{
    enum err e = buffer_put(out, DASH, sizeof DASH);
    if (e == OK) {
        e = buffer_put(out, name, strlen(name));
    }
    if (e == OK) {
        e = buffer_put_u8(out, ' ');
    }
    if (e == OK) {
        e = buffer_put(out, base64.data, base64.len);
    }
    return e == OK ? buffer_put_u8(out, '\n') : e;
}

enum err note_append_line(struct buffer *out, const struct vkey *v, struct span payload)
{
    uint8_t bytes[ID_BYTES + NOTE_MAX_SIGNATURE_BYTES];
    char base64[BASE64_CHARS(sizeof bytes)];
    size_t before = out->len;
    if (payload.len == 0) {
        return ERR_FORMAT;
    }
    if (payload.len > NOTE_MAX_SIGNATURE_BYTES) {
        return ERR_TOO_LARGE;
    }
    store_u32(bytes, v->id);
    memcpy(bytes + ID_BYTES, payload.data, payload.len);
    enum err e = base64_encode(base64, sizeof base64, span_of(bytes, ID_BYTES + payload.len));
    if (e == OK) {
        e = line_put(out, v->name, span_of(base64, strlen(base64)));
    }
    if (e != OK) {
        out->len = before;
    }
    return e;
}

enum err note_sign(struct buffer *out, struct span text, const char *name,
                   const struct signkey *key)
{
    struct vkey v;
    struct sig sig;
    size_t before = out->len;
    if (text.len == 0 || text.data[text.len - 1] != '\n' || !text_check(text)) {
        return ERR_FORMAT;
    }
    enum err e = vkey_init(&v, name, ALG_ED25519, signkey_public(key));
    if (e == OK) {
        e = buffer_put(out, text.data, text.len);
    }
    if (e == OK) {
        e = buffer_put_u8(out, '\n');
    }
    if (e == OK) {
        sign_raw(key, text, &sig);
        e = note_append_line(out, &v, span_of(sig.b, SIG_BYTES));
    }
    if (e == OK && out->len - before > NOTE_MAX_BYTES) {
        e = ERR_TOO_LARGE;
    }
    if (e != OK) {
        out->len = before;
    }
    return e;
}

static enum err plain_verify(const struct pubkey *key, struct span text, struct span payload)
{
    struct sig sig;
    if (payload.len != SIG_BYTES) {
        return ERR_SIGNATURE;
    }
    memcpy(sig.b, payload.data, SIG_BYTES);
    return verify_raw(key, text, &sig);
}

/* `time_s` becomes 0 for a signature that carries none. */
static enum err line_verify(const struct vkey *v, struct span text, struct span payload,
                            uint64_t *time_s)
{
    *time_s = 0;
    if (v->type == ALG_COSIGN_ED25519) {
        return cosignature_verify(&v->key, text, payload, time_s);
    }
    return v->type == ALG_ED25519 ? plain_verify(&v->key, text, payload) : ERR_SIGNATURE;
}

/* All lines of one key; *found tells whether there was one. */
static enum err key_verify(const struct note *note, const struct vkey *v, bool *found,
                           uint64_t *latest_s)
{
    *found = false;
    *latest_s = 0;
    for (unsigned i = 0; i < note->sig_count; i++) {
        uint64_t time_s;
        if (note->sigs[i].id != v->id || strcmp(note->sigs[i].name, v->name) != 0) {
            continue;
        }
        if (line_verify(v, note->text, note->sigs[i].payload, &time_s) != OK) {
            return ERR_SIGNATURE;
        }
        *found = true;
        *latest_s = time_s > *latest_s ? time_s : *latest_s;
    }
    return OK;
}

enum err note_verify(const struct note *note, const struct vkey *keys, unsigned count,
                     bool *verified, uint64_t *cosign_time_s)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        bool found;
        uint64_t latest_s;
        if (key_verify(note, &keys[i], &found, &latest_s) != OK) {
            return ERR_SIGNATURE;
        }
        if (verified != NULL) {
            verified[i] = found;
        }
        if (cosign_time_s != NULL) {
            cosign_time_s[i] = latest_s;
        }
        any = any || found;
    }
    return any ? OK : ERR_SIGNATURE;
}
