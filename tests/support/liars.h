/* A history of three liars on paper, the convenor among them: false laws, refs to anything, entries
 * put in place late, copies, nonces used again, broken signatures, acts of no case, garbage. */
#ifndef JIELI_TESTS_SUPPORT_LIARS_H
#define JIELI_TESTS_SUPPORT_LIARS_H

#include "tests/support/scene.h"

/* Cuts the scene's logs back to their governance and writes a history of this seed. */
void liars_play(struct scene *s, uint64_t seed);
/* In so few histories each kind of lie is met at least once. */
enum { LIARS_LEAST_SEEDS = 3 };
/* Histories that a test of this cost plays: `few` unless JIELI_SEEDS asks for a share of it. */
uint64_t liars_seeds(uint64_t few);

#endif
