#include "crypto/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KNOWN "ledger.example/dept-1+c4b15654+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQC3"

static struct pubkey known_key(void)
{
    uint8_t seed[32];
    struct signkey *key = NULL;
    memset(seed, 'L', sizeof seed);
    assert_int_equal(signkey_from_seed(&key, seed), OK);
    struct pubkey out = *signkey_public(key);
    signkey_free(key);
    return out;
}

static void known_seed_and_name_give_the_known_verifier_key(void **state)
{
    (void)state;
    struct pubkey key = known_key();
    struct vkey v;
    char text[VKEY_TEXT_BYTES];
    assert_int_equal(vkey_init(&v, "ledger.example/dept-1", ALG_ED25519, &key), OK);
    assert_true(v.id == 0xc4b15654);
    assert_int_equal(vkey_format(&v, text, sizeof text), OK);
    assert_string_equal(text, KNOWN);
    assert_int_equal(vkey_format(&v, text, sizeof KNOWN), OK);
    assert_int_equal(vkey_format(&v, text, sizeof KNOWN - 1), ERR_TOO_LARGE);
}

static void parsed_verifier_key_formats_to_the_same_text(void **state)
{
    (void)state;
    struct vkey v;
    char text[VKEY_TEXT_BYTES];
    assert_int_equal(vkey_parse(&v, KNOWN), OK);
    assert_string_equal(v.name, "ledger.example/dept-1");
    assert_int_equal(v.type, ALG_ED25519);
    assert_int_equal(vkey_format(&v, text, sizeof text), OK);
    assert_string_equal(text, KNOWN);
}

static void every_changed_character_of_a_verifier_key_is_refused(void **state)
{
    (void)state;
    char text[sizeof KNOWN];
    struct vkey v;
    for (size_t i = 0; i < sizeof KNOWN - 1; i++) {
        memcpy(text, KNOWN, sizeof text);
        text[i] = text[i] == 'e' ? 'f' : 'e';
        assert_int_not_equal(vkey_parse(&v, text), OK);
        memcpy(text, KNOWN, sizeof text);
        text[i] = '\0';
        assert_int_not_equal(vkey_parse(&v, text), OK);
    }
}

static void malformed_verifier_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "+", "++", "name+c4b15654", KNOWN "A", KNOWN "\n", KNOWN "+",
        "+c4b15654+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQC3",
        "ledger.example/dept-1+C4B15654+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQC3",
        "ledger.example/dept-1+c4b15655+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQC3",
        "ledger.example/dept 1+c4b15654+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQC3",
        "ledger.example/dept-1+c4b15654+AZJzCPU9Z2VQPStkwQOrWqRyBqs5UCz+j5hEL9tUMQ==",
    };
    struct vkey v;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vkey_parse(&v, bad[i]), ERR_FORMAT);
    }
}

static void verifier_key_of_a_dangerous_point_is_refused(void **state)
{
    (void)state;
    struct pubkey neutral = {{1}};
    struct vkey v;
    char text[VKEY_TEXT_BYTES];
    assert_int_equal(vkey_init(&v, "a.example", ALG_ED25519, &neutral), OK);
    assert_int_equal(vkey_format(&v, text, sizeof text), OK);
    assert_int_equal(vkey_parse(&v, text), ERR_KEY);
}

static void only_types_1_and_4_are_known_and_differ_in_their_id(void **state)
{
    (void)state;
    struct pubkey key = known_key();
    struct vkey one, four, other;
    assert_int_equal(vkey_init(&one, "a.example", ALG_ED25519, &key), OK);
    assert_int_equal(vkey_init(&four, "a.example", ALG_COSIGN_ED25519, &key), OK);
    assert_true(one.id != four.id);
    for (unsigned type = 0; type < 256; type++) {
        if (type != ALG_ED25519 && type != ALG_COSIGN_ED25519) {
            assert_int_equal(vkey_init(&other, "a.example", (uint8_t)type, &key), ERR_KEY);
        }
    }
}

static void names_without_space_plus_or_control_bytes_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "ledger.example/dept-1", "安委办.example/应急局",
                                       "a\xE2\x80\x8Bz", "\xF0\x9F\x94\xA5"};
    struct pubkey key = known_key();
    struct vkey v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(vkey_init(&v, good[i], ALG_ED25519, &key), OK);
        assert_string_equal(v.name, good[i]);
    }
}

static void names_that_a_signed_note_forbids_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "a b", "a+b", "+", "a\n", "\ta", "a\x01", "a\x1f", "a\xC2\x85", "a\xC2\xA0",
        "\xE1\x9A\x80", "a\xE2\x80\x80", "a\xE2\x80\x8A", "a\xE2\x80\xA8", "a\xE2\x80\xA9",
        "a\xE2\x80\xAF", "a\xE2\x81\x9F", "a\xE3\x80\x80z", "\xFF", "a\xC3", "\xED\xA0\x80"};
    struct pubkey key = known_key();
    struct vkey v;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vkey_init(&v, bad[i], ALG_ED25519, &key), ERR_FORMAT);
    }
    assert_int_equal(note_name_check(span_of("a\0b", 3)), ERR_FORMAT);
}

static void name_may_have_255_bytes_and_not_256(void **state)
{
    (void)state;
    struct pubkey key = known_key();
    struct vkey v, again;
    char name[257], text[VKEY_TEXT_BYTES];
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    assert_int_equal(vkey_init(&v, name, ALG_ED25519, &key), OK);
    assert_int_equal(vkey_format(&v, text, sizeof text), OK);
    assert_int_equal(vkey_parse(&again, text), OK);
    name[255] = 'n';
    name[256] = '\0';
    assert_int_equal(vkey_init(&v, name, ALG_ED25519, &key), ERR_TOO_LARGE);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_seed_and_name_give_the_known_verifier_key),
        cmocka_unit_test(parsed_verifier_key_formats_to_the_same_text),
        cmocka_unit_test(every_changed_character_of_a_verifier_key_is_refused),
        cmocka_unit_test(malformed_verifier_keys_are_refused),
        cmocka_unit_test(verifier_key_of_a_dangerous_point_is_refused),
        cmocka_unit_test(only_types_1_and_4_are_known_and_differ_in_their_id),
        cmocka_unit_test(names_without_space_plus_or_control_bytes_are_taken),
        cmocka_unit_test(names_that_a_signed_note_forbids_are_refused),
        cmocka_unit_test(name_may_have_255_bytes_and_not_256),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
