/* Tables for people: columns aligned by the width that a terminal gives to each character, Chinese
 * ones two cells. */
#ifndef JIELI_TOOLS_GRID_H
#define JIELI_TOOLS_GRID_H

#include <stddef.h>
#include <stdio.h>

#include "crypto/err.h"

enum { GRID_MAX_COLUMNS = 12 };

/* Cells of a terminal that a UTF-8 text takes; bytes that are no UTF-8 and control characters take
 * one each. */
size_t text_width(const char *text);
/* Prints text, control characters and marks of direction as '?', and spaces up to `width` cells. */
void text_pad(FILE *out, const char *text, size_t width);

struct grid {
    unsigned columns;
    size_t count, cap;              /* cells */
    char **cells;                   /* own copies, the heading first */
    enum err err;                   /* ERR_NOMEM sticks; nothing is printed then */
};

/* Takes the heading, one text per column. */
void grid_init(struct grid *g, unsigned columns, const char *const *heading);
/* Adds a row; NULL is an empty cell. */
void grid_row(struct grid *g, const char *const *cells);
void grid_print(const struct grid *g, FILE *out);
void grid_clear(struct grid *g);

#endif
