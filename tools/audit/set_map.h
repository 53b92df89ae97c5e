/* What the files of the set share: its maps, and the inside of a log. */
#ifndef JIELI_TOOLS_AUDIT_SET_MAP_H
#define JIELI_TOOLS_AUDIT_SET_MAP_H

#include "tools/audit/set.h"

/* ---- set.c ---- */
MUST_CHECK enum err set_past_root(struct set_log *log, uint64_t size, struct hash *out);
MUST_CHECK enum err set_log_append(struct set_log *log, const struct set_input *in,
                                   struct set_entry **out);

/* The entry of an item, decoded, under the id that it came with. */
MUST_CHECK enum err set_decode(const struct audit_set *s, const struct set_item *item,
                               struct entry *out);
struct place set_place(const struct audit_set *s, const struct set_item *item);
void set_row_get(const struct set_entry *entry, struct verdict_row *out);
void set_row_put(struct set_entry *entry, const struct verdict_row *row);

/* ---- set_cycle.c ---- */
/* Marks what the convenor's entry at `folded` reaches and what reaches each other (cycle_mark). */
MUST_CHECK enum err set_mark_circles(struct audit_set *s, bool *found);

/* ---- set_map.c ---- */
MUST_CHECK enum err set_map_id(struct audit_set *s, const struct set_item *item);
/* Whether this member used the entry's first key and nonce before. */
bool set_nonce_used(const struct audit_set *s, const struct entry *e);
MUST_CHECK enum err set_map_nonce(struct audit_set *s, const struct set_item *item,
                                  const struct entry *e);
/* Number of a case, a new one where it is met for the first time. */
MUST_CHECK enum err set_map_case(struct audit_set *s, const struct hash *id, uint32_t *no);

#endif
