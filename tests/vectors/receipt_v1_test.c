/* The receipt of an act of a whole committee, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/receipt_town.h"

enum { LINE_BYTES = 65536 };

static void the_frozen_receipt_is_made_and_verified_the_same(void **state)
{
    (void)state;
    static char expected[LINE_BYTES], found[LINE_BYTES];
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    struct receipt_file *parts = calloc(1, sizeof *parts);
    struct receipt *r = calloc(1, sizeof *r);
    enum receipt_link link;
    assert_true(parts != NULL && r != NULL);
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    assert_int_equal(hex_encode(found, sizeof found - 1, buffer_span(&b)), OK);
    strcat(found, "\n");
    FILE *file = fopen("tests/vectors/receipt_v1.hex", "r");
    if (file == NULL || fgets(expected, sizeof expected, file) == NULL ||
        strcmp(expected, found) != 0) {
        fail_msg("frozen bytes differ, made now: %s", found);
    }
    fclose(file);
    assert_int_equal(receipt_decode(parts, buffer_span(&b)), OK);
    assert_int_equal(receipt_verify(parts, &t.c->ledger, r, &link), OK);
    assert_int_equal(r->holders[0].time_s, TOWN_START_S + 200);
    free(r);
    free(parts);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frozen_receipt_is_made_and_verified_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
