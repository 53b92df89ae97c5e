#include "crypto/bytes.h"
#include "crypto/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_hash(const struct hash *got, const char *hex)
{
    char text[65];
    assert_int_equal(hex_encode(text, sizeof text, span_of(got->b, HASH_BYTES)), OK);
    assert_string_equal(text, hex);
}

static void known_answers_of_fips_180_come_out(void **state)
{
    (void)state;
    struct hash out;
    sha256((struct span){NULL, 0}, &out);
    assert_hash(&out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(span_of("abc", 3), &out);
    assert_hash(&out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void spans_hash_like_their_concatenation(void **state)
{
    (void)state;
    struct hash whole, parts;
    const struct span spans[8] = {span_of("one", 3), {NULL, 0}, span_of("two", 3),
                                  span_of("t", 1), span_of("h", 1), span_of("r", 1),
                                  span_of("e", 1), span_of("e", 1)};
    sha256(span_of("onetwothree", 11), &whole);
    sha256_spans(spans, 8, &parts);
    assert_true(hash_equal(&whole, &parts));
    sha256_spans(spans, 7, &parts);
    assert_false(hash_equal(&whole, &parts));
    sha256_spans(NULL, 0, &parts);
    sha256((struct span){NULL, 0}, &whole);
    assert_true(hash_equal(&whole, &parts));
}

static void output_may_lie_over_the_input(void **state)
{
    (void)state;
    struct hash a = {{1, 2, 3}}, expected;
    sha256(span_of(a.b, HASH_BYTES), &expected);
    sha256(span_of(a.b, HASH_BYTES), &a);
    assert_true(hash_equal(&a, &expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_of_fips_180_come_out),
        cmocka_unit_test(spans_hash_like_their_concatenation),
        cmocka_unit_test(output_may_lie_over_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
