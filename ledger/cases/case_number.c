#include <stdio.h>
#include <string.h>

#include "crypto/limits.h"
#include "ledger/cases/state.h"

enum { UTC8_S = 8 * 3600, DAY_S = 86400 };

static unsigned year_of(uint64_t time_s)
{
    uint64_t days = (time_s + UTC8_S) / DAY_S + 719468;
    uint64_t era = days / 146097, of_era = days % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;

    return (unsigned)(year + era * 400 + (month >= 10 ? 1 : 0));
}

static int char_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return -1;
}

static char check_char(const char *text, size_t len)
{
    unsigned product = 36;

    for (size_t i = 0; i < len; i++) {
        int value = char_value(text[i]);
        if (value < 0)
            continue;
        unsigned sum = (product + (unsigned)value) % 36;
        product = (sum == 0 ? 36 : sum) * 2 % 37;
    }
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - product) % 36];
}

enum err case_number_format(char out[CASE_NUMBER_BYTES], const char *member, uint64_t opened_s,
                            uint32_t epoch, uint64_t index)
{
    char chain[16] = "";
    int len;

    if (epoch > 0)
        snprintf(chain, sizeof chain, "e%u", epoch);
    len = snprintf(out, CASE_NUMBER_BYTES, "%s-%04u%s-%llu-", member, year_of(opened_s), chain,
                   (unsigned long long)index);
    if (len < 0 || len + 2 > CASE_NUMBER_BYTES)
        return ERR_RANGE;
    out[len] = check_char(out, (size_t)len);
    out[len + 1] = '\0';
    return OK;
}

static bool number_read(const char **at, const char *end, uint64_t *out)
{
    const char *p = *at;
    uint64_t value = 0;

    if (p == end || *p < '0' || *p > '9')
        return false;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    *at = p;
    *out = value;
    return true;
}

static const char *last_dash(const char *text, const char *end)
{
    while (end > text && end[-1] != '-')
        end--;
    return end > text ? end - 1 : NULL;
}

static bool year_read(const char *at, const char *end, unsigned *year, uint32_t *epoch)
{
    uint64_t y = 0, e = 0;

    if (!number_read(&at, end, &y) || y > 9999)
        return false;
    if (at < end && (*at++ != 'e' || !number_read(&at, end, &e) || e == 0 || e > UINT32_MAX))
        return false;
    *year = (unsigned)y;
    *epoch = (uint32_t)e;
    return at == end;
}

enum err case_number_parse(const char *text, char member[ID_MAX_BYTES + 1], unsigned *year,
                           uint32_t *epoch, uint64_t *index, bool *bad_check)
{
    const char *end = text + strlen(text);
    const char *check = last_dash(text, end);
    const char *ordinal = check ? last_dash(text, check) : NULL;
    const char *chain = ordinal ? last_dash(text, ordinal) : NULL;
    const char *at = ordinal ? ordinal + 1 : NULL;

    *bad_check = false;
    if (!chain || chain == text || chain - text > ID_MAX_BYTES || end - check != 2)
        return ERR_FORMAT;
    if (char_value(check[1]) < 0 || !year_read(chain + 1, ordinal, year, epoch))
        return ERR_FORMAT;
    if (!number_read(&at, check, index) || at != check)
        return ERR_FORMAT;
    memcpy(member, text, (size_t)(chain - text));
    member[chain - text] = '\0';
    *bad_check = char_value(check_char(text, (size_t)(check - text))) != char_value(check[1]);
    return *bad_check ? ERR_FORMAT : OK;
}
