#include "tools/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct option_row own[] = {
    {"to", "MEMBER", ""}, {"open", NULL, ""}, {NULL, NULL, NULL}};
static const struct option_row common[] = {{"home", "DIR", ""}, {NULL, NULL, NULL}};
static const struct option_row *const tables[] = {own, NULL, common};

static enum err parse(struct args *a, int argc, const char *const *argv, enum args_fault *fault)
{
    char *copy[16];
    const char *at;
    for (int i = 0; i < argc; i++)
        copy[i] = (char *)(uintptr_t)argv[i];
    return args_parse(a, argc, copy, tables, 3, fault, &at);
}

static void options_and_words_may_stand_in_any_order(void **state)
{
    const char *const argv[] = {"c1", "--to", "zhujian", "--open", "c2", "--home=/x"};
    struct args a;
    enum args_fault fault;
    (void)state;
    assert_int_equal(parse(&a, 6, argv, &fault), OK);
    assert_int_equal(a.word_count, 2);
    assert_string_equal(args_word(&a, 1), "c2");
    assert_null(args_word(&a, 2));
    assert_string_equal(args_value(&a, "to"), "zhujian");
    assert_string_equal(args_value(&a, "home"), "/x");
    assert_true(args_has(&a, "open"));
}

static void the_last_value_counts_and_all_are_kept(void **state)
{
    const char *const argv[] = {"--to", "a", "--to=b"};
    struct args a;
    enum args_fault fault;
    (void)state;
    assert_int_equal(parse(&a, 3, argv, &fault), OK);
    assert_string_equal(args_value(&a, "to"), "b");
    assert_string_equal(args_nth(&a, "to", 0), "a");
    assert_string_equal(args_nth(&a, "to", 1), "b");
    assert_null(args_nth(&a, "to", 2));
}

static void two_dashes_end_the_options(void **state)
{
    const char *const argv[] = {"--", "--to", "-x"};
    struct args a;
    enum args_fault fault;
    (void)state;
    assert_int_equal(parse(&a, 3, argv, &fault), OK);
    assert_int_equal(a.word_count, 2);
    assert_false(args_has(&a, "to"));
}

static void an_unknown_option_is_refused(void **state)
{
    const char *const argv[] = {"--too", "x"}, *const dash[] = {"-t"};
    struct args a;
    enum args_fault fault;
    (void)state;
    assert_int_equal(parse(&a, 2, argv, &fault), ERR_USAGE);
    assert_int_equal(fault, ARGS_UNKNOWN);
    assert_int_equal(parse(&a, 1, dash, &fault), ERR_USAGE);
    assert_int_equal(fault, ARGS_UNKNOWN);
}

static void a_missing_and_a_needless_value_are_told_apart(void **state)
{
    const char *const missing[] = {"--to"}, *const needless[] = {"--open=yes"};
    struct args a;
    enum args_fault fault;
    (void)state;
    assert_int_equal(parse(&a, 1, missing, &fault), ERR_USAGE);
    assert_int_equal(fault, ARGS_NO_VALUE);
    assert_int_equal(parse(&a, 1, needless, &fault), ERR_USAGE);
    assert_int_equal(fault, ARGS_NO_FLAG_VALUE);
}

static void too_many_words_are_refused(void **state)
{
    char *argv[ARGS_MAX + 1];
    struct args a;
    enum args_fault fault;
    const char *at;
    static char word[] = "w";
    (void)state;
    for (int i = 0; i <= ARGS_MAX; i++)
        argv[i] = word;
    assert_int_equal(args_parse(&a, ARGS_MAX, argv, tables, 3, &fault, &at), OK);
    assert_int_equal(args_parse(&a, ARGS_MAX + 1, argv, tables, 3, &fault, &at), ERR_USAGE);
    assert_int_equal(fault, ARGS_TOO_MANY);
}

static void a_mistyped_option_finds_its_neighbour(void **state)
{
    (void)state;
    assert_string_equal(args_nearest(tables, 3, "--hoem"), "home");
    assert_string_equal(args_nearest(tables, 3, "--opne=1"), "open");
    assert_null(args_nearest(tables, 3, "--zzz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_words_may_stand_in_any_order),
        cmocka_unit_test(the_last_value_counts_and_all_are_kept),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_unknown_option_is_refused),
        cmocka_unit_test(a_missing_and_a_needless_value_are_told_apart),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(a_mistyped_option_finds_its_neighbour),
    };
    return cmocka_run_group_tests_name("tools_options", tests, NULL, NULL);
}
