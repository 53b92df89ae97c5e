#include "net/desk_message.h"

#include "net/ipc.h"
#include "net/ipc_frame.h"

_Static_assert(DESK_FRAME_MAX_BYTES == 1 + IPC_MAX_BYTES, "what the socket takes, a desk sends");

enum err desk_message_encode(enum desk_message_type type, const json_t *head, struct span blob,
                             struct buffer *out)
{
    size_t before = out->len;
    enum err err = buffer_put_u8(out, (uint8_t)type);
    if (err == OK)
        err = ipc_body_encode(head, blob, out);
    if (err == OK && out->len - before > DESK_FRAME_MAX_BYTES)
        err = ERR_TOO_LARGE;
    if (err != OK)
        out->len = before;
    return err;
}

static enum err type_check(enum desk_message_type type, struct span *frame)
{
    if (frame->len == 0)
        return ERR_TRUNCATED;
    if (frame->data[0] != type)
        return ERR_PROTOCOL;
    *frame = span_of(frame->data + 1, frame->len - 1);
    return OK;
}

enum err desk_message_decode(enum desk_message_type type, struct span frame, json_t **head,
                             struct span *blob)
{
    enum err err = type_check(type, &frame);
    return err == OK ? ipc_frame_decode(frame, head, blob) : err;
}

static enum err length_check(enum desk_message_type type, struct span bytes)
{
    size_t most = type == ENROL_GENESIS ? GENESIS_MAX_BYTES : REQUEST_MAX_BYTES;
    if (bytes.len == 0)
        return ERR_TRUNCATED;
    return bytes.len > most ? ERR_TOO_LARGE : OK;
}

enum err enrol_bytes_encode(enum desk_message_type type, struct span bytes, struct buffer *out)
{
    enum err err = length_check(type, bytes);
    if (err == OK)
        err = buffer_reserve(out, 1 + bytes.len);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)type);
    return err == OK ? buffer_put(out, bytes.data, bytes.len) : err;
}

enum err enrol_bytes_decode(enum desk_message_type type, struct span frame, struct span *bytes)
{
    enum err err = type_check(type, &frame);
    if (err == OK)
        err = length_check(type, frame);
    if (err == OK)
        *bytes = frame;
    return err;
}

enum err enrol_state_encode(enum enrol_state state, uint64_t size, struct buffer *out)
{
    uint8_t message[10] = {ENROL_STATE, (uint8_t)state};
    store_u64(message + 2, size);
    return buffer_put(out, message, sizeof message);
}

enum err enrol_state_decode(struct span frame, enum enrol_state *state, uint64_t *size)
{
    struct reader r;
    enum err err = type_check(ENROL_STATE, &frame);
    if (err != OK)
        return err;
    reader_init(&r, frame);
    uint8_t number = read_u8(&r);
    *size = read_u64(&r);
    if (r.failed)
        return ERR_TRUNCATED;
    if (reader_left(&r) > 0)
        return ERR_FORMAT;
    if (number < ENROL_WAITING || number > ENROL_REFUSED)
        return ERR_RANGE;
    *state = (enum enrol_state)number;
    return OK;
}
