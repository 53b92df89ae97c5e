#include "ledger/query/answer.h"

const char *phase_name(enum case_phase phase)
{
    switch (phase) {
    case CASE_NONE: return "none";
    case CASE_OPEN: return "open";
    case CASE_CLOSED: return "closed";
    case CASE_ENDED: return "ended";
    }
    return "none";
}

const char *fact_word(enum fact_id id, uint64_t value)
{
    const struct fact_row *row = fact_row(id);
    const struct code_row *code = row == NULL ? NULL : fact_code(row, value);
    return code == NULL ? "" : code->name;
}

enum err case_number_of(const struct roster *r, const struct case_state *s,
                        char out[CASE_NUMBER_BYTES])
{
    const struct member *m = s->opener.v == MEMBER_NONE ? NULL : roster_member(r, s->opener);
    out[0] = 0;
    if (m == NULL || s->phase == CASE_NONE)
        return OK;
    return case_number_format(out, m->a.id, s->opened_s, s->opened_epoch, s->opened_index);
}

static void put_hash(struct answer *a, json_t *o, const char *key, const struct hash *h)
{
    static const struct hash zero;
    if (!hash_equal(h, &zero))
        answer_put(a, o, key, json_of_hash(h));
}

static void put_opening(struct answer *a, json_t *o, const struct case_state *s)
{
    answer_put(a, o, "opener", json_of_member(a, s->opener));
    answer_put(a, o, "opened_s", json_of_number(s->opened_s));
    answer_put(a, o, "assigned", json_boolean(s->assigned));
    answer_put(a, o, "sector", json_string(s->sector));
    answer_put(a, o, "district", json_string(s->district));
    answer_put(a, o, "clause", json_string(s->clause));
    if (s->found_on != 0)
        answer_put(a, o, "found_on", json_of_date(s->found_on));
    if (s->due_on != 0)
        answer_put(a, o, "due_on", json_of_date(s->due_on));
    answer_put(a, o, "source", json_string(fact_word(FACT_SOURCE, s->source)));
    answer_put(a, o, "grade", json_string(fact_word(FACT_GRADE, s->grade)));
}

static void put_offer(struct answer *a, json_t *o, const struct state_offer *offer)
{
    if (!offer->open)
        return;
    json_t *out = answer_object(a, o, "offer");
    answer_put(a, out, "by", json_of_member(a, offer->by));
    answer_put(a, out, "to", json_of_member(a, offer->to));
    answer_put(a, out, "id", json_of_hash(&offer->id));
    answer_put(a, out, "since_s", json_of_number(offer->time_s));
    answer_put(a, out, "request", json_boolean(offer->is_request));
    answer_put(a, out, "signed_for", json_boolean(offer->signed_for));
    answer_put(a, out, "asked_more", json_boolean(offer->asked_more));
    answer_put(a, out, "recall_asked", json_boolean(offer->recall_asked));
}

static void put_custody(struct answer *a, json_t *o, const struct case_state *s)
{
    answer_put(a, o, "custodian", json_of_member(a, s->custodian));
    answer_put(a, o, "custody_since_s", json_of_number(s->custody_since_s));
    put_hash(a, o, "in_force", &s->in_force);
    put_offer(a, o, &s->offer);
    answer_put(a, o, "refusals", json_of_number(s->refusals));
    answer_put(a, o, "custody_moves", json_of_number(s->custody_moves));
    answer_put(a, o, "custody_returns", json_of_number(s->custody_returns));
    answer_put(a, o, "petition_open", json_boolean(s->petition_open));
    put_hash(a, o, "petition", &s->petition);
    if (s->interim_control.v != MEMBER_NONE)
        answer_put(a, o, "interim_control", json_of_member(a, s->interim_control));
    if (!s->ruled)
        return;
    json_t *rule = answer_object(a, o, "ruling");
    answer_put(a, rule, "id", json_of_hash(&s->rule));
    answer_put(a, rule, "named", json_of_member(a, s->rule_named));
    answer_put(a, rule, "final", json_boolean(s->rule_final));
    answer_put(a, rule, "signed_for", json_boolean(s->rule_signed_for));
    answer_put(a, rule, "conflict_later", json_boolean(s->rule_conflict_later));
}

static void put_lists(struct answer *a, json_t *o, const struct case_state *s)
{
    json_t *list = answer_list(a, o, "supports");
    for (unsigned i = 0; i < s->support_count; i++)
        answer_add(a, list,
                   json_pack("{s:o,s:s}", "member", json_of_member(a, s->supports[i].member),
                             "status", fact_word(FACT_STEP, s->supports[i].status)));
    list = answer_list(a, o, "listings");
    for (unsigned i = 0; i < s->listing_count; i++)
        answer_add(a, list,
                   json_pack("{s:o,s:s,s:o,s:I}", "by", json_of_member(a, s->listings[i].by),
                             "level", fact_word(FACT_LEVEL, s->listings[i].level), "id",
                             json_of_hash(&s->listings[i].id), "since_s",
                             (json_int_t)s->listings[i].time_s));
    list = answer_list(a, o, "tracks");
    for (unsigned i = 0; i < s->track_count; i++)
        answer_add(a, list,
                   json_pack("{s:s,s:o,s:s,s:o}", "track", s->tracks[i].name, "investigator",
                             json_of_member(a, s->tracks[i].investigator), "outcome",
                             fact_word(FACT_OUTCOME, s->tracks[i].outcome), "id",
                             json_of_hash(&s->tracks[i].id)));
}

static void put_end(struct answer *a, json_t *o, const struct case_state *s)
{
    if (s->has_verifier)
        answer_put(a, o, "verifier", json_of_member(a, s->verifier));
    if (s->handler[0] != 0)
        answer_put(a, o, "handler", json_string(s->handler));
    answer_put(a, o, "closed", json_boolean(s->closed));
    answer_put(a, o, "archived", json_boolean(s->archived));
    if (s->closed)
        answer_put(a, o, "level", json_string("sequenced"));
    answer_put(a, o, "verified_by_custodian", json_boolean(s->verified_by_custodian));
    put_hash(a, o, "closure", &s->closure);
    put_hash(a, o, "pass", &s->pass);
    answer_put(a, o, "last_s", json_of_number(s->last_s));
    if (s->erasure_count > 0)
        answer_put(a, o, "erasures", json_of_number(s->erasure_count));
    json_t *counts = answer_object(a, o, "counts");
    answer_put(a, counts, "entries", json_of_number(s->entry_count));
    answer_put(a, counts, "pending", json_of_number(s->pending_count));
    answer_put(a, counts, "void", json_of_number(s->void_count));
    answer_put(a, counts, "overtaken", json_of_number(s->overtaken_count));
}

json_t *answer_state(struct answer *a, const struct case_state *s)
{
    char number[CASE_NUMBER_BYTES];
    json_t *o = json_object();
    if (o == NULL || case_number_of(a->roster, s, number) != OK) {
        a->err = ERR_NOMEM;
        return o;
    }
    answer_put(a, o, "id", json_of_hash(&s->id));
    answer_put(a, o, "number", json_string(number));
    answer_put(a, o, "phase", json_string(phase_name(s->phase)));
    put_opening(a, o, s);
    put_custody(a, o, s);
    put_lists(a, o, s);
    put_end(a, o, s);
    return o;
}

enum err query_case_json(const struct roster *r, const struct case_state *s, json_t **out)
{
    struct answer a = {.roster = r};
    *out = answer_state(&a, s);
    if (a.err != OK) {
        json_decref(*out);
        *out = NULL;
    }
    return a.err;
}
