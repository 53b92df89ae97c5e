/* Lengths of time that readers count by, beside the law: data of a rule set, never part of the
 * folded state. What stands here are the defaults; rows of a published rule set take their place.
 * All dates are UTC+8. */
#ifndef JIELI_LEDGER_CASES_TERMS_H
#define JIELI_LEDGER_CASES_TERMS_H

#include "ledger/cases/kinds.h"

enum term_unit { TERM_HOURS, TERM_WORKING_DAYS };

struct term_row {
    const char *name;                /* "deemed-delivery-major" */
    const char *trigger;             /* what it is counted from; English, N_() marked */
    unsigned length;
    enum term_unit unit;
    const char *basis;               /* Chinese, as statutes and agreements are cited */
    const char *origin;              /* "law", "plan" or "ours" */
};

/* After what time an offer that two other members hold is deemed delivered (视为送达) to the member
 * offered to; imminent counts as major. */
const struct term_row *term_deemed_delivery(enum grade grade);
/* The second in which the term is over. A working day is Monday to Friday until a calendar is
 * published. Counted in working days, a term that begins on a day off begins at 00:00 of the next
 * working day, and ends n working days later at the same time of day. */
uint64_t term_end(const struct term_row *term, uint64_t from_s);

#endif
