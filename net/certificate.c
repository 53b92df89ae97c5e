#include "net/certificate.h"

#include <string.h>

#include "crypto/channel.h"

enum err certificate_decode(struct peer_certificate *out, struct span bytes)
{
    struct reader r;
    reader_init(&r, bytes);
    *out = (struct peer_certificate){0};
    uint8_t format = read_u8(&r);
    if (!r.failed && format != CERTIFICATE_FORMAT)
        return ERR_UNSUPPORTED;
    out->entry_bytes = read_span(&r, read_u16(&r));
    out->index = read_u64(&r);
    out->proof.count = read_u8(&r);
    if (!r.failed && out->proof.count > CERTIFICATE_MAX_PROOF)
        return ERR_TOO_LARGE;
    for (unsigned i = 0; !r.failed && i < out->proof.count; i++)
        read_into(&r, out->proof.hashes[i].b, HASH_BYTES);
    out->note = read_span(&r, read_u16(&r));
    if (r.failed)
        return ERR_TRUNCATED;
    if (reader_left(&r) > 0)
        return ERR_FORMAT;
    return entry_decode(&out->entry, out->entry_bytes);
}

static size_t encoded_bytes(const struct peer_certificate *c)
{
    return 1 + 2 + c->entry_bytes.len + 8 + 1 + (size_t)c->proof.count * HASH_BYTES + 2 +
           c->note.len;
}

static enum err sized_put(struct buffer *out, struct span bytes)
{
    enum err err = buffer_put_u16(out, (uint16_t)bytes.len);
    return err == OK ? buffer_put(out, bytes.data, bytes.len) : err;
}

enum err certificate_encode(const struct peer_certificate *c, struct buffer *out)
{
    if (c->proof.count > CERTIFICATE_MAX_PROOF || c->entry_bytes.len > UINT16_MAX ||
        c->note.len > UINT16_MAX || encoded_bytes(c) > CHANNEL_CERTIFICATE_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err err = buffer_reserve(out, encoded_bytes(c));
    if (err == OK)
        err = buffer_put_u8(out, CERTIFICATE_FORMAT);
    if (err == OK)
        err = sized_put(out, c->entry_bytes);
    if (err == OK)
        err = buffer_put_u64(out, c->index);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)c->proof.count);
    for (unsigned i = 0; err == OK && i < c->proof.count; i++)
        err = buffer_put(out, c->proof.hashes[i].b, HASH_BYTES);
    return err == OK ? sized_put(out, c->note) : err;
}

enum err certificate_build(struct txn *t, const struct log *log, uint64_t index,
                           struct buffer *out)
{
    struct peer_certificate c = {.index = index};
    struct log_hashes state = {t, log->no};
    const struct hash_reader hashes = log_hash_reader(&state);
    enum err err = log_read(t, log->no, index, &c.entry_bytes);
    if (err == OK)
        err = log_head(t, log->no, &c.note);
    if (err == OK)
        err = merkle_inclusion(&hashes, index, log->head_size, &c.proof);
    return err == OK ? certificate_encode(&c, out) : err;
}

/* ---- judging ---- */

static enum err head_check(const struct peer_certificate *c, const struct genesis *g,
                           const struct pubkey *node_key)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    struct checkpoint head;
    enum err err = log_origin(g->domain, &g->ledger, c->entry.member, c->entry.epoch, origin);
    if (err == OK)
        err = checkpoint_verify(&head, c->note, origin, node_key);
    if (err == OK)
        err = merkle_verify_inclusion(c->index, head.size, &c->entry.id, &c->proof, &head.root);
    return err;
}

enum err certificate_recheck(const struct peer_identity *who, const struct roster *r,
                             uint64_t held)
{
    const struct member *m = roster_find(r, who->id, UINT64_MAX);
    if (m == NULL)
        return ERR_UNKNOWN_MEMBER;
    if (m->suspended)
        return ERR_SUSPENDED;
    const struct certificate *known = roster_certificate(r, m->no);
    if (known != NULL && known->index == who->index)
        return hash_equal(&known->id, &who->entry) ? OK : ERR_FORK;
    if (known != NULL && known->index > who->index)
        return ERR_OVERTAKEN;
    return who->index < held ? ERR_VOID : OK;
}

static enum err keys_check(const struct peer_certificate *c, const struct roster *r,
                           uint64_t held, const struct xpubkey *key,
                           const struct peer_identity *who)
{
    struct certificate keys;
    enum reason reason =
        roster_certify_check(r, who->member, c->index, held, &c->entry, &keys);
    if (reason != REASON_NONE)
        return ERR_VOID;
    return memcmp(keys.transport.b, key->b, PUBKEY_BYTES) == 0 ? OK : ERR_KEY;
}

enum err certificate_check(const struct peer_certificate *c, const struct roster *r,
                           uint64_t held, const struct xpubkey *key, struct peer_identity *out)
{
    const struct genesis *g = roster_genesis(r);
    struct peer_identity who = {.key = *key, .index = c->index, .entry = c->entry.id};
    if (!hash_equal(&c->entry.ledger, &g->ledger) || c->entry.epoch != 0)
        return ERR_WRONG_LEDGER;
    const struct member *m = roster_find(r, c->entry.member, UINT64_MAX);
    if (m == NULL)
        return ERR_UNKNOWN_MEMBER;
    who.member = m->no;
    memcpy(who.id, m->a.id, sizeof who.id);
    enum err err = head_check(c, g, &m->a.node_key);
    if (err == OK)
        err = entry_verify(&c->entry, &g->ledger);
    if (err == OK)
        err = certificate_recheck(&who, r, held);
    if (err == OK)
        err = keys_check(c, r, held, key, &who);
    if (err == OK)
        *out = who;
    return err;
}
