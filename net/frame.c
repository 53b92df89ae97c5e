#include "net/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void frame_reader_init(struct frame_reader *r, size_t max_bytes)
{
    *r = (struct frame_reader){.max_bytes = max_bytes};
}

void frame_reader_clear(struct frame_reader *r)
{
    buffer_clear(&r->body);
    frame_reader_init(r, r->max_bytes);
}

static enum err prefix_feed(struct frame_reader *r, struct span *in)
{
    while (r->prefix_len < 4 && in->len > 0) {
        r->prefix[r->prefix_len++] = *in->data++;
        in->len--;
    }
    if (r->prefix_len < 4)
        return OK;
    r->want = load_u32(r->prefix);
    if (r->want == 0)
        return ERR_FORMAT;
    return r->want > r->max_bytes ? ERR_TOO_LARGE : OK;
}

enum err frame_feed(struct frame_reader *r, struct span *in, bool *done)
{
    *done = false;
    if (r->prefix_len < 4) {
        enum err err = prefix_feed(r, in);
        if (err != OK || r->prefix_len < 4)
            return err;
    }
    size_t len = r->want - r->body.len;
    if (len > in->len)
        len = in->len;
    enum err err = buffer_put(&r->body, in->data, len);
    if (err != OK)
        return err;
    in->data += len;
    in->len -= len;
    *done = r->body.len == r->want;
    return OK;
}

void frame_take(struct frame_reader *r, struct buffer *out)
{
    assert(r->prefix_len == 4 && r->body.len == r->want);
    *out = r->body;
    r->body = (struct buffer){0};
    r->prefix_len = 0;
}

enum err send_queue_init(struct send_queue *q)
{
    *q = (struct send_queue){.ring = calloc(SEND_QUEUE_FRAMES, sizeof *q->ring)};
    return q->ring != NULL ? OK : ERR_NOMEM;
}

void send_queue_clear(struct send_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        buffer_clear(&q->ring[(q->first + i) % SEND_QUEUE_FRAMES]);
    free(q->ring);
    *q = (struct send_queue){0};
}

bool send_queue_room(const struct send_queue *q, size_t len)
{
    return q->count == 0 ||
           (q->count < SEND_QUEUE_FRAMES && q->bytes + len <= SEND_QUEUE_BYTES);
}

enum err send_queue_push(struct send_queue *q, struct buffer *frame)
{
    if (!send_queue_room(q, frame->len))
        return ERR_BUSY;
    q->ring[(q->first + q->count) % SEND_QUEUE_FRAMES] = *frame;
    q->count++;
    q->bytes += frame->len;
    *frame = (struct buffer){0};
    return OK;
}

struct span send_queue_front(const struct send_queue *q)
{
    if (q->count == 0)
        return (struct span){NULL, 0};
    const struct buffer *b = &q->ring[q->first];
    return span_of(b->data + q->sent, b->len - q->sent);
}

bool send_queue_sent(struct send_queue *q, size_t len)
{
    struct buffer *b = &q->ring[q->first];
    assert(q->count > 0 && len <= b->len - q->sent);
    q->sent += len;
    if (q->sent == b->len) {
        q->bytes -= b->len;
        buffer_clear(b);
        q->first = (q->first + 1) % SEND_QUEUE_FRAMES;
        q->count--;
        q->sent = 0;
    }
    return q->count > 0;
}
