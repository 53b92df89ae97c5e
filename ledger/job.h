/* Work on many items that may be done in slices, on several threads at once. */
#ifndef JIELI_LEDGER_JOB_H
#define JIELI_LEDGER_JOB_H

#include <stddef.h>

/* The memory of whoever has it done; stays until it is finished. */
struct job {
    void (*run)(void *ctx, size_t from, size_t to);   /* any thread, ranges never overlap */
    void *ctx;
    size_t count;                  /* items */
    size_t claimed, done;          /* the workers' own, like `next` */
    struct job *next;
};

#endif
