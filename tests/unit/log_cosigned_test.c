/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "ledger/log/cosigned.h"

#define ORIGIN "anwei.example/0123456789abcdef/yjj/0"
#define ROOT "XB/f6DU1gCLyOS3keNvgU/wTDP4dOggoeakM9r8Uv34="

/* FORMAT.md, "Cosignatures". */
static const char FROZEN[] =
    ORIGIN "\n257\n" ROOT "\n\n"
    "— anwei.example/0123456789abcdef/yjj/0 "
    "jcCQa2CA/6Yq326geFPOsg/AmbXOUs2sEKN5fQuxuWnm8mKOMNEoJ4Jwk77X7uJdFKFKu+zl+L1xdJys"
    "qrUjKpW1nwI=\n"
    "— anwei.example/0123456789abcdef/zhujian/cosigner "
    "4VWYHQAAAABkGFDLv4LIPfVn3I9pBA1xmmdmcrijz1VuldY0LwSCg8aLFNyh9nvcNdUPfL0uFS3OTN1E"
    "OAaMIy2ZGr2XVnUmwdqgAA==\n";

struct keys { struct signkey *log, *cosigner; };

static struct keys keys_create(void)
{
    struct keys k;
    uint8_t seed[32];
    assert_int_equal(keys_start(), OK);
    memset(seed, 'L', sizeof seed);
    assert_int_equal(signkey_from_seed(&k.log, seed), OK);
    memset(seed, 'c', sizeof seed);
    assert_int_equal(signkey_from_seed(&k.cosigner, seed), OK);
    return k;
}

static void keys_clear(struct keys *k)
{
    signkey_free(k->log);
    signkey_free(k->cosigner);
}

static void the_frozen_cosigned_head_is_made_and_read(void **state)
{
    (void)state;
    struct keys k = keys_create();
    struct cosigned c;
    struct buffer head = {0}, out = {0};
    struct note note;
    size_t len;
    struct cosigned made = {.head = {.origin = ORIGIN, .size = 257}, .member = "zhujian"};
    assert_int_equal(base64_decode(made.head.root.b, HASH_BYTES, ROOT, strlen(ROOT), &len), OK);
    assert_int_equal(checkpoint_sign(&made.head, k.log, &head), OK);
    assert_int_equal(note_decode(&note, buffer_span(&head)), OK);
    made.log_key_id = note.sigs[0].id;
    memcpy(made.log_sig.b, note.sigs[0].payload.data, SIG_BYTES);
    note_clear(&note);
    assert_int_equal(cosigned_sign(&made, k.cosigner, 1679315147), OK);
    assert_int_equal(cosigned_encode(&made, &out), OK);
    assert_int_equal(buffer_put_u8(&out, 0), OK);
    assert_string_equal((const char *)out.data, FROZEN);
    assert_int_equal(cosigned_decode(&c, span_of(FROZEN, strlen(FROZEN))), OK);
    assert_string_equal(c.member, "zhujian");
    assert_int_equal(c.time_s, 1679315147);
    assert_int_equal(cosigned_verify_log(&c, signkey_public(k.log)), OK);
    assert_int_equal(cosigned_verify(&c, signkey_public(k.cosigner)), OK);
    assert_int_equal(cosigned_verify(&c, signkey_public(k.log)), ERR_SIGNATURE);
    assert_int_equal(cosigned_verify_log(&c, signkey_public(k.cosigner)), ERR_SIGNATURE);
    buffer_clear(&head);
    buffer_clear(&out);
    keys_clear(&k);
}

/* Any bytes that decode encode to the same; no change of one byte verifies. */
static void no_byte_can_be_changed(void **state)
{
    (void)state;
    struct keys k = keys_create();
    char text[sizeof FROZEN];
    for (size_t i = 0; i + 1 < sizeof FROZEN; i++) {
        struct cosigned c;
        struct buffer again = {0};
        memcpy(text, FROZEN, sizeof text);
        text[i] = (char)(text[i] ^ 1);
        if (cosigned_decode(&c, span_of(text, strlen(text))) != OK)
            continue;
        assert_int_equal(cosigned_encode(&c, &again), OK);
        assert_int_equal(again.len, strlen(text));
        assert_memory_equal(again.data, text, again.len);
        buffer_clear(&again);
        bool holds = cosigned_verify_log(&c, signkey_public(k.log)) == OK &&
                     cosigned_verify(&c, signkey_public(k.cosigner)) == OK;
        assert_false(holds);
    }
    keys_clear(&k);
}

static enum err decoded(const char *text)
{
    struct cosigned c;
    return cosigned_decode(&c, span_of(text, strlen(text)));
}

static void other_shapes_of_notes_are_no_cosigned_heads(void **state)
{
    (void)state;
    char text[2 * sizeof FROZEN];
    assert_int_equal(decoded(FROZEN), OK);
    size_t two = (size_t)(strstr(strstr(FROZEN, "\n\n") + 2, "\n") + 1 - FROZEN);
    memcpy(text, FROZEN, two);
    text[two] = '\0';
    assert_int_equal(decoded(text), ERR_FORMAT);                   /* the log's line alone */
    strcpy(text, FROZEN);
    strcat(text, FROZEN + two);
    assert_int_equal(decoded(text), ERR_FORMAT);                   /* two cosigners at once */
    size_t body = (size_t)(strstr(FROZEN, "\n\n") + 2 - FROZEN);
    memcpy(text, FROZEN, body);
    size_t last = strlen(FROZEN) - two;
    memcpy(text + body, FROZEN + two, last);
    memcpy(text + body + last, FROZEN + body, two - body);
    text[strlen(FROZEN)] = '\0';
    assert_int_equal(decoded(text), ERR_FORMAT);                   /* in the other order */
    char *name;
    strcpy(text, FROZEN);
    name = strstr(text, "zhujian/cosigner");
    memcpy(name, "zhujian/watchers", 16);
    assert_int_equal(decoded(text), ERR_FORMAT);
    memcpy(name, "Zhujian/cosigner", 16);
    assert_int_equal(decoded(text), ERR_FORMAT);
    memcpy(name - 2, "0/zhujian/cosign", 16);                      /* another ledger's name */
    assert_int_not_equal(decoded(text), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frozen_cosigned_head_is_made_and_read),
        cmocka_unit_test(no_byte_can_be_changed),
        cmocka_unit_test(other_shapes_of_notes_are_no_cosigned_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
