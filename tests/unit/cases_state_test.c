#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

static struct case_state full(void)
{
    struct case_state s;
    struct hash id = {{1, 2, 3}};
    struct member_no a = {JIAOTONG}, b = {SHICHANG};

    case_state_init(&s, &id);
    s.phase = CASE_CLOSED;
    s.closed = true;
    s.opener = s.custodian = a;
    s.opened_s = 1767225600;
    s.opened_index = 31;
    s.assigned = true;
    strcpy(s.sector, "gas");
    strcpy(s.district, "echeng");
    strcpy(s.clause, "判定标准 3");
    s.found_on = 20454;
    s.source = SOURCE_EXPERT;
    s.grade = GRADE_MAJOR;
    s.in_force = s.closure = s.pass = s.petition = s.rule = id;
    s.offer = (struct state_offer){true, true, a, b, id, 5, true, false, true};
    s.petition_open = s.ruled = s.rule_final = s.has_verifier = true;
    s.rule_named = s.interim_control = s.verifier = b;
    s.due_on = 20500;
    s.support_count = 1;
    s.supports[0] = (struct state_support){b, STEP_CONFIRM};
    s.listing_count = 1;
    s.listings[0] = (struct state_listing){b, SUPERVISE_CITY, id, 9};
    s.track_count = 1;
    s.tracks[0] = (struct state_track){"a", b, OUTCOME_WAIVED, id};
    strcpy(s.handler, "2-1");
    s.entry_count = 9;
    s.void_count = 1;
    s.last_s = 1767225700;
    return s;
}

static void state_survives_encoding_and_has_one_encoding(void **state)
{
    const struct sim_case *c = *state;
    struct case_state in = full(), out;
    struct buffer first = {0}, second = {0};
    assert_int_equal(case_state_encode(&in, c->roster->roster, &first), OK);
    assert_int_equal(case_state_decode(&out, c->roster->roster, buffer_span(&first)), OK);
    assert_int_equal(case_state_encode(&out, c->roster->roster, &second), OK);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);
    assert_int_equal(out.offer.to.v, SHICHANG);
    assert_string_equal(out.tracks[0].name, "a");
    assert_string_equal(out.clause, in.clause);
    assert_int_equal(out.rule_named.v, SHICHANG);
    buffer_clear(&first);
    buffer_clear(&second);
}

static void empty_state_survives_encoding(void **state)
{
    const struct sim_case *c = *state;
    struct case_state in, out;
    struct hash id = {{9}};
    struct buffer bytes = {0};
    case_state_init(&in, &id);
    assert_int_equal(case_state_encode(&in, c->roster->roster, &bytes), OK);
    assert_int_equal(case_state_decode(&out, c->roster->roster, buffer_span(&bytes)), OK);
    assert_int_equal(out.custodian.v, MEMBER_NONE);
    assert_int_equal(out.phase, CASE_NONE);
    buffer_clear(&bytes);
}

static void damaged_state_is_refused(void **state)
{
    const struct sim_case *c = *state;
    struct case_state in = full(), out;
    struct buffer bytes = {0};
    assert_int_equal(case_state_encode(&in, c->roster->roster, &bytes), OK);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(
            case_state_decode(&out, c->roster->roster, span_of(bytes.data, len)), OK);
    assert_int_equal(buffer_put_u8(&bytes, 0), OK);
    assert_int_not_equal(case_state_decode(&out, c->roster->roster, buffer_span(&bytes)), OK);
    buffer_clear(&bytes);
}

static void unknown_member_is_refused_in_both_directions(void **state)
{
    const struct sim_case *c = *state;
    struct case_state in = full(), out;
    struct buffer bytes = {0};
    in.custodian.v = 77;
    assert_int_equal(case_state_encode(&in, c->roster->roster, &bytes), ERR_UNKNOWN_MEMBER);
    buffer_reset(&bytes);
    in.custodian.v = JIAOTONG;
    assert_int_equal(case_state_encode(&in, c->roster->roster, &bytes), OK);
    uint8_t *at = memmem(bytes.data, bytes.len, "jiaotong", 8);
    assert_non_null(at);
    at[0] = 'x';
    assert_int_equal(case_state_decode(&out, c->roster->roster, buffer_span(&bytes)),
                     ERR_UNKNOWN_MEMBER);
    buffer_clear(&bytes);
}

static void case_number_names_member_year_and_ordinal(void **state)
{
    char text[CASE_NUMBER_BYTES], member[ID_MAX_BYTES + 1];
    unsigned year;
    uint32_t epoch;
    uint64_t index;
    bool bad;
    (void)state;
    assert_int_equal(case_number_format(text, "yingji", 1767225600, 0, 31), OK);
    assert_memory_equal(text, "yingji-2026-31-", 15);
    assert_int_equal(strlen(text), 16);
    assert_int_equal(case_number_parse(text, member, &year, &epoch, &index, &bad), OK);
    assert_string_equal(member, "yingji");
    assert_int_equal(year, 2026);
    assert_int_equal(epoch, 0);
    assert_int_equal(index, 31);
    assert_int_equal(case_number_format(text, "a-2026", 1767225600 - 8 * 3600 - 1, 3, 7), OK);
    assert_memory_equal(text, "a-2026-2025e3-7-", 16);
    assert_int_equal(case_number_parse(text, member, &year, &epoch, &index, &bad), OK);
    assert_string_equal(member, "a-2026");
    assert_int_equal(year, 2025);
    assert_int_equal(epoch, 3);
}

/* The example printed with the GRid standard: A1-2425G-ABC1234002-M. */
static void check_character_is_iso_7064_mod_37_36(void **state)
{
    char text[CASE_NUMBER_BYTES], member[ID_MAX_BYTES + 1];
    unsigned year;
    uint32_t epoch;
    uint64_t index;
    bool bad;
    (void)state;
    assert_int_equal(case_number_parse("a12425gabc-1234-002-M", member, &year, &epoch, &index,
                                       &bad), OK);
    assert_int_equal(case_number_format(text, "a12425gabc", 0, 0, 0), OK);
    assert_string_equal(text, "a12425gabc-1970-0-X");
}

static void wrong_number_is_refused(void **state)
{
    static const char *const shapes[] = {"", "-", "yingji", "yingji-2026-31", "-2026-31-A",
                                         "yingji-2026-x-A", "yingji-2026e0-31-A",
                                         "yingji-2026-31-AB", "yingji-26x-31-A"};
    char text[CASE_NUMBER_BYTES], member[ID_MAX_BYTES + 1];
    unsigned year;
    uint32_t epoch;
    uint64_t index;
    bool bad;
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        assert_int_equal(case_number_parse(shapes[i], member, &year, &epoch, &index, &bad),
                         ERR_FORMAT);
        assert_false(bad);
    }
    assert_int_equal(case_number_format(text, "yingji", 1767225600, 0, 31), OK);
    text[13] = '1';
    text[12] = '3';
    text[strlen(text) - 1] = text[strlen(text) - 1] == 'A' ? 'B' : 'A';
    assert_int_equal(case_number_parse(text, member, &year, &epoch, &index, &bad), ERR_FORMAT);
    assert_true(bad);
}

static void swapped_digits_change_the_check_character(void **state)
{
    char left[CASE_NUMBER_BYTES], right[CASE_NUMBER_BYTES];
    (void)state;
    assert_int_equal(case_number_format(left, "yingji", 1767225600, 0, 1234), OK);
    assert_int_equal(case_number_format(right, "yingji", 1767225600, 0, 1324), OK);
    assert_int_not_equal(left[strlen(left) - 1], right[strlen(right) - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_survives_encoding_and_has_one_encoding),
        cmocka_unit_test(empty_state_survives_encoding),
        cmocka_unit_test(damaged_state_is_refused),
        cmocka_unit_test(unknown_member_is_refused_in_both_directions),
        cmocka_unit_test(case_number_names_member_year_and_ordinal),
        cmocka_unit_test(check_character_is_iso_7064_mod_37_36),
        cmocka_unit_test(wrong_number_is_refused),
        cmocka_unit_test(swapped_digits_change_the_check_character),
    };

    return cmocka_run_group_tests(tests, sim_setup, sim_teardown);
}
