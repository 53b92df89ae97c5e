/* Structured log: one line per event, key=value, UTC time first, written by one write(2) so that
 * lines of several threads never mix. Values that hold anything but plain characters are quoted and
 * escaped; a line that would be too long is cut at a whole field.
 *
 *   2026-03-01T08:00:00.123Z level=info event=act uid=1000 index=7 id=ab12… */
#ifndef JIELI_NODE_LOGLINE_H
#define JIELI_NODE_LOGLINE_H

#include "net/config.h"

/* Where lines go and how much is said; constant once made. */
struct logger { int fd; enum log_level level; };

enum { LOGLINE_BYTES = 1024 };
struct logline { const struct logger *logger; bool wanted; size_t len; char text[LOGLINE_BYTES]; };

void logline_begin(struct logline *line, const struct logger *logger, enum log_level level,
                   const char *event);
void logline_text(struct logline *line, const char *key, const char *value);
void logline_uint(struct logline *line, const char *key, uint64_t value);
void logline_hash(struct logline *line, const char *key, const struct hash *value);
/* Name of the code; nothing for OK. */
void logline_err(struct logline *line, enum err value);
void logline_end(struct logline *line);

#endif
