/* The facts of governance entries, encoded: what the command line puts into a draft. Nothing is
 * judged here; a wrong value makes an entry that roster_apply finds void. */
#ifndef JIELI_LEDGER_ROSTER_COMPOSE_H
#define JIELI_LEDGER_ROSTER_COMPOSE_H

#include "ledger/log/entry.h"
#include "ledger/roster/member.h"

enum { COMPOSE_MAX_FACTS = 5 };

/* Facts in rising order of id, for entry_draft.facts; their values lie in `bytes`. */
struct composition {
    struct buffer bytes;
    unsigned fact_count;
    struct fact facts[COMPOSE_MAX_FACTS];
};
void composition_init(struct composition *c);
void composition_clear(struct composition *c);

struct certify_fields {
    struct pubkey cosigner;
    struct sig cosigner_proof;              /* possession, role "cosigner" */
    struct xpubkey transport, sealing;
};

struct enrol_fields {
    struct pubkey key;
    struct sig proof;                       /* possession, role "officer" */
    const char *person;
    const char *const *posts;
    unsigned post_count;
    const struct xpubkey *transport;        /* of the officer's desk; NULL: none */
};

/* One row of the responsibility map, members by id. */
struct duty_fields {
    const char *sector, *district;          /* district "*": wherever no row of its own stands */
    uint8_t level;                          /* enum duty_level */
    const char *const *leads, *const *supports;
    unsigned lead_count, support_count;
    const char *basis;                      /* document or clause; may be "" */
};

/* Each replaces what `c` held. ERR_NOMEM; ERR_FORMAT for a text that is not UTF-8. The entry of
 * compose_certify at index 0 cites the member's admission in refs, the convenor's cites nothing. */
MUST_CHECK enum err compose_certify(struct composition *c, const struct certify_fields *f);
MUST_CHECK enum err compose_admit(struct composition *c, const struct admission *a);
MUST_CHECK enum err compose_enrol(struct composition *c, const struct enrol_fields *f);
/* Another transport key for the desk of an officer who is enrolled already; NULL ends it. */
MUST_CHECK enum err compose_desk(struct composition *c, const struct pubkey *officer,
                                 const struct xpubkey *transport);
MUST_CHECK enum err compose_leave(struct composition *c, const struct pubkey *officer);
/* `size`: entries of the member's log that stand. */
struct suspend_fields { const char *member, *ground; uint64_t size; };
MUST_CHECK enum err compose_suspend(struct composition *c, const struct suspend_fields *f);
MUST_CHECK enum err compose_duty(struct composition *c, const struct duty_fields *rows,
                                 unsigned count);

#endif
