/* For somebody who is about to write: what to cite, and whether the act would be valid. */
#include <string.h>

#include "ledger/cases/rules.h"

/* The last resolved act of a slot, unless another resolved act had seen it. */
static const struct act *head_of(const struct case_fold *f, unsigned slot)
{
    const struct act *last;

    if (f->all[slot] == 0)
        return NULL;
    last = f->acts[f->slot_first[slot] + f->all[slot] - 1];
    for (unsigned s = 0; s < f->slot_count; s++) {
        const struct act *other;
        if (s == slot || f->all[s] == 0)
            continue;
        other = f->acts[f->slot_first[s] + f->all[s] - 1];
        if (act_saw(other, last) && !act_saw(last, other))
            return NULL;
    }
    return last;
}

static const struct hash *in_force(const struct view *v, enum kind kind, struct member_no author)
{
    (void)kind;
    (void)author;
    return &view_custody(v)->force->id;
}

static const struct hash *about(const struct view *v, enum kind kind, struct member_no author)
{
    const struct act *act = view_about(v, kind, author);

    return act ? &act->id : NULL;
}

/* By which the present custodian was handed the case: the offer or request that it accepted, or the
 * ruling; NULL: it opened the case itself. */
static const struct hash *handed_by(const struct view *v, enum kind kind, struct member_no author)
{
    const struct act *taken = NULL;
    struct member_no last = {MEMBER_NONE};

    (void)kind;
    (void)author;
    VIEW_EACH(v, LIST_BATON, a) {
        if (a->after.custodian.v != last.v)
            taken = a;
        last = a->after.custodian;
    }
    if (!taken || taken->kind == KIND_REPORT)
        return NULL;
    return taken->kind == KIND_ACCEPT ? &taken->base : &taken->id;
}

/* Which baton act an act builds on. */
static const struct {
    enum kind kind;
    const struct hash *(*find)(const struct view *v, enum kind kind, struct member_no author);
} bases[] = {
    {KIND_OFFER, in_force}, {KIND_ACCEPT, in_force}, {KIND_REFUSE, in_force},
    {KIND_SIGN_FOR, about}, {KIND_ASK_MORE, about}, {KIND_RECALL, about},
    {KIND_REPORT_BACK, handed_by},
};

static const struct hash *base_of(const struct view *v, enum kind kind, struct member_no author)
{
    for (size_t i = 0; view_custody(v) && i < sizeof bases / sizeof bases[0]; i++)
        if (bases[i].kind == kind)
            return bases[i].find(v, kind, author);
    return NULL;
}

enum err case_fold_heads(const struct case_fold *f, enum kind kind, struct member_no author,
                         struct hash *refs, unsigned *count, struct hash *base, bool *has_base)
{
    struct view v = view_of_all(f);
    const struct hash *built_on = base_of(&v, kind, author);

    *count = 0;
    *has_base = built_on != NULL;
    memset(base, 0, sizeof *base);
    if (built_on)
        *base = *built_on;
    for (unsigned s = 0; s < f->slot_count && *count < ENTRY_MAX_REFS; s++) {
        const struct act *head = head_of(f, s);
        if (head && !act_by(head, author))
            refs[(*count)++] = head->id;
    }
    return f->slot_count > 0 ? OK : ERR_NOTFOUND;
}

static bool author_waits(const struct case_fold *f, struct member_no author)
{
    for (unsigned s = 0; s < f->slot_count; s++)
        if (act_by(f->acts[f->slot_first[s]], author))
            return f->all[s] < f->slot_first[s + 1] - f->slot_first[s];
    return false;
}

enum err case_fold_would(const struct case_fold *f, const struct entry *e,
                         const struct act_origin *origin, enum reason *reason)
{
    struct arena arena = {0};
    struct act a;
    enum err err = act_init(&a, &arena, f->roster, e, origin);

    if (err != OK)
        goto done;
    a.seen = f->all;
    a.ordinal = UINT32_MAX;
    *reason = origin->at_once;
    if (author_waits(f, origin->member))
        err = ERR_PENDING;
    else if (!a.row || (a.row->classes & CLASS_GOVERNANCE))
        *reason = REASON_UNKNOWN_KIND;
    else if (!a.row->built)
        err = ERR_PENDING;
    else if (*reason == REASON_NONE)
        *reason = act_check(f, &a);
done:
    arena_clear(&arena);
    return err;
}
