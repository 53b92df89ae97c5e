/* A flush of the store that fails when a test says so: fdatasync of this program. Linked into tests
 * that name these alone. */
#ifndef JIELI_TESTS_SUPPORT_FLUSH_FAULT_H
#define JIELI_TESTS_SUPPORT_FLUSH_FAULT_H

/* The flushes so far, which of them fails (0: none), and how (an errno). */
extern unsigned flush_count, flush_failing;
extern int flush_errno;

#endif
