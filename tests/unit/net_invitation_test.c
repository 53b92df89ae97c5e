#include "net/invitation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct invitation sample(void)
{
    struct invitation i = {.expires_s = 1800000000, .member = "zhujian", .address_count = 2,
                           .addresses = {"192.0.2.7:7311", "[2001:db8::7]:7311"}};
    memset(i.ledger.b, 1, HASH_BYTES);
    memset(i.convenor.b, 2, PUBKEY_BYTES);
    memset(i.name, 3, sizeof i.name);
    memset(i.secret, 4, sizeof i.secret);
    return i;
}

/* The text in FORMAT.md. */
static const char FROZEN[] =
    "jieli1.AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"
    "CAgIDAwMDAwMDAwMDAwMDAwMDBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQAAAAAa0nSAAd6aHVqaWFuA"
    "g4xOTIuMC4yLjc6NzMxMRJbMjAwMTpkYjg6OjddOjczMTHHmLBZ";

static void an_invitation_is_one_line_and_comes_back_as_it_was(void **state)
{
    const struct invitation i = sample();
    struct invitation again;
    char text[INVITATION_TEXT_BYTES], spaced[INVITATION_TEXT_BYTES + 4];
    (void)state;
    assert_int_equal(invitation_encode(&i, text), OK);
    assert_string_equal(text, FROZEN);
    assert_null(strpbrk(text, " \n+/="));
    assert_int_equal(invitation_decode(&again, text), OK);
    assert_memory_equal(&i, &again, sizeof i);
    snprintf(spaced, sizeof spaced, " %s\r\n", text);
    assert_int_equal(invitation_decode(&again, spaced), OK);
    assert_memory_equal(&i, &again, sizeof i);
}

static void every_slip_of_the_pen_is_found(void **state)
{
    static const char letters[] = "AZaz09-_+/= ";
    const struct invitation i = sample();
    struct invitation out;
    char text[INVITATION_TEXT_BYTES];
    (void)state;
    assert_int_equal(invitation_encode(&i, text), OK);
    for (size_t at = 0; text[at] != 0; at++) {
        char was = text[at];
        for (size_t n = 0; letters[n] != 0; n++) {
            bool trimmed = at == 0 && letters[n] == ' ';
            text[at] = letters[n];
            if (letters[n] != was && !trimmed)
                assert_int_not_equal(invitation_decode(&out, text), OK);
        }
        text[at] = 0;
        assert_int_not_equal(invitation_decode(&out, text), OK);
        text[at] = was;
    }
    strcat(text, "A");
    assert_int_not_equal(invitation_decode(&out, text), OK);
    assert_int_equal(invitation_decode(&out, ""), ERR_FORMAT);
    assert_int_equal(invitation_decode(&out, "jieli1."), ERR_TRUNCATED);
    assert_int_equal(invitation_decode(&out, "jieli2.AAAA"), ERR_FORMAT);
}

static void fields_keep_to_their_bounds(void **state)
{
    struct invitation i = sample();
    char text[INVITATION_TEXT_BYTES];
    (void)state;
    i.address_count = 0;
    assert_int_equal(invitation_encode(&i, text), ERR_RANGE);
    i = sample();
    i.address_count = INVITATION_MAX_ADDRESSES + 1;
    assert_int_equal(invitation_encode(&i, text), ERR_RANGE);
    i = sample();
    strcpy(i.addresses[1], "example.org:7311");
    assert_int_equal(invitation_encode(&i, text), ERR_RANGE);
    i = sample();
    strcpy(i.member, "Zhujian");
    assert_int_equal(invitation_encode(&i, text), ERR_RANGE);
}

static void the_longest_invitation_fits(void **state)
{
    static const char longest[] = "[2001:0db8:1111:2222:3333:4444:255.255.255.255]:65535";
    struct invitation i = sample(), again;
    char text[INVITATION_TEXT_BYTES];
    (void)state;
    strcpy(i.member, "a234567890123456789012345678901");
    i.address_count = INVITATION_MAX_ADDRESSES;
    for (unsigned n = 0; n < INVITATION_MAX_ADDRESSES; n++)
        strcpy(i.addresses[n], longest);
    assert_int_equal(invitation_encode(&i, text), OK);
    assert_int_equal(invitation_decode(&again, text), OK);
    assert_memory_equal(&i, &again, sizeof i);
}

static void an_order_is_signed_for_one_invitation_of_one_ledger(void **state)
{
    struct invitation_order o = {.verb = INVITATION_MAKE, .expires_s = 7, .member = "zhujian"};
    struct signkey *key;
    struct sig sig;
    (void)state;
    assert_int_equal(keys_start(), OK);
    assert_int_equal(signkey_create(&key), OK);
    assert_int_equal(invitation_order_sign(&o, key, &sig), OK);
    assert_int_equal(invitation_order_verify(&o, signkey_public(key), &sig), OK);
    for (unsigned n = 0; n < 5; n++) {
        struct invitation_order other = o;
        other.ledger.b[0] ^= n == 0;
        other.verb = n == 1 ? INVITATION_REVOKE : INVITATION_MAKE;
        other.name[0] ^= n == 2;
        other.expires_s += n == 3;
        other.member[0] = n == 4 ? 'y' : 'z';
        assert_int_equal(invitation_order_verify(&other, signkey_public(key), &sig),
                         ERR_SIGNATURE);
    }
    signkey_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation_is_one_line_and_comes_back_as_it_was),
        cmocka_unit_test(every_slip_of_the_pen_is_found),
        cmocka_unit_test(fields_keep_to_their_bounds),
        cmocka_unit_test(the_longest_invitation_fits),
        cmocka_unit_test(an_order_is_signed_for_one_invitation_of_one_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
