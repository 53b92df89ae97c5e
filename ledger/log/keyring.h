/* The sealing keys of a node, as they lie in its home: `sealing.key`, which the newest certificate
 * names, and `sealing.key.1` …, the older ones, highest number the newest, which are kept until all
 * that is held has been wrapped anew. They stay in the home, not with the service manager: whoever
 * reads there as the node's own user opens sealed parts too. */
#ifndef JIELI_LEDGER_LOG_KEYRING_H
#define JIELI_LEDGER_LOG_KEYRING_H

#include "crypto/keys.h"

enum { KEYRING_MAX = 8 };

struct keyring {
    unsigned count;
    struct xkey keys[KEYRING_MAX];      /* the present one first, then from the newest on */
    unsigned numbers[KEYRING_MAX];      /* of its file; 0: sealing.key */
};

/* Without any key: count 0 and OK. Errors of keyfile_read. Clear in either case. */
MUST_CHECK enum err keyring_load(const char *home, struct keyring *out);
void keyring_clear(struct keyring *ring);
/* The key of that public half; NULL: not ours (any more). */
const struct xkey *keyring_find(const struct keyring *ring, const struct xpubkey *pub);

/* Makes a fresh sealing.key, the old one kept under the next number. A crash on the way leaves the
 * old key in its place, or under both names. ERR_TOO_LARGE: KEYRING_MAX keys are there already,
 * none of them done with. Errors of keyfile_create. */
MUST_CHECK enum err keyring_rotate(const char *home);
/* Removes the older keys, durably. */
MUST_CHECK enum err keyring_retire(const char *home, const struct keyring *ring);

#endif
