/* What the files of the peer state machine share:
 *   sync.c        life of a peer, the table of states, heartbeats
 *   sync_heads.c  showing our heads, judging theirs
 *   sync_pull.c   which packages are wanted of whom, and the answers
 *   sync_serve.c  answering wants from the store
 *   sync_parts.c  fetching and serving parts
 *   sync_needs.c  which parts our member should hold
 *   sync_cosign.c our cosignatures: when each log is due
 *   sync_cosigned.c  taking the others', and spreading all of them */
#ifndef JIELI_NET_SYNC_INTERNAL_H
#define JIELI_NET_SYNC_INTERNAL_H

#include "ledger/cosign.h"
#include "net/sync.h"

enum {
    SYNC_WANTS = 64,               /* requests under way, and answers that came early */
    SYNC_PEER_WANTS = 8,           /* of them under way to one peer */
    SYNC_LOG_WANTS = 16,           /* of them of one log */
    SYNC_HELD_BYTES = 4 * 1024 * 1024, /* answers that came early, and one more */
    SYNC_HELD_COMMITS = 2,         /* of them committed in one go: acts must not wait long */
    SYNC_QUEUE_MS = 1000,          /* a peer is asked for what it sends in this time */
    SYNC_DOUBLE_MS = 500,          /* a want not answered so long may be asked of another too */
    SYNC_PONG_MS = 4000,           /* a ping on a line with nothing else to carry is answered */
    SYNC_DOUBT_MS = 1000,          /* silence after we showed something: ask whether it lives */
    SYNC_BUSY_BYTES = 65536,       /* a line that was given more may be busy for longer */
    SYNC_RELAY_MS = 50,            /* heads of others are passed on at most so often */
    SYNC_NEAR_ENTRIES = 4096,      /* so many on their way are folded as they come */
    SYNC_FLOW_MS = 1000,           /* and all that come slower than so many in this time: what */
    SYNC_FLOW_ENTRIES = 2048,      /* is only promised keeps nothing waiting */
    SYNC_CAUGHT_UP_ENTRIES = 256,  /* so many have to have come for its end to be told */
    SYNC_WANT_PACKAGES = COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES,
    SYNC_UNKNOWN_BYTES = 65536,    /* heads of a peer kept until their member is known */
    SYNC_PARTS_WANTED = 256,
    SYNC_PARTS_FETCHED = 4,        /* of them at once: each may fill 20 MiB of memory */
    SYNC_PARTS_ASKED = 32,         /* parts that peers wait for from us … */
    SYNC_PEER_PARTS = SYNC_PARTS_FETCHED,  /* … and each of them: what one of ours asks for */
    SYNC_PART_TURN_MS = 10000,     /* for a part to be taken, while other peers wait for theirs */
    SYNC_HEADS_KNOWN = 1024,       /* notes found good, by their hash */
    SYNC_PART_RETRY_MS = 500,      /* first wait for a part that nobody holds yet */
    SYNC_PAUSE_MS = 10000,         /* no pulling after our own disk refused */
    SYNC_COSIGN_OWED = 256,        /* cosignatures that wait to be shown to one peer */
    SYNC_COSIGN_LOOK = 16,         /* entries looked through at once before they are cosigned, */
    SYNC_COSIGN_LOOK_IDLE = 4096,  /* and when nothing is pulled or owed */
    SYNC_COSIGN_BURST = 4096,      /* cosignatures of one peer that are verified at a stretch, */
    SYNC_COSIGN_PER_S = 1024,      /* and in a second; what is beyond is passed over */
    SYNC_AHEAD_BYTES = 65536,      /* of a peer, kept until what they cover or need is held */
    SYNC_NEEDS_SLICE = 256,        /* entries looked through for parts on one tick */
    SYNC_SWEEP_MS = 3600000,       /* from one walk over all cases to the next */
};

enum peer_state { PEER_GREETED, PEER_READY, PEER_CLOSED, PEER_STATE_COUNT };

enum want_state { WANT_FREE, WANT_ASKED, WANT_HELD };

struct want {                      /* one request for packages */
    enum want_state state;
    struct peer_id peer;           /* who was asked */
    uint32_t request;
    uint32_t log;                  /* log_no */
    uint64_t from, end;
    unsigned packages;
    bool doubled;                  /* another peer was asked for the same */
    uint64_t sent_ms, deadline_ms;
    struct buffer frame;           /* WANT_HELD: the answer, its turn not yet come */
};

struct cosign_ref { struct log_no log, cosigner; uint64_t size; };

struct peer_cosign {               /* what one peer has and needs of cosignatures */
    struct cosign_ref owed[SYNC_COSIGN_OWED];
    unsigned owed_count;
    struct cosign_cursor walk;     /* through the latest of all, once from the beginning */
    bool walked, neighbours_told;
    bool neighbours[MEMBERS_MAX];  /* [member number]: it has a session with that member */
    unsigned allowed;              /* verifications left, refilled by time */
    uint64_t refilled_ms;
    struct buffer ahead;           /* (u32 length ‖ note)* */
};

struct cosign_log {                /* our own cosigning of one log */
    uint64_t looked;               /* entries below were looked through */
    uint64_t floor;                /* we cosigned so much once, as a peer showed */
    uint64_t given_ms;             /* when we last did; 0: not since the start */
    bool opened, dirty, concerned;
};

struct peer {
    struct peer_id id;
    enum peer_state state;
    bool dialed, owes_heads, pinged;
    char member[ID_MAX_BYTES + 1];
    uint64_t connected_ms, heard_ms, heads_ms, ping_ms, bytes_in, bytes_out;
    uint64_t said_ms, said_bytes;  /* first head shown, and bytes sent, since it was heard */
    uint64_t answered_ms, busy_until_ms;
    unsigned service_ms;           /* from one answer to the next, smoothed; 0: not known */
    unsigned refusals, turn;       /* turn: the log to be looked at next */
    uint64_t owed;                 /* answers to wants that have not come */
    unsigned refused_by_code[SYNC_REFUSE_CODES];
    uint64_t *shown;               /* [log_no]: size of the greatest head it showed */
    size_t shown_len;
    struct buffer unknown;         /* (u32 length ‖ note)*: heads of members not admitted yet */
    struct peer_cosign cosign;
};

struct pull {                      /* of one log */
    struct peer_id last;           /* who was asked last */
    unsigned packages;             /* to ask for at once: what was seen to fit; 0: not known */
    bool fork_told, dirty;         /* dirty: grew, not yet shown to the peers */
};

struct part_wanted {               /* asked of the ready peers in turn */
    struct hash commitment;
    struct peer_id peer;           /* v = 0: nobody was asked yet */
    unsigned tried;                /* peers asked so far, in order of our list */
    uint32_t request, total;
    uint64_t deadline_ms;
    struct buffer bytes;
    unsigned wait_ms;              /* after all were asked in vain: doubles up to exchange_ms */
};

/* A head found to be of a tree that is held: it is for ever. size 0: no note. */
struct head_known { struct hash note; uint32_t log; uint64_t size; };

struct part_asked { struct peer_id peer; uint32_t request; struct hash commitment; };

struct sync {
    struct ledger *l;
    struct sync_io io;
    struct sync_options options;
    char self[ID_MAX_BYTES + 1];
    uint64_t now_ms, paused_until_ms, relayed_ms;
    uint64_t flow_ms;              /* since when flow_entries are counted */
    unsigned flow_entries, flow_before;
    uint32_t last_request;
    uint64_t entries_out;          /* in packages, to all peers since the start */
    struct want wants[SYNC_WANTS];
    size_t held_bytes;
    struct peer *peers[PEERS_MAX];
    unsigned peer_count;
    struct pull *pulls;            /* [log_no] */
    size_t pull_len;
    uint64_t convenor_size;        /* of the convenor's log when unknown heads were last tried */
    uint64_t came_entries;         /* since nothing was missing last */
    struct package *packages;      /* scratch: SYNC_WANT_PACKAGES */
    struct message *message;       /* scratch: the frame being handled, */
    struct span frame;             /* and its bytes */
    struct head_known *known;      /* [SYNC_HEADS_KNOWN], at the place that the hash tells */
    struct buffer out;             /* scratch: the frame being sent */
    struct part_wanted parts[SYNC_PARTS_WANTED];
    unsigned part_count;
    struct part_asked asked[SYNC_PARTS_ASKED];
    unsigned asked_count;
    struct buffer serving;         /* card ‖ salt ‖ bytes of asked[0], when its len > 0 */
    uint32_t serving_at;
    uint64_t serving_ms;           /* when its peer last took a piece */
    uint64_t serving_since_ms;
    uint64_t *needs;               /* [log_no]: entries below were looked through for parts */
    size_t needs_len;
    const struct signkey *cosigner;
    struct cosign_log *cosigns;    /* [log_no] */
    size_t cosigns_len;
    bool cosign_due, ahead_due;    /* a log grew since the last look */
    uint64_t cosign_pause_ms;      /* no cosigning before, after our key or disk refused */
    struct buffer cosigned;        /* scratch: notes being sent, and their message */
    struct message cosign_message;
    struct case_cursor sweep;      /* all cases, looked through after the start and each hour */
    bool swept;
    uint64_t swept_ms;
};

/* ---- sync.c ---- */
struct peer *peer_find(const struct sync *s, struct peer_id id);
/* Encodes and queues; a full queue is ERR_BUSY. What may be lost need not be checked. */
enum err peer_send(struct sync *s, struct peer *p, const struct message *m);
MUST_CHECK enum err peer_send_frame(struct sync *s, struct peer *p, struct span frame);
/* Refusals may be lost: the other side asks again. */
void peer_refuse(struct sync *s, struct peer *p, uint32_t request, enum refuse_code code);
/* Ends the connection; what the peer was asked for is asked of others. */
void peer_end(struct sync *s, struct peer *p, enum err why);
/* Widens the arrays by log number; ERR_NOMEM. */
MUST_CHECK enum err peer_shown_reserve(struct peer *p, uint32_t log);
MUST_CHECK enum err pulls_reserve(struct sync *s);
uint64_t peer_shown(const struct peer *p, uint32_t log);

/* ---- sync_heads.c ---- */
/* All heads that we hold the whole of; sets or clears p->owes_heads. */
void heads_show_all(struct sync *s, struct peer *p);
/* What others wrote and grew here, to each peer that has not shown it: one message each. */
void heads_relay(struct sync *s);
enum err heads_on_frame(struct sync *s, struct peer *p, const struct message *m);
/* One event for each forked log. */
void fork_tell(struct sync *s, const struct log *log);
/* Tries again the heads whose members were unknown, when the convenor's log has grown. */
void heads_retry_unknown(struct sync *s);

/* ---- sync_pull.c ---- */
/* Sends wants to the peer as far as its limits allow. */
void pull_from(struct sync *s, struct peer *p);
void pull_from_all(struct sync *s);
enum err pull_on_packages(struct sync *s, struct peer *p, const struct message *m);
enum err pull_on_refuse(struct sync *s, struct peer *p, const struct message *m);
/* What the peer was asked for is asked of others; `held`: what it has sent as well. */
void pull_drop_peer(struct sync *s, struct peer *p, bool held);
/* Commits held answers whose turn has come, a few. ERR_UNCERTAIN ends the process. */
MUST_CHECK enum err pull_held(struct sync *s);
void pull_clear(struct sync *s);
bool pull_asked(const struct sync *s, const struct peer *p);
void pull_timeouts(struct sync *s);
bool pull_idle(const struct sync *s);
/* Whether much came in the last moments. */
bool pull_flows(struct sync *s);
uint64_t pull_behind(const struct sync *s, const struct peer *p);
uint64_t pull_lacks(const struct sync *s, const struct peer *p);

/* ---- sync_serve.c ---- */
enum err serve_on_want(struct sync *s, struct peer *p, const struct message *m);

/* ---- sync_parts.c ---- */
enum err parts_on_want(struct sync *s, struct peer *p, const struct message *m);
enum err parts_on_chunk(struct sync *s, struct peer *p, const struct message *m);
/* Whether what one entry can name may still be wanted: what all peers were asked for in vain gives
 * way, and is found again by a later walk over the cases. */
bool parts_room(const struct sync *s);
void parts_on_refuse(struct sync *s, struct peer *p, uint32_t request);
void parts_drop_peer(struct sync *s, struct peer *p);
void parts_tick(struct sync *s);
void parts_clear(struct sync *s);

/* ---- sync_needs.c ---- */
/* What is held now needs no look: a walk over our own open cases covers it. ERR_NOMEM. */
MUST_CHECK enum err needs_start(struct sync *s);
/* Looks at a slice of what is new and wants the parts that our member should hold. */
void needs_tick(struct sync *s);

/* ---- sync_cosign.c ---- */
void cosign_log_grew(struct sync *s, const struct log *log);
/* Looks at what grew and cosigns what is due; `tick`: also what waited for its time. */
void cosign_own(struct sync *s, bool tick);
/* Less than this of the log must not be cosigned. */
void cosign_floor(struct sync *s, struct log_no log, uint64_t size);
void cosign_clear(struct sync *s);

/* ---- sync_cosigned.c ---- */
enum err cosigned_on_frame(struct sync *s, struct peer *p, const struct message *m);
/* Tries again what was ahead of us, when a log has grown. */
void cosigned_retry(struct sync *s);
/* Owes a row to every peer that does not have it from elsewhere; `from` may be NULL. */
void cosigned_owe(struct sync *s, const struct cosign_row *row, const struct peer *from);
/* Sends what is owed, as far as the peers' queues take it; walk: also from the walk over all. */
void cosigned_send(struct sync *s, bool walk);
/* After entries (from, to] were served: the kept cosignatures of these sizes. */
void cosigned_history(struct sync *s, struct peer *p, struct log_no log, uint64_t from,
                      uint64_t to);
/* Somebody came or went: the others are told with whom we have sessions. */
void cosigned_neighbours_changed(struct sync *s);

#endif
