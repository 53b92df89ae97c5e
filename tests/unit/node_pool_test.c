#include "node/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/entry_sample.h"

enum { COUNT = 300 };

struct many {
    struct hash ledger;
    struct buffer good_bytes, bad_bytes;
    struct entry good, bad;
    const struct entry *entries[COUNT];
    bool ok[COUNT];
};

static void many_init(struct many *m)
{
    *m = (struct many){.ledger = entry_sample_ledger()};
    assert_int_equal(keys_start(), OK);
    assert_int_equal(entry_sample_encode(SAMPLE_OFFER, NULL, &m->good_bytes), OK);
    assert_int_equal(entry_sample_encode(SAMPLE_OFFER, NULL, &m->bad_bytes), OK);
    m->bad_bytes.data[m->bad_bytes.len - 1] ^= 1;
    assert_int_equal(entry_decode(&m->good, buffer_span(&m->good_bytes)), OK);
    assert_int_equal(entry_decode(&m->bad, buffer_span(&m->bad_bytes)), OK);
}

static void many_clear(struct many *m)
{
    buffer_clear(&m->good_bytes);
    buffer_clear(&m->bad_bytes);
}

static bool is_bad(size_t i, size_t every)
{
    return i % every == every - 1;
}

static void check(struct many *m, struct pool *pool, size_t count, size_t every)
{
    struct verifier v = pool_verifier(pool);
    for (size_t i = 0; i < COUNT; i++) {
        m->entries[i] = is_bad(i, every) ? &m->bad : &m->good;
        m->ok[i] = is_bad(i, every);
    }
    v.verify(v.ctx, m->entries, count, &m->ledger, m->ok);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(m->ok[i], i < count ? !is_bad(i, every) : is_bad(i, every));
    }
}

static void each_entry_gets_its_own_verdict(void **state)
{
    (void)state;
    struct many m;
    struct pool *pool = NULL;
    many_init(&m);
    for (unsigned threads = 0; threads <= 4; threads++) {
        assert_int_equal(pool_create(&pool, threads), OK);
        check(&m, pool, COUNT, 7);
        check(&m, pool, COUNT - 1, 3);
        check(&m, pool, 1, 1);
        check(&m, pool, POOL_SLICE, 2);
        check(&m, pool, POOL_SLICE + 1, 2);
        check(&m, pool, 0, 2);
        pool_free(pool);
    }
    many_clear(&m);
}

static void pool_serves_round_after_round(void **state)
{
    (void)state;
    struct many m;
    struct pool *pool = NULL;
    many_init(&m);
    assert_int_equal(pool_create(&pool, 3), OK);
    for (size_t i = 0; i < 200; i++) {
        check(&m, pool, 9 + i % 13, 2 + i % 5);
    }
    pool_free(pool);
    many_clear(&m);
}

static void signature_for_another_ledger_fails(void **state)
{
    (void)state;
    struct many m;
    struct pool *pool = NULL;
    many_init(&m);
    assert_int_equal(pool_create(&pool, 2), OK);
    struct verifier v = pool_verifier(pool);
    m.ledger.b[0] ^= 1;
    for (size_t i = 0; i < COUNT; i++) {
        m.entries[i] = &m.good;
        m.ok[i] = true;
    }
    v.verify(v.ctx, m.entries, COUNT, &m.ledger, m.ok);
    for (size_t i = 0; i < COUNT; i++) {
        assert_false(m.ok[i]);
    }
    pool_free(pool);
    many_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_entry_gets_its_own_verdict),
        cmocka_unit_test(pool_serves_round_after_round),
        cmocka_unit_test(signature_for_another_ledger_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
