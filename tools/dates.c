#include "tools/dates.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/words.h"

enum { ZONE_S = 8 * 3600, DAY_S = 86400 };

static bool read_number(const char **at, unsigned digits_min, unsigned digits_max, unsigned *out)
{
    unsigned digits = 0;
    *out = 0;
    while (digits < digits_max && **at >= '0' && **at <= '9') {
        *out = *out * 10 + (unsigned)(**at - '0');
        (*at)++;
        digits++;
    }
    return digits >= digits_min;
}

static bool read_mark(const char **at, char mark)
{
    if (mark == 0)
        return true;
    if (**at != mark)
        return false;
    (*at)++;
    return true;
}

static bool day_exists(unsigned year, unsigned month, unsigned day)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

enum err date_parse(const char *text, uint64_t *days)
{
    unsigned year, month, day;
    const char *at = text;
    if (!read_number(&at, 4, 4, &year))
        return ERR_FORMAT;
    char mark = *at == '-' || *at == '.' || *at == '/' ? *at : 0;
    unsigned least = mark == 0 ? 2 : 1;
    if (!read_mark(&at, mark) || !read_number(&at, least, 2, &month) || !read_mark(&at, mark) ||
        !read_number(&at, least, 2, &day) || *at != 0 || !day_exists(year, month, day))
        return ERR_FORMAT;
    struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *days = (uint64_t)timegm(&tm) / DAY_S;
    return OK;
}

uint64_t date_of(uint64_t time_s)
{
    return (time_s + ZONE_S) / DAY_S;
}

void time_format(uint64_t time_s, char out[DATE_TEXT_BYTES])
{
    time_t local = (time_t)(time_s + ZONE_S);
    struct tm tm;
    out[0] = 0;
    if (time_s != 0 && gmtime_r(&local, &tm) != NULL)
        strftime(out, DATE_TEXT_BYTES, "%Y-%m-%d %H:%M", &tm);
}

void span_format(uint64_t seconds, char out[SPAN_TEXT_BYTES])
{
    uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (seconds < 60)
        snprintf(out, SPAN_TEXT_BYTES, _("%llu s"), (unsigned long long)seconds);
    else if (days > 0)
        snprintf(out, SPAN_TEXT_BYTES, _("%llu d %llu h"), (unsigned long long)days,
                 (unsigned long long)(hours % 24));
    else
        snprintf(out, SPAN_TEXT_BYTES, _("%llu h %llu min"), (unsigned long long)hours,
                 (unsigned long long)(minutes % 60));
}
