#include "tests/support/net_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 50, DELAY_MS = 40, REDIAL_MS = 1000, SEND_ROOM = 8, STRANGERS = 16 };

struct flight { uint64_t at_ms; struct buffer frame; };

struct way { unsigned first, count; struct flight ring[NET_SIM_QUEUE]; };

struct sim_link {
    unsigned ends[2];              /* ends[0] dials */
    bool up, breaking;
    struct peer_id ids[2];         /* how each end calls the connection */
    uint64_t redial_ms;
    struct way ways[2];            /* [i]: towards ends[i] */
};

struct sim_node {
    struct net_sim *sim;
    unsigned no;
    char member[ID_MAX_BYTES + 1];
    struct ledger *ledger;
    struct sync *sync;
    bool cut;
    struct net_sim_events events;
};

struct stranger { struct peer_id id; bool ended; enum err why; };

struct net_sim {
    uint64_t now_ms, random, frames;
    uint32_t last_peer;
    unsigned node_count, link_count, stranger_count, break_per_mille;
    struct sim_node nodes[NET_SIM_NODES];
    struct sim_link links[NET_SIM_LINKS];
    struct stranger strangers[STRANGERS];
    net_sim_tamper *tamper;
    void *tamper_ctx;
};

static void demand(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "net_sim: %s\n", what);
        abort();
    }
}

uint64_t net_sim_random(struct net_sim *sim)
{
    uint64_t z = sim->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct sim_link *link_of(struct net_sim *sim, struct peer_id id, unsigned *end)
{
    for (unsigned i = 0; i < sim->link_count; i++) {
        for (*end = 0; *end < 2; ++*end) {
            if (sim->links[i].up && sim->links[i].ids[*end].v == id.v)
                return &sim->links[i];
        }
    }
    return NULL;
}

static enum err io_send(void *ctx, struct peer_id peer, struct span frame)
{
    struct sim_node *node = ctx;
    unsigned end;
    struct sim_link *link = link_of(node->sim, peer, &end);
    if (link == NULL)
        return OK;
    struct way *way = &link->ways[1 - end];
    if (way->count >= SEND_ROOM)
        return ERR_BUSY;
    struct flight *f = &way->ring[(way->first + way->count++) % NET_SIM_QUEUE];
    f->at_ms = node->sim->now_ms + 1 + net_sim_random(node->sim) % DELAY_MS;
    return buffer_put(&f->frame, frame.data, frame.len);
}

static void io_close(void *ctx, struct peer_id peer, enum err why)
{
    struct sim_node *node = ctx;
    unsigned end;
    struct sim_link *link = link_of(node->sim, peer, &end);
    if (link != NULL)
        link->breaking = true;
    for (unsigned i = 0; i < node->sim->stranger_count; i++) {
        if (node->sim->strangers[i].id.v == peer.v) {
            node->sim->strangers[i].ended = true;
            node->sim->strangers[i].why = why;
        }
    }
}

static uint64_t io_random(void *ctx)
{
    struct sim_node *node = ctx;
    return net_sim_random(node->sim);
}

static uint64_t io_unix_s(void *ctx)
{
    return NET_SIM_START_S + ((struct sim_node *)ctx)->sim->now_ms / 1000;
}

static void io_event(void *ctx, const char *name, const char *member, enum err why)
{
    struct net_sim_events *e = &((struct sim_node *)ctx)->events;
    if (strcmp(name, "fork") == 0) {
        e->forks++;
        snprintf(e->last_fork, sizeof e->last_fork, "%s", member);
    } else if (strcmp(name, "bad-peer") == 0) {
        e->bad_peers++;
        e->last_bad = why;
    } else if (strcmp(name, "caught-up") == 0) {
        e->caught_up++;
    } else if (strcmp(name, "silent") == 0) {
        e->silent++;
    } else if (strcmp(name, "cosigned") == 0) {
        e->cosigned++;
    } else {
        e->other++;
    }
}

static void on_change(void *ctx, const struct log *log)
{
    struct sim_node *node = ctx;
    sync_announce(node->sync, log, node->sim->now_ms);
}

struct net_sim *net_sim_create(uint64_t seed)
{
    struct net_sim *sim = calloc(1, sizeof *sim);
    demand(sim != NULL, "no memory");
    sim->random = seed;
    sim->now_ms = 1000000;
    return sim;
}

unsigned net_sim_node(struct net_sim *sim, struct ledger *l, const char *member)
{
    struct sim_node *node = &sim->nodes[sim->node_count];
    const struct sync_io io = {node, io_send, io_close, io_random, io_event, io_unix_s};
    const struct sync_options options = {member, 10000, 30000, 20000};
    demand(sim->node_count < NET_SIM_NODES, "too many nodes");
    *node = (struct sim_node){.sim = sim, .no = sim->node_count, .ledger = l};
    snprintf(node->member, sizeof node->member, "%s", member);
    demand(sync_create(&node->sync, l, &io, &options) == OK, "sync_create");
    ledger_on_change(l, on_change, node);
    return sim->node_count++;
}

void net_sim_link(struct net_sim *sim, unsigned a, unsigned b)
{
    demand(sim->link_count < NET_SIM_LINKS, "too many links");
    sim->links[sim->link_count++] = (struct sim_link){.ends = {a, b}};
}

static void way_clear(struct way *way)
{
    for (; way->count > 0; way->count--) {
        buffer_clear(&way->ring[way->first].frame);
        way->first = (way->first + 1) % NET_SIM_QUEUE;
    }
}

static void link_break(struct net_sim *sim, struct sim_link *link)
{
    const struct peer_id ids[2] = {link->ids[0], link->ids[1]};
    link->up = link->breaking = false;
    link->redial_ms = sim->now_ms + REDIAL_MS;
    for (unsigned i = 0; i < 2; i++) {
        way_clear(&link->ways[i]);
        sync_closed(sim->nodes[link->ends[i]].sync, ids[i]);
    }
}

static void link_dial(struct net_sim *sim, struct sim_link *link)
{
    link->up = true;
    for (unsigned i = 0; i < 2; i++)
        link->ids[i].v = ++sim->last_peer;
    for (unsigned i = 0; i < 2; i++) {
        enum err err = sync_connected(sim->nodes[link->ends[i]].sync, link->ids[i],
                                      sim->nodes[link->ends[1 - i]].member, i == 0, sim->now_ms);
        demand(err == OK, "sync_connected");
    }
}

void net_sim_cut(struct net_sim *sim, unsigned node)
{
    sim->nodes[node].cut = true;
}

void net_sim_heal(struct net_sim *sim, unsigned node)
{
    sim->nodes[node].cut = false;
}

void net_sim_break_rate(struct net_sim *sim, unsigned per_mille)
{
    sim->break_per_mille = per_mille;
}

void net_sim_on_frame(struct net_sim *sim, net_sim_tamper *call, void *ctx)
{
    sim->tamper = call;
    sim->tamper_ctx = ctx;
}

static void way_deliver(struct net_sim *sim, struct sim_link *link, unsigned end)
{
    struct way *way = &link->ways[end];
    const unsigned to = link->ends[end], from = link->ends[1 - end];
    while (link->up && !link->breaking && way->count > 0 &&
           way->ring[way->first].at_ms <= sim->now_ms) {
        struct buffer frame = way->ring[way->first].frame;
        way->ring[way->first].frame = (struct buffer){0};
        way->first = (way->first + 1) % NET_SIM_QUEUE;
        way->count--;
        sim->frames++;
        if (sim->tamper != NULL && !sim->tamper(sim->tamper_ctx, from, to, &frame))
            link->breaking = true;
        else
            sync_frame(sim->nodes[to].sync, link->ids[end], buffer_span(&frame), sim->now_ms);
        buffer_clear(&frame);
    }
}

static void link_step(struct net_sim *sim, struct sim_link *link)
{
    bool cut = sim->nodes[link->ends[0]].cut || sim->nodes[link->ends[1]].cut;
    if (!link->up) {
        if (!cut && sim->now_ms >= link->redial_ms)
            link_dial(sim, link);
        return;
    }
    way_deliver(sim, link, 0);
    way_deliver(sim, link, 1);
    if (cut || link->breaking || net_sim_random(sim) % 1000 < sim->break_per_mille)
        link_break(sim, link);
}

void net_sim_run(struct net_sim *sim, unsigned ms)
{
    for (unsigned done = 0; done < ms; done += STEP_MS) {
        sim->now_ms += STEP_MS;
        for (unsigned i = 0; i < sim->link_count; i++)
            link_step(sim, &sim->links[i]);
        for (unsigned i = 0; i < sim->node_count; i++)
            sync_tick(sim->nodes[i].sync, sim->now_ms);
    }
}

static bool settled(const struct net_sim *sim)
{
    for (unsigned i = 0; i < sim->link_count; i++) {
        const struct sim_link *link = &sim->links[i];
        if (!link->up || link->breaking || link->ways[0].count + link->ways[1].count > 0)
            return false;
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (!sync_idle(sim->nodes[i].sync))
            return false;
    }
    return true;
}

bool net_sim_settle(struct net_sim *sim, unsigned limit_ms)
{
    for (unsigned done = 0; done < limit_ms; done += STEP_MS) {
        net_sim_run(sim, STEP_MS);
        if (settled(sim))
            return true;
    }
    return false;
}

struct peer_id net_sim_stranger(struct net_sim *sim, unsigned node, const char *member)
{
    struct stranger *s = &sim->strangers[sim->stranger_count++];
    demand(sim->stranger_count <= STRANGERS, "too many strangers");
    *s = (struct stranger){.id = {++sim->last_peer}};
    enum err err = sync_connected(sim->nodes[node].sync, s->id, member, false, sim->now_ms);
    demand(err == OK, "sync_connected");
    return s->id;
}

enum err net_sim_inject(struct net_sim *sim, unsigned node, struct peer_id peer, struct span frame)
{
    return sync_frame(sim->nodes[node].sync, peer, frame, sim->now_ms);
}

bool net_sim_hung_up(const struct net_sim *sim, struct peer_id peer, enum err *why)
{
    for (unsigned i = 0; i < sim->stranger_count; i++) {
        if (sim->strangers[i].id.v == peer.v) {
            *why = sim->strangers[i].why;
            return sim->strangers[i].ended;
        }
    }
    return false;
}

struct sync *net_sim_sync(struct net_sim *sim, unsigned node)
{
    return sim->nodes[node].sync;
}

const struct net_sim_events *net_sim_events(const struct net_sim *sim, unsigned node)
{
    return &sim->nodes[node].events;
}

uint64_t net_sim_frames(const struct net_sim *sim)
{
    return sim->frames;
}

void net_sim_free(struct net_sim *sim)
{
    for (unsigned i = 0; i < sim->link_count; i++) {
        way_clear(&sim->links[i].ways[0]);
        way_clear(&sim->links[i].ways[1]);
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        ledger_on_change(sim->nodes[i].ledger, NULL, NULL);
        sync_free(sim->nodes[i].sync);
    }
    free(sim);
}
