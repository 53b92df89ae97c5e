#include "tools/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/entry.h"
#include "net/invitation.h"

enum { NOW_S = 1000000 };

static struct agent agent;

static int setup(void **state)
{
    *state = &agent;
    agent_init(&agent);
    return keys_start() == OK ? 0 : 1;
}

static int teardown(void **state)
{
    agent_clear(*state);
    return 0;
}

/* One request about the key named `name`; the answer's body goes to *body when that is given. */
static enum err ask(uint8_t op, uint8_t name, struct span rest, uint64_t now_s,
                    struct buffer *body)
{
    struct buffer request = {0}, answer = {0};
    struct hash h;
    memset(h.b, name, HASH_BYTES);
    assert_int_equal(buffer_put_u8(&request, op), OK);
    assert_int_equal(buffer_put(&request, h.b, HASH_BYTES), OK);
    assert_int_equal(buffer_put(&request, rest.data, rest.len), OK);
    assert_int_equal(agent_answer(&agent, buffer_span(&request), now_s, &answer), OK);
    enum err err = (enum err)answer.data[0];
    assert_true(err == OK || answer.len == 1);
    if (body != NULL)
        assert_int_equal(buffer_put(body, answer.data + 1, answer.len - 1), OK);
    buffer_clear(&request);
    buffer_clear(&answer);
    return err;
}

static enum err add(uint8_t name, enum keyfile_kind kind, uint64_t now_s)
{
    uint8_t rest[33] = {(uint8_t)kind};
    memset(rest + 1, name, 32);
    return ask(AGENT_ADD, name, span_of(rest, sizeof rest), now_s, NULL);
}

static enum err found(uint8_t name, uint64_t now_s, uint32_t *left_s)
{
    struct buffer body = {0};
    enum err err = ask(AGENT_FIND, name, (struct span){NULL, 0}, now_s, &body);
    if (err == OK) {
        assert_int_equal(body.len, 37);
        *left_s = load_u32(body.data + 33);
    }
    buffer_clear(&body);
    return err;
}

static void a_key_stays_open_for_15_minutes_and_no_longer(void **state)
{
    uint32_t left_s;
    (void)state;
    assert_int_equal(AGENT_KEEP_S, 900);
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S), OK);
    assert_int_equal(found(1, NOW_S + 10, &left_s), OK);
    assert_int_equal(left_s, 890);
    assert_int_equal(found(1, NOW_S + 899, &left_s), OK);
    assert_int_equal(found(1, NOW_S + 900, &left_s), ERR_NOTFOUND);
    assert_int_equal(agent.count, 0);
}

static void unlocking_again_renews_and_each_key_has_its_own_time(void **state)
{
    uint32_t left_s;
    (void)state;
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S), OK);
    assert_int_equal(add(2, KEYFILE_X25519, NOW_S + 100), OK);
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S + 500), OK);
    assert_int_equal(agent.count, 2);
    assert_int_equal(agent_expire(&agent, NOW_S + 600), 400);
    assert_int_equal(found(2, NOW_S + 1000, &left_s), ERR_NOTFOUND);
    assert_int_equal(found(1, NOW_S + 1000, &left_s), OK);
    assert_int_equal(left_s, 400);
    assert_int_equal(agent_expire(&agent, NOW_S + 1400), 0);
}

static void entry_to_sign(const struct pubkey *key, struct buffer *out)
{
    struct entry_draft d = {.member = "yjj", .kind = 1, .time_s = 1800000000};
    struct signer signer = {.role = ROLE_HANDLE, .post = "经办人"};
    struct buffer payload = {0};
    assert_int_equal(entry_payload_encode(&d, &payload), OK);
    assert_int_equal(entry_sign_structure(buffer_span(&payload), &d.ledger, key, &signer, out),
                     OK);
    buffer_clear(&payload);
}

static void acts_and_orders_are_signed_and_nothing_else(void **state)
{
    const struct invitation_order order = {.verb = INVITATION_MAKE, .member = "yjj"};
    struct buffer message = {0}, body = {0};
    struct signkey *key;
    struct sig sig;
    uint8_t seed[32];
    (void)state;
    memset(seed, 1, sizeof seed);
    assert_int_equal(signkey_from_seed(&key, seed), OK);
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S), OK);
    entry_to_sign(signkey_public(key), &message);
    assert_int_equal(ask(AGENT_SIGN, 1, buffer_span(&message), NOW_S, &body), OK);
    assert_int_equal(body.len, SIG_BYTES);
    memcpy(sig.b, body.data, SIG_BYTES);
    assert_int_equal(verify_raw(signkey_public(key), buffer_span(&message), &sig), OK);
    message.data[12] ^= 0xff;
    assert_int_equal(ask(AGENT_SIGN, 1, buffer_span(&message), NOW_S, NULL), ERR_PERMISSION);
    buffer_reset(&message);
    assert_int_equal(invitation_order_encode(&order, &message), OK);
    assert_int_equal(ask(AGENT_SIGN, 1, buffer_span(&message), NOW_S, NULL), OK);
    assert_int_equal(ask(AGENT_SIGN, 1, span_of("anweiban\n257\n", 13), NOW_S, NULL),
                     ERR_PERMISSION);
    assert_int_equal(ask(AGENT_SIGN, 1, span_of("jieli/possession/v1", 20), NOW_S, NULL),
                     ERR_PERMISSION);
    assert_int_equal(ask(AGENT_SIGN, 1, (struct span){NULL, 0}, NOW_S, NULL), ERR_PERMISSION);
    assert_int_equal(ask(AGENT_SIGN, 2, buffer_span(&message), NOW_S, NULL), ERR_NOTFOUND);
    buffer_clear(&message);
    buffer_clear(&body);
    signkey_free(key);
}

static void a_transport_key_is_handed_out_and_a_signing_key_never(void **state)
{
    struct buffer body = {0};
    (void)state;
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S), OK);
    assert_int_equal(add(2, KEYFILE_X25519, NOW_S), OK);
    assert_int_equal(ask(AGENT_OPEN, 1, (struct span){NULL, 0}, NOW_S, NULL), ERR_PERMISSION);
    assert_int_equal(ask(AGENT_OPEN, 2, (struct span){NULL, 0}, NOW_S, &body), OK);
    assert_int_equal(body.len, 32);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(body.data[i], 2);
    assert_int_equal(ask(AGENT_SIGN, 2, span_of("x", 1), NOW_S, NULL), ERR_PERMISSION);
    buffer_clear(&body);
}

static void locking_forgets_every_key(void **state)
{
    uint32_t left_s;
    struct buffer answer = {0};
    (void)state;
    assert_int_equal(add(1, KEYFILE_ED25519, NOW_S), OK);
    assert_int_equal(agent_answer(&agent, span_of("\5", 1), NOW_S, &answer), OK);
    assert_int_equal(answer.data[0], OK);
    assert_true(agent.locked);
    assert_int_equal(found(1, NOW_S, &left_s), ERR_NOTFOUND);
    buffer_clear(&answer);
}

static void requests_are_bounded_and_strict(void **state)
{
    struct buffer answer = {0};
    (void)state;
    assert_int_equal(agent_answer(&agent, span_of("", 0), NOW_S, &answer), OK);
    assert_int_equal(answer.data[0], ERR_FORMAT);
    assert_int_equal(ask(9, 1, (struct span){NULL, 0}, NOW_S, NULL), ERR_NOTFOUND);
    assert_int_equal(ask(AGENT_ADD, 1, span_of("\1short", 6), NOW_S, NULL), ERR_FORMAT);
    assert_int_equal(add(1, (enum keyfile_kind)2, NOW_S), ERR_KEY);
    for (uint8_t i = 0; i < AGENT_KEYS_MAX; i++)
        assert_int_equal(add((uint8_t)(i + 1), KEYFILE_ED25519, NOW_S), OK);
    assert_int_equal(ask(9, 1, (struct span){NULL, 0}, NOW_S, NULL), ERR_UNSUPPORTED);
    assert_int_equal(add(100, KEYFILE_ED25519, NOW_S), ERR_BUSY);
    assert_int_equal(add(100, KEYFILE_ED25519, NOW_S + AGENT_KEEP_S), OK);
    buffer_clear(&answer);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_key_stays_open_for_15_minutes_and_no_longer),
        FRESH(unlocking_again_renews_and_each_key_has_its_own_time),
        FRESH(acts_and_orders_are_signed_and_nothing_else),
        FRESH(a_transport_key_is_handed_out_and_a_signing_key_never),
        FRESH(locking_forgets_every_key),
        FRESH(requests_are_bounded_and_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
