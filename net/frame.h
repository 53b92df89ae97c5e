/* Frames on a byte stream: u32 length ‖ body. Assembly from pieces of any size; the length is
 * checked before anything is allocated and memory grows only as bytes arrive. */
#ifndef JIELI_NET_FRAME_H
#define JIELI_NET_FRAME_H

#include "crypto/bytes.h"

struct frame_reader {
    size_t max_bytes;              /* largest body */
    uint8_t prefix[4];
    unsigned prefix_len;
    uint32_t want;                 /* length of the body, once prefix_len is 4 */
    struct buffer body;
};

void frame_reader_init(struct frame_reader *r, size_t max_bytes);
void frame_reader_clear(struct frame_reader *r);
/* Takes bytes from the front of *in until a frame is whole or *in is empty. *done: r->body is the
 * whole frame, to be taken with frame_take. ERR_TOO_LARGE, ERR_FORMAT (length 0), ERR_NOMEM: the
 * stream cannot be read on. */
MUST_CHECK enum err frame_feed(struct frame_reader *r, struct span *in, bool *done);
/* Moves the whole frame out and makes the reader ready for the next. */
void frame_take(struct frame_reader *r, struct buffer *out);

/* A bounded queue of buffers to be sent, in order. Always takes one when empty. */
enum { SEND_QUEUE_FRAMES = 1024, SEND_QUEUE_BYTES = 4 * 1024 * 1024 };
struct send_queue {
    struct buffer *ring;
    size_t first, count, bytes;
    size_t sent;                   /* of the first */
};
MUST_CHECK enum err send_queue_init(struct send_queue *q);
void send_queue_clear(struct send_queue *q);
/* Takes *frame over. ERR_BUSY when full: *frame stays the caller's. */
MUST_CHECK enum err send_queue_push(struct send_queue *q, struct buffer *frame);
/* Whether a frame of `len` bytes would be taken. */
bool send_queue_room(const struct send_queue *q, size_t len);
/* What remains of the first; empty when there is nothing. Borrowed until send_queue_sent. */
struct span send_queue_front(const struct send_queue *q);
/* `len` bytes of the front went out; true when something remains to be sent. */
bool send_queue_sent(struct send_queue *q, size_t len);

#endif
