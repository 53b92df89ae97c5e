#include <stdlib.h>
#include <string.h>

#include "ledger/roster/governance.h"
#include "ledger/roster/text.h"

static const char any_district[] = "*";

struct place { const char *sector, *district; uint8_t level; };

static struct place row_place(const struct duty_row *row)
{
    return (struct place){row->sector, row->district, row->level};
}

static int place_order(const struct place *a, const struct place *b)
{
    int order = strcmp(a->sector, b->sector);
    if (order == 0)
        order = strcmp(a->district, b->district);
    return order != 0 ? order : (int)a->level - (int)b->level;
}

/* How many rows stand before (place, since). */
static size_t rows_before(const struct roster *r, const struct place *place, uint64_t since)
{
    size_t low = 0, high = r->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct place at = row_place(r->rows[middle]);
        int order = place_order(&at, place);
        if (order < 0 || (order == 0 && r->rows[middle]->since < since))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct duty_row *row_as_of(const struct roster *r, const struct place *place,
                                        uint64_t law)
{
    size_t before = rows_before(r, place, law);
    if (before == 0)
        return NULL;
    const struct place last = row_place(r->rows[before - 1]);
    return place_order(&last, place) == 0 ? r->rows[before - 1] : NULL;
}

const struct duty_row *roster_duty(const struct roster *r, const char *sector,
                                   const char *district, uint8_t level, uint64_t law)
{
    const struct place there = {sector, district, level}, anywhere = {sector, any_district, level};
    const struct duty_row *row = row_as_of(r, &there, law);
    return row != NULL ? row : row_as_of(r, &anywhere, law);
}

bool roster_duty_at(const struct roster *r, uint64_t law, unsigned i, struct duty_row *out)
{
    unsigned in_force = 0;
    for (size_t at = 0; at < r->row_count;) {
        const struct place place = row_place(r->rows[at]);
        const struct duty_row *row = row_as_of(r, &place, law);
        if (row != NULL && in_force++ == i) {
            *out = *row;
            return true;
        }
        at = rows_before(r, &place, UINT64_MAX);
    }
    return false;
}

bool duty_row_gap(const struct duty_row *row)
{
    return row->lead_count == 0;
}

bool duty_row_overlap(const struct duty_row *row)
{
    return row->lead_count > 1;
}

/* Rows of an entry under judgement. */
struct rows { struct duty_row **items; unsigned count; };

static void rows_clear(struct rows *rows)
{
    for (unsigned i = 0; i < rows->count; i++)
        free(rows->items[i]);
    free(rows->items);
    *rows = (struct rows){0};
}

void duty_clear(struct roster *r)
{
    for (size_t i = 0; i < r->row_count; i++)
        free(r->rows[i]);
    free(r->rows);
}

/* What a row is read with: the roster as of a law. */
struct row_reader { const struct roster *r; uint64_t law; enum reason reason; };

static void members_decode(struct row_reader *reader, struct cbor *c, struct member_no *out,
                           unsigned max, unsigned *count)
{
    *count = (unsigned)cbor_array(c, max);
    for (unsigned i = 0; i < *count && cbor_ok(c); i++) {
        char id[ID_MAX_BYTES + 1];
        text_decode_id(c, id, sizeof id);
        const struct member *m = cbor_ok(c) ? roster_find(reader->r, id, reader->law) : NULL;
        out[i].v = m != NULL ? m->no.v : MEMBER_NONE;
        if (m == NULL)
            reader->reason = REASON_NO_MEMBER;
        for (unsigned j = 0; j < i && m != NULL; j++)
            if (out[j].v == m->no.v)
                cbor_fail(c, ERR_RANGE);
    }
}

static void level_decode(struct cbor *c, uint8_t *out)
{
    uint64_t level = cbor_uint(c);
    if (level != DUTY_CITY && level != DUTY_COUNTY)
        cbor_fail(c, ERR_RANGE);
    *out = (uint8_t)level;
}

static void basis_decode(struct cbor *c, char *out, size_t out_bytes)
{
    cbor_string(c, out, out_bytes);
    if (out[0] != 0 && !text_check(out))
        cbor_fail(c, ERR_RANGE);
}

static void row_decode(struct row_reader *reader, struct cbor *c, struct duty_row *row)
{
    if (cbor_array(c, 6) != 6)
        cbor_fail(c, ERR_FORMAT);
    text_decode(c, row->sector, sizeof row->sector);
    text_decode(c, row->district, sizeof row->district);
    level_decode(c, &row->level);
    members_decode(reader, c, row->leads, DUTY_MAX_LEADS, &row->lead_count);
    members_decode(reader, c, row->supports, DUTY_MAX_SUPPORTS, &row->support_count);
    basis_decode(c, row->basis, sizeof row->basis);
}

static bool place_repeats(const struct rows *rows, const struct duty_row *row)
{
    const struct place place = row_place(row);
    for (unsigned i = 0; i < rows->count; i++) {
        const struct place other = row_place(rows->items[i]);
        if (place_order(&place, &other) == 0)
            return true;
    }
    return false;
}

static enum err row_add(struct row_reader *reader, struct cbor *c, uint64_t since,
                        struct rows *out)
{
    struct duty_row *row = calloc(1, sizeof *row);
    if (row == NULL)
        return ERR_NOMEM;
    row->since = since;
    row_decode(reader, c, row);
    if (place_repeats(out, row))
        cbor_fail(c, ERR_RANGE);
    out->items[out->count++] = row;
    return OK;
}

static enum err rows_decode(struct row_reader *reader, const struct governance *g,
                            struct rows *out)
{
    struct cbor c;
    enum err err = OK;
    if (!governance_fact(g->e, FACT_DUTY_ROWS, &c)) {
        reader->reason = REASON_FACTS;
        return OK;
    }
    uint64_t count = cbor_array(&c, DUTY_MAX_ROWS);
    if (count == 0)
        cbor_fail(&c, ERR_RANGE);
    out->items = calloc(DUTY_MAX_ROWS, sizeof(struct duty_row *));
    if (out->items == NULL)
        return ERR_NOMEM;
    for (uint64_t i = 0; i < count && cbor_ok(&c) && err == OK; i++)
        err = row_add(reader, &c, g->index, out);
    if (err == OK && cbor_end(&c) != OK)
        reader->reason = REASON_FACTS;
    return err;
}

static enum err rows_reserve(struct roster *r, size_t more)
{
    if (r->row_count + more <= r->row_cap)
        return OK;
    size_t cap = 2 * (r->row_count + more);
    struct duty_row **grown = realloc(r->rows, cap * sizeof(struct duty_row *));
    if (grown == NULL)
        return ERR_NOMEM;
    r->rows = grown;
    r->row_cap = cap;
    return OK;
}

static enum err rows_insert(struct roster *r, struct rows *rows)
{
    enum err e = rows_reserve(r, rows->count);
    if (e != OK)
        return e;
    for (unsigned i = 0; i < rows->count; i++) {
        const struct place place = row_place(rows->items[i]);
        size_t at = rows_before(r, &place, rows->items[i]->since);
        memmove(r->rows + at + 1, r->rows + at, (r->row_count - at) * sizeof(struct duty_row *));
        r->rows[at] = rows->items[i];
        r->row_count++;
    }
    rows->count = 0;
    return OK;
}

static enum reason duty_check(const struct governance *g)
{
    if (g->author->member.no.v != 0)
        return REASON_NOT_CONVENOR;
    bool may = g->first->root || officer_administers(g->first);
    return may ? REASON_NONE : REASON_NOT_ADMINISTRATOR;
}

enum err duty_apply(struct roster *r, const struct governance *g, enum reason *reason,
                    bool *pending)
{
    struct rows rows = {0};
    struct row_reader reader = {r, g->e->law_size, duty_check(g)};
    enum err err = OK;
    if (reader.reason == REASON_NONE)
        err = rows_decode(&reader, g, &rows);
    *reason = reader.reason;
    if (err == OK && *reason == REASON_NONE)
        *pending = r->genesis.k > 1;
    if (err == OK && *reason == REASON_NONE && !*pending)
        err = rows_insert(r, &rows);
    rows_clear(&rows);
    return err;
}
