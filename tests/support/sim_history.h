/* Random histories of one case: six members that hold prefixes of each other's logs, two of them
 * liars. */
#ifndef JIELI_TESTS_SUPPORT_SIM_HISTORY_H
#define JIELI_TESTS_SUPPORT_SIM_HISTORY_H

#include "tests/support/sim_case.h"

enum { HISTORY_MEMBERS = 6 };

struct history {
    struct sim_case c;
    struct sim_random random;
    unsigned holds[HISTORY_MEMBERS][HISTORY_MEMBERS];   /* [who][whose log]: acts of it */
    unsigned shown[HISTORY_MEMBERS];                    /* what a member gives out of its own log */
    bool liar[HISTORY_MEMBERS], honest_act[SIM_MAX_ACTS];
    /* Called for each act that hides: `known` is what its author holds, the act is the last. */
    void (*on_lie)(struct history *h, const struct sim_set *known, const struct sim_set *claimed);
    unsigned lies, closures_seen, failures;
};

void history_init(struct history *h, const struct sim_roster *roster);
void history_clear(struct history *h);
/* A new history of `acts` acts from a seed. */
void history_play(struct history *h, uint64_t seed, unsigned acts);
/* Acts of each log below the given counts. */
struct sim_set history_prefix(const struct history *h, const unsigned counts[HISTORY_MEMBERS]);

#endif
