#include "ledger/concern.h"

#include <stdio.h>
#include <string.h>

#include "ledger/internal.h"

bool concern_has(const struct concern *c, struct member_no m)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->members[i].v == m.v)
            return true;
    return false;
}

struct naming { const char *author; unsigned count; struct named *out; };

/* Keeps what was written to the place of the next one. */
static void name(struct naming *n, bool found)
{
    const char *id = n->out[n->count].id;
    n->count += found && strcmp(id, n->author) != 0 && member_id_valid(span_of(id, strlen(id)));
}

static char *next(struct naming *n)
{
    return n->out[n->count].id;
}

static void name_fact(struct naming *n, const struct entry *e, enum fact_id fact)
{
    name(n, entry_fact_text(e, fact, next(n), sizeof n->out->id));
}

static void name_member(struct naming *n, const char *id)
{
    snprintf(next(n), sizeof n->out->id, "%s", id);
    name(n, true);
}

/* A list of [track, member]. */
static void name_investigators(struct naming *n, const struct entry *e)
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
        cbor_string(&in, next(n), sizeof n->out->id);
        name(n, cbor_ok(&in));
    }
}

static void name_all(struct naming *n, const struct entry *e)
{
    name_fact(n, e, FACT_TO);
    name_fact(n, e, FACT_VERIFIER);
    unsigned supports = entry_fact_list(e, FACT_SUPPORTS);
    for (unsigned i = 0; i < supports && i < FACT_MAX_LIST; i++)
        name(n, entry_fact_item(e, FACT_SUPPORTS, i, next(n), sizeof n->out->id));
    name_investigators(n, e);
}

static unsigned concerns_of(const struct entry *e)
{
    const struct kind_row *kind = kind_row(e->kind);
    return kind == NULL ? CONCERNS_NOBODY : kind->concerns;
}

bool concern_refers(const struct entry *e, struct hash *id)
{
    const unsigned concerns = concerns_of(e);
    if (concerns & (CONCERNS_TARGET_AUTHOR | CONCERNS_TARGET_NAMED))
        return entry_fact_hash(e, FACT_TARGET, id);
    if (!e->has_base || !(concerns & (CONCERNS_BASE_AUTHOR | CONCERNS_BASE_TO)))
        return false;
    *id = e->base;
    return true;
}

unsigned concern_ids(const struct entry *e, const struct entry *referred, const char *convenor,
                     struct named out[CONCERN_MAX_NAMED])
{
    const unsigned concerns = concerns_of(e);
    struct naming n = {.author = e->member, .out = out};
    if (concerns & CONCERNS_NAMED)
        name_all(&n, e);
    if (concerns & CONCERNS_CONVENOR)
        name_member(&n, convenor);
    if (referred != NULL && (concerns & (CONCERNS_BASE_AUTHOR | CONCERNS_TARGET_AUTHOR)))
        name_member(&n, referred->member);
    if (referred != NULL && (concerns & CONCERNS_BASE_TO))
        name_fact(&n, referred, FACT_TO);
    if (referred != NULL && (concerns & CONCERNS_TARGET_NAMED))
        name_all(&n, referred);
    return n.count;
}

static enum err referred_read(struct ledger *l, struct txn *t, const struct hash *id,
                              struct entry *out)
{
    struct position at;
    struct span bytes;
    enum err err = index_id_stored(l, t, id, &at);
    if (err == OK)
        err = log_read(t, at.log, at.index, &bytes);
    if (err == OK && entry_decode_as(out, bytes, id) != OK)
        err = ERR_NOTFOUND;
    return err;
}

static enum err concern_of(struct ledger *l, struct txn *t, const struct entry *e,
                           struct concern *out)
{
    struct named ids[CONCERN_MAX_NAMED];
    struct entry referred;
    struct hash id;
    const bool refers = concern_refers(e, &id);
    enum err err = refers ? referred_read(l, t, &id, &referred) : ERR_NOTFOUND;
    *out = (struct concern){.referred_unknown = refers && err == ERR_NOTFOUND};
    if (err != OK && err != ERR_NOTFOUND)
        return err;
    const char *convenor = roster_member(l->roster, (struct member_no){0})->a.id;
    const unsigned count = concern_ids(e, err == OK ? &referred : NULL, convenor, ids);
    for (unsigned i = 0; i < count; i++) {
        const struct member *m = roster_by_log(l->roster, ids[i].id);
        if (m != NULL && !concern_has(out, m->no))
            out->members[out->count++] = m->no;
    }
    return OK;
}

enum err ledger_concern(struct ledger *l, const struct entry *e, struct concern *out)
{
    struct txn *t = ledger_txn(l);
    return t == NULL ? ERR_IO : concern_of(l, t, e, out);
}

enum err ledger_concern_scan(struct ledger *l, struct txn *t, struct log_no log, uint64_t from,
                             uint64_t to, struct member_no m, bool *found)
{
    enum err err = OK;
    *found = to > from && to - from > CONCERN_SCAN_MAX;
    for (uint64_t i = from; err == OK && !*found && i < to; i++) {
        struct concern c;
        struct entry e;
        struct span bytes;
        err = log_read(t, log, i, &bytes);
        if (err != OK || entry_decode(&e, bytes) != OK || kind_row(e.kind) == NULL)
            continue;
        err = concern_of(l, t, &e, &c);
        *found = err == OK && (concern_has(&c, m) || c.referred_unknown);
    }
    return err;
}
