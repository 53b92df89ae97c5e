/* A network laboratory: several real ledgers and peer state machines in one process, joined by
 * connections as TCP carries them over a bad network (net_line.h), with a seed. Time is the
 * simulation's own, in steps of 5 ms: nothing sleeps. The same seed gives the same run.
 *
 * What is the real code: ledger, sync, back-off (net/redial). What is modelled: packets and TCP;
 * the session as three messages before either side is connected, given up after 10 s; a node's
 * ledger thread, which ticks every 250 ms and its transport every 100 ms, each at a moment of its
 * own. A cut swallows packets and tells nobody: connections stay half open until a heartbeat
 * fails, dials time out, back-off grows; after the heal all that has to mend itself. */
#ifndef JIELI_TESTS_SUPPORT_NET_SIM_H
#define JIELI_TESTS_SUPPORT_NET_SIM_H

#include "net/sync.h"
#include "tests/support/net_line.h"

/* What Unix time the simulation begins at. */
#define NET_SIM_START_S UINT64_C(1772330000)
enum { NET_SIM_NODES = 16, NET_SIM_LINKS = 128, NET_SIM_LINES = 512 };

struct net_sim;

/* Changes a frame on its way, or loses it by returning false (which breaks the link). */
typedef bool net_sim_tamper(void *ctx, unsigned from, unsigned to, struct buffer *frame);

struct net_sim_events {
    unsigned forks, bad_peers, caught_up, silent, cosigned, other;
    enum err last_bad;             /* why the last bad peer was cut off */
    char last_fork[ID_MAX_BYTES + 1];
};

/* Has the homes of clusters made from now on lie in memory where the system has a folder for that,
 * unless TMPDIR says otherwise: a laboratory of the network need not wait for a disk. */
void net_sim_in_memory(void);
struct net_sim *net_sim_create(uint64_t seed);
void net_sim_free(struct net_sim *sim);
/* A node on an open ledger, which stays the caller's. Returns its number. */
unsigned net_sim_node(struct net_sim *sim, struct ledger *l, const char *member);
/* The node `a` keeps a connection to `b`. Returns the number of the link. */
unsigned net_sim_link(struct net_sim *sim, unsigned a, unsigned b);
/* How good the network is: 1 to 40 ms and nothing else to begin with. */
void net_sim_quality(struct net_sim *sim, const struct line_quality *quality);
void net_sim_link_quality(struct net_sim *sim, unsigned link, const struct line_quality *quality);
/* A connection to `node` of `member` whose other end is the test itself: frames are handed in by
 * net_sim_inject, what the node sends is counted and dropped. */
struct peer_id net_sim_stranger(struct net_sim *sim, unsigned node, const char *member);
enum err net_sim_inject(struct net_sim *sim, unsigned node, struct peer_id peer, struct span frame);
/* Whether the node has hung up on that stranger, and why. */
bool net_sim_hung_up(const struct net_sim *sim, struct peer_id peer, enum err *why);
/* Cut off: every link of the node is down until net_sim_heal. */
void net_sim_cut(struct net_sim *sim, unsigned node);
void net_sim_heal(struct net_sim *sim, unsigned node);
/* Nodes of different groups cannot reach each other; all are of group 0 to begin with. */
void net_sim_group(struct net_sim *sim, unsigned node, unsigned group);
/* Chance in a thousand, per connection and 50 ms, that it is reset. */
void net_sim_break_rate(struct net_sim *sim, unsigned per_mille);
void net_sim_on_frame(struct net_sim *sim, net_sim_tamper *call, void *ctx);

void net_sim_run(struct net_sim *sim, unsigned ms);
/* Runs until every node is idle and nothing travels; false after limit_ms. */
bool net_sim_settle(struct net_sim *sim, unsigned limit_ms);

struct sync *net_sim_sync(struct net_sim *sim, unsigned node);
const struct net_sim_events *net_sim_events(const struct net_sim *sim, unsigned node);
uint64_t net_sim_random(struct net_sim *sim);
uint64_t net_sim_frames(const struct net_sim *sim);     /* carried so far */
uint64_t net_sim_now(const struct net_sim *sim);        /* ms */
unsigned net_sim_dials(const struct net_sim *sim, unsigned node);   /* attempts so far */
/* Packets lost, doubled, overtaken and sent again so far. */
struct net_sim_packets { uint64_t lost, doubled, overtaken, resent; };
struct net_sim_packets net_sim_packets(const struct net_sim *sim);

#endif
