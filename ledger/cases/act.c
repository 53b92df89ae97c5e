#include "ledger/cases/act.h"

#include <string.h>

struct reading {
    struct act *act;
    struct arena *arena;
    const struct roster *roster;
    bool no_memory;
};

static struct member_no member_named(struct reading *in, struct span text)
{
    char id[ID_MAX_BYTES + 1] = "";
    const struct member *m = NULL;

    if (text.len <= ID_MAX_BYTES) {
        memcpy(id, text.data, text.len);
        m = roster_find(in->roster, id, in->act->law);
    }
    if (!m)
        in->act->names_nobody = true;
    return m ? m->no : (struct member_no){MEMBER_NONE};
}

static const char *text_kept(struct reading *in, struct span text)
{
    const char *copy = arena_text(in->arena, text.data, text.len);

    if (!copy)
        in->no_memory = true;
    return copy ? copy : "";
}

static void supports_read(struct reading *in, struct cbor *c)
{
    unsigned count = (unsigned)cbor_array(c, FACT_MAX_LIST);
    struct member_no *list = arena_take(in->arena, count * sizeof *list);

    if (!list) {
        in->no_memory = true;
        return;
    }
    for (unsigned i = 0; i < count; i++)
        list[i] = member_named(in, cbor_text(c));
    in->act->supports = list;
    in->act->support_count = count;
}

static void tracks_read(struct reading *in, struct cbor *c)
{
    unsigned count = (unsigned)cbor_array(c, FACT_MAX_LIST);
    struct act_track *list = arena_take(in->arena, count * sizeof *list);

    if (!list) {
        in->no_memory = true;
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        (void)cbor_array(c, 2);
        list[i].name = text_kept(in, cbor_text(c));
        list[i].investigator = member_named(in, cbor_text(c));
    }
    in->act->tracks = list;
    in->act->track_count = count;
}

/* A value of the right type, of a fact that the fold uses. */
static void value_read(struct reading *in, enum fact_id id, struct cbor *c)
{
    struct act *a = in->act;

    switch ((unsigned)id) {
    case FACT_TO: a->to = member_named(in, cbor_text(c)); break;
    case FACT_VERIFIER: a->verifier = member_named(in, cbor_text(c)); break;
    case FACT_SUGGEST: (void)member_named(in, cbor_text(c)); break;
    case FACT_SUPPORTS: supports_read(in, c); break;
    case FACT_TRACKS: tracks_read(in, c); break;
    case FACT_SECTOR: a->sector = text_kept(in, cbor_text(c)); break;
    case FACT_DISTRICT: a->district = text_kept(in, cbor_text(c)); break;
    case FACT_CLAUSE: a->clause = text_kept(in, cbor_text(c)); break;
    case FACT_TRACK: a->track = text_kept(in, cbor_text(c)); break;
    case FACT_OFFICER: a->officer = text_kept(in, cbor_text(c)); break;
    case FACT_GRADE: a->grade = (uint8_t)cbor_uint(c); break;
    case FACT_SOURCE: a->source = (uint8_t)cbor_uint(c); break;
    case FACT_CODE: a->code = (uint8_t)cbor_uint(c); break;
    case FACT_AUTHORITY: a->authority = (uint8_t)cbor_uint(c); break;
    case FACT_STEP: a->step = (uint8_t)cbor_uint(c); break;
    case FACT_LEVEL: a->level = (uint8_t)cbor_uint(c); break;
    case FACT_OUTCOME: a->outcome = (uint8_t)cbor_uint(c); break;
    case FACT_FIVE: a->five = (uint8_t)cbor_uint(c); break;
    case FACT_DUE_ON: a->due_on = cbor_uint(c); break;
    case FACT_FOUND_ON: a->found_on = cbor_uint(c); break;
    case FACT_TARGET: cbor_tagged(c, ALG_SHA256, a->target.b); break;
    default: break;
    }
}

static void facts_read(struct reading *in, const struct entry *e)
{
    for (unsigned i = 0; i < e->fact_count; i++) {
        const struct fact_row *row = fact_row(e->facts[i].id);
        struct cbor c;
        if (!row)
            continue;
        if (!fact_value_check(row, e->facts[i].value)) {
            in->act->facts_bad = true;
            continue;
        }
        if (row->id <= FACT_AMOUNT)
            in->act->facts |= UINT32_C(1) << (row->id - 1);
        cbor_init(&c, e->facts[i].value);
        value_read(in, row->id, &c);
        if (!cbor_ok(&c))
            in->act->facts_bad = true;
    }
}

static const struct officer *officer_of(const struct reading *in, const struct signer *s)
{
    const struct act_origin *o = &in->act->origin;

    if (s->foreign)
        return roster_officer_by_enrolment(in->roster, &s->enrolment);
    return roster_officer(in->roster, o->member, &s->key, o->index);
}

static void signers_read(struct reading *in, const struct entry *e)
{
    in->act->signer_count = e->signer_count;
    for (unsigned i = 0; i < e->signer_count; i++) {
        const struct signer *s = &e->signers[i];
        const struct officer *o = officer_of(in, s);
        struct act_signer *out = &in->act->signers[i];
        out->role = (uint8_t)s->role;
        out->member = o ? o->member : (struct member_no){MEMBER_NONE};
        out->person = o ? text_kept(in, span_of(o->person, strlen(o->person))) : "";
        out->verifier = strcmp(s->post, POST_VERIFIER) == 0;
        out->director = strcmp(s->post, POST_DIRECTOR) == 0 ||
                        strcmp(s->post, POST_VICE_DIRECTOR) == 0;
    }
}

/* Refs beyond the limit void the entry and are not followed, so they are not kept. */
static void refs_read(struct reading *in, const struct entry *e)
{
    struct hash *refs;

    in->act->ref_count = e->refs.count;
    if (e->refs.count == 0 || e->refs.count > ENTRY_MAX_REFS)
        return;
    refs = arena_take(in->arena, e->refs.count * sizeof *refs);
    if (!refs) {
        in->no_memory = true;
        return;
    }
    for (unsigned i = 0; i < e->refs.count; i++)
        id_list_get(&e->refs, i, &refs[i]);
    in->act->refs = refs;
}

enum err act_init(struct act *a, struct arena *arena, const struct roster *r,
                  const struct entry *e, const struct act_origin *origin)
{
    struct reading in = {.act = a, .arena = arena, .roster = r};

    memset(a, 0, sizeof *a);
    a->id = e->id;
    a->kind = e->kind;
    a->row = kind_row(e->kind);
    a->origin = *origin;
    a->has_base = e->has_base;
    a->base = e->base;
    a->law_epoch = e->law_epoch;
    a->law = act_by_convenor(a) ? origin->index : e->law_size;
    a->time_s = e->time_s;
    a->to.v = a->verifier.v = MEMBER_NONE;
    a->sector = a->district = a->clause = a->track = a->officer = "";
    refs_read(&in, e);
    facts_read(&in, e);
    signers_read(&in, e);
    return in.no_memory ? ERR_NOMEM : OK;
}
