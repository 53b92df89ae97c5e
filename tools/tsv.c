#include "tools/tsv.h"

#include <string.h>

#include "ledger/log/home.h"

static char *take_line(struct tsv *t)
{
    char *line = t->next;
    if (line == NULL || *line == 0)
        return NULL;
    char *end = line + strcspn(line, "\n");
    t->next = *end == 0 ? end : end + 1;
    *end = 0;
    size_t len = strlen(line);
    if (len > 0 && line[len - 1] == '\r')
        line[len - 1] = 0;
    t->line++;
    return line;
}

static unsigned cut(char *line, char *cells[TSV_MAX_COLUMNS])
{
    unsigned count = 0;
    while (line != NULL && count < TSV_MAX_COLUMNS)
        cells[count++] = strsep(&line, "\t");
    return count;
}

enum err tsv_open(struct tsv *t, const char *path)
{
    memset(t, 0, sizeof *t);
    enum err err = file_read(path, TSV_MAX_BYTES, &t->text);
    if (err == OK)
        err = buffer_put_u8(&t->text, 0);
    if (err != OK)
        return err;
    t->next = (char *)t->text.data;
    char *heading = take_line(t);
    if (heading == NULL || strncmp(heading, "# ", 2) != 0)
        return ERR_FORMAT;
    t->column_count = cut(heading + 2, t->columns);
    for (unsigned i = 0; i < t->column_count; i++)
        t->columns[i][strcspn(t->columns[i], " (")] = 0;
    return OK;
}

void tsv_close(struct tsv *t)
{
    buffer_clear(&t->text);
}

bool tsv_next(struct tsv *t)
{
    for (char *line; (line = take_line(t)) != NULL;) {
        if (line[0] == 0 || line[0] == '#')
            continue;
        t->cell_count = cut(line, t->cells);
        return true;
    }
    return false;
}

static int column_of(const struct tsv *t, const char *column)
{
    for (unsigned i = 0; i < t->column_count; i++) {
        if (strcmp(t->columns[i], column) == 0)
            return (int)i;
    }
    return -1;
}

bool tsv_has(const struct tsv *t, const char *column)
{
    return column_of(t, column) >= 0;
}

const char *tsv_cell(const struct tsv *t, const char *column)
{
    int i = column_of(t, column);
    return i < 0 || (unsigned)i >= t->cell_count ? "" : t->cells[i];
}

unsigned tsv_split(char *text, const char **pieces, unsigned max)
{
    unsigned count = 0;
    for (char *piece; (piece = strsep(&text, ",")) != NULL;) {
        piece += strspn(piece, " ");
        piece[strcspn(piece, " ")] = 0;
        if (*piece == 0)
            continue;
        if (count < max)
            pieces[count] = piece;
        count++;
    }
    return count;
}
