/* Histories of one case for tests of the fold: acts as members would write them, filled in by hand
 * (not signed), each with what its author claims to have seen. */
#ifndef JIELI_TESTS_SUPPORT_SIM_CASE_H
#define JIELI_TESTS_SUPPORT_SIM_CASE_H

#include "ledger/cases/fold.h"
#include "ledger/cases/state.h"
#include "tests/support/sim_roster.h"

enum { SIM_MAX_ACTS = 320, SIM_WORDS = SIM_MAX_ACTS / 64, SIM_FACT_BYTES = 512 };

struct sim_set { uint64_t w[SIM_WORDS]; };

static inline void sim_put(struct sim_set *s, unsigned i)
{
    s->w[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool sim_in(const struct sim_set *s, unsigned i)
{
    return s->w[i / 64] >> i % 64 & 1;
}

enum sim_signing { SIGN_ONE, SIGN_VERIFIERS, SIGN_DIRECTOR, SIGN_OVERSIGHT };

/* M(m) names a member, N(i) an act; 0 is none. */
#define M(m) ((int)(m) + 1)
#define N(i) ((int)(i) + 1)

struct sim_line {
    unsigned by;
    enum kind kind;
    int to, verifier, investigator, support, target;
    unsigned grade, code, authority, step, level, outcome, five;
    uint64_t due_on;
    const char *track, *officer, *sector;
    enum sim_signing signing;
    unsigned signer;                 /* officer that signs first; 0: number 1 */
};

struct sim_act {
    struct entry e;
    struct act_origin origin;
    struct sim_line line;
    struct sim_set seen;             /* itself not included */
    uint8_t facts[SIM_FACT_BYTES], refs[ENTRY_MAX_REFS * 35];
};

struct sim_case {
    const struct sim_roster *roster;
    struct sim_act *acts;
    unsigned count, log_count[SIM_CROWD];
    uint64_t next_id;
};

void sim_case_init(struct sim_case *c, const struct sim_roster *roster);
void sim_case_clear(struct sim_case *c);
void sim_case_reset(struct sim_case *c);

/* Adds to `set` what lies behind it: own earlier acts, and what is seen by what it holds. */
void sim_close(const struct sim_case *c, unsigned by, struct sim_set *set);
/* Writes an act whose author claims to have seen `seen` (closed first). base NULL: the act in force
 * there. The act's number. */
unsigned sim_write(struct sim_case *c, const struct sim_line *line, const struct sim_set *seen,
                   const struct hash *base);
/* Drops the act written last. */
void sim_unwrite(struct sim_case *c);
/* The last act again with another base. */
void sim_rebase(struct sim_case *c, const struct hash *base);

/* Folds a set, NULL: all. Never fails; to be freed. */
struct case_fold *sim_fold(const struct sim_case *c, const struct sim_set *set);
/* Verdict of act i in a fold; VERDICT_FOREIGN when it is not in it. */
enum verdict sim_verdict(const struct sim_case *c, const struct case_fold *f, unsigned i,
                         enum reason *reason);

/* A generator with a seed (splitmix64). */
struct sim_random { uint64_t state; };
uint64_t sim_next(struct sim_random *r);
unsigned sim_below(struct sim_random *r, unsigned bound);

#endif
