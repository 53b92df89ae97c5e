/* The transport certificate of a member of a whole committee, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/certificate.h"
#include "tests/support/cluster.h"

enum { LINE_BYTES = 8192, SHOWN = 1 };

static void certificate_of_the_frozen_committee_is_made_and_judged_the_same(void **state)
{
    (void)state;
    static char expected[LINE_BYTES], found[LINE_BYTES];
    const struct cluster_options options = {.seed = 1, .members = 2, .start_s = 1767225600};
    struct buffer b = {0};
    struct peer_certificate p;
    struct peer_identity who;
    struct cluster *c = cluster_create(&options);
    const struct cluster_member *m = &c->members[SHOWN];
    cluster_open_all(c);
    assert_int_equal(certificate_build(ledger_txn(m->ledger), ledger_log(m->ledger, m->id, 0), 0,
                                       &b), OK);
    assert_int_equal(hex_encode(found, sizeof found - 1, buffer_span(&b)), OK);
    strcat(found, "\n");
    FILE *file = fopen("tests/vectors/certificate_v1.hex", "r");
    if (file == NULL || fgets(expected, sizeof expected, file) == NULL ||
        strcmp(expected, found) != 0) {
        fail_msg("frozen bytes differ, made now: %s", found);
    }
    fclose(file);
    assert_int_equal(certificate_decode(&p, buffer_span(&b)), OK);
    assert_int_equal(certificate_check(&p, ledger_roster(c->members[0].ledger), 1,
                                       &m->transport.pub, &who), OK);
    buffer_clear(&b);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_of_the_frozen_committee_is_made_and_judged_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
