#include "node/said.h"

#include <stdio.h>
#include <string.h>

static bool fresh(const struct said_line *line, uint64_t now_ms)
{
    return line->used && now_ms - line->ms < SAID_PAUSE_MS;
}

bool said_due(struct said *s, const char *peer, enum err why, uint64_t now_ms)
{
    char name[SAID_PEER_BYTES];
    snprintf(name, sizeof name, "%s", peer);
    for (unsigned i = 0; i < SAID_LINES; i++) {
        const struct said_line *line = &s->lines[i];
        if (line->why == why && strcmp(line->peer, name) == 0 && fresh(line, now_ms)) {
            return false;
        }
    }
    struct said_line *oldest = &s->lines[s->next];
    if (fresh(oldest, now_ms)) {
        return false;
    }
    *oldest = (struct said_line){.used = true, .why = why, .ms = now_ms};
    memcpy(oldest->peer, name, sizeof name);
    s->next = (s->next + 1) % SAID_LINES;
    return true;
}
