/* Lines about peers that are not said again within a minute, nor more than SAID_LINES of them in
 * all: a stranger cannot fill the log. Pure: time is given. */
#ifndef JIELI_NODE_SAID_H
#define JIELI_NODE_SAID_H

#include "crypto/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SAID_LINES = 64, SAID_PAUSE_MS = 60000, SAID_PEER_BYTES = 64 };

struct said_line { bool used; char peer[SAID_PEER_BYTES]; enum err why; uint64_t ms; };

struct said { unsigned next; struct said_line lines[SAID_LINES]; };

/* Whether a line about this peer (address or member) and reason is due; notes that it is said. */
bool said_due(struct said *s, const char *peer, enum err why, uint64_t now_ms);

#endif
