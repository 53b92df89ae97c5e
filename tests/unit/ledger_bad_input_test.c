/* What must not pass, each with its own error, and nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/scene.h"

static int setup(void **state)
{
    struct scene *s = scene_create(70);
    cluster_open_all(s->c);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static struct ledger *ledger_of(struct scene *s) { return s->c->members[2].ledger; }

static uint64_t own_size(struct scene *s)
{
    return ledger_log(ledger_of(s), s->c->members[2].id, 0)->frontier.size;
}

static enum err append_bytes(struct scene *s, struct span bytes, enum reason *reason)
{
    struct append item = {.entry = bytes};
    enum err err = ledger_append(ledger_of(s), &item, 1);
    *reason = item.reason;
    return err == OK ? item.err : err;
}

static void refused(struct scene *s, struct span bytes, enum err expected, enum reason why)
{
    enum reason reason;
    uint64_t size = own_size(s);
    assert_string_equal(err_name(append_bytes(s, bytes, &reason)), err_name(expected));
    assert_string_equal(reason_name(reason), reason_name(why));
    assert_int_equal(own_size(s), size);
}

static void good_entry(struct scene *s, struct buffer *out)
{
    struct cluster_act a;
    cluster_report_act(&a, 1);
    cluster_entry(s->c, 2, &a, out);
    cluster_act_clear(&a);
}

/* The untampered twin of what was refused is taken. */
static void taken(struct scene *s, const struct buffer *bytes)
{
    enum reason reason;
    uint64_t size = own_size(s);
    assert_int_equal(append_bytes(s, buffer_span(bytes), &reason), OK);
    assert_int_equal(own_size(s), size + 1);
}

static void truncated_and_flipped_bytes_are_refused(void **state)
{
    struct scene *s = *state;
    struct buffer good = {0};
    enum reason reason;
    good_entry(s, &good);
    for (size_t len = 0; len < good.len; len++) {
        enum err err = append_bytes(s, span_of(good.data, len), &reason);
        assert_true(err == ERR_TRUNCATED || err == ERR_FORMAT);
    }
    for (size_t i = 0; i < good.len; i++) {
        good.data[i] ^= 0x10;
        assert_int_not_equal(append_bytes(s, buffer_span(&good), &reason), OK);
        good.data[i] ^= 0x10;
    }
    taken(s, &good);
    buffer_clear(&good);
}

static void an_entry_over_its_limit_is_refused(void **state)
{
    struct scene *s = *state;
    uint8_t *big = calloc(1, ENTRY_MAX_BYTES + 1);
    assert_non_null(big);
    refused(s, span_of(big, ENTRY_MAX_BYTES + 1), ERR_TOO_LARGE, REASON_NONE);
    free(big);
}

static void another_encoding_of_the_same_entry_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer good = {0}, longer = {0};
    good_entry(s, &good);
    assert_int_equal(good.data[0], 0xd8);
    assert_int_equal(buffer_put(&longer, "\xd9\x00\x62", 3), OK);
    assert_int_equal(buffer_put(&longer, good.data + 2, good.len - 2), OK);
    refused(s, buffer_span(&longer), ERR_FORMAT, REASON_NONE);
    taken(s, &good);
    buffer_clear(&good);
    buffer_clear(&longer);
}

static void a_key_twice_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer good = {0};
    struct entry e;
    good_entry(s, &good);
    assert_int_equal(entry_decode(&e, buffer_span(&good)), OK);
    size_t key_2 = (size_t)(e.payload.data - good.data) + 1 + 1 + 2 + 33;
    assert_int_equal(good.data[key_2], 2);
    good.data[key_2] = 1;
    refused(s, buffer_span(&good), ERR_FORMAT, REASON_NONE);
    good.data[key_2] = 2;
    taken(s, &good);
    buffer_clear(&good);
}

static void an_entry_of_another_ledger_is_refused(void **state)
{
    struct scene *s = *state;
    const struct cluster_options options = {.seed = 71, .members = 3, .start_s = 1772323200};
    struct cluster *other = cluster_create(&options);
    struct buffer bytes = {0};
    struct cluster_act a;
    cluster_open(other, 2);
    cluster_report_act(&a, 1);
    cluster_entry(other, 2, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_WRONG_LEDGER, REASON_NONE);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
    cluster_free(other);
}

static void an_entry_of_another_member_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer bytes = {0};
    struct cluster_act a;
    cluster_report_act(&a, 1);
    cluster_entry(s->c, 3, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_VOID, REASON_WRONG_MEMBER);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
}

static void an_officer_who_is_not_enrolled_is_refused(void **state)
{
    struct scene *s = *state;
    struct cluster_act a;
    cluster_report_act(&a, 1);
    a.signer_count = 1;
    a.signers[0].member = 3;
    a.signers[0].officer = OFFICER_HANDLER;
    a.signers[0].role = ROLE_HANDLE;
    assert_int_equal(cluster_try(s->c, 2, &a, NULL, NULL), ERR_NOT_ENROLLED);
    a.signers[0].member = 2;
    assert_int_equal(cluster_try(s->c, 2, &a, NULL, NULL), OK);
    cluster_act_clear(&a);
}

static void a_missing_second_signature_is_refused(void **state)
{
    struct scene *s = *state;
    struct cluster_act a;
    enum reason reason;
    struct hash id = cluster_report(s->c, 2, 1), own = cluster_report(s->c, 0, 1);
    cluster_act_init(&a, KIND_VERIFY, &id);
    cluster_fact_uint(&a, FACT_OUTCOME, OUTCOME_FAIL);
    a.signer_count = 1;
    for (unsigned i = 0; i < 2; i++) {
        a.signers[i].member = 2;
        a.signers[i].officer = OFFICER_VERIFIER + i;
        a.signers[i].role = ROLE_VERIFY;
    }
    assert_int_equal(cluster_try(s->c, 2, &a, NULL, &reason), ERR_VOID);
    assert_int_equal(reason, REASON_SIGNERS);
    a.signer_count = 2;
    assert_int_equal(cluster_try(s->c, 2, &a, NULL, &reason), OK);
    cluster_act_clear(&a);
    cluster_act_init(&a, KIND_RULE, &own);
    cluster_fact_text(&a, FACT_TO, s->c->members[3].id);
    cluster_fact_uint(&a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
    assert_int_equal(cluster_try(s->c, 0, &a, NULL, &reason), ERR_VOID);
    assert_int_equal(reason, REASON_CONFLICT);
    cluster_act_clear(&a);
}

static void a_second_act_under_one_nonce_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer one = {0}, other = {0};
    struct cluster_act a;
    uint64_t nonces = s->c->nonces;
    cluster_report_act(&a, 1);
    cluster_entry(s->c, 2, &a, &one);
    s->c->nonces = nonces;
    cluster_entry(s->c, 2, &a, &other);
    taken(s, &one);
    refused(s, buffer_span(&other), ERR_VOID, REASON_REPEATED);
    cluster_act_clear(&a);
    buffer_clear(&one);
    buffer_clear(&other);
}

/* A signature fails: as a peer's entry it would be kept, as our own it is not written. */
static void a_failing_signature_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer good = {0};
    good_entry(s, &good);
    good.data[good.len - 1] ^= 1;
    refused(s, buffer_span(&good), ERR_SIGNATURE, REASON_NONE);
    good.data[good.len - 1] ^= 1;
    taken(s, &good);
    buffer_clear(&good);
}

static void what_is_not_held_or_not_on_this_log_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer bytes = {0};
    struct compose says;
    struct cluster_act a;
    cluster_report_act(&a, 1);
    assert_int_equal(ledger_compose(ledger_of(s), KIND_REPORT, NULL, &says), OK);
    says.law_size++;
    cluster_sign(s->c, 2, &says, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_PENDING, REASON_NONE);
    says.law_size--;
    says.own_root.b[3] ^= 1;
    buffer_reset(&bytes);
    cluster_sign(s->c, 2, &says, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_FORK, REASON_NONE);
    says.own_root.b[3] ^= 1;
    cluster_report(s->c, 2, 5);
    says.law_size--;
    buffer_reset(&bytes);
    cluster_sign(s->c, 2, &says, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_OVERTAKEN, REASON_NONE);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
}

/* A ref that is not held: the act would wait for ever in our own log. */
static void an_act_on_what_is_not_held_is_refused(void **state)
{
    struct scene *s = *state;
    struct buffer bytes = {0};
    struct compose says;
    struct cluster_act a;
    struct hash id = cluster_report(s->c, 2, 1);
    assert_int_equal(ledger_compose(ledger_of(s), KIND_PROGRESS, &id, &says), OK);
    says.refs[says.ref_count++] = (struct hash){{9}};
    cluster_act_init(&a, KIND_PROGRESS, &id);
    cluster_sign(s->c, 2, &says, &a, &bytes);
    refused(s, buffer_span(&bytes), ERR_PENDING, REASON_NONE);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
}

static void a_second_writer_of_a_home_is_refused(void **state)
{
    struct scene *s = *state;
    const struct cluster_member *m = &s->c->members[2];
    const struct ledger_options options = {.home = m->home, .member = m->id, .node_key = m->node,
                                           .mode = LEDGER_WRITE};
    struct ledger *second;
    assert_int_equal(ledger_open(&second, &options), ERR_LOCKED);
    cluster_report(s->c, 2, 1);
}

static void another_genesis_than_the_pinned_one_is_refused(void **state)
{
    struct scene *s = *state;
    const struct hash other = {{1}};
    const struct ledger_options options = {.home = s->c->members[2].home, .pinned = &other,
                                           .mode = LEDGER_READ};
    struct ledger *l;
    assert_int_equal(ledger_open(&l, &options), ERR_WRONG_LEDGER);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(truncated_and_flipped_bytes_are_refused),
        WITH_SCENE(an_entry_over_its_limit_is_refused),
        WITH_SCENE(another_encoding_of_the_same_entry_is_refused),
        WITH_SCENE(a_key_twice_is_refused),
        WITH_SCENE(an_entry_of_another_ledger_is_refused),
        WITH_SCENE(an_entry_of_another_member_is_refused),
        WITH_SCENE(an_officer_who_is_not_enrolled_is_refused),
        WITH_SCENE(a_missing_second_signature_is_refused),
        WITH_SCENE(a_second_act_under_one_nonce_is_refused),
        WITH_SCENE(a_failing_signature_is_refused),
        WITH_SCENE(what_is_not_held_or_not_on_this_log_is_refused),
        WITH_SCENE(an_act_on_what_is_not_held_is_refused),
        WITH_SCENE(a_second_writer_of_a_home_is_refused),
        WITH_SCENE(another_genesis_than_the_pinned_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
