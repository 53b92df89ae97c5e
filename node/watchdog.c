#include "node/watchdog.h"

#include "crypto/limits.h"

void watchdog_init(struct watchdog *w, uint64_t now_ms)
{
    *w = (struct watchdog){.looked_ms = now_ms, .moved_ms = now_ms};
}

static bool moved(const struct transport_pulse *before, const struct transport_pulse *now)
{
    bool keeper_stands = now->rounds == before->rounds && now->links > 0;
    bool wants = keeper_stands || now->waiting > 0;
    return now->completions != before->completions || !wants;
}

enum err watchdog_check(struct watchdog *w, const struct transport_pulse *now, uint64_t now_ms)
{
    bool stood_still = now_ms - w->looked_ms > WATCHDOG_GAP_S * 1000;
    if (stood_still || moved(&w->last, now)) {
        w->moved_ms = now_ms;
    }
    w->last = *now;
    w->looked_ms = now_ms;
    return now_ms - w->moved_ms >= WATCHDOG_STUCK_S * 1000 ? ERR_TIMEOUT : OK;
}
