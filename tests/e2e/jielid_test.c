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

static struct ran run(const char *options)
{
    struct ran r = {0};
    char program[HOME_PATH_BYTES], command[2 * HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
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

static void restored_old_copy_is_refused(void **state)
{
    struct cluster *c = *state;
    char command[2 * HOME_PATH_BYTES];
    const char *home = c->members[1].home;
    snprintf(command, sizeof command, "cp -r '%s/db' '%s/db.old'", home, home);
    assert_int_equal(system(command), 0);
    cluster_open(c, 1);
    (void)cluster_report(c, 1, 1);
    cluster_close(c, 1);
    snprintf(command, sizeof command, "rm -r '%s/db' && mv '%s/db.old' '%s/db'", home, home, home);
    assert_int_equal(system(command), 0);
    expect(run_on(c, 1, ""), 71, "last-head");
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_version_and_wrong_options),
        WITH_HOME(good_home_passes_the_check),
        WITH_HOME(typo_is_told_with_file_and_line),
        WITH_HOME(missing_home_and_foreign_ledger_have_their_own_status),
        WITH_HOME(key_file_open_to_others_is_refused),
        WITH_HOME(second_daemon_on_a_home_is_refused),
        WITH_HOME(restored_old_copy_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
