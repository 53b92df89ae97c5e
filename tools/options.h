/* Command lines: --name VALUE, --name=VALUE, flags, and words that stand alone. Options may stand
 * before and after words; -- ends them. */
#ifndef JIELI_TOOLS_OPTIONS_H
#define JIELI_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/err.h"

enum { ARGS_MAX = 128 };

struct option_row {
    const char *name;               /* without dashes; the last row of a table has NULL */
    const char *value;              /* what stands for the value in --help; NULL: a flag */
    const char *help;               /* English, N_() marked */
};

struct args {
    unsigned word_count, given_count;
    const char *words[ARGS_MAX];                               /* borrowed from argv */
    struct { const struct option_row *row; const char *value; } given[ARGS_MAX];
};

enum args_fault { ARGS_FINE, ARGS_UNKNOWN, ARGS_NO_VALUE, ARGS_NO_FLAG_VALUE, ARGS_TOO_MANY };

/* How many letters two names share at their beginnings and ends. */
size_t args_likeness(const char *a, const char *b);
/* Parses argv[0 .. argc) by the tables (each ending with a NULL name). ERR_USAGE: *fault says what
 * is wrong with the word *at. */
MUST_CHECK enum err args_parse(struct args *out, int argc, char *const *argv,
                               const struct option_row *const *tables, unsigned table_count,
                               enum args_fault *fault, const char **at);
/* The last value given; NULL when absent. */
const char *args_value(const struct args *a, const char *name);
/* The n-th value given, from 0; NULL past the last. */
const char *args_nth(const struct args *a, const char *name, unsigned n);
bool args_has(const struct args *a, const char *name);
const char *args_word(const struct args *a, unsigned i);       /* NULL past the last */
/* The option of the tables that is most like `wrong`; NULL when none is near. */
const char *args_nearest(const struct option_row *const *tables, unsigned table_count,
                         const char *wrong);

#endif
