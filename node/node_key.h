/* The keys of an unattended process: node.key, cosigner.key and transport.key, each in
 * $CREDENTIALS_DIRECTORY, which a service manager hands over, else in the home; without passphrase
 * in both cases. */
#ifndef JIELI_NODE_NODE_KEY_H
#define JIELI_NODE_NODE_KEY_H

#include "crypto/keys.h"

/* Where each is looked for. ERR_TOO_LARGE. */
MUST_CHECK enum err node_key_path(const char *home, char *out, size_t out_bytes);
MUST_CHECK enum err transport_key_path(const char *home, char *out, size_t out_bytes);
/* Errors of keyfile_read, and ERR_TOO_LARGE for too long a path. */
MUST_CHECK enum err node_key_load(const char *home, struct signkey **out);
MUST_CHECK enum err cosigner_key_load(const char *home, struct signkey **out);
MUST_CHECK enum err transport_key_load(const char *home, struct xkey *out);

#endif
