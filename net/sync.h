/* The peer state machine: anti-entropy by pull between one ledger and its peers. No sockets, no
 * clock: frames come in by sync_frame, time by now_ms, frames go out through the io table. The same
 * code runs in jielid and, many at once from a seed, in the simulation.
 *
 * States of a peer: a table in sync.c — DIALED/ACCEPTED → (hello) → READY → (pull) … → CLOSED. */
#ifndef JIELI_NET_SYNC_H
#define JIELI_NET_SYNC_H

#include "ledger/ledger.h"
#include "net/message.h"

struct sync;
struct peer_id { uint32_t v; };        /* one connection, given by the caller */

struct sync_io {
    void *ctx;
    /* Queues a frame; ERR_BUSY when the peer's queue is full (the machine tries again on tick). */
    enum err (*send)(void *ctx, struct peer_id peer, struct span frame);
    void (*close)(void *ctx, struct peer_id peer, enum err why);
    uint64_t (*random)(void *ctx);
    /* Reports one structured event for the log: "fork" (member: whose log), "bad-peer", "silent"
     * (member: the peer), "refused" (a proof that may be a lie or a
     * fork: the log is left with that peer), "erased" (an order
     * was carried out here), "bad-part" (what it sent for a part was not it, or not
     * sealed to us: others are asked), "store" (our own disk refused: pulling pauses),
     * "caught-up" (no member: nothing is missing any more after much came), "cosigned" (member:
     * whose cosignature was kept). "store" with ERR_UNCERTAIN: a
     * commit failed in an unknown state, end the process. */
    void (*event)(void *ctx, const char *name, const char *member, enum err why);
    /* Unix seconds of now, for our cosignatures; not called while there is no cosigner's key. */
    uint64_t (*unix_s)(void *ctx);
};

struct sync_options {
    const char *member;          /* our own id; NULL: the one that the ledger was opened for */
    unsigned heartbeat_ms;       /* 10000: silent so long, it is asked; a missed answer closes */
    unsigned exchange_ms;        /* full exchange of heads, 30000 */
    unsigned want_timeout_ms;    /* 20000: asked again from another peer */
};

/* `l` must outlive the machine. ERR_NOMEM; ERR_CONFIG when nothing tells our own id. */
MUST_CHECK enum err sync_create(struct sync **out, struct ledger *l, const struct sync_io *io,
                                const struct sync_options *options);
void sync_free(struct sync *s);
/* The key that our node cosigns by, borrowed until it is replaced or sync_free; NULL (as after
 * sync_create): it cosigns nothing, and takes and spreads what others cosign all the same. Logs of
 * others are cosigned when they grew: at once where an act in them concerns our member and its open
 * parts are held, else SYNC_COSIGN_MS after the last time. */
enum { SYNC_COSIGN_MS = 2000 };
void sync_set_cosigner(struct sync *s, const struct signkey *key);
/* `member`: whose session it is, by its certificate; its hello must say the same, else
 * ERR_UNAUTHENTIC ends it. dialed: we opened it. Of two connections to one member the one dialled
 * by the smaller member id stays once both have said hello. */
MUST_CHECK enum err sync_connected(struct sync *s, struct peer_id peer, const char *member,
                                   bool dialed, uint64_t now_ms);
void sync_closed(struct sync *s, struct peer_id peer);
/* ERR_PROTOCOL and the like: the caller need do nothing, close was called. */
/* ERR_UNCERTAIN alone concerns the caller: a commit failed in an unknown state, end the process. */
enum err sync_frame(struct sync *s, struct peer_id peer, struct span frame, uint64_t now_ms);
/* Every quarter of a second or so. */
void sync_tick(struct sync *s, uint64_t now_ms);
/* A log grew (ledger_on_change): a head of our own log goes to all ready peers at once, one of
 * somebody else's on the next sync_relay. May be called within sync_frame. */
void sync_announce(struct sync *s, const struct log *log, uint64_t now_ms);
/* Passes heads of other logs on to the peers that have not shown them, unless that was done
 * within SYNC_RELAY_MS: then the next call or tick does. To be called when what came in is handled,
 * not within sync_frame. */
void sync_relay(struct sync *s, uint64_t now_ms);
/* Cosignatures were taken beside the peers, from a bundle: shows all the latest again. */
void sync_show_cosigned(struct sync *s);
/* A part that our member may read is missing here, or does not open: asks the peers for it, one
 * after the other. Parts that acts of our own cases name, or that are addressed to us, the machine
 * wants by itself. ERR_BUSY: too many are wanted at once; OK also when it is wanted already, or
 * was erased by order. */
MUST_CHECK enum err sync_want_part(struct sync *s, const struct hash *commitment);

/* Whether `why` is the peer's fault rather than ours or nobody's. */
bool fault_of_peer(enum err why);

enum { SYNC_REFUSE_CODES = REFUSE_WRONG_LEDGER + 1 };
struct sync_peer_info {
    struct peer_id peer;
    char member[ID_MAX_BYTES + 1];
    bool dialed, ready;
    uint64_t connected_ms, heard_ms, bytes_in, bytes_out;   /* bytes of frames */
    uint64_t behind_entries;       /* we, of what it has shown */
    uint64_t lacks_entries;        /* it, of what we hold, by what it has shown */
    unsigned refusals, refused_by_code[SYNC_REFUSE_CODES];  /* of our requests; [0]: other codes */
};
bool sync_peer_at(const struct sync *s, unsigned i, struct sync_peer_info *out);
/* Entries sent in packages to all peers since the start, again where one was asked for again. */
uint64_t sync_entries_out(const struct sync *s);
/* The greatest head of a log that any peer of now has shown. */
uint64_t sync_shown(const struct sync *s, struct log_no log);
/* True unless the peers show much more than is held, and much of it arrives: then what comes is
 * settled later (ledger_defer). */
bool sync_near(struct sync *s);
/* True when nothing is being pulled and every head shown is held. */
bool sync_idle(const struct sync *s);

#endif
