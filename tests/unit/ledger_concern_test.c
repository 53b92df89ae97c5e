/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/level.h"
#include "tests/support/cluster.h"

/* ---- the table of kinds, against one written by hand from the acts of the domain ---- */

/* An act that says all that could tell whom it concerns, and what it refers to. */
struct said { struct cluster_act facts, referred_facts; struct entry act, referred; };

static void tracks(struct cluster_act *a, const char *investigator)
{
    struct buffer b = {0};
    struct cbor_out w;
    cbor_out_init(&w, &b);
    cbor_put_array(&w, 1);
    cbor_put_array(&w, 2);
    cbor_put_text(&w, "x");
    cbor_put_text(&w, investigator);
    cluster_fact_item(a, FACT_TRACKS, buffer_span(&b));
    buffer_clear(&b);
}

static void facts_take(struct entry *e, const struct cluster_act *a)
{
    e->fact_count = a->fact_count;
    for (unsigned i = 0; i < a->fact_count; i++)
        e->facts[i] = (struct fact){a->facts[i].id, span_of(a->bytes.data + a->facts[i].offset,
                                                            a->facts[i].len)};
}

static void said_init(struct said *s, uint32_t kind)
{
    const char *const supports[] = {"support", "author"};
    *s = (struct said){.act = {.kind = kind, .has_base = true, .member = "author"},
                       .referred = {.kind = KIND_REPORT, .member = "offerer"}};
    struct hash target = {{2}};
    s->act.base.b[0] = 1;
    cluster_fact_text(&s->facts, FACT_TO, "to");
    cluster_fact_texts(&s->facts, FACT_SUPPORTS, supports, 2);
    cluster_fact_text(&s->facts, FACT_VERIFIER, "verifier");
    tracks(&s->facts, "track");
    cluster_fact_hash(&s->facts, FACT_TARGET, &target);
    cluster_fact_text(&s->referred_facts, FACT_TO, "offered");
    cluster_fact_text(&s->referred_facts, FACT_VERIFIER, "named");
    facts_take(&s->act, &s->facts);
    facts_take(&s->referred, &s->referred_facts);
}

static void said_clear(struct said *s)
{
    cluster_act_clear(&s->facts);
    cluster_act_clear(&s->referred_facts);
}

static void concerned(const struct said *s, bool referred, char out[256])
{
    struct named ids[CONCERN_MAX_NAMED];
    size_t len = 0;
    unsigned count = concern_ids(&s->act, referred ? &s->referred : NULL, "convenor", ids);
    out[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, 256 - len, "%s%s", i == 0 ? "" : " ", ids[i].id);
}

#define NAMES "to verifier support track"
enum refers { NOTHING, BASE, TARGET };

static const struct { enum kind kind; enum refers refers; const char *alone, *with; } kinds[] = {
    {KIND_CERTIFY, NOTHING, "", ""},
    {KIND_ADMIT, NOTHING, "", ""},
    {KIND_ENROL, NOTHING, "", ""},
    {KIND_LEAVE, NOTHING, "", ""},
    {KIND_DUTY, NOTHING, "", ""},
    {KIND_RULES, NOTHING, "", ""},
    {KIND_EPOCH, NOTHING, "", ""},
    {KIND_SUSPEND, NOTHING, "", ""},
    {KIND_SUCCESSION, NOTHING, "", ""},
    {KIND_PROPOSE, NOTHING, "", ""},
    {KIND_ENDORSE, NOTHING, "", ""},
    {KIND_ROOTS, NOTHING, "", ""},
    {KIND_LAW_VERSION, NOTHING, "", ""},
    {KIND_OFFLINE, NOTHING, "", ""},
    {KIND_REPORT, NOTHING, NAMES, NAMES},
    {KIND_ASSIGN, NOTHING, NAMES, NAMES},
    {KIND_OFFER, NOTHING, NAMES, NAMES},
    {KIND_SIGN_FOR, BASE, "", "offerer"},
    {KIND_ASK_MORE, BASE, "", "offerer"},
    {KIND_ACCEPT, BASE, "", "offerer"},
    {KIND_REFUSE, BASE, "", "offerer"},
    {KIND_RECALL, BASE, "", "offered"},
    {KIND_PETITION, NOTHING, "convenor", "convenor"},
    {KIND_RULE, TARGET, NAMES, NAMES " offerer"},
    {KIND_JOIN, NOTHING, NAMES, NAMES},
    {KIND_NOTIFY, NOTHING, NAMES, NAMES},
    {KIND_HAND_TO, NOTHING, "", ""},
    {KIND_REFER_OUT, NOTHING, "", ""},
    {KIND_ORDER, NOTHING, "", ""},
    {KIND_PLAN, NOTHING, "", ""},
    {KIND_PROGRESS, NOTHING, "", ""},
    {KIND_CONTROL, NOTHING, "", ""},
    {KIND_REGRADE, NOTHING, "", ""},
    {KIND_EXTEND, TARGET, "", "offerer"},
    {KIND_SANCTION, NOTHING, "", ""},
    {KIND_REFER_CRIME, NOTHING, NAMES, NAMES},
    {KIND_SUPERVISE, NOTHING, NAMES, NAMES},
    {KIND_UNSUPERVISE, NOTHING, "", ""},
    {KIND_URGE, NOTHING, NAMES, NAMES},
    {KIND_INTERVIEW, NOTHING, NAMES, NAMES},
    {KIND_CENSURE, NOTHING, NAMES, NAMES},
    {KIND_PUBLISH, NOTHING, "", ""},
    {KIND_REMIND, NOTHING, NAMES, NAMES},
    {KIND_RECTIFIED, NOTHING, NAMES, NAMES},
    {KIND_VERIFY, NOTHING, "", ""},
    {KIND_CLOSE, NOTHING, "", ""},
    {KIND_ARCHIVE, NOTHING, "", ""},
    {KIND_LOOK_BACK, NOTHING, "", ""},
    {KIND_MERGE, NOTHING, "", ""},
    {KIND_SPLIT, NOTHING, "", ""},
    {KIND_REPORT_BACK, BASE, NAMES, NAMES " offerer"},
    {KIND_CORRECT, TARGET, "", "offered named"},
    {KIND_DUAL_OPEN, NOTHING, NAMES, NAMES},
    {KIND_DUAL_REFER, NOTHING, NAMES, NAMES},
    {KIND_DUAL_TAKE, NOTHING, "", ""},
    {KIND_DUAL_END, NOTHING, "", ""},
    {KIND_DUAL_REASSIGN, NOTHING, NAMES, NAMES},
    {KIND_DUAL_PUBLISH, NOTHING, "", ""},
    {KIND_ZERO_REPORT, NOTHING, "", ""},
    {KIND_REHABILITATE, NOTHING, "", ""},
    {KIND_ERASE, TARGET, "", "offerer"},
};

static void every_kind_concerns_whom_the_domain_says(void **state)
{
    struct said s;
    struct hash id;
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        said_init(&s, kinds[i].kind);
        assert_int_equal(kind_row_at(i)->kind, kinds[i].kind);
        assert_int_equal(concern_refers(&s.act, &id), kinds[i].refers != NOTHING);
        if (kinds[i].refers != NOTHING)
            assert_int_equal(id.b[0], kinds[i].refers);
        concerned(&s, false, text);
        assert_string_equal(text, kinds[i].alone);
        concerned(&s, true, text);
        assert_string_equal(text, kinds[i].with);
        said_clear(&s);
    }
    assert_null(kind_row_at(sizeof kinds / sizeof kinds[0]));
}

static void a_kind_that_nobody_knows_concerns_nobody(void **state)
{
    struct said s;
    struct hash id;
    char text[256];
    (void)state;
    said_init(&s, 115);
    assert_false(concern_refers(&s.act, &id));
    concerned(&s, true, text);
    assert_string_equal(text, "");
    said_clear(&s);
}

static void an_act_without_the_field_refers_to_nothing(void **state)
{
    struct said s;
    struct hash id;
    (void)state;
    said_init(&s, KIND_RECALL);
    s.act.has_base = false;
    assert_false(concern_refers(&s.act, &id));
    said_clear(&s);
    said_init(&s, KIND_CORRECT);
    s.act.fact_count--;                            /* the target stands last */
    assert_false(concern_refers(&s.act, &id));
    said_clear(&s);
}

/* The same member twice, and the author among those named. */
static void an_author_is_not_concerned_by_its_own_act(void **state)
{
    struct said s;
    char text[256];
    (void)state;
    said_init(&s, KIND_SIGN_FOR);
    memcpy(s.referred.member, "author", sizeof "author");
    concerned(&s, true, text);
    assert_string_equal(text, "");
    said_clear(&s);
}

/* ---- by what a ledger holds: one relay of a case ---- */

enum { CONVENOR, YINGJI, XIAOFANG, ZHUJIAN, COUNT };
#define START_S UINT64_C(1772323200)

struct relay { struct cluster *c; struct hash report; };

static struct hash act(struct relay *r, unsigned member, uint32_t kind, const struct hash *target)
{
    struct cluster_act a;
    struct hash id;
    cluster_act_init(&a, kind, &r->report);
    if (kind == KIND_REFUSE)
        cluster_fact_uint(&a, FACT_CODE, REFUSE_NO_JURISDICTION);
    if (kind == KIND_RULE) {
        cluster_fact_text(&a, FACT_TO, "xiaofang");
        cluster_fact_uint(&a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
    }
    if (target != NULL)
        cluster_fact_hash(&a, FACT_TARGET, target);
    cluster_append(r->c, member, &a, &id);
    cluster_act_clear(&a);
    cluster_share(r->c);
    return id;
}

/* Yingji reports and offers to zhujian. */
static struct relay relay_create(void)
{
    const struct cluster_options options = {.seed = 23, .members = COUNT, .start_s = START_S};
    struct relay r = {.c = cluster_create(&options)};
    struct cluster_act a = {.kind = KIND_REPORT};
    cluster_open_all(r.c);
    cluster_fact_text(&a, FACT_TO, "zhujian");
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_MAJOR);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "x");
    cluster_append(r.c, YINGJI, &a, &r.report);
    cluster_act_clear(&a);
    cluster_share(r.c);
    return r;
}

/* Every copy finds the same: that member alone, or with -1 nobody. */
static void expect(const struct relay *r, const struct hash *id, int member)
{
    for (unsigned i = 0; i < COUNT; i++) {
        struct ledger *l = r->c->members[i].ledger;
        struct position at;
        struct act_level level;
        assert_int_equal(ledger_find_id(l, id, &at), OK);
        assert_int_equal(ledger_level(l, at, START_S, &level), OK);
        assert_int_equal(level.concern.count, member >= 0 ? 1 : 0);
        assert_false(level.concern.referred_unknown);
        if (member < 0)
            continue;
        const char *name = r->c->members[member].id;
        assert_true(concern_has(&level.concern, roster_by_log(ledger_roster(l), name)->no));
    }
}

static void what_answers_or_takes_back_an_offer_finds_the_other_side(void **state)
{
    (void)state;
    struct relay r = relay_create();
    expect(&r, &r.report, ZHUJIAN);
    struct hash id = act(&r, ZHUJIAN, KIND_SIGN_FOR, NULL);
    expect(&r, &id, YINGJI);
    id = act(&r, ZHUJIAN, KIND_ASK_MORE, NULL);
    expect(&r, &id, YINGJI);
    id = act(&r, YINGJI, KIND_CORRECT, &r.report);            /* supplies what was asked for */
    expect(&r, &id, ZHUJIAN);
    id = act(&r, YINGJI, KIND_RECALL, NULL);
    expect(&r, &id, ZHUJIAN);
    id = act(&r, ZHUJIAN, KIND_REFUSE, NULL);
    expect(&r, &id, YINGJI);
    id = act(&r, ZHUJIAN, KIND_PETITION, NULL);
    expect(&r, &id, CONVENOR);
    cluster_free(r.c);
}

static void a_result_goes_to_whoever_handed_the_case_over(void **state)
{
    (void)state;
    struct relay r = relay_create();
    struct hash id = act(&r, YINGJI, KIND_REPORT_BACK, NULL);
    expect(&r, &id, -1);                                      /* it found the hazard itself */
    id = act(&r, ZHUJIAN, KIND_ACCEPT, NULL);
    expect(&r, &id, YINGJI);
    id = act(&r, ZHUJIAN, KIND_REPORT_BACK, NULL);
    expect(&r, &id, YINGJI);
    act(&r, CONVENOR, KIND_RULE, NULL);
    id = act(&r, XIAOFANG, KIND_SIGN_FOR, NULL);
    expect(&r, &id, CONVENOR);
    id = act(&r, XIAOFANG, KIND_REPORT_BACK, NULL);
    expect(&r, &id, CONVENOR);
    cluster_free(r.c);
}

/* Whoever is concerned by a recall is offered nothing by it: no fiction of its delivery. */
static void only_offers_are_deemed_delivered(void **state)
{
    (void)state;
    struct relay r = relay_create();
    struct ledger *l = r.c->members[YINGJI].ledger;
    struct position offer, recall;
    struct act_level level;
    struct hash id = act(&r, YINGJI, KIND_RECALL, NULL);
    assert_int_equal(ledger_find_id(l, &r.report, &offer), OK);
    assert_int_equal(ledger_find_id(l, &id, &recall), OK);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned by[] = {CONVENOR, XIAOFANG};
        struct ledger *other = r.c->members[by[i]].ledger;
        struct cosign_own own = {.log = ledger_log(other, "yingji", 0)->no};
        struct cosigned c;
        struct buffer note = {0};
        assert_int_equal(ledger_cosign_give(other, r.c->members[by[i]].cosigner, START_S + 9,
                                            &own, 1), OK);
        assert_int_equal(ledger_cosigned(other, &own.row, &c), OK);
        assert_int_equal(cosigned_encode(&c, &note), OK);
        struct cosign_item item = {.note = buffer_span(&note)};
        assert_int_equal(ledger_cosign_take(l, &item, 1), OK);
        buffer_clear(&note);
    }
    assert_int_equal(ledger_level(l, offer, START_S + 864000, &level), OK);
    assert_true(level_deemed(&level, START_S + 864000));
    assert_int_equal(ledger_level(l, recall, START_S + 864000, &level), OK);
    assert_int_equal(level.mirrored, 2);
    assert_int_equal(level.offered.v, MEMBER_NONE);
    assert_int_equal(level.deemed_s, 0);
    assert_false(level_deemed(&level, START_S + 864000));
    cluster_free(r.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_concerns_whom_the_domain_says),
        cmocka_unit_test(a_kind_that_nobody_knows_concerns_nobody),
        cmocka_unit_test(an_act_without_the_field_refers_to_nothing),
        cmocka_unit_test(an_author_is_not_concerned_by_its_own_act),
        cmocka_unit_test(what_answers_or_takes_back_an_offer_finds_the_other_side),
        cmocka_unit_test(a_result_goes_to_whoever_handed_the_case_over),
        cmocka_unit_test(only_offers_are_deemed_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
