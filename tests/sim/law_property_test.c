/* The properties of FORMAT.md over random histories. JIELI_SEEDS sets how many, JIELI_SEED the
 * first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/view.h"
#include "tests/support/sim_history.h"

enum { SEEDS = 1000, MEMBERS = HISTORY_MEMBERS };

static void broken(struct history *h, const char *what, unsigned act)
{
    const struct sim_line *l = &h->c.acts[act].line;

    h->failures++;
    print_message("seed %llu: %s (act %u, %s of %s)\n",
                  (unsigned long long)(h->c.next_id >> 20), what, act, kind_row(l->kind)->name,
                  h->c.roster->names[l->by]);
}

/* --- hiding: a ruling may move custody by what its author had seen, as FORMAT.md says; for all
 * else the lie must gain nothing over its truthful twin and over silence --- */

struct effect {
    struct case_state s;
    unsigned tracks_open;
    bool closable[MEMBERS], archivable[MEMBERS];
};

static bool closes(const struct sim_case *c, const struct case_fold *f, unsigned by,
                   enum kind kind)
{
    const struct sim_officer *first = &c->roster->officers[by][1];
    struct entry e = {.kind = kind, .has_case = true, .case_id = c->acts[0].e.id,
                      .law_size = UINT32_MAX, .signer_count = 1};
    struct act_origin origin = {.member = {(uint16_t)by}, .index = UINT32_MAX};
    enum reason reason = REASON_NONE;

    e.signers[0].key = first->key;
    return case_fold_would(f, &e, &origin, &reason) == OK && reason == REASON_NONE;
}

static void effect_read(const struct sim_case *c, const struct sim_set *set, struct effect *out)
{
    struct case_fold *f = sim_fold(c, set);

    out->s = *case_fold_state(f);
    out->tracks_open = 0;
    for (unsigned i = 0; i < out->s.track_count; i++)
        out->tracks_open += out->s.tracks[i].outcome == 0;
    for (unsigned m = 0; m < MEMBERS; m++) {
        out->closable[m] = closes(c, f, m, KIND_CLOSE);
        out->archivable[m] = closes(c, f, m, KIND_ARCHIVE);
    }
    case_fold_free(f);
}

/* What an act did: `now` against `before`; and whether the truthful twin did it as well. */
static const char *gain(const struct effect *before, const struct effect *now,
                        const struct effect *twin, bool rules)
{
    const struct case_state *b = &before->s, *n = &now->s, *t = &twin->s;

    if (n->closed && !b->closed && !t->closed)
        return "hiding closed the case";
    if (n->archived && !b->archived && !t->archived)
        return "hiding archived the case";
    if (n->custodian.v != b->custodian.v && n->custodian.v != t->custodian.v && !rules)
        return "hiding moved custody";
    if (b->offer.open && !n->offer.open && t->offer.open && !rules)
        return "hiding ended an offer";
    if (n->grade < b->grade && n->grade < t->grade)
        return "hiding lowered the grade";
    if (n->due_on > b->due_on && n->due_on > t->due_on && b->due_on > 0)
        return "hiding put off the term";
    if (n->listing_count < b->listing_count && n->listing_count < t->listing_count)
        return "hiding ended a listing";
    if (now->tracks_open < before->tracks_open && now->tracks_open < twin->tracks_open)
        return "hiding ended a track";
    if (b->petition_open && !n->petition_open && t->petition_open)
        return "hiding ended a petition";
    return NULL;
}

static const char *gain_later(const struct effect *before, const struct effect *now,
                              const struct effect *twin)
{
    for (unsigned m = 0; m < MEMBERS; m++) {
        if (now->closable[m] && !before->closable[m] && !twin->closable[m])
            return "hiding made the case closable";
        if (now->archivable[m] && !before->archivable[m] && !twin->archivable[m])
            return "hiding made the case archivable";
    }
    return NULL;
}

/* An accomplice who hides the same closes at once. */
static bool accomplice_closes(struct history *h, const struct sim_set *known,
                              const struct sim_set *claimed, unsigned by, enum kind kind)
{
    struct sim_line l = {.by = by, .kind = kind};
    struct sim_set seen = *claimed, all = *known;
    struct case_fold *f;
    unsigned closure;
    bool stands;

    for (unsigned i = 0; i < h->c.count - 1; i++)
        if (h->c.acts[i].line.by == by && !sim_in(known, i))
            return false;
    sim_put(&seen, h->c.count - 1);
    sim_put(&all, h->c.count - 1);
    closure = sim_write(&h->c, &l, &seen, NULL);
    sim_put(&all, closure);
    f = sim_fold(&h->c, &all);
    stands = sim_verdict(&h->c, f, closure, NULL) == VERDICT_VALID;
    case_fold_free(f);
    sim_unwrite(&h->c);
    return stands;
}

static bool made_closable(struct history *h, const struct effect *before,
                          const struct effect *twin, const struct sim_set *known,
                          const struct sim_set *claimed)
{
    for (unsigned m = 0; m < MEMBERS; m++) {
        if (!before->closable[m] && !twin->closable[m] &&
            accomplice_closes(h, known, claimed, m, KIND_CLOSE))
            return true;
        if (!before->archivable[m] && !twin->archivable[m] &&
            accomplice_closes(h, known, claimed, m, KIND_ARCHIVE))
            return true;
    }
    return false;
}

static void compare_lie(struct history *h, const struct sim_set *known,
                        const struct sim_set *claimed)
{
    const struct sim_act lie = h->c.acts[h->c.count - 1];
    struct sim_set with = *known;
    struct effect before, now, twin;
    const char *what;

    sim_put(&with, h->c.count - 1);
    effect_read(&h->c, known, &before);
    effect_read(&h->c, &with, &now);
    sim_unwrite(&h->c);
    sim_write(&h->c, &lie.line, known, NULL);
    effect_read(&h->c, &with, &twin);
    sim_unwrite(&h->c);
    sim_write(&h->c, &lie.line, &lie.seen, lie.e.has_base ? &lie.e.base : NULL);
    if (lie.line.kind == KIND_RULE && now.s.rule_conflict_later)
        return;
    what = gain(&before, &now, &twin, lie.line.kind == KIND_RULE);
    if (!what && lie.line.kind != KIND_RULE)
        what = gain_later(&before, &now, &twin);
    if (!what && lie.line.kind != KIND_RULE && made_closable(h, &before, &twin, known, claimed))
        what = "hiding made the case closable for an accomplice";
    if (what)
        broken(h, what, h->c.count - 1);
}

/* --- order, repeats, growth --------------------------------------------------------------- */

static void same_state(struct history *h, const struct case_fold *a, const struct case_fold *b)
{
    struct buffer left = {0}, right = {0};

    assert_int_equal(case_state_encode(case_fold_state(a), h->c.roster->roster, &left), OK);
    assert_int_equal(case_state_encode(case_fold_state(b), h->c.roster->roster, &right), OK);
    if (left.len != right.len || memcmp(left.data, right.data, left.len) != 0)
        broken(h, "two orders give two states", 0);
    for (unsigned i = 0; i < h->c.count; i++) {
        enum reason x = REASON_NONE, y = REASON_NONE;
        if (sim_verdict(&h->c, a, i, &x) != sim_verdict(&h->c, b, i, &y) || x != y)
            broken(h, "two orders give two verdicts", i);
    }
    buffer_clear(&left);
    buffer_clear(&right);
}

static struct case_fold *fold_shuffled(struct history *h)
{
    unsigned order[SIM_MAX_ACTS];
    struct case_fold *f;

    for (unsigned i = 0; i < h->c.count; i++) {
        unsigned j = sim_below(&h->random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    assert_int_equal(case_fold_create(&f, h->c.roster->roster, &h->c.acts[0].e.id), OK);
    for (unsigned i = 0; i < h->c.count; i++) {
        const struct sim_act *a = &h->c.acts[order[i]];
        struct act_origin copied = a->origin;
        assert_int_equal(case_fold_add(f, &a->e, &a->origin), OK);
        copied.member.v = (uint16_t)sim_below(&h->random, MEMBERS);
        copied.index += sim_below(&h->random, 3);
        if (sim_below(&h->random, 4) == 0)
            assert_int_equal(case_fold_add(f, &a->e, &copied), ERR_EXISTS);
        if (sim_below(&h->random, 32) == 0)
            assert_int_equal(case_fold_run(f), OK);
    }
    assert_int_equal(case_fold_run(f), OK);
    return f;
}

static bool may_follow(enum verdict before, enum verdict now)
{
    if (before == VERDICT_PENDING || before == VERDICT_FOREIGN)
        return true;
    return before == now || (before == VERDICT_VALID && now == VERDICT_OVERTAKEN);
}

static void check_growth(struct history *h, const struct case_fold *before,
                         const struct case_fold *now)
{
    const struct act_list *old = &before->lists[LIST_BATON], *batons = &now->lists[LIST_BATON];
    unsigned at = 0;

    for (unsigned i = 0; i < h->c.count; i++) {
        enum verdict later = sim_verdict(&h->c, now, i, NULL);
        enum verdict earlier = sim_verdict(&h->c, before, i, NULL);
        if (!may_follow(earlier, later))
            broken(h, "a verdict moved", i);
        if (h->honest_act[i] && later == VERDICT_VOID)
            broken(h, "an honest act is void", i);
        if (later == VERDICT_OVERTAKEN && h->c.acts[i].line.kind != KIND_CLOSE &&
            h->c.acts[i].line.kind != KIND_ARCHIVE)
            broken(h, "an act that closes nothing is overtaken", i);
    }
    for (unsigned i = 0; i < batons->count && at < old->count; i++)
        at += hash_equal(&batons->at[i]->id, &old->at[at]->id);
    if (at != old->count)
        broken(h, "the order of baton acts moved", 0);
}

static void check_custodian(struct history *h, const struct case_fold *f)
{
    const struct case_state *s = case_fold_state(f);

    if ((s->custodian.v == MEMBER_NONE) != (s->phase == CASE_NONE))
        broken(h, "an open case without a custodian", 0);
    if (s->closed && s->offer.open)
        broken(h, "a closed case with an open offer", 0);
}

/* Written from FORMAT.md, apart from the fold: only what a member wrote and what it had seen. */
static bool keeps_open(const struct sim_line *l)
{
    return l->kind == KIND_RULE || l->kind == KIND_ASSIGN || l->kind == KIND_SUPERVISE ||
           (l->kind == KIND_VERIFY && l->outcome == OUTCOME_FAIL) ||
           (l->kind == KIND_LOOK_BACK && l->outcome == OUTCOME_RELAPSED);
}

static void check_closures(struct history *h, const struct case_fold *f)
{
    for (unsigned i = 0; i < h->c.count; i++) {
        const struct sim_act *a = &h->c.acts[i];
        if (a->line.kind != KIND_CLOSE && a->line.kind != KIND_ARCHIVE)
            continue;
        if (sim_verdict(&h->c, f, i, NULL) != VERDICT_VALID)
            continue;
        h->closures_seen++;
        for (unsigned j = 0; j < h->c.count; j++) {
            bool holds = keeps_open(&h->c.acts[j].line) ||
                         (a->line.kind == KIND_ARCHIVE &&
                          h->c.acts[j].line.kind == KIND_DUAL_OPEN);
            if (holds && j != i && !sim_in(&a->seen, j) &&
                sim_verdict(&h->c, f, j, NULL) == VERDICT_VALID)
                broken(h, "a closure stands over what it had not seen", i);
        }
    }
}

static void grow(struct history *h)
{
    unsigned counts[MEMBERS] = {0};
    struct case_fold *before = NULL, *now;

    for (unsigned step = 0; step <= 16; step++) {
        struct sim_set set;
        for (unsigned m = 0; m < MEMBERS; m++) {
            unsigned left = h->c.log_count[m] - counts[m];
            counts[m] += step == 16 ? left : sim_below(&h->random, left / 4 + 2);
            counts[m] = counts[m] > h->c.log_count[m] ? h->c.log_count[m] : counts[m];
        }
        set = history_prefix(h, counts);
        now = sim_fold(&h->c, &set);
        check_custodian(h, now);
        check_closures(h, now);
        if (before)
            check_growth(h, before, now);
        case_fold_free(before);
        before = now;
    }
    case_fold_free(before);
}

static void play(struct history *h, uint64_t seed)
{
    struct sim_random sizes = {seed};
    struct case_fold *plain;

    history_play(h, seed, 80 + sim_below(&sizes, 121));
    plain = sim_fold(&h->c, NULL);
    for (unsigned i = 0; i < 2; i++) {
        struct case_fold *other = fold_shuffled(h);
        same_state(h, plain, other);
        case_fold_free(other);
    }
    case_fold_free(plain);
    grow(h);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void random_histories_hold_every_property_of_the_law(void **state)
{
    uint64_t seeds = setting("JIELI_SEEDS", SEEDS), first = setting("JIELI_SEED", 1);
    struct sim_roster *roster = malloc(sizeof *roster);
    struct history *h = malloc(sizeof *h);

    (void)state;
    assert_non_null(roster);
    assert_non_null(h);
    sim_roster_init(roster);
    history_init(h, roster);
    h->on_lie = compare_lie;
    for (uint64_t seed = first; seed < first + seeds && h->failures < 20; seed++)
        play(h, seed);
    print_message("%llu seeds, %u lies, %u standing closures seen\n", (unsigned long long)seeds,
                  h->lies, h->closures_seen);
    assert_int_equal(h->failures, 0);
    assert_true(seeds < 20 || (h->lies > 0 && h->closures_seen > 0));
    history_clear(h);
    sim_roster_clear(roster);
    free(h);
    free(roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_hold_every_property_of_the_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
