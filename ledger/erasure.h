/* Orders of erasure (删除令) of one case: which parts they reach, carrying them out in this home,
 * and who has confirmed it. */
#ifndef JIELI_LEDGER_ERASURE_H
#define JIELI_LEDGER_ERASURE_H

#include "ledger/parts.h"

/* One valid order; `all`: it reaches the parts of every act that it had seen. */
struct erasure_order { struct hash id, target; struct member_no by; uint64_t time_s; bool all; };

struct erasures {
    struct case_state *state;
    struct case_fold *fold;
    size_t count, order_count;
    struct position *at;                /* entries of the case */
    struct erasure_order *orders;
};
/* Loads them; clear in either case. ERR_NOTFOUND: no such case. */
MUST_CHECK enum err erasures_load(struct ledger *l, const struct hash *case_id,
                                  struct erasures *out);
void erasures_clear(struct erasures *e);
bool erasure_reaches(const struct erasures *e, const struct erasure_order *order,
                     const struct part_place *at);

/* Erases here what the valid orders of the case reach and our member holds, or could come to hold
 * as one of its readers; *erased counts parts that were still here. Again and again no harm. */
MUST_CHECK enum err ledger_erase(struct ledger *l, const struct hash *case_id, unsigned *erased);

/* How a member stands to an order: nothing of what it reaches was for it; its confirmation is
 * missing; it has confirmed. Whoever reads such a part now, wrote on the case, or was named by an
 * act of it may hold a copy. */
enum erasure_duty { ERASURE_NONE, ERASURE_MISSING, ERASURE_CONFIRMED };
/* duties[m] for each member of the roster, `room` of them. */
void erasure_duties(struct ledger *l, const struct erasures *e, const struct erasure_order *order,
                    enum erasure_duty *duties, unsigned room);

#endif
