/* The key that our node cosigns by, kept by the ledger thread: given to the peer state machine
 * while it is the one that our newest certificate names. */
#ifndef JIELI_NODE_COSIGN_H
#define JIELI_NODE_COSIGN_H

#include "crypto/keys.h"

struct node;

/* What was last said of it. */
enum cosign_state { COSIGN_UNSAID, COSIGN_UNCERTIFIED, COSIGN_NO_KEY, COSIGN_READY };

struct cosign {
    struct signkey *key;             /* NULL: none that fits */
    enum cosign_state said;
    uint64_t retry_ms;               /* the file is not read again before */
};

/* Takes the key when our certificate names it, drops it when another is named; says so once. */
void cosign_identify(struct node *n);
void cosign_clear_key(struct node *n);

#endif
