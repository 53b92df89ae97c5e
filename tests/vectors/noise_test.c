#include "crypto/noise.h"
#include "tests/support/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define FILE_NAME "noise_25519_chachapoly_blake2b.json"

static const struct { const char *name; enum noise_pattern pattern; } NAMES[] = {
    {"NN", NOISE_NN}, {"NK", NOISE_NK}, {"KK", NOISE_KK}, {"XK", NOISE_XK}, {"IK", NOISE_IK},
    {"XX", NOISE_XX}, {"IX", NOISE_IX}, {"NNpsk0", NOISE_NNPSK0}, {"XXpsk3", NOISE_XXPSK3},
    {"KKpsk0", NOISE_KKPSK0},
};

struct side {
    struct noise noise;
    struct xkey key;
    struct xpubkey peer;
    uint8_t ephemeral[32], psk[NOISE_PSK_BYTES], prologue[64], hash[NOISE_HASH_BYTES];
    struct noise_cipher send, receive;
};

static void ephemeral_give(void *ctx, uint8_t *out, size_t len)
{
    const struct side *side = ctx;
    assert_int_equal(len, sizeof side->ephemeral);
    memcpy(out, side->ephemeral, len);
}

static size_t hex_value(const json_t *value, uint8_t *out, size_t room)
{
    const char *text = json_string_value(value);
    size_t len = 0;
    if (text != NULL) {
        assert_int_equal(hex_decode(out, room, text, strlen(text), &len), OK);
    }
    return len;
}

static size_t hex_at(const json_t *v, const char *side, const char *key, uint8_t *out, size_t room)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", side, key);
    return hex_value(json_object_get(v, name), out, room);
}

static enum noise_pattern pattern_at(const json_t *v)
{
    const char *protocol = json_string_value(json_object_get(v, "protocol_name"));
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "Noise_%s_25519_ChaChaPoly_BLAKE2b", NAMES[i].name);
        if (strcmp(name, protocol) == 0) {
            return NAMES[i].pattern;
        }
    }
    fail_msg("no pattern %s", protocol);
    return NOISE_PATTERNS;
}

static void side_init(struct side *side, const json_t *v, enum noise_role role)
{
    const char *name = role == NOISE_INITIATOR ? "init" : "resp";
    uint8_t secret[32];
    struct noise_config c = {.pattern = pattern_at(v), .role = role,
                             .random = {side, ephemeral_give}};
    memset(side, 0, sizeof *side);
    c.prologue = span_of(side->prologue,
                         hex_at(v, name, "_prologue", side->prologue, sizeof side->prologue));
    assert_int_equal(hex_at(v, name, "_ephemeral", side->ephemeral, 32), 32);
    if (hex_at(v, name, "_static", secret, 32) == 32) {
        assert_int_equal(xkey_from_secret(&side->key, secret), OK);
        c.key = &side->key;
    }
    if (hex_at(v, name, "_remote_static", side->peer.b, 32) == 32) {
        c.peer = &side->peer;
    }
    const json_t *psks = json_object_get(v, role == NOISE_INITIATOR ? "init_psks" : "resp_psks");
    if (hex_value(json_array_get(psks, 0), side->psk, sizeof side->psk) == 32) {
        c.psk = side->psk;
    }
    noise_init(&side->noise, &c);
}

static void sides_split(struct side sides[2], const json_t *v)
{
    uint8_t hash[NOISE_HASH_BYTES];
    assert_int_equal(hex_at(v, "", "handshake_hash", hash, sizeof hash), sizeof hash);
    for (int i = 0; i < 2; i++) {
        struct side *s = &sides[i];
        assert_int_equal(noise_split(&s->noise, &s->send, &s->receive, s->hash), OK);
        assert_memory_equal(s->hash, hash, sizeof hash);
    }
}

static void message_replay(struct side *from, struct side *to, struct span payload,
                           struct span expected)
{
    struct buffer wire = {0}, plain = {0};
    if (!noise_done(&from->noise) && !from->noise.dead) {
        assert_true(noise_is_our_turn(&from->noise));
        assert_int_equal(noise_overhead(&from->noise), expected.len - payload.len);
        assert_int_equal(noise_write(&from->noise, payload, &wire), OK);
        assert_int_equal(noise_read(&to->noise, buffer_span(&wire), &plain), OK);
    } else {
        assert_int_equal(buffer_reserve(&wire, expected.len), OK);
        assert_int_equal(buffer_reserve(&plain, expected.len), OK);
        wire.len = expected.len;
        plain.len = payload.len;
        assert_int_equal(noise_cipher_seal(&from->send, (struct span){NULL, 0}, payload,
                                           wire.data), OK);
        assert_int_equal(noise_cipher_open(&to->receive, (struct span){NULL, 0},
                                           buffer_span(&wire), plain.data), OK);
    }
    assert_int_equal(wire.len, expected.len);
    assert_memory_equal(wire.data, expected.data, wire.len);
    assert_int_equal(plain.len, payload.len);
    assert_memory_equal(plain.data, payload.data, plain.len);
    buffer_clear(&wire);
    buffer_clear(&plain);
}

static void vector_replay(const json_t *v)
{
    struct side sides[2];
    size_t i;
    json_t *m;
    side_init(&sides[0], v, NOISE_INITIATOR);
    side_init(&sides[1], v, NOISE_RESPONDER);
    json_array_foreach(json_object_get(v, "messages"), i, m) {
        uint8_t payload[256], expected[512];
        struct span p = span_of(payload, hex_at(m, "", "payload", payload, sizeof payload));
        struct span e = span_of(expected, hex_at(m, "", "ciphertext", expected, sizeof expected));
        message_replay(&sides[i % 2], &sides[(i + 1) % 2], p, e);
        if (noise_done(&sides[0].noise)) {
            sides_split(sides, v);
        }
    }
    assert_int_equal(i, 6);
}

static void every_public_vector_is_replayed_byte_for_byte(void **state)
{
    (void)state;
    vector_require(FILE_NAME);
    struct buffer b = {0};
    size_t i;
    json_t *v;
    assert_true(vector_read(&b, FILE_NAME));
    json_t *root = json_loadb((const char *)b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
    buffer_clear(&b);
    assert_non_null(root);
    json_array_foreach(json_object_get(root, "vectors"), i, v) {
        vector_replay(v);
    }
    assert_int_equal(i, sizeof NAMES / sizeof NAMES[0]);
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
        cmocka_unit_test(every_public_vector_is_replayed_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
