#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ledger/log/cose.h"

enum { PATH_BYTES = 1024, HEX_CHARS = 1024 };

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

static json_t *vector_open(const char *name)
{
    const char *folder = getenv("JIELI_VECTORS");
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/cose/%s",
                       folder != NULL ? folder : "../shared/vectors", name);
    assert_true(len > 0 && len < PATH_BYTES);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL) {
        print_message("skipped: no vector %s\n", path);
        skip();
    }
    return root;
}

static struct span hex_at(const json_t *object, const char *key, uint8_t *room, size_t room_bytes)
{
    const char *text = json_string_value(json_object_get(object, key));
    char lower[HEX_CHARS];
    size_t len = 0, chars = text != NULL ? strlen(text) : 0;
    assert_in_range(chars, 2, HEX_CHARS - 1);
    for (size_t i = 0; i <= chars; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    assert_int_equal(hex_decode(room, room_bytes, lower, chars, &len), OK);
    return span_of(room, len);
}

static const json_t *first(const json_t *object, const char *key, const char *list)
{
    return json_array_get(json_object_get(json_object_get(object, key), list), 0);
}

struct message { struct span body, payload, signer; struct sig sig; };

static struct message message_read(struct span bytes)
{
    struct message m;
    struct cbor c;
    cbor_init(&c, bytes);
    assert_int_equal(cbor_tag(&c), COSE_SIGN_TAG);
    assert_int_equal(cbor_array(&c, 4), 4);
    m.body = cbor_bytes(&c);
    cbor_item(&c);
    m.payload = cbor_bytes(&c);
    assert_int_equal(cbor_array(&c, 1), 1);
    assert_int_equal(cbor_array(&c, 3), 3);
    m.signer = cbor_bytes(&c);
    cbor_item(&c);
    cbor_fixed(&c, m.sig.b, SIG_BYTES);
    assert_int_equal(cbor_end(&c), OK);
    return m;
}

static void the_standard_s_eddsa_message_is_rebuilt_and_verifies(void **state)
{
    (void)state;
    json_t *root = vector_open("eddsa-01.json");
    uint8_t whole[512], signed_bytes[512], key_bytes[64];
    struct buffer built = {0};
    struct pubkey key;
    const json_t *input = json_object_get(root, "input");
    struct message m = message_read(hex_at(json_object_get(root, "output"), "cbor", whole,
                                           sizeof whole));
    struct span expected = hex_at(first(root, "intermediates", "signers"), "ToBeSign_hex",
                                  signed_bytes, sizeof signed_bytes);
    struct span x = hex_at(json_object_get(first(input, "sign", "signers"), "key"), "x_hex",
                           key_bytes, sizeof key_bytes);
    assert_int_equal(cose_sig_structure(m.body, m.signer, span_of("", 0), m.payload, &built), OK);
    assert_int_equal(built.len, expected.len);
    assert_memory_equal(built.data, expected.data, expected.len);
    memcpy(key.b, x.data, PUBKEY_BYTES);
    assert_int_equal(verify_raw(&key, buffer_span(&built), &m.sig), OK);
    built.data[built.len - 1] ^= 1;
    assert_int_equal(verify_raw(&key, buffer_span(&built), &m.sig), ERR_SIGNATURE);
    buffer_clear(&built);
    json_decref(root);
}

static void a_message_with_an_unprotected_key_id_is_no_entry(void **state)
{
    (void)state;
    json_t *root = vector_open("eddsa-01.json");
    uint8_t whole[512];
    struct entry e;
    struct span bytes = hex_at(json_object_get(root, "output"), "cbor", whole, sizeof whole);
    assert_int_equal(entry_decode(&e, bytes), ERR_FORMAT);
    json_decref(root);
}

static void an_entry_signs_its_payload_with_its_ledger_as_context(void **state)
{
    (void)state;
    static const char expected[] = "\x85\x69Signature\x40\x42PP\x58\x33\x82\x6ejieli/entry/v1"
                                   "\x58\x21\x02LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL\x43pay";
    uint8_t room[SIG_STRUCTURE_MAX_BYTES];
    struct buffer out = {room, 0, sizeof room}, small = {room, 0, 100};
    struct hash ledger;
    memset(ledger.b, 'L', sizeof ledger.b);
    assert_int_equal(cose_entry_structure(span_of("pay", 3), span_of("PP", 2), &ledger, &out), OK);
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.len);
    assert_int_equal(cose_entry_structure(span_of(expected, 90), span_of("PP", 2), &ledger,
                                          &small), ERR_TOO_LARGE);
}

static void the_largest_protected_header_fits_its_room(void **state)
{
    (void)state;
    uint8_t room[PROTECTED_MAX_BYTES];
    struct buffer out = {room, 0, sizeof room};
    struct signer s = {.role = ROLE_VERIFY, .foreign = true}, again;
    memset(s.post, 'p', POST_MAX_BYTES);
    assert_int_equal(cose_signer_check(&s), OK);
    assert_int_equal(cose_protected_encode(&s, &out), OK);
    assert_ptr_equal(out.data, room);
    assert_int_equal(cose_protected_decode(&again, buffer_span(&out)), OK);
    assert_string_equal(again.post, s.post);
    memset(s.post, 'p', sizeof s.post);
    assert_int_equal(cose_signer_check(&s), ERR_RANGE);
    s.post[1] = 0;
    assert_int_equal(cose_signer_check(&s), OK);
    s.role = (enum role)5;
    assert_int_equal(cose_signer_check(&s), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_s_eddsa_message_is_rebuilt_and_verifies),
        cmocka_unit_test(a_message_with_an_unprotected_key_id_is_no_entry),
        cmocka_unit_test(an_entry_signs_its_payload_with_its_ledger_as_context),
        cmocka_unit_test(the_largest_protected_header_fits_its_room),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
