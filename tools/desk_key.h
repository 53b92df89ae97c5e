/* The transport key of an officer's desk lies beside the officer's key, FILE.desk beside FILE, with
 * the same passphrase. */
#ifndef JIELI_TOOLS_DESK_KEY_H
#define JIELI_TOOLS_DESK_KEY_H

#include "crypto/keyfile.h"
#include "ledger/log/home.h"
#include "tools/session.h"

/* The officer's key in `path` and the desk's beside it, each made first where it is missing; one
 * passphrase for both, none with --no-passphrase. EXIT_DONE, or the failure printed, as below. */
int desk_key_pair(struct session *s, const char *path, struct signkey **key,
                  struct xpubkey *transport);
/* The desk's key beside the officer's key `path`. */
int desk_key_read(struct session *s, const char *path, struct xkey *out);

/* Its path. */
int desk_key_path(struct session *s, const char *path, char out[HOME_PATH_BYTES]);

#endif
