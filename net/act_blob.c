#include "net/act_blob.h"

/* Looks at the count of wraps without taking it. */
static enum err wraps_length(struct span rest, size_t *out)
{
    size_t count = load_u16(rest.data);
    *out = 2 + count * PART_WRAP_BYTES;
    return count > PART_MAX_WRAPS ? ERR_TOO_LARGE : OK;
}

static enum err read_part(struct reader *r, struct act_part *part)
{
    size_t wraps = 0;
    struct reader inner;
    uint32_t len = read_u32(r);
    if (!r->failed && len < 2 + SALT_BYTES) {
        return ERR_FORMAT;
    }
    if (!r->failed && len > PART_WRAPS_MAX_BYTES + SALT_BYTES + PART_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    struct span whole = read_span(r, len);
    if (r->failed) {
        return ERR_TRUNCATED;
    }
    enum err err = wraps_length(whole, &wraps);
    if (err != OK) {
        return err;
    }
    reader_init(&inner, whole);
    part->wraps = read_span(&inner, wraps);
    part->salt = read_span(&inner, SALT_BYTES).data;
    part->bytes = read_span(&inner, reader_left(&inner));
    if (inner.failed) {
        return ERR_FORMAT;
    }
    return part->bytes.len > PART_MAX_BYTES ? ERR_TOO_LARGE : OK;
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

enum err act_blob_put_part(struct buffer *out, const struct act_part *part)
{
    if (part->bytes.len > PART_MAX_BYTES || part->wraps.len > PART_WRAPS_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    enum err err =
        buffer_put_u32(out, (uint32_t)(part->wraps.len + SALT_BYTES + part->bytes.len));
    if (err == OK) {
        err = buffer_put(out, part->wraps.data, part->wraps.len);
    }
    if (err == OK) {
        err = buffer_put(out, part->salt, SALT_BYTES);
    }
    return err != OK ? err : buffer_put(out, part->bytes.data, part->bytes.len);
}
