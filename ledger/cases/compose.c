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

enum err case_fold_heads(const struct case_fold *f, struct member_no author, struct hash *refs,
                         unsigned *count, struct hash *base)
{
    struct view v = view_of_all(f);
    const struct custody *c = view_custody(&v);

    *count = 0;
    memset(base, 0, sizeof *base);
    if (c)
        *base = c->force->id;
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
