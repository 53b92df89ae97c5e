/* Who is on the other side of each connection, kept by the ledger thread: our own certificate for
 * the transport, the claims of peers judged against the roster, and what ends a session. */
#ifndef JIELI_NODE_SESSIONS_H
#define JIELI_NODE_SESSIONS_H

#include "net/certificate.h"
#include "net/transport.h"

struct node;

enum { SESSIONS_MAX = 2 * PEERS_MAX, SESSIONS_SAID = 64, SESSIONS_SAY_MS = 60000 };

/* From the claim to the end of a connection. */
struct session_peer {
    struct peer_id peer;
    bool accepted;
    struct peer_identity who;        /* refused ones: `id` as claimed, the rest zero */
};

/* A line that is not repeated within SESSIONS_SAY_MS. */
struct session_said { char peer[ADDRESS_MAX_BYTES + 1]; enum err why; uint64_t ms; };

enum session_state { SESSIONS_UNCERTIFIED, SESSIONS_OTHER_KEY, SESSIONS_READY };

struct sessions {
    struct xkey key;                 /* transport.key of the home, or handed over */
    enum session_state state;
    bool identified, told;
    uint64_t own_index;              /* of the certificate that the transport has */
    uint64_t retry_ms;               /* not before, after our own disk refused */
    unsigned count, said_next;
    struct session_peer peers[SESSIONS_MAX];
    struct session_said said[SESSIONS_SAID];
};

/* Reads our transport key. Errors of transport_key_load. */
MUST_CHECK enum err sessions_open(struct node *n);
void sessions_clear(struct node *n);
/* Gives the transport our newest certificate when there is a new one; before the first, and when
 * transport.key is not the certified key, says so once and leaves the transport without. */
void sessions_identify(struct node *n);
/* Judges a claim and tells the transport. */
void sessions_claim(struct node *n, const struct transport_event *event);
/* Ends sessions whose certificate was replaced or whose member is no longer admitted. */
void sessions_recheck(struct node *n);
/* The member of an accepted connection; NULL for others. */
const char *sessions_member(const struct node *n, struct peer_id peer);
/* A connection ended: forgets it, and says why unless it is an ordinary end. */
void sessions_closed(struct node *n, const struct transport_event *event);
/* Whether a line about this peer (address or member) and reason is due, and notes that it was
 * said. */
bool sessions_may_say(struct node *n, const char *peer, enum err why);
/* "uncertified", "other-key", "ready". */
const char *sessions_state_name(const struct node *n);

#endif
