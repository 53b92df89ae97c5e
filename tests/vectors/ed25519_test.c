#include "crypto/keys.h"
#include "tests/support/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>

static json_t *vectors(const char *name)
{
    struct buffer b = {0};
    assert_true(vector_read(&b, name));
    json_t *root = json_loadb((const char *)b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
    buffer_clear(&b);
    assert_non_null(root);
    return root;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

/* False when the hex at `key` is not of exactly `len` bytes. */
static bool bytes_at(const json_t *object, const char *key, uint8_t *out, size_t len)
{
    const char *text = text_at(object, key);
    size_t got;
    return hex_decode(out, len, text, strlen(text), &got) == OK && got == len;
}

static enum err wycheproof_verify(const struct pubkey *key, const json_t *test)
{
    const char *hex = text_at(test, "msg");
    uint8_t message[2048];
    struct sig sig;
    size_t len;
    assert_int_equal(hex_decode(message, sizeof message, hex, strlen(hex), &len), OK);
    if (!bytes_at(test, "sig", sig.b, SIG_BYTES)) {
        return ERR_FORMAT;
    }
    return verify_raw(key, span_of(message, len), &sig);
}

static void wycheproof_signatures_are_judged_as_stated(void **state)
{
    (void)state;
    vector_require("wycheproof_ed25519.json");
    json_t *root = vectors("wycheproof_ed25519.json"), *group, *test;
    size_t i, j, valid = 0, invalid = 0;
    json_array_foreach(json_object_get(root, "testGroups"), i, group) {
        struct pubkey key;
        assert_true(bytes_at(json_object_get(group, "publicKey"), "pk", key.b, PUBKEY_BYTES));
        json_array_foreach(json_object_get(group, "tests"), j, test) {
            bool good = strcmp(text_at(test, "result"), "valid") == 0;
            assert_int_equal(wycheproof_verify(&key, test) == OK, good);
            valid += good;
            invalid += !good;
        }
    }
    assert_int_equal(valid, 88);
    assert_int_equal(invalid, 63);
    json_decref(root);
}

/* What a reader with another library answers. */
static bool openssl_accepts(const struct pubkey *key, struct span message, const struct sig *sig)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->b, PUBKEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey != NULL && ctx != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, sig->b, SIG_BYTES, message.data, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

static bool has_flag(const json_t *test, const char *name)
{
    size_t i;
    json_t *flag;
    json_array_foreach(json_object_get(test, "flags"), i, flag) {
        if (strcmp(json_string_value(flag), name) == 0) {
            return true;
        }
    }
    return false;
}

/* With a key that may be enrolled two readers differ only over a signature whose R is of small
 * order, which no honest signer makes. */
static void hostile_signatures_are_refused_wherever_another_reader_refuses_them(void **state)
{
    (void)state;
    vector_require("cctv_ed25519.json");
    json_t *root = vectors("cctv_ed25519.json"), *test;
    size_t i, stricter = 0, both = 0;
    json_array_foreach(root, i, test) {
        struct pubkey key;
        struct sig sig;
        const char *message = text_at(test, "msg");
        struct span bytes = span_of(message, strlen(message));
        assert_true(bytes_at(test, "key", key.b, PUBKEY_BYTES));
        assert_true(bytes_at(test, "sig", sig.b, SIG_BYTES));
        bool ours = verify_raw(&key, bytes, &sig) == OK;
        bool theirs = openssl_accepts(&key, bytes, &sig);
        assert_false(ours && !theirs);
        stricter += theirs && !ours;
        both += theirs && ours;
        if (pubkey_check(&key) == OK && ours != theirs) {
            assert_true(has_flag(test, "low_order_R"));
        }
    }
    assert_int_equal(both, 43);
    assert_int_equal(stricter, 165);
    json_decref(root);
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wycheproof_signatures_are_judged_as_stated),
        cmocka_unit_test(hostile_signatures_are_refused_wherever_another_reader_refuses_them),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
