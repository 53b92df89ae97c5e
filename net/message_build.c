/* PACKAGES straight from the store: each package is encoded in place behind its length. */
#include "net/message.h"

static enum err opening_put(struct txn *t, const struct log *log, uint32_t request, uint64_t from,
                            struct buffer *out)
{
    struct message m = {.type = MSG_PACKAGES, .u.packages = {.request = request}};
    enum err err = log_head(t, log->no, &m.u.packages.note);
    if (err == OK && from > 0) {
        struct log_hashes state = {t, log->no};
        struct hash_reader r = log_hash_reader(&state);
        err = merkle_consistency(&r, from, log->head_size, &m.u.packages.consistency);
    }
    return err == OK ? message_encode(&m, out) : err;
}

static enum err one_put(struct txn *t, const struct log *log, uint64_t start, struct buffer *out)
{
    size_t at = out->len;
    enum err err = buffer_put_u32(out, 0);
    if (err == OK)
        err = package_encode(t, log, start, log->head_size, out);
    if (err == OK)
        store_u32(out->data + at, (uint32_t)(out->len - at - 4));
    return err;
}

enum err message_packages_build(struct txn *t, const struct log *log, uint32_t request,
                                uint64_t from, unsigned packages, struct buffer *out,
                                uint64_t *end)
{
    if (from >= log->head_size || log->head_size > log->frontier.size)
        return ERR_NOTFOUND;
    size_t before = out->len;
    enum err err = opening_put(t, log, request, from, out);
    size_t count_at = out->len - 1;
    unsigned count = 0;
    uint64_t at = from;
    while (err == OK && count < packages && count < MESSAGE_MAX_PACKAGES && at < log->head_size &&
           out->len - before < MESSAGE_TARGET_BYTES) {
        size_t package_at = out->len;
        err = one_put(t, log, at, out);
        if (err == OK && count > 0 && out->len - before > FRAME_MAX_BYTES) {
            out->len = package_at;
            break;
        }
        at = (at / PACKAGE_ENTRIES + 1) * PACKAGE_ENTRIES;
        count++;
    }
    *end = at < log->head_size ? at : log->head_size;
    if (err == OK)
        out->data[count_at] = (uint8_t)count;
    else
        out->len = before;
    return err;
}
