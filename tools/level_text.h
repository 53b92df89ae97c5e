/* A level of acknowledgement (ledger/query/query.h, "ack") in words. */
#ifndef JIELI_TOOLS_LEVEL_TEXT_H
#define JIELI_TOOLS_LEVEL_TEXT_H

#include "tools/session.h"

enum { LEVEL_TEXT_BYTES = 512 };

/* In one cell of a table: "mirrored by 2", "delivered 2026-03-01 14:05". */
void level_brief(const json_t *ack, char out[LEVEL_TEXT_BYTES]);
/* With the names of those who hold it. */
void level_line(struct session *s, const json_t *ack, char out[LEVEL_TEXT_BYTES]);
/* What the clock of deemed delivery says; "" where it does not run. */
void level_deemed_line(struct session *s, const json_t *ack, char out[LEVEL_TEXT_BYTES]);

#endif
