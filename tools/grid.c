#include "tools/grid.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Marks that turn the direction of what follows: a text could be shown as it does not read. */
static bool turns_direction(utf8proc_int32_t point)
{
    return point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

/* One character at `text`: its bytes, and *printable unless it is to be shown as '?'. */
static size_t step(const char *text, size_t left, size_t *width, bool *printable)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text,
                                            (utf8proc_ssize_t)left, &point);
    *printable = len > 0 && utf8proc_category(point) != UTF8PROC_CATEGORY_CC &&
                 !turns_direction(point);
    *width = *printable ? (size_t)utf8proc_charwidth(point) : 1;
    return len > 0 ? (size_t)len : 1;
}

size_t text_width(const char *text)
{
    size_t cells = 0, width;
    bool printable;
    for (size_t left = strlen(text); left > 0;) {
        size_t len = step(text, left, &width, &printable);
        cells += width;
        text += len;
        left -= len;
    }
    return cells;
}

void text_pad(FILE *out, const char *text, size_t width)
{
    size_t cells = 0, one;
    bool printable;
    for (size_t left = strlen(text); left > 0;) {
        size_t len = step(text, left, &one, &printable);
        if (printable)
            fwrite(text, 1, len, out);
        else
            fputc('?', out);
        cells += one;
        text += len;
        left -= len;
    }
    for (; cells < width; cells++)
        fputc(' ', out);
}

void grid_init(struct grid *g, unsigned columns, const char *const *heading)
{
    *g = (struct grid){.columns = columns};
    grid_row(g, heading);
}

void grid_row(struct grid *g, const char *const *cells)
{
    if (g->count + g->columns > g->cap) {
        size_t cap = g->cap == 0 ? 256 : g->cap * 2;
        char **more = realloc(g->cells, cap * sizeof *more);
        if (more == NULL) {
            g->err = ERR_NOMEM;
            return;
        }
        g->cells = more;
        g->cap = cap;
    }
    for (unsigned i = 0; i < g->columns && g->err == OK; i++) {
        char *copy = strdup(cells[i] == NULL ? "" : cells[i]);
        if (copy == NULL)
            g->err = ERR_NOMEM;
        else
            g->cells[g->count++] = copy;
    }
}

void grid_print(const struct grid *g, FILE *out)
{
    size_t widths[GRID_MAX_COLUMNS] = {0};
    if (g->err != OK)
        return;
    for (size_t i = 0; i < g->count; i++) {
        size_t width = text_width(g->cells[i]);
        if (width > widths[i % g->columns])
            widths[i % g->columns] = width;
    }
    for (size_t i = 0; i < g->count; i++) {
        bool last = i % g->columns == g->columns - 1;
        text_pad(out, g->cells[i], last ? 0 : widths[i % g->columns]);
        fputs(last ? "\n" : "  ", out);
    }
}

void grid_clear(struct grid *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->cells[i]);
    free(g->cells);
    *g = (struct grid){0};
}
