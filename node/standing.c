#include "node/standing.h"

/* What the member has at this moment. */
static int64_t credit_at(const struct standing *s, uint64_t now_ms)
{
    const uint64_t full_ms = 2 * STANDING_BURST_US / STANDING_SHARE;
    const uint64_t passed_ms = now_ms - s->credit_ms;
    if (!s->known || passed_ms >= full_ms) {
        return STANDING_BURST_US;
    }
    const int64_t credit_us = s->credit_us + (int64_t)passed_ms * STANDING_SHARE;
    return credit_us < STANDING_BURST_US ? credit_us : STANDING_BURST_US;
}

uint64_t standing_charge(struct standing *s, uint64_t cost_us, uint64_t now_ms)
{
    const int64_t credit_us = credit_at(s, now_ms);
    const uint64_t most_us = (uint64_t)(credit_us + STANDING_BURST_US);
    s->known = true;
    s->credit_ms = now_ms;
    s->credit_us = credit_us - (int64_t)(cost_us < most_us ? cost_us : most_us);
    if (s->credit_us >= 0) {
        return 0;
    }
    return now_ms + (uint64_t)(-s->credit_us + STANDING_SHARE - 1) / STANDING_SHARE;
}

void standing_fault(struct standing *s, uint64_t now_ms)
{
    if (s->bar_ms == 0 || now_ms >= s->barred_until_ms + STANDING_FORGET_MS) {
        s->bar_ms = STANDING_BAR_MIN_MS;
    } else {
        s->bar_ms = s->bar_ms * 2 > STANDING_BAR_MAX_MS ? STANDING_BAR_MAX_MS : s->bar_ms * 2;
    }
    s->barred_until_ms = now_ms + s->bar_ms;
}

bool standing_good(const struct standing *s, uint64_t now_ms)
{
    return (s->bar_ms == 0 || now_ms >= s->barred_until_ms) && credit_at(s, now_ms) >= 0;
}
