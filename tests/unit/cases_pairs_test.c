/* Every pair of acts that can have missed each other, on histories that matter: one state in every
 * order of arrival, and the one that the sentences of the law below ask for. Two openings of one
 * case cannot miss each other: one act opens it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

struct run {
    struct sim_case *c;
    const struct pair_base *base;
    const struct pair_move *a, *b;
    unsigned prefix, pairs, failures;
    uint64_t kinds[2];
};

static void differs(struct run *r, const char *says, int wanted, int found)
{
    r->failures++;
    print_message("%s: %s of %s beside %s of %s: \"%s\": wanted %d, found %d\n", r->base->name,
                  r->a->name, r->c->roster->names[r->a->line.by], r->b->name,
                  r->c->roster->names[r->b->line.by], says, wanted, found);
}

static void compare(struct run *r, const struct pair *p, const struct case_fold *f)
{
    struct pair_found found = {case_fold_state(f), sim_verdict(r->c, f, r->prefix, NULL),
                               sim_verdict(r->c, f, r->prefix + 1, NULL)};
    const struct pair_sentence *s;

    for (unsigned i = 0; (s = pair_sentence_at(i)); i++) {
        int wanted = s->wanted(p), is = s->found(&found);
        if (wanted != PAIR_ANY && wanted != is)
            differs(r, s->says, wanted, is);
    }
}

static struct buffer bytes_of(const struct run *r, const struct case_fold *f)
{
    struct buffer out = {0};

    assert_int_equal(case_state_encode(case_fold_state(f), r->c->roster->roster, &out), OK);
    return out;
}

static void arrive(const struct run *r, struct case_fold *f, unsigned i)
{
    assert_int_equal(case_fold_add(f, &r->c->acts[i].e, &r->c->acts[i].origin), OK);
    assert_int_equal(case_fold_run(f), OK);
}

/* The first act comes before the history's act `at_a`, the second before `at_b`; of those that
 * come at one place `b_first` says which. */
static void one_order(struct run *r, unsigned at_a, unsigned at_b, bool b_first,
                      const struct buffer *wanted)
{
    const unsigned a = r->prefix, b = r->prefix + 1;
    struct case_fold *f;
    struct buffer found;

    assert_int_equal(case_fold_create(&f, r->c->roster->roster, &r->c->acts[0].e.id), OK);
    for (unsigned i = 0; i <= r->prefix; i++) {
        if (i == at_b && b_first)
            arrive(r, f, b);
        if (i == at_a)
            arrive(r, f, a);
        if (i == at_b && !b_first)
            arrive(r, f, b);
        if (i < r->prefix)
            arrive(r, f, i);
    }
    found = bytes_of(r, f);
    if (found.len != wanted->len || memcmp(found.data, wanted->data, found.len) != 0)
        differs(r, "any order gives one result", (int)at_a, (int)at_b);
    buffer_clear(&found);
    case_fold_free(f);
}

static void every_order(struct run *r, const struct case_fold *f)
{
    struct buffer wanted = bytes_of(r, f);
    unsigned places[] = {0, r->prefix / 2, r->prefix};

    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 3; j++)
            one_order(r, places[i], places[j], false, &wanted);
    one_order(r, r->prefix, r->prefix, true, &wanted);
    one_order(r, 0, 0, true, &wanted);
    buffer_clear(&wanted);
}

/* A further act whose author has seen both. The fold with it, to be freed. */
static struct case_fold *followed(struct run *r, struct sim_line line, enum verdict *verdict)
{
    struct sim_set seen = {{0}};
    struct case_fold *f;
    unsigned i;

    sim_put(&seen, r->prefix);
    sim_put(&seen, r->prefix + 1);
    i = sim_write(r->c, &line, &seen, NULL);
    f = sim_fold(r->c, NULL);
    *verdict = sim_verdict(r->c, f, i, NULL);
    return f;
}

static void close_after(struct run *r, enum kind kind, bool wanted)
{
    struct sim_line line = {.by = ANWEIBAN, .kind = kind, .signing = SIGN_DIRECTOR};
    enum verdict verdict;
    struct case_fold *f = followed(r, line, &verdict);

    if ((verdict == VERDICT_VALID) != wanted)
        differs(r, kind == KIND_CLOSE ? "a pass counts if it has seen every failure the closer "
                                        "has seen and would be valid too with what moved since"
                                      : "archive needs the closure and every track ended",
                wanted, verdict == VERDICT_VALID);
    if (wanted && !case_fold_state(f)->closed)
        differs(r, "a closure that has seen all stands", 1, 0);
    case_fold_free(f);
    sim_unwrite(r->c);
}

static void notify_after(struct run *r, const struct pair *p)
{
    struct sim_line line = {.by = JIWEI, .kind = KIND_NOTIFY, .to = M(ECHENG)};
    enum verdict verdict;
    struct case_fold *f = followed(r, line, &verdict);

    if (verdict != VERDICT_VALID)
        differs(r, "what is built on it stays valid", VERDICT_VALID, (int)verdict);
    compare(r, p, f);
    case_fold_free(f);
    sim_unwrite(r->c);
}

static void rule_after(struct run *r)
{
    struct sim_line line = {.by = ANWEIBAN, .kind = KIND_RULE, .to = M(ECHENG),
                            .authority = AUTHORITY_COMMITTEE, .signing = SIGN_DIRECTOR};
    enum verdict verdict;
    struct case_fold *f = followed(r, line, &verdict);
    const struct case_state *s = case_fold_state(f);

    if (verdict != VERDICT_VALID || s->custodian.v != ECHENG || s->offer.open ||
        s->phase != CASE_OPEN || s->petition_open)
        differs(r, "a ruling names the custodian, ends any offer and reopens", 1, 0);
    case_fold_free(f);
    sim_unwrite(r->c);
}

static void try_pair(struct run *r, const struct pair_move *a, const struct pair_move *b)
{
    struct pair p = {r->base, &a->line, &b->line};
    struct sim_set seen = {{0}};
    struct case_fold *f;

    r->a = a;
    r->b = b;
    r->pairs++;
    for (unsigned i = 0; i < r->prefix; i++)
        sim_put(&seen, i);
    sim_write(r->c, &a->line, &seen, NULL);
    sim_write(r->c, &b->line, &seen, NULL);
    f = sim_fold(r->c, NULL);
    compare(r, &p, f);
    every_order(r, f);
    case_fold_free(f);
    notify_after(r, &p);
    close_after(r, KIND_CLOSE, pair_closable(&p));
    close_after(r, KIND_ARCHIVE, pair_archivable(&p));
    rule_after(r);
    sim_unwrite(r->c);
    sim_unwrite(r->c);
}

static void count_kind(struct run *r, unsigned kind)
{
    r->kinds[kind / 64] |= UINT64_C(1) << kind % 64;
}

static void try_base(struct run *r, const struct pair_base *base)
{
    struct pair_move moves_there[PAIR_MAX_MOVES];
    unsigned count;

    r->base = base;
    r->prefix = pair_base_write(r->c, base);
    count = pair_moves(r->c, moves_there);
    for (unsigned i = 0; i < count && r->failures < 40; i++) {
        count_kind(r, moves_there[i].line.kind);
        for (unsigned j = 0; j < i; j++)
            if (moves_there[i].line.by != moves_there[j].line.by)
                try_pair(r, &moves_there[i], &moves_there[j]);
    }
}

static void pairs_that_missed_each_other_give_the_one_state_of_the_law(void **state)
{
    struct sim_roster *roster = malloc(sizeof *roster);
    struct sim_case c;
    struct run r = {.c = &c};

    (void)state;
    assert_non_null(roster);
    sim_roster_init(roster);
    sim_case_init(&c, roster);
    for (unsigned i = 0; pair_base_at(i); i++)
        try_base(&r, pair_base_at(i));
    print_message("%u pairs\n", r.pairs);
    for (unsigned i = 0; kind_row_at(i); i++) {
        const struct kind_row *row = kind_row_at(i);
        bool met = (r.kinds[row->kind / 64] >> row->kind % 64) & 1;
        if (row->built && !(row->classes & (CLASS_GOVERNANCE | CLASS_OPENS)) && !met)
            fail_msg("no pair has %s", row->name);
    }
    assert_int_equal(r.failures, 0);
    sim_case_clear(&c);
    sim_roster_clear(roster);
    free(roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_that_missed_each_other_give_the_one_state_of_the_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
