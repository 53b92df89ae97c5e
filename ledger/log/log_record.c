#include "ledger/log/log_record.h"

#include <assert.h>
#include <string.h>

#include "ledger/log/log_key.h"

static enum err record_encode(const struct log *log, struct buffer *out)
{
    size_t member_len = strlen(log->member), origin_len = strlen(log->origin);
    enum err err = buffer_put_u8(out, (uint8_t)member_len);
    if (err == OK)
        err = buffer_put(out, log->member, member_len);
    if (err == OK)
        err = buffer_put_u32(out, log->epoch);
    if (err == OK)
        err = buffer_put_u8(out, ALG_ED25519);
    if (err == OK)
        err = buffer_put(out, log->node_key.b, PUBKEY_BYTES);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)origin_len);
    if (err == OK)
        err = buffer_put(out, log->origin, origin_len);
    return err;
}

static void string_read(struct reader *r, char *out, size_t out_bytes)
{
    size_t len = read_u8(r);
    struct span text = read_span(r, len < out_bytes ? len : SIZE_MAX);
    if (text.data != NULL)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static enum err record_decode(struct log *out, struct span value)
{
    struct reader r;
    reader_init(&r, value);
    string_read(&r, out->member, sizeof out->member);
    out->epoch = read_u32(&r);
    bool known = read_u8(&r) == ALG_ED25519;
    read_into(&r, out->node_key.b, PUBKEY_BYTES);
    string_read(&r, out->origin, sizeof out->origin);
    return r.failed || !known || reader_left(&r) != 0 ? ERR_CORRUPT : OK;
}

enum err log_record_put(struct txn *t, const struct log *log)
{
    struct buffer value = {0};
    struct log_key key = log_key_log(log->no);
    enum err err = record_encode(log, &value);
    if (err == OK)
        err = table_put(t, TABLE_LOGS, log_key_span(&key), buffer_span(&value));
    buffer_clear(&value);
    return err;
}

enum err log_record_get(struct txn *t, struct log_no no, struct log *out)
{
    struct span value;
    struct log_key key = log_key_log(no);
    enum err err = table_get(t, TABLE_LOGS, log_key_span(&key), &value);
    if (err != OK)
        return err;
    *out = (struct log){.no = no};
    return record_decode(out, value);
}

enum err log_state_put(struct txn *t, const struct log *log, struct span note)
{
    const struct frontier *f = &log->frontier;
    size_t hashes = f->count * (size_t)HASH_BYTES;
    struct log_key key = log_key_log(log->no);
    uint8_t *room;
    assert(f->count == (unsigned)__builtin_popcountll(f->size));
    enum err err = table_reserve(t, TABLE_HEAD, log_key_span(&key), 16 + hashes + note.len, &room);
    if (err != OK)
        return err;
    store_u64(room, f->size);
    store_u64(room + 8, log->head_size);
    memcpy(room + 16, f->roots, hashes);
    if (note.len != 0)
        memcpy(room + 16 + hashes, note.data, note.len);
    return OK;
}

enum err log_state_get(struct txn *t, struct log_no no, struct log *out, struct span *note)
{
    struct span value;
    struct reader r;
    struct log_key key = log_key_log(no);
    enum err err = table_get(t, TABLE_HEAD, log_key_span(&key), &value);
    if (err != OK)
        return err;
    reader_init(&r, value);
    frontier_init(&out->frontier);
    out->frontier.size = read_u64(&r);
    out->head_size = read_u64(&r);
    out->frontier.count = (unsigned)__builtin_popcountll(out->frontier.size);
    read_into(&r, out->frontier.roots, out->frontier.count * (size_t)HASH_BYTES);
    if (r.failed)
        return ERR_CORRUPT;
    *note = read_span(&r, reader_left(&r));
    return OK;
}
