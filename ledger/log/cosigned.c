#include "ledger/log/cosigned.h"

#include <string.h>

#include "ledger/log/log.h"
#include "ledger/log/member_id.h"

#define ROLE "cosigner"

/* Length of "<domain>/<16 hex>/", what all names of one ledger share; 0 when there is no such. */
static size_t shared_len(const char *name)
{
    const char *last = strrchr(name, '/');
    size_t at = last == NULL ? 0 : (size_t)(last - name);
    while (at > 0 && name[at - 1] != '/')
        at--;
    return at;
}

static enum err name_of(const char *origin, const char *member, char out[ORIGIN_MAX_BYTES + 1])
{
    size_t at = shared_len(origin), len = strlen(member);
    if (at == 0)
        return ERR_FORMAT;
    if (at + len + 1 + strlen(ROLE) > ORIGIN_MAX_BYTES)
        return ERR_TOO_LARGE;
    memcpy(out, origin, at);
    memcpy(out + at, member, len);
    out[at + len] = '/';
    memcpy(out + at + len + 1, ROLE, sizeof ROLE);
    return OK;
}

enum err cosigner_name(const char *domain, const struct hash *ledger, const char *member,
                       char out[ORIGIN_MAX_BYTES + 1])
{
    char origin[ORIGIN_MAX_BYTES + 1];
    enum err err = log_origin(domain, ledger, member, 0, origin);
    return err == OK ? name_of(origin, member, out) : err;
}

/* The member in a cosigner's name, which must be one of the origin's ledger. */
static enum err member_take(struct cosigned *c, const char *name)
{
    size_t at = shared_len(c->head.origin), end = strlen(name);
    if (at == 0 || shared_len(name) != at || strncmp(name, c->head.origin, at) != 0)
        return ERR_FORMAT;
    const char *slash = strrchr(name, '/');
    struct span member = span_of(name + at, (size_t)(slash - name) - at);
    if (end - at - member.len != 1 + strlen(ROLE) || strcmp(slash + 1, ROLE) != 0 ||
        !member_id_valid(member))
        return ERR_FORMAT;
    memcpy(c->member, member.data, member.len);
    c->member[member.len] = '\0';
    return OK;
}

static enum err lines_take(struct cosigned *c, const struct note *note)
{
    const struct note_sig *log = &note->sigs[0], *cosigner = &note->sigs[1];
    if (note->sig_count != 2 || strcmp(log->name, c->head.origin) != 0 ||
        log->payload.len != SIG_BYTES || cosigner->payload.len != COSIGNATURE_BYTES)
        return ERR_FORMAT;
    c->log_key_id = log->id;
    c->key_id = cosigner->id;
    memcpy(c->log_sig.b, log->payload.data, SIG_BYTES);
    c->time_s = load_u64(cosigner->payload.data);
    memcpy(c->sig.b, cosigner->payload.data + 8, SIG_BYTES);
    if (c->time_s > INT64_MAX)
        return ERR_RANGE;
    return member_take(c, cosigner->name);
}

enum err cosigned_decode(struct cosigned *out, struct span bytes)
{
    struct note note;
    *out = (struct cosigned){.time_s = 0};
    enum err err = note_decode(&note, bytes);
    if (err != OK)
        return err;
    err = checkpoint_parse(&out->head, note.text);
    if (err == OK && out->head.size == 0)
        err = ERR_RANGE;
    if (err == OK)
        err = lines_take(out, &note);
    note_clear(&note);
    return err;
}

static enum err line_put(struct buffer *out, const char *name, uint32_t id, struct span payload)
{
    struct vkey v = {.id = id};
    memcpy(v.name, name, strlen(name) + 1);
    return note_append_line(out, &v, payload);
}

static void payload_encode(const struct cosigned *c, uint8_t out[COSIGNATURE_BYTES])
{
    store_u64(out, c->time_s);
    memcpy(out + 8, c->sig.b, SIG_BYTES);
}

enum err cosigned_encode(const struct cosigned *c, struct buffer *out)
{
    char name[ORIGIN_MAX_BYTES + 1];
    uint8_t payload[COSIGNATURE_BYTES];
    size_t before = out->len;
    enum err err = name_of(c->head.origin, c->member, name);
    if (err == OK)
        err = checkpoint_format(&c->head, out);
    if (err == OK)
        err = buffer_put_u8(out, '\n');
    if (err == OK)
        err = line_put(out, c->head.origin, c->log_key_id, span_of(c->log_sig.b, SIG_BYTES));
    payload_encode(c, payload);
    if (err == OK)
        err = line_put(out, name, c->key_id, span_of(payload, sizeof payload));
    if (err != OK)
        out->len = before;
    return err;
}

enum err cosigned_key_id(const struct cosigned *c, const struct pubkey *cosigner, uint32_t *id)
{
    char name[ORIGIN_MAX_BYTES + 1];
    struct vkey v = {.id = 0};
    enum err err = name_of(c->head.origin, c->member, name);
    if (err == OK)
        err = vkey_init(&v, name, ALG_COSIGN_ED25519, cosigner);
    *id = v.id;
    return err;
}

enum err cosigned_verify_log(const struct cosigned *c, const struct pubkey *node_key)
{
    struct buffer body = {0};
    struct vkey v;
    enum err err = vkey_init(&v, c->head.origin, ALG_ED25519, node_key);
    if (err == OK && v.id != c->log_key_id)
        err = ERR_SIGNATURE;
    if (err == OK)
        err = checkpoint_format(&c->head, &body);
    if (err == OK)
        err = verify_raw(node_key, buffer_span(&body), &c->log_sig);
    buffer_clear(&body);
    return err;
}

enum err cosigned_verify(const struct cosigned *c, const struct pubkey *cosigner)
{
    struct buffer body = {0};
    uint8_t payload[COSIGNATURE_BYTES];
    uint64_t time_s;
    uint32_t id;
    enum err err = cosigned_key_id(c, cosigner, &id);
    if (err == OK && id != c->key_id)
        err = ERR_SIGNATURE;
    if (err == OK)
        err = checkpoint_format(&c->head, &body);
    payload_encode(c, payload);
    if (err == OK)
        err = cosignature_verify(cosigner, buffer_span(&body), span_of(payload, sizeof payload),
                                 &time_s);
    buffer_clear(&body);
    return err;
}

enum err cosigned_sign(struct cosigned *c, const struct signkey *cosigner, uint64_t time_s)
{
    struct buffer body = {0};
    uint8_t payload[COSIGNATURE_BYTES];
    enum err err = time_s > INT64_MAX ? ERR_RANGE : checkpoint_format(&c->head, &body);
    if (err == OK) {
        cosignature_sign(cosigner, buffer_span(&body), time_s, payload);
        c->time_s = time_s;
        memcpy(c->sig.b, payload + 8, SIG_BYTES);
        err = cosigned_key_id(c, signkey_public(cosigner), &c->key_id);
    }
    buffer_clear(&body);
    return err == OK ? cosigned_verify(c, signkey_public(cosigner)) : err;
}
