#include "node/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A service manager's socket, by path or abstract ("@…"). */
static int manager(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(at.sun_path, name, len);
    if (name[0] == '@') {
        at.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    return fd;
}

static void heard(int fd, const char *expected)
{
    char text[256] = "";
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    assert_int_equal(n < 0 ? 0 : (size_t)n, strlen(expected));
    assert_string_equal(text, expected);
}

static void environment(const char *socket, const char *usec, const char *pid)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (socket != NULL) {
        setenv("NOTIFY_SOCKET", socket, 1);
    }
    if (usec != NULL) {
        setenv("WATCHDOG_USEC", usec, 1);
    }
    if (pid != NULL) {
        setenv("WATCHDOG_PID", pid, 1);
    }
}

static void told_by(const char *name)
{
    struct service s;
    int fd = manager(name);
    environment(name, NULL, NULL);
    service_init(&s);
    service_tell(&s, "READY=1\nSTATUS=ok");
    heard(fd, "READY=1\nSTATUS=ok");
    service_ping(&s, 1000000);
    heard(fd, "");
    close(fd);
    service_tell(&s, "STOPPING=1");       /* nobody listens any more: no harm */
}

static void manager_is_told_by_path_and_by_abstract_name(void **state)
{
    (void)state;
    char folder[] = "/tmp/jieli-service-XXXXXX", path[64], name[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/notify", folder);
    snprintf(name, sizeof name, "@jieli-service-%d", (int)getpid());
    told_by(path);
    told_by(name);
    unlink(path);
    rmdir(folder);
}

static void without_a_manager_nothing_is_sent(void **state)
{
    (void)state;
    struct service s;
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    const char *const names[] = {NULL, "", "@", "relative/path", long_name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        environment(names[i], "3000000", NULL);
        service_init(&s);
        assert_false(s.named);
        assert_int_equal(s.ping_ms, 0);
        service_tell(&s, "READY=1");
    }
}

static void pings_come_three_times_within_the_watchdogs_time(void **state)
{
    (void)state;
    struct service s;
    char name[64], pid[16], other[16];
    snprintf(name, sizeof name, "@jieli-service-%d", (int)getpid());
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    snprintf(other, sizeof other, "%d", (int)getpid() + 1);
    int fd = manager(name);
    environment(name, "3000000", pid);
    service_init(&s);
    service_ping(&s, 5000);
    heard(fd, "WATCHDOG=1");
    service_ping(&s, 5999);
    heard(fd, "");
    service_ping(&s, 6000);
    heard(fd, "WATCHDOG=1");
    environment(name, "3000000", other);
    service_init(&s);
    service_ping(&s, 9000);
    heard(fd, "");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manager_is_told_by_path_and_by_abstract_name),
        cmocka_unit_test(without_a_manager_nothing_is_sent),
        cmocka_unit_test(pings_come_three_times_within_the_watchdogs_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
