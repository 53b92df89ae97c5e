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
    s->folded = s->log_count == 0 ? 0 : s->logs[0]->count;
}

static void origin_of(const struct audit_set *s, const struct set_item *item,
                      const struct entry *e, struct act_origin *out)
{
    const struct set_log *log = s->logs[item->log];
    const struct set_entry *entry = &log->entries[item->index];
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    bool waits = false, foreign = false;
    *out = (struct act_origin){.member = log->by, .epoch = log->epoch, .index = item->index,
                               .at_once = (enum reason)entry->at_once,
                               .in_cycle = entry->in_cycle};
    if (out->at_once != REASON_NONE || out->in_cycle)
        return;
    for (unsigned i = 0; i < e->signer_count; i++)
        foreign = foreign || e->signers[i].foreign;
    if (foreign)
        out->at_once =
            roster_check_signers(s->roster, log->by, item->index, e, signers, &waits, &missing);
    out->waits = waits || e->law_size > s->folded;
}

static enum err add_item(const struct audit_set *s, const struct set_item *item,
                         struct case_fold *f)
{
    const struct set_entry *entry = set_entry_of(s, item);
    struct act_origin origin;
    struct entry e;
    enum err err = entry_decode(&e, span_of(entry->bytes, entry->len));
    if (err != OK)
        return err;
    e.id = entry->id;
    origin_of(s, item, &e, &origin);
    err = case_fold_add(f, &e, &origin);
    return err == ERR_EXISTS ? OK : err;
}

/* Tells the fold which ids it misses are held and belong to another case. */
static enum err mark_elsewhere(const struct audit_set *s, struct case_fold *f, bool *any)
{
    enum err err = OK;
    *any = false;
    for (size_t i = 0; err == OK && i < case_fold_count(f); i++) {
        struct act_view v;
        struct set_item held;
        case_fold_act(f, i, &v);
        if (v.verdict != VERDICT_PENDING || !v.has_missing || !set_find(s, &v.missing, &held))
            continue;
        err = case_fold_elsewhere(f, &v.missing);
        *any = true;
    }
    return err;
}

static enum err run(const struct audit_set *s, struct case_fold *f)
{
    enum err err = case_fold_run(f);
    bool again = err == OK && case_fold_state(f)->pending_count > 0;
    while (err == OK && again) {
        err = mark_elsewhere(s, f, &again);
        if (err == OK && again)
            err = case_fold_run(f);
    }
    return err;
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
    const struct set_case *c = &s->cases[case_no];
    struct case_fold *f = NULL;
    enum err err = case_fold_create(&f, s->roster, &c->id);
    for (size_t i = 0; err == OK && i < c->count; i++)
        err = add_item(s, &s->items[c->from + i], f);
    if (err == OK)
        err = run(s, f);
    if (err == OK) {
        note_verdicts(s, f);
        if (view != NULL)
            *view = *case_fold_state(f);
        if (state != NULL)
            err = case_state_encode(case_fold_state(f), s->roster, state);
    }
    case_fold_free(f);
    return err;
}

bool set_lower(struct audit_set *s)
{
    const struct set_log *convenor = s->log_count == 0 ? NULL : s->logs[0];
    for (uint64_t i = 0; convenor != NULL && i < s->folded; i++) {
        if (convenor->entries[i].verdict == VERDICT_PENDING) {
            s->folded = i;
            return true;
        }
    }
    return false;
}
