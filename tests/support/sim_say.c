#include "tests/support/sim_say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ORDERS = 100 };

unsigned say(struct sim_case *c, const int *saw, struct sim_line line)
{
    struct sim_set set = {{0}};

    for (unsigned i = 0; saw[0] == -2 && i < c->count; i++)
        sim_put(&set, i);
    for (unsigned i = 0; saw[i] >= 0; i++)
        sim_put(&set, (unsigned)saw[i]);
    return sim_write(c, &line, &set, NULL);
}

static struct case_fold *fold_in(const struct sim_case *c, const unsigned *order)
{
    struct case_fold *f;

    assert_int_equal(case_fold_create(&f, c->roster->roster, &c->acts[0].e.id), OK);
    for (unsigned i = 0; i < c->count; i++) {
        const struct sim_act *a = &c->acts[order[i]];
        assert_int_equal(case_fold_add(f, &a->e, &a->origin), OK);
    }
    assert_int_equal(case_fold_run(f), OK);
    return f;
}

static void assert_same(const struct sim_case *c, const struct case_fold *a,
                        const struct case_fold *b)
{
    struct buffer left = {0}, right = {0};

    assert_int_equal(case_state_encode(case_fold_state(a), c->roster->roster, &left), OK);
    assert_int_equal(case_state_encode(case_fold_state(b), c->roster->roster, &right), OK);
    assert_int_equal(left.len, right.len);
    assert_memory_equal(left.data, right.data, left.len);
    buffer_clear(&left);
    buffer_clear(&right);
}

/* The next order in lexicographic sequence; false after the last. */
static bool order_next(unsigned *order, unsigned count)
{
    unsigned i = count - 1, j = count - 1;

    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] < order[i - 1])
        j--;
    unsigned kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
    for (unsigned a = i, b = count - 1; a < b; a++, b--) {
        kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
    return true;
}

static void order_shuffle(unsigned *order, unsigned count, struct sim_random *r)
{
    for (unsigned i = count; i-- > 1;) {
        unsigned j = sim_below(r, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

struct case_fold *settled(const struct sim_case *c)
{
    unsigned order[SIM_MAX_ACTS] = {0};
    struct sim_random r = {c->count};
    struct case_fold *first;
    bool more = c->count > 1;

    for (unsigned i = 0; i < c->count; i++)
        order[i] = i;
    first = fold_in(c, order);
    for (unsigned i = 0; more && (c->count <= 6 || i < ORDERS); i++) {
        if (c->count <= 6)
            more = order_next(order, c->count);
        else
            order_shuffle(order, c->count, &r);
        struct case_fold *other = fold_in(c, order);
        assert_same(c, first, other);
        case_fold_free(other);
    }
    return first;
}

static void expect(const struct sim_case *c, unsigned i, enum verdict verdict, enum reason reason)
{
    struct case_fold *f = settled(c);
    enum reason found_reason = REASON_NONE;
    enum verdict found = sim_verdict(c, f, i, &found_reason);

    if (found != verdict || found_reason != reason)
        fail_msg("act %u (%s) is %s (%s), not %s (%s)", i, kind_row(c->acts[i].line.kind)->name,
                 verdict_name(found), reason_name(found_reason), verdict_name(verdict),
                 reason_name(reason));
    case_fold_free(f);
}

void expect_valid(const struct sim_case *c, unsigned i)
{
    expect(c, i, VERDICT_VALID, REASON_NONE);
}

void expect_overtaken(const struct sim_case *c, unsigned i)
{
    expect(c, i, VERDICT_OVERTAKEN, REASON_NONE);
}

void expect_pending(const struct sim_case *c, unsigned i)
{
    expect(c, i, VERDICT_PENDING, REASON_NONE);
}

void expect_void(const struct sim_case *c, unsigned i, enum reason reason)
{
    expect(c, i, VERDICT_VOID, reason);
}

struct case_state state_of(const struct sim_case *c)
{
    struct case_fold *f = settled(c);
    struct case_state s = *case_fold_state(f);

    case_fold_free(f);
    return s;
}

struct stage { struct sim_case c; struct sim_roster roster; };

int sim_setup(void **state)
{
    struct stage *stage = malloc(sizeof *stage);

    if (!stage)
        return -1;
    sim_roster_init(&stage->roster);
    sim_case_init(&stage->c, &stage->roster);
    *state = stage;
    return 0;
}

int sim_each(void **state)
{
    struct stage *stage = *state;

    sim_case_reset(&stage->c);
    return 0;
}

int sim_teardown(void **state)
{
    struct stage *stage = *state;

    sim_case_clear(&stage->c);
    sim_roster_clear(&stage->roster);
    free(stage);
    return 0;
}
