/* What the files of the load share. */
#ifndef JIELI_TOOLS_LOAD_GOVERN_H
#define JIELI_TOOLS_LOAD_GOVERN_H

#include "tools/load/load.h"

/* Genesis, admissions and certificates of everybody, officers of all but the idle members. */
MUST_CHECK enum err load_govern(struct load *l);
/* Grows a member's log in memory. */
MUST_CHECK enum err load_append(struct load_member *m, struct span entry, struct hash *id);
/* Fields of a draft that follow from the member's log as it stands. */
void load_draft(struct load *l, unsigned member, uint32_t kind, struct entry_draft *d);
/* Signs a draft by up to two keys, the entry into `out` (reset). */
struct load_signing { const struct signkey *key; const char *post; enum role role; };
MUST_CHECK enum err load_sign(const struct load *l, const struct entry_draft *d,
                              const struct load_signing *by, unsigned count, struct buffer *out);

#define LOAD_POST_HANDLER "经办人"
#define LOAD_POST_ROOT "根签署人"

#endif
