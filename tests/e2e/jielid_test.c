/* The program itself: options, exit statuses, what it says about a bad home. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "ledger/log/home.h"
#include "tests/support/cluster_keys.h"

enum { OUTPUT_BYTES = 8192 };

struct ran { int status; char output[OUTPUT_BYTES]; };

static struct ran run_program(const char *program, const char *options)
{
    struct ran r = {0};
    char command[2 * HOME_PATH_BYTES];
    int n = snprintf(command, sizeof command, "exec '%s' %s 2>&1 </dev/null", program, options);
    assert_true(n > 0 && (size_t)n < sizeof command);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    r.output[fread(r.output, 1, sizeof r.output - 1, out)] = '\0';
    int status = pclose(out);
    assert_true(WIFEXITED(status));
    r.status = WEXITSTATUS(status);
    return r;
}

static struct ran run(const char *options)
{
    char program[HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
    return run_program(program, options);
}

/* `jieli` lies beside jielid. */
static struct ran run_doctor(const struct cluster *c, unsigned member)
{
    char program[HOME_PATH_BYTES], options[HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
    program[strlen(program) - 1] = '\0';
    snprintf(options, sizeof options, "doctor --json --home '%s'", c->members[member].home);
    return run_program(program, options);
}

static struct ran run_on(const struct cluster *c, unsigned member, const char *more)
{
    char options[HOME_PATH_BYTES];
    snprintf(options, sizeof options, "--home '%s' %s", c->members[member].home, more);
    return run(options);
}

static void expect(struct ran r, int status, const char *word)
{
    if (r.status != status || strstr(r.output, word) == NULL) {
        print_error("exit %d: %s\n", r.status, r.output);
    }
    assert_int_equal(r.status, status);
    assert_non_null(strstr(r.output, word));
}

static void put_file(const struct cluster *c, unsigned member, const char *name, const char *text)
{
    char path[HOME_PATH_BYTES];
    assert_int_equal(home_path(path, sizeof path, c->members[member].home, name), OK);
    assert_int_equal(file_replace(path, span_of(text, strlen(text)), 0600), OK);
}

static int setup(void **state)
{
    const struct cluster_options options = {.seed = 21, .members = 2,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    *state = cluster_create(&options);
    return 0;
}

static int teardown(void **state)
{
    cluster_free(*state);
    return 0;
}

static void help_version_and_wrong_options(void **state)
{
    (void)state;
    expect(run("--help"), 0, "Example:");
    expect(run("--version"), 0, "jielid ");
    expect(run("--nonsense"), 64, "jielid --help");
    expect(run("--home /tmp extra"), 64, "jielid --help");
}

static void good_home_passes_the_check(void **state)
{
    expect(run_on(*state, 1, "--check"), 0, ": ok");
}

static void typo_is_told_with_file_and_line(void **state)
{
    put_file(*state, 1, "jieli.conf", "[node]\nmenber = yingji\n");
    expect(run_on(*state, 1, ""), 78, "jieli.conf:2: unknown key \"menber\"");
    expect(run_on(*state, 1, "--check"), 78, "jieli.conf:2: ");
}

static void good_conf_with_program(const struct cluster *c, const char *program)
{
    char path[HOME_PATH_BYTES], text[2048];
    struct buffer held = {0};
    assert_int_equal(home_path(path, sizeof path, c->members[1].home, "jieli.conf"), OK);
    assert_int_equal(file_read(path, 1024, &held), OK);
    snprintf(text, sizeof text, "%.*s\n[notify]\nrun = %s\n", (int)held.len,
             (const char *)held.data, program);
    buffer_clear(&held);
    put_file(c, 1, "jieli.conf", text);
}

static void notify_program_that_cannot_run_is_named(void **state)
{
    const struct cluster *c = *state;
    char program[HOME_PATH_BYTES];
    assert_int_equal(home_path(program, sizeof program, c->members[1].home, "tell"), OK);
    good_conf_with_program(c, program);
    expect(run_on(c, 1, "--check"), 78, "/tell err=ERR_NOTFOUND");
    expect(run_on(c, 1, "--check"), 78, "does not exist");
    put_file(c, 1, "tell", "#!/bin/sh\n");
    expect(run_on(c, 1, "--check"), 78, "chmod 755");
    assert_int_equal(chmod(program, 0700), 0);
    expect(run_on(c, 1, "--check"), 0, ": ok");
}

static void notify_program_that_cannot_run_keeps_no_node_from_starting(void **state)
{
    const struct cluster *c = *state;
    char path[HOME_PATH_BYTES];
    struct buffer log = {0};
    pid_t pid;
    good_conf_with_program(c, "/nonexistent/tell");
    struct ipc_client *client = daemon_up(c, 1, &pid);
    daemon_down(&client, pid);
    assert_int_equal(home_path(path, sizeof path, c->members[1].home, "jielid.log"), OK);
    assert_int_equal(file_read(path, 1 << 20, &log), OK);
    assert_int_equal(buffer_put_u8(&log, 0), OK);
    assert_non_null(strstr((const char *)log.data,
                           "level=warn event=notify-program what=/nonexistent/tell"));
    buffer_clear(&log);
}

static void missing_home_and_foreign_ledger_have_their_own_status(void **state)
{
    char text[256];
    expect(run("--home /nonexistent"), 66, "jieli init");
    snprintf(text, sizeof text, "[node]\nmember = yingji\nledger = %064d\n", 7);
    put_file(*state, 1, "jieli.conf", text);
    expect(run_on(*state, 1, ""), 67, "ERR_WRONG_LEDGER");
    expect(run_on(*state, 1, "--check"), 67, "ERR_WRONG_LEDGER");
}

static void key_file_open_to_others_is_refused(void **state)
{
    const struct cluster *c = *state;
    char path[HOME_PATH_BYTES];
    assert_int_equal(home_path(path, sizeof path, c->members[1].home, "node.key"), OK);
    assert_int_equal(chmod(path, 0644), 0);
    expect(run_on(c, 1, "--check"), 69, "0600");
    expect(run_on(c, 1, ""), 69, "0600");
}

static void second_daemon_on_a_home_is_refused(void **state)
{
    struct cluster *c = *state;
    pid_t pid = daemon_start(c, 1);
    struct ipc_client *client = daemon_connect(c, 1, pid);
    assert_non_null(client);
    expect(run_on(c, 1, ""), 75, "ERR_LOCKED");
    json_t *reply = daemon_ask(client, json_pack("{s:s}", "op", "peers"), (struct span){0}, NULL);
    assert_true(daemon_ok(reply));
    json_decref(reply);
    ipc_disconnect(client);
    assert_int_equal(daemon_stop(pid), 0);
}

/* A shell command in a member's home. */
static void in_home(const struct cluster *c, unsigned member, const char *what)
{
    char command[2 * HOME_PATH_BYTES];
    int n = snprintf(command, sizeof command, "cd '%s' && %s", c->members[member].home, what);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command), 0);
}

static void key_file_that_is_a_link_is_told_as_such(void **state)
{
    in_home(*state, 1, "mv node.key elsewhere && ln -s elsewhere node.key");
    expect(run_on(*state, 1, "--check"), 69, "symbolic link");
    in_home(*state, 1, "rm node.key && mv elsewhere node.key && chmod 644 node.key");
    expect(run_on(*state, 1, "--check"), 69, "chmod 0600");
}

static void key_of_another_member_is_told_as_such(void **state)
{
    in_home(*state, 1, "cp ../anweiban/node.key .");
    expect(run_on(*state, 1, "--check"), 69, "admitted with");
    expect(run_on(*state, 1, ""), 69, "admitted with");
}

static void truncated_genesis_is_named_with_its_remedy(void **state)
{
    in_home(*state, 1, "truncate -s 100 genesis");
    expect(run_on(*state, 1, "--check"), 66, "genesis is damaged");
    expect(run_on(*state, 1, ""), 66, "/genesis");
}

static void shortened_database_is_refused_before_it_is_read(void **state)
{
    in_home(*state, 1, "test $(stat -c %s db/data.mdb) -gt 20000 && truncate -s 20000 db/data.mdb");
    expect(run_on(*state, 1, "--check"), 70, "db/data.mdb");
    expect(run_on(*state, 1, ""), 70, "cut short");
}

static void database_of_garbage_fails_the_check(void **state)
{
    in_home(*state, 1, "head -c 65536 /dev/zero | tr '\\0' 'x' > db/data.mdb");
    expect(run_on(*state, 1, "--check"), 70, "db/data.mdb");
}

static void truncated_last_head_fails_the_check(void **state)
{
    cluster_open(*state, 1);
    (void)cluster_report(*state, 1, 1);
    cluster_close(*state, 1);
    expect(run_on(*state, 1, "--check"), 0, ": ok");
    in_home(*state, 1, "truncate -s 100 last-head");
    expect(run_on(*state, 1, "--check"), 70, "own-log");
}

/* The node is up and answers, and takes no act of its own member. */
static void assert_serves_and_does_not_sign(struct cluster *c)
{
    struct compose compose;
    struct cluster_act a;
    struct buffer act = {0};
    pid_t pid = daemon_start(c, 1);
    struct ipc_client *client = daemon_connect(c, 1, pid);
    assert_non_null(client);
    assert_true(daemon_compose(client, KIND_REPORT, NULL, &compose));
    cluster_report_act(&a, 1);
    cluster_sign(c, 1, &compose, &a, &act);
    json_t *reply = daemon_append(client, buffer_span(&act));
    assert_string_equal(daemon_error(reply), "ERR_ROLLBACK");
    json_decref(reply);
    buffer_clear(&act);
    cluster_act_clear(&a);
    ipc_disconnect(client);
    assert_int_equal(daemon_stop(pid), 0);
}

static void restored_old_copy_serves_and_signs_nothing(void **state)
{
    struct cluster *c = *state;
    in_home(c, 1, "cp -r db db.old");
    cluster_open(c, 1);
    (void)cluster_report(c, 1, 1);
    cluster_close(c, 1);
    in_home(c, 1, "rm -r db && mv db.old db");
    expect(run_on(c, 1, "--check"), 71, "last-head");
    assert_serves_and_does_not_sign(c);
}

static void home_without_its_last_head_serves_and_signs_nothing(void **state)
{
    struct cluster *c = *state;
    cluster_open(c, 1);
    (void)cluster_report(c, 1, 1);
    cluster_close(c, 1);
    in_home(c, 1, "rm last-head");
    expect(run_on(c, 1, "--check"), 71, "last-head");
    assert_serves_and_does_not_sign(c);
    assert_serves_and_does_not_sign(c);
}

static void doctor_finds_an_act_that_is_ahead_of_the_clock(void **state)
{
    const struct cluster_options ahead = {.seed = 22, .members = 2,
                                          .start_s = (uint64_t)time(NULL) + 365 * 86400};
    struct cluster *c = cluster_create(&ahead);
    expect(run_doctor(c, 1), 1, "\"last act of our log\"");
    cluster_free(c);
    struct ran good = run_doctor(*state, 1);
    assert_non_null(strstr(good.output, "\"clock\""));
    assert_null(strstr(good.output, "last act of our log"));
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_version_and_wrong_options),
        WITH_HOME(good_home_passes_the_check),
        WITH_HOME(typo_is_told_with_file_and_line),
        WITH_HOME(notify_program_that_cannot_run_is_named),
        WITH_HOME(notify_program_that_cannot_run_keeps_no_node_from_starting),
        WITH_HOME(missing_home_and_foreign_ledger_have_their_own_status),
        WITH_HOME(key_file_open_to_others_is_refused),
        WITH_HOME(second_daemon_on_a_home_is_refused),
        WITH_HOME(doctor_finds_an_act_that_is_ahead_of_the_clock),
        WITH_HOME(key_file_that_is_a_link_is_told_as_such),
        WITH_HOME(key_of_another_member_is_told_as_such),
        WITH_HOME(truncated_genesis_is_named_with_its_remedy),
        WITH_HOME(shortened_database_is_refused_before_it_is_read),
        WITH_HOME(database_of_garbage_fails_the_check),
        WITH_HOME(truncated_last_head_fails_the_check),
        WITH_HOME(restored_old_copy_serves_and_signs_nothing),
        WITH_HOME(home_without_its_last_head_serves_and_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
