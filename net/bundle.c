/* Reading a bundle file frame by frame; what it holds is judged by bundle_apply.c. */
#include "net/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/bundle_file.h"

enum { PIECE_BYTES = 256 * 1024 };

struct bundle_reader {
    FILE *file;
    struct hash chain;
    struct buffer head, frame;     /* head: the first frame, for the genesis in it */
    struct message message;        /* of head */
    bool ended;
};

static enum err bytes_read(struct bundle_reader *b, void *out, size_t len)
{
    if (fread(out, 1, len, b->file) == len)
        return OK;
    return ferror(b->file) ? err_from_errno(errno) : ERR_TRUNCATED;
}

/* Memory grows with what the file really holds, not with what it announces. */
static enum err body_read(struct bundle_reader *b, size_t len, struct buffer *out)
{
    enum err err = OK;
    buffer_reset(out);
    while (err == OK && out->len < len) {
        size_t piece = len - out->len < PIECE_BYTES ? len - out->len : PIECE_BYTES;
        err = buffer_reserve(out, piece);
        if (err == OK)
            err = bytes_read(b, out->data + out->len, piece);
        if (err == OK)
            out->len += piece;
    }
    return err;
}

static enum err end_check(struct bundle_reader *b)
{
    struct hash said;
    enum err err = bytes_read(b, said.b, HASH_BYTES);
    if (err != OK)
        return err;
    if (!hash_equal(&said, &b->chain))
        return ERR_CORRUPT;
    return fgetc(b->file) == EOF ? ERR_NOTFOUND : ERR_FORMAT;
}

static enum err frame_read(struct bundle_reader *b, struct buffer *out)
{
    uint8_t length[4];
    enum err err = bytes_read(b, length, sizeof length);
    if (err != OK)
        return err;
    size_t len = load_u32(length);
    if (len == 0)
        return end_check(b);
    if (len > FRAME_MAX_BYTES)
        return ERR_TOO_LARGE;
    err = body_read(b, len, out);
    if (err == OK)
        bundle_chain_add(&b->chain, buffer_span(out));
    return err;
}

static enum err head_read(struct bundle_reader *b)
{
    char magic[sizeof BUNDLE_MAGIC - 1];
    enum err err = bytes_read(b, magic, sizeof magic);
    if (err == ERR_TRUNCATED || (err == OK && memcmp(magic, BUNDLE_MAGIC, sizeof magic) != 0))
        return ERR_FORMAT;
    bundle_chain_start(&b->chain);
    if (err == OK)
        err = frame_read(b, &b->head);
    if (err == ERR_NOTFOUND)
        return ERR_FORMAT;
    if (err == OK)
        err = message_decode(&b->message, buffer_span(&b->head));
    return err == OK && b->message.type != MSG_BUNDLE ? ERR_FORMAT : err;
}

/* A pipe put in the place of a file would hold its reader up for ever. */
static enum err file_open(struct bundle_reader *b, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = fstat(fd, &st) != 0 ? err_from_errno(errno)
                                       : S_ISREG(st.st_mode) ? OK : ERR_FORMAT;
    if (err == OK && (b->file = fdopen(fd, "rb")) == NULL)
        err = err_from_errno(errno);
    if (err != OK)
        close(fd);
    return err;
}

enum err bundle_open(struct bundle_reader **out, const char *path)
{
    struct bundle_reader *b = calloc(1, sizeof *b);
    if (b == NULL)
        return ERR_NOMEM;
    enum err err = file_open(b, path);
    if (err == OK)
        err = head_read(b);
    if (err == OK)
        *out = b;
    else
        bundle_close(b);
    return err;
}

struct span bundle_head(const struct bundle_reader *b)
{
    return buffer_span(&b->head);
}

struct span bundle_genesis(const struct bundle_reader *b)
{
    return b->message.u.bundle.genesis;
}

bool bundle_partial(const struct bundle_reader *b)
{
    return (b->message.u.bundle.flags & (BUNDLE_SINCE | BUNDLE_ONE_CASE)) != 0;
}

enum err bundle_next(struct bundle_reader *b, struct span *frame)
{
    if (b->ended)
        return ERR_NOTFOUND;
    enum err err = frame_read(b, &b->frame);
    b->ended = err == ERR_NOTFOUND;
    *frame = buffer_span(&b->frame);
    return err;
}

void bundle_close(struct bundle_reader *b)
{
    if (b == NULL)
        return;
    if (b->file != NULL)
        fclose(b->file);
    buffer_clear(&b->head);
    buffer_clear(&b->frame);
    free(b);
}
