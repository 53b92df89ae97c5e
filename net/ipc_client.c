/* The client's end needs no library threads: a plain socket, blocking with a timeout. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/frame.h"
#include "net/ipc_frame.h"
#include "net/socket.h"

enum { PIECE_BYTES = 64 * 1024 };

struct ipc_client {
    int fd;
    struct frame_reader reader;
    uint8_t piece[PIECE_BYTES];
};

enum err ipc_connect(struct ipc_client **out, const char *socket_path, unsigned timeout_ms)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(socket_path) >= sizeof at.sun_path)
        return ERR_TOO_LARGE;
    memcpy(at.sun_path, socket_path, strlen(socket_path));
    struct ipc_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR_NOMEM;
    frame_reader_init(&c->reader, IPC_MAX_BYTES);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum err err = c->fd < 0 ? socket_err(errno) : socket_timeout(c->fd, timeout_ms);
    if (err == OK && connect(c->fd, (const struct sockaddr *)&at, sizeof at) != 0)
        err = socket_err(errno);
    if (err == OK)
        *out = c;
    else
        ipc_disconnect(c);
    return err;
}

void ipc_disconnect(struct ipc_client *c)
{
    if (c == NULL)
        return;
    if (c->fd >= 0)
        close(c->fd);
    frame_reader_clear(&c->reader);
    free(c);
}

static enum err frame_receive(struct ipc_client *c, struct buffer *frame)
{
    bool whole = false;
    while (!whole) {
        size_t n = 0;
        enum err err = socket_receive(c->fd, c->piece, sizeof c->piece, &n);
        struct span in = span_of(c->piece, n);
        if (err == OK)
            err = frame_feed(&c->reader, &in, &whole);
        if (err != OK)
            return err;
        if (in.len > 0)
            return ERR_PROTOCOL;
    }
    frame_take(&c->reader, frame);
    return OK;
}

enum err ipc_call(struct ipc_client *c, const json_t *request, struct span blob, json_t **reply,
                  struct buffer *reply_blob)
{
    struct buffer wire = {0}, frame = {0};
    struct span answer_blob;
    json_t *head = NULL;
    enum err sent = ipc_frame_encode(request, blob, &wire);
    if (sent == OK)
        sent = socket_send(c->fd, buffer_span(&wire));
    buffer_clear(&wire);
    /* A server that refuses a request in the middle says why before it hangs up. */
    enum err err = sent == OK || sent == ERR_CLOSED ? frame_receive(c, &frame) : sent;
    if (err == OK)
        err = ipc_frame_decode(buffer_span(&frame), &head, &answer_blob);
    if (err == OK && reply_blob != NULL)
        err = buffer_put(reply_blob, answer_blob.data, answer_blob.len);
    buffer_clear(&frame);
    if (err == OK)
        *reply = head;
    else
        json_decref(head);
    return err;
}
