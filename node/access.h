/* Who may use the local socket besides what its mode says: [ipc] allow=. Never replaces a
 * signature. */
#ifndef JIELI_NODE_ACCESS_H
#define JIELI_NODE_ACCESS_H

#include "net/config.h"

#include <sys/types.h>

struct access { uid_t own; unsigned count; uid_t uids[CONFIG_MAX_ALLOW]; };

/* Looks the users up. ERR_CONFIG: *unknown (borrowed from c) is no user here. */
MUST_CHECK enum err access_init(struct access *out, const struct config *c,
                                const char **unknown);
/* The node's own uid and root always may; others when listed, or when nobody is. ERR_PERMISSION. */
MUST_CHECK enum err access_check(const struct access *a, uid_t uid);
/* Ending the daemon is for its own uid and root alone. ERR_PERMISSION. */
MUST_CHECK enum err access_check_owner(const struct access *a, uid_t uid);

#endif
