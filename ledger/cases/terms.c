#include "ledger/cases/terms.h"

#include "ledger/cases/mark.h"

enum { HOUR_S = 3600, DAY_S = 86400, OFFSET_S = 8 * HOUR_S };

#define HELD_BY_TWO N_("two other members hold the offer")

static const struct term_row deemed_major = {
    "deemed-delivery-major", HELD_BY_TWO, 4, TERM_HOURS, "本委约定", "ours"};
static const struct term_row deemed_general = {
    "deemed-delivery", HELD_BY_TWO, 1, TERM_WORKING_DAYS, "本委约定", "ours"};

const struct term_row *term_deemed_delivery(enum grade grade)
{
    return grade >= GRADE_MAJOR ? &deemed_major : &deemed_general;
}

/* 1970-01-01 was a Thursday. */
static bool day_off(uint64_t day)
{
    uint64_t weekday = (day + 4) % 7;
    return weekday == 0 || weekday == 6;
}

uint64_t term_end(const struct term_row *term, uint64_t from_s)
{
    if (term->unit == TERM_HOURS)
        return from_s + (uint64_t)term->length * HOUR_S;
    uint64_t day = (from_s + OFFSET_S) / DAY_S, second = (from_s + OFFSET_S) % DAY_S;
    for (; day_off(day); day++)
        second = 0;
    for (unsigned left = term->length; left > 0; left--) {
        for (day++; day_off(day); day++) {
        }
    }
    return day * DAY_S + second - OFFSET_S;
}
