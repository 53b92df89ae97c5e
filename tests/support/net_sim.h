/* Several real ledgers in one process, joined by links that delay, break and cheat by a seed.
 * Time is the simulation's own: nothing sleeps. The same seed gives the same run. */
#ifndef JIELI_TESTS_SUPPORT_NET_SIM_H
#define JIELI_TESTS_SUPPORT_NET_SIM_H

#include "net/sync.h"

/* What Unix time the simulation begins at. */
#define NET_SIM_START_S UINT64_C(1772330000)
enum { NET_SIM_NODES = 16, NET_SIM_LINKS = 64, NET_SIM_QUEUE = 64 };

struct net_sim;

/* Changes a frame on its way, or loses it by returning false (which breaks the link). */
typedef bool net_sim_tamper(void *ctx, unsigned from, unsigned to, struct buffer *frame);

struct net_sim_events {
    unsigned forks, bad_peers, caught_up, silent, cosigned, other;
    enum err last_bad;             /* why the last bad peer was cut off */
    char last_fork[ID_MAX_BYTES + 1];
};

struct net_sim *net_sim_create(uint64_t seed);
void net_sim_free(struct net_sim *sim);
/* A node on an open ledger, which stays the caller's. Returns its number. */
unsigned net_sim_node(struct net_sim *sim, struct ledger *l, const char *member);
/* The node `a` keeps a connection to `b`: redials 1 s after a break. */
void net_sim_link(struct net_sim *sim, unsigned a, unsigned b);
/* A connection to `node` of `member` whose other end is the test itself: frames are handed in by
 * net_sim_inject, what the node sends is counted and dropped. */
struct peer_id net_sim_stranger(struct net_sim *sim, unsigned node, const char *member);
enum err net_sim_inject(struct net_sim *sim, unsigned node, struct peer_id peer, struct span frame);
/* Whether the node has hung up on that stranger, and why. */
bool net_sim_hung_up(const struct net_sim *sim, struct peer_id peer, enum err *why);
/* Cut off: every link of the node is down until net_sim_heal. */
void net_sim_cut(struct net_sim *sim, unsigned node);
void net_sim_heal(struct net_sim *sim, unsigned node);
/* Chance in a thousand, per link and 50 ms, that it breaks. */
void net_sim_break_rate(struct net_sim *sim, unsigned per_mille);
void net_sim_on_frame(struct net_sim *sim, net_sim_tamper *call, void *ctx);

void net_sim_run(struct net_sim *sim, unsigned ms);
/* Runs until every node is idle and nothing travels; false after limit_ms. */
bool net_sim_settle(struct net_sim *sim, unsigned limit_ms);

struct sync *net_sim_sync(struct net_sim *sim, unsigned node);
const struct net_sim_events *net_sim_events(const struct net_sim *sim, unsigned node);
uint64_t net_sim_random(struct net_sim *sim);
uint64_t net_sim_frames(const struct net_sim *sim);     /* carried so far */

#endif
