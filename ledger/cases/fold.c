#include "ledger/cases/fold.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cases/rules.h"

enum { FIRST_CAP = 16 };

enum err case_fold_create(struct case_fold **out, const struct roster *roster,
                          const struct hash *case_id)
{
    struct case_fold *f = malloc(sizeof *f);

    if (!f)
        return ERR_NOMEM;
    memset(f, 0, offsetof(struct case_fold, state));
    f->roster = roster;
    f->case_id = *case_id;
    f->sorted = true;
    case_state_init(&f->state, case_id);
    *out = f;
    return OK;
}

void case_fold_free(struct case_fold *f)
{
    if (!f)
        return;
    arena_clear(&f->kept);
    arena_clear(&f->work);
    free(f);
}

static struct id_slot *slot_for(struct id_slot *ids, unsigned cap, const struct hash *id)
{
    uint64_t at = load_u64(id->b);

    while (ids[at & (cap - 1)].used && !hash_equal(&ids[at & (cap - 1)].id, id))
        at++;
    return &ids[at & (cap - 1)];
}

static enum err ids_grow(struct case_fold *f)
{
    unsigned cap = f->id_cap ? f->id_cap * 2 : FIRST_CAP * 2;
    struct id_slot *ids = arena_take(&f->kept, cap * sizeof *ids);

    if (!ids)
        return ERR_NOMEM;
    for (unsigned i = 0; i < f->id_cap; i++)
        if (f->ids[i].used)
            *slot_for(ids, cap, &f->ids[i].id) = f->ids[i];
    f->ids = ids;
    f->id_cap = cap;
    return OK;
}

static enum err id_put(struct case_fold *f, const struct hash *id, struct act *act)
{
    struct id_slot *slot;

    if (f->id_count * 2 >= f->id_cap && ids_grow(f) != OK)
        return ERR_NOMEM;
    slot = slot_for(f->ids, f->id_cap, id);
    if (slot->used && slot->act)
        return ERR_EXISTS;
    f->id_count += !slot->used;
    *slot = (struct id_slot){*id, act, true};
    return OK;
}

static enum err acts_grow(struct case_fold *f)
{
    unsigned cap = f->cap ? f->cap * 2 : FIRST_CAP;
    struct act **acts = arena_take(&f->kept, cap * sizeof(struct act *));

    if (!acts)
        return ERR_NOMEM;
    if (f->count > 0)
        memcpy(acts, f->acts, f->count * sizeof(struct act *));
    f->acts = acts;
    f->cap = cap;
    return OK;
}

enum err case_fold_add(struct case_fold *f, const struct entry *e, const struct act_origin *origin)
{
    struct act *a;
    enum err err;

    if (fold_find(f, &e->id))
        return ERR_EXISTS;
    if (f->count == f->cap && acts_grow(f) != OK)
        return ERR_NOMEM;
    a = arena_take(&f->kept, sizeof *a);
    err = a ? act_init(a, &f->kept, f->roster, e, origin) : ERR_NOMEM;
    if (err == OK)
        err = track_names_add(f, a);
    if (err == OK)
        err = id_put(f, &e->id, a);
    if (err != OK)
        return err;
    f->acts[f->count++] = a;
    f->sorted = f->count == 1;
    return OK;
}

enum err case_fold_elsewhere(struct case_fold *f, const struct hash *id)
{
    return id_put(f, id, NULL);
}

/* Marks the missing refs that are entries of other cases. */
static enum err mark_elsewhere(struct case_fold *f, fold_held *held, void *ctx, bool *any)
{
    *any = false;
    for (size_t i = 0; i < case_fold_count(f); i++) {
        struct act_view v;
        bool elsewhere = false;
        case_fold_act(f, i, &v);
        if (!v.has_missing)
            continue;
        enum err err = held(ctx, &v.missing, &elsewhere);
        if (err == OK && elsewhere)
            err = case_fold_elsewhere(f, &v.missing);
        if (err != OK)
            return err;
        *any = *any || elsewhere;
    }
    return OK;
}

enum err case_fold_settle(struct case_fold *f, fold_held *held, void *ctx)
{
    enum err err = case_fold_run(f);
    bool again = err == OK && f->state.pending_count > 0;
    while (err == OK && again) {
        err = mark_elsewhere(f, held, ctx, &again);
        if (err == OK && again)
            err = case_fold_run(f);
    }
    return err;
}

static bool lists_init(struct case_fold *f)
{
    for (unsigned i = 0; i < LIST_COUNT; i++) {
        f->lists[i].count = 0;
        f->lists[i].at = arena_take(&f->work, f->count * sizeof(struct act *));
        if (!f->lists[i].at)
            return false;
    }
    memset(f->mark_count, 0, sizeof f->mark_count);
    for (unsigned i = 0; i < MARK_COUNT; i++) {
        f->marked[i] = arena_take(&f->work, f->count * sizeof *f->marked[i]);
        if (!f->marked[i])
            return false;
    }
    return true;
}

static bool tracks_init(struct case_fold *f)
{
    f->present = arena_take(&f->work, f->mention_count * sizeof *f->present);
    f->track_first = arena_take(&f->work, f->name_count * sizeof *f->track_first);
    f->track_end = arena_take(&f->work, f->name_count * sizeof(struct act *));
    return f->present && f->track_first && f->track_end;
}

enum err case_fold_run(struct case_fold *f)
{
    enum err err;

    arena_reset(&f->work);
    f->opening = NULL;
    f->circle = UINT64_MAX;
    f->all = arena_take(&f->work, MEMBERS_MAX * sizeof *f->all);
    f->scratch = arena_take(&f->work, MEMBERS_MAX * sizeof *f->scratch);
    if (!f->all || !f->scratch || !lists_init(f) || !tracks_init(f))
        return ERR_NOMEM;
    err = graph_walk(f);
    if (err == OK)
        outcome_make(f);
    return err;
}

uint64_t case_fold_circle(const struct case_fold *f)
{
    return f->circle;
}

size_t case_fold_bytes(const struct case_fold *f)
{
    return sizeof *f + arena_bytes(&f->kept) + arena_bytes(&f->work);
}

size_t case_fold_count(const struct case_fold *f)
{
    return f->count;
}

void case_fold_act(const struct case_fold *f, size_t i, struct act_view *out)
{
    const struct act *a = f->acts[i];

    *out = (struct act_view){
        .id = a->id,
        .origin = a->origin,
        .kind = a->kind,
        .law = a->law,
        .verdict = a->verdict,
        .reason = a->reason,
        .has_missing = a->verdict == VERDICT_PENDING && a->has_missing,
        .missing = a->missing,
    };
}

bool case_fold_saw(const struct case_fold *f, const struct hash *by, const struct hash *id)
{
    const struct act *a = fold_find(f, by), *b = fold_find(f, id);

    return a && b && a->resolved && b->resolved && a != b && act_saw(a, b);
}

const struct case_state *case_fold_state(const struct case_fold *f)
{
    return &f->state;
}
