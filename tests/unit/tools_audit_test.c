#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "net/bundle.h"
#include "tests/support/cluster.h"
#include "tools/audit/audit.h"

enum { FINDINGS_MAX = 256, SHOWN = 8 };

struct seen {
    unsigned counts[FIND_AHEAD + 1], lines, incomplete;
    struct finding last[FIND_AHEAD + 1];
};

static void found(void *ctx, const struct finding *f)
{
    struct seen *s = ctx;
    if (s->counts[f->kind]++ < SHOWN)
        print_message("%s/%u %s index %llu size %llu other %llu: %s %s\n",
                      f->member == NULL ? "-" : f->member, f->epoch, finding_name(f->kind),
                      (unsigned long long)f->index, (unsigned long long)f->size,
                      (unsigned long long)f->other, reason_name(f->reason), err_name(f->err));
    s->last[f->kind] = *f;
    s->last[f->kind].member = NULL;
}

static void line(void *ctx, const struct audit_line *l)
{
    struct seen *s = ctx;
    s->lines++;
    s->incomplete += !l->complete;
}

static struct audit_summary audit(const char *home, const char *own, struct seen *seen)
{
    const struct audit_report report = {.ctx = seen, .found = found, .line = line};
    const struct audit_options options = {.own = own, .threads = 2};
    struct audit_summary out;
    *seen = (struct seen){.lines = 0};
    assert_int_equal(audit_home(home, &options, &report, &out), OK);
    return out;
}

static struct cluster *committee(unsigned members)
{
    const struct cluster_options options = {.seed = 7, .members = members,
                                            .start_s = 1767225600};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    return c;
}

static void append_simple(struct cluster *c, unsigned member, uint32_t kind,
                          const struct hash *case_id, const char *to)
{
    struct cluster_act a;
    cluster_act_init(&a, kind, case_id);
    if (to != NULL)
        cluster_fact_text(&a, FACT_TO, to);
    if (kind == KIND_OFFER) {
        cluster_fact_text(&a, FACT_CLAUSE, "安全生产法第69条");
        cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    }
    cluster_append(c, member, &a, NULL);
    cluster_act_clear(&a);
    cluster_share(c);
}

/* Three cases, one handed over. */
static void history(struct cluster *c, struct hash cases[3])
{
    for (unsigned i = 0; i < 3; i++) {
        cases[i] = cluster_report(c, 1, i);
        cluster_share(c);
    }
    append_simple(c, 1, KIND_OFFER, &cases[0], c->members[2].id);
    append_simple(c, 2, KIND_ACCEPT, &cases[0], NULL);
    append_simple(c, 2, KIND_PROGRESS, &cases[0], NULL);
}

static void honest_home_holds(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    for (unsigned i = 0; i < c->count; i++) {
        struct audit_summary out = audit(c->members[i].home, c->members[i].id, &seen);
        assert_false(out.broken);
        assert_false(out.listed);
        assert_int_equal(out.cases, 3);
        assert_int_equal(out.logs, 4);
        assert_int_equal(seen.lines, 4);
        assert_true(out.signatures >= out.entries);
    }
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_home_holds),
    };
    return keys_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
