/* Orders of erasure carried out: what they reach, what stays, and who still has to confirm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/erasure.h"
#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/cluster_part.h"

enum { CONVENOR = 0, AUTHOR = 1, OTHER = 2, STRANGER = 3 };

struct sample { struct cluster *c; struct hash id, text, photo; };

static int setup(void **state)
{
    static struct sample s;
    const struct cluster_options options = {.seed = 73, .members = 4, .start_s = 1767225600};
    struct cluster_act a;
    s.c = cluster_create(&options);
    cluster_open_all(s.c);
    cluster_report_act(&a, 1);
    struct cluster_part *text = cluster_part_create(s.c, AUTHOR, &a, PART_TEXT, PART_SEALED,
                                                    span_of("who lives there", 15));
    struct cluster_part *photo = cluster_part_create(s.c, AUTHOR, &a, PART_PHOTO, PART_OPEN,
                                                     span_of("a picture", 9));
    cluster_append(s.c, AUTHOR, &a, &s.id);
    cluster_part_keep(s.c, AUTHOR, &s.id, text);
    cluster_part_keep(s.c, AUTHOR, &s.id, photo);
    s.text = text->ref.commitment;
    s.photo = photo->ref.commitment;
    cluster_part_free(text);
    cluster_part_free(photo);
    cluster_act_clear(&a);
    cluster_share(s.c);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    cluster_free(((struct sample *)*state)->c);
    return 0;
}

static struct hash erase(struct sample *s, unsigned by, enum step step, const struct hash *target)
{
    struct cluster_act a;
    struct hash id;
    cluster_act_init(&a, KIND_ERASE, &s->id);
    if (step == STEP_DECIDE)
        cluster_fact_text(&a, FACT_CLAUSE, "个人信息保护法第四十七条");
    cluster_fact_uint(&a, FACT_STEP, step);
    if (target != NULL)
        cluster_fact_hash(&a, FACT_TARGET, target);
    cluster_append(s->c, by, &a, &id);
    cluster_act_clear(&a);
    cluster_share(s->c);
    return id;
}

static unsigned carried_out(struct sample *s, unsigned member)
{
    unsigned erased = 99;
    assert_int_equal(ledger_erase(s->c->members[member].ledger, &s->id, &erased), OK);
    return erased;
}

static bool file_of(const struct sample *s, const struct hash *commitment, const char *ending)
{
    char hex[2 * HASH_BYTES + 1], path[HOME_PATH_BYTES];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(commitment->b, HASH_BYTES)), OK);
    snprintf(path, sizeof path, "%s/parts/%.2s/%s%s", s->c->members[AUTHOR].home, hex, hex,
             ending);
    return access(path, F_OK) == 0;
}

static void one_part_by_its_commitment_goes_and_the_other_stays(void **state)
{
    struct sample *s = *state;
    struct buffer plain = {0};
    struct hash by;
    const char *home = s->c->members[AUTHOR].home;
    assert_int_equal(carried_out(s, AUTHOR), 0);
    const struct hash order = erase(s, OTHER, STEP_DECIDE, &s->text);
    assert_int_equal(carried_out(s, AUTHOR), 1);
    assert_false(file_of(s, &s->text, ""));
    assert_false(file_of(s, &s->text, ".card"));
    assert_true(part_erased(home, &s->text, &by));
    assert_true(hash_equal(&by, &order));
    assert_true(part_held(home, &s->photo));
    assert_int_equal(cluster_part_open(s->c, AUTHOR, &s->id, &s->text, &plain), ERR_NOTFOUND);
    assert_int_equal(cluster_part_open(s->c, AUTHOR, &s->id, &s->photo, &plain), OK);
    assert_int_equal(carried_out(s, AUTHOR), 0);
    buffer_clear(&plain);
}

static void order_for_the_case_reaches_what_it_had_seen_and_no_more(void **state)
{
    struct sample *s = *state;
    struct cluster_act a;
    struct hash later_id;
    erase(s, OTHER, STEP_DECIDE, NULL);
    cluster_act_init(&a, KIND_PROGRESS, &s->id);
    struct cluster_part *later = cluster_part_create(s->c, AUTHOR, &a, PART_TEXT, PART_SEALED,
                                                     span_of("written afterwards", 18));
    cluster_append(s->c, AUTHOR, &a, &later_id);
    cluster_part_keep(s->c, AUTHOR, &later_id, later);
    assert_int_equal(carried_out(s, AUTHOR), 2);
    assert_true(part_held(s->c->members[AUTHOR].home, &later->ref.commitment));
    cluster_part_free(later);
    cluster_act_clear(&a);
}

static void erased_part_comes_back_by_no_way(void **state)
{
    struct sample *s = *state;
    struct entry e;
    struct part_place at;
    struct buffer whole = {0};
    struct ledger *author = s->c->members[AUTHOR].ledger;
    assert_int_equal(ledger_part_held(author, &s->text, &e, &at), OK);
    assert_int_equal(ledger_part_carry(author, &at, (struct member_no){AUTHOR}, &whole), OK);
    erase(s, OTHER, STEP_DECIDE, &s->id);
    assert_int_equal(carried_out(s, AUTHOR), 2);
    assert_int_equal(ledger_part_take(author, &s->text, buffer_span(&whole)), ERR_NOTFOUND);
    assert_false(part_held(s->c->members[AUTHOR].home, &s->text));
    buffer_clear(&whole);
}

/* The mark was written and the files were not removed, as after a crash. */
static void erasure_cut_short_is_finished(void **state)
{
    struct sample *s = *state;
    const char *home = s->c->members[AUTHOR].home;
    struct hash commitment;
    static const uint8_t salt[SALT_BYTES] = {1};
    assert_int_equal(part_store(home, salt, span_of("left", 4), &commitment), OK);
    assert_int_equal(part_erase(home, &commitment, &s->id), OK);
    assert_int_equal(part_store(home, salt, span_of("left", 4), &commitment), OK);
    assert_int_equal(part_erase(home, &commitment, &s->id), OK);
    assert_false(part_held(home, &commitment));
}

static void order_that_names_nothing_of_the_case_erases_nothing(void **state)
{
    struct sample *s = *state;
    erase(s, OTHER, STEP_DECIDE, &s->photo);
    const struct hash stranger = {{9}};
    erase(s, OTHER, STEP_DECIDE, &stranger);             /* reaches nothing here */
    assert_int_equal(carried_out(s, AUTHOR), 1);
    assert_true(part_held(s->c->members[AUTHOR].home, &s->text));
}

static void expect_duty(struct sample *s, const struct hash *order, unsigned member,
                        enum erasure_duty wanted)
{
    struct erasures e;
    enum erasure_duty duties[4];
    struct ledger *l = s->c->members[CONVENOR].ledger;
    assert_int_equal(erasures_load(l, &s->id, &e), OK);
    for (size_t i = 0; i < e.order_count; i++) {
        if (!hash_equal(&e.orders[i].id, order))
            continue;
        erasure_duties(l, &e, &e.orders[i], duties, 4);
        assert_int_equal(duties[member], wanted);
    }
    assert_true(e.order_count > 0);
    erasures_clear(&e);
}

static void whoever_may_hold_a_copy_confirms(void **state)
{
    struct sample *s = *state;
    const struct hash order = erase(s, OTHER, STEP_DECIDE, &s->text);
    expect_duty(s, &order, CONVENOR, ERASURE_MISSING);
    expect_duty(s, &order, AUTHOR, ERASURE_MISSING);
    expect_duty(s, &order, OTHER, ERASURE_NONE);         /* it ordered, and had no copy */
    expect_duty(s, &order, STRANGER, ERASURE_NONE);
    erase(s, AUTHOR, STEP_CONFIRM, &order);
    expect_duty(s, &order, AUTHOR, ERASURE_CONFIRMED);
    expect_duty(s, &order, CONVENOR, ERASURE_MISSING);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(one_part_by_its_commitment_goes_and_the_other_stays),
        T(order_for_the_case_reaches_what_it_had_seen_and_no_more),
        T(erased_part_comes_back_by_no_way),
        T(erasure_cut_short_is_finished),
        T(order_that_names_nothing_of_the_case_erases_nothing),
        T(whoever_may_hold_a_copy_confirms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
