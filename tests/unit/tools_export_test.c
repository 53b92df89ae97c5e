#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/query/query.h"
#include "tests/support/cluster.h"
#include "tools/export_file.h"

static void act(struct cluster *c, unsigned member, uint32_t kind, const struct hash *case_id)
{
    struct cluster_act a;
    cluster_act_init(&a, kind, case_id);
    if (kind == KIND_OFFER) {
        cluster_fact_text(&a, FACT_TO, c->members[2].id);
        cluster_fact_text(&a, FACT_CLAUSE, "安全生产法第六十九条");
        cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    }
    if (kind == KIND_PLAN) {
        cluster_fact_uint(&a, FACT_DUE_ON, 20500);
        cluster_fact_uint(&a, FACT_FIVE, 5);
    }
    if (kind == KIND_SUPERVISE)
        cluster_fact_uint(&a, FACT_LEVEL, SUPERVISE_CITY);
    cluster_append(c, member, &a, NULL);
    cluster_act_clear(&a);
    cluster_share(c);
}

static struct cluster *committee(void)
{
    const struct cluster_options options = {.seed = 11, .members = 4, .start_s = 1767225600};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    struct hash one = cluster_report(c, 1, 1), two = cluster_report(c, 3, 2);
    cluster_share(c);
    act(c, 1, KIND_OFFER, &one);
    act(c, 2, KIND_ACCEPT, &one);
    act(c, 2, KIND_PLAN, &one);
    act(c, 0, KIND_SUPERVISE, &two);
    act(c, 3, KIND_PROGRESS, &two);
    return c;
}

struct text { char *bytes; size_t len; };

static struct text export_of(struct cluster *c, unsigned member)
{
    struct text t;
    FILE *out = open_memstream(&t.bytes, &t.len);
    assert_non_null(out);
    assert_int_equal(export_write(c->members[member].ledger, out), OK);
    assert_int_equal(fclose(out), 0);
    return t;
}

static enum err fold_of(const struct text *in, struct text *out, uint64_t *at)
{
    struct export_file f;
    FILE *from = fmemopen(in->bytes, in->len, "r"), *to = open_memstream(&out->bytes, &out->len);
    assert_non_null(from);
    assert_non_null(to);
    enum err err = export_read(&f, from);
    *at = f.line;
    if (err == OK)
        err = export_fold(&f, to);
    export_clear(&f);
    fclose(from);
    assert_int_equal(fclose(to), 0);
    return err;
}

/* Verdicts by id and states by case of a text of lines. */
static json_t *outcome(const struct text *t)
{
    json_t *o = json_object();
    for (char *line = t->bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *j = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(j);
        if (json_object_get(j, "log") != NULL)
            json_object_set_new(o, json_string_value(json_object_get(j, "id")),
                                json_pack("{s:O,s:O*}", "verdict", json_object_get(j, "verdict"),
                                          "reason", json_object_get(j, "reason")));
        else if (json_object_get(j, "case") != NULL) {
            char key[80];
            snprintf(key, sizeof key, "case %s", json_string_value(json_object_get(j, "case")));
            json_object_set(o, key, j);
        }
        json_decref(j);
    }
    return o;
}

static void export_folded_without_a_home_gives_the_same(void **state)
{
    struct cluster *c = committee();
    struct text written = export_of(c, 0), folded;
    uint64_t at;
    (void)state;
    assert_int_equal(fold_of(&written, &folded, &at), OK);
    json_t *a = outcome(&written), *b = outcome(&folded);
    assert_true(json_object_size(a) > 20);
    assert_true(json_equal(a, b));
    json_decref(a);
    json_decref(b);
    free(written.bytes);
    free(folded.bytes);
    cluster_free(c);
}

static void entry_comes_back_from_its_json_byte_for_byte(void **state)
{
    struct cluster *c = committee();
    struct ledger *l = c->members[0].ledger;
    const struct log *log;
    unsigned count = 0;
    (void)state;
    for (unsigned i = 0; (log = ledger_log_at(l, i)) != NULL; i++) {
        for (uint64_t k = 0; k < log->frontier.size; k++, count++) {
            struct buffer bytes = {0};
            struct entry is, was;
            struct span stored;
            json_t *line;
            assert_int_equal(query_entry_json(l, (struct position){log->no, k}, &line), OK);
            assert_int_equal(export_entry_bytes(line, &bytes), OK);
            assert_int_equal(entry_decode(&is, buffer_span(&bytes)), OK);
            assert_int_equal(log_read(ledger_txn(l), log->no, k, &stored), OK);
            assert_int_equal(entry_decode(&was, stored), OK);
            assert_int_equal(is.payload.len, was.payload.len);
            assert_memory_equal(is.payload.data, was.payload.data, was.payload.len);
            json_decref(line);
            buffer_clear(&bytes);
        }
    }
    assert_true(count > 20);
    cluster_free(c);
}

static void damaged_export_is_refused_with_its_line(void **state)
{
    struct cluster *c = committee();
    struct text written = export_of(c, 0), folded;
    uint64_t at;
    (void)state;
    char *second = strchr(written.bytes, '\n') + 1, *third = strchr(second, '\n') + 1;
    struct text cut = {written.bytes, written.len - (size_t)(third - second)};
    memmove(second, third, strlen(third) + 1);
    assert_int_equal(fold_of(&cut, &folded, &at), ERR_GAP);
    assert_int_equal(at, 2);
    free(folded.bytes);
    second[0] = '[';
    assert_int_equal(fold_of(&cut, &folded, &at), ERR_FORMAT);
    free(folded.bytes);
    struct text none = {written.bytes, 1};
    assert_int_equal(fold_of(&none, &folded, &at), ERR_FORMAT);
    assert_int_equal(at, 1);
    free(folded.bytes);
    free(written.bytes);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export_folded_without_a_home_gives_the_same),
        cmocka_unit_test(entry_comes_back_from_its_json_byte_for_byte),
        cmocka_unit_test(damaged_export_is_refused_with_its_line),
    };
    return keys_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
