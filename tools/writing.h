/* One act on its way from the command line into our log: composed with what the node would build it
 * on, signed by officers, appended through the daemon or kept as a draft. */
#ifndef JIELI_TOOLS_WRITING_H
#define JIELI_TOOLS_WRITING_H

#include "ledger/log/draft.h"
#include "tools/fact_input.h"
#include "tools/officer_key.h"
#include "tools/part_input.h"

struct writing {
    const struct kind_row *kind;
    struct hash ledger;
    char member[ID_MAX_BYTES + 1];
    char number[64];                    /* of the case; "" without one */
    uint32_t epoch;
    uint64_t time_s;
    struct buffer payload;
    const struct part_inputs *parts;    /* borrowed; NULL for none */
    unsigned signer_count;
    struct signer signers[ENTRY_MAX_SIGNERS];
};

void writing_init(struct writing *w, const struct kind_row *kind);
void writing_clear(struct writing *w);

/* Asks the daemon what the act builds on, seals the parts and encodes the payload. case_text NULL:
 * an act without a case. EXIT_DONE, or the failure printed, as all below. */
int writing_compose(struct session *s, struct writing *w, const char *case_text,
                    const struct fact *facts, unsigned fact_count, struct part_inputs *parts);
/* Matches the keys to officers and adds their signatures. */
int writing_sign(struct session *s, struct writing *w, struct officer_keys *keys);
/* Appends it; *reply is the node's answer with "number" of the case besides. */
int writing_append(struct session *s, const struct writing *w, json_t **reply);
/* The same from a draft. */
int writing_append_draft(struct session *s, const struct draft *d, json_t **reply);
/* The draft of it. Borrows from w. */
void writing_draft(const struct writing *w, unsigned needed, struct draft *out);
/* Prints an append's answer in words or JSON and drops it, having waited as --wait says: then
 * EXIT_NOT_REACHED may come back. */
int writing_tell(struct session *s, const struct kind_row *kind, json_t *reply);

/* A governance act: composed, signed by the session's keys, appended. */
int writing_govern(struct session *s, enum kind kind, const struct fact *facts, unsigned count,
                   json_t **reply);

#endif
