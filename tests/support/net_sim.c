#include "tests/support/net_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/redial.h"

enum { STEP_MS = 5, TICK_MS = 250, KEEPER_MS = 100, BREAK_MS = 50, HANDSHAKE_MS = 10000,
       STRANGERS = 16 };

struct sim_link { unsigned dialer, target, redial; bool has_quality; struct line_quality quality; };

/* A connection, from the dial until both ends are closed. */
struct sim_conn {
    struct net_sim *sim;
    struct sim_link *link;
    unsigned nodes[2];
    bool up[2], closing[2], link_told;
    enum err why[2];
    struct peer_id ids[2];         /* how each end calls it */
    unsigned messages;             /* of the handshake so far */
    uint64_t since_ms;
    struct line_hooks hooks;
    struct line line;
};

struct sim_node {
    struct net_sim *sim;
    unsigned no, group, phase_ms, dials;
    char member[ID_MAX_BYTES + 1];
    struct ledger *ledger;
    struct sync *sync;
    struct redial redial;
    struct sim_link *links[REDIAL_LINKS_MAX];
    bool cut, changed;
    struct net_sim_events events;
};

struct stranger { struct peer_id id; bool ended; enum err why; };

struct net_sim {
    uint64_t now_ms, random, frames;
    uint32_t last_peer;
    unsigned node_count, link_count, conn_count, stranger_count, break_per_mille;
    struct sim_node nodes[NET_SIM_NODES];
    struct sim_link links[NET_SIM_LINKS];
    struct sim_conn *conns[NET_SIM_LINES];
    struct stranger strangers[STRANGERS];
    struct line_quality quality;
    struct net_sim_packets packets;    /* of connections that are over */
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

static uint32_t noise(struct net_sim *sim)
{
    return (uint32_t)net_sim_random(sim);
}

/* ---- what the peer state machine is given ---- */

static struct sim_conn *conn_of(struct net_sim *sim, struct peer_id id, unsigned *end)
{
    for (unsigned i = 0; i < sim->conn_count; i++) {
        for (*end = 0; *end < 2; ++*end) {
            if (sim->conns[i]->up[*end] && sim->conns[i]->ids[*end].v == id.v)
                return sim->conns[i];
        }
    }
    return NULL;
}

static enum err io_send(void *ctx, struct peer_id peer, struct span frame)
{
    struct sim_node *node = ctx;
    unsigned end;
    struct sim_conn *c = conn_of(node->sim, peer, &end);
    return c == NULL || c->closing[end] ? OK : line_send(&c->line, end, frame);
}

static void io_close(void *ctx, struct peer_id peer, enum err why)
{
    struct sim_node *node = ctx;
    unsigned end;
    struct sim_conn *c = conn_of(node->sim, peer, &end);
    if (c != NULL) {
        c->closing[end] = true;
        c->why[end] = why;
    }
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
    node->changed = true;
    sync_announce(node->sync, log, node->sim->now_ms);
}

/* ---- building ---- */

void net_sim_in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
}

struct net_sim *net_sim_create(uint64_t seed)
{
    struct net_sim *sim = calloc(1, sizeof *sim);
    demand(sim != NULL, "no memory");
    sim->random = seed;
    sim->now_ms = 1000000;
    sim->quality = (struct line_quality){.delay_min_ms = 1, .delay_max_ms = 40};
    return sim;
}

unsigned net_sim_node(struct net_sim *sim, struct ledger *l, const char *member)
{
    struct sim_node *node = &sim->nodes[sim->node_count];
    const struct sync_io io = {node, io_send, io_close, io_random, io_event, io_unix_s};
    const struct sync_options options = {.member = member, .heartbeat_ms = 10000,
                                         .exchange_ms = 30000, .want_timeout_ms = 20000};
    demand(sim->node_count < NET_SIM_NODES, "too many nodes");
    *node = (struct sim_node){.sim = sim, .no = sim->node_count, .ledger = l};
    node->phase_ms = STEP_MS * (noise(sim) % (TICK_MS / STEP_MS));
    snprintf(node->member, sizeof node->member, "%s", member);
    demand(sync_create(&node->sync, l, &io, &options) == OK, "sync_create");
    ledger_on_change(l, on_change, node);
    return sim->node_count++;
}

unsigned net_sim_link(struct net_sim *sim, unsigned a, unsigned b)
{
    struct sim_link *link = &sim->links[sim->link_count];
    demand(sim->link_count < NET_SIM_LINKS, "too many links");
    *link = (struct sim_link){.dialer = a, .target = b};
    demand(redial_add(&sim->nodes[a].redial, &link->redial), "redial_add");
    sim->nodes[a].links[link->redial] = link;
    return sim->link_count++;
}

void net_sim_quality(struct net_sim *sim, const struct line_quality *quality)
{
    sim->quality = *quality;
}

void net_sim_link_quality(struct net_sim *sim, unsigned link, const struct line_quality *quality)
{
    sim->links[link].quality = *quality;
    sim->links[link].has_quality = true;
}

void net_sim_cut(struct net_sim *sim, unsigned node)
{
    sim->nodes[node].cut = true;
}

void net_sim_heal(struct net_sim *sim, unsigned node)
{
    sim->nodes[node].cut = false;
}

void net_sim_group(struct net_sim *sim, unsigned node, unsigned group)
{
    sim->nodes[node].group = group;
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

/* ---- connections ---- */

static bool path_cut(void *ctx)
{
    const struct sim_conn *c = ctx;
    const struct sim_node *a = &c->sim->nodes[c->nodes[0]], *b = &c->sim->nodes[c->nodes[1]];
    return a->cut || b->cut || a->group != b->group;
}

static uint64_t path_random(void *ctx)
{
    return net_sim_random(((struct sim_conn *)ctx)->sim);
}

static bool ordinary(enum err why)
{
    return why == OK || why == ERR_CLOSED || why == ERR_IO || why == ERR_TIMEOUT;
}

/* As transport.c judges it. */
static void link_end(struct sim_conn *c)
{
    struct net_sim *sim = c->sim;
    enum redial_end end = REDIAL_REFUSED;
    if (c->link_told)
        return;
    if (c->line.ends[0].state == LINE_SYN_SENT)
        end = REDIAL_UNREACHED;
    else if (c->up[0] && ordinary(c->why[0]))
        end = sim->now_ms - c->since_ms >= REDIAL_SETTLED_MS ? REDIAL_LOST : REDIAL_UNREACHED;
    c->link_told = true;
    redial_down(&sim->nodes[c->nodes[0]].redial, c->link->redial, end, sim->now_ms, noise(sim));
}

/* An end is no more, for whatever reason; its node is told. */
static void end_over(struct sim_conn *c, unsigned end)
{
    if (end == 0)
        link_end(c);
    if (c->up[end])
        sync_closed(c->sim->nodes[c->nodes[end]].sync, c->ids[end]);
    c->up[end] = c->closing[end] = false;
}

static void end_connected(struct sim_conn *c, unsigned end)
{
    struct net_sim *sim = c->sim;
    struct sim_node *node = &sim->nodes[c->nodes[end]];
    c->up[end] = true;
    c->ids[end].v = ++sim->last_peer;
    redial_opened(&node->redial, sim->now_ms, noise(sim));
    enum err err = sync_connected(node->sync, c->ids[end], sim->nodes[c->nodes[1 - end]].member,
                                  end == 0, sim->now_ms);
    demand(err == OK, "sync_connected");
}

static void on_open(void *ctx, unsigned end)
{
    struct sim_conn *c = ctx;
    if (end == 0)
        demand(line_send(&c->line, 0, span_of("1", 1)) == OK, "handshake");
}

/* Three messages: the dialler is connected when it sends the last, the other when it comes. */
static void on_handshake(struct sim_conn *c, unsigned end)
{
    c->messages++;
    if (c->messages < 3)
        demand(line_send(&c->line, end, span_of("2", 1)) == OK, "handshake");
    if (c->messages >= 2)
        end_connected(c, end);
}

static void on_line_frame(void *ctx, unsigned end, struct span bytes)
{
    struct sim_conn *c = ctx;
    struct net_sim *sim = c->sim;
    struct buffer frame = {0};
    if (!c->up[end]) {
        on_handshake(c, end);
        return;
    }
    if (c->closing[end])
        return;
    demand(buffer_put(&frame, bytes.data, bytes.len) == OK, "no memory");
    sim->frames++;
    if (sim->tamper != NULL &&
        !sim->tamper(sim->tamper_ctx, c->nodes[1 - end], c->nodes[end], &frame))
        c->closing[0] = c->closing[1] = true;
    else
        sync_frame(sim->nodes[c->nodes[end]].sync, c->ids[end], buffer_span(&frame), sim->now_ms);
    buffer_clear(&frame);
}

static void on_reset(void *ctx, unsigned end)
{
    end_over(ctx, end);
}

static void conn_dial(struct net_sim *sim, struct sim_link *link)
{
    struct sim_conn *c = calloc(1, sizeof *c);
    demand(c != NULL && sim->conn_count < NET_SIM_LINES, "too many connections");
    *c = (struct sim_conn){.sim = sim, .link = link, .nodes = {link->dialer, link->target},
                           .since_ms = sim->now_ms,
                           .hooks = {c, path_cut, path_random, on_open, on_line_frame, on_reset}};
    line_open(&c->line, &c->hooks, link->has_quality ? &link->quality : &sim->quality,
              sim->now_ms);
    sim->conns[sim->conn_count++] = c;
    sim->nodes[link->dialer].dials++;
}

static void conn_deadlines(struct sim_conn *c)
{
    const uint64_t age_ms = c->sim->now_ms - c->since_ms;
    for (unsigned end = 0; end < 2; end++) {
        enum line_state state = c->line.ends[end].state;
        c->closing[end] |= !c->up[end] && ((state == LINE_SYN_SENT && age_ms >= REDIAL_DIAL_MS) ||
                                           (state == LINE_OPEN && age_ms >= HANDSHAKE_MS));
    }
}

static void conn_step(struct sim_conn *c)
{
    line_step(&c->line, c->sim->now_ms);
    conn_deadlines(c);
    for (unsigned end = 0; end < 2; end++) {
        if (!c->closing[end])
            continue;
        end_over(c, end);
        line_close(&c->line, end);
    }
    /* A dial that nobody ever heard of. */
    if (c->line.ends[0].state == LINE_CLOSED && c->line.ends[1].state == LINE_NEW &&
        c->line.packet_count == 0)
        c->line.ends[1].state = LINE_CLOSED;
}

static void conn_free(struct sim_conn *c)
{
    struct net_sim_packets *sum = &c->sim->packets;
    sum->lost += c->line.seen.lost;
    sum->doubled += c->line.seen.doubled;
    sum->overtaken += c->line.seen.overtaken;
    sum->resent += c->line.seen.resent;
    line_clear(&c->line);
    free(c);
}

static void conns_step(struct net_sim *sim)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < sim->conn_count; i++) {
        struct sim_conn *c = sim->conns[i];
        conn_step(c);
        if (sim->now_ms % BREAK_MS == 0 && net_sim_random(sim) % 1000 < sim->break_per_mille)
            line_reset(&c->line);
    }
    for (unsigned i = 0; i < sim->conn_count; i++) {
        struct sim_conn *c = sim->conns[i];
        bool over = c->line.ends[0].state == LINE_CLOSED && c->line.ends[1].state == LINE_CLOSED;
        if (over)
            conn_free(c);
        else
            sim->conns[kept++] = c;
    }
    sim->conn_count = kept;
}

/* ---- running ---- */

static bool node_connected(const struct net_sim *sim, unsigned node)
{
    for (unsigned i = 0; i < sim->conn_count; i++) {
        const struct sim_conn *c = sim->conns[i];
        if ((c->nodes[0] == node && c->up[0]) || (c->nodes[1] == node && c->up[1]))
            return true;
    }
    return false;
}

static void node_step(struct net_sim *sim, struct sim_node *node)
{
    const uint64_t at_ms = sim->now_ms + node->phase_ms;
    unsigned link;
    if (node->changed)
        sync_relay(node->sync, sim->now_ms);
    node->changed = false;
    if (at_ms % TICK_MS == 0)
        sync_tick(node->sync, sim->now_ms);
    while (at_ms % KEEPER_MS == 0 &&
           redial_next(&node->redial, sim->now_ms, node_connected(sim, node->no), noise(sim),
                       &link))
        conn_dial(sim, node->links[link]);
}

void net_sim_run(struct net_sim *sim, unsigned ms)
{
    for (unsigned done = 0; done < ms; done += STEP_MS) {
        sim->now_ms += STEP_MS;
        conns_step(sim);
        for (unsigned i = 0; i < sim->node_count; i++)
            node_step(sim, &sim->nodes[i]);
    }
}

static bool link_up(const struct net_sim *sim, const struct sim_link *link)
{
    for (unsigned i = 0; i < sim->conn_count; i++) {
        const struct sim_conn *c = sim->conns[i];
        if (c->link == link && c->up[0] && c->up[1])
            return !line_busy(&c->line);
    }
    return false;
}

static bool settled(const struct net_sim *sim)
{
    for (unsigned i = 0; i < sim->link_count; i++) {
        if (!link_up(sim, &sim->links[i]))
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

/* ---- strangers ---- */

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

/* ---- looking ---- */

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

uint64_t net_sim_now(const struct net_sim *sim)
{
    return sim->now_ms;
}

unsigned net_sim_dials(const struct net_sim *sim, unsigned node)
{
    return sim->nodes[node].dials;
}

struct net_sim_packets net_sim_packets(const struct net_sim *sim)
{
    struct net_sim_packets sum = sim->packets;
    for (unsigned i = 0; i < sim->conn_count; i++) {
        const struct line *l = &sim->conns[i]->line;
        sum.lost += l->seen.lost;
        sum.doubled += l->seen.doubled;
        sum.overtaken += l->seen.overtaken;
        sum.resent += l->seen.resent;
    }
    return sum;
}

void net_sim_free(struct net_sim *sim)
{
    for (unsigned i = 0; i < sim->conn_count; i++)
        conn_free(sim->conns[i]);
    for (unsigned i = 0; i < sim->node_count; i++) {
        ledger_on_change(sim->nodes[i].ledger, NULL, NULL);
        sync_free(sim->nodes[i].sync);
    }
    free(sim);
}
