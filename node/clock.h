/* The clocks of this machine, and what the node thinks of the time that an act claims. */
#ifndef JIELI_NODE_CLOCK_H
#define JIELI_NODE_CLOCK_H

#include "crypto/err.h"

#include <stdint.h>

enum { CLOCK_SLACK_S = 86400 };

uint64_t clock_unix_s(void);        /* seconds since 1970, may be set by people */
uint64_t clock_steady_ms(void);     /* never goes back */
uint64_t clock_thread_us(void);     /* spent by this thread on a processor */
uint64_t clock_steady_us(void);

/* An officer's clock is the officer's: an act is refused for its claimed time only where either it
 * lies more than CLOCK_SLACK_S before the last act of our own log (`last_s`, 0 for none), or more
 * than CLOCK_SLACK_S ahead of both that act and this machine's clock. The latter keeps one wrong
 * clock from shutting the log to all later acts. ERR_CLOCK. */
MUST_CHECK enum err clock_claimed_check(uint64_t claimed_s, uint64_t last_s, uint64_t now_s);

#endif
