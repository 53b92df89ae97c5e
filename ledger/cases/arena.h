/* Memory that is given out in pieces and freed as a whole. */
#ifndef JIELI_LEDGER_CASES_ARENA_H
#define JIELI_LEDGER_CASES_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena { struct arena_block *first, *now; };

/* Zero-initialised is empty. Zeroed bytes aligned for any type; NULL when memory ran out. */
void *arena_take(struct arena *a, size_t bytes);
/* A copy with a NUL after it. */
char *arena_text(struct arena *a, const void *text, size_t len);
size_t arena_bytes(const struct arena *a);   /* held, used or not */
void arena_reset(struct arena *a);     /* gives back every piece, keeps the blocks */
void arena_clear(struct arena *a);     /* frees */

#endif
