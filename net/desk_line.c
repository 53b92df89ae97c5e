#include "net/desk_line.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/socket.h"

enum { PIECE_BYTES = 64 * 1024 };

struct desk_line {
    int fd;
    struct desk_dial how;
    struct channel channel;
    struct span staged;                /* of `piece`, not taken yet */
    uint8_t piece[PIECE_BYTES];
};

static enum err on_peer(void *ctx, const struct xpubkey *key, struct span certificate)
{
    struct desk_line *line = ctx;
    return line->how.on_peer(line->how.ctx, key, certificate);
}

/* The key itself is what is certified of us: there is nothing to hand out. */
static enum err no_certificate(void *ctx, struct buffer *out)
{
    (void)ctx;
    (void)out;
    return OK;
}

static enum err piece_receive(struct desk_line *line)
{
    size_t len = 0;
    enum err err = socket_receive(line->fd, line->piece, sizeof line->piece, &len);
    line->staged = span_of(line->piece, len);
    return err;
}

static enum err say(struct desk_line *line)
{
    struct buffer out = {0};
    enum err err = channel_handshake_out(&line->channel, &out);
    if (err == OK)
        err = socket_send(line->fd, buffer_span(&out));
    buffer_clear(&out);
    return err;
}

static enum err shake_hands(struct desk_line *line)
{
    enum err err = say(line);
    while (err == OK && !channel_established(&line->channel)) {
        if (line->staged.len == 0)
            err = piece_receive(line);
        if (err == OK)
            err = channel_handshake_in(&line->channel, &line->staged);
        if (err == OK)
            err = say(line);
    }
    return err;
}

enum err desk_dial(struct desk_line **out, const char *address, const struct desk_dial *how)
{
    struct desk_line *line = calloc(1, sizeof *line);
    if (line == NULL)
        return ERR_NOMEM;
    *line = (struct desk_line){.fd = -1, .how = *how};
    const struct channel_config c = {
        .role = NOISE_INITIATOR, .key = how->key, .ledger = how->ledger, .purpose = how->purpose,
        .hint = how->hint, .psk = how->psk, .events = {line, NULL, no_certificate, on_peer}};
    channel_init(&line->channel, &c);
    enum err err = socket_connect(address, how->timeout_ms, &line->fd);
    if (err == OK)
        err = shake_hands(line);
    if (err == OK)
        *out = line;
    else
        desk_hang_up(line);
    return err;
}

void desk_hang_up(struct desk_line *line)
{
    if (line == NULL)
        return;
    if (line->fd >= 0)
        close(line->fd);
    channel_clear(&line->channel);
    free(line);
}

bool desk_ended(const struct desk_line *line)
{
    return socket_ended(line->fd);
}

enum err desk_send(struct desk_line *line, struct span frame)
{
    struct buffer wire = {0};
    enum err err = frame.len == 0 || frame.len > channel_frame_max(&line->channel)
                       ? ERR_TOO_LARGE : channel_seal(&line->channel, frame, &wire);
    if (err == OK)
        err = socket_send(line->fd, buffer_span(&wire));
    buffer_clear(&wire);
    return err;
}

enum err desk_receive(struct desk_line *line, struct buffer *frame)
{
    bool whole = false;
    enum err err = OK;
    buffer_clear(frame);
    while (err == OK && !whole) {
        if (line->staged.len == 0)
            err = piece_receive(line);
        if (err == OK)
            err = channel_open(&line->channel, &line->staged, frame, &whole);
    }
    return err;
}
