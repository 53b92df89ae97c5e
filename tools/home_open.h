/* The ledger of a home opened by `jieli` itself, for commands that read or take in much of it. */
#ifndef JIELI_TOOLS_HOME_OPEN_H
#define JIELI_TOOLS_HOME_OPEN_H

#include "net/config.h"
#include "tools/session.h"

/* The home's configuration; the defaults where there is none or it cannot be read. */
void home_config(const char *home, struct config *out);
/* The session's ledger, read-only; stays open until session_clear. Returns an exit code, the
 * failure printed. */
int home_open_read(struct session *s, struct ledger **out);
/* For writing, closed by the caller; *out is NULL and EXIT_DONE returned when a daemon has it. */
int home_open_write(struct session *s, struct ledger **out);

#endif
