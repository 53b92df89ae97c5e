#include "ledger/concern.h"

#include <string.h>

#include "ledger/internal.h"

bool concern_has(const struct concern *c, struct member_no m)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->members[i].v == m.v)
            return true;
    return false;
}

static void add(struct concern *c, const struct entry *e, const struct member *m)
{
    if (m != NULL && strcmp(m->a.id, e->member) != 0 && !concern_has(c, m->no))
        c->members[c->count++] = m->no;
}

static void name(struct named *out, unsigned *count, bool found)
{
    *count += found && member_id_valid(span_of(out[*count].id, strlen(out[*count].id)));
}

/* A list of [track, member]. */
static void name_investigators(const struct entry *e, struct named *out, unsigned *count)
{
    struct cbor in;
    const struct fact *fact = entry_fact(e, FACT_TRACKS);
    if (fact == NULL || !fact_value_check(fact_row(FACT_TRACKS), fact->value))
        return;
    cbor_init(&in, fact->value);
    uint64_t tracks = cbor_array(&in, FACT_MAX_LIST);
    for (uint64_t i = 0; cbor_ok(&in) && i < tracks; i++) {
        if (cbor_array(&in, 2) != 2)
            return;
        cbor_item(&in);
        cbor_string(&in, out[*count].id, sizeof out[*count].id);
        name(out, count, cbor_ok(&in));
    }
}

unsigned concern_named(const struct entry *e, struct named out[CONCERN_MAX_NAMED])
{
    static const enum fact_id single[] = {FACT_TO, FACT_VERIFIER};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        name(out, &count, entry_fact_text(e, single[i], out[count].id, sizeof out[count].id));
    unsigned supports = entry_fact_list(e, FACT_SUPPORTS);
    for (unsigned i = 0; i < supports && i < FACT_MAX_LIST; i++)
        name(out, &count,
             entry_fact_item(e, FACT_SUPPORTS, i, out[count].id, sizeof out[count].id));
    name_investigators(e, out, &count);
    return count;
}

bool concern_answers(const struct entry *e)
{
    return e->has_base && (e->kind == KIND_ACCEPT || e->kind == KIND_REFUSE);
}

static enum err add_offerer(struct concern *c, struct ledger *l, struct txn *t,
                            const struct entry *e)
{
    struct position at;
    if (!concern_answers(e))
        return OK;
    enum err err = index_id_stored(l, t, &e->base, &at);
    const struct log_slot *slot = err == OK ? log_slot_at(l, at.log) : NULL;
    if (slot != NULL && slot->member.v != MEMBER_NONE)
        add(c, e, roster_member(l->roster, slot->member));
    c->base_unknown = err == ERR_NOTFOUND;
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err concern_of(struct ledger *l, struct txn *t, const struct entry *e,
                           struct concern *out)
{
    struct named ids[CONCERN_MAX_NAMED];
    const unsigned count = concern_named(e, ids);
    *out = (struct concern){.count = 0};
    for (unsigned i = 0; i < count; i++)
        add(out, e, roster_by_log(l->roster, ids[i].id));
    return add_offerer(out, l, t, e);
}

enum err ledger_concern(struct ledger *l, const struct entry *e, struct concern *out)
{
    struct txn *t = ledger_txn(l);
    return t == NULL ? ERR_IO : concern_of(l, t, e, out);
}

enum err ledger_concern_scan(struct ledger *l, struct txn *t, struct log_no log, uint64_t from,
                             uint64_t to, struct member_no m, bool baton, bool *found)
{
    enum err err = OK;
    *found = to > from && to - from > CONCERN_SCAN_MAX;
    for (uint64_t i = from; err == OK && !*found && i < to; i++) {
        struct concern c;
        struct entry e;
        struct span bytes;
        err = log_read(t, log, i, &bytes);
        if (err != OK || entry_decode(&e, bytes) != OK)
            continue;
        const struct kind_row *kind = kind_row(e.kind);
        if (kind == NULL || (baton && !(kind->classes & CLASS_BATON)))
            continue;
        err = concern_of(l, t, &e, &c);
        *found = err == OK && (concern_has(&c, m) || c.base_unknown);
    }
    return err;
}
