/* The lives of cases: which acts follow each other, by whom, and how often each life is lived. */
#include <string.h>

#include "tools/load/govern.h"

enum { CAST_TRIES = 64, NOBODY = 255 };

#define C PARTY_CONVENOR
#define R PARTY_REPORTER
#define W PARTY_WORKER
#define O PARTY_OTHER
#define L PARTY_LISTER
#define X NOBODY

static const struct load_story stories[] = {
    {"own", 16,
     {{KIND_REPORT, W, X}, {KIND_CONTROL, W, X}, {KIND_PLAN, W, X}, {KIND_ORDER, W, X},
      {KIND_PROGRESS, W, X}, {KIND_RECTIFIED, W, W}, {KIND_VERIFY, W, X}, {KIND_CLOSE, W, X}}},
    {"offered", 30,
     {{KIND_REPORT, R, X}, {KIND_OFFER, R, W}, {KIND_SIGN_FOR, W, X}, {KIND_ACCEPT, W, X},
      {KIND_ORDER, W, X}, {KIND_RECTIFIED, W, W}, {KIND_VERIFY, W, X}, {KIND_CLOSE, W, X}}},
    {"sent", 20,
     {{KIND_REPORT, R, W}, {KIND_ACCEPT, W, X}, {KIND_ORDER, W, X}, {KIND_PROGRESS, W, X},
      {KIND_RECTIFIED, W, R}, {KIND_VERIFY, R, X}, {KIND_CLOSE, W, X}}},
    {"ruled", 12,
     {{KIND_REPORT, R, O}, {KIND_SIGN_FOR, O, X}, {KIND_REFUSE, O, W}, {KIND_PETITION, R, W},
      {KIND_RULE, C, W}, {KIND_SIGN_FOR, W, X}, {KIND_ORDER, W, X}, {KIND_RECTIFIED, W, W},
      {KIND_VERIFY, W, X}, {KIND_CLOSE, W, X}}},
    {"assigned", 7,
     {{KIND_ASSIGN, C, W}, {KIND_SIGN_FOR, W, X}, {KIND_ORDER, W, X}, {KIND_PLAN, W, X},
      {KIND_PROGRESS, W, X}, {KIND_RECTIFIED, W, W}, {KIND_VERIFY, W, X}, {KIND_CLOSE, W, X}}},
    {"listed", 8,
     {{KIND_REPORT, R, W}, {KIND_ACCEPT, W, X}, {KIND_REGRADE, W, X}, {KIND_SUPERVISE, L, L},
      {KIND_PLAN, W, X}, {KIND_ORDER, W, X}, {KIND_RECTIFIED, W, L}, {KIND_VERIFY, L, X},
      {KIND_CLOSE, L, X}}},
    {"passed-on", 7,
     {{KIND_REPORT, R, X}, {KIND_OFFER, R, O}, {KIND_REFUSE, O, W}, {KIND_OFFER, R, W},
      {KIND_ACCEPT, W, X}, {KIND_ORDER, W, X}, {KIND_RECTIFIED, W, W}, {KIND_VERIFY, W, X},
      {KIND_CLOSE, W, X}}},
};
enum { STORY_COUNT = sizeof stories / sizeof stories[0], STORY_OWN = 0, STORY_SENT = 2 };

#undef C
#undef R
#undef W
#undef O
#undef L
#undef X

const struct load_story *load_story_at(unsigned i)
{
    return i < STORY_COUNT ? &stories[i] : NULL;
}

const struct load_step *load_step_of(const struct load_case *c)
{
    return &c->story->steps[c->step];
}

bool load_case_done(const struct load_case *c)
{
    return c->story == NULL || c->step == LOAD_CASE_MAX_ACTS || load_step_of(c)->kind == 0;
}

static const struct load_story *story_draw(struct load *l)
{
    unsigned all = 0, i = 0;
    for (unsigned k = 0; k < STORY_COUNT; k++)
        all += stories[k].weight;
    for (unsigned at = (unsigned)(load_random(l) % all); at >= stories[i].weight; i++)
        at -= stories[i].weight;
    return &stories[i];
}

static bool same_house(const struct load *l, unsigned a, unsigned b)
{
    return strcmp(l->members[a].admission.institution, l->members[b].admission.institution) == 0;
}

static bool takes_part(const struct load_story *story, enum load_party p)
{
    for (unsigned i = 0; i < LOAD_CASE_MAX_ACTS; i++)
        if (story->steps[i].kind != 0 && (story->steps[i].by == p || story->steps[i].to == p))
            return true;
    return false;
}

/* Orders need the power to enforce. What the convenor rules or assigns takes effect at once on
 * members that are no vertical organ, and is its alone to sign where its own house is not
 * concerned. */
static bool fits(const struct load *l, const struct load_case *c, enum load_party p, unsigned m)
{
    const struct admission *a = &l->members[m].admission;
    const bool convened = takes_part(c->story, PARTY_CONVENOR);
    if (p == PARTY_LISTER)
        return (a->kind == MEMBER_BOARD || a->kind == MEMBER_DISTRICT) &&
               !same_house(l, m, c->parties[PARTY_WORKER]);
    if (convened && same_house(l, m, 0))
        return false;
    if (p == PARTY_WORKER)
        return (a->powers & POWER_ENFORCE) != 0 && !(convened && a->vertical);
    return m != c->parties[PARTY_WORKER] &&
           (p == PARTY_REPORTER || m != c->parties[PARTY_REPORTER]);
}

static bool cast(struct load *l, struct load_case *c, enum load_party p)
{
    if (!takes_part(c->story, p))
        return true;
    unsigned lead = l->sectors[c->sector].lead;
    if (p == PARTY_WORKER && lead != 0 && fits(l, c, p, lead)) {
        c->parties[p] = lead;
        return true;
    }
    for (unsigned i = 0; i < CAST_TRIES; i++) {
        unsigned m = 1 + (unsigned)(load_random(l) % (l->options.members - 1));
        if (fits(l, c, p, m)) {
            c->parties[p] = m;
            return true;
        }
    }
    return false;
}

static void start(struct load *l, struct load_case *c, const struct load_story *story)
{
    memset(c, 0, sizeof *c);
    c->story = story;
    c->sector = (unsigned)(load_random(l) % l->sector_count);
}

void load_case_alone(struct load *l, struct load_case *c, unsigned member)
{
    start(l, c, &stories[STORY_OWN]);
    c->parties[PARTY_WORKER] = member;
}

void load_case_sent(struct load *l, struct load_case *c, unsigned from, unsigned to)
{
    start(l, c, &stories[STORY_SENT]);
    c->parties[PARTY_REPORTER] = from;
    c->parties[PARTY_WORKER] = to;
}

void load_case_begin(struct load *l, struct load_case *c)
{
    bool whole;
    start(l, c, story_draw(l));
    whole = cast(l, c, PARTY_WORKER) && cast(l, c, PARTY_REPORTER) && cast(l, c, PARTY_OTHER) &&
            cast(l, c, PARTY_LISTER);
    if (l->options.alone || !whole)
        load_case_alone(l, c, 1);
}
