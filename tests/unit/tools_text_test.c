/* What people read and write: widths and tables, dates, tab-separated tables, photographs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/dates.h"
#include "tools/grid.h"
#include "tools/photo.h"
#include "tools/tsv.h"

static void chinese_takes_two_cells_and_bad_bytes_one(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("市应急管理局"), 12);
    assert_int_equal(text_width("案件 a1"), 7);
    assert_int_equal(text_width("\xff\xfe"), 2);
    assert_int_equal(text_width("e\xcc\x81"), 1);
}

static void marks_of_direction_are_shown_and_turn_nothing(void **state)
{
    (void)state;
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);
    assert_non_null(out);
    text_pad(out, "a\u202eb\u2066c\u200fd", 0);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(shown, "a?b?c?d");
    free(shown);
}

static void columns_are_aligned_by_width(void **state)
{
    const char *const heading[] = {"id", "名称"};
    struct grid g;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    grid_init(&g, 2, heading);
    grid_row(&g, (const char *[]){"市局", "x"});
    grid_row(&g, (const char *[]){NULL, "line\nbreak\x1b[2J"});
    grid_print(&g, out);
    fclose(out);
    assert_string_equal(text, "id    名称\n市局  x\n      line?break?[2J\n");
    free(text);
    grid_clear(&g);
}

static void dates_are_read_in_the_forms_people_write(void **state)
{
    uint64_t days;
    (void)state;
    assert_int_equal(date_parse("1970-01-01", &days), OK);
    assert_int_equal(days, 0);
    assert_int_equal(date_parse("20260301", &days), OK);
    assert_int_equal(days, 20513);
    assert_int_equal(date_parse("2026.3.1", &days), OK);
    assert_int_equal(days, 20513);
    assert_int_equal(date_parse("2024-02-29", &days), OK);
}

static void days_that_no_calendar_has_are_refused(void **state)
{
    static const char *const wrong[] = {
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-4-3",
        "2026-4-3x",  "2026-4.3",   "",           "1969-12-31", "202641"};
    uint64_t days;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(date_parse(wrong[i], &days), ERR_FORMAT);
}

static void times_are_of_utc_plus_8(void **state)
{
    char text[DATE_TEXT_BYTES];
    (void)state;
    time_format(1772294400, text);
    assert_string_equal(text, "2026-03-01 00:00");
    time_format(0, text);
    assert_string_equal(text, "");
    assert_int_equal(date_of(1772294399), 20512);
    assert_int_equal(date_of(1772294400), 20513);
}

static void write_file(char path[32], const char *text)
{
    strcpy(path, "/tmp/jieli-tsv-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void a_table_is_read_by_its_heading(void **state)
{
    struct tsv t;
    char path[32];
    (void)state;
    write_file(path, "# id\tname of it\tlead\n# a comment\n\nrq\t城镇燃气\tzhujian\r\ncn\t储能\n");
    assert_int_equal(tsv_open(&t, path), OK);
    unlink(path);
    assert_true(tsv_has(&t, "name"));
    assert_false(tsv_has(&t, "supports"));
    assert_true(tsv_next(&t));
    assert_string_equal(tsv_cell(&t, "id"), "rq");
    assert_string_equal(tsv_cell(&t, "lead"), "zhujian");
    assert_string_equal(tsv_cell(&t, "supports"), "");
    assert_true(tsv_next(&t));
    assert_string_equal(tsv_cell(&t, "lead"), "");
    assert_false(tsv_next(&t));
    tsv_close(&t);
}

static void a_table_without_heading_is_refused(void **state)
{
    struct tsv t;
    char path[32];
    (void)state;
    write_file(path, "rq\tzhujian\n");
    assert_int_equal(tsv_open(&t, path), ERR_FORMAT);
    tsv_close(&t);
    unlink(path);
    assert_int_equal(tsv_open(&t, path), ERR_NOTFOUND);
    tsv_close(&t);
}

static void lists_are_cut_at_commas(void **state)
{
    char text[] = "a, b,,c";
    const char *pieces[2];
    (void)state;
    assert_int_equal(tsv_split(text, pieces, 2), 3);
    assert_string_equal(pieces[0], "a");
    assert_string_equal(pieces[1], "b");
}

static const uint8_t JPEG[] = {
    0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xe1, 0, 8, 'E', 'x', 'i', 'f', 0, 9,
    0xff, 0xfe, 0, 3, 'c', 0xff, 0xda, 0, 3, 7, 0x11, 0xff, 0x00, 0x22, 0xff, 0xd3, 0x33,
    0xff, 0xd9, 'm', 'o', 'r', 'e'};

static void a_photograph_loses_what_it_tells_and_keeps_its_picture(void **state)
{
    static const uint8_t clean[] = {0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xda, 0, 3, 7,
                                    0x11, 0xff, 0x00, 0x22, 0xff, 0xd3, 0x33, 0xff, 0xd9};
    struct buffer out = {0};
    (void)state;
    assert_int_equal(photo_strip(span_of(JPEG, sizeof JPEG), &out), OK);
    assert_int_equal(out.len, sizeof clean);
    assert_memory_equal(out.data, clean, sizeof clean);
    buffer_clear(&out);
}

static void what_is_no_whole_photograph_is_refused(void **state)
{
    struct buffer out = {0};
    (void)state;
    assert_int_equal(photo_strip(span_of("\x89PNG\r\n", 6), &out), ERR_FORMAT);
    for (size_t len = 2; len < 37; len++) {
        buffer_reset(&out);
        assert_int_not_equal(photo_strip(span_of(JPEG, len), &out), OK);
    }
    buffer_reset(&out);
    assert_int_equal(photo_strip(span_of(JPEG, 37), &out), OK);
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_cells_and_bad_bytes_one),
        cmocka_unit_test(marks_of_direction_are_shown_and_turn_nothing),
        cmocka_unit_test(columns_are_aligned_by_width),
        cmocka_unit_test(dates_are_read_in_the_forms_people_write),
        cmocka_unit_test(days_that_no_calendar_has_are_refused),
        cmocka_unit_test(times_are_of_utc_plus_8),
        cmocka_unit_test(a_table_is_read_by_its_heading),
        cmocka_unit_test(a_table_without_heading_is_refused),
        cmocka_unit_test(lists_are_cut_at_commas),
        cmocka_unit_test(a_photograph_loses_what_it_tells_and_keeps_its_picture),
        cmocka_unit_test(what_is_no_whole_photograph_is_refused),
    };
    return cmocka_run_group_tests_name("tools_text", tests, NULL, NULL);
}
