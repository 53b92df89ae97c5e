/* Rows of the responsibility map as a table. */
#ifndef JIELI_TOOLS_CMD_ROWS_H
#define JIELI_TOOLS_CMD_ROWS_H

#include "tools/session.h"

void print_rows(struct session *s, const json_t *rows);

#endif
