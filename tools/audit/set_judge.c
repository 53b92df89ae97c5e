/* Entries judged as they come in: the rules are the engine's, what is found about an entry is found
 * here. */
#include <stdlib.h>

#include "tools/audit/set_map.h"

static bool own_holds(struct set_log *log, uint64_t index, const struct entry *e)
{
    struct hash root;
    if (e->own_size > index || set_past_root(log, e->own_size, &root) != OK)
        return false;
    return hash_equal(&root, &e->own_root);
}

static enum err item_add(struct audit_set *s, const struct set_item *place, const struct hash *id,
                         uint64_t law)
{
    struct set_item item = *place;
    enum err err = set_map_case(s, id, &item.case_no);
    if (err != OK)
        return err;
    if (s->item_count == s->item_cap) {
        size_t cap = s->item_cap == 0 ? 4096 : 2 * s->item_cap;
        struct set_item *items = realloc(s->items, cap * sizeof *items);
        if (items == NULL)
            return ERR_NOMEM;
        s->items = items;
        s->item_cap = cap;
    }
    s->items[s->item_count++] = item;
    struct set_case *c = &s->cases[item.case_no];
    c->count++;
    if (law > c->law_max)
        c->law_max = law;
    return OK;
}

/* What an act of one or two cases comes to is for the fold. */
static enum err join_cases(struct audit_set *s, const struct set_item *item, const struct entry *e)
{
    struct hash ids[2];
    unsigned count = entry_cases(e, ids);
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < count; i++)
        err = item_add(s, item, &ids[i], e->law_size);
    return err;
}

static enum err decide(struct audit_set *s, const struct set_item *item, const struct place *at,
                       const struct entry *e, const struct judgement *j, struct verdict_row *row)
{
    switch (entry_room(e, at->index)) {
    case ROOM_GOVERNANCE: return governance_judge(at, e, j, row);
    case ROOM_CASE: return join_cases(s, item, e);
    case ROOM_NONE: break;
    }
    loose_judge(e, j, row);
    return OK;
}

enum err set_add(struct audit_set *s, struct set_log *log, const struct set_input *in)
{
    const struct set_item item = {.log = log->no, .index = log->count};
    const struct place at = set_place(s, &item);
    struct evidence found = {.decoded = in->decoded, .sig_ok = in->sig_ok};
    struct set_item held;
    struct set_entry *entry;
    struct judgement j;
    found.held = in->decoded && set_find(s, &in->id, &held);
    found.repeated = in->decoded && set_nonce_used(s, in->entry);
    found.own_on_branch = in->decoded && own_holds(log, at.index, in->entry);
    enum err err = set_log_append(log, in, &entry);
    if (err != OK)
        return err;
    entry_judge(&at, &log->tail, in->entry, &found, &j);
    struct verdict_row row = {.reason = j.at_once, .at_once = j.at_once};
    row.verdict = j.at_once == REASON_NONE ? VERDICT_VALID : VERDICT_VOID;
    if (j.foreign)
        row.verdict = VERDICT_FOREIGN;
    if (in->decoded && !j.foreign) {
        tail_advance(&log->tail, &at, in->entry);
        err = set_map_id(s, &item);
        if (err == OK && !found.repeated)
            err = set_map_nonce(s, &item, in->entry);
        if (err == OK)
            err = decide(s, &item, &at, in->entry, &j, &row);
    }
    set_row_put(entry, &row);
    return err;
}
