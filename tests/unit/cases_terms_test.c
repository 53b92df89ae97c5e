/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/cases/terms.h"

/* 2026-03-05 was a Thursday; seconds of a time of day in UTC+8. */
#define THURSDAY_S (UINT64_C(1772668800) - 8 * 3600)
static uint64_t at(unsigned days, unsigned hour, unsigned minute)
{
    return THURSDAY_S + days * UINT64_C(86400) + hour * UINT64_C(3600) + minute * UINT64_C(60);
}

static void a_major_or_imminent_offer_is_deemed_delivered_after_four_hours(void **state)
{
    (void)state;
    const struct term_row *major = term_deemed_delivery(GRADE_MAJOR);
    assert_ptr_equal(term_deemed_delivery(GRADE_IMMINENT), major);
    assert_int_equal(term_end(major, at(0, 22, 30)), at(1, 2, 30));
    assert_int_equal(term_end(major, at(2, 9, 0)), at(2, 13, 0));      /* a Saturday as well */
}

static void a_general_one_after_a_working_day(void **state)
{
    (void)state;
    const struct term_row *general = term_deemed_delivery(GRADE_GENERAL);
    assert_int_equal(term_end(general, at(0, 15, 20)), at(1, 15, 20));
    assert_int_equal(term_end(general, at(1, 15, 20)), at(4, 15, 20)); /* Friday to Monday */
    assert_int_equal(term_end(general, at(2, 15, 20)), at(5, 0, 0));   /* a Saturday is Monday */
    assert_int_equal(term_end(general, at(3, 0, 1)), at(5, 0, 0));
    assert_int_equal(term_end(general, at(4, 0, 0)), at(5, 0, 0));
    assert_int_equal(term_end(general, at(1, 23, 59)), at(4, 23, 59));
}

static void each_length_says_where_it_comes_from(void **state)
{
    (void)state;
    for (enum grade g = GRADE_GENERAL; g <= GRADE_IMMINENT; g++) {
        assert_string_equal(term_deemed_delivery(g)->basis, "本委约定");
        assert_string_equal(term_deemed_delivery(g)->origin, "ours");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_major_or_imminent_offer_is_deemed_delivered_after_four_hours),
        cmocka_unit_test(a_general_one_after_a_working_day),
        cmocka_unit_test(each_length_says_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
