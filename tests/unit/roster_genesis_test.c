#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "tests/support/roster_fixture.h"

static const struct pubkey small_order = {{1}};

static int setup(void **state)
{
    static struct fixture f;
    fixture_init(&f, 1, 2);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_clear(*state);
    return 0;
}

static enum err round_trip(struct genesis *g)
{
    struct buffer bytes = {0};
    struct genesis back;
    assert_int_equal(genesis_encode(g, &bytes), OK);
    enum err e = genesis_decode(&back, buffer_span(&bytes));
    if (e == OK)
        assert_memory_equal(&back.ledger, &g->ledger, sizeof back.ledger);
    buffer_clear(&bytes);
    return e;
}

static void genesis_comes_back_as_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct buffer bytes = {0}, again = {0};
    struct genesis back;
    struct hash id;
    struct genesis g = fixture_genesis(f, 2, 2);
    g.recovery_k = 1;
    g.recovery_count = 2;
    g.recovery[0] = fixture_pub(f, 20);
    g.recovery[1] = fixture_pub(f, 21);
    assert_int_equal(genesis_encode(&g, &bytes), OK);
    assert_int_equal(genesis_decode(&back, buffer_span(&bytes)), OK);
    sha256(buffer_span(&bytes), &id);
    assert_true(hash_equal(&id, &back.ledger));
    assert_string_equal(back.domain, g.domain);
    assert_string_equal(back.convenor.admin_post, "科长");
    assert_int_equal(back.recovery_count, 2);
    assert_int_equal(genesis_encode(&back, &again), OK);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    buffer_clear(&bytes);
    buffer_clear(&again);
}

static void k_must_lie_between_one_and_the_number_of_root_officers(void **state)
{
    for (unsigned k = 0; k <= 3; k++) {
        struct genesis g = fixture_genesis(*state, k, 2);
        assert_int_equal(round_trip(&g), k == 1 || k == 2 ? OK : ERR_RANGE);
    }
}

static void a_root_key_counts_once(void **state)
{
    struct genesis g = fixture_genesis(*state, 1, 2);
    g.roots[1].key = g.roots[0].key;
    g.roots[1].proof = g.roots[0].proof;
    assert_int_equal(round_trip(&g), ERR_RANGE);
}

static void recovery_set_is_whole_or_absent(void **state)
{
    struct genesis g = fixture_genesis(*state, 1, 1);
    g.recovery_k = 1;
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g.recovery_count = 1;
    g.recovery[0] = fixture_pub(*state, 20);
    assert_int_equal(round_trip(&g), OK);
    g.recovery_k = 2;
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g.recovery_k = 1;
    g.recovery[0] = small_order;
    assert_int_equal(round_trip(&g), ERR_KEY);
}

static void each_proof_must_be_made_by_its_own_key_for_its_own_role(void **state)
{
    struct genesis good = fixture_genesis(*state, 1, 2), g = good;
    assert_int_equal(round_trip(&g), OK);
    g.roots[1].proof.b[0] ^= 1;
    assert_int_equal(round_trip(&g), ERR_SIGNATURE);
    g = good;
    g.convenor.node_proof = g.convenor.admin_proof;
    assert_int_equal(round_trip(&g), ERR_SIGNATURE);
    g = good;
    strcpy(g.convenor.id, "anweihui");
    assert_int_equal(round_trip(&g), ERR_SIGNATURE);
}

static void keys_of_small_order_are_refused(void **state)
{
    struct genesis good = fixture_genesis(*state, 1, 1), g = good;
    g.roots[0].key = small_order;
    assert_int_equal(round_trip(&g), ERR_KEY);
    g = good;
    g.convenor.node_key = small_order;
    assert_int_equal(round_trip(&g), ERR_KEY);
    g = good;
    g.convenor.admin_key = small_order;
    assert_int_equal(round_trip(&g), ERR_KEY);
}

static void texts_keep_to_their_alphabet(void **state)
{
    struct genesis good = fixture_genesis(*state, 1, 1), g = good;
    strcpy(g.domain, "a b");
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g = good;
    g.domain[0] = 0;
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g = good;
    strcpy(g.convenor.id, "Anweiban");
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g = good;
    strcpy(g.convenor.institution, "9a");
    assert_int_equal(round_trip(&g), ERR_RANGE);
    g = good;
    strcpy(g.roots[0].post, "a\nb");
    assert_int_equal(round_trip(&g), ERR_RANGE);
}

static void newer_suite_or_law_is_unsupported(void **state)
{
    struct genesis good = fixture_genesis(*state, 1, 1), g = good;
    g.suite = 2;
    assert_int_equal(round_trip(&g), ERR_UNSUPPORTED);
    g = good;
    g.law_version = 2;
    assert_int_equal(round_trip(&g), ERR_UNSUPPORTED);
}

static void unknown_keys_and_cut_or_longer_bytes_are_refused(void **state)
{
    struct genesis g = fixture_genesis(*state, 1, 1), back;
    struct buffer bytes = {0};
    static const uint8_t extra[] = {11, 0};
    assert_int_equal(genesis_encode(&g, &bytes), OK);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(genesis_decode(&back, span_of(bytes.data, len)), OK);
    assert_int_equal(buffer_put(&bytes, extra, sizeof extra), OK);
    assert_int_equal(genesis_decode(&back, buffer_span(&bytes)), ERR_FORMAT);
    bytes.data[0]++;                        /* now a well-formed map of 11 pairs */
    assert_int_not_equal(genesis_decode(&back, buffer_span(&bytes)), OK);
    bytes.data[0]--;
    bytes.len -= sizeof extra;
    assert_int_equal(genesis_decode(&back, buffer_span(&bytes)), OK);
    bytes.data[1] = 0;                      /* key 1 renamed to 0 */
    assert_int_equal(genesis_decode(&back, buffer_span(&bytes)), ERR_FORMAT);
    buffer_clear(&bytes);
}

static void no_flipped_bit_goes_unnoticed(void **state)
{
    struct genesis g = fixture_genesis(*state, 1, 1), back;
    struct buffer bytes = {0};
    assert_int_equal(genesis_encode(&g, &bytes), OK);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 1;
        if (genesis_decode(&back, buffer_span(&bytes)) == OK)
            assert_false(hash_equal(&back.ledger, &g.ledger));
        bytes.data[i] ^= 1;
    }
    buffer_clear(&bytes);
}

static void powers_and_kinds_have_one_name_each(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        enum power p = 0;
        assert_int_equal(power_from_name(power_name((enum power)(1u << i)), &p), OK);
        assert_int_equal(p, 1u << i);
    }
    for (unsigned i = MEMBER_OFFICE; i <= MEMBER_JUDICIAL; i++) {
        enum member_kind k = MEMBER_OFFICE;
        assert_int_equal(member_kind_from_name(member_kind_name((enum member_kind)i), &k), OK);
        assert_int_equal(k, i);
    }
    enum power p;
    enum member_kind k;
    assert_int_equal(power_from_name("rule", &p), ERR_RANGE);
    assert_int_equal(member_kind_from_name("club", &k), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genesis_comes_back_as_the_same_bytes),
        cmocka_unit_test(k_must_lie_between_one_and_the_number_of_root_officers),
        cmocka_unit_test(a_root_key_counts_once),
        cmocka_unit_test(recovery_set_is_whole_or_absent),
        cmocka_unit_test(each_proof_must_be_made_by_its_own_key_for_its_own_role),
        cmocka_unit_test(keys_of_small_order_are_refused),
        cmocka_unit_test(texts_keep_to_their_alphabet),
        cmocka_unit_test(newer_suite_or_law_is_unsupported),
        cmocka_unit_test(unknown_keys_and_cut_or_longer_bytes_are_refused),
        cmocka_unit_test(no_flipped_bit_goes_unnoticed),
        cmocka_unit_test(powers_and_kinds_have_one_name_each),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
