#include "node/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "crypto/limits.h"

enum { STEP_MS = 1000 * WATCHDOG_LOOK_S, STUCK_MS = 1000 * WATCHDOG_STUCK_S };

struct clock { struct watchdog w; struct transport_pulse pulse; uint64_t now_ms; };

static void begin(struct clock *c, unsigned links)
{
    *c = (struct clock){.now_ms = 5000, .pulse = {.links = links}};
    watchdog_init(&c->w, c->now_ms);
}

/* Looks every few seconds for `ms`; the keeper goes its rounds unless it hangs. ERR_TIMEOUT as soon
 * as the rule says so. */
static enum err watch(struct clock *c, uint64_t ms, bool keeper_hangs)
{
    for (uint64_t until = c->now_ms + ms; c->now_ms < until;) {
        c->now_ms += STEP_MS;
        c->pulse.rounds += keeper_hangs ? 0 : 50;
        if (watchdog_check(&c->w, &c->pulse, c->now_ms) != OK) {
            return ERR_TIMEOUT;
        }
    }
    return OK;
}

static void dials_that_never_end_are_a_hang(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 2);
    c.pulse.waiting = 1;
    assert_int_equal(watch(&c, STUCK_MS - STEP_MS, false), OK);
    assert_int_equal(watch(&c, STEP_MS, false), ERR_TIMEOUT);
}

static void peers_that_are_away_are_none(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 2);
    for (unsigned day = 0; day < 24 * 60; day++) {       /* every dial is refused after a minute */
        c.pulse.waiting = 1;
        assert_int_equal(watch(&c, 60000, false), OK);
        c.pulse.completions++;
    }
}

static void node_without_peers_is_never_stuck(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 0);
    assert_int_equal(watch(&c, 100 * STUCK_MS, false), OK);
    assert_int_equal(watch(&c, 100 * STUCK_MS, true), OK);
}

static void node_that_may_not_dial_yet_is_never_stuck(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 3);
    assert_int_equal(watch(&c, 100 * STUCK_MS, false), OK);
}

static void keeper_that_hangs_is_a_hang(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 1);
    assert_int_equal(watch(&c, 10 * STUCK_MS, false), OK);
    assert_int_equal(watch(&c, STUCK_MS - STEP_MS, true), OK);
    assert_int_equal(watch(&c, 2 * STEP_MS, true), ERR_TIMEOUT);
}

static void one_peer_that_answers_shows_that_the_library_lives(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 5);
    c.pulse.waiting = 4;
    for (unsigned i = 0; i < 100; i++) {
        c.pulse.completions++;                           /* a heartbeat of the fifth */
        assert_int_equal(watch(&c, STUCK_MS / 2, false), OK);
    }
}

static void process_that_stood_still_begins_anew(void **state)
{
    (void)state;
    struct clock c;
    begin(&c, 1);
    c.pulse.waiting = 1;
    assert_int_equal(watch(&c, STUCK_MS / 2, false), OK);
    c.now_ms += 10 * STUCK_MS;                           /* stopped, or asleep */
    assert_int_equal(watch(&c, STUCK_MS - STEP_MS, false), OK);
    assert_int_equal(watch(&c, 2 * STEP_MS, false), ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dials_that_never_end_are_a_hang),
        cmocka_unit_test(peers_that_are_away_are_none),
        cmocka_unit_test(node_without_peers_is_never_stuck),
        cmocka_unit_test(node_that_may_not_dial_yet_is_never_stuck),
        cmocka_unit_test(keeper_that_hangs_is_a_hang),
        cmocka_unit_test(one_peer_that_answers_shows_that_the_library_lives),
        cmocka_unit_test(process_that_stood_still_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
