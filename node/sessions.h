/* Who is on the other side of each connection, kept by the ledger thread: our own certificate for
 * the transport, the claims of peers judged against the roster, and what ends a session. */
#ifndef JIELI_NODE_SESSIONS_H
#define JIELI_NODE_SESSIONS_H

#include "net/certificate.h"
#include "net/transport.h"
#include "node/said.h"
#include "node/standing.h"

struct node;

enum { SESSIONS_MAX = 2 * PEERS_MAX, SESSIONS_RETRY_MS = 60000,
       SESSIONS_OF_MEMBER = 4 };         /* one is in use; others were lost and not noticed yet */

/* From the claim to the end of a connection. */
struct session_peer {
    struct peer_id peer;
    bool accepted;
    bool proven;                     /* its key is one that a certificate of that member names */
    struct peer_identity who;        /* refused ones: `id` as claimed, the rest zero */
};

enum session_state { SESSIONS_UNCERTIFIED, SESSIONS_OTHER_KEY, SESSIONS_READY };

struct sessions {
    struct xkey key;                 /* transport.key of the home, or handed over */
    enum session_state state;
    bool identified, told, suspension_told;
    uint64_t own_index;              /* of the certificate that the transport has */
    uint64_t retry_ms;               /* not before, after our own disk refused */
    unsigned count;
    struct session_peer peers[SESSIONS_MAX];
    struct standing standings[MEMBERS_MAX];   /* by number of member */
    struct said said;
};

/* Reads our transport key. Errors of transport_key_load. */
MUST_CHECK enum err sessions_open(struct node *n);
void sessions_clear(struct node *n);
/* Gives the transport our newest certificate when there is a new one; before the first, and when
 * transport.key is not the certified key, says so once and leaves the transport without. */
void sessions_identify(struct node *n);
/* Judges a claim and tells the transport. A member that broke the protocol shortly before, or is
 * beyond its share, is refused with ERR_BUSY. Of more than SESSIONS_OF_MEMBER the oldest gives way,
 * ERR_EXISTS. */
void sessions_claim(struct node *n, const struct transport_event *event);
/* Ends sessions whose certificate was replaced or whose member is suspended. */
void sessions_recheck(struct node *n);
/* The member of an accepted connection; NULL for others. */
const char *sessions_member(const struct node *n, struct peer_id peer);
/* A frame of this peer that brought nothing new, or its claim, took cost_us: beyond its member's
 * share it rests. */
void sessions_charge(struct node *n, struct peer_id peer, uint64_t cost_us);
/* A connection ended: forgets it, remembers what was the member's fault, and says why unless it is
 * an ordinary end. */
void sessions_closed(struct node *n, const struct transport_event *event);
/* "uncertified", "other-key", "ready". */
const char *sessions_state_name(const struct node *n);

#endif
