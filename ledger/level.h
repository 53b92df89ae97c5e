/* How far an act is acknowledged, by the cosignatures held here (FORMAT.md, "Levels"): who holds it
 * since when, whether those it concerns do, and of an offer whether it is deemed delivered. Told
 * for a time; no part of any folded state. */
#ifndef JIELI_LEDGER_LEVEL_H
#define JIELI_LEDGER_LEVEL_H

#include "ledger/cases/terms.h"
#include "ledger/concern.h"

/* A member's first cosignature that covers the act. */
struct act_holder {
    struct member_no by;
    uint64_t time_s;
    bool concerned;
    bool with_parts;                 /* given while our rule demands the act's parts */
};

struct act_level {
    unsigned mirrored;               /* holders, the author's own member never among them */
    struct act_holder holders[MEMBERS_MAX];      /* by time */
    struct concern concern;
    unsigned delivered;              /* of them; all: the act is delivered */
    /* deemed delivery: of offers, unless the member offered to has cosigned in time */
    struct member_no offered;        /* MEMBER_NONE: no offer */
    const struct term_row *term;     /* by the present grade of the case */
    uint64_t witnessed_s;            /* since when two others hold it; 0: they do not */
    uint64_t deemed_s;               /* when it is or was deemed delivered; 0: never so far */
};

/* `as_of_s`: for the clock of deemed delivery. ERR_NOTFOUND: no such entry, or it does not
 * decode. */
MUST_CHECK enum err ledger_level(struct ledger *l, struct position at, uint64_t as_of_s,
                                 struct act_level *out);
bool level_delivered(const struct act_level *level);
/* Deemed delivered at as_of_s, and not held by the member offered to: by fiction only. */
bool level_deemed(const struct act_level *level, uint64_t as_of_s);
/* The holder among them; NULL. */
const struct act_holder *level_holder(const struct act_level *level, struct member_no m);

#endif
