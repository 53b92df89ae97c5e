/* Finding: cases by number, prefix and id, their lists, entries by id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/paper.h"

enum { MEMBER = 2, OTHER = 3, CASES = 5 };

struct fixture { struct cluster *c; struct ledger *l; struct hash ids[CASES]; };

static int setup(void **state)
{
    const struct cluster_options options = {.seed = 95, .members = 4, .start_s = 1772323200};
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->c = cluster_create(&options);
    cluster_open_all(f->c);
    f->l = f->c->members[MEMBER].ledger;
    for (unsigned i = 0; i < CASES; i++)
        f->ids[i] = cluster_report(f->c, MEMBER, i);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cluster_free(f->c);
    free(f);
    return 0;
}

static void number_of(struct fixture *f, unsigned i, char out[CASE_NUMBER_BYTES])
{
    struct case_state s;
    assert_int_equal(ledger_state(f->l, &f->ids[i], &s), OK);
    assert_int_equal(case_number_format(out, f->c->members[MEMBER].id, s.opened_s, s.opened_epoch,
                                        s.opened_index), OK);
}

static void a_case_is_found_by_its_number_and_by_a_prefix(void **state)
{
    struct fixture *f = *state;
    char number[CASE_NUMBER_BYTES];
    struct hash found[CASES + 1];
    size_t count;
    number_of(f, 3, number);
    assert_int_equal(ledger_find_case(f->l, number, found, CASES, &count), OK);
    assert_int_equal(count, 1);
    assert_true(hash_equal(&found[0], &f->ids[3]));
    number[strlen(number) - 1] = '\0';
    assert_int_equal(ledger_find_case(f->l, number, found, CASES, &count), OK);
    assert_true(hash_equal(&found[0], &f->ids[3]));
    strcpy(number + strlen(number) - 1, "x");
    assert_int_equal(ledger_find_case(f->l, number, found, CASES, &count), ERR_NOTFOUND);
    assert_int_equal(count, 0);
}

static void a_prefix_of_several_numbers_is_ambiguous(void **state)
{
    struct fixture *f = *state;
    struct hash found[CASES + 1];
    size_t count;
    assert_int_equal(ledger_find_case(f->l, "xiaofang-", found, CASES + 1, &count), ERR_RANGE);
    assert_int_equal(count, CASES);
    assert_int_equal(ledger_find_case(f->l, "xiaofang-", found, 2, &count), ERR_RANGE);
    assert_int_equal(count, 2);
    assert_int_equal(ledger_find_case(f->l, "xiaofang-", found, 1, &count), ERR_RANGE);
    assert_int_equal(ledger_find_case(f->l, "zhujian-", found, 2, &count), ERR_NOTFOUND);
    assert_int_equal(ledger_find_case(f->l, "", found, 2, &count), ERR_NOTFOUND);
}

static void hex_of(const struct hash *id, char hex[2 * HASH_BYTES + 1])
{
    assert_int_equal(hex_encode(hex, 2 * HASH_BYTES + 1, span_of(id->b, HASH_BYTES)), OK);
}

static void a_case_is_found_by_the_hex_digits_of_its_id(void **state)
{
    struct fixture *f = *state;
    char hex[2 * HASH_BYTES + 1];
    struct hash found[2];
    size_t count;
    hex_of(&f->ids[1], hex);
    for (size_t len = 2 * HASH_BYTES; len >= 8; len -= 7) {
        hex[len] = '\0';
        assert_int_equal(ledger_find_case(f->l, hex, found, 2, &count), OK);
        assert_true(hash_equal(&found[0], &f->ids[1]));
    }
    hex[7] = '\0';
    assert_int_equal(ledger_find_case(f->l, hex, found, 2, &count), ERR_NOTFOUND);
}

/* Of two ids that share their first eight digits, the ninth decides. */
static void an_odd_hex_digit_counts(void **state)
{
    struct fixture *f = *state;
    char hex[2 * HASH_BYTES + 1];
    struct hash found[2];
    size_t count;
    hex_of(&f->ids[1], hex);
    hex[9] = '\0';
    hex[8] = hex[8] == '0' ? '1' : '0';
    assert_int_equal(ledger_find_case(f->l, hex, found, 2, &count), ERR_NOTFOUND);
}

static unsigned listed(struct ledger *l, struct member_no custodian, struct hash *out)
{
    struct case_cursor cursor = {.custodian = custodian};
    struct case_state s;
    unsigned n = 0;
    while (ledger_case_next(l, &cursor, &s) == OK) {
        struct case_cursor copy = {.custodian = custodian, .started = true,
                                   .key_len = cursor.key_len};
        memcpy(copy.key, cursor.key, cursor.key_len);
        cursor = copy;
        out[n++] = s.id;
    }
    return n;
}

static void cases_are_listed_newest_first_and_by_custodian(void **state)
{
    struct fixture *f = *state;
    struct hash list[2 * CASES];
    struct hash other = cluster_report(f->c, OTHER, 1);
    cluster_share(f->c);
    assert_int_equal(listed(f->l, (struct member_no){MEMBER_NONE}, list), CASES + 1);
    assert_true(hash_equal(&list[0], &other));
    for (unsigned i = 0; i < CASES; i++)
        assert_true(hash_equal(&list[i + 1], &f->ids[CASES - 1 - i]));
    assert_int_equal(listed(f->l, (struct member_no){MEMBER}, list), CASES);
    assert_true(hash_equal(&list[0], &f->ids[CASES - 1]));
    assert_int_equal(listed(f->l, (struct member_no){OTHER}, list), 1);
    assert_int_equal(listed(f->l, (struct member_no){1}, list), 0);
}

static void act(struct fixture *f, unsigned by, struct cluster_act *a)
{
    cluster_append(f->c, by, a, NULL);
    cluster_act_clear(a);
    cluster_share(f->c);
}

static void a_case_moves_between_lists_and_its_entries_are_found(void **state)
{
    struct fixture *f = *state;
    struct cluster_act a;
    struct position at[8];
    struct hash list[2 * CASES], id = f->ids[0];
    size_t count;
    cluster_act_init(&a, KIND_OFFER, &id);
    cluster_fact_text(&a, FACT_TO, f->c->members[OTHER].id);
    cluster_fact_text(&a, FACT_CLAUSE, "c");
    cluster_fact_uint(&a, FACT_GROUND, GROUND_NEAR);
    act(f, MEMBER, &a);
    cluster_act_init(&a, KIND_ACCEPT, &id);
    act(f, OTHER, &a);
    assert_int_equal(listed(f->l, (struct member_no){MEMBER}, list), CASES - 1);
    assert_int_equal(listed(f->l, (struct member_no){OTHER}, list), 1);
    assert_int_equal(ledger_case_entries(f->l, &id, at, 8, &count), OK);
    assert_int_equal(count, 3);
    assert_int_equal(ledger_case_entries(f->l, &id, at, 2, &count), ERR_TOO_LARGE);
    struct position opening;
    assert_int_equal(ledger_find_id(f->l, &id, &opening), OK);
    assert_int_equal(opening.index, at[0].index);
    id.b[31] ^= 1;
    assert_int_equal(ledger_find_id(f->l, &id, &opening), ERR_NOTFOUND);
    assert_int_equal(ledger_case_entries(f->l, &id, at, 8, &count), ERR_NOTFOUND);
}

static void an_ended_case_stands_behind_the_open_ones(void **state)
{
    struct fixture *f = *state;
    struct cluster_act a;
    struct hash list[2 * CASES], *newest = &f->ids[CASES - 1];
    cluster_act_init(&a, KIND_VERIFY, newest);
    cluster_fact_uint(&a, FACT_OUTCOME, OUTCOME_PASS);
    a.signer_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        a.signers[i].member = MEMBER;
        a.signers[i].officer = OFFICER_VERIFIER + i;
        a.signers[i].role = ROLE_VERIFY;
    }
    act(f, MEMBER, &a);
    cluster_act_init(&a, KIND_CLOSE, newest);
    act(f, MEMBER, &a);
    assert_int_equal(listed(f->l, (struct member_no){MEMBER}, list), CASES);
    assert_true(hash_equal(&list[0], &f->ids[CASES - 2]));
    assert_true(hash_equal(&list[CASES - 1], newest));
}

#define WITH_CASES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CASES(a_case_is_found_by_its_number_and_by_a_prefix),
        WITH_CASES(a_prefix_of_several_numbers_is_ambiguous),
        WITH_CASES(a_case_is_found_by_the_hex_digits_of_its_id),
        WITH_CASES(an_odd_hex_digit_counts),
        WITH_CASES(cases_are_listed_newest_first_and_by_custodian),
        WITH_CASES(a_case_moves_between_lists_and_its_entries_are_found),
        WITH_CASES(an_ended_case_stands_behind_the_open_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
