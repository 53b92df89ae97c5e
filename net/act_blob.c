#include "net/act_blob.h"

static enum err read_part(struct reader *r, struct act_part *part)
{
    uint32_t len = read_u32(r);
    if (!r->failed && len < SALT_BYTES) {
        return ERR_FORMAT;
    }
    if (!r->failed && len - SALT_BYTES > PART_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    part->salt = read_span(r, SALT_BYTES).data;
    part->bytes = read_span(r, len - SALT_BYTES);
    return r->failed ? ERR_TRUNCATED : OK;
}

enum err act_blob_decode(struct act_blob *out, struct span blob)
{
    struct reader r;
    *out = (struct act_blob){0};
    reader_init(&r, blob);
    uint32_t len = read_u32(&r);
    if (len > ENTRY_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    out->entry = read_span(&r, len);
    if (r.failed) {
        return ERR_TRUNCATED;
    }
    enum err err = len == 0 ? ERR_FORMAT : OK;
    while (err == OK && reader_left(&r) > 0) {
        err = out->part_count == ENTRY_MAX_PARTS ? ERR_TOO_LARGE
                                                 : read_part(&r, &out->parts[out->part_count]);
        out->part_count++;
    }
    return err;
}

enum err act_blob_put_entry(struct buffer *out, struct span entry)
{
    if (entry.len > ENTRY_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    enum err err = buffer_put_u32(out, (uint32_t)entry.len);
    return err != OK ? err : buffer_put(out, entry.data, entry.len);
}

enum err act_blob_put_part(struct buffer *out, const uint8_t salt[SALT_BYTES], struct span bytes)
{
    if (bytes.len > PART_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    enum err err = buffer_put_u32(out, (uint32_t)(SALT_BYTES + bytes.len));
    if (err == OK) {
        err = buffer_put(out, salt, SALT_BYTES);
    }
    return err != OK ? err : buffer_put(out, bytes.data, bytes.len);
}
