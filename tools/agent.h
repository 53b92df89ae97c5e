/* Keys kept open for AGENT_KEEP_S by a process of the same user, so that a passphrase is typed once
 * (`jieli unlock`). The agent signs acts and orders of invitations itself and never hands a signing
 * key out; a desk's transport key, which opens sessions and signs nothing, it does hand out. A key
 * is named by the SHA-256 of its file, so a file that was replaced is not taken for the old one.
 *
 * One request a connection, u32 length ‖ u8 operation ‖ body; the answer u32 length ‖ u8 error
 * (enum err, 0 OK) ‖ body:
 *   1 ADD    name (32) ‖ u8 kind (enum keyfile_kind) ‖ secret (32) → ; renews one that is held
 *   2 FIND   name (32) → u8 kind ‖ public key (32) ‖ u32 seconds left
 *   3 SIGN   name (32) ‖ message → signature (64); of entries and orders of invitations alone
 *   4 OPEN   name (32) → secret (32); of kind X25519 alone
 *   5 LOCK   → ; every key is forgotten and the agent ends */
#ifndef JIELI_TOOLS_AGENT_H
#define JIELI_TOOLS_AGENT_H

#include "crypto/keyfile.h"
#include "crypto/limits.h"

enum agent_op { AGENT_ADD = 1, AGENT_FIND = 2, AGENT_SIGN = 3, AGENT_OPEN = 4, AGENT_LOCK = 5 };
enum { AGENT_REQUEST_MAX_BYTES = 70000 };

/* ---- the table of keys: pure, time is given ---- */
/* Secrets lie in guarded memory (struct signkey); of a transport key it is the 32 bytes alone. */
struct agent_key {
    struct hash name;
    enum keyfile_kind kind;
    struct signkey *secret;
    struct xpubkey transport;           /* public half, kind X25519 */
    uint64_t until_s;
};
struct agent { unsigned count; struct agent_key keys[AGENT_KEYS_MAX]; bool locked; };

void agent_init(struct agent *a);
void agent_clear(struct agent *a);
/* Forgets what is over; seconds to the next that ends, 0 when none is held. */
uint64_t agent_expire(struct agent *a, uint64_t now_s);
/* Appends the answer to one request. ERR_NOMEM alone: no answer could be made. */
MUST_CHECK enum err agent_answer(struct agent *a, struct span request, uint64_t now_s,
                                 struct buffer *out);

#endif
