/* The level of acknowledgement of an act, as JSON. */
#include "ledger/level.h"
#include "ledger/query/answer.h"

static const char *level_name(const struct act_level *level)
{
    if (level_delivered(level))
        return "delivered";
    return level->mirrored > 0 ? "mirrored" : "sequenced";
}

static void put_holders(struct answer *a, json_t *o, const struct act_level *level)
{
    json_t *list = answer_list(a, o, "held_by");
    for (unsigned i = 0; i < level->mirrored; i++)
        answer_add(a, list,
                   json_pack("{s:o,s:I}", "member", json_of_member(a, level->holders[i].by),
                             "since_s", (json_int_t)level->holders[i].time_s));
}

/* The latest of the first cosignatures of those concerned. */
static void put_concerned(struct answer *a, json_t *o, const struct act_level *level)
{
    uint64_t last_s = 0;
    json_t *list = answer_list(a, o, "concerns");
    for (unsigned i = 0; i < level->concern.count; i++) {
        const struct act_holder *h = level_holder(level, level->concern.members[i]);
        json_t *one = json_pack("{s:o}", "member", json_of_member(a, level->concern.members[i]));
        if (h != NULL) {
            answer_put(a, one, "since_s", json_of_number(h->time_s));
            answer_put(a, one, "parts", json_string(h->with_parts ? "held" : "unproven"));
            last_s = h->time_s > last_s ? h->time_s : last_s;
        }
        answer_add(a, list, one);
    }
    if (level_delivered(level))
        answer_put(a, o, "delivered_s", json_of_number(last_s));
}

static void put_deemed(struct answer *a, json_t *o, const struct act_level *level)
{
    if (level->offered.v == MEMBER_NONE || level->witnessed_s == 0 ||
        (level_holder(level, level->offered) != NULL && level->deemed_s == 0))
        return;
    const struct term_row *term = level->term;
    uint64_t end_s = term_end(term, level->witnessed_s);
    json_t *out = answer_object(a, o, "deemed");
    answer_put(a, out, "state", json_string(level->deemed_s != 0 ? "deemed" : "waiting"));
    answer_put(a, out, "to", json_of_member(a, level->offered));
    answer_put(a, out, "witnessed_s", json_of_number(level->witnessed_s));
    answer_put(a, out, "due_s", json_of_number(end_s));
    answer_put(a, out, "length", json_of_number(term->length));
    answer_put(a, out, "unit",
               json_string(term->unit == TERM_HOURS ? "hours" : "working_days"));
    answer_put(a, out, "trigger", json_string(term->trigger));
    answer_put(a, out, "basis", json_string(term->basis));
    answer_put(a, out, "origin", json_string(term->origin));
    if (term->unit == TERM_WORKING_DAYS)
        answer_put(a, out, "calendar", json_string("monday-friday"));
}

json_t *answer_level_json(struct answer *a, const struct act_level *level)
{
    json_t *o = json_object();
    answer_put(a, o, "level", json_string(level_name(level)));
    answer_put(a, o, "mirrored_by", json_of_number(level->mirrored));
    put_holders(a, o, level);
    put_concerned(a, o, level);
    put_deemed(a, o, level);
    return o;
}

json_t *answer_level(struct answer *a, struct position at)
{
    struct act_level level;
    enum err err = ledger_level(a->l, at, a->as_of_s, &level);
    if (err == ERR_NOMEM)
        a->err = err;
    return err == OK ? answer_level_json(a, &level) : json_object();
}

void answer_offer_level(struct answer *a, json_t *o, const struct case_state *s)
{
    struct position at;
    json_t *offer = json_object_get(o, "offer");
    if (offer != NULL && ledger_find_id(a->l, &s->offer.id, &at) == OK)
        answer_put(a, offer, "ack", answer_level(a, at));
}

enum err query_level_json(struct ledger *l, const struct act_level *level, uint64_t as_of_s,
                          json_t **out)
{
    struct answer a = {.l = l, .roster = ledger_roster(l), .as_of_s = as_of_s};
    *out = answer_level_json(&a, level);
    if (a.err != OK) {
        json_decref(*out);
        *out = NULL;
    }
    return a.err;
}
