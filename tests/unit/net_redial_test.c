/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "net/redial.h"

enum { START_MS = 500000 };

/* Fails every dial of link 0 at once, for `ms`; how many there were and the longest pause. */
static unsigned fail_for(struct redial *r, bool connected, enum redial_end end, uint64_t ms,
                         uint64_t *pause_ms)
{
    unsigned dials = 0, link;
    uint64_t last = START_MS;
    *pause_ms = 0;
    for (uint64_t now = START_MS; now < START_MS + ms; now += 100) {
        while (redial_next(r, now, connected, (uint32_t)now, &link)) {
            if (dials++ > 0 && now - last > *pause_ms)
                *pause_ms = now - last;
            last = now;
            redial_down(r, link, end, now, (uint32_t)now);
        }
    }
    return dials;
}

static void one_link_down_among_others_backs_off_to_a_minute_with_noise(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    uint64_t pause_ms;
    assert_true(redial_add(&r, &link));
    unsigned dials = fail_for(&r, true, REDIAL_UNREACHED, 600000, &pause_ms);
    assert_in_range(dials, 10, 18);                /* 1, 2, 4 … 32, then about one a minute */
    assert_in_range(pause_ms, REDIAL_MAX_MS, REDIAL_MAX_MS * 5 / 4 + 100);
}

static void a_node_cut_off_from_all_probes_every_second(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    uint64_t pause_ms;
    assert_true(redial_add(&r, &link));
    fail_for(&r, false, REDIAL_UNREACHED, 600000, &pause_ms);
    assert_true(pause_ms <= REDIAL_PROBE_MS * 5 / 4 + 100);
    r = (struct redial){0};                        /* and so with several down, though connected */
    assert_true(redial_add(&r, &link) && redial_add(&r, &link));
    unsigned dials = fail_for(&r, true, REDIAL_UNREACHED, 600000, &pause_ms);
    assert_true(pause_ms <= REDIAL_PROBE_MS * 5 / 4 + 100);
    assert_true(dials <= 600 + 2 * 18);
}

static void peers_that_were_found_wanting_are_not_probed(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    uint64_t pause_ms;
    assert_true(redial_add(&r, &link) && redial_add(&r, &link));
    unsigned dials = fail_for(&r, false, REDIAL_REFUSED, 600000, &pause_ms);
    assert_in_range(dials, 20, 36);
    redial_opened(&r, START_MS + 600000, 7);
    assert_true(r.links[0].due_ms > START_MS + 600000 + REDIAL_SOON_MS ||
                r.links[1].due_ms > START_MS + 600000 + REDIAL_SOON_MS);
}

static void whatever_opens_hastens_those_that_wait(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    uint64_t pause_ms;
    for (unsigned i = 0; i < 40; i++)
        assert_true(redial_add(&r, &link));
    fail_for(&r, true, REDIAL_UNREACHED, 600000, &pause_ms);
    const uint64_t now = START_MS + 600000;
    uint64_t first = UINT64_MAX, last = 0;
    redial_opened(&r, now, 12345);
    for (unsigned i = 0; i < 40; i++) {
        assert_true(r.links[i].due_ms < now + REDIAL_SOON_MS);
        first = r.links[i].due_ms < first ? r.links[i].due_ms : first;
        last = r.links[i].due_ms > last ? r.links[i].due_ms : last;
    }
    assert_true(last - first > REDIAL_SOON_MS / 2);       /* not all at once */
}

static void a_connection_that_lived_well_is_dialled_again_after_a_second(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    uint64_t pause_ms;
    assert_true(redial_add(&r, &link));
    fail_for(&r, true, REDIAL_UNREACHED, 100000, &pause_ms);
    r.links[0].up = true;
    redial_down(&r, 0, REDIAL_LOST, START_MS + 100000, 99);
    assert_in_range(r.links[0].due_ms, START_MS + 101000, START_MS + 101250);
}

static void there_is_room_for_so_many_links(void **state)
{
    (void)state;
    struct redial r = {0};
    unsigned link;
    for (unsigned i = 0; i < REDIAL_LINKS_MAX; i++)
        assert_true(redial_add(&r, &link));
    assert_false(redial_add(&r, &link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_link_down_among_others_backs_off_to_a_minute_with_noise),
        cmocka_unit_test(a_node_cut_off_from_all_probes_every_second),
        cmocka_unit_test(peers_that_were_found_wanting_are_not_probed),
        cmocka_unit_test(whatever_opens_hastens_those_that_wait),
        cmocka_unit_test(a_connection_that_lived_well_is_dialled_again_after_a_second),
        cmocka_unit_test(there_is_room_for_so_many_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
