#include "tools/fact_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum err encode(const char *fact, const char *text, struct buffer *out)
{
    buffer_reset(out);
    return fact_value_encode(fact_row_by_name(fact), &text, 1, 1772294400, out);
}

static void assert_encodes(const char *fact, const char *text, const char *bytes, size_t len)
{
    struct buffer out = {0};
    assert_int_equal(encode(fact, text, &out), OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, bytes, len);
    buffer_clear(&out);
}

static void assert_refuses(const char *fact, const char *text, enum err err)
{
    struct buffer out = {0};
    assert_int_equal(encode(fact, text, &out), err);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
}

static void codes_are_taken_by_name_and_by_chinese_word(void **state)
{
    (void)state;
    assert_encodes("grade", "major", "\x02", 1);
    assert_encodes("grade", "重大", "\x02", 1);
    assert_encodes("ground", "谁主管", "\x01", 1);
    assert_refuses("grade", "huge", ERR_RANGE);
    assert_refuses("grade", "", ERR_RANGE);
}

static void a_set_is_a_list_of_codes_or_all(void **state)
{
    (void)state;
    assert_encodes("five", "duty,term", "\x09", 1);
    assert_encodes("five", "责任,预案", "\x11", 1);
    assert_encodes("five", "all", "\x18\x1f", 2);
    assert_refuses("five", "duty,nothing", ERR_RANGE);
    assert_refuses("five", "duty,", ERR_FORMAT);
}

static void dates_are_days_and_today_is_one(void **state)
{
    (void)state;
    assert_encodes("due-on", "2026-03-02", "\x19\x50\x22", 3);
    assert_encodes("due-on", "today", "\x19\x50\x21", 3);
    assert_refuses("due-on", "tomorrow", ERR_FORMAT);
}

static void lists_and_tracks_are_cut_at_commas(void **state)
{
    (void)state;
    assert_encodes("supports", "a,b", "\x82\x61" "a\x61" "b", 5);
    assert_encodes("tracks", "t=m", "\x81\x82\x61t\x61m", 6);
    assert_refuses("tracks", "t", ERR_FORMAT);
    assert_refuses("tracks", "=m", ERR_FORMAT);
    assert_refuses("supports", "a,,b", ERR_FORMAT);
}

static void ids_are_whole_and_texts_within_their_room(void **state)
{
    char hex[65], text[200];
    (void)state;
    memset(hex, 'a', 64);
    hex[64] = 0;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    struct buffer out = {0};
    assert_int_equal(encode("target", hex, &out), OK);
    assert_int_equal(out.len, 35);
    buffer_clear(&out);
    assert_refuses("target", "aaaa", ERR_FORMAT);
    assert_encodes("clause", "a", "\x61" "a", 2);
    assert_refuses("clause", text, ERR_FORMAT);
    assert_refuses("clause", "\xff", ERR_FORMAT);
    assert_refuses("clause", "", ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_taken_by_name_and_by_chinese_word),
        cmocka_unit_test(a_set_is_a_list_of_codes_or_all),
        cmocka_unit_test(dates_are_days_and_today_is_one),
        cmocka_unit_test(lists_and_tracks_are_cut_at_commas),
        cmocka_unit_test(ids_are_whole_and_texts_within_their_room),
    };
    return cmocka_run_group_tests_name("tools_fact_input", tests, NULL, NULL);
}
