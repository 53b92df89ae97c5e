/* Finds an officer by its member and key, or by the id of its enrolment, in constant time. */
#ifndef JIELI_LEDGER_ROSTER_OFFICER_MAP_H
#define JIELI_LEDGER_ROSTER_OFFICER_MAP_H

#include "ledger/roster/roster.h"

struct officer_map_item {
    uint8_t key[32];
    uint16_t member;
    bool used;
    const struct officer *officer;
};

/* Zero-initialised is empty but for `seed`, which makes slots unpredictable to who chooses keys. */
struct officer_map { struct officer_map_item *items; size_t count, cap; uint64_t seed; };

void officer_map_init(struct officer_map *m);
void officer_map_clear(struct officer_map *m);
/* Makes room for one more, so that the next put cannot fail. ERR_NOMEM. */
MUST_CHECK enum err officer_map_reserve(struct officer_map *m);
/* Keeps the first officer put for a key. `officer` may be NULL: known, and none. */
void officer_map_put(struct officer_map *m, const uint8_t key[32], uint16_t member,
                     const struct officer *officer);
/* False when the key is unknown. *officer as it was put. */
bool officer_map_find(const struct officer_map *m, const uint8_t key[32], uint16_t member,
                      const struct officer **officer);

#endif
