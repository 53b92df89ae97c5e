#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/member_id.h"
#include "tests/support/entry_sample.h"

#define R4(x) x x x x
#define R32(x) R4(x) R4(x) R4(x) R4(x) R4(x) R4(x) R4(x) R4(x)
#define ID(x) "582102" R32(x)

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

static void put_hex(struct buffer *b, const char *hex)
{
    uint8_t room[4096];
    size_t len = 0;
    assert_int_equal(hex_decode(room, sizeof room, hex, strlen(hex), &len), OK);
    assert_int_equal(buffer_put(b, room, len), OK);
}

/* The least payload with the value of `key` replaced, inserted or, where hex is NULL, left out. */
static const char *const least[16] = {
    [1] = ID("11"), [2] = "63796a6a", [3] = "00", [4] = "01", [8] = "820000",
    [9] = "8200" ID("22"), [10] = "50" R4("33") R4("33") R4("33") R4("33"), [11] = "1a6955b900",
};
static void payload_with(struct buffer *b, unsigned key, const char *hex)
{
    struct buffer pairs = {0};
    unsigned count = 0;
    for (unsigned k = 0; k < 24; k++) {
        const char *value = k == key ? hex : k < 16 ? least[k] : NULL;
        if (value == NULL)
            continue;
        assert_int_equal(buffer_put_u8(&pairs, (uint8_t)k), OK);
        put_hex(&pairs, value);
        count++;
    }
    assert_int_equal(buffer_put_u8(b, (uint8_t)(0xA0 + count)), OK);
    assert_int_equal(buffer_put(b, pairs.data, pairs.len), OK);
    buffer_clear(&pairs);
}

struct field_case { unsigned key; const char *hex; enum err err; };

static void check_fields(const struct field_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer payload = {0};
        struct entry e;
        payload_with(&payload, cases[i].key, cases[i].hex);
        enum err found = entry_payload_decode(&e, buffer_span(&payload));
        if (found != cases[i].err)
            fail_msg("key %u %s gives %s", cases[i].key, cases[i].hex, err_name(found));
        buffer_clear(&payload);
    }
}
#define CHECK_FIELDS(cases) check_fields(cases, sizeof(cases) / sizeof *(cases))

static void samples_decode_verify_and_encode_to_the_same_bytes(void **state)
{
    (void)state;
    struct hash ledger = entry_sample_ledger();
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        struct buffer payload = {0}, bytes = {0}, again = {0};
        struct entry e;
        assert_int_equal(entry_sample_encode((enum entry_sample)i, &payload, &bytes), OK);
        assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
        assert_int_equal(entry_verify(&e, &ledger), OK);
        assert_int_equal(e.payload.len, payload.len);
        assert_memory_equal(e.payload.data, payload.data, payload.len);
        assert_int_equal(entry_encode(e.payload, e.signers, e.signer_count, &again), OK);
        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.data, bytes.data, bytes.len);
        buffer_clear(&payload);
        buffer_clear(&bytes);
        buffer_clear(&again);
    }
}

static void a_full_entry_gives_back_all_its_fields(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct entry e;
    struct hash id, wanted = entry_sample_hash(0x44), other = entry_sample_hash(0x45);
    assert_int_equal(entry_sample_encode(SAMPLE_FULL, NULL, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_string_equal(e.member, "abcdefghijklmnopqrstuvwxyz-0123");
    assert_true(e.epoch == UINT32_MAX && e.kind == UINT32_MAX && e.law_epoch == UINT32_MAX);
    assert_true(e.law_size == INT64_MAX && e.own_size == INT64_MAX);
    assert_true(e.time_s == ENTRY_MAX_TIME_S && e.nonce.b[15] == 0x33);
    assert_true(e.has_case && e.has_base && e.has_other);
    assert_true(hash_equal(&e.case_id, &wanted));
    assert_int_equal(e.refs.count, 2);
    id_list_get(&e.refs, 1, &id);
    assert_true(hash_equal(&id, &wanted));
    assert_true(id_list_contains(&e.refs, &wanted) && !id_list_contains(&e.refs, &other));
    assert_int_equal(e.part_count, 2);
    assert_int_equal(e.parts[1].role, PART_IDENTITY);
    assert_int_equal(e.parts[1].mode, PART_SEALED);
    assert_int_equal(e.parts[1].padded_bytes, PART_MAX_BYTES);
    assert_int_equal(e.signer_count, 4);
    assert_string_equal(e.signers[3].post, "验收人");
    assert_int_equal(e.signers[3].role, ROLE_VERIFY);
    assert_true(e.signers[3].foreign && !e.signers[0].foreign);
    assert_int_equal(e.signers[3].enrolment.b[0], 0x77);
    buffer_clear(&bytes);
}

static void facts_are_read_by_type_only(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct entry e;
    uint64_t number = 9;
    char text[8];
    struct hash hash;
    assert_int_equal(entry_sample_encode(SAMPLE_FULL, NULL, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_true(entry_fact_uint(&e, 0, &number) && number == 0);
    assert_false(entry_fact_uint(&e, 7, &number));
    assert_false(entry_fact_uint(&e, 1, &number));
    assert_int_equal(entry_fact_list(&e, 7), 2);
    assert_true(entry_fact_item(&e, 7, 1, text, sizeof text));
    assert_string_equal(text, "b");
    assert_false(entry_fact_item(&e, 7, 2, text, sizeof text));
    assert_int_equal(entry_fact_list(&e, 0), 0);
    assert_false(entry_fact_text(&e, 0, text, sizeof text));
    assert_false(entry_fact_hash(&e, UINT32_MAX, &hash));
    assert_null(entry_fact(&e, 5));
    bytes.len = 0;
    assert_int_equal(entry_sample_encode(SAMPLE_OFFER, NULL, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_true(entry_fact_text(&e, 20, text, sizeof text));
    assert_string_equal(text, "zjj");
    assert_false(entry_fact_text(&e, 20, text, 3));
    buffer_clear(&bytes);
}

static void required_keys_may_not_miss_and_unknown_ones_not_stand(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {5, NULL, OK}, {1, NULL, ERR_FORMAT}, {2, NULL, ERR_FORMAT}, {3, NULL, ERR_FORMAT},
        {4, NULL, ERR_FORMAT}, {8, NULL, ERR_FORMAT}, {9, NULL, ERR_FORMAT},
        {10, NULL, ERR_FORMAT}, {11, NULL, ERR_FORMAT}, {0, "00", ERR_FORMAT},
        {16, "00", ERR_FORMAT}, {23, "00", ERR_FORMAT}, {14, ID("44"), OK},
    };
    CHECK_FIELDS(cases);
}

static void fields_outside_their_ranges_are_refused(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {1, "582101" R32("11"), ERR_UNSUPPORTED}, {1, "5820" R32("11"), ERR_FORMAT},
        {3, "1affffffff", OK}, {3, "1b0000000100000000", ERR_RANGE}, {3, "20", ERR_FORMAT},
        {4, "1b0000000100000000", ERR_RANGE}, {4, "1801", ERR_FORMAT}, {4, "f6", ERR_FORMAT},
        {4, "f93c00", ERR_FORMAT}, {8, "8100", ERR_FORMAT}, {8, "83000000", ERR_FORMAT},
        {8, "82001b7fffffffffffffff", OK}, {8, "82001b8000000000000000", ERR_RANGE},
        {9, "821b8000000000000000" ID("22"), ERR_RANGE}, {9, "820000", ERR_FORMAT},
        {10, "4f" R4("33") R4("33") R4("33") "333333", ERR_FORMAT},
        {11, "1b0000003afff4417f", OK}, {11, "1b0000003afff44180", ERR_RANGE},
        {11, "20", ERR_FORMAT}, {7, ID("44"), OK}, {7, "40", ERR_FORMAT}, {5, "f6", ERR_FORMAT},
    };
    CHECK_FIELDS(cases);
}

static void member_ids_are_short_plain_and_begin_with_a_letter(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {2, "6161", OK}, {2, "60", ERR_RANGE}, {2, "6131", ERR_RANGE}, {2, "612d", ERR_RANGE},
        {2, "626131", OK}, {2, "626141", ERR_RANGE}, {2, "62615f", ERR_RANGE},
        {2, "63e5ae89", ERR_RANGE}, {2, "61ff", ERR_FORMAT}, {2, "4161", ERR_FORMAT},
        {2, "781f" R4("61") R4("61") R4("61") R4("61") R4("61") R4("61") R4("61") "616161", OK},
        {2, "7820" R32("61"), ERR_RANGE},
    };
    CHECK_FIELDS(cases);
    assert_true(member_id_valid(span_of("a-1", 3)));
    assert_false(member_id_valid(span_of("a 1", 3)));
}

static void refs_rise_without_repeats_and_are_never_empty(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {6, "82" ID("41") ID("44"), OK}, {6, "82" ID("44") ID("41"), ERR_FORMAT},
        {6, "82" ID("44") ID("44"), ERR_FORMAT}, {6, "80", ERR_FORMAT},
        {6, "81582104" R32("44"), ERR_UNSUPPORTED}, {15, "81" ID("41"), OK},
        {15, "80", ERR_FORMAT}, {15, "82" ID("44") ID("41"), ERR_FORMAT},
        {6, "190401", ERR_FORMAT}, {6, "82" ID("41"), ERR_FORMAT},
    };
    CHECK_FIELDS(cases);
}

static void facts_and_parts_have_one_form(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {12, "a101f5", OK}, {12, "a0", ERR_FORMAT}, {12, "a202f401f4", ERR_FORMAT},
        {12, "a201f401f4", ERR_FORMAT}, {12, "a12000", ERR_FORMAT}, {12, "a16100", ERR_FORMAT},
        {12, "a11b000000010000000000", ERR_RANGE}, {12, "a101f6", ERR_FORMAT},
        {12, "a101a202000100", ERR_FORMAT}, {12, "a101818181818181818180", ERR_TOO_LARGE},
        {12, "b831", ERR_TOO_LARGE},
        {13, "818401001864" ID("66"), OK}, {13, "80", ERR_FORMAT},
        {13, "818400001864" ID("66"), ERR_RANGE}, {13, "818401021864" ID("66"), ERR_RANGE},
        {13, "818419010000186400", ERR_RANGE}, {13, "818401001a01400001" ID("66"), ERR_RANGE},
        {13, "818301001864", ERR_FORMAT}, {13, "9821", ERR_TOO_LARGE},
    };
    struct buffer payload = {0};
    struct entry e;
    CHECK_FIELDS(cases);
    put_hex(&payload, "a20263796a6a0158");
    assert_int_equal(entry_payload_decode(&e, buffer_span(&payload)), ERR_FORMAT);
    payload.len = 0;
    payload_with(&payload, 5, NULL);
    put_hex(&payload, "00");
    assert_int_equal(entry_payload_decode(&e, buffer_span(&payload)), ERR_FORMAT);
    payload.len -= 2;
    assert_int_equal(entry_payload_decode(&e, buffer_span(&payload)), ERR_TRUNCATED);
    buffer_clear(&payload);
}

static void a_fact_of_text_is_bounded(void **state)
{
    (void)state;
    static uint8_t text[FACT_MAX_TEXT_BYTES + 4];
    struct hash zero = {{0}};
    memset(text, 'x', sizeof text);
    memcpy(text, "\x79\x40\x00", 3);
    struct fact fact = {1, span_of(text, FACT_MAX_TEXT_BYTES + 3)};
    struct entry_draft d = {.ledger = zero, .member = "a", .facts = &fact, .fact_count = 1};
    struct buffer payload = {0};
    assert_int_equal(entry_payload_encode(&d, &payload), OK);
    size_t before = payload.len;
    text[2] = 1;
    fact.value.len++;
    assert_int_equal(entry_payload_encode(&d, &payload), ERR_TOO_LARGE);
    assert_int_equal(payload.len, before);
    buffer_clear(&payload);
}

static void drafts_that_would_not_decode_are_not_encoded(void **state)
{
    (void)state;
    static struct hash refs[ENTRY_HARD_MAX_REFS + 1];
    struct fact two[] = {{2, span_of("\xf4", 1)}, {1, span_of("\xf4", 1)}};
    struct fact split[] = {{1, span_of("\x82\x01", 2)}, {2, span_of("\x03\x04", 2)}};
    struct buffer b = {0};
    struct entry_draft d = {.member = "A"};
    assert_int_equal(entry_payload_encode(&d, &b), ERR_RANGE);
    d.member = "a";
    assert_int_equal(entry_payload_encode(&d, &b), OK);
    d.facts = two;
    d.fact_count = 2;
    assert_int_equal(entry_payload_encode(&d, &b), ERR_FORMAT);
    d.facts = split;
    assert_true(entry_payload_encode(&d, &b) != OK);
    d.fact_count = 0;
    d.refs = refs;
    d.ref_count = ENTRY_HARD_MAX_REFS + 1;
    assert_int_equal(entry_payload_encode(&d, &b), ERR_TOO_LARGE);
    buffer_clear(&b);
}

#define PROTECTED "583ca4012704582101" R32("00") \
    "3a0001117069e7bb8fe58a9ee4baba3a0001117101"
#define SIG "5840" R32("99") R32("99")
#define SIGNER(protected) "83" protected "a0" SIG

static enum err message_decode(const char *front, const char *after)
{
    struct buffer payload = {0}, bytes = {0};
    struct entry e;
    payload_with(&payload, 5, NULL);
    put_hex(&bytes, front);
    assert_int_equal(buffer_put_u8(&bytes, 0x58), OK);
    assert_int_equal(buffer_put_u8(&bytes, (uint8_t)payload.len), OK);
    assert_int_equal(buffer_put(&bytes, payload.data, payload.len), OK);
    put_hex(&bytes, after);
    enum err found = entry_decode(&e, buffer_span(&bytes));
    buffer_clear(&payload);
    buffer_clear(&bytes);
    return found;
}

static void the_envelope_has_one_form(void **state)
{
    (void)state;
    static const struct { const char *front, *after; enum err err; } cases[] = {
        {"d8628440a0", "81" SIGNER(PROTECTED), OK},
        {"d8618440a0", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d28440a0", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d900628440a0", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"8440a0", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d8629f40a0", "81" SIGNER(PROTECTED) "ff", ERR_FORMAT},
        {"d8628540a0", "81" SIGNER(PROTECTED) "00", ERR_FORMAT},
        {"d86284400a", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d8628441a0a0", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d8628440a10126", "81" SIGNER(PROTECTED), ERR_FORMAT},
        {"d8628440a0", "81" SIGNER(PROTECTED) "00", ERR_FORMAT},
        {"d8628440a0", "80", ERR_RANGE},
        {"d8628440a0", "82" SIGNER(PROTECTED) SIGNER(PROTECTED), ERR_RANGE},
        {"d8628440a0", "9801" SIGNER(PROTECTED), ERR_FORMAT},
        {"d8628440a0", "8183" PROTECTED "a104423131" SIG, ERR_FORMAT},
        {"d8628440a0", "8183" PROTECTED "a0583f" R32("99") R4("99") R4("99") R4("99") R4("99")
                       R4("99") R4("99") R4("99") "999999", ERR_FORMAT},
        {"d8628440a0", "8182" PROTECTED "a0", ERR_FORMAT},
        {"d8628440a0", "81", ERR_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum err found = message_decode(cases[i].front, cases[i].after);
        if (found != cases[i].err)
            fail_msg("case %zu gives %s", i, err_name(found));
    }
}

#define KID "04582101" R32("00")
#define POST "3a000111706161"
#define ROLE(r) "3a00011171" r
#define ENROLMENT "3a000111725821" "02" R32("77")

static void protected_headers_have_one_form(void **state)
{
    (void)state;
    static const struct { const char *hex; enum err err; } cases[] = {
        {"a40127" KID POST ROLE("01"), OK}, {"a40127" KID POST ROLE("04"), OK},
        {"a50127" KID POST ROLE("01") ENROLMENT, OK},
        {"a40127" KID POST ROLE("00"), ERR_RANGE}, {"a40127" KID POST ROLE("05"), ERR_RANGE},
        {"a40126" KID POST ROLE("01"), ERR_UNSUPPORTED},
        {"a4012704582102" R32("00") POST ROLE("01"), ERR_UNSUPPORTED},
        {"a30127" KID POST, ERR_TRUNCATED}, {"a4" KID "0127" POST ROLE("01"), ERR_FORMAT},
        {"a40127" KID ROLE("01") POST, ERR_FORMAT}, {"a40127" KID "3a0001117060" ROLE("01"),
                                                     ERR_RANGE},
        {"a40127" KID "3a0001117061ff" ROLE("01"), ERR_FORMAT},
        {"a40127" KID "3a000111707830" R32("61") R4("61") R4("61") R4("61") R4("61") ROLE("01"),
         ERR_TOO_LARGE},
        {"a40127" KID POST ROLE("01") ENROLMENT, ERR_FORMAT},
        {"a50127" KID POST ROLE("01"), ERR_TRUNCATED},
        {"a60127" KID POST ROLE("01") ENROLMENT ENROLMENT, ERR_FORMAT},
        {"a60127" KID POST ROLE("01") ENROLMENT, ERR_FORMAT},
        {"a30127" KID POST ROLE("01"), ERR_FORMAT},
        {"a40127" KID POST ROLE("01") "00", ERR_FORMAT}, {"", ERR_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char after[1024];
        struct buffer inner = {0};
        put_hex(&inner, cases[i].hex);
        char head[8] = "40";
        if (inner.len > 0)
            assert_int_equal(hex_encode(head, sizeof head,
                                        span_of((uint8_t[]){0x58, (uint8_t)inner.len}, 2)), OK);
        int len = snprintf(after, sizeof after, "8183%s%sa0%s", head, cases[i].hex, SIG);
        assert_true(len > 0 && (size_t)len < sizeof after);
        enum err found = message_decode("d8628440a0", after);
        if (found != cases[i].err)
            fail_msg("case %zu gives %s", i, err_name(found));
        buffer_clear(&inner);
    }
}

static void four_signers_may_sign_and_five_not(void **state)
{
    (void)state;
    struct signer signers[5] = {0};
    struct buffer payload = {0}, bytes = {0};
    struct entry e;
    assert_int_equal(entry_sample_encode(SAMPLE_LEAST, &payload, NULL), OK);
    for (unsigned i = 0; i < 5; i++) {
        signers[i].key.b[0] = (uint8_t)i;
        signers[i].post[0] = 'p';
        signers[i].role = ROLE_HANDLE;
    }
    assert_int_equal(entry_encode(buffer_span(&payload), signers, 5, &bytes), ERR_RANGE);
    assert_int_equal(entry_encode(buffer_span(&payload), signers, 0, &bytes), ERR_RANGE);
    assert_int_equal(entry_encode(buffer_span(&payload), signers, 4, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_int_equal(entry_encode(buffer_span(&payload), signers + 1, 4, &bytes), OK);
    signers[1].key = signers[0].key;
    assert_int_equal(entry_encode(buffer_span(&payload), signers, 2, &bytes), ERR_RANGE);
    signers[0].post[0] = 0;
    assert_int_equal(entry_encode(buffer_span(&payload), signers, 1, &bytes), ERR_RANGE);
    buffer_clear(&payload);
    buffer_clear(&bytes);
}

static void an_entry_is_at_most_65535_bytes(void **state)
{
    (void)state;
    static uint8_t bytes[ENTRY_MAX_BYTES + 1];
    struct signer s = {.post = "p", .role = ROLE_HANDLE};
    struct buffer b = {0};
    struct entry e;
    assert_int_equal(entry_decode(&e, span_of(bytes, ENTRY_MAX_BYTES + 1)), ERR_TOO_LARGE);
    assert_int_equal(entry_decode(&e, span_of(bytes, ENTRY_MAX_BYTES)), ERR_FORMAT);
    size_t most = ENTRY_MAX_BYTES;
    while (entry_encode(span_of(bytes, most), &s, 1, &b) == ERR_TOO_LARGE)
        most--;
    assert_int_equal(b.len, ENTRY_MAX_BYTES);
    buffer_clear(&b);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct hash ledger = entry_sample_ledger();
    struct buffer bytes = {0};
    struct entry e, whole;
    assert_int_equal(entry_sample_encode(SAMPLE_OFFER, NULL, &bytes), OK);
    assert_int_equal(entry_decode(&whole, buffer_span(&bytes)), OK);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err found = entry_decode(&e, buffer_span(&bytes));
        assert_false(found == OK && hash_equal(&e.id, &whole.id));
        if (found == OK)
            found = entry_verify(&e, &ledger);
        assert_true(found != OK);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < bytes.len; len++)
        assert_true(entry_decode(&e, span_of(bytes.data, len)) != OK);
    buffer_clear(&bytes);
}

static void signatures_bind_the_ledger(void **state)
{
    (void)state;
    struct hash other = entry_sample_hash(0x12), ledger = entry_sample_ledger();
    struct buffer payload = {0}, bytes = {0};
    struct signer s = {.post = "p", .role = ROLE_HANDLE};
    struct signkey *key = entry_sample_key(0x80);
    struct entry e;
    assert_int_equal(entry_sample_encode(SAMPLE_LEAST, &payload, &bytes), OK);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    assert_int_equal(entry_verify(&e, &other), ERR_WRONG_LEDGER);
    e.ledger = other;
    assert_int_equal(entry_verify(&e, &other), ERR_SIGNATURE);
    e.ledger = ledger;
    e.signer_count = 0;
    assert_int_equal(entry_verify(&e, &ledger), ERR_SIGNATURE);
    assert_int_equal(entry_sign(buffer_span(&payload), &other, key, &s), ERR_WRONG_LEDGER);
    assert_int_equal(entry_sign(span_of(payload.data, 9), &ledger, key, &s), ERR_TRUNCATED);
    s.post[0] = 0;
    assert_int_equal(entry_sign(buffer_span(&payload), &ledger, key, &s), ERR_RANGE);
    signkey_free(key);
    buffer_clear(&payload);
    buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_decode_verify_and_encode_to_the_same_bytes),
        cmocka_unit_test(a_full_entry_gives_back_all_its_fields),
        cmocka_unit_test(facts_are_read_by_type_only),
        cmocka_unit_test(required_keys_may_not_miss_and_unknown_ones_not_stand),
        cmocka_unit_test(fields_outside_their_ranges_are_refused),
        cmocka_unit_test(member_ids_are_short_plain_and_begin_with_a_letter),
        cmocka_unit_test(refs_rise_without_repeats_and_are_never_empty),
        cmocka_unit_test(facts_and_parts_have_one_form),
        cmocka_unit_test(a_fact_of_text_is_bounded),
        cmocka_unit_test(drafts_that_would_not_decode_are_not_encoded),
        cmocka_unit_test(the_envelope_has_one_form),
        cmocka_unit_test(protected_headers_have_one_form),
        cmocka_unit_test(four_signers_may_sign_and_five_not),
        cmocka_unit_test(an_entry_is_at_most_65535_bytes),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(signatures_bind_the_ledger),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
