/* Genesis: the file that a ledger begins with. Deterministic CBOR map with integer keys; unknown
 * keys refuse. The ledger id is the SHA-256 of its bytes and is pinned in each node's
 * configuration. The domain: a-z 0-9 . -, beginning with a letter or digit.
 *
 *   1 format (1)  2 domain  3 suite (1)  4 law version (1)  5 k
 *   6 root officers [[key (33), post, person], ...]
 *   7 recovery [k, [key (33), ...]]                (k 0 and none: no recovery set)
 *   8 convenor {1 member, 2 name, 3 kind, 4 institution, 5 powers [text...], 6 vertical,
 *               7 node key (33), 8 proof of node key (64),
 *               9 administrator key (33), 10 post, 11 person, 12 proof of administrator key (64)}
 *   9 created_s  10 proofs of the root officers' keys [64, ...]
 * Proofs are possession_sign over the ledger id 32 x 00 (genesis has none yet), member = convenor,
 * roles "node", "officer", "root". */
#ifndef JIELI_LEDGER_ROSTER_GENESIS_H
#define JIELI_LEDGER_ROSTER_GENESIS_H

#include "ledger/log/entry.h"
#include "ledger/roster/member.h"

struct root_officer {
    struct pubkey key;
    char post[POST_MAX_BYTES + 1], person[PERSON_MAX_BYTES + 1];
    struct sig proof;
};

struct genesis {
    struct hash ledger;                        /* SHA-256 of the bytes */
    char domain[DOMAIN_MAX_BYTES + 1];
    unsigned suite, law_version, k, root_count;
    struct root_officer roots[ROOT_OFFICERS_MAX];
    unsigned recovery_k, recovery_count;
    struct pubkey recovery[RECOVERY_MAX];
    struct admission convenor;
    uint64_t created_s;
};

/* Strict; checks every key (pubkey_check), proof and 1 <= k <= root_count. ERR_FORMAT, ERR_RANGE,
 * ERR_KEY, ERR_SIGNATURE, ERR_UNSUPPORTED (suite or law version unknown here). */
MUST_CHECK enum err genesis_decode(struct genesis *out, struct span bytes);
/* Encodes all but `ledger`, which it computes and sets. Appends to out. */
MUST_CHECK enum err genesis_encode(struct genesis *g, struct buffer *out);

#endif
