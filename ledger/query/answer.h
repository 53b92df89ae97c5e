/* What the answers of query.h are put together with. The first failure of jansson (memory) sticks
 * in `err`; what is put after it is dropped. */
#ifndef JIELI_LEDGER_QUERY_ANSWER_H
#define JIELI_LEDGER_QUERY_ANSWER_H

#include "ledger/query/query.h"

struct answer {
    struct ledger *l;                  /* NULL where nothing but a state is worded */
    const struct roster *roster;
    const json_t *request;
    uint64_t as_of_s;
    json_t *reply;
    enum err err;
};

/* Each fills a->reply; errors of the question go in by answer_refuse, those of this machine into
 * a->err. */
void answer_cases(struct answer *a);
void answer_show(struct answer *a);
void answer_inbox(struct answer *a);
void answer_blindspots(struct answer *a);
void answer_whose(struct answer *a);
void answer_propose(struct answer *a);
void answer_duties(struct answer *a);
void answer_members(struct answer *a);
void answer_officers(struct answer *a);
void answer_status(struct answer *a);
void answer_compose(struct answer *a);

/* Take over `value`. */
void answer_put(struct answer *a, json_t *object, const char *key, json_t *value);
void answer_add(struct answer *a, json_t *list, json_t *value);
/* A new object or list in its parent, borrowed. */
json_t *answer_object(struct answer *a, json_t *parent, const char *key);
json_t *answer_list(struct answer *a, json_t *parent, const char *key);
/* The answer is an error: nothing else of it counts. `message` is one English sentence that is also
 * the key of its translation. */
void answer_refuse(struct answer *a, enum err err, const char *message);
/* An error of the ledger below: memory sticks, everything else is told to the asker. */
void answer_fail(struct answer *a, enum err err);
bool answer_ok(const struct answer *a);

/* Text of the request; NULL when absent or of another type. */
const char *answer_asked(const struct answer *a, const char *key);
/* The case that the request names, in any form that ledger_find_case takes; refuses and returns
 * false when there is not exactly one. */
bool answer_asked_case(struct answer *a, struct hash *id);
/* The member that the request names under "member", own member when it names none. */
bool answer_asked_member(struct answer *a, struct member_no *out);

/* New references. */
json_t *json_of_hash(const struct hash *h);
json_t *json_of_hex(struct span bytes);
json_t *json_of_number(uint64_t v);
json_t *json_of_date(uint64_t days);                       /* "2026-03-01" */
json_t *json_of_member(const struct answer *a, struct member_no m);   /* id, null for none */
json_t *json_of_members(const struct answer *a, const struct member_no *m, unsigned count);
json_t *json_of_row(const struct answer *a, const struct duty_row *row);

/* The number of a case; "" while nothing valid opens it. */
MUST_CHECK enum err case_number_of(const struct roster *r, const struct case_state *s,
                                   char out[CASE_NUMBER_BYTES]);
/* The state of a case alone. */
json_t *answer_state(struct answer *a, const struct case_state *s);
/* A case as lists show it: its state, and title, enterprise and place where they are held here and
 * open; else "subject": "sealed" (to others), "missing" (not here yet), "erased" or
 * "spoilt". */
json_t *answer_case(struct answer *a, const struct case_state *s);
/* Adds to each of an act's parts its "state", "held" or as above, and "text" where it is prose. */
void answer_parts(struct answer *a, struct position at, json_t *act);
/* How far the act at this place is acknowledged; empty where that cannot be told. */
json_t *answer_level(struct answer *a, struct position at);
/* Adds that of the offer to the case's open offer, where there is one. */
void answer_offer_level(struct answer *a, json_t *o, const struct case_state *s);
/* Adds its orders of erasure, with who has and who has not confirmed; without `all` those alone
 * of which a confirmation is missing. */
void answer_erasures(struct answer *a, const struct case_state *s, bool all, json_t *list);
/* Whether the member has to confirm an erasure of the case. */
bool answer_must_confirm(struct answer *a, const struct case_state *s, struct member_no m);
/* Claimed time of an entry; 0 when it is not held. */
uint64_t answer_time_of(struct answer *a, const struct hash *id);
/* Facts of an entry by name, in a new object. */
json_t *answer_facts(struct answer *a, const struct entry *e);

/* Words that stand for enumerations in JSON. */
const char *phase_name(enum case_phase phase);
const char *fact_word(enum fact_id id, uint64_t value);    /* "" for 0 and for unknown codes */

#endif
