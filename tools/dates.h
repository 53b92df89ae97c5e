/* Dates and times as people write and read them: UTC+8, whatever the machine's zone. */
#ifndef JIELI_TOOLS_DATES_H
#define JIELI_TOOLS_DATES_H

#include <stdint.h>

#include "crypto/err.h"

enum { DATE_TEXT_BYTES = 32, SPAN_TEXT_BYTES = 64 };

/* "2026-03-01" or "20260301" or "2026.3.1" to days since 1970-01-01. ERR_FORMAT also for a day that
 * no calendar has. */
MUST_CHECK enum err date_parse(const char *text, uint64_t *days);
/* Today, for a time in Unix seconds. */
uint64_t date_of(uint64_t time_s);
/* "2026-03-01 14:05". "" for 0. */
void time_format(uint64_t time_s, char out[DATE_TEXT_BYTES]);
/* "3 days 4 hours", in words of the reader's language. */
void span_format(uint64_t seconds, char out[SPAN_TEXT_BYTES]);

#endif
