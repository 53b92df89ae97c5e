/* Short words for directed tests of the fold. */
#ifndef JIELI_TESTS_SUPPORT_SIM_SAY_H
#define JIELI_TESTS_SUPPORT_SIM_SAY_H

#include "tests/support/sim_case.h"

/* The acts before the one written: all, or those named and what lies behind them. */
#define ALL ((const int[]){-2})
#define SAW(...) ((const int[]){__VA_ARGS__, -1})

/* Writes an act; the roster and the case are made by the first. Its number. */
unsigned say(struct sim_case *c, const int *saw, struct sim_line line);
/* Folds every act in every order (a hundred orders when there are many) and checks that all give
 * one state; the fold of the last, to be freed. */
struct case_fold *settled(const struct sim_case *c);

/* Fail the test with a message unless act i has that verdict and reason when all is folded. */
void expect_valid(const struct sim_case *c, unsigned i);
void expect_overtaken(const struct sim_case *c, unsigned i);
void expect_pending(const struct sim_case *c, unsigned i);
void expect_void(const struct sim_case *c, unsigned i, enum reason reason);
struct case_state state_of(const struct sim_case *c);

int sim_setup(void **state);          /* cmocka group setup and teardown: *state a sim_case */
int sim_each(void **state);
int sim_teardown(void **state);

#endif
