#include "ledger/log/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/part.h"
#include "tests/support/entry_sample.h"

static const struct hash zero;

struct fixture {
    struct buffer payload, encoded;
    struct hash ledger;
    struct signkey *key;
    struct draft draft;
};

static void build_payload(struct fixture *f)
{
    static const uint8_t salt[SALT_BYTES] = {7};
    struct part_ref part = {PART_TEXT, PART_OPEN, 5, {{0}}};
    struct entry_draft d = {.ledger = f->ledger, .member = "yingji", .kind = 81, .has_case = true,
                            .case_id = entry_sample_hash(3), .own_root = zero, .time_s = 1000,
                            .parts = &part, .part_count = 1};
    part_commitment(salt, span_of("prose", 5), &part.commitment);
    assert_int_equal(entry_payload_encode(&d, &f->payload), OK);
    f->draft.payload = buffer_span(&f->payload);
    memcpy(f->draft.parts[0].salt, salt, SALT_BYTES);
    f->draft.parts[0].bytes = span_of("prose", 5);
    f->draft.part_count = 1;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    f.ledger = entry_sample_ledger();
    f.key = entry_sample_key(9);
    build_payload(&f);
    f.draft.signers[0] = (struct signer){.post = "验收人", .role = ROLE_VERIFY};
    assert_int_equal(entry_sign(f.draft.payload, &f.ledger, f.key, &f.draft.signers[0]), OK);
    f.draft.signer_count = 1;
    f.draft.needed = 2;
    f.draft.created_s = 5000;
    assert_int_equal(draft_encode(&f.draft, &f.encoded), OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    signkey_free(f->key);
    buffer_clear(&f->payload);
    buffer_clear(&f->encoded);
    return 0;
}

static void a_draft_comes_back_as_it_went(void **state)
{
    struct fixture *f = *state;
    struct draft d;
    struct buffer again = {0};
    assert_int_equal(draft_decode(&d, buffer_span(&f->encoded)), OK);
    assert_int_equal(d.signer_count, 1);
    assert_int_equal(d.needed, 2);
    assert_int_equal(d.created_s, 5000);
    assert_string_equal(d.signers[0].post, "验收人");
    assert_int_equal(d.signers[0].role, ROLE_VERIFY);
    assert_int_equal(d.parts[0].bytes.len, 5);
    assert_int_equal(draft_encode(&d, &again), OK);
    assert_int_equal(again.len, f->encoded.len);
    assert_memory_equal(again.data, f->encoded.data, again.len);
    assert_int_equal(draft_verify(&d, &f->ledger), OK);
    buffer_clear(&again);
}

static void every_truncation_is_refused(void **state)
{
    struct fixture *f = *state;
    struct draft d;
    for (size_t len = 0; len < f->encoded.len; len++)
        assert_int_not_equal(draft_decode(&d, span_of(f->encoded.data, len)), OK);
}

static void every_flipped_bit_is_refused_or_fails_its_check(void **state)
{
    struct fixture *f = *state;
    struct draft d;
    for (size_t i = 0; i < f->encoded.len; i++) {
        f->encoded.data[i] ^= 1;
        if (draft_decode(&d, buffer_span(&f->encoded)) == OK &&
            draft_verify(&d, &f->ledger) == OK)
            assert_true(d.needed != 2 || d.created_s != 5000);
        f->encoded.data[i] ^= 1;
    }
}

static void a_draft_for_another_ledger_does_not_verify(void **state)
{
    struct fixture *f = *state;
    struct hash other = entry_sample_hash(200);
    assert_int_equal(draft_verify(&f->draft, &f->ledger), OK);
    assert_int_equal(draft_verify(&f->draft, &other), ERR_WRONG_LEDGER);
}

static void a_part_that_is_not_the_one_named_is_found(void **state)
{
    struct fixture *f = *state;
    f->draft.parts[0].bytes = span_of("other", 5);
    assert_int_equal(draft_verify(&f->draft, &f->ledger), ERR_CORRUPT);
    f->draft.part_count = 0;
    assert_int_equal(draft_verify(&f->draft, &f->ledger), ERR_CORRUPT);
}

static void numbers_out_of_bounds_are_refused(void **state)
{
    struct fixture *f = *state;
    struct buffer out = {0};
    f->draft.needed = ENTRY_MAX_SIGNERS + 1;
    assert_int_equal(draft_encode(&f->draft, &out), ERR_RANGE);
    f->draft.needed = 0;
    assert_int_equal(draft_encode(&f->draft, &out), ERR_RANGE);
    f->draft.needed = 1;
    f->draft.signer_count = 0;
    assert_int_equal(draft_encode(&f->draft, &out), ERR_RANGE);
    f->draft.signer_count = 1;
    f->draft.signers[0].post[0] = 0;
    assert_int_equal(draft_encode(&f->draft, &out), ERR_RANGE);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
}

static void a_draft_waits_thirty_days_and_no_longer(void **state)
{
    struct fixture *f = *state;
    assert_false(draft_outdated(&f->draft, 5000 + DRAFT_MAX_AGE_S));
    assert_true(draft_outdated(&f->draft, 5001 + DRAFT_MAX_AGE_S));
    assert_false(draft_outdated(&f->draft, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_draft_comes_back_as_it_went),
        TEST(every_truncation_is_refused),
        TEST(every_flipped_bit_is_refused_or_fails_its_check),
        TEST(a_draft_for_another_ledger_does_not_verify),
        TEST(a_part_that_is_not_the_one_named_is_found),
        TEST(numbers_out_of_bounds_are_refused),
        TEST(a_draft_waits_thirty_days_and_no_longer),
    };
    if (keys_start() != OK)
        return 1;
    return cmocka_run_group_tests_name("log_draft", tests, NULL, NULL);
}
