#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/roster_fixture.h"

static int setup(void **state)
{
    static struct fixture f;
    fixture_init(&f, 1, 1);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_clear(*state);
    return 0;
}

static void request_comes_back_as_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct admission a = fixture_admission(f, "yingji", 11, &f->genesis.ledger), back;
    struct buffer bytes = {0}, again = {0};
    struct hash ledger;
    assert_int_equal(request_encode(&a, &f->genesis.ledger, &bytes), OK);
    assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), OK);
    assert_true(hash_equal(&ledger, &f->genesis.ledger));
    assert_string_equal(back.id, "yingji");
    assert_string_equal(back.admin_person, "0001");
    assert_int_equal(back.name[0], 0);
    assert_int_equal(admission_verify(&back, &ledger), OK);
    assert_int_equal(request_encode(&back, &ledger, &again), OK);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    buffer_clear(&bytes);
    buffer_clear(&again);
}

static void cut_or_longer_bytes_are_refused(void **state)
{
    struct fixture *f = *state;
    struct admission a = fixture_admission(f, "yingji", 11, &f->genesis.ledger), back;
    struct buffer bytes = {0};
    struct hash ledger;
    assert_int_equal(request_encode(&a, &f->genesis.ledger, &bytes), OK);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(request_decode(&back, &ledger, span_of(bytes.data, len)), OK);
    assert_int_equal(buffer_put_u8(&bytes, 0), OK);
    assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), ERR_FORMAT);
    bytes.len--;
    bytes.data[0]--;
    assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), ERR_FORMAT);
    buffer_clear(&bytes);
}

static void bad_ids_and_empty_texts_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"", "Yingji", "9a", "-a", "a_b", "应急"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct admission a = fixture_admission(f, bad[i], 11, &f->genesis.ledger), back;
        struct buffer bytes = {0};
        struct hash ledger;
        assert_int_equal(request_encode(&a, &f->genesis.ledger, &bytes), OK);
        assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), ERR_RANGE);
        buffer_clear(&bytes);
    }
    struct admission a = fixture_admission(f, "a-9", 11, &f->genesis.ledger), back;
    struct buffer bytes = {0};
    struct hash ledger;
    assert_int_equal(request_encode(&a, &f->genesis.ledger, &bytes), OK);
    assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), OK);
    a.admin_person[0] = 0;
    buffer_reset(&bytes);
    assert_int_equal(request_encode(&a, &f->genesis.ledger, &bytes), OK);
    assert_int_equal(request_decode(&back, &ledger, buffer_span(&bytes)), ERR_RANGE);
    buffer_clear(&bytes);
}

static void proofs_bind_ledger_member_role_and_key(void **state)
{
    struct fixture *f = *state;
    const struct hash *ledger = &f->genesis.ledger;
    static const struct hash other;
    struct admission good = fixture_admission(f, "yingji", 11, ledger), a = good;
    assert_int_equal(admission_verify(&a, ledger), OK);
    assert_int_equal(admission_verify(&a, &other), ERR_SIGNATURE);
    strcpy(a.id, "gongan");
    assert_int_equal(admission_verify(&a, ledger), ERR_SIGNATURE);
    a = good;
    a.node_key = good.admin_key;
    a.node_proof = good.admin_proof;
    assert_int_equal(admission_verify(&a, ledger), ERR_SIGNATURE);
    a = good;
    a.admin_key = fixture_pub(f, 30);
    assert_int_equal(admission_verify(&a, ledger), ERR_SIGNATURE);
    a = good;
    a.admin_key = (struct pubkey){{1}};
    assert_int_equal(admission_verify(&a, ledger), ERR_KEY);
}

static void powers_stand_in_one_order_and_once(void **state)
{
    struct fixture *f = *state;
    struct admission a = fixture_admission(f, "yingji", 11, &f->genesis.ledger), back;
    struct buffer bytes = {0};
    struct cbor_out w;
    struct cbor c;
    cbor_out_init(&w, &bytes);
    admission_encode(&a, &w);
    assert_int_equal(w.err, OK);
    cbor_init(&c, buffer_span(&bytes));
    admission_decode(&back, &c);
    assert_int_equal(cbor_end(&c), OK);
    assert_int_equal(back.powers, POWER_ENFORCE | POWER_TRADE);
    uint8_t *list = memmem(bytes.data, bytes.len, "\x67" "enforce\x65trade", 14);
    assert_non_null(list);
    memcpy(list, "\x65trade\x67" "enforce", 14);
    cbor_init(&c, buffer_span(&bytes));
    admission_decode(&back, &c);
    assert_int_equal(cbor_end(&c), ERR_FORMAT);
    buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_comes_back_as_the_same_bytes),
        cmocka_unit_test(cut_or_longer_bytes_are_refused),
        cmocka_unit_test(bad_ids_and_empty_texts_are_refused),
        cmocka_unit_test(proofs_bind_ledger_member_role_and_key),
        cmocka_unit_test(powers_stand_in_one_order_and_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
