#include "net/ipc_frame.h"

#include <stdlib.h>
#include <string.h>

enum err ipc_body_encode(const json_t *head, struct span blob, struct buffer *out)
{
    char *text = json_dumps(head, JSON_COMPACT);
    if (text == NULL)
        return ERR_NOMEM;
    size_t len = strlen(text), before = out->len;
    enum err err = OK;
    if (len > IPC_MAX_BYTES || blob.len > IPC_MAX_BYTES - 4 - len)
        err = ERR_TOO_LARGE;
    if (err == OK)
        err = buffer_reserve(out, 4 + len + blob.len);
    if (err == OK)
        err = buffer_put_u32(out, (uint32_t)len);
    if (err == OK)
        err = buffer_put(out, text, len);
    if (err == OK)
        err = buffer_put(out, blob.data, blob.len);
    free(text);
    if (err != OK)
        out->len = before;
    return err;
}

enum err ipc_frame_encode(const json_t *head, struct span blob, struct buffer *out)
{
    size_t before = out->len;
    enum err err = buffer_put_u32(out, 0);
    if (err == OK)
        err = ipc_body_encode(head, blob, out);
    if (err == OK)
        store_u32(out->data + before, (uint32_t)(out->len - before - 4));
    else
        out->len = before;
    return err;
}

enum err ipc_frame_decode(struct span body, json_t **head, struct span *blob)
{
    struct reader r;
    json_error_t error;
    reader_init(&r, body);
    struct span text = read_span(&r, read_u32(&r));
    if (r.failed)
        return ERR_TRUNCATED;
    json_t *parsed = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        return ERR_FORMAT;
    }
    *head = parsed;
    *blob = read_span(&r, reader_left(&r));
    return OK;
}
