/* Every case folded anew from the entries of the set. */
#include <assert.h>
#include <stdlib.h>

#include "tools/audit/set_map.h"

void set_sort(struct audit_set *s)
{
    struct set_item *sorted = s->items;
    size_t at = 0;
    for (size_t i = 0; i < s->case_count; i++) {
        s->cases[i].from = at;
        at += s->cases[i].count;
        s->cases[i].count = 0;
    }
    assert(at == s->item_count);
    /* Each item is put into the place that is next free for its case, until all stand there. */
    for (size_t i = 0; i < s->case_count; i++) {
        struct set_case *c = &s->cases[i];
        size_t end = i + 1 < s->case_count ? s->cases[i + 1].from : s->item_count;
        while (c->from + c->count < end) {
            struct set_item *here = &sorted[c->from + c->count];
            struct set_case *to = &s->cases[here->case_no];
            struct set_item *there = &sorted[to->from + to->count++];
            struct set_item moved = *there;
            *there = *here;
            if (here != there)
                *here = moved;
        }
    }
}

static enum err add_item(const struct audit_set *s, const struct set_item *item,
                         struct case_fold *f)
{
    const struct place at = set_place(s, item);
    struct verdict_row row;
    struct act_origin origin;
    struct entry e;
    enum err err = set_decode(s, item, &e);
    if (err != OK)
        return err;
    set_row_get(set_entry_of(s, item), &row);
    origin_judge(&at, &e, &row, s->folded, &origin);
    err = case_fold_add(f, &e, &origin);
    return err == ERR_EXISTS ? OK : err;
}

static enum err is_held(void *set, const struct hash *id, bool *held)
{
    struct set_item item;
    *held = set_find(set, id, &item);
    return OK;
}

static void note_verdicts(struct audit_set *s, const struct case_fold *f)
{
    for (size_t i = 0; i < case_fold_count(f); i++) {
        struct act_view v;
        struct set_item held;
        case_fold_act(f, i, &v);
        if (!set_find(s, &v.id, &held))
            continue;
        struct set_entry *entry = set_entry_of(s, &held);
        entry->verdict = (uint8_t)v.verdict;
        entry->reason = (uint8_t)v.reason;
    }
}

enum err set_fold_case(struct audit_set *s, uint32_t case_no, struct buffer *state,
                       struct case_state *view)
{
    struct set_case *c = &s->cases[case_no];
    struct case_fold *f = NULL;
    enum err err = case_fold_create(&f, s->roster, &c->id);
    for (size_t i = 0; err == OK && i < c->count; i++)
        err = add_item(s, &s->items[c->from + i], f);
    if (err == OK)
        err = case_fold_settle(f, is_held, s);
    if (err == OK) {
        note_verdicts(s, f);
        c->circle = case_fold_circle(f);
        if (view != NULL)
            *view = *case_fold_state(f);
        if (state != NULL)
            err = case_state_encode(case_fold_state(f), s->roster, state);
    }
    case_fold_free(f);
    return err;
}

/* The convenor's first entry that waits; the folded size when none does. */
static uint64_t first_waiting(const struct audit_set *s)
{
    uint64_t i = 0;
    while (i < s->folded && s->logs[0]->entries[i].verdict != VERDICT_PENDING)
        i++;
    return i;
}

static uint64_t first_circle(const struct audit_set *s)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < s->case_count; i++)
        if (s->cases[i].circle < least)
            least = s->cases[i].circle;
    return least;
}

/* Everything of the convenor's log is taken for decided at first. Where an entry of it waits, or
 * reaches a law beyond itself, acts under a later law wait too: their cases are folded again. There
 * alone the engine looks for circles; once they are marked, all is taken for decided again. */
enum err set_settle(struct audit_set *s, set_pass *pass, void *ctx)
{
    uint64_t law = 0;
    bool found = true;
    enum err err = OK;
    while (err == OK && found) {
        s->folded = s->log_count == 0 ? 0 : s->logs[0]->count;
        err = pass(ctx, law);
        const uint64_t circle = first_circle(s);
        uint64_t waiting = first_waiting(s);
        uint64_t to = circle < waiting ? circle : waiting;
        for (; err == OK && to < s->folded; to = first_waiting(s)) {
            s->folded = to;
            err = pass(ctx, to + 1);
        }
        found = false;
        if (err == OK && s->folded == circle)
            err = set_mark_circles(s, &found);
        law = s->folded + 1;
    }
    return err;
}
