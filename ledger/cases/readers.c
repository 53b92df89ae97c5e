#include "ledger/cases/readers.h"

#include <string.h>

enum {
    PARTIES = RELATION_CUSTODIAN | RELATION_OFFERED | RELATION_INTERIM | RELATION_SUPPORT |
              RELATION_VERIFIER,
    ABOVE = RELATION_CONVENOR | RELATION_LISTER | RELATION_OVERSIGHT,
    CASE = RELATION_AUTHOR | RELATION_ADDRESSED | RELATION_INVESTIGATOR | PARTIES | ABOVE,
    INQUIRY = RELATION_AUTHOR | RELATION_CONVENOR | RELATION_INVESTIGATOR,
};

static const struct reader_row rows[] = {
    {PART_SUBJECT, "subject", "案由", false, CASE},
    {PART_TEXT, "text", "说明", false, CASE},
    {PART_PHOTO, "photo", "照片", false, CASE},
    {PART_SCAN, "scan", "扫描件", false, CASE},
    {PART_NAMES, "names", "人员姓名", true, CASE},
    {PART_CONTACT, "contact", "联系方式", true, CASE},
    {PART_FINDINGS, "findings", "调查结论", true, INQUIRY},
    {PART_GROUNDS, "grounds", "启动理由", true, INQUIRY},
    {PART_IDENTITY, "identity", "举报人身份", true, RELATION_AUTHOR},
};

const struct reader_row *reader_row(unsigned role)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].role == role)
            return &rows[i];
    }
    return NULL;
}

static unsigned by_state(const struct case_state *s, struct member_no m)
{
    unsigned set = 0;
    if (s->custodian.v == m.v)
        set |= RELATION_CUSTODIAN;
    if (s->offer.open && s->offer.to.v == m.v)
        set |= RELATION_OFFERED;
    if (s->interim_control.v == m.v)
        set |= RELATION_INTERIM;
    if (s->has_verifier && s->verifier.v == m.v)
        set |= RELATION_VERIFIER;
    for (unsigned i = 0; i < s->support_count; i++) {
        if (s->supports[i].member.v == m.v && s->supports[i].status != STEP_DECLINE)
            set |= RELATION_SUPPORT;
    }
    for (unsigned i = 0; i < s->listing_count; i++) {
        if (s->listings[i].by.v == m.v)
            set |= RELATION_LISTER;
    }
    return set;
}

static bool fact_is(const struct entry *e, enum fact_id fact, const char *id)
{
    char text[ID_MAX_BYTES + 1];
    return entry_fact_text(e, fact, text, sizeof text) && strcmp(text, id) == 0;
}

static unsigned by_act(const struct entry *e, const char *id)
{
    char text[ID_MAX_BYTES + 1];
    unsigned set = strcmp(e->member, id) == 0 ? RELATION_AUTHOR : 0;
    if (fact_is(e, FACT_TO, id) || fact_is(e, FACT_VERIFIER, id))
        set |= RELATION_ADDRESSED;
    for (unsigned i = 0; i < entry_fact_list(e, FACT_SUPPORTS); i++) {
        if (entry_fact_item(e, FACT_SUPPORTS, i, text, sizeof text) && strcmp(text, id) == 0)
            set |= RELATION_ADDRESSED;
    }
    return set;
}

/* An act of one track concerns its investigator, an opening those that it names. */
static bool investigates(const struct case_state *s, const struct entry *e, struct member_no m)
{
    for (unsigned i = 0; i < s->track_count; i++) {
        const struct state_track *t = &s->tracks[i];
        if (t->investigator.v != m.v)
            continue;
        if (entry_fact(e, FACT_TRACK) != NULL && !fact_is(e, FACT_TRACK, t->name))
            continue;
        if (entry_fact(e, FACT_TRACKS) != NULL && !hash_equal(&t->id, &e->id))
            continue;
        return true;
    }
    return false;
}

unsigned relations_of(const struct roster *r, const struct case_state *s, const struct entry *e,
                      struct member_no m)
{
    const struct member *member = m.v == MEMBER_NONE ? NULL : roster_member(r, m);
    if (member == NULL)
        return 0;
    unsigned set = by_state(s, m) | by_act(e, member->a.id);
    if (m.v == 0)
        set |= RELATION_CONVENOR;
    if (member->a.kind == MEMBER_OVERSIGHT)
        set |= RELATION_OVERSIGHT;
    if (investigates(s, e, m))
        set |= RELATION_INVESTIGATOR;
    return set;
}

bool reader_may(const struct roster *r, const struct case_state *s, const struct entry *e,
                unsigned role, struct member_no m)
{
    const struct reader_row *row = reader_row(role);
    unsigned readers = row == NULL ? (unsigned)RELATION_AUTHOR : row->relations;
    return (relations_of(r, s, e, m) & readers) != 0;
}
