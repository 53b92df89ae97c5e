#include "tests/support/net_line.h"

#include <string.h>

enum { RTO_MIN_MS = 200, RTO_MAX_MS = 120000, QUEUE_BYTES = 4 * 1024 * 1024, SYN_MS = 1000 };

void line_open(struct line *l, const struct line_hooks *hooks, const struct line_quality *q,
               uint64_t now_ms)
{
    *l = (struct line){.hooks = hooks, .quality = q, .now_ms = now_ms};
    l->ends[0].state = LINE_SYN_SENT;
    l->ends[0].timer_ms = now_ms;
    l->ends[0].rto_ms = SYN_MS;
}

static void end_clear(struct line_end *e)
{
    for (unsigned i = 0; i < LINE_SEGMENTS; i++) {
        buffer_clear(&e->sent[i].frame);
        buffer_clear(&e->early[i]);
    }
    e->base = e->next = 0;
    e->state = LINE_CLOSED;
}

void line_clear(struct line *l)
{
    end_clear(&l->ends[0]);
    end_clear(&l->ends[1]);
    for (unsigned i = 0; i < l->packet_count; i++)
        buffer_clear(&l->packets[i].frame);
    l->packet_count = 0;
}

static unsigned chance(struct line *l, unsigned below)
{
    return (unsigned)(l->hooks->random(l->hooks->ctx) % below);
}

static void packet_add(struct line *l, enum packet_kind kind, unsigned to, uint32_t seq,
                       struct span frame, uint64_t leaves_ms)
{
    const struct line_quality *q = l->quality;
    if (l->packet_count == LINE_PACKETS || l->hooks->cut(l->hooks->ctx) ||
        chance(l, 1000) < q->loss_per_mille) {
        l->seen.lost++;
        return;
    }
    struct packet *p = &l->packets[l->packet_count];
    *p = (struct packet){.kind = kind, .to = to, .seq = seq};
    p->at_ms = leaves_ms + q->delay_min_ms +
               chance(l, q->delay_max_ms - q->delay_min_ms + 1);
    if (buffer_put(&p->frame, frame.data, frame.len) == OK)
        l->packet_count++;
}

static void packet_send(struct line *l, enum packet_kind kind, unsigned to, uint32_t seq,
                        struct span frame, uint64_t leaves_ms)
{
    packet_add(l, kind, to, seq, frame, leaves_ms);
    if (chance(l, 1000) < l->quality->double_per_mille) {
        packet_add(l, kind, to, seq, frame, leaves_ms);
        l->seen.doubled++;
    }
}

static void control_send(struct line *l, enum packet_kind kind, unsigned to, uint32_t seq)
{
    packet_send(l, kind, to, seq, (struct span){NULL, 0}, l->now_ms);
}

/* The timer runs from when the last byte has left. */
static void segment_send(struct line *l, unsigned end, uint32_t seq)
{
    struct line_end *e = &l->ends[end];
    struct segment *s = &e->sent[seq % LINE_SEGMENTS];
    uint64_t leaves_ms = e->free_ms > l->now_ms ? e->free_ms : l->now_ms;
    if (l->quality->bytes_per_ms > 0)
        leaves_ms += s->frame.len / l->quality->bytes_per_ms;
    e->free_ms = leaves_ms;
    s->sent_ms = leaves_ms;
    packet_send(l, PACKET_DATA, 1 - end, seq, buffer_span(&s->frame), leaves_ms);
    if (seq == e->base)
        e->timer_ms = leaves_ms + e->rto_ms;
}

enum err line_send(struct line *l, unsigned end, struct span frame)
{
    struct line_end *e = &l->ends[end];
    if (e->state != LINE_OPEN)
        return OK;
    if (e->next - e->base == LINE_SEGMENTS ||
        (e->next != e->base && e->queued_bytes + frame.len > QUEUE_BYTES))
        return ERR_BUSY;
    struct segment *s = &e->sent[e->next % LINE_SEGMENTS];
    *s = (struct segment){0};
    enum err err = buffer_put(&s->frame, frame.data, frame.len);
    if (err == OK) {
        e->queued_bytes += frame.len;
        segment_send(l, end, e->next++);
    }
    return err;
}

void line_close(struct line *l, unsigned end)
{
    if (l->ends[end].state == LINE_CLOSED)
        return;
    end_clear(&l->ends[end]);
    control_send(l, PACKET_RESET, 1 - end, 0);
}

static void end_reset(struct line *l, unsigned end)
{
    bool told = l->ends[end].state != LINE_CLOSED && l->ends[end].state != LINE_NEW;
    end_clear(&l->ends[end]);
    if (told)
        l->hooks->on_reset(l->hooks->ctx, end);
}

void line_reset(struct line *l)
{
    end_reset(l, 0);
    end_reset(l, 1);
}

bool line_busy(const struct line *l)
{
    return l->ends[0].next != l->ends[0].base || l->ends[1].next != l->ends[1].base;
}

/* ---- what arrives ---- */

static void end_open(struct line *l, unsigned end)
{
    struct line_end *e = &l->ends[end];
    e->state = LINE_OPEN;
    e->rto_ms = RTO_MIN_MS;
    l->hooks->on_open(l->hooks->ctx, end);
}

static void on_ack(struct line *l, unsigned end, uint32_t seq)
{
    struct line_end *e = &l->ends[end];
    if (seq <= e->base || seq > e->next)
        return;
    for (; e->base < seq; e->base++) {
        struct segment *s = &e->sent[e->base % LINE_SEGMENTS];
        e->queued_bytes -= s->frame.len;
        buffer_clear(&s->frame);
    }
    e->rto_ms = RTO_MIN_MS;
    if (e->base == e->next)
        return;
    if (e->base < e->recover)
        segment_send(l, end, e->base);           /* lost together with the one before it */
    else
        e->timer_ms = e->sent[e->base % LINE_SEGMENTS].sent_ms + e->rto_ms;
    if (e->timer_ms < l->now_ms)
        e->timer_ms = l->now_ms + e->rto_ms;
}

static void on_data(struct line *l, unsigned end, uint32_t seq, struct span frame)
{
    struct line_end *e = &l->ends[end];
    struct buffer *slot = &e->early[seq % LINE_SEGMENTS];
    if (seq > e->expected)
        l->seen.overtaken++;
    if (seq >= e->expected && seq - e->expected < LINE_SEGMENTS && slot->len == 0 &&
        buffer_put(slot, frame.data, frame.len) != OK)
        return;
    while (e->state == LINE_OPEN && e->early[e->expected % LINE_SEGMENTS].len > 0) {
        struct buffer whole = e->early[e->expected % LINE_SEGMENTS];
        e->early[e->expected++ % LINE_SEGMENTS] = (struct buffer){0};
        l->hooks->on_frame(l->hooks->ctx, end, buffer_span(&whole));
        buffer_clear(&whole);
    }
    if (e->state == LINE_OPEN)
        control_send(l, PACKET_ACK, 1 - end, e->expected);
}

static void packet_arrive(struct line *l, const struct packet *p)
{
    struct line_end *e = &l->ends[p->to];
    if (p->kind == PACKET_RESET) {
        end_reset(l, p->to);
        return;
    }
    if (e->state == LINE_CLOSED) {
        control_send(l, PACKET_RESET, 1 - p->to, 0);
        return;
    }
    if (p->kind == PACKET_SYN) {
        control_send(l, PACKET_SYN_ACK, 1 - p->to, 0);
        if (e->state == LINE_NEW)
            end_open(l, p->to);
    } else if (p->kind == PACKET_SYN_ACK && e->state == LINE_SYN_SENT) {
        end_open(l, p->to);
    } else if (p->kind == PACKET_DATA && e->state == LINE_OPEN) {
        on_data(l, p->to, p->seq, buffer_span(&p->frame));
    } else if (p->kind == PACKET_ACK && e->state == LINE_OPEN) {
        on_ack(l, p->to, p->seq);
    }
}

/* The earliest packet that is due, taken out. */
static bool packet_take(struct line *l, struct packet *out)
{
    unsigned first = l->packet_count;
    for (unsigned i = 0; i < l->packet_count; i++) {
        if (l->packets[i].at_ms <= l->now_ms &&
            (first == l->packet_count || l->packets[i].at_ms < l->packets[first].at_ms))
            first = i;
    }
    if (first == l->packet_count)
        return false;
    *out = l->packets[first];
    l->packet_count--;
    memmove(&l->packets[first], &l->packets[first + 1],
            (l->packet_count - first) * sizeof l->packets[0]);
    return true;
}

static void end_repeat(struct line *l, unsigned end)
{
    struct line_end *e = &l->ends[end];
    if (l->now_ms < e->timer_ms)
        return;
    if (e->state == LINE_SYN_SENT) {
        control_send(l, PACKET_SYN, 1 - end, 0);
        e->timer_ms = l->now_ms + (e->rto_ms << e->syns++);
    } else if (e->state == LINE_OPEN && e->base != e->next) {
        e->rto_ms = e->rto_ms * 2 > RTO_MAX_MS ? RTO_MAX_MS : e->rto_ms * 2;
        e->recover = e->next;
        l->seen.resent++;
        segment_send(l, end, e->base);
    }
}

void line_step(struct line *l, uint64_t now_ms)
{
    struct packet p;
    l->now_ms = now_ms;
    end_repeat(l, 0);
    end_repeat(l, 1);
    while (packet_take(l, &p)) {
        if (!l->hooks->cut(l->hooks->ctx))
            packet_arrive(l, &p);
        buffer_clear(&p.frame);
    }
}
