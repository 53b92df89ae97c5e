/* Encoding of messages; message_decode accepts exactly what is written here. */
#include <string.h>

#include "net/message.h"

/* A buffer with a sticky error: what follows a failure writes nothing. */
struct out { struct buffer *b; enum err err; };

static void put(struct out *o, const void *bytes, size_t len)
{
    if (o->err == OK)
        o->err = buffer_put(o->b, bytes, len);
}

static void put_u8(struct out *o, uint8_t v)
{
    put(o, &v, 1);
}

static void put_u16(struct out *o, uint16_t v)
{
    uint8_t b[2];
    store_u16(b, v);
    put(o, b, sizeof b);
}

static void put_u32(struct out *o, uint32_t v)
{
    uint8_t b[4];
    store_u32(b, v);
    put(o, b, sizeof b);
}

static void put_u64(struct out *o, uint64_t v)
{
    uint8_t b[8];
    store_u64(b, v);
    put(o, b, sizeof b);
}

static void put_tagged(struct out *o, const struct hash *h)
{
    put_u8(o, ALG_SHA256);
    put(o, h->b, HASH_BYTES);
}

static void put_member(struct out *o, const char *member)
{
    size_t len = strlen(member);
    put_u8(o, (uint8_t)len);
    put(o, member, len);
}

static void put_chunk(struct out *o, struct span bytes, size_t max)
{
    if (bytes.len > max && o->err == OK)
        o->err = ERR_TOO_LARGE;
    put_u32(o, (uint32_t)bytes.len);
    put(o, bytes.data, bytes.len);
}

static void count_check(struct out *o, unsigned count, unsigned max)
{
    if (count > max && o->err == OK)
        o->err = ERR_TOO_LARGE;
}

static void hello_put(struct out *o, const struct message *m)
{
    put_u16(o, m->u.hello.version);
    put_tagged(o, &m->u.hello.ledger);
    put_member(o, m->u.hello.member);
}

static void heads_put(struct out *o, const struct message *m)
{
    count_check(o, m->u.heads.count, MESSAGE_MAX_HEADS);
    put_u8(o, m->u.heads.complete);
    put_u16(o, (uint16_t)m->u.heads.count);
    for (unsigned i = 0; o->err == OK && i < m->u.heads.count; i++)
        put_chunk(o, m->u.heads.notes[i], NOTE_MAX_BYTES);
}

static void want_put(struct out *o, const struct message *m)
{
    put_u32(o, m->u.want.request);
    put_member(o, m->u.want.log.member);
    put_u32(o, m->u.want.log.epoch);
    put_u64(o, m->u.want.from);
    put_u64(o, m->u.want.tree_size);
    put_u8(o, m->u.want.packages);
}

static void proof_put(struct out *o, const struct proof *proof)
{
    count_check(o, proof->count, PROOF_MAX_HASHES);
    put_u8(o, (uint8_t)proof->count);
    for (unsigned i = 0; o->err == OK && i < proof->count; i++)
        put(o, proof->hashes[i].b, HASH_BYTES);
}

static void packages_put(struct out *o, const struct message *m)
{
    count_check(o, m->u.packages.count, MESSAGE_MAX_PACKAGES);
    put_u32(o, m->u.packages.request);
    put_chunk(o, m->u.packages.note, NOTE_MAX_BYTES);
    proof_put(o, &m->u.packages.consistency);
    put_u8(o, (uint8_t)m->u.packages.count);
    for (unsigned i = 0; o->err == OK && i < m->u.packages.count; i++)
        put_chunk(o, m->u.packages.packages[i], FRAME_MAX_BYTES);
}

static void part_want_put(struct out *o, const struct message *m)
{
    put_u32(o, m->u.part.request);
    put_tagged(o, &m->u.part.commitment);
}

static void part_put(struct out *o, const struct message *m)
{
    part_want_put(o, m);
    put_u32(o, m->u.part.offset);
    put_u32(o, m->u.part.total);
    if (m->u.part.bytes.len > PART_CHUNK_BYTES && o->err == OK)
        o->err = ERR_TOO_LARGE;
    put(o, m->u.part.bytes.data, m->u.part.bytes.len);
}

static void refuse_put(struct out *o, const struct message *m)
{
    put_u32(o, m->u.refuse.request);
    put_u8(o, m->u.refuse.code);
}

static void bundle_put(struct out *o, const struct message *m)
{
    put_u8(o, m->u.bundle.flags);
    if (m->u.bundle.flags & BUNDLE_ONE_CASE)
        put_tagged(o, &m->u.bundle.case_id);
    put_chunk(o, m->u.bundle.genesis, GENESIS_MAX_BYTES);
}

static void cosign_put(struct out *o, const struct message *m)
{
    count_check(o, m->u.cosign.count, MESSAGE_MAX_COSIGNED);
    count_check(o, m->u.cosign.neighbour_count, MESSAGE_MAX_NEIGHBOURS);
    put_u8(o, m->u.cosign.neighbours);
    if (m->u.cosign.neighbours)
        put_u8(o, (uint8_t)m->u.cosign.neighbour_count);
    for (unsigned i = 0; o->err == OK && m->u.cosign.neighbours &&
                         i < m->u.cosign.neighbour_count; i++)
        put_member(o, m->u.cosign.neighbour[i]);
    put_u16(o, (uint16_t)m->u.cosign.count);
    for (unsigned i = 0; o->err == OK && i < m->u.cosign.count; i++)
        put_chunk(o, m->u.cosign.notes[i], COSIGNED_MAX_BYTES);
}

static void proven_put(struct out *o, const struct message *m)
{
    if (m->u.proven.entry.len > PROVEN_MAX_BYTES && o->err == OK)
        o->err = ERR_TOO_LARGE;
    put(o, m->u.proven.entry.data, m->u.proven.entry.len);
}

static void consistency_put(struct out *o, const struct message *m)
{
    put_member(o, m->u.consistency.log.member);
    put_u32(o, m->u.consistency.log.epoch);
    put_u64(o, m->u.consistency.from);
    put_u64(o, m->u.consistency.to);
    proof_put(o, &m->u.consistency.proof);
}

enum err message_encode(const struct message *m, struct buffer *out)
{
    struct out o = {out, OK};
    size_t before = out->len;
    put_u8(&o, (uint8_t)m->type);
    switch (m->type) {
    case MSG_HELLO: hello_put(&o, m); break;
    case MSG_HEADS: heads_put(&o, m); break;
    case MSG_WANT: want_put(&o, m); break;
    case MSG_PACKAGES: packages_put(&o, m); break;
    case MSG_REFUSE: refuse_put(&o, m); break;
    case MSG_PART_WANT: part_want_put(&o, m); break;
    case MSG_PART: part_put(&o, m); break;
    case MSG_PING:
    case MSG_PONG: put_u64(&o, m->u.ping.token); break;
    case MSG_BUNDLE: bundle_put(&o, m); break;
    case MSG_COSIGN: cosign_put(&o, m); break;
    case MSG_PROVEN: proven_put(&o, m); break;
    case MSG_CONSISTENCY: consistency_put(&o, m); break;
    }
    if (o.err == OK && out->len - before > FRAME_MAX_BYTES)
        o.err = ERR_TOO_LARGE;
    if (o.err != OK)
        out->len = before;
    return o.err;
}
