/* Entries that reach each other (law.md, "Cycle"). Refs are hashes and close no circle alone; a law
 * above what the convenor's log held then can, over several cases. Looked for in the whole set only
 * when an entry of the convenor reaches, within its case, a law beyond itself. */
#include <stdlib.h>
#include <string.h>

#include "tools/audit/set_map.h"

/* Nodes: the items, sorted within each case by log and index; then one virtual node for each
 * item of the convenor, "the convenor's log up to and with it". Edges of node n: edges[from[n]
 * .. from[n+1]). */
struct graph {
    const struct audit_set *s;
    size_t item_count, convenor_count, edge_count, edge_cap;
    uint32_t *convenors;               /* items of the convenor, by index */
    uint32_t *edges;
    size_t *from;
};

struct mark { uint32_t order, low; bool on_stack; };
struct visit { uint32_t node; size_t edge; };
struct walk {
    struct mark *marks;
    struct visit *path;
    uint32_t *stack;
    size_t depth, top;
    uint32_t order;
    bool found;
};

static int by_place(const void *a, const void *b)
{
    const struct set_item *x = a, *y = b;
    if (x->log != y->log)
        return x->log < y->log ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static enum err edge_add(struct graph *g, size_t to)
{
    if (g->edge_count == g->edge_cap) {
        size_t cap = g->edge_cap == 0 ? 4096 : 2 * g->edge_cap;
        uint32_t *edges = realloc(g->edges, cap * sizeof *edges);
        if (edges == NULL)
            return ERR_NOMEM;
        g->edges = edges;
        g->edge_cap = cap;
    }
    g->edges[g->edge_count++] = (uint32_t)to;
    return OK;
}

/* The node of a ref within the case; false for ids of elsewhere. */
static bool ref_node(const struct audit_set *s, const struct set_case *c, const struct hash *id,
                     size_t *node)
{
    struct set_item held;
    if (!set_find(s, id, &held))
        return false;
    const struct set_item *at =
        bsearch(&held, &s->items[c->from], c->count, sizeof held, by_place);
    if (at == NULL)
        return false;
    *node = (size_t)(at - s->items);
    return true;
}

static enum err ref_edges(struct graph *g, const struct set_case *c, const struct id_list *list)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < list->count && i < ENTRY_MAX_REFS; i++) {
        struct hash id;
        size_t node;
        id_list_get(list, i, &id);
        if (ref_node(g->s, c, &id, &node))
            err = edge_add(g, node);
    }
    return err;
}

/* The virtual node of the convenor's log below `law`: the last of its items there. */
static bool law_node(const struct graph *g, uint64_t law, size_t *node)
{
    size_t low = 0, high = g->convenor_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->s->items[g->convenors[middle]].index < law)
            low = middle + 1;
        else
            high = middle;
    }
    *node = g->item_count + low - 1;
    return low > 0;
}

/* Edges of an item within its case: predecessor, refs, and with `laws` the convenor's log. */
static enum err item_edges(struct graph *g, const struct set_case *c, size_t i, bool laws,
                           uint64_t *law)
{
    const struct set_item *item = &g->s->items[i];
    const struct set_entry *entry = set_entry_of(g->s, item);
    struct entry e;
    size_t node;
    enum err err = entry_decode(&e, span_of(entry->bytes, entry->len));
    if (err != OK)
        return err;
    *law = e.law_size;
    if (entry->at_once != REASON_NONE)
        return OK;
    if (i > c->from && item[-1].log == item->log)
        err = edge_add(g, i - 1);
    if (err == OK)
        err = ref_edges(g, c, &e.refs);
    if (err == OK)
        err = ref_edges(g, c, &e.other_refs);
    if (err == OK && laws && law_node(g, e.law_size, &node))
        err = edge_add(g, node);
    return err;
}

/* Whether an entry of the convenor in this case reaches a law beyond itself. */
static enum err case_reaches_beyond(struct graph *g, const struct set_case *c, bool *beyond)
{
    uint64_t *laws = calloc(c->count, sizeof *laws);
    uint32_t *queue = calloc(c->count, sizeof *queue);
    bool *met = calloc(c->count, sizeof *met);
    enum err err = laws == NULL || queue == NULL || met == NULL ? ERR_NOMEM : OK;
    g->edge_count = 0;
    for (size_t i = 0; err == OK && i < c->count; i++) {
        g->from[i] = g->edge_count;
        err = item_edges(g, c, c->from + i, false, &laws[i]);
        g->from[i + 1] = g->edge_count;
    }
    for (size_t k = 0; err == OK && !*beyond && k < c->count; k++) {
        const struct set_item *start = &g->s->items[c->from + k];
        if (start->log != 0)
            break;
        size_t head = 0, tail = 0;
        memset(met, 0, c->count * sizeof *met);
        met[k] = true;
        for (queue[tail++] = (uint32_t)k; head < tail && !*beyond; head++) {
            size_t n = queue[head];
            *beyond = laws[n] > start->index;
            for (size_t e = g->from[n]; e < g->from[n + 1]; e++) {
                size_t to = g->edges[e] - c->from;
                if (!met[to])
                    queue[tail++] = (uint32_t)to;
                met[to] = true;
            }
        }
    }
    free(laws);
    free(queue);
    free(met);
    return err;
}

static enum err graph_build(struct graph *g)
{
    enum err err = OK;
    uint64_t law;
    g->edge_count = 0;
    for (size_t c = 0; c < g->s->case_count; c++)
        for (size_t i = 0; err == OK && i < g->s->cases[c].count; i++) {
            size_t n = g->s->cases[c].from + i;
            g->from[n] = g->edge_count;
            err = item_edges(g, &g->s->cases[c], n, true, &law);
        }
    for (size_t k = 0; err == OK && k < g->convenor_count; k++) {
        g->from[g->item_count + k] = g->edge_count;
        err = edge_add(g, g->convenors[k]);
        if (err == OK && k > 0)
            err = edge_add(g, g->item_count + k - 1);
    }
    g->from[g->item_count + g->convenor_count] = g->edge_count;
    return err;
}

static void component(const struct graph *g, struct walk *w, uint32_t root)
{
    bool single = w->stack[w->top - 1] == root;
    for (;;) {
        uint32_t n = w->stack[--w->top];
        w->marks[n].on_stack = false;
        if (!single && n < g->item_count) {
            set_entry_of(g->s, &g->s->items[n])->in_cycle = true;
            w->found = true;
        }
        if (n == root)
            return;
    }
}

/* Tarjan's algorithm with a stack of its own. */
static void components_from(const struct graph *g, struct walk *w, uint32_t start)
{
    w->path[w->depth++] = (struct visit){start, g->from[start]};
    while (w->depth > 0) {
        struct visit *step = &w->path[w->depth - 1];
        uint32_t n = step->node;
        struct mark *mark = &w->marks[n];
        if (mark->order == 0) {
            mark->order = mark->low = ++w->order;
            mark->on_stack = true;
            w->stack[w->top++] = n;
        }
        if (step->edge < g->from[n + 1]) {
            uint32_t to = g->edges[step->edge++];
            if (w->marks[to].order == 0)
                w->path[w->depth++] = (struct visit){to, g->from[to]};
            else if (w->marks[to].on_stack && w->marks[to].order < mark->low)
                mark->low = w->marks[to].order;
            continue;
        }
        if (mark->low == mark->order)
            component(g, w, n);
        w->depth--;
        if (w->depth > 0 && mark->low < w->marks[w->path[w->depth - 1].node].low)
            w->marks[w->path[w->depth - 1].node].low = mark->low;
    }
}

static enum err components(const struct graph *g, bool *found)
{
    size_t nodes = g->item_count + g->convenor_count;
    struct walk w = {.marks = calloc(nodes + 1, sizeof *w.marks),
                     .path = calloc(nodes + 1, sizeof *w.path),
                     .stack = calloc(nodes + 1, sizeof *w.stack)};
    enum err err = w.marks == NULL || w.path == NULL || w.stack == NULL ? ERR_NOMEM : OK;
    for (size_t n = 0; err == OK && n < nodes; n++) {
        if (w.marks[n].order == 0)
            components_from(g, &w, (uint32_t)n);
    }
    *found = w.found;
    free(w.marks);
    free(w.path);
    free(w.stack);
    return err;
}

static int by_index(const void *a, const void *b, void *items)
{
    const struct set_item *x = (struct set_item *)items + *(const uint32_t *)a;
    const struct set_item *y = (struct set_item *)items + *(const uint32_t *)b;
    return (x->index > y->index) - (x->index < y->index);
}

enum err set_mark_cycles(struct audit_set *s, bool *found)
{
    struct graph g = {.s = s, .item_count = s->item_count};
    bool beyond = false;
    *found = false;
    g.convenors = calloc(s->item_count + 1, sizeof *g.convenors);
    g.from = calloc(2 * s->item_count + 2, sizeof *g.from);
    enum err err = g.convenors == NULL || g.from == NULL ? ERR_NOMEM : OK;
    for (size_t c = 0; err == OK && c < s->case_count; c++) {
        struct set_item *items = &s->items[s->cases[c].from];
        qsort(items, s->cases[c].count, sizeof *items, by_place);
        if (items[0].log == 0 && !beyond)
            err = case_reaches_beyond(&g, &s->cases[c], &beyond);
    }
    for (size_t i = 0; err == OK && beyond && i < s->item_count; i++) {
        if (s->items[i].log == 0)
            g.convenors[g.convenor_count++] = (uint32_t)i;
    }
    if (err == OK && beyond) {
        qsort_r(g.convenors, g.convenor_count, sizeof *g.convenors, by_index, s->items);
        err = graph_build(&g);
    }
    if (err == OK && beyond)
        err = components(&g, found);
    free(g.convenors);
    free(g.edges);
    free(g.from);
    return err;
}
