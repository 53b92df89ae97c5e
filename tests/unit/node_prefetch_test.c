/* What is checked ahead is known by its bytes: where it lies in the frame that is handled now, and,
 * of an answer that came before its turn, wherever it was copied to. */
#include "node/prefetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/message.h"
#include "tests/support/cluster.h"

enum { REQUEST = 7 };

static const struct peer_id PEER = {3};

struct ahead_of {
    struct cluster *c;
    struct pool *pool;
    struct prefetch *prefetch;
    struct verifier verifier;
    struct buffer frame;               /* an answer with the convenor's first entries */
    struct package package;            /* its first */
};

static int setup(void **state)
{
    struct ahead_of *a = calloc(1, sizeof *a);
    const struct cluster_options options = {.seed = 5, .members = 2, .start_s = 1767225600};
    struct message m;
    uint64_t end;
    assert_non_null(a);
    a->c = cluster_create(&options);
    cluster_open(a->c, 0);
    struct ledger *l = a->c->members[0].ledger;
    assert_int_equal(message_packages_build(ledger_txn(l), ledger_log_at(l, 0), REQUEST, 0, 1,
                                            &a->frame, &end), OK);
    assert_int_equal(message_decode(&m, buffer_span(&a->frame)), OK);
    assert_int_equal(package_decode(&a->package, m.u.packages.packages[0]), OK);
    assert_true(a->package.count > 1);
    assert_int_equal(pool_create(&a->pool, 2), OK);
    assert_int_equal(prefetch_create(&a->prefetch, a->pool), OK);
    prefetch_enable(a->prefetch, &a->c->ledger);
    a->verifier = prefetch_verifier(a->prefetch);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    struct ahead_of *a = *state;
    prefetch_free(a->prefetch);
    pool_free(a->pool);
    buffer_clear(&a->frame);
    cluster_free(a->c);
    free(a);
    return 0;
}

static void ask(struct ahead_of *a)
{
    const struct message want = {.type = MSG_WANT,
                                 .u.want = {.request = REQUEST, .tree_size = 1, .packages = 1,
                                            .log = {.member = "anweiban"}}};
    struct buffer frame = {0};
    assert_int_equal(message_encode(&want, &frame), OK);
    prefetch_expect(a->prefetch, PEER, buffer_span(&frame));
    buffer_clear(&frame);
}

static bool known(const struct ahead_of *a, struct span bytes)
{
    struct hash id = {{0}}, leaf;
    const bool good = a->verifier.known(a->verifier.ctx, bytes, &id);
    merkle_leaf(bytes, &leaf);
    assert_true(!good || hash_equal(&id, &leaf));
    return good;
}

static bool copy_known(const struct ahead_of *a, unsigned i, size_t flipped)
{
    struct buffer copy = {0};
    assert_int_equal(buffer_put(&copy, a->package.entries[i].data, a->package.entries[i].len), OK);
    if (flipped < copy.len)
        copy.data[flipped] ^= 1;
    const bool good = known(a, buffer_span(&copy));
    buffer_clear(&copy);
    return good;
}

static const uint8_t other_frame[] = {MSG_PING, 0, 0, 0, 0, 0, 0, 0, 0};

static void other_taken(struct ahead_of *a)
{
    prefetch_take(a->prefetch, span_of(other_frame, sizeof other_frame));
}

static void entries_of_the_frame_taken_are_known_where_they_lie(void **state)
{
    struct ahead_of *a = *state;
    ask(a);
    prefetch_start(a->prefetch, PEER, buffer_span(&a->frame));
    assert_false(known(a, a->package.entries[0]));
    prefetch_take(a->prefetch, buffer_span(&a->frame));
    for (unsigned i = 0; i < a->package.count; i++)
        assert_true(known(a, a->package.entries[i]));
    assert_false(copy_known(a, 0, SIZE_MAX));
    other_taken(a);
    assert_false(known(a, a->package.entries[0]));
}

static void what_nobody_asked_for_costs_no_signature(void **state)
{
    struct ahead_of *a = *state;
    prefetch_start(a->prefetch, PEER, buffer_span(&a->frame));
    prefetch_take(a->prefetch, buffer_span(&a->frame));
    assert_false(known(a, a->package.entries[0]));
    assert_int_equal(pool_checked(a->pool), 0);
}

static void an_answer_held_for_its_turn_is_not_checked_again(void **state)
{
    struct ahead_of *a = *state;
    ask(a);
    prefetch_start(a->prefetch, PEER, buffer_span(&a->frame));
    prefetch_take(a->prefetch, buffer_span(&a->frame));
    other_taken(a);
    for (unsigned i = 0; i < a->package.count; i++)
        assert_true(copy_known(a, i, SIZE_MAX));
    assert_false(copy_known(a, 0, 0));
    assert_false(copy_known(a, 1, a->package.entries[1].len - 1));
    assert_int_equal(pool_checked(a->pool), a->package.count);
}

static void a_bad_signature_in_a_held_answer_stays_unknown(void **state)
{
    struct ahead_of *a = *state;
    const struct span last = a->package.entries[a->package.count - 1];
    a->frame.data[last.data + last.len - 1 - a->frame.data] ^= 1;
    ask(a);
    prefetch_start(a->prefetch, PEER, buffer_span(&a->frame));
    prefetch_take(a->prefetch, buffer_span(&a->frame));
    other_taken(a);
    assert_true(copy_known(a, 0, SIZE_MAX));
    assert_false(copy_known(a, a->package.count - 1, SIZE_MAX));
}

/* Another answer, with what follows the first entry. */
static void answer_later(struct ahead_of *a, struct buffer *frame)
{
    struct ledger *l = a->c->members[0].ledger;
    uint64_t end;
    buffer_reset(frame);
    assert_int_equal(message_packages_build(ledger_txn(l), ledger_log_at(l, 0), REQUEST, 1, 1,
                                            frame, &end), OK);
    ask(a);
    prefetch_start(a->prefetch, PEER, buffer_span(frame));
    prefetch_take(a->prefetch, buffer_span(frame));
    other_taken(a);
}

static void of_many_held_answers_the_oldest_are_forgotten(void **state)
{
    struct ahead_of *a = *state;
    struct buffer later = {0};
    ask(a);
    prefetch_start(a->prefetch, PEER, buffer_span(&a->frame));
    prefetch_take(a->prefetch, buffer_span(&a->frame));
    other_taken(a);
    for (unsigned i = 1; i < PREFETCH_KEPT; i++)
        answer_later(a, &later);
    assert_true(copy_known(a, 0, SIZE_MAX));
    answer_later(a, &later);
    assert_false(copy_known(a, 0, SIZE_MAX));
    assert_true(copy_known(a, 1, SIZE_MAX));
    buffer_clear(&later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_of_the_frame_taken_are_known_where_they_lie,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_asked_for_costs_no_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_held_for_its_turn_is_not_checked_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_bad_signature_in_a_held_answer_stays_unknown, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(of_many_held_answers_the_oldest_are_forgotten, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
