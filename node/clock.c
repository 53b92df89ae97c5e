#include "node/clock.h"

#include <time.h>

uint64_t clock_unix_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec;
}

uint64_t clock_steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}

uint64_t clock_thread_us(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * 1000000 + (uint64_t)spent.tv_nsec / 1000;
}

enum err clock_claimed_check(uint64_t claimed_s, uint64_t last_s, uint64_t now_s)
{
    uint64_t newest_s = last_s > now_s ? last_s : now_s;
    if (last_s > CLOCK_SLACK_S && claimed_s < last_s - CLOCK_SLACK_S) {
        return ERR_CLOCK;
    }
    return claimed_s > newest_s && claimed_s - newest_s > CLOCK_SLACK_S ? ERR_CLOCK : OK;
}
