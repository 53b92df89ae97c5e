#include "ledger/cycle.h"

#include <stdlib.h>
#include <string.h>

enum { CYCLE_MAX_NODES = 1 << 20, FIRST_SLOTS = 256 };
#define LAW_NODE UINT32_MAX

/* An undecided entry; or, with log LAW_NODE, "the convenor's log below index". */
struct node {
    struct position at;
    struct hash case_id;
    bool marks;                        /* void if it lies in a circle */
    bool on_stack;
    unsigned edge_from, edge_count;
    unsigned low, order;               /* order 0: not visited yet */
};

struct graph {
    const struct cycle_source *source;
    struct node *nodes;
    unsigned node_count, node_cap;
    unsigned *edges;
    unsigned edge_count, edge_cap;
    unsigned *slots, slot_cap;         /* node number + 1 by position; 0: free */
    bool missing;                      /* something that is reached is not held */
};

static void graph_clear(struct graph *g)
{
    free(g->nodes);
    free(g->edges);
    free(g->slots);
}

static unsigned *slot_of(const struct graph *g, struct position at)
{
    uint64_t h = (at.index * 0x9e3779b97f4a7c15ULL) ^ (at.log.v * 0xc2b2ae3d27d4eb4fULL);
    for (h ^= h >> 29;; h++) {
        unsigned *slot = &g->slots[h & (g->slot_cap - 1)];
        const struct node *n = *slot == 0 ? NULL : &g->nodes[*slot - 1];
        if (n == NULL || (n->at.log.v == at.log.v && n->at.index == at.index))
            return slot;
    }
}

static enum err slots_grow(struct graph *g)
{
    unsigned cap = g->slot_cap == 0 ? FIRST_SLOTS : 2 * g->slot_cap;
    unsigned *grown = calloc(cap, sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    free(g->slots);
    g->slots = grown;
    g->slot_cap = cap;
    for (unsigned i = 0; i < g->node_count; i++)
        *slot_of(g, g->nodes[i].at) = i + 1;
    return OK;
}

static enum err nodes_grow(struct graph *g)
{
    unsigned cap = g->node_cap == 0 ? FIRST_SLOTS : 2 * g->node_cap;
    struct node *grown = realloc(g->nodes, cap * sizeof *grown);
    if (grown == NULL)
        return ERR_NOMEM;
    g->nodes = grown;
    g->node_cap = cap;
    return OK;
}

static enum err edge_add(struct graph *g, unsigned to)
{
    if (g->edge_count == g->edge_cap) {
        unsigned cap = g->edge_cap == 0 ? FIRST_SLOTS : 2 * g->edge_cap;
        unsigned *grown = realloc(g->edges, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        g->edges = grown;
        g->edge_cap = cap;
    }
    g->edges[g->edge_count++] = to;
    return OK;
}

/* An edge from the node being looked at to `at`, which becomes a node if it is none yet. */
static enum err reach(struct graph *g, struct position at, bool marks)
{
    enum err err = OK;
    if (2 * g->node_count >= g->slot_cap)
        err = slots_grow(g);
    if (err == OK && g->node_count == g->node_cap)
        err = nodes_grow(g);
    if (err != OK)
        return err;
    unsigned *slot = slot_of(g, at);
    if (*slot == 0) {
        if (g->node_count == CYCLE_MAX_NODES)
            g->missing = true;
        if (g->missing)
            return OK;
        g->nodes[g->node_count++] = (struct node){.at = at, .marks = marks};
        *slot = g->node_count;
    }
    return edge_add(g, *slot - 1);
}

/* Only what is not decided can be part of a circle, or lead to one by its predecessor. */
static enum err reach_entry(struct graph *g, struct position at)
{
    struct verdict_row row;
    enum err err = g->source->row(g->source->ctx, at, &row);
    if (err != OK || row.verdict == VERDICT_FOREIGN || row.reason == REASON_UNDECODABLE)
        return err;
    bool waits = row.verdict == VERDICT_PENDING;
    return waits || reason_hides_refs(row.reason) ? reach(g, at, waits) : OK;
}

static enum err reach_law(struct graph *g, uint64_t law)
{
    const struct position at = {{LAW_NODE}, law};
    return law > g->source->folded ? reach(g, at, false) : OK;
}

/* The convenor's log below a size: its last entry, and the log below that. */
static enum err law_edges(struct graph *g, uint64_t law)
{
    enum err err = reach_entry(g, (struct position){g->source->convenor, law - 1});
    return err == OK ? reach_law(g, law - 1) : err;
}

static enum err ref_edge(struct graph *g, const struct hash *ref, const struct position *of_case,
                         size_t count)
{
    struct position at;
    enum err err = g->source->find(g->source->ctx, ref, &at);
    if (err != OK) {
        g->missing = g->missing || err == ERR_NOTFOUND;
        return err == ERR_NOTFOUND ? OK : err;
    }
    for (size_t i = 0; i < count; i++)
        if (of_case[i].log.v == at.log.v && of_case[i].index == at.index)
            return reach_entry(g, at);
    return OK;
}

static enum err predecessor_edge(struct graph *g, struct position at,
                                 const struct position *of_case, size_t count)
{
    const struct position *last = NULL;
    for (size_t i = 0; i < count; i++)
        if (of_case[i].log.v == at.log.v && of_case[i].index < at.index &&
            (last == NULL || of_case[i].index > last->index))
            last = &of_case[i];
    return last == NULL ? OK : reach_entry(g, *last);
}

/* Whether the entry waits for something that is not held, whatever comes of its refs. */
static enum err lack_note(struct graph *g, struct position at, const struct entry *e)
{
    const struct place place = g->source->place(g->source->ctx, at);
    const struct kind_row *kind = kind_row(e->kind);
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct verdict_row row;
    struct hash missing;
    bool waits = false;
    enum err err = g->source->row(g->source->ctx, at, &row);
    if (err != OK)
        return err;
    if (place.member.v != 0 &&
        (e->law_epoch > LAW_EPOCH || e->law_size > g->source->convenor_size))
        g->missing = true;
    if (kind != NULL && (!kind->built || (kind->classes & CLASS_GOVERNANCE)))
        g->missing = true;
    if (row.at_once == REASON_NONE)
        (void)roster_check_signers(place.roster, place.member, at.index, e, signers, &waits,
                                   &missing);
    g->missing = g->missing || waits;
    return OK;
}

static enum err entry_edges(struct graph *g, unsigned i)
{
    const struct position at = g->nodes[i].at;
    const bool all = g->nodes[i].marks;
    struct position *of_case = NULL;
    struct entry e;
    size_t count = 0;
    enum err err = g->source->read(g->source->ctx, at, &e);
    if (err == OK && all)
        err = lack_note(g, at, &e);
    if (err != OK || g->missing)
        return err;
    g->nodes[i].case_id = e.has_case ? e.case_id : e.id;
    err = g->source->of_case(g->source->ctx, &g->nodes[i].case_id, &of_case, &count);
    if (err == ERR_NOTFOUND)
        err = OK;
    if (err == OK)
        err = predecessor_edge(g, at, of_case, count);
    for (unsigned k = 0; all && err == OK && k < e.refs.count; k++) {
        struct hash ref;
        id_list_get(&e.refs, k, &ref);
        err = ref_edge(g, &ref, of_case, count);
    }
    free(of_case);
    bool above = at.log.v == g->source->convenor.v && e.law_size > at.index;
    return err == OK && all && !above ? reach_law(g, e.law_size) : err;
}

/* All that the first node reaches, until something is missing. */
static enum err graph_build(struct graph *g, struct position stuck)
{
    enum err err = reach_entry(g, stuck);
    g->edge_count = 0;
    for (unsigned i = 0; err == OK && !g->missing && i < g->node_count; i++) {
        g->nodes[i].edge_from = g->edge_count;
        err = g->nodes[i].at.log.v == LAW_NODE ? law_edges(g, g->nodes[i].at.index)
                                               : entry_edges(g, i);
        g->nodes[i].edge_count = g->edge_count - g->nodes[i].edge_from;
    }
    return err;
}

static enum err mark_one(const struct cycle_source *source, const struct node *n)
{
    struct verdict_row row;
    enum err err = source->row(source->ctx, n->at, &row);
    if (err != OK)
        return err;
    row.verdict = VERDICT_VOID;
    row.reason = row.at_once == REASON_NONE ? REASON_CYCLE : row.at_once;
    row.in_cycle = true;
    return source->mark(source->ctx, n->at, &n->case_id, &row);
}

struct walk { unsigned node, edge; };

/* What Tarjan's algorithm has on hand. */
struct search {
    struct graph *g;
    struct walk *path;
    unsigned *stack, top, order;
    bool found;
};

/* One strongly connected component comes off the stack: a circle when it is more than one node. */
static enum err component_close(struct search *s, unsigned root)
{
    bool single = s->stack[s->top - 1] == root;
    enum err err = OK;
    for (;;) {
        struct node *n = &s->g->nodes[s->stack[--s->top]];
        n->on_stack = false;
        if (!single && n->marks && err == OK) {
            err = mark_one(s->g->source, n);
            s->found = true;
        }
        if (s->stack[s->top] == root)
            return err;
    }
}

static void visit(struct search *s, unsigned i, unsigned *depth)
{
    struct node *n = &s->g->nodes[i];
    n->order = n->low = ++s->order;
    n->on_stack = true;
    s->stack[s->top++] = i;
    s->path[(*depth)++] = (struct walk){i, 0};
}

static enum err components(struct search *s)
{
    const struct graph *g = s->g;
    unsigned depth = 0;
    enum err err = OK;
    visit(s, 0, &depth);
    while (err == OK && depth > 0) {
        struct walk *w = &s->path[depth - 1];
        struct node *n = &g->nodes[w->node];
        if (w->edge < n->edge_count) {
            unsigned i = g->edges[n->edge_from + w->edge++];
            const struct node *to = &g->nodes[i];
            if (to->order == 0)
                visit(s, i, &depth);
            else if (to->on_stack && to->order < n->low)
                n->low = to->order;
            continue;
        }
        if (n->low == n->order)
            err = component_close(s, w->node);
        depth--;
        if (depth > 0 && n->low < g->nodes[s->path[depth - 1].node].low)
            g->nodes[s->path[depth - 1].node].low = n->low;
    }
    return err;
}

static enum err circles_mark(struct graph *g, bool *found)
{
    struct search s = {.g = g, .path = malloc(g->node_count * sizeof *s.path),
                       .stack = malloc(g->node_count * sizeof *s.stack)};
    enum err err = s.path == NULL || s.stack == NULL ? ERR_NOMEM : components(&s);
    *found = s.found;
    free(s.path);
    free(s.stack);
    return err;
}

enum err cycle_mark(const struct cycle_source *source, uint64_t stuck, bool *found)
{
    struct graph g = {.source = source};
    *found = false;
    enum err err = graph_build(&g, (struct position){source->convenor, stuck});
    if (err == OK && !g.missing && g.node_count > 0)
        err = circles_mark(&g, found);
    graph_clear(&g);
    return err;
}
