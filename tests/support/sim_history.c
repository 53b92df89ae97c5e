#include "tests/support/sim_history.h"

#include <string.h>

#include "ledger/cases/view.h"

static const struct weighted { enum kind kind; unsigned weight; } choices[] = {
    {KIND_OFFER, 5}, {KIND_SIGN_FOR, 1}, {KIND_ASK_MORE, 1}, {KIND_ACCEPT, 8}, {KIND_REFUSE, 4},
    {KIND_RECALL, 2}, {KIND_PETITION, 1}, {KIND_RULE, 3}, {KIND_JOIN, 2}, {KIND_NOTIFY, 1},
    {KIND_HAND_TO, 1}, {KIND_ORDER, 2}, {KIND_PLAN, 2}, {KIND_PROGRESS, 2}, {KIND_CONTROL, 1},
    {KIND_REGRADE, 4}, {KIND_SUPERVISE, 1}, {KIND_UNSUPERVISE, 5}, {KIND_RECTIFIED, 3},
    {KIND_VERIFY, 14}, {KIND_CLOSE, 24}, {KIND_ARCHIVE, 16}, {KIND_LOOK_BACK, 2},
    {KIND_REPORT_BACK, 1}, {KIND_DUAL_OPEN, 2}, {KIND_DUAL_END, 9}, {KIND_CORRECT, 1},
    {KIND_ERASE, 2},
};

static enum kind kind_any(struct sim_random *r)
{
    unsigned total = 0, at;

    for (unsigned i = 0; i < sizeof choices / sizeof choices[0]; i++)
        total += choices[i].weight;
    at = sim_below(r, total);
    for (unsigned i = 0;; i++) {
        if (at < choices[i].weight)
            return choices[i].kind;
        at -= choices[i].weight;
    }
}

static int member_any(struct sim_random *r)
{
    return M(sim_below(r, HISTORY_MEMBERS));
}

static unsigned outcome_any(struct sim_random *r, enum kind kind)
{
    if (kind == KIND_VERIFY)
        return sim_below(r, 6) ? OUTCOME_PASS : sim_below(r, 4) ? OUTCOME_FAIL : OUTCOME_NO_HAZARD;
    if (kind == KIND_LOOK_BACK)
        return sim_below(r, 2) ? OUTCOME_HELD : OUTCOME_RELAPSED;
    return sim_below(r, 2) ? OUTCOME_CONCLUDED : OUTCOME_WAIVED;
}

static bool takes(enum kind kind, enum fact_id id)
{
    const struct kind_row *row = kind_row(kind);

    for (unsigned i = 0; row->required[i]; i++)
        if (row->required[i] == id)
            return true;
    for (unsigned i = 0; row->optional[i]; i++)
        if (row->optional[i] == id)
            return true;
    return false;
}

static void line_facts(struct history *h, struct sim_line *l)
{
    static const char *const officers[HISTORY_MEMBERS][3] = {
        {"0-1", "0-2", "0-3"}, {"1-1", "1-2", "1-3"}, {"2-1", "2-2", "2-3"},
        {"3-1", "3-2", "3-3"}, {"4-1", "4-2", "4-3"}, {"5-1", "5-2", "5-3"}};
    struct sim_random *r = &h->random;

    if (takes(l->kind, FACT_TO))
        l->to = member_any(r);
    if (takes(l->kind, FACT_GRADE))
        l->grade = 1 + sim_below(r, 3);
    if (takes(l->kind, FACT_CODE))
        l->code = sim_below(r, 3) ? REFUSE_NO_JURISDICTION : REFUSE_RECALLED;
    if (takes(l->kind, FACT_AUTHORITY))
        l->authority = 1 + sim_below(r, 3);
    if (l->kind == KIND_JOIN)
        l->step = 1 + sim_below(r, 3);
    if (l->kind == KIND_ERASE)
        l->step = sim_below(r, 2) ? STEP_DECIDE : STEP_CONFIRM;
    if (takes(l->kind, FACT_LEVEL))
        l->level = SUPERVISE_CITY;
    if (takes(l->kind, FACT_OUTCOME))
        l->outcome = outcome_any(r, l->kind);
    if (takes(l->kind, FACT_FIVE))
        l->five = sim_below(r, 4) ? 31 : 3;
    if (takes(l->kind, FACT_DUE_ON) && (l->kind == KIND_ORDER || l->kind == KIND_ASSIGN))
        l->due_on = 20000 + sim_below(r, 50);
    if (takes(l->kind, FACT_VERIFIER) && sim_below(r, 2))
        l->verifier = member_any(r);
    if (takes(l->kind, FACT_SUPPORTS) && sim_below(r, 3) == 0)
        l->support = member_any(r);
    if (takes(l->kind, FACT_TRACK) || l->kind == KIND_DUAL_OPEN)
        l->track = sim_below(r, 2) ? "a" : "b";
    l->investigator = member_any(r);
    if (l->kind == KIND_HAND_TO)
        l->officer = officers[l->by][sim_below(r, 3)];
    if (l->kind == KIND_CORRECT || (l->kind == KIND_ERASE && l->step == STEP_CONFIRM))
        l->target = N(sim_below(r, h->c.count));
}

static struct sim_line line_any(struct history *h, unsigned by)
{
    struct sim_random *r = &h->random;
    struct sim_line l = {.by = by, .kind = kind_any(r)};

    line_facts(h, &l);
    if (l.kind == KIND_VERIFY)
        l.signing = SIGN_VERIFIERS;
    else if (by == ANWEIBAN && sim_below(r, 2))
        l.signing = sim_below(r, 2) ? SIGN_DIRECTOR : SIGN_OVERSIGHT;
    return l;
}

struct sim_set history_prefix(const struct history *h, const unsigned counts[HISTORY_MEMBERS])
{
    unsigned used[HISTORY_MEMBERS] = {0};
    struct sim_set set = {{0}};

    for (unsigned i = 0; i < h->c.count; i++) {
        unsigned by = h->c.acts[i].line.by;
        if (used[by]++ < counts[by])
            sim_put(&set, i);
    }
    return set;
}

/* What of its holdings a member has folded. */
static struct sim_set known_of(const struct history *h, const struct case_fold *f)
{
    struct sim_set set = {{0}};

    for (unsigned i = 0; i < h->c.count; i++) {
        const struct act *a = fold_find(f, &h->c.acts[i].e.id);
        if (a && a->resolved)
            sim_put(&set, i);
    }
    return set;
}

static unsigned append(struct history *h, const struct sim_line *l, const struct sim_set *seen)
{
    return sim_write(&h->c, l, seen, NULL);
}

static void landed(struct history *h, unsigned by, bool honest)
{
    h->honest_act[h->c.count - 1] = honest;
    h->holds[by][by] = h->c.log_count[by];
    if (!h->liar[by] || sim_below(&h->random, 3))
        h->shown[by] = h->c.log_count[by];
}

static void act_honestly(struct history *h, unsigned by, const struct case_fold *f,
                         const struct sim_set *known)
{
    for (unsigned attempt = 0; attempt < 10; attempt++) {
        struct sim_line l = line_any(h, by);
        enum reason reason = REASON_NO_CASE;
        unsigned i = append(h, &l, known);
        const struct sim_act *a = &h->c.acts[i];
        if (case_fold_would(f, &a->e, &a->origin, &reason) == OK && reason == REASON_NONE) {
            landed(h, by, true);
            return;
        }
        sim_unwrite(&h->c);
    }
}

static struct sim_set part_of(struct history *h, const struct sim_set *known, unsigned by)
{
    struct sim_set set = {{0}};
    unsigned picks = sim_below(&h->random, 4);

    sim_put(&set, 0);
    for (unsigned i = 0; i < picks; i++) {
        unsigned pick = sim_below(&h->random, h->c.count);
        if (sim_in(known, pick))
            sim_put(&set, pick);
    }
    sim_close(&h->c, by, &set);
    return set;
}

static void hide(struct history *h, unsigned by, const struct sim_set *known)
{
    for (unsigned attempt = 0; attempt < 8; attempt++) {
        struct sim_line l = line_any(h, by);
        struct sim_set claimed = part_of(h, known, by);
        struct case_fold *f = sim_fold(&h->c, &claimed);
        enum reason reason = REASON_NO_CASE;
        const struct sim_act *a = &h->c.acts[append(h, &l, &claimed)];
        bool good = case_fold_would(f, &a->e, &a->origin, &reason) == OK &&
                    reason == REASON_NONE;
        case_fold_free(f);
        if (good) {
            h->lies++;
            if (h->on_lie)
                h->on_lie(h, known, &claimed);
            landed(h, by, false);
            return;
        }
        sim_unwrite(&h->c);
    }
}

/* The last act is void by its form: of what it cites only its member's own acts count. */
static void spoil(struct sim_case *c)
{
    struct sim_act *a = &c->acts[c->count - 1];

    a->origin.at_once = REASON_SIGNATURE;
    memset(&a->seen, 0, sizeof a->seen);
    c->count--;
    sim_close(c, a->line.by, &a->seen);
    c->count++;
}

static void act_falsely(struct history *h, unsigned by, const struct sim_set *known)
{
    struct sim_line l = line_any(h, by);
    unsigned way = sim_below(&h->random, 10);

    if (way < 6) {
        hide(h, by, known);
        return;
    }
    append(h, &l, known);
    if (way == 6)
        sim_rebase(&h->c, &h->c.acts[sim_below(&h->random, h->c.count)].e.id);
    if (way == 7)
        spoil(&h->c);
    if (way == 8)
        h->c.acts[h->c.count - 1].origin.at_once =
            sim_below(&h->random, 2) ? REASON_REPEATED : REASON_LAW_LOWERED;
    landed(h, by, false);
}

static void act(struct history *h)
{
    unsigned by = sim_below(&h->random, HISTORY_MEMBERS);
    struct sim_set held = history_prefix(h, h->holds[by]), known;
    struct case_fold *f = sim_fold(&h->c, &held);

    known = known_of(h, f);
    if (h->liar[by] && sim_below(&h->random, 2))
        act_falsely(h, by, &known);
    else
        act_honestly(h, by, f, &known);
    case_fold_free(f);
}

static void deliver(struct history *h)
{
    unsigned to = sim_below(&h->random, HISTORY_MEMBERS);
    unsigned from = sim_below(&h->random, HISTORY_MEMBERS);
    unsigned log = sim_below(&h->random, HISTORY_MEMBERS);
    unsigned there = from == log ? h->shown[log] : h->holds[from][log];
    unsigned here = h->holds[to][log];

    if (to != log && there > here)
        h->holds[to][log] = here + 1 + sim_below(&h->random, there - here);
}

static void open_case(struct history *h)
{
    static const char *const sectors[] = {"other", "chem", "gas"};
    unsigned by = sim_below(&h->random, HISTORY_MEMBERS);
    struct sim_line l = {.by = by, .kind = KIND_REPORT};
    struct sim_set nothing = {{0}};

    if (by == ANWEIBAN && sim_below(&h->random, 2))
        l.kind = KIND_ASSIGN;
    line_facts(h, &l);
    l.sector = sectors[sim_below(&h->random, 3)];
    if (l.kind == KIND_REPORT && (sim_below(&h->random, 2) || l.to == M(by)))
        l.to = 0;
    append(h, &l, &nothing);
    landed(h, by, true);
    h->shown[by] = 1;
}

void history_init(struct history *h, const struct sim_roster *roster)
{
    memset(h, 0, sizeof *h);
    sim_case_init(&h->c, roster);
}

void history_clear(struct history *h)
{
    sim_case_clear(&h->c);
}

void history_play(struct history *h, uint64_t seed, unsigned acts)
{
    unsigned turns = 0;

    sim_case_reset(&h->c);
    h->c.next_id = seed << 20;
    h->random.state = seed;
    memset(h->holds, 0, sizeof h->holds);
    memset(h->shown, 0, sizeof h->shown);
    memset(h->liar, 0, sizeof h->liar);
    h->liar[sim_below(&h->random, 3) ? 1 + sim_below(&h->random, 5) : ANWEIBAN] = true;
    h->liar[sim_below(&h->random, HISTORY_MEMBERS)] = true;
    open_case(h);
    while (h->c.count < acts && turns++ < acts * 8) {
        unsigned deliveries = sim_below(&h->random, 12);
        for (unsigned i = 0; i < deliveries; i++)
            deliver(h);
        act(h);
    }
}
