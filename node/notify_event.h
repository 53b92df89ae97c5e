/* Which acts of other members concern ours so that somebody should be told, and the event that is
 * told (FORMAT.md, "Events"). */
#ifndef JIELI_NODE_NOTIFY_EVENT_H
#define JIELI_NODE_NOTIFY_EVENT_H

#include "ledger/ledger.h"

/* OFFER       of a case to us, by an offer or a report
 * ASSIGNMENT  of a new case to us
 * REFUSAL     of an offer of ours
 * RULING      that names us, or on a case in which we held the baton or were offered it
 * DELIVERY    an offer of ours is held by the member it was made to */
enum notify_kind { NOTIFY_NOTHING, NOTIFY_OFFER, NOTIFY_ASSIGNMENT, NOTIFY_REFUSAL, NOTIFY_RULING,
                   NOTIFY_DELIVERY };

/* "offer", "assignment", …; "" for nothing. */
const char *notify_kind_name(enum notify_kind kind);
/* Whether an act may be of a kind above for `self`, for all that it says itself. */
bool notify_may_concern(const struct entry *e, const char *self);
/* Our own offer to another member, by an offer or a report: its delivery is an event. */
bool notify_own_offer(const struct entry *e, const char *self);
/* What a valid act that may concern us is to us. Errors of the store. */
MUST_CHECK enum err notify_kind_of(struct ledger *l, const struct entry *e, const char *self,
                                   enum notify_kind *out);
/* Appends the event, one line of JSON, NOTIFY_EVENT_BYTES at most. The same act gives the same id
 * for ever. delivered_s: of DELIVERY, when. ERR_NOMEM, errors of the store. */
MUST_CHECK enum err notify_encode(struct ledger *l, enum notify_kind kind, const struct entry *e,
                                  struct position at, uint64_t delivered_s, struct buffer *out);

#endif
