#include "tools/state_json.h"

#include "ledger/query/answer.h"

static json_t *member_json(const struct roster *r, struct member_no no)
{
    const struct member *m = no.v == MEMBER_NONE ? NULL : roster_member(r, no);
    return m == NULL ? json_null() : json_string(m->a.id);
}

static json_t *code_json(enum fact_id id, uint64_t value)
{
    return json_string(fact_word(id, value));
}

static void put_hash(json_t *o, const char *key, const struct hash *h)
{
    static const struct hash zero;
    if (!hash_equal(h, &zero))
        json_object_set_new(o, key, json_of_hash(h));
}

static void put_opening(json_t *o, const struct case_state *s, const struct roster *r)
{
    const struct member *opener = s->opener.v == MEMBER_NONE ? NULL : roster_member(r, s->opener);
    char number[CASE_NUMBER_BYTES] = "";
    if (opener != NULL && s->phase != CASE_NONE &&
        case_number_format(number, opener->a.id, s->opened_s, s->opened_epoch,
                           s->opened_index) != OK)
        number[0] = 0;
    json_object_set_new(o, "id", json_of_hash(&s->id));
    json_object_set_new(o, "number", json_string(number));
    json_object_set_new(o, "phase", json_string(phase_name(s->phase)));
    json_object_set_new(o, "opener", member_json(r, s->opener));
    json_object_set_new(o, "opened_s", json_of_number(s->opened_s));
    json_object_set_new(o, "assigned", json_boolean(s->assigned));
    json_object_set_new(o, "sector", json_string(s->sector));
    json_object_set_new(o, "district", json_string(s->district));
    json_object_set_new(o, "clause", json_string(s->clause));
    if (s->found_on != 0)
        json_object_set_new(o, "found_on", json_of_date(s->found_on));
    if (s->due_on != 0)
        json_object_set_new(o, "due_on", json_of_date(s->due_on));
    json_object_set_new(o, "source", code_json(FACT_SOURCE, s->source));
    json_object_set_new(o, "grade", code_json(FACT_GRADE, s->grade));
}

static void put_offer(json_t *o, const struct state_offer *offer, const struct roster *r)
{
    if (!offer->open)
        return;
    json_object_set_new(
        o, "offer",
        json_pack("{s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:b}", "by", member_json(r, offer->by), "to",
                  member_json(r, offer->to), "id", json_of_hash(&offer->id), "since_s",
                  json_of_number(offer->time_s), "request", offer->is_request, "signed_for",
                  offer->signed_for, "asked_more", offer->asked_more, "recall_asked",
                  offer->recall_asked));
}

static void put_custody(json_t *o, const struct case_state *s, const struct roster *r)
{
    json_object_set_new(o, "custodian", member_json(r, s->custodian));
    json_object_set_new(o, "custody_since_s", json_of_number(s->custody_since_s));
    put_hash(o, "in_force", &s->in_force);
    put_offer(o, &s->offer, r);
    json_object_set_new(o, "refusals", json_of_number(s->refusals));
    json_object_set_new(o, "custody_moves", json_of_number(s->custody_moves));
    json_object_set_new(o, "custody_returns", json_of_number(s->custody_returns));
    json_object_set_new(o, "petition_open", json_boolean(s->petition_open));
    put_hash(o, "petition", &s->petition);
    if (s->interim_control.v != MEMBER_NONE)
        json_object_set_new(o, "interim_control", member_json(r, s->interim_control));
    if (s->ruled)
        json_object_set_new(
            o, "ruling",
            json_pack("{s:o,s:o,s:b,s:b,s:b}", "id", json_of_hash(&s->rule), "named",
                      member_json(r, s->rule_named), "final", s->rule_final, "signed_for",
                      s->rule_signed_for, "conflict_later", s->rule_conflict_later));
}

static void put_lists(json_t *o, const struct case_state *s, const struct roster *r)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < s->support_count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o}", "member",
                                              member_json(r, s->supports[i].member), "status",
                                              code_json(FACT_STEP, s->supports[i].status)));
    json_object_set_new(o, "supports", list);
    list = json_array();
    for (unsigned i = 0; i < s->listing_count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o}", "by",
                                              member_json(r, s->listings[i].by), "level",
                                              code_json(FACT_LEVEL, s->listings[i].level), "id",
                                              json_of_hash(&s->listings[i].id), "since_s",
                                              json_of_number(s->listings[i].time_s)));
    json_object_set_new(o, "listings", list);
    list = json_array();
    for (unsigned i = 0; i < s->track_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:o}", "track", s->tracks[i].name,
                                              "investigator",
                                              member_json(r, s->tracks[i].investigator), "outcome",
                                              code_json(FACT_OUTCOME, s->tracks[i].outcome), "id",
                                              json_of_hash(&s->tracks[i].id)));
    json_object_set_new(o, "tracks", list);
}

static void put_end(json_t *o, const struct case_state *s, const struct roster *r)
{
    if (s->has_verifier)
        json_object_set_new(o, "verifier", member_json(r, s->verifier));
    if (s->handler[0] != 0)
        json_object_set_new(o, "handler", json_string(s->handler));
    json_object_set_new(o, "closed", json_boolean(s->closed));
    json_object_set_new(o, "archived", json_boolean(s->archived));
    if (s->closed)
        json_object_set_new(o, "level", json_string("sequenced"));
    json_object_set_new(o, "verified_by_custodian", json_boolean(s->verified_by_custodian));
    put_hash(o, "closure", &s->closure);
    put_hash(o, "pass", &s->pass);
    json_object_set_new(o, "last_s", json_of_number(s->last_s));
    json_object_set_new(o, "counts",
                        json_pack("{s:I,s:I,s:I,s:I}", "entries", (json_int_t)s->entry_count,
                                  "pending", (json_int_t)s->pending_count, "void",
                                  (json_int_t)s->void_count, "overtaken",
                                  (json_int_t)s->overtaken_count));
}

json_t *state_json(const struct case_state *s, const struct roster *r)
{
    json_t *o = json_object();
    if (o == NULL)
        return NULL;
    put_opening(o, s, r);
    put_custody(o, s, r);
    put_lists(o, s, r);
    put_end(o, s, r);
    return o;
}
