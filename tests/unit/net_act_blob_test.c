#include "net/act_blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t SALT[SALT_BYTES] = {1, 2, 3};

/* A part with one wrap. */
static enum err put(struct buffer *blob, struct span bytes)
{
    static const uint8_t wraps[2 + PART_WRAP_BYTES] = {0, 1, ALG_X25519};
    return act_blob_put_part(blob, &(struct act_part){span_of(wraps, sizeof wraps), SALT, bytes});
}

static void act_with_its_parts_comes_back(void **state)
{
    (void)state;
    struct buffer blob = {0};
    struct act_blob out;
    assert_int_equal(act_blob_put_entry(&blob, span_of("entry", 5)), OK);
    assert_int_equal(put(&blob, span_of("photo", 5)), OK);
    assert_int_equal(put(&blob, span_of("", 0)), OK);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), OK);
    assert_memory_equal(out.entry.data, "entry", 5);
    assert_int_equal(out.part_count, 2);
    assert_memory_equal(out.parts[0].salt, SALT, SALT_BYTES);
    assert_int_equal(out.parts[0].wraps.len, 2 + PART_WRAP_BYTES);
    assert_memory_equal(out.parts[0].bytes.data, "photo", 5);
    assert_int_equal(out.parts[1].bytes.len, 0);
    buffer_clear(&blob);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct buffer blob = {0};
    struct act_blob out;
    assert_int_equal(act_blob_put_entry(&blob, span_of("entry", 5)), OK);
    size_t whole = blob.len;
    assert_int_equal(put(&blob, span_of("photo", 5)), OK);
    for (size_t len = 0; len < blob.len; len++) {
        enum err expected = len == whole ? OK : ERR_TRUNCATED;
        assert_int_equal(act_blob_decode(&out, span_of(blob.data, len)), expected);
    }
    buffer_clear(&blob);
}

static void lengths_beyond_the_limits_are_refused(void **state)
{
    (void)state;
    struct buffer blob = {0};
    struct act_blob out;
    static const uint8_t large[PART_MAX_BYTES + 1];
    assert_int_equal(act_blob_put_entry(&blob, span_of(large, ENTRY_MAX_BYTES + 1)),
                     ERR_TOO_LARGE);
    assert_int_equal(put(&blob, span_of(large, sizeof large)), ERR_TOO_LARGE);
    assert_int_equal(blob.len, 0);
    assert_int_equal(buffer_put_u32(&blob, ENTRY_MAX_BYTES + 1), OK);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_TOO_LARGE);
    buffer_reset(&blob);
    assert_int_equal(act_blob_put_entry(&blob, span_of("e", 1)), OK);
    const uint32_t most = PART_WRAPS_MAX_BYTES + SALT_BYTES + PART_MAX_BYTES;
    assert_int_equal(buffer_put_u32(&blob, most + 1), OK);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_TOO_LARGE);
    store_u32(blob.data + 5, SALT_BYTES + 1);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_FORMAT);
    buffer_clear(&blob);
}

static void more_wraps_than_members_are_refused(void **state)
{
    (void)state;
    struct buffer blob = {0};
    struct act_blob out;
    assert_int_equal(act_blob_put_entry(&blob, span_of("e", 1)), OK);
    assert_int_equal(put(&blob, span_of("p", 1)), OK);
    store_u16(blob.data + 5 + 4, PART_MAX_WRAPS + 1);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_TOO_LARGE);
    store_u16(blob.data + 5 + 4, 2);                     /* and no second one follows */
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_FORMAT);
    buffer_clear(&blob);
}

static void more_parts_than_an_entry_can_name_are_refused(void **state)
{
    (void)state;
    struct buffer blob = {0};
    struct act_blob out;
    assert_int_equal(act_blob_put_entry(&blob, span_of("e", 1)), OK);
    for (unsigned i = 0; i < ENTRY_MAX_PARTS; i++) {
        assert_int_equal(put(&blob, span_of("p", 1)), OK);
    }
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), OK);
    assert_int_equal(put(&blob, span_of("p", 1)), OK);
    assert_int_equal(act_blob_decode(&out, buffer_span(&blob)), ERR_TOO_LARGE);
    buffer_clear(&blob);
}

static void blob_without_an_entry_is_refused(void **state)
{
    (void)state;
    struct act_blob out;
    assert_int_equal(act_blob_decode(&out, span_of("\0\0\0\0", 4)), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(act_with_its_parts_comes_back),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(lengths_beyond_the_limits_are_refused),
        cmocka_unit_test(more_wraps_than_members_are_refused),
        cmocka_unit_test(more_parts_than_an_entry_can_name_are_refused),
        cmocka_unit_test(blob_without_an_entry_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
