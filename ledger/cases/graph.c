/* Who had seen what. Edges lead from an act to what its author had seen directly: its member's
 * earlier act, the convenor's acts below its law, its refs. One depth-first walk (Tarjan) meets
 * every act behind all that it reaches and finds those that reach each other. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/rules.h"

enum target { TARGET_NONE = -1, TARGET_MISSING = -2, TARGET_ELSEWHERE = -3 };
enum { EDGE_OWN = 0, EDGE_LAW = 1, EDGE_REFS = 2, UNVISITED = 0 };

struct frame { unsigned act, edge; };

struct walk {
    struct case_fold *f;
    unsigned *number, *low;       /* per act; number UNVISITED: not met yet */
    unsigned char *on_stack;
    unsigned *stack, depth, clock;
    struct frame *frames;
};

static bool excess(const struct act *a)
{
    return a->ref_count > ENTRY_MAX_REFS || a->ordinal >= CASE_MAX_ENTRIES_PER_MEMBER;
}

/* Only the predecessor is followed. */
static bool at_once(const struct act *a)
{
    return reason_hides_refs(a->origin.at_once) || excess(a);
}

static unsigned edge_count(const struct act *a)
{
    return at_once(a) ? EDGE_LAW : EDGE_REFS + a->ref_count;
}

static unsigned position(const struct case_fold *f, const struct act *a)
{
    return f->slot_first[a->slot] + a->ordinal;
}

static bool below_law(const struct act *ruling, const struct act *a)
{
    if (ruling->origin.epoch != a->law_epoch)
        return ruling->origin.epoch < a->law_epoch;
    return ruling->origin.index < a->law;
}

static int law_target(const struct case_fold *f, const struct act *a)
{
    unsigned low = 0, high = f->slot_first[1];

    if (act_by_convenor(a) || !act_by_convenor(f->acts[0]))
        return TARGET_NONE;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (below_law(f->acts[mid], a))
            low = mid + 1;
        else
            high = mid;
    }
    return (int)low - 1;
}

static const struct id_slot *id_find(const struct case_fold *f, const struct hash *id)
{
    uint64_t key = load_u64(id->b);

    for (unsigned i = 0; i < f->id_cap; i++) {
        const struct id_slot *slot = &f->ids[(key + i) & (f->id_cap - 1)];
        if (!slot->used)
            return NULL;
        if (hash_equal(&slot->id, id))
            return slot;
    }
    return NULL;
}

struct act *fold_find(const struct case_fold *f, const struct hash *id)
{
    const struct id_slot *slot = id_find(f, id);

    return slot ? slot->act : NULL;
}

static int target_of(const struct case_fold *f, const struct act *a, unsigned edge)
{
    const struct id_slot *slot;

    if (edge == EDGE_OWN)
        return a->ordinal > 0 ? (int)position(f, a) - 1 : TARGET_NONE;
    if (edge == EDGE_LAW)
        return law_target(f, a);
    slot = id_find(f, &a->refs[edge - EDGE_REFS]);
    if (!slot)
        return TARGET_MISSING;
    return slot->act ? (int)position(f, slot->act) : TARGET_ELSEWHERE;
}

static int act_order(const void *left, const void *right)
{
    const struct act_origin *a = &(*(struct act *const *)left)->origin;
    const struct act_origin *b = &(*(struct act *const *)right)->origin;

    if (a->member.v != b->member.v)
        return a->member.v < b->member.v ? -1 : 1;
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void slots_make(struct case_fold *f)
{
    if (!f->sorted)
        qsort(f->acts, f->count, sizeof *f->acts, act_order);
    f->sorted = true;
    f->slot_count = 0;
    for (unsigned i = 0; i < f->count; i++) {
        if (i == 0 || f->acts[i]->origin.member.v != f->acts[i - 1]->origin.member.v)
            f->slot_first[f->slot_count++] = i;
        f->acts[i]->slot = f->slot_count - 1;
        f->acts[i]->ordinal = i - f->slot_first[f->slot_count - 1];
    }
    f->slot_first[f->slot_count] = f->count;
}

static void vector_join(uint32_t *into, const uint32_t *from, unsigned count)
{
    for (unsigned s = 0; s < count; s++)
        if (from[s] > into[s])
            into[s] = from[s];
}

static void missing_note(struct act *a, const struct hash *id)
{
    if (a->has_missing)
        return;
    a->has_missing = true;
    a->missing = *id;
}

/* Joins what `a` had seen outside the acts still on the stack; false when some is not known. */
static bool seen_gather(const struct walk *w, struct act *a, uint32_t *seen, bool *elsewhere)
{
    const struct case_fold *f = w->f;
    bool known = at_once(a) || !a->origin.waits;

    for (unsigned edge = 0; edge < edge_count(a); edge++) {
        int target = target_of(f, a, edge);
        if (target == TARGET_ELSEWHERE)
            *elsewhere = true;
        if (target == TARGET_MISSING) {
            known = false;
            missing_note(a, &a->refs[edge - EDGE_REFS]);
        }
        if (target < 0 || w->on_stack[target])
            continue;
        if (f->acts[target]->resolved) {
            vector_join(seen, f->acts[target]->seen, f->slot_count);
            continue;
        }
        known = false;
        if (f->acts[target]->has_missing)
            missing_note(a, &f->acts[target]->missing);
    }
    if (seen[a->slot] <= a->ordinal)
        seen[a->slot] = a->ordinal + 1;
    return known;
}

static void void_as(struct act *a, enum reason reason)
{
    a->verdict = VERDICT_VOID;
    a->reason = reason;
}

static void decide(struct case_fold *f, struct act *a, bool in_cycle, bool elsewhere)
{
    if (at_once(a))
        void_as(a, a->origin.at_once != REASON_NONE ? a->origin.at_once : REASON_EXCESS);
    else if (!a->resolved && !a->origin.in_cycle)
        a->verdict = VERDICT_PENDING;
    else if (a->origin.at_once != REASON_NONE)
        void_as(a, a->origin.at_once);
    else if (in_cycle || a->origin.in_cycle)
        void_as(a, REASON_CYCLE);
    else if (!a->row || (a->row->classes & CLASS_GOVERNANCE))
        void_as(a, REASON_UNKNOWN_KIND);
    else if (elsewhere)
        void_as(a, REASON_REF_ELSEWHERE);
    else if (!a->row->built) {
        a->verdict = VERDICT_PENDING;
        a->resolved = false;
    } else
        act_judge(f, a);
}

/* A circle through a law: the convenor's log cannot be folded beyond its first act there, nor what
 * names more of that log be decided. */
static void circle_note(const struct walk *w, unsigned from)
{
    uint64_t least = UINT64_MAX, law = 0;

    for (unsigned i = from; i < w->depth; i++) {
        const struct act *a = w->f->acts[w->stack[i]];
        if (at_once(a) || a->origin.in_cycle)
            continue;
        if (act_by_convenor(a) && a->origin.index < least)
            least = a->origin.index;
        if (a->origin.needs_law > law)
            law = a->origin.needs_law;
    }
    if (law > least && least < w->f->circle)
        w->f->circle = least;
}

/* The acts from `from` up to the top of the stack reach each other, or it is one act alone. */
static void component_close(struct walk *w, unsigned from)
{
    struct case_fold *f = w->f;
    struct act *first = f->acts[w->stack[from]];
    uint32_t *seen = first->seen;
    bool known = true, elsewhere = false, cycle = w->depth - from > 1;

    for (unsigned i = from; i < w->depth; i++)
        if (!seen_gather(w, f->acts[w->stack[i]], seen, &elsewhere))
            known = false;
    for (unsigned i = from; i < w->depth; i++) {
        struct act *a = f->acts[w->stack[i]];
        if (a != first)
            memcpy(a->seen, seen, f->slot_count * sizeof *seen);
        a->resolved = known;
        w->on_stack[w->stack[i]] = 0;
        decide(f, a, cycle, elsewhere);
    }
    if (cycle)
        circle_note(w, from);
    w->depth = from;
}

static void enter(struct walk *w, unsigned act, unsigned *level)
{
    w->number[act] = w->low[act] = ++w->clock;
    w->stack[w->depth++] = act;
    w->on_stack[act] = 1;
    w->frames[(*level)++] = (struct frame){act, 0};
}

static void leave(struct walk *w, unsigned *level)
{
    unsigned act = w->frames[--*level].act, from = w->depth;

    if (w->low[act] == w->number[act]) {
        while (w->stack[--from] != act)
            continue;
        component_close(w, from);
    } else if (*level > 0) {
        unsigned parent = w->frames[*level - 1].act;
        if (w->low[act] < w->low[parent])
            w->low[parent] = w->low[act];
    }
}

static void visit(struct walk *w, unsigned root)
{
    unsigned level = 0;

    enter(w, root, &level);
    while (level > 0) {
        struct frame *top = &w->frames[level - 1];
        const struct act *a = w->f->acts[top->act];
        int target;
        if (top->edge == edge_count(a)) {
            leave(w, &level);
            continue;
        }
        target = target_of(w->f, a, top->edge++);
        if (target < 0)
            continue;
        if (w->number[target] == UNVISITED)
            enter(w, (unsigned)target, &level);
        else if (w->on_stack[target] && w->number[target] < w->low[top->act])
            w->low[top->act] = w->number[target];
    }
}

static bool walk_init(struct walk *w, struct case_fold *f)
{
    struct arena *work = &f->work;
    size_t n = f->count;

    w->f = f;
    w->number = arena_take(work, n * sizeof *w->number);
    w->low = arena_take(work, n * sizeof *w->low);
    w->stack = arena_take(work, n * sizeof *w->stack);
    w->on_stack = arena_take(work, n);
    w->frames = arena_take(work, n * sizeof *w->frames);
    return w->number && w->low && w->stack && w->on_stack && w->frames;
}

static bool acts_init(struct case_fold *f)
{
    uint32_t *vectors = arena_take(&f->work, (size_t)f->count * f->slot_count * sizeof *vectors);

    if (!vectors)
        return false;
    for (unsigned i = 0; i < f->count; i++) {
        struct act *a = f->acts[i];
        a->seen = vectors + (size_t)i * f->slot_count;
        a->resolved = a->has_missing = a->holds = a->pass_by_custodian = false;
        a->verdict = VERDICT_PENDING;
        a->reason = REASON_NONE;
        a->about = a->rests_on = NULL;
    }
    return true;
}

enum err graph_walk(struct case_fold *f)
{
    struct walk w = {0};

    if (f->count == 0)
        return OK;
    slots_make(f);
    if (!acts_init(f) || !walk_init(&w, f))
        return ERR_NOMEM;
    for (unsigned i = 0; i < f->count; i++)
        if (w.number[i] == UNVISITED)
            visit(&w, i);
    for (unsigned i = 0; i < f->count; i++)
        if (f->acts[i]->resolved)
            vector_join(f->all, f->acts[i]->seen, f->slot_count);
    return OK;
}
