#include "node/notify_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/transport.h"
#include "node/clock.h"

enum { WAIT_MS = 20000, SHORT_MS = 300 };

struct bench { char folder[64], program[96], out[96]; struct notify_run *run; };

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    strcpy(b->folder, "/tmp/jieli-notify-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->program, sizeof b->program, "%s/program", b->folder);
    snprintf(b->out, sizeof b->out, "%s/out", b->folder);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    notify_run_free(b->run);
    unlink(b->program);
    unlink(b->out);
    rmdir(b->folder);
    free(b);
    return 0;
}

/* A shell script, in which $OUT is a file of this test. */
static void begin(struct bench *b, const char *script, unsigned run_ms)
{
    FILE *f = fopen(b->program, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nOUT=%s\n%s\n", b->out, script);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(b->program, 0700), 0);
    assert_int_equal(notify_run_create(&b->run, b->program, run_ms), OK);
}

static void offer(struct bench *b, uint64_t seq, const char *event)
{
    assert_int_equal(notify_run_offer(b->run, seq, span_of(event, strlen(event))), OK);
}

/* Between two looks at a condition. */
static void breathe(void)
{
    poll(NULL, 0, 1);
}

static struct notify_result ended(struct bench *b)
{
    struct notify_result r;
    uint64_t until = clock_steady_ms() + WAIT_MS;
    while (!notify_run_take(b->run, &r)) {
        assert_true(clock_steady_ms() < until);
        breathe();
    }
    return r;
}

static void demand_file(const struct bench *b, const char *expected)
{
    char text[8192] = "";
    FILE *f = fopen(b->out, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void program_gets_the_event_on_its_standard_input(void **state)
{
    struct bench *b = *state;
    begin(b, "cat >>$OUT", 0);
    offer(b, 7, "{\"id\":\"one\"}\n");
    struct notify_result r = ended(b);
    assert_int_equal(r.seq, 7);
    assert_true(r.delivered);
    offer(b, 8, "{\"id\":\"two\"}\n");
    assert_true(ended(b).delivered);
    demand_file(b, "{\"id\":\"one\"}\n{\"id\":\"two\"}\n");
}

static void events_are_run_in_the_order_handed_over(void **state)
{
    struct bench *b = *state;
    char expected[64] = "";
    begin(b, "cat >>$OUT", 0);
    for (unsigned i = 0; i < NOTIFY_WINDOW; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        offer(b, 100 - i, text);
        strcat(expected, text);
    }
    for (unsigned i = 0; i < NOTIFY_WINDOW; i++) {
        assert_true(ended(b).delivered);
    }
    demand_file(b, expected);
}

static void more_than_the_window_is_refused(void **state)
{
    struct bench *b = *state;
    char large[NOTIFY_EVENT_BYTES + 1];
    memset(large, 'x', sizeof large);
    begin(b, "cat >$OUT", 0);
    assert_int_equal(notify_run_offer(b->run, 1, span_of(large, sizeof large)), ERR_TOO_LARGE);
    for (unsigned i = 0; i < NOTIFY_WINDOW; i++) {
        assert_int_equal(notify_run_offer(b->run, i, span_of(large, NOTIFY_EVENT_BYTES)), OK);
    }
    assert_int_equal(notify_run_offer(b->run, 99, span_of("x", 1)), ERR_BUSY);
    assert_true(ended(b).delivered);
    offer(b, 99, "x");
}

static void other_status_and_signal_are_no_delivery(void **state)
{
    struct bench *b = *state;
    begin(b, "read -r how; case $how in s*) kill -9 $$;; e*) echo no such mailbox >&2; exit 3;; "
             "esac", 0);
    offer(b, 1, "exit\n");
    struct notify_result r = ended(b);
    assert_false(r.delivered);
    assert_int_equal(r.status, 3);
    assert_string_equal(r.said, "no such mailbox\n");
    offer(b, 2, "signal\n");
    r = ended(b);
    assert_false(r.delivered);
    assert_int_equal(r.signal, 9);
    offer(b, 3, "good\n");
    assert_true(ended(b).delivered);
}

static void program_that_does_not_end_is_killed_with_its_children(void **state)
{
    struct bench *b = *state;
    begin(b, "sleep 1000 & echo $! >$OUT; echo waiting; wait", SHORT_MS);
    offer(b, 1, "x");
    struct notify_result r = ended(b);
    assert_true(r.timed_out);
    assert_false(r.delivered);
    assert_string_equal(r.said, "waiting\n");
    FILE *f = fopen(b->out, "r");
    int child = 0;
    assert_int_equal(fscanf(f, "%d", &child), 1);
    fclose(f);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    uint64_t until = clock_steady_ms() + WAIT_MS;
    for (;;) {
        char how = '?';
        f = fopen(path, "r");
        if (f == NULL || fscanf(f, "%*d %*s %c", &how) != 1 || how == 'Z' || how == 'X') {
            break;
        }
        fclose(f);
        f = NULL;
        assert_true(clock_steady_ms() < until);
        breathe();
    }
    if (f != NULL) {
        fclose(f);
    }
}

static void talkative_program_is_not_held_up(void **state)
{
    struct bench *b = *state;
    begin(b, "i=0; while [ $i -lt 3000 ]; do echo 012345678901234567890123456789012345678901234567;"
             "i=$((i+1)); done; exit 1", 0);
    offer(b, 1, "x");
    struct notify_result r = ended(b);
    assert_int_equal(r.status, 1);
    assert_int_equal(strlen(r.said), NOTIFY_SAID_BYTES - 1);
}

static void program_that_reads_nothing_is_no_failure(void **state)
{
    struct bench *b = *state;
    begin(b, "exit 0", 0);
    offer(b, 1, "x");
    assert_true(ended(b).delivered);
}

static void nothing_of_ours_is_open_in_the_program(void **state)
{
    struct bench *b = *state;
    int leak = open("/dev/null", O_RDONLY);            /* without O_CLOEXEC */
    begin(b, "ls /proc/self/fd | wc -l >$OUT; env | grep -c NOTIFY_SOCKET >>$OUT", 0);
    setenv("NOTIFY_SOCKET", "/x", 1);
    offer(b, 1, "x");
    ended(b);
    unsetenv("NOTIFY_SOCKET");
    close(leak);
    demand_file(b, "4\n0\n");                          /* 0, 1, 2 and the folder that is listed */
}

static void program_that_is_not_there_is_told(void **state)
{
    struct bench *b = *state;
    assert_int_equal(notify_run_create(&b->run, "/nonexistent/program", 0), OK);
    offer(b, 1, "x");
    struct notify_result r = ended(b);
    assert_false(r.delivered);
    assert_int_equal(r.err, ERR_NOTFOUND);
}

static bool take_nothing(void *ctx, struct transport_event *event)
{
    (void)ctx;
    buffer_clear(&event->frame);
    return true;
}

static void it_runs_beside_the_transport(void **state)
{
    struct bench *b = *state;
    struct transport *t = NULL;
    const struct transport_handler h = {.on_event = take_nothing};
    const struct transport_options o = {.handshake_ms = 0};
    assert_int_equal(transport_create(&t, &h, &o), OK);
    begin(b, "cat >$OUT", 0);
    offer(b, 1, "x");
    assert_true(ended(b).delivered);
    transport_close(t);
    demand_file(b, "x");
}

static void ending_kills_what_runs(void **state)
{
    struct bench *b = *state;
    begin(b, "echo begun >$OUT; sleep 1000", 0);
    offer(b, 1, "x");
    uint64_t until = clock_steady_ms() + WAIT_MS;
    while (access(b->out, F_OK) != 0) {
        assert_true(clock_steady_ms() < until);
        breathe();
    }
    uint64_t began = clock_steady_ms();
    notify_run_free(b->run);
    b->run = NULL;
    assert_true(clock_steady_ms() - began < WAIT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(program_gets_the_event_on_its_standard_input, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(events_are_run_in_the_order_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_the_window_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(other_status_and_signal_are_no_delivery, setup, teardown),
        cmocka_unit_test_setup_teardown(program_that_does_not_end_is_killed_with_its_children,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(talkative_program_is_not_held_up, setup, teardown),
        cmocka_unit_test_setup_teardown(program_that_reads_nothing_is_no_failure, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_of_ours_is_open_in_the_program, setup, teardown),
        cmocka_unit_test_setup_teardown(program_that_is_not_there_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(it_runs_beside_the_transport, setup, teardown),
        cmocka_unit_test_setup_teardown(ending_kills_what_runs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
