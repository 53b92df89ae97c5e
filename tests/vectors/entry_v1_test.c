#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/entry_sample.h"

enum { LINE_BYTES = 8192 };

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

/* "<name> <id> <entry>", id and entry in hex. */
static void line_of(enum entry_sample which, char *out, size_t out_bytes)
{
    struct buffer bytes = {0};
    struct entry e;
    char id[2 * HASH_BYTES + 1], hex[LINE_BYTES];
    assert_int_equal(entry_sample_encode(which, NULL, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_int_equal(hex_encode(id, sizeof id, span_of(e.id.b, HASH_BYTES)), OK);
    assert_int_equal(hex_encode(hex, sizeof hex, buffer_span(&bytes)), OK);
    int len = snprintf(out, out_bytes, "%s %s %s\n", entry_sample_name(which), id, hex);
    assert_true(len > 0 && (size_t)len < out_bytes);
    buffer_clear(&bytes);
}

static void frozen_entries_are_made_again_byte_for_byte(void **state)
{
    (void)state;
    static char expected[LINE_BYTES + 256], found[LINE_BYTES + 256];
    FILE *file = fopen("tests/vectors/entry_v1.hex", "r");
    assert_non_null(file);
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        line_of((enum entry_sample)i, found, sizeof found);
        if (fgets(expected, sizeof expected, file) == NULL || strcmp(expected, found) != 0)
            fail_msg("frozen entry %u differs, made now: %s", i, found);
    }
    assert_null(fgets(expected, sizeof expected, file));
    fclose(file);
}

static void frozen_entries_decode_and_verify(void **state)
{
    (void)state;
    static char line[LINE_BYTES + 256];
    char name[16], id[80], found[80];
    static char hex[LINE_BYTES];
    static uint8_t bytes[LINE_BYTES / 2];
    struct hash ledger = entry_sample_ledger();
    FILE *file = fopen("tests/vectors/entry_v1.hex", "r");
    unsigned count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct entry e;
        size_t len = 0;
        assert_int_equal(sscanf(line, "%15s %79s %8191s", name, id, hex), 3);
        assert_int_equal(hex_decode(bytes, sizeof bytes, hex, strlen(hex), &len), OK);
        assert_int_equal(entry_decode(&e, span_of(bytes, len)), OK);
        assert_int_equal(entry_verify(&e, &ledger), OK);
        assert_int_equal(hex_encode(found, sizeof found, span_of(e.id.b, HASH_BYTES)), OK);
        assert_string_equal(found, id);
        count++;
    }
    assert_int_equal(count, SAMPLE_COUNT);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_entries_are_made_again_byte_for_byte),
        cmocka_unit_test(frozen_entries_decode_and_verify),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
