#include "node/notify_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "ledger/cosign.h"
#include "node/notify_event.h"
#include "node/notify_rows.h"
#include "tests/support/cluster.h"

enum { CONVENOR, YINGJI, XIAOFANG, ZHUJIAN, COUNT };
#define START_S UINT64_C(1772323200)

/* Ours is xiaofang. */
struct bench { struct cluster *c; struct ledger *l; struct notify_look *k; };

static void look_open(struct bench *b)
{
    assert_int_equal(notify_look_open(b->k, b->l, "xiaofang"), OK);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct cluster_options options = {.seed = 5, .members = COUNT, .start_s = START_S};
    b->c = cluster_create(&options);
    b->k = calloc(1, sizeof *b->k);
    cluster_open_all(b->c);
    b->l = b->c->members[XIAOFANG].ledger;
    look_open(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    cluster_free(b->c);
    free(b->k);
    free(b);
    return 0;
}

/* Looks until nothing is left to be looked at. */
static void look(struct bench *b)
{
    b->k->touched = true;
    do {
        assert_int_equal(notify_look_round(b->k, b->c->now_s), OK);
    } while (b->k->due);
}

/* The n-th event of the queue, a new reference; NULL. */
static json_t *event(struct bench *b, unsigned n)
{
    struct txn *t;
    uint64_t seq = 0;
    struct span bytes;
    json_t *o = NULL;
    assert_int_equal(txn_read(ledger_store(b->l), &t), OK);
    enum err err = notify_event_next(t, &seq);
    for (; err == OK && n > 0; n--) {
        seq++;
        err = notify_event_next(t, &seq);
    }
    if (err == OK) {
        assert_int_equal(notify_event_get(t, seq, &bytes), OK);
        assert_int_equal(bytes.data[bytes.len - 1], '\n');
        o = json_loadb((const char *)bytes.data, bytes.len, 0, NULL);
        assert_non_null(o);
    }
    txn_abort(t);
    return o;
}

static void demand_text(const json_t *o, const char *key, const char *expected)
{
    assert_non_null(json_object_get(o, key));
    assert_string_equal(json_string_value(json_object_get(o, key)), expected);
}

/* The queue holds so many; the last is of this kind, about this entry. */
static void demand(struct bench *b, unsigned count, const char *kind, const struct hash *entry)
{
    char hex[2 * HASH_BYTES + 1], id[96];
    look(b);
    assert_int_equal(b->k->queued, count);
    if (kind == NULL) {
        return;
    }
    json_t *o = event(b, count - 1);
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(entry->b, HASH_BYTES)), OK);
    snprintf(id, sizeof id, "%s-%s", kind, hex);
    demand_text(o, "event", kind);
    demand_text(o, "entry", hex);
    demand_text(o, "id", id);
    json_decref(o);
}

static struct hash append(struct bench *b, unsigned member, struct cluster_act *a)
{
    struct hash id;
    cluster_append(b->c, member, a, &id);
    cluster_act_clear(a);
    return id;
}

static struct hash report(struct bench *b, unsigned member, const char *to)
{
    struct cluster_act a = {.kind = KIND_REPORT};
    if (to != NULL) {
        cluster_fact_text(&a, FACT_TO, to);
    }
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_MAJOR);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(&a, FACT_CLAUSE, "x");
    return append(b, member, &a);
}

static struct hash assign(struct bench *b, const char *to)
{
    struct cluster_act a = {.kind = KIND_ASSIGN};
    cluster_fact_text(&a, FACT_TO, to);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_GENERAL);
    cluster_fact_uint(&a, FACT_DUE_ON, 20600);
    return append(b, CONVENOR, &a);
}

static struct hash refuse(struct bench *b, unsigned member, const struct hash *case_id)
{
    struct cluster_act a = {.kind = KIND_REFUSE, .case_id = case_id};
    cluster_fact_uint(&a, FACT_CODE, REFUSE_NO_JURISDICTION);
    cluster_fact_text(&a, FACT_SUGGEST, "zhujian");
    return append(b, member, &a);
}

static struct hash rule(struct bench *b, const struct hash *case_id, const char *to)
{
    struct cluster_act a = {.kind = KIND_RULE, .case_id = case_id};
    cluster_fact_text(&a, FACT_TO, to);
    cluster_fact_uint(&a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
    return append(b, CONVENOR, &a);
}

static void offer_to_us_is_told_and_others_are_not(void **state)
{
    struct bench *b = *state;
    report(b, YINGJI, NULL);
    report(b, YINGJI, "zhujian");
    cluster_share(b->c);
    demand(b, 0, NULL, NULL);
    struct hash id = report(b, YINGJI, "xiaofang");
    demand(b, 0, NULL, NULL);                             /* not here yet */
    cluster_share(b->c);
    demand(b, 1, "offer", &id);
    json_t *o = event(b, 0);
    demand_text(o, "act", "report");
    demand_text(o, "author", "yingji");
    demand_text(o, "to", "xiaofang");
    demand_text(o, "grade", "major");
    assert_int_equal(json_integer_value(json_object_get(o, "format")), 1);
    assert_int_equal(strncmp(json_string_value(json_object_get(o, "number")), "yingji-2026-", 12),
                     0);
    json_decref(o);
    demand(b, 1, NULL, NULL);                             /* once */
}

static void assignment_to_us_is_told_and_others_are_not(void **state)
{
    struct bench *b = *state;
    assign(b, "yingji");
    cluster_share(b->c);
    demand(b, 0, NULL, NULL);
    struct hash id = assign(b, "xiaofang");
    cluster_share(b->c);
    demand(b, 1, "assignment", &id);
}

static void refusal_of_our_offer_is_told_and_others_are_not(void **state)
{
    struct bench *b = *state;
    struct hash theirs = report(b, YINGJI, "zhujian"), ours = report(b, XIAOFANG, "zhujian");
    cluster_share(b->c);
    refuse(b, ZHUJIAN, &theirs);
    cluster_share(b->c);
    demand(b, 0, NULL, NULL);
    struct hash id = refuse(b, ZHUJIAN, &ours);
    cluster_share(b->c);
    demand(b, 1, "refusal", &id);
    json_t *o = event(b, 0);
    demand_text(o, "code", "no-jurisdiction");
    demand_text(o, "suggest", "zhujian");
    json_decref(o);
}

static void ruling_that_names_us_or_ends_ours_is_told(void **state)
{
    struct bench *b = *state;
    struct hash ours = report(b, XIAOFANG, NULL), theirs = report(b, ZHUJIAN, NULL);
    cluster_share(b->c);
    rule(b, &theirs, "zhujian");
    cluster_share(b->c);
    demand(b, 0, NULL, NULL);
    struct hash takes = rule(b, &ours, "zhujian");
    cluster_share(b->c);
    demand(b, 1, "ruling", &takes);
    struct hash gives = rule(b, &theirs, "xiaofang");
    cluster_share(b->c);
    demand(b, 2, "ruling", &gives);
}

static void act_that_waits_is_told_when_it_is_decided(void **state)
{
    struct bench *b = *state;
    struct hash theirs = report(b, ZHUJIAN, NULL);
    cluster_pull(b->c, CONVENOR, ZHUJIAN);
    struct hash id = rule(b, &theirs, "xiaofang");
    cluster_pull_log(b->c, XIAOFANG, CONVENOR, CONVENOR);  /* not the report that it cites */
    demand(b, 0, NULL, NULL);
    assert_int_equal(b->k->open_count, 1);
    look_open(b);                                         /* after a crash as well */
    assert_int_equal(b->k->open_count, 1);
    cluster_share(b->c);
    demand(b, 1, "ruling", &id);
    assert_int_equal(b->k->open_count, 0);
    look_open(b);
    assert_int_equal(b->k->open_count, 0);
    demand(b, 1, "ruling", &id);
}

static void cosign(struct bench *b, unsigned log_of, unsigned by, uint64_t time_s)
{
    struct cosigned c = {.time_s = 0};
    struct buffer note = {0};
    struct note head;
    const struct log *log = ledger_log(b->l, b->c->members[log_of].id, 0);
    memcpy(c.head.origin, log->origin, sizeof c.head.origin);
    c.head.size = log->frontier.size;
    assert_int_equal(log_root(ledger_txn(b->l), log, c.head.size, &c.head.root), OK);
    assert_int_equal(checkpoint_sign(&c.head, b->c->members[log_of].node, &note), OK);
    assert_int_equal(note_decode(&head, buffer_span(&note)), OK);
    c.log_key_id = head.sigs[0].id;
    memcpy(c.log_sig.b, head.sigs[0].payload.data, SIG_BYTES);
    note_clear(&head);
    strcpy(c.member, b->c->members[by].id);
    assert_int_equal(cosigned_sign(&c, b->c->members[by].cosigner, time_s), OK);
    buffer_reset(&note);
    assert_int_equal(cosigned_encode(&c, &note), OK);
    struct cosign_item item = {.note = buffer_span(&note)};
    assert_int_equal(ledger_cosign_take(b->l, &item, 1), OK);
    assert_int_equal(item.err, OK);
    buffer_clear(&note);
}

static void delivery_of_our_offer_is_told(void **state)
{
    struct bench *b = *state;
    report(b, XIAOFANG, NULL);
    struct hash id = report(b, XIAOFANG, "zhujian");
    demand(b, 0, NULL, NULL);
    assert_int_equal(b->k->open_count, 1);
    cosign(b, XIAOFANG, YINGJI, b->c->now_s + 10);        /* somebody else holds it */
    demand(b, 0, NULL, NULL);
    cosign(b, XIAOFANG, ZHUJIAN, b->c->now_s + 20);
    demand(b, 1, "delivery", &id);
    assert_int_equal(b->k->open_count, 0);
    json_t *o = event(b, 0);
    assert_int_equal(json_integer_value(json_object_get(o, "delivered_s")), b->c->now_s + 20);
    json_decref(o);
}

static void delivery_is_not_waited_for_once_it_was_answered(void **state)
{
    struct bench *b = *state;
    struct hash ours = report(b, XIAOFANG, "zhujian");
    demand(b, 0, NULL, NULL);
    assert_int_equal(b->k->open_count, 1);
    cluster_share(b->c);
    struct hash id = refuse(b, ZHUJIAN, &ours);
    cluster_share(b->c);
    demand(b, 1, "refusal", &id);
    assert_int_equal(b->k->open_count, 0);
}

static void crash_at_any_time_loses_and_doubles_nothing(void **state)
{
    struct bench *b = *state;
    struct hash first = report(b, YINGJI, "xiaofang");
    cluster_share(b->c);
    look_open(b);                                         /* before it was looked at */
    demand(b, 1, "offer", &first);
    look_open(b);                                         /* after it was queued */
    demand(b, 1, "offer", &first);
    struct hash second = report(b, YINGJI, "xiaofang");
    cluster_share(b->c);
    look_open(b);
    demand(b, 2, "offer", &second);
    const uint64_t seq = b->k->next_seq - 2;
    assert_int_equal(notify_look_drop(b->k, &seq, 1), OK);
    look_open(b);
    demand(b, 1, "offer", &second);
}

static void it_begins_with_the_present(void **state)
{
    struct bench *b = *state;
    struct cluster *c = b->c;
    report(b, YINGJI, "zhujian");
    cluster_share(c);
    b->l = c->members[ZHUJIAN].ledger;                    /* where it was off until now */
    assert_int_equal(notify_look_open(b->k, b->l, "zhujian"), OK);
    demand(b, 0, NULL, NULL);
    struct hash id = report(b, YINGJI, "zhujian");
    cluster_share(c);
    demand(b, 1, "offer", &id);
}

static void full_queue_passes_nothing_over(void **state)
{
    struct bench *b = *state;
    struct hash id = report(b, YINGJI, "xiaofang");
    cluster_share(b->c);
    b->k->queued = NOTIFY_MAX;
    look(b);
    assert_int_equal(b->k->queued, NOTIFY_MAX);
    b->k->queued = 0;
    demand(b, 1, "offer", &id);
}

static void log_with_too_much_open_holds_up_no_other(void **state)
{
    struct bench *b = *state;
    uint32_t no = ledger_log(b->l, "yingji", 0)->no.v;
    report(b, YINGJI, "xiaofang");
    struct hash other = assign(b, "xiaofang");
    cluster_share(b->c);
    b->k->open[no] = NOTIFY_OPEN_PER_LOG;
    demand(b, 1, "assignment", &other);
    b->k->open[no] = 0;
    look(b);
    assert_int_equal(b->k->queued, 2);
}

int main(void)
{
#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_BENCH(offer_to_us_is_told_and_others_are_not),
        WITH_BENCH(assignment_to_us_is_told_and_others_are_not),
        WITH_BENCH(refusal_of_our_offer_is_told_and_others_are_not),
        WITH_BENCH(ruling_that_names_us_or_ends_ours_is_told),
        WITH_BENCH(act_that_waits_is_told_when_it_is_decided),
        WITH_BENCH(delivery_of_our_offer_is_told),
        WITH_BENCH(delivery_is_not_waited_for_once_it_was_answered),
        WITH_BENCH(crash_at_any_time_loses_and_doubles_nothing),
        WITH_BENCH(it_begins_with_the_present),
        WITH_BENCH(full_queue_passes_nothing_over),
        WITH_BENCH(log_with_too_much_open_holds_up_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
