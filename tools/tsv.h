/* Tables in tab-separated text: a heading that begins with "# ", then rows; other lines that begin
 * with # are comments. A column is found by the first word of its heading. */
#ifndef JIELI_TOOLS_TSV_H
#define JIELI_TOOLS_TSV_H

#include "crypto/bytes.h"

enum { TSV_MAX_COLUMNS = 32, TSV_MAX_BYTES = 16 * 1024 * 1024 };

struct tsv {
    struct buffer text;                         /* cut up in place */
    char *next;                                 /* rest of it */
    unsigned line, column_count, cell_count;
    char *columns[TSV_MAX_COLUMNS];
    char *cells[TSV_MAX_COLUMNS];               /* of the row read last */
};

/* Reads the file and its heading. ERR_FORMAT: no heading; errors of file_read. */
MUST_CHECK enum err tsv_open(struct tsv *t, const char *path);
void tsv_close(struct tsv *t);
/* Next row; false at the end. */
bool tsv_next(struct tsv *t);
/* Cell of the row in the column; "" when the table has no such column or the row no such cell. */
const char *tsv_cell(const struct tsv *t, const char *column);
bool tsv_has(const struct tsv *t, const char *column);

/* Cuts `text` up at commas in place, spaces dropped; at most max pieces, the rest ignored in *count
 * being greater than max. */
unsigned tsv_split(char *text, const char **pieces, unsigned max);

#endif
