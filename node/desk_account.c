#include "node/desk_account.h"

enum { MILLI = 1000, MINUTE_MS = 60000 };

void desk_account_init(struct desk_account *a, uint64_t now_ms)
{
    *a = (struct desk_account){.ms = now_ms, .bytes = DESK_BYTES_BURST,
                               .requests_milli = (uint64_t)DESK_REQUESTS_BURST * MILLI};
}

static uint64_t filled(uint64_t level, uint64_t per_minute, uint64_t most, uint64_t ms)
{
    uint64_t all = level + per_minute * ms / MINUTE_MS;
    return all < most ? all : most;
}

enum err desk_account_take(struct desk_account *a, size_t bytes, uint64_t now_ms)
{
    uint64_t ms = now_ms - a->ms < MINUTE_MS ? now_ms - a->ms : MINUTE_MS;
    uint64_t charge = bytes < DESK_BYTES_BURST ? bytes : DESK_BYTES_BURST;
    a->requests_milli = filled(a->requests_milli, (uint64_t)DESK_REQUESTS_PER_MINUTE * MILLI,
                               (uint64_t)DESK_REQUESTS_BURST * MILLI, ms);
    a->bytes = filled(a->bytes, DESK_BYTES_PER_MINUTE, DESK_BYTES_BURST, ms);
    a->ms = now_ms;
    if (a->requests_milli >= (uint64_t)DESK_REQUESTS_BURST * MILLI / 2)
        a->refusals = 0;
    if (a->requests_milli < MILLI || a->bytes < charge)
        return ++a->refusals < DESK_REFUSALS_MAX ? ERR_BUSY : ERR_PROTOCOL;
    a->requests_milli -= MILLI;
    a->bytes -= charge;
    return OK;
}

void desk_account_charge(struct desk_account *a, size_t bytes)
{
    a->bytes -= bytes < a->bytes ? bytes : a->bytes;
}
