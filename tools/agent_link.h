/* The agent's process and the way to it: a unix socket, mode 0600, in $XDG_RUNTIME_DIR/jieli, else
 * in ~/.jieli; either end makes sure that the other is of the same user. */
#ifndef JIELI_TOOLS_AGENT_LINK_H
#define JIELI_TOOLS_AGENT_LINK_H

#include "tools/agent.h"

/* Starts an agent where none answers. Forks: call it before any library thread is used, and before
 * secrets are in memory. ERR_NOTFOUND: neither XDG_RUNTIME_DIR nor HOME is set; ERR_IO and those of
 * errno. */
MUST_CHECK enum err agent_start(void);

/* Asks the agent; ERR_NOTFOUND also when none runs. `name`: of the key, from agent_name. */
MUST_CHECK enum err agent_name(const char *path, struct hash *name);
MUST_CHECK enum err agent_add(const struct hash *name, enum keyfile_kind kind,
                              const uint8_t secret[32]);
MUST_CHECK enum err agent_find(const struct hash *name, enum keyfile_kind kind,
                               struct pubkey *pub, uint32_t *left_s);
MUST_CHECK enum err agent_sign(const struct hash *name, struct span message, struct sig *sig);
/* The transport key; the caller clears it. */
MUST_CHECK enum err agent_open(const struct hash *name, struct xkey *out);
MUST_CHECK enum err agent_lock(void);

#endif
