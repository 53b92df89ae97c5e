/* A bundle of one case of a whole committee, byte for byte, as a stranger's reader takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "net/bundle.h"
#include "tests/support/receipt_town.h"
#include "tools/audit/audit.h"

enum { LINE_BYTES = 262144 };

static void no_finding(void *ctx, const struct finding *f)
{
    unsigned *broken = ctx;
    *broken += finding_weight(f->kind) != AUDIT_SAID;
}

static void no_line(void *ctx, const struct audit_line *line)
{
    (void)ctx;
    (void)line;
}

static void the_frozen_bundle_of_one_case_is_made_and_proven_the_same(void **state)
{
    (void)state;
    static char expected[LINE_BYTES], found[LINE_BYTES];
    char path[CLUSTER_PATH_BYTES + 16];
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    struct audit_summary sum;
    unsigned broken = 0;
    const struct audit_report report = {&broken, no_finding, no_line, NULL};
    const struct audit_options options = {.pinned = &t.c->ledger, .threads = 1};
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    cluster_report(t.c, TOWN_YINGJI, 1);
    snprintf(path, sizeof path, "%s/case.bundle", t.c->folder);
    assert_int_equal(bundle_create(t.c->members[TOWN_YINGJI].ledger, path,
                                   &(struct bundle_selection){.case_id = &t.id}), OK);
    assert_int_equal(file_read(path, LINE_BYTES, &b), OK);
    assert_int_equal(hex_encode(found, sizeof found - 1, buffer_span(&b)), OK);
    strcat(found, "\n");
    FILE *file = fopen("tests/vectors/bundle_case_v1.hex", "r");
    if (file == NULL || fgets(expected, sizeof expected, file) == NULL ||
        strcmp(expected, found) != 0) {
        fail_msg("frozen bytes differ, made now: %.900s", found);
    }
    fclose(file);
    assert_int_equal(audit_file(path, &options, &report, &sum), OK);
    assert_int_equal(sum.cosignatures, 1);
    assert_int_equal(sum.cosignatures_unproven, 0);
    assert_int_equal(broken, 0);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frozen_bundle_of_one_case_is_made_and_proven_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
