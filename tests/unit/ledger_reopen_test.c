/* After a restart everything is as before: roster, verdicts, states, folded size and what waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/scene.h"

static int setup(void **state)
{
    *state = scene_create(97);
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

/* Valid, void and waiting entries; a circle; a case that waits for a law and one for a ref. */
static void write_history(struct scene *s)
{
    uint64_t law = scene_law(s);
    const unsigned others[] = {2};
    struct hash a = scene_report(s, 1, law), b = scene_report(s, 2, law), nowhere = a;
    nowhere.b[9] ^= 1;
    scene_progress(s, 1, &a, law, NULL);
    scene_cosigned(s, 1, &a, others, 1);
    struct hash lie = scene_progress(s, 2, &b, law + 1, NULL);
    scene_rule(s, 1, &b, law, &lie);
    scene_rule(s, 2, &a, law + 1, &a);
    scene_progress(s, 2, &b, law + 2, &b);
    scene_progress(s, 2, &b, law + 2, &nowhere);
    paper_add(&s->logs[2], span_of("no entry", 8));
    scene_report(s, 2, law);
}

static void a_reopened_ledger_is_as_it_was_and_goes_on_alike(void **state)
{
    struct scene *s = *state;
    struct watcher kept, reopened;
    write_history(s);
    scene_watcher(s, &kept);
    scene_watcher(s, &reopened);
    for (unsigned k = 1; k <= 8; k++)
        for (unsigned i = SCENE_LOGS; i-- > 0;) {
            uint64_t size = s->base[i] + k;
            if (size > s->logs[i].count)
                continue;
            assert_int_equal(paper_send(&s->logs[i], kept.ledger, size), OK);
            assert_int_equal(paper_send(&s->logs[i], reopened.ledger, size), OK);
            watcher_reopen(&reopened, s->c);
            assert_same_ledger(kept.ledger, reopened.ledger);
        }
    scene_expect(kept.ledger, &s->logs[0], s->base[0], VERDICT_VOID, REASON_CYCLE);
    assert_int_equal(ledger_folded(reopened.ledger), s->logs[0].count);
    watcher_close(&kept);
    watcher_close(&reopened);
}

static void the_roster_is_the_same_after_a_restart(void **state)
{
    struct scene *s = *state;
    cluster_open_all(s->c);
    for (unsigned twice = 0; twice < 2; twice++) {
        const struct roster *r = ledger_roster(s->c->members[3].ledger);
        assert_int_equal(roster_member_count(r), 4);
        for (uint16_t m = 0; m < 4; m++) {
            const struct certificate *keys = roster_certificate(r, (struct member_no){m});
            assert_non_null(keys);
            assert_true(pubkey_equal(&keys->cosigner,
                                     signkey_public(s->c->members[m].cosigner)));
            assert_non_null(roster_officer(r, (struct member_no){m},
                                           signkey_public(s->c->members[m]
                                                              .officers[OFFICER_VERIFIER_2]),
                                           UINT64_MAX));
        }
        cluster_close(s->c, 3);
        cluster_open(s->c, 3);
    }
}

/* The child opens the home beside the writer, as a command line does. */
static void read_beside(const char *home, uint64_t folded, unsigned members)
{
    const struct ledger_options options = {.home = home, .mode = LEDGER_READ};
    struct ledger *l;
    if (ledger_open(&l, &options) != OK || ledger_folded(l) != folded ||
        roster_member_count(ledger_roster(l)) != members)
        _exit(1);
    ledger_close(l);
    _exit(0);
}

static void another_process_reads_beside_the_writer(void **state)
{
    struct scene *s = *state;
    struct watcher w;
    int status = 1;
    write_history(s);
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    uint64_t folded = ledger_folded(w.ledger);
    pid_t child = fork();
    if (child == 0)
        read_beside(w.home, folded, 4);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    watcher_close(&w);
}

static void a_home_without_a_ledger_is_not_found(void **state)
{
    struct scene *s = *state;
    const struct ledger_options options = {.home = s->c->folder, .mode = LEDGER_READ};
    struct ledger *l;
    assert_int_equal(ledger_open(&l, &options), ERR_NOTFOUND);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_reopened_ledger_is_as_it_was_and_goes_on_alike),
        WITH_SCENE(the_roster_is_the_same_after_a_restart),
        WITH_SCENE(another_process_reads_beside_the_writer),
        WITH_SCENE(a_home_without_a_ledger_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
