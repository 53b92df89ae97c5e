/* Enrolment by invitation at the convenor's node: sessions of purpose ENROL, the operations that
 * make, list and revoke invitations and hand out the requests that wait. An invitation lets one
 * machine submit a request; only a root officer's act admits. Who orders one signs for it: a root
 * officer of genesis, or an administrator of the convenor. */
#ifndef JIELI_NODE_INVITATIONS_H
#define JIELI_NODE_INVITATIONS_H

#include "net/transport.h"
#include "node/ops.h"

struct invitations;

/* Reads <home>/invitations. A file that is damaged, or of newer software, is told in the log and
 * left as it is: the node runs, and what asks for invitations is answered with that error until
 * the file is mended and the node started again. ERR_NOMEM; those of file_read. */
MUST_CHECK enum err invitations_create(struct invitations **out, const char *home,
                                       const struct logger *logger);
void invitations_free(struct invitations *i);     /* NULL is fine */

/* From any thread: the secret of an invitation that may still be used. ERR_NOTFOUND. */
MUST_CHECK enum err invitations_secret(struct invitations *i, struct span name,
                                       uint8_t psk[NOISE_PSK_BYTES]);

/* The rest belongs to the ledger thread. */
/* Every event of a session of purpose ENROL. */
void invitations_event(struct node *n, const struct transport_event *event);
/* Drops what is over: expired, revoked, or its member is admitted and certified. */
void invitations_tick(struct node *n);

/*   invite {"member", "expires_s", "name", "signer", "signature", "addresses"?} → {"invitation"}
 *   invitations {} → {"invitations": [{"name", "member", "by", "state", "expires_s"}]}
 *   revoke-invitation {"name", "signer", "signature"} → {}
 *   request {"member"} → blob: the request that waits */
ops_handler ops_invite, ops_invitations, ops_revoke_invitation, ops_request;

#endif
