/* Strict decoding of messages: every byte is accounted for, every count has its limit. */
#include "net/message.h"

#include <string.h>

#include "ledger/log/member_id.h"

static enum err tagged_read(struct reader *r, struct hash *out)
{
    uint8_t alg = read_u8(r);
    read_into(r, out->b, HASH_BYTES);
    if (r->failed)
        return ERR_TRUNCATED;
    return alg == ALG_SHA256 ? OK : ERR_UNSUPPORTED;
}

static enum err member_read(struct reader *r, char out[ID_MAX_BYTES + 1])
{
    struct span text = read_span(r, read_u8(r));
    if (r->failed)
        return ERR_TRUNCATED;
    if (text.len > ID_MAX_BYTES || !member_id_valid(text))
        return ERR_FORMAT;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return OK;
}

/* u32 length ‖ bytes, 1 to max of them. */
static enum err chunk_read(struct reader *r, size_t max, struct span *out)
{
    uint32_t len = read_u32(r);
    if (!r->failed && len > max)
        return ERR_TOO_LARGE;
    if (!r->failed && len == 0)
        return ERR_FORMAT;
    *out = read_span(r, len);
    return r->failed ? ERR_TRUNCATED : OK;
}

static enum err hello_read(struct reader *r, struct message *m)
{
    m->u.hello.version = read_u16(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (m->u.hello.version != MESSAGE_VERSION)
        return ERR_UNSUPPORTED;
    enum err err = tagged_read(r, &m->u.hello.ledger);
    return err == OK ? member_read(r, m->u.hello.member) : err;
}

static enum err heads_read(struct reader *r, struct message *m)
{
    uint8_t complete = read_u8(r);
    m->u.heads.complete = complete == 1;
    m->u.heads.count = read_u16(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (complete > 1)
        return ERR_FORMAT;
    if (m->u.heads.count > MESSAGE_MAX_HEADS)
        return ERR_TOO_LARGE;
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < m->u.heads.count; i++)
        err = chunk_read(r, NOTE_MAX_BYTES, &m->u.heads.notes[i]);
    return err;
}

static enum err want_read(struct reader *r, struct message *m)
{
    m->u.want.request = read_u32(r);
    enum err err = member_read(r, m->u.want.log.member);
    if (err != OK)
        return err;
    m->u.want.log.epoch = read_u32(r);
    m->u.want.from = read_u64(r);
    m->u.want.tree_size = read_u64(r);
    m->u.want.packages = read_u8(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (m->u.want.packages < 1 || m->u.want.packages > MESSAGE_MAX_PACKAGES)
        return ERR_RANGE;
    return m->u.want.from < m->u.want.tree_size && m->u.want.tree_size <= INT64_MAX ? OK
                                                                                  : ERR_RANGE;
}

static enum err packages_read(struct reader *r, struct message *m)
{
    m->u.packages.request = read_u32(r);
    enum err err = chunk_read(r, NOTE_MAX_BYTES, &m->u.packages.note);
    if (err != OK)
        return err;
    struct proof *proof = &m->u.packages.consistency;
    proof->count = read_u8(r);
    if (!r->failed && proof->count > PROOF_MAX_HASHES)
        return ERR_TOO_LARGE;
    read_into(r, proof->hashes, proof->count * (size_t)HASH_BYTES);
    m->u.packages.count = read_u8(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (m->u.packages.count < 1 || m->u.packages.count > MESSAGE_MAX_PACKAGES)
        return ERR_RANGE;
    for (unsigned i = 0; err == OK && i < m->u.packages.count; i++)
        err = chunk_read(r, FRAME_MAX_BYTES, &m->u.packages.packages[i]);
    return err;
}

static enum err refuse_read(struct reader *r, struct message *m)
{
    m->u.refuse.request = read_u32(r);
    m->u.refuse.code = read_u8(r);
    if (r->failed)
        return ERR_TRUNCATED;
    return m->u.refuse.code >= REFUSE_UNKNOWN_LOG && m->u.refuse.code <= REFUSE_WRONG_LEDGER
               ? OK : ERR_RANGE;
}

static enum err part_want_read(struct reader *r, struct message *m)
{
    m->u.part.request = read_u32(r);
    return r->failed ? ERR_TRUNCATED : tagged_read(r, &m->u.part.commitment);
}

static enum err part_read_chunk(struct reader *r, struct message *m)
{
    enum err err = part_want_read(r, m);
    if (err != OK)
        return err;
    m->u.part.offset = read_u32(r);
    m->u.part.total = read_u32(r);
    if (r->failed)
        return ERR_TRUNCATED;
    m->u.part.bytes = read_span(r, reader_left(r));
    size_t len = m->u.part.bytes.len;
    if (m->u.part.total > PART_CARRIED_MAX_BYTES || len > PART_CHUNK_BYTES)
        return ERR_TOO_LARGE;
    if (len == 0 || m->u.part.offset >= m->u.part.total)
        return ERR_RANGE;
    return len <= m->u.part.total - m->u.part.offset ? OK : ERR_RANGE;
}

static enum err ping_read(struct reader *r, struct message *m)
{
    m->u.ping.token = read_u64(r);
    return r->failed ? ERR_TRUNCATED : OK;
}

static enum err neighbours_read(struct reader *r, struct message *m)
{
    enum err err = OK;
    m->u.cosign.neighbour_count = read_u8(r);
    for (unsigned i = 0; err == OK && !r->failed && i < m->u.cosign.neighbour_count; i++)
        err = member_read(r, m->u.cosign.neighbour[i]);
    return err;
}

static enum err cosign_read(struct reader *r, struct message *m)
{
    uint8_t flags = read_u8(r);
    if (flags > 1)
        return ERR_FORMAT;
    m->u.cosign.neighbours = flags == 1;
    m->u.cosign.neighbour_count = 0;
    enum err err = flags == 1 ? neighbours_read(r, m) : OK;
    m->u.cosign.count = read_u16(r);
    if (err == OK && r->failed)
        err = ERR_TRUNCATED;
    if (err == OK && m->u.cosign.count > MESSAGE_MAX_COSIGNED)
        err = ERR_TOO_LARGE;
    for (unsigned i = 0; err == OK && i < m->u.cosign.count; i++)
        err = chunk_read(r, COSIGNED_MAX_BYTES, &m->u.cosign.notes[i]);
    return err;
}

static enum err bundle_read(struct reader *r, struct message *m)
{
    m->u.bundle.flags = read_u8(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (m->u.bundle.flags > (BUNDLE_SINCE | BUNDLE_ONE_CASE | BUNDLE_PARTS))
        return ERR_UNSUPPORTED;
    enum err err = OK;
    if (m->u.bundle.flags & BUNDLE_ONE_CASE)
        err = tagged_read(r, &m->u.bundle.case_id);
    return err == OK ? chunk_read(r, GENESIS_MAX_BYTES, &m->u.bundle.genesis) : err;
}

static enum err proven_read(struct reader *r, struct message *m)
{
    m->u.proven.entry = read_span(r, reader_left(r));
    if (m->u.proven.entry.len > PROVEN_MAX_BYTES)
        return ERR_TOO_LARGE;
    return m->u.proven.entry.len == 0 ? ERR_TRUNCATED : OK;
}

static enum err consistency_read(struct reader *r, struct message *m)
{
    enum err err = member_read(r, m->u.consistency.log.member);
    if (err != OK)
        return err;
    m->u.consistency.log.epoch = read_u32(r);
    m->u.consistency.from = read_u64(r);
    m->u.consistency.to = read_u64(r);
    struct proof *proof = &m->u.consistency.proof;
    proof->count = read_u8(r);
    if (!r->failed && proof->count > PROOF_MAX_HASHES)
        return ERR_TOO_LARGE;
    read_into(r, proof->hashes, proof->count * (size_t)HASH_BYTES);
    if (r->failed)
        return ERR_TRUNCATED;
    return m->u.consistency.from > 0 && m->u.consistency.from < m->u.consistency.to &&
                   m->u.consistency.to <= INT64_MAX
               ? OK : ERR_RANGE;
}

enum err message_decode(struct message *out, struct span frame)
{
    static enum err (*const readers[])(struct reader *, struct message *) = {
        [MSG_HELLO] = hello_read, [MSG_HEADS] = heads_read, [MSG_WANT] = want_read,
        [MSG_PACKAGES] = packages_read, [MSG_REFUSE] = refuse_read,
        [MSG_PART_WANT] = part_want_read, [MSG_PART] = part_read_chunk, [MSG_PING] = ping_read,
        [MSG_PONG] = ping_read, [MSG_BUNDLE] = bundle_read, [MSG_COSIGN] = cosign_read,
        [MSG_PROVEN] = proven_read, [MSG_CONSISTENCY] = consistency_read,
    };
    struct reader r;
    reader_init(&r, frame);
    if (frame.len > FRAME_MAX_BYTES)
        return ERR_TOO_LARGE;
    uint8_t type = read_u8(&r);
    if (r.failed)
        return ERR_TRUNCATED;
    if (type >= sizeof readers / sizeof readers[0] || readers[type] == NULL)
        return ERR_UNSUPPORTED;
    out->type = (enum message_type)type;
    enum err err = readers[type](&r, out);
    return err == OK && reader_left(&r) != 0 ? ERR_FORMAT : err;
}
