/* One connection as TCP carries it over a bad network, by a seed and without a socket. Below are
 * packets: each is delayed by chance (so that later ones overtake it), lost, delivered twice, and
 * swallowed while the path is cut. Above is what applications see: opening, frames whole and in
 * order, resets. Between them, as in Linux: a SYN is repeated after 1 s and 3 s; each frame is one
 * segment, acknowledged cumulatively; an unacknowledged one is sent again after 200 ms, then twice
 * as long each time (so that after a cut of 20 s nothing moves for up to as long again); what
 * arrives out of order waits, what arrives twice is dropped. Nobody tells an end that the other is
 * gone while the path is cut: the connection is half open until something is sent that reaches
 * a closed end, which answers with a reset. A path has a rate: frames leave one after the other. */
#ifndef JIELI_TESTS_SUPPORT_NET_LINE_H
#define JIELI_TESTS_SUPPORT_NET_LINE_H

#include "crypto/bytes.h"

enum { LINE_SEGMENTS = 64, LINE_PACKETS = 512 };

struct line_quality {
    unsigned delay_min_ms, delay_max_ms, loss_per_mille, double_per_mille;
    unsigned bytes_per_ms;         /* each way; 0: no limit */
};

/* What happens at one end; `end` 0 is the one that dialled. */
struct line_hooks {
    void *ctx;
    bool (*cut)(void *ctx);        /* whether packets are swallowed now */
    uint64_t (*random)(void *ctx);
    void (*on_open)(void *ctx, unsigned end);
    void (*on_frame)(void *ctx, unsigned end, struct span frame);
    /* Reset by the other side; not told to who closed it itself. */
    void (*on_reset)(void *ctx, unsigned end);
};

enum packet_kind { PACKET_SYN, PACKET_SYN_ACK, PACKET_DATA, PACKET_ACK, PACKET_RESET };
struct packet { uint64_t at_ms; enum packet_kind kind; unsigned to; uint32_t seq;
                struct buffer frame; };

struct segment { struct buffer frame; uint64_t sent_ms; };

enum line_state { LINE_NEW, LINE_SYN_SENT, LINE_OPEN, LINE_CLOSED };

struct line_end {
    enum line_state state;
    uint32_t base, next, expected, recover;  /* sequence numbers; segments [base, next) wait */
    struct segment sent[LINE_SEGMENTS];      /* [seq % LINE_SEGMENTS] */
    size_t queued_bytes;
    struct buffer early[LINE_SEGMENTS];
    uint64_t rto_ms, timer_ms, free_ms;
    unsigned syns;
};

struct line {
    const struct line_hooks *hooks;
    const struct line_quality *quality;
    uint64_t now_ms;
    struct line_end ends[2];
    struct packet packets[LINE_PACKETS];
    unsigned packet_count;
    struct { uint64_t lost, doubled, overtaken, resent; } seen;
};

void line_open(struct line *l, const struct line_hooks *hooks, const struct line_quality *q,
               uint64_t now_ms);
void line_clear(struct line *l);
/* Delivers what is due and repeats what is late. */
void line_step(struct line *l, uint64_t now_ms);
/* ERR_BUSY when too much waits; nothing happens at a closed end. */
enum err line_send(struct line *l, unsigned end, struct span frame);
void line_close(struct line *l, unsigned end);
/* Both ends are reset, as by a box between them. */
void line_reset(struct line *l);
/* Whether frames are on their way or wait. */
bool line_busy(const struct line *l);

#endif
