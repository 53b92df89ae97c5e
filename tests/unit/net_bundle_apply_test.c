/* Bundles applied to a disk that fails. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>

#include "net/bundle.h"
#include "tests/support/flush_fault.h"
#include "tests/support/paper.h"

enum { FROM = 1, TO = 2, MEMBERS = 3 };

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
        flush_errno = which % 2 ? EIO : ENOSPC;
        flush_count = 0;
        flush_failing = (which + 1) / 2;
        const enum err err = apply(c, path);
        failed = flush_count >= flush_failing;
        flush_failing = 0;
        assert_int_equal(err, !failed ? OK : flush_errno == EIO ? ERR_UNCERTAIN : ERR_DISK_FULL);
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
