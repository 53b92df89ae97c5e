/* Questions answered from a real ledger in a temporary home. */
#include "ledger/query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/cluster.h"

enum { ANWEIBAN, YINGJI, XIAOFANG, ZHUJIAN, MEMBERS };
enum { START_S = 1772294400 };

struct fixture { struct cluster *c; struct hash first, second; };

static json_t *ask(struct cluster *c, unsigned member, json_t *request)
{
    json_t *reply = NULL;
    assert_non_null(request);
    assert_int_equal(ledger_refresh(c->members[member].ledger), OK);
    assert_int_equal(query_run(c->members[member].ledger, request, START_S + 86400, &reply), OK);
    json_decref(request);
    return reply;
}

static const char *text(const json_t *o, const char *key)
{
    const char *value = json_string_value(json_object_get(o, key));
    return value == NULL ? "" : value;
}

static size_t count(const json_t *o, const char *key)
{
    return json_array_size(json_object_get(o, key));
}

static const json_t *first_of(const json_t *o, const char *key)
{
    return json_array_get(json_object_get(o, key), 0);
}

static json_t *cases_of(struct cluster *c, const char *key, const char *value)
{
    return ask(c, ZHUJIAN, json_pack("{s:s,s:s}", "query", "cases", key, value));
}

static void offer(struct cluster *c, const struct hash *id, const char *to)
{
    struct cluster_act a;
    cluster_act_init(&a, KIND_OFFER, id);
    cluster_fact_text(&a, FACT_TO, to);
    cluster_fact_text(&a, FACT_CLAUSE, "art. 1");
    cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    cluster_append(c, YINGJI, &a, NULL);
    cluster_act_clear(&a);
}

static int setup(void **state)
{
    static struct fixture f;
    struct cluster_options options = {.seed = 7, .members = MEMBERS, .start_s = START_S};
    f.c = cluster_create(&options);
    cluster_open_all(f.c);
    f.first = cluster_report(f.c, YINGJI, 1);
    f.second = cluster_report(f.c, YINGJI, 2);
    offer(f.c, &f.first, "zhujian");
    cluster_share(f.c);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cluster_free(f->c);
    return 0;
}

static void cases_come_newest_first_and_a_page_at_a_time(void **state)
{
    struct fixture *f = *state;
    json_t *page = ask(f->c, YINGJI, json_pack("{s:s,s:i}", "query", "cases", "limit", 1));
    assert_int_equal(count(page, "cases"), 1);
    char newest[64];
    snprintf(newest, sizeof newest, "%s", text(first_of(page, "cases"), "id"));
    json_t *rest = ask(f->c, YINGJI,
                       json_pack("{s:s,s:s}", "query", "cases", "after", text(page, "next")));
    assert_int_equal(count(rest, "cases"), 1);
    assert_string_not_equal(text(first_of(rest, "cases"), "id"), newest);
    assert_null(json_object_get(rest, "next"));
    json_decref(page);
    json_decref(rest);
}

static void cases_are_filtered_by_custodian_and_grade(void **state)
{
    struct fixture *f = *state;
    json_t *ours = cases_of(f->c, "custodian", "yingji");
    json_t *none = cases_of(f->c, "custodian", "zhujian");
    json_t *major = cases_of(f->c, "grade", "major");
    json_t *nobody = cases_of(f->c, "custodian", "x");
    assert_int_equal(count(ours, "cases"), 2);
    assert_int_equal(count(none, "cases"), 0);
    assert_int_equal(count(major, "cases"), 0);
    assert_string_equal(text(nobody, "error"), "ERR_UNKNOWN_MEMBER");
    json_decref(ours);
    json_decref(none);
    json_decref(major);
    json_decref(nobody);
}

static void a_case_is_found_by_an_unambiguous_beginning(void **state)
{
    struct fixture *f = *state;
    json_t *list = ask(f->c, YINGJI, json_pack("{s:s}", "query", "cases"));
    const char *number = text(first_of(list, "cases"), "number");
    char stem[64];
    snprintf(stem, sizeof stem, "%.*s", (int)strlen(number) - 2, number);
    json_t *shown = ask(f->c, YINGJI, json_pack("{s:s,s:s}", "query", "show", "case", stem));
    assert_null(json_object_get(shown, "error"));
    assert_string_equal(text(json_object_get(shown, "case"), "number"), number);
    json_decref(shown);
    json_decref(list);
}

static void an_ambiguous_beginning_lists_its_candidates(void **state)
{
    struct fixture *f = *state;
    json_t *reply = ask(f->c, YINGJI, json_pack("{s:s,s:s}", "query", "show", "case", "yingji"));
    assert_string_equal(text(reply, "error"), "ERR_RANGE");
    assert_int_equal(count(reply, "candidates"), 2);
    json_decref(reply);
}

static void a_wrong_check_character_is_named_and_its_neighbour_shown(void **state)
{
    struct fixture *f = *state;
    json_t *list = ask(f->c, YINGJI, json_pack("{s:s}", "query", "cases"));
    char number[64];
    snprintf(number, sizeof number, "%s",
             text(first_of(list, "cases"), "number"));
    char *check = number + strlen(number) - 1;
    *check = *check == 'A' ? 'B' : 'A';
    json_t *reply = ask(f->c, YINGJI, json_pack("{s:s,s:s}", "query", "show", "case", number));
    assert_string_equal(text(reply, "error"), "ERR_NOTFOUND");
    assert_non_null(strstr(text(reply, "message"), "check character"));
    assert_int_equal(count(reply, "candidates"), 1);
    json_decref(reply);
    json_decref(list);
}

static void an_unknown_beginning_is_not_found(void **state)
{
    struct fixture *f = *state;
    json_t *reply = ask(f->c, YINGJI, json_pack("{s:s,s:s}", "query", "show", "case", "nobody"));
    assert_string_equal(text(reply, "error"), "ERR_NOTFOUND");
    assert_null(json_object_get(reply, "candidates"));
    json_decref(reply);
}

static void an_offer_waits_in_the_inbox_of_the_member_offered_to(void **state)
{
    struct fixture *f = *state;
    json_t *theirs = ask(f->c, ZHUJIAN, json_pack("{s:s}", "query", "inbox"));
    json_t *ours = ask(f->c, YINGJI, json_pack("{s:s}", "query", "inbox"));
    assert_int_equal(count(theirs, "offered"), 1);
    assert_int_equal(count(theirs, "open"), 0);
    assert_int_equal(count(ours, "offered"), 0);
    assert_int_equal(count(ours, "open"), 2);
    json_decref(theirs);
    json_decref(ours);
}

static void the_timeline_shows_acts_with_facts_and_signers(void **state)
{
    struct fixture *f = *state;
    char hex[HASH_BYTES * 2 + 1];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(f->first.b, HASH_BYTES)), OK);
    json_t *reply = ask(f->c, ZHUJIAN, json_pack("{s:s,s:s}", "query", "show", "case", hex));
    const json_t *acts = json_object_get(reply, "acts");
    assert_int_equal(json_array_size(acts), 2);
    const json_t *last = json_array_get(acts, 1);
    assert_string_equal(text(last, "kind"), "offer");
    assert_string_equal(text(last, "verdict"), "valid");
    assert_string_equal(text(json_object_get(last, "facts"), "to"), "zhujian");
    assert_string_equal(text(json_object_get(last, "facts"), "ground"), "competent");
    assert_int_equal(count(last, "signers"), 1);
    json_decref(reply);
}

static bool has_kind(const json_t *reply, json_int_t kind)
{
    size_t i;
    const json_t *spot;
    json_array_foreach(json_object_get(reply, "spots"), i, spot) {
        if (json_integer_value(json_object_get(spot, "kind")) == kind)
            return true;
    }
    return false;
}

static void open_offers_are_listed_by_age_and_are_no_blind_spot(void **state)
{
    struct fixture *f = *state;
    json_t *reply = ask(f->c, ANWEIBAN, json_pack("{s:s}", "query", "blindspots"));
    assert_int_equal(count(reply, "offers"), 1);
    const json_t *offer = json_array_get(json_object_get(reply, "offers"), 0);
    assert_true(json_integer_value(json_object_get(offer, "age_s")) > 0);
    assert_false(has_kind(reply, 1));
    assert_false(has_kind(reply, 3));
    json_decref(reply);
}

static void refuse(struct fixture *f, const char *suggest)
{
    struct cluster_act a;
    cluster_act_init(&a, KIND_REFUSE, &f->first);
    cluster_fact_uint(&a, FACT_CODE, REFUSE_NO_JURISDICTION);
    cluster_fact_text(&a, FACT_SUGGEST, suggest);
    cluster_append(f->c, ZHUJIAN, &a, NULL);
    cluster_act_clear(&a);
    cluster_share(f->c);
}

static void two_refusals_are_ping_pong_and_one_is_not(void **state)
{
    struct fixture *f = *state;
    refuse(f, "xiaofang");
    json_t *once = ask(f->c, ANWEIBAN, json_pack("{s:s}", "query", "blindspots"));
    assert_false(has_kind(once, 3));
    json_decref(once);
    offer(f->c, &f->first, "zhujian");
    cluster_share(f->c);
    refuse(f, "xiaofang");
    json_t *twice = ask(f->c, ANWEIBAN, json_pack("{s:s}", "query", "blindspots"));
    assert_true(has_kind(twice, 3));
    json_decref(twice);
}

static void compose_names_what_an_act_builds_on(void **state)
{
    struct fixture *f = *state;
    char hex[HASH_BYTES * 2 + 1];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(f->first.b, HASH_BYTES)), OK);
    json_t *reply = ask(f->c, ZHUJIAN, json_pack("{s:s,s:s,s:s}", "query", "compose", "kind",
                                                 "accept", "case", hex));
    assert_string_equal(text(reply, "member"), "zhujian");
    assert_int_equal(strlen(text(reply, "base")), HASH_BYTES * 2);
    assert_int_equal(count(reply, "refs"), 1);
    json_decref(reply);
    reply = ask(f->c, ZHUJIAN, json_pack("{s:s,s:s}", "query", "compose", "kind", "dance"));
    assert_string_equal(text(reply, "error"), "ERR_UNSUPPORTED");
    json_decref(reply);
}

static void members_and_officers_are_listed_and_found_by_key(void **state)
{
    struct fixture *f = *state;
    char hex[PUBKEY_BYTES * 2 + 1];
    const struct signkey *key = f->c->members[YINGJI].officers[OFFICER_HANDLER];
    json_t *members = ask(f->c, YINGJI, json_pack("{s:s}", "query", "members"));
    assert_int_equal(count(members, "members"), MEMBERS);
    const struct span key_bytes = span_of(signkey_public(key)->b, PUBKEY_BYTES);
    assert_int_equal(hex_encode(hex, sizeof hex, key_bytes), OK);
    json_t *one = ask(f->c, ZHUJIAN, json_pack("{s:s,s:s}", "query", "officers", "key", hex));
    assert_int_equal(count(one, "officers"), 1);
    assert_string_equal(text(first_of(one, "officers"), "member"), "yingji");
    json_decref(one);
    json_decref(members);
}

static void an_unknown_question_is_refused(void **state)
{
    struct fixture *f = *state;
    json_t *reply = ask(f->c, YINGJI, json_pack("{s:s}", "query", "weather"));
    assert_string_equal(text(reply, "error"), "ERR_UNSUPPORTED");
    json_decref(reply);
}

static json_t *spot_of_kind(const json_t *reply, int kind, size_t *found)
{
    json_t *spot, *first = NULL;
    size_t i;
    *found = 0;
    json_array_foreach(json_object_get(reply, "spots"), i, spot) {
        if (json_integer_value(json_object_get(spot, "kind")) != kind)
            continue;
        first = (*found)++ == 0 ? spot : first;
    }
    return first;
}

static void a_forked_log_is_one_blind_spot_whatever_its_proofs(void **state)
{
    struct fixture *f = *state;
    struct ledger *l = f->c->members[ZHUJIAN].ledger;
    const struct log *log = ledger_log(l, "yingji", 0);
    struct txn *t;
    size_t found;
    json_t *reply = ask(f->c, ZHUJIAN, json_pack("{s:s}", "query", "blindspots"));
    assert_null(spot_of_kind(reply, 14, &found));
    json_decref(reply);
    assert_int_equal(txn_write(ledger_store(l), &t), OK);
    for (uint8_t i = 1; i <= 3; i++)
        assert_int_equal(log_fork_put(t, log->no, span_of("a", 1), span_of(&i, 1), NULL), OK);
    assert_int_equal(txn_commit(t), OK);
    reply = ask(f->c, ZHUJIAN, json_pack("{s:s}", "query", "blindspots"));
    const json_t *spot = spot_of_kind(reply, 14, &found);
    assert_int_equal(found, 1);
    assert_string_equal(json_string_value(first_of(spot, "members")), "yingji");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(spot, "detail"),
                                                        "proofs")), 3);
    json_decref(reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cases_come_newest_first_and_a_page_at_a_time),
        TEST(cases_are_filtered_by_custodian_and_grade),
        TEST(a_case_is_found_by_an_unambiguous_beginning),
        TEST(an_ambiguous_beginning_lists_its_candidates),
        TEST(a_wrong_check_character_is_named_and_its_neighbour_shown),
        TEST(an_unknown_beginning_is_not_found),
        TEST(an_offer_waits_in_the_inbox_of_the_member_offered_to),
        TEST(the_timeline_shows_acts_with_facts_and_signers),
        TEST(open_offers_are_listed_by_age_and_are_no_blind_spot),
        TEST(two_refusals_are_ping_pong_and_one_is_not),
        TEST(compose_names_what_an_act_builds_on),
        TEST(members_and_officers_are_listed_and_found_by_key),
        TEST(a_forked_log_is_one_blind_spot_whatever_its_proofs),
        TEST(an_unknown_question_is_refused),
    };
    if (keys_start() != OK)
        return 1;
    return cmocka_run_group_tests_name("query_query", tests, NULL, NULL);
}
