/* Circles over several cases, found in the memory of an audit. */
#include <stdlib.h>

#include "ledger/cycle.h"
#include "tools/audit/set_map.h"

static struct set_item item_at(struct position at)
{
    return (struct set_item){.log = at.log.v, .index = at.index};
}

static struct place place_of(void *set, struct position at)
{
    const struct set_item item = item_at(at);
    return set_place(set, &item);
}

static enum err row_of(void *set, struct position at, struct verdict_row *out)
{
    const struct set_item item = item_at(at);
    set_row_get(set_entry_of(set, &item), out);
    return OK;
}

static enum err entry_at(void *set, struct position at, struct entry *out)
{
    const struct set_item item = item_at(at);
    return set_decode(set, &item, out);
}

static enum err find(void *set, const struct hash *id, struct position *at)
{
    struct set_item item;
    if (!set_find(set, id, &item))
        return ERR_NOTFOUND;
    *at = (struct position){{item.log}, item.index};
    return OK;
}

static enum err of_case(void *set, const struct hash *case_id, struct position **out,
                        size_t *count)
{
    const struct audit_set *s = set;
    uint32_t no;
    if (!set_case_find(s, case_id, &no))
        return ERR_NOTFOUND;
    const struct set_case *c = &s->cases[no];
    *out = calloc(c->count, sizeof **out);
    if (*out == NULL)
        return ERR_NOMEM;
    for (*count = 0; *count < c->count; ++*count) {
        const struct set_item *item = &s->items[c->from + *count];
        (*out)[*count] = (struct position){{item->log}, item->index};
    }
    return OK;
}

static enum err mark(void *set, struct position at, const struct hash *case_id,
                     const struct verdict_row *row)
{
    const struct set_item item = item_at(at);
    (void)case_id;                     /* all cases under such laws are folded again */
    set_row_put(set_entry_of(set, &item), row);
    return OK;
}

enum err set_mark_circles(struct audit_set *s, bool *found)
{
    const struct cycle_source source = {
        .ctx = s, .convenor = {0}, .convenor_size = s->logs[0]->count, .folded = s->folded,
        .place = place_of, .row = row_of, .read = entry_at, .find = find, .of_case = of_case,
        .mark = mark};
    return cycle_mark(&source, s->folded, found);
}
