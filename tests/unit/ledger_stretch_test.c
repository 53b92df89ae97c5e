/* More cases than one stretch of the settling holds, folded on several threads while others are
 * written; and writes that fail, one after the other, at each place of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/pool.h"
#include "tests/support/flush_fault.h"
#include "tests/support/liars.h"

enum { CASES = 4400, THREADS = 3, SEND = 256 };   /* a stretch holds 4096 */

static int setup(void **state)
{
    *state = scene_create(131);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

/* A history of liars, and among their cases many plain ones: reports of one member, of which every
 * tenth is gone on with. All cite the log as it stood at the first, for a root costs its size. */
static void play(struct scene *s, unsigned cases)
{
    liars_play(s, 3);
    const uint64_t law = scene_law(s);
    struct paper *p = &s->logs[1];
    struct compose says = paper_compose(p, law);
    for (unsigned i = 0; i < cases; i++) {
        struct cluster_act a;
        cluster_report_act(&a, i);
        const struct hash id = paper_act(p, &says, &a);
        if (i % 10 == 0) {
            cluster_act_init(&a, KIND_PROGRESS, &id);
            (void)paper_act(p, &says, &a);
        }
    }
}

static void send_whole(struct scene *s, struct ledger *l, unsigned i)
{
    const struct paper *p = &s->logs[i];
    for (uint64_t size = s->base[i]; size < p->count;) {
        size = p->count - size < SEND ? p->count : size + SEND;
        assert_int_equal(paper_send(p, l, size), OK);
    }
}

static void reopen(struct scene *s, struct watcher *w, const struct verifier *verifier)
{
    const struct ledger_options options = {.home = w->home, .pinned = &s->c->ledger,
                                           .mode = LEDGER_WRITE, .verifier = verifier};
    watcher_close(w);
    assert_int_equal(ledger_open(&w->ledger, &options), OK);
    ledger_defer(w->ledger, true);
}

static void at_once(struct scene *s, struct watcher *w)
{
    scene_watcher(s, w);
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        send_whole(s, w->ledger, i);
    assert_int_equal(ledger_unsettled(w->ledger), 0);
}

/* One log after the other, so that cases wait for what the next one brings; between two steps the
 * next log comes, or the node is killed. */
static void many_cases_settled_on_all_cores_come_to_the_same(void **state)
{
    struct scene *s = *state;
    struct watcher first;
    struct pool *pool;
    play(s, CASES);
    at_once(s, &first);
    assert_int_equal(pool_create(&pool, THREADS), OK);
    const struct verifier verifier = pool_verifier(pool);
    for (unsigned round = 0; round < 4; round++) {
        static const unsigned orders[][SCENE_LOGS] = {{1, 0, 2}, {2, 1, 0}};
        struct watcher w;
        unsigned steps = 0;
        bool more = true;
        scene_watcher(s, &w);
        reopen(s, &w, &verifier);
        for (unsigned i = 0; i < SCENE_LOGS; i++) {
            send_whole(s, w.ledger, orders[round % 2][i]);
            assert_int_equal(ledger_settle(w.ledger, &more), OK);
            if (round >= 2)
                reopen(s, &w, &verifier);
        }
        while (ledger_unsettled(w.ledger) > 0) {
            assert_int_equal(ledger_settle(w.ledger, &more), OK);
            steps++;
        }
        assert_true(steps >= 4);           /* two stretches, what was woken, the end */
        assert_same_ledger(first.ledger, w.ledger);
        watcher_close(&w);
    }
    watcher_close(&first);
    pool_free(pool);
}

/* One try of what is left to be done; false: there is nothing. */
static bool go_on(struct scene *s, struct ledger *l, enum err *err)
{
    bool more;
    for (unsigned i = 0; i < SCENE_LOGS; i++) {
        const struct paper *p = &s->logs[i];
        if (ledger_log(l, p->c->members[p->member].id, 0)->frontier.size < p->count) {
            *err = paper_send(p, l, p->count);
            return true;
        }
    }
    *err = OK;
    if (ledger_unsettled(l) > 0)
        *err = ledger_settle(l, &more);
    return *err != OK || ledger_unsettled(l) > 0;
}

/* Stores and settles everything though that flush fails; false: there was none such. A full disk
 * is lived with; after any other failure the node starts anew. */
static bool fails_and_goes_on(struct scene *s, struct watcher *w, const struct verifier *verifier,
                              unsigned which, int why)
{
    enum err err;
    flush_count = 0;
    flush_failing = which;
    flush_errno = why;
    while (go_on(s, w->ledger, &err)) {
        if (err == OK)
            continue;
        assert_int_equal(flush_count, which);
        assert_int_equal(err, why == ENOSPC ? ERR_DISK_FULL : ERR_UNCERTAIN);
        if (err == ERR_UNCERTAIN)
            reopen(s, w, verifier);
    }
    flush_failing = 0;
    return flush_count >= which;
}

static void a_flush_that_fails_anywhere_leaves_no_trace(void **state)
{
    struct scene *s = *state;
    struct watcher first;
    struct pool *pool;
    bool failed = true;
    play(s, 20);
    at_once(s, &first);
    assert_int_equal(pool_create(&pool, THREADS), OK);
    const struct verifier verifier = pool_verifier(pool);
    for (unsigned which = 1; failed; which++) {
        struct watcher w;
        scene_watcher(s, &w);
        reopen(s, &w, &verifier);
        failed = fails_and_goes_on(s, &w, &verifier, (which + 1) / 2, which % 2 ? ENOSPC : EIO);
        assert_true(failed || which > 2 * 6);
        assert_same_ledger(first.ledger, w.ledger);
        reopen(s, &w, &verifier);
        assert_same_ledger(first.ledger, w.ledger);
        watcher_close(&w);
    }
    watcher_close(&first);
    pool_free(pool);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(many_cases_settled_on_all_cores_come_to_the_same),
        WITH_SCENE(a_flush_that_fails_anywhere_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
