#include "node/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct sink { int fd[2]; struct logger logger; };

static void sink_init(struct sink *s, enum log_level level)
{
    assert_int_equal(pipe(s->fd), 0);
    s->logger = (struct logger){.fd = s->fd[1], .level = level};
}

/* Everything written so far after the time stamp; closes the sink. */
static void sink_end(struct sink *s, char *out, size_t room)
{
    const size_t stamp = strlen("2026-03-01T08:00:00.123Z ");
    close(s->fd[1]);
    ssize_t n = read(s->fd[0], out, room - 1);
    close(s->fd[0]);
    assert_true(n >= 0);
    out[n] = '\0';
    if (n > 0) {
        memmove(out, out + stamp, strlen(out + stamp) + 1);
    }
}

static void event_is_one_line_of_keys_and_values(void **state)
{
    (void)state;
    struct sink s;
    struct logline line;
    char text[2048];
    sink_init(&s, LEVEL_INFO);
    logline_begin(&line, &s.logger, LEVEL_WARN, "act");
    logline_uint(&line, "uid", 1000);
    logline_text(&line, "member", "zhujian");
    logline_err(&line, ERR_GAP);
    logline_err(&line, OK);
    logline_end(&line);
    sink_end(&s, text, sizeof text);
    assert_string_equal(text, "level=warn event=act uid=1000 member=zhujian err=ERR_GAP\n");
}

static void value_cannot_forge_a_line_or_a_field(void **state)
{
    (void)state;
    struct sink s;
    struct logline line;
    char text[2048];
    sink_init(&s, LEVEL_INFO);
    logline_begin(&line, &s.logger, LEVEL_INFO, "x");
    logline_text(&line, "a", "one\ntwo=3 \"4\"\\");
    logline_text(&line, "b", "");
    logline_text(&line, "c", "市安委办");
    logline_text(&line, "d", "of two");
    logline_end(&line);
    sink_end(&s, text, sizeof text);
    assert_string_equal(text, "level=info event=x a=\"one\\x0atwo=3 \\\"4\\\"\\\\\" b=\"\" "
                              "c=市安委办 d=\"of two\"\n");
}

static void line_that_is_not_wanted_is_not_written(void **state)
{
    (void)state;
    struct sink s;
    struct logline line;
    char text[2048];
    sink_init(&s, LEVEL_WARN);
    logline_begin(&line, &s.logger, LEVEL_INFO, "x");
    logline_text(&line, "a", "b");
    logline_end(&line);
    sink_end(&s, text, sizeof text);
    assert_string_equal(text, "");
}

static void long_values_are_cut_and_the_line_stays_whole(void **state)
{
    (void)state;
    struct sink s;
    struct logline line;
    char text[2048], value[2000];
    memset(value, '\n', sizeof value);
    value[sizeof value - 1] = '\0';
    sink_init(&s, LEVEL_INFO);
    logline_begin(&line, &s.logger, LEVEL_INFO, "x");
    for (int i = 0; i < 5; i++) {
        logline_text(&line, "a", value);
    }
    logline_end(&line);
    sink_end(&s, text, sizeof text);
    assert_true(strlen(text) < LOGLINE_BYTES);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_int_equal(text[strlen(text) - 2], '"');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_is_one_line_of_keys_and_values),
        cmocka_unit_test(value_cannot_forge_a_line_or_a_field),
        cmocka_unit_test(line_that_is_not_wanted_is_not_written),
        cmocka_unit_test(long_values_are_cut_and_the_line_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
