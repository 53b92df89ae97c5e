/* Orders of erasure, and who has not confirmed that its copies are gone. */
#include "ledger/erasure.h"
#include "ledger/query/answer.h"

struct told { struct member_no missing[MEMBERS_MAX], confirmed[MEMBERS_MAX]; unsigned count[2]; };

static void sort_duties(const enum erasure_duty *duties, unsigned members, struct told *out)
{
    out->count[0] = out->count[1] = 0;
    for (unsigned m = 0; m < members; m++) {
        if (duties[m] == ERASURE_MISSING)
            out->missing[out->count[0]++].v = (uint16_t)m;
        if (duties[m] == ERASURE_CONFIRMED)
            out->confirmed[out->count[1]++].v = (uint16_t)m;
    }
}

static void put_order(struct answer *a, json_t *list, const struct erasures *e,
                      const struct erasure_order *order, const struct told *told)
{
    char number[CASE_NUMBER_BYTES];
    json_t *o = json_object();
    if (case_number_of(a->roster, e->state, number) != OK)
        number[0] = 0;
    answer_put(a, o, "number", json_string(number));
    answer_put(a, o, "order", json_of_hash(&order->id));
    answer_put(a, o, "by", json_of_member(a, order->by));
    answer_put(a, o, "since_s", json_of_number(order->time_s));
    if (!order->all)
        answer_put(a, o, "target", json_of_hash(&order->target));
    answer_put(a, o, "missing", json_of_members(a, told->missing, told->count[0]));
    answer_put(a, o, "confirmed", json_of_members(a, told->confirmed, told->count[1]));
    answer_add(a, list, o);
}

void answer_erasures(struct answer *a, const struct case_state *s, bool all, json_t *list)
{
    struct erasures e;
    struct told told;
    enum erasure_duty duties[MEMBERS_MAX];
    const unsigned members = roster_member_count(a->roster);
    if (s->erasure_count == 0)
        return;
    enum err err = erasures_load(a->l, &s->id, &e);
    for (size_t i = 0; err == OK && i < e.order_count; i++) {
        erasure_duties(a->l, &e, &e.orders[i], duties, members);
        sort_duties(duties, members, &told);
        if (all || told.count[0] > 0)
            put_order(a, list, &e, &e.orders[i], &told);
    }
    erasures_clear(&e);
    if (err != OK)
        answer_fail(a, err);
}

bool answer_must_confirm(struct answer *a, const struct case_state *s, struct member_no m)
{
    struct erasures e;
    enum erasure_duty duties[MEMBERS_MAX];
    bool must = false;
    if (s->erasure_count == 0)
        return false;
    enum err err = erasures_load(a->l, &s->id, &e);
    for (size_t i = 0; err == OK && !must && i < e.order_count; i++) {
        erasure_duties(a->l, &e, &e.orders[i], duties, roster_member_count(a->roster));
        must = duties[m.v] == ERASURE_MISSING;
    }
    erasures_clear(&e);
    return must;
}
