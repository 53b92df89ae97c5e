/* A failed step of the daemon, told to the people who run it. */
#ifndef JIELI_NODE_FAILURE_H
#define JIELI_NODE_FAILURE_H

#include "node/logline.h"

/* Logs nothing for OK; else the step, what it was about, the code and what to do about it. Returns
 * `err` as it came. */
enum err failure_report(const struct logger *logger, const char *step, const char *what,
                        enum err err);
/* The same with advice of its own. */
enum err failure_advise(const struct logger *logger, const char *step, const char *what,
                        enum err err, const char *advice);

#endif
