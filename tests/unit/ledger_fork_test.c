/* Two histories under one key: a larger head that grows from another past, and our own log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/fork.h"
#include "tests/support/scene.h"
#include "tools/audit/audit.h"

enum { TWIN_MORE = 3 };

/* Log 1 grown to `size`, and its twin with another last entry and TWIN_MORE beyond. */
static void grow(struct scene *s, unsigned size, struct paper *twin)
{
    cluster_open(s->c, 0);
    paper_init(twin, s->c, s->logs[1].member, s->c->members[0].ledger);
    assert_true(s->logs[1].count < size);
    while (s->logs[1].count < size)
        scene_report(s, 1, scene_law(s));
    while (twin->count + 1 < size)
        paper_add(twin, buffer_span(&s->logs[1].entries[twin->count]));
    for (unsigned i = 0; i <= TWIN_MORE; i++)
        paper_add(twin, span_of(&i, sizeof i));
}

static uint64_t forks(struct ledger *l)
{
    uint64_t count;
    assert_int_equal(table_count(ledger_txn(l), TABLE_FORK, &count), OK);
    return count;
}

static enum fork_sign sign_of(const struct paper *held, const struct paper *other, uint64_t size,
                              void (*spoil)(struct proof *))
{
    struct checkpoint head = {.size = size};
    struct frontier f;
    struct proof proof;
    frontier_init(&f);
    for (unsigned i = 0; i < held->count; i++)
        frontier_append(&f, &held->leaves[i]);
    paper_root(other, size, &head.root);
    paper_consistency(other, held->count, size, &proof);
    if (spoil != NULL)
        spoil(&proof);
    return fork_read(&f, &head, &proof);
}

static void spoil_last(struct proof *p)
{
    p->hashes[p->count - 1].b[0] ^= 1;
}

static void proof_from_another_past_is_told_from_a_lie(void **state)
{
    (void)state;
    for (unsigned size = 16; size <= 24; size++) {
        struct scene *s = scene_create(130);
        struct paper twin;
        grow(s, size, &twin);
        enum fork_sign sign = sign_of(&s->logs[1], &twin, size + 2, NULL);
        assert_int_equal(sign, (size & (size - 1)) == 0 ? FORK_POSSIBLE : FORK_PROVEN);
        if (sign == FORK_PROVEN)
            assert_int_equal(sign_of(&s->logs[1], &twin, size + 2, spoil_last), FORK_NONE);
        paper_cut(&s->logs[1], size - 1);
        assert_int_equal(sign_of(&s->logs[1], &twin, size + 2, NULL), FORK_NONE);
        paper_clear(&twin);
        scene_free(s);
    }
}

static void found(void *ctx, const struct finding *f)
{
    *(unsigned *)ctx += f->kind == FIND_FORK;
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

static void larger_head_of_another_past_is_kept_and_an_auditor_agrees(void **state)
{
    struct scene *s = scene_create(131);
    struct watcher w;
    struct paper twin;
    struct audit_summary out;
    unsigned listed = 0;
    const struct audit_report report = {.ctx = &listed, .found = found, .line = line};
    const struct audit_options options = {.threads = 1};
    (void)state;
    grow(s, 19, &twin);
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    assert_int_equal(forks(w.ledger), 0);
    assert_int_equal(paper_send(&twin, w.ledger, 19 + TWIN_MORE), ERR_FORK);
    assert_int_equal(paper_send(&twin, w.ledger, 19 + TWIN_MORE), ERR_FORK);
    assert_int_equal(forks(w.ledger), 1);
    assert_int_equal(ledger_log(w.ledger, "xiaofang", 0)->frontier.size, 19);
    watcher_close(&w);
    assert_int_equal(audit_home(w.home, &options, &report, &out), OK);
    assert_false(out.broken);
    assert_true(out.listed);
    assert_int_equal(out.forks, 1);
    assert_int_equal(listed, 1);
    paper_clear(&twin);
    scene_free(s);
}

static void proof_that_shows_nothing_leaves_no_evidence(void **state)
{
    struct scene *s = scene_create(132);
    struct watcher w;
    struct paper twin;
    (void)state;
    grow(s, 16, &twin);
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    assert_int_equal(paper_send(&twin, w.ledger, 16 + TWIN_MORE), ERR_PROOF);
    assert_int_equal(forks(w.ledger), 0);
    watcher_close(&w);
    paper_clear(&twin);
    scene_free(s);
}

static void node_whose_own_log_forked_writes_no_more(void **state)
{
    struct scene *s = scene_create(133);
    const unsigned member = s->logs[1].member;
    struct paper twin;
    struct checkpoint head;
    struct buffer note = {0};
    struct cluster_act a;
    struct hash id;
    enum reason reason;
    (void)state;
    cluster_open(s->c, member);
    struct ledger *l = s->c->members[member].ledger;
    cluster_report(s->c, member, 1);
    paper_init(&twin, s->c, member, l);
    paper_cut(&twin, twin.count - 1);
    paper_add(&twin, span_of("another", 7));
    paper_note(&twin, twin.count, &note);
    assert_int_equal(ledger_check_head(l, buffer_span(&note), &head), ERR_FORK);
    assert_int_equal(forks(l), 1);
    const uint64_t size = ledger_log(l, s->c->members[member].id, 0)->frontier.size;
    cluster_report_act(&a, 2);
    assert_int_equal(cluster_try(s->c, member, &a, &id, &reason), ERR_FORK);
    assert_int_equal(ledger_log(l, s->c->members[member].id, 0)->frontier.size, size);
    cluster_act_clear(&a);
    buffer_clear(&note);
    paper_clear(&twin);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proof_from_another_past_is_told_from_a_lie),
        cmocka_unit_test(larger_head_of_another_past_is_kept_and_an_auditor_agrees),
        cmocka_unit_test(proof_that_shows_nothing_leaves_no_evidence),
        cmocka_unit_test(node_whose_own_log_forked_writes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
