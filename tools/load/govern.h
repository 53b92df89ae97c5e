/* What the files of the load share. */
#ifndef JIELI_TOOLS_LOAD_GOVERN_H
#define JIELI_TOOLS_LOAD_GOVERN_H

#include "tools/load/load.h"

/* ---- tables.c ---- */
/* Fills member ids and admissions, idle ones last, and the sectors. */
MUST_CHECK enum err load_tables(struct load *l);

/* ---- govern.c ---- */
/* Genesis, admissions and certificates of everybody, officers of all but the idle members. */
MUST_CHECK enum err load_govern(struct load *l);
/* Fields of a draft that follow from the member's log as it stands. */
void load_draft(struct load *l, unsigned member, uint32_t kind, struct entry_draft *d);
/* Signs a draft by up to two keys, the entry into `out` (reset). */
struct load_signing { const struct signkey *key; const char *post; enum role role; };
MUST_CHECK enum err load_sign(const struct load *l, const struct entry_draft *d,
                              const struct load_signing *by, unsigned count, struct buffer *out);

/* ---- log.c ---- */
void load_log_clear(struct load_log *g);
MUST_CHECK enum err load_log_append(struct load_log *g, struct span entry, struct hash *id);
MUST_CHECK enum err load_log_copy(struct load_log *out, const struct load_log *from);
/* Drops what is pushed, but for the bundle that is being filled. */
void load_log_trim(struct load_log *g);
/* Entry `i`, not below `first`. */
struct span load_entry(const struct load_log *g, size_t i);
/* Gives the entries from `from` on to a ledger, which stands there, as a peer would. */
MUST_CHECK enum err load_log_push(const struct load *l, const struct load_member *m,
                                  const struct load_log *g, size_t from, struct ledger *to);

/* ---- story.c ---- */
enum load_party { PARTY_CONVENOR, PARTY_REPORTER, PARTY_WORKER, PARTY_OTHER, PARTY_LISTER };
struct load_step { uint8_t kind, by, to; };    /* to: the member that the act names */
struct load_story {
    const char *name;
    unsigned weight;
    struct load_step steps[LOAD_CASE_MAX_ACTS];    /* up to one of kind 0 */
};
const struct load_story *load_story_at(unsigned i);      /* NULL past the end */
const struct load_step *load_step_of(const struct load_case *c);

#define LOAD_POST_HANDLER "经办人"
#define LOAD_POST_ROOT "根签署人"

#endif
