#include "node/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/limits.h"

static struct health_facts well(void)
{
    return (struct health_facts){.free_bytes = HEALTH_FREE_BYTES, .own_log = OK,
                                 .meets_others = true, .certified = true, .sessions = 2};
}

static void demand(const struct health_facts *facts, enum health_state state, const char *reason)
{
    struct health h;
    health_check(facts, &h);
    assert_int_equal(h.state, state);
    assert_int_equal(h.reason_count, reason == NULL ? 0 : 1);
    if (reason != NULL) {
        assert_string_equal(h.reasons[0], reason);
    }
}

static void node_that_works_is_well(void **state)
{
    (void)state;
    struct health_facts f = well();
    demand(&f, HEALTH_OK, NULL);
    f.beat_ago_ms = HEALTH_STUCK_S * 1000 - 1;
    demand(&f, HEALTH_OK, NULL);
}

static void what_stops_its_work_is_a_failure(void **state)
{
    (void)state;
    struct health_facts f = well();
    f.beat_ago_ms = HEALTH_STUCK_S * 1000;
    demand(&f, HEALTH_FAILING, "ledger-stuck");
    f = well();
    f.free_bytes--;
    demand(&f, HEALTH_FAILING, "disk-nearly-full");
    f = well();
    f.own_log = ERR_ROLLBACK;
    demand(&f, HEALTH_FAILING, "own-log-rolled-back");
    f.own_log = ERR_FORK;
    demand(&f, HEALTH_FAILING, "own-log-shut");
}

static void node_cut_off_is_degraded_and_no_failure(void **state)
{
    (void)state;
    struct health_facts f = well();
    f.sessions = 0;
    f.alone_ms = HEALTH_ALONE_S * 1000 - 1;
    demand(&f, HEALTH_OK, NULL);
    f.alone_ms++;
    demand(&f, HEALTH_DEGRADED, "no-session");
    f.meets_others = false;
    demand(&f, HEALTH_OK, NULL);
    f = well();
    f.certified = false;
    demand(&f, HEALTH_DEGRADED, "not-certified");
}

static void full_queue_of_events_is_degraded(void **state)
{
    (void)state;
    struct health_facts f = well();
    f.notify_max = 10;
    f.notify_waiting = 9;
    demand(&f, HEALTH_OK, NULL);
    f.notify_waiting = 10;
    demand(&f, HEALTH_DEGRADED, "notify-queue-full");
}

static void a_folder_that_does_not_answer_is_degraded(void **state)
{
    (void)state;
    struct health_facts f = well();
    demand(&f, HEALTH_OK, NULL);
    f.folders_silent = 1;
    demand(&f, HEALTH_DEGRADED, "folder-silent");
}

static void answer_is_one_object_with_every_reason(void **state)
{
    (void)state;
    struct health h;
    struct buffer out = {0};
    struct health_facts f = {.own_log = ERR_ROLLBACK, .meets_others = true, .certified = true,
                             .alone_ms = HEALTH_ALONE_S * 1000};
    static const char expected[] =
        "{\"status\":\"failing\",\"reasons\":[\"disk-nearly-full\",\"own-log-rolled-back\","
        "\"no-session\"],\"sessions\":0,\"free_bytes\":0}\n";
    health_check(&f, &h);
    assert_int_equal(health_encode(&h, &f, &out), OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_that_works_is_well),
        cmocka_unit_test(what_stops_its_work_is_a_failure),
        cmocka_unit_test(node_cut_off_is_degraded_and_no_failure),
        cmocka_unit_test(full_queue_of_events_is_degraded),
        cmocka_unit_test(a_folder_that_does_not_answer_is_degraded),
        cmocka_unit_test(answer_is_one_object_with_every_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
