#include "ledger/level.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"

bool level_delivered(const struct act_level *level)
{
    return level->concern.count > 0 && level->delivered == level->concern.count;
}

bool level_deemed(const struct act_level *level, uint64_t as_of_s)
{
    return level->deemed_s != 0 && level->deemed_s <= as_of_s &&
           level_holder(level, level->offered) == NULL;
}

const struct act_holder *level_holder(const struct act_level *level, struct member_no m)
{
    for (unsigned i = 0; i < level->mirrored; i++)
        if (level->holders[i].by.v == m.v)
            return &level->holders[i];
    return NULL;
}

static int by_time(const void *left, const void *right)
{
    const struct act_holder *a = left, *b = right;
    if (a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    return (a->by.v > b->by.v) - (a->by.v < b->by.v);
}

static enum err holders_find(struct ledger *l, struct position at, const struct entry *e,
                             struct act_level *out)
{
    enum err err = OK;
    const unsigned members = roster_member_count(ledger_roster(l));
    for (unsigned i = 0; err == OK && i < members; i++) {
        const struct member_no m = {(uint16_t)i};
        struct cosign_row row;
        if (roster_member(ledger_roster(l), m)->suspended)
            continue;
        err = ledger_cosign_first(l, at, m, &row);
        if (err != OK) {
            err = err == ERR_NOTFOUND ? OK : err;
            continue;
        }
        struct act_holder *h = &out->holders[out->mirrored++];
        *h = (struct act_holder){.by = m, .time_s = row.time_s,
                                 .concerned = concern_has(&out->concern, m),
                                 .with_parts = row.time_s < e->time_s + COSIGN_PARTS_WAIT_S};
        out->delivered += h->concerned;
    }
    qsort(out->holders, out->mirrored, sizeof out->holders[0], by_time);
    return err;
}

/* To whom the entry offers the case, itself or as the request that a ruling makes. */
static struct member_no offered_to(struct ledger *l, const struct entry *e,
                                   const struct case_state *s)
{
    char id[ID_MAX_BYTES + 1];
    const struct member *m = NULL;
    if ((e->kind == KIND_OFFER || e->kind == KIND_REPORT) &&
        entry_fact_text(e, FACT_TO, id, sizeof id))
        m = roster_by_log(ledger_roster(l), id);
    if (m != NULL)
        return m->no;
    bool request = s->offer.open && s->offer.is_request && hash_equal(&s->offer.id, &e->id);
    return request ? s->offer.to : (struct member_no){MEMBER_NONE};
}

static void deem(struct act_level *out, uint64_t as_of_s)
{
    const struct act_holder *own = level_holder(out, out->offered);
    unsigned others = 0;
    for (unsigned i = 0; i < out->mirrored && others < 2; i++) {
        if (out->holders[i].by.v == out->offered.v || ++others < 2)
            continue;
        out->witnessed_s = out->holders[i].time_s;
    }
    if (out->witnessed_s == 0)
        return;
    uint64_t end_s = term_end(out->term, out->witnessed_s);
    if (end_s <= as_of_s && (own == NULL || own->time_s > end_s))
        out->deemed_s = end_s;
}

enum err ledger_level(struct ledger *l, struct position at, uint64_t as_of_s,
                      struct act_level *out)
{
    struct case_state *s = malloc(sizeof *s);
    struct span bytes;
    struct entry e;
    struct txn *t = ledger_txn(l);
    *out = (struct act_level){.offered = {MEMBER_NONE}};
    enum err err = s == NULL ? ERR_NOMEM : t == NULL ? ERR_IO : log_read(t, at.log, at.index,
                                                                         &bytes);
    if (err == OK && entry_decode(&e, bytes) != OK)
        err = ERR_NOTFOUND;
    if (err == OK)
        err = ledger_concern(l, &e, &out->concern);
    if (err == OK)
        err = holders_find(l, at, &e, out);
    if (err == OK && ledger_state(l, e.has_case ? &e.case_id : &e.id, s) == OK) {
        out->offered = offered_to(l, &e, s);
        out->term = term_deemed_delivery(s->grade);
        if (out->offered.v != MEMBER_NONE)
            deem(out, as_of_s);
    }
    free(s);
    return err;
}
