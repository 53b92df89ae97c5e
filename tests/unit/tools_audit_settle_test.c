/* The audit of a home that catches up, or was killed in it, finds nothing wrong and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/liars.h"
#include "tools/audit/audit.h"

struct seen { unsigned unsettled, compared; };

static void on_found(void *ctx, const struct finding *f)
{
    struct seen *seen = ctx;
    seen->unsettled += f->kind == FIND_UNSETTLED;
    seen->compared += f->kind == FIND_VERDICT || f->kind == FIND_STATE ||
                      f->kind == FIND_STATES || f->kind == FIND_FOLDED;
}

static void on_line(void *ctx, const struct audit_line *line)
{
    (void)ctx;
    (void)line;
}

static struct seen audited(const struct watcher *w)
{
    struct seen seen = {0, 0};
    const struct audit_report report = {&seen, on_found, on_line, NULL};
    const struct audit_options options = {.threads = 1};
    struct audit_summary out;
    assert_int_equal(audit_home(w->home, &options, &report, &out), OK);
    assert_false(out.broken);
    return seen;
}

static void a_home_in_the_midst_of_a_catch_up_passes(void **state)
{
    (void)state;
    struct scene *s = scene_create(12);
    struct watcher w;
    struct seen seen;
    bool more = true;
    liars_play(s, 2);
    scene_watcher(s, &w);
    ledger_defer(w.ledger, true);
    scene_send_all(s, w.ledger);
    for (unsigned step = 0; more; step++) {
        watcher_close(&w);
        seen = audited(&w);
        assert_true(seen.unsettled > 0);
        assert_int_equal(seen.compared, 0);
        watcher_reopen(&w, s->c);
        more = true;
        for (unsigned i = 0; more && i <= step; i++)
            assert_int_equal(ledger_settle(w.ledger, &more), OK);
    }
    assert_int_equal(ledger_unsettled(w.ledger), 0);
    watcher_close(&w);
    seen = audited(&w);
    assert_int_equal(seen.unsettled + seen.compared, 0);
    scene_free(s);
}

/* The twin: what is settled is compared. */
static void a_settled_home_with_a_false_state_does_not_pass(void **state)
{
    (void)state;
    struct scene *s = scene_create(13);
    struct watcher w;
    struct txn *t;
    const struct hash id = scene_report(s, 1, scene_law(s));
    struct seen seen = {0, 0};
    const struct audit_report report = {&seen, on_found, on_line, NULL};
    const struct audit_options options = {.threads = 1};
    struct audit_summary out;
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    assert_int_equal(txn_write(ledger_store(w.ledger), &t), OK);
    assert_int_equal(table_del(t, TABLE_CASE, span_of(id.b, HASH_BYTES)), OK);
    assert_int_equal(txn_commit(t), OK);
    watcher_close(&w);
    assert_int_equal(audit_home(w.home, &options, &report, &out), OK);
    assert_true(out.broken);
    assert_int_equal(seen.unsettled, 0);
    assert_int_equal(seen.compared, 1);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_in_the_midst_of_a_catch_up_passes),
        cmocka_unit_test(a_settled_home_with_a_false_state_does_not_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
