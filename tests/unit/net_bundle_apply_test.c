/* Bundles applied to a disk that fails. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/bundle.h"
#include "tests/support/paper.h"

enum { FROM = 1, TO = 2, MEMBERS = 3 };

/* The flushes of the store from now on, and which of them fails, how: 0 for none. */
static unsigned flushes, failing;
static int failure;

int fdatasync(int fd)
{
    if (++flushes == failing) {
        errno = failure;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static enum err apply(struct cluster *c, const char *path)
{
    struct bundle_reader *b;
    struct bundle_result result;
    assert_int_equal(bundle_open(&b, path), OK);
    enum err err = bundle_apply(c->members[TO].ledger, b, &result);
    bundle_close(b);
    return err;
}

/* Whichever flush fails, the home is good and the bundle can be applied again. */
static void a_home_outlives_each_flush_that_fails(void **state)
{
    (void)state;
    bool failed = true;
    for (unsigned which = 1; failed; which++) {
        const struct cluster_options options = {.seed = 12, .members = MEMBERS,
                                                .start_s = 1772323200};
        struct cluster *c = cluster_create(&options);
        char path[CLUSTER_PATH_BYTES + 16];
        snprintf(path, sizeof path, "%s/all.bundle", c->folder);
        cluster_open_all(c);
        cluster_reports(c, FROM, 600);
        assert_int_equal(bundle_create(c->members[FROM].ledger, path,
                                       &(struct bundle_selection){.parts = false}), OK);
        failure = which % 2 ? EIO : ENOSPC;
        flushes = 0;
        failing = (which + 1) / 2;
        const enum err err = apply(c, path);
        failed = flushes >= failing;
        failing = 0;
        assert_int_equal(err, !failed ? OK : failure == EIO ? ERR_UNCERTAIN : ERR_DISK_FULL);
        cluster_close(c, TO);
        cluster_open(c, TO);
        assert_int_equal(apply(c, path), OK);
        assert_int_equal(ledger_unsettled(c->members[TO].ledger), 0);
        cluster_close(c, TO);
        cluster_open(c, TO);
        assert_same_ledger(c->members[FROM].ledger, c->members[TO].ledger);
        assert_true(failed || which > 2 * 4);
        cluster_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_home_outlives_each_flush_that_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
