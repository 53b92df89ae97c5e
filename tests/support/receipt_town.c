#include "tests/support/receipt_town.h"

#include <string.h>

#include "ledger/cosign.h"
#include "tests/support/cluster_keys.h"

struct receipt_town receipt_town_create(void)
{
    const struct cluster_options options = {.seed = 19, .members = TOWN_COUNT,
                                            .start_s = TOWN_START_S};
    struct receipt_town t = {.c = cluster_create(&options)};
    struct cluster_act a = {.kind = KIND_REPORT};
    cluster_open_all(t.c);
    cluster_fact_text(&a, FACT_TO, t.c->members[TOWN_ZHUJIAN].id);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_MAJOR);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "x");
    cluster_append(t.c, TOWN_YINGJI, &a, &t.id);
    cluster_act_clear(&a);
    cluster_share(t.c);
    CLUSTER_DEMAND(ledger_find_id(t.c->members[TOWN_YINGJI].ledger, &t.id, &t.at) == OK);
    return t;
}

void receipt_town_clear(struct receipt_town *t)
{
    cluster_free(t->c);
}

void receipt_town_cosign(struct receipt_town *t, unsigned member, uint64_t time_s)
{
    struct ledger *l = t->c->members[member].ledger;
    struct cosign_own own = {.log = ledger_log(l, "yingji", 0)->no};
    struct cosigned c;
    struct buffer note = {0};
    CLUSTER_DEMAND(ledger_cosign_give(l, t->c->members[member].cosigner, time_s, &own, 1) == OK);
    CLUSTER_DEMAND(own.err == OK && ledger_cosigned(l, &own.row, &c) == OK);
    CLUSTER_DEMAND(cosigned_encode(&c, &note) == OK);
    struct cosign_item item = {.note = buffer_span(&note)};
    CLUSTER_DEMAND(ledger_cosign_take(t->c->members[TOWN_YINGJI].ledger, &item, 1) == OK);
    CLUSTER_DEMAND(item.err == OK);
    buffer_clear(&note);
}

enum err receipt_town_build(struct receipt_town *t, unsigned by, struct buffer *out)
{
    struct ledger *l = t->c->members[TOWN_YINGJI].ledger;
    struct member_no m = {MEMBER_NONE};
    if (by != MEMBER_NONE)
        m = roster_by_log(ledger_roster(l), t->c->members[by].id)->no;
    return receipt_build(l, t->at, m, out);
}
