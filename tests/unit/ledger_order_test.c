/* Random histories of three liars. Whatever the order of delivery, all copies agree. A
 * fiftieth of JIELI_SEEDS histories, 6 by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/liars.h"

struct tally { unsigned valid, waiting, empty, circles; };

static void count_verdicts(struct scene *s, struct tally *t)
{
    struct watcher w;
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        for (uint64_t k = s->base[i]; k < s->logs[i].count; k++) {
            enum reason reason;
            enum verdict v = verdict_at(w.ledger, &s->logs[i], k, &reason);
            t->valid += v == VERDICT_VALID;
            t->waiting += v == VERDICT_PENDING;
            t->empty += v == VERDICT_VOID;
            t->circles += reason == REASON_CYCLE;
        }
    watcher_close(&w);
}

static void one_history(struct scene *s, uint64_t seed, struct tally *tally)
{
    liars_play(s, seed);
    scene_in_every_order(s, NULL);
    count_verdicts(s, tally);
}

static void liars_cannot_make_copies_differ(void **state)
{
    (void)state;
    struct scene *s = scene_create(120);
    struct tally tally = {0};
    const uint64_t seeds = liars_seeds(6);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        one_history(s, seed, &tally);
    }
    print_message("%u valid, %u waiting, %u void, %u of them in circles\n", tally.valid,
                  tally.waiting, tally.empty, tally.circles);
    assert_true(tally.valid > 0 && tally.empty > 0 && tally.circles > 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(liars_cannot_make_copies_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
