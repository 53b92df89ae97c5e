/* What the law asks for when two acts missed each other, told from what is known of the history
 * before them and from the two acts alone. */
#include <string.h>

#include "tests/support/sim_pair.h"

enum { CONVENORS = BIT(ANWEIBAN) | BIT(YINGJI) };

/* --- the classes of the law ------------------------------------------------------------------ */

static bool moves_baton(const struct sim_line *l)
{
    return l->kind == KIND_OFFER || l->kind == KIND_ACCEPT || l->kind == KIND_REFUSE ||
           l->kind == KIND_RULE;
}

static bool fails(const struct sim_line *l)
{
    return l->outcome == OUTCOME_FAIL || l->outcome == OUTCOME_RELAPSED;
}

static bool keeps_open(const struct pair_base *base, const struct sim_line *l)
{
    return l->kind == KIND_RULE || l->kind == KIND_SUPERVISE || fails(l) ||
           (l->kind == KIND_REGRADE && l->grade > base->grade);
}

static bool is_closure(const struct sim_line *l)
{
    return l->kind == KIND_CLOSE || l->kind == KIND_ARCHIVE;
}

static bool passes(const struct sim_line *l)
{
    return l->outcome == OUTCOME_PASS || l->outcome == OUTCOME_NO_HAZARD;
}

/* "where the convenor's institution is custodian, refuser, lead or investigated": what shows it. */
static bool shows_conflict(const struct pair_base *base, const struct sim_line *l)
{
    return (l->kind == KIND_ACCEPT && (BIT(l->by) & CONVENORS)) ||
           (l->kind == KIND_REFUSE && l->code != REFUSE_RECALLED && (BIT(l->by) & CONVENORS)) ||
           (l->kind == KIND_DUAL_OPEN && (base->had & CONVENORS));
}

static bool alone(const struct sim_line *l)
{
    return l->by == ANWEIBAN && l->signing != SIGN_DIRECTOR && l->signing != SIGN_OVERSIGHT;
}

static const struct sim_line *one_of(const struct pair *p, enum kind kind)
{
    return p->a->kind == kind ? p->a : p->b->kind == kind ? p->b : NULL;
}

static const struct sim_line *other(const struct pair *p, const struct sim_line *l)
{
    return l == p->a ? p->b : p->a;
}

/* --- custody --------------------------------------------------------------------------------- */

/* A ruling that asks: its author saw another custodian than the vertical organ. */
static bool asks(const struct pair *p, const struct sim_line *rule)
{
    return rule->to == M(HAIGUAN) && p->base->custodian != M(HAIGUAN);
}

static int before_ruling(const struct pair *p)
{
    const struct sim_line *accept = one_of(p, KIND_ACCEPT);

    return accept ? M(accept->by) : p->base->custodian;
}

static int custodian(const struct pair *p)
{
    const struct sim_line *rule = one_of(p, KIND_RULE);

    if (!rule)
        return before_ruling(p);
    return asks(p, rule) ? p->base->custodian : rule->to;
}

static int offered(const struct pair *p)
{
    const struct sim_line *rule = one_of(p, KIND_RULE), *offer = one_of(p, KIND_OFFER);

    if (rule)
        return asks(p, rule) ? rule->to : 0;
    if (offer)
        return offer->to;
    return one_of(p, KIND_ACCEPT) || one_of(p, KIND_REFUSE) ? 0 : p->base->offered;
}

static int moves(const struct pair *p)
{
    int before = before_ruling(p), now = custodian(p);

    return (int)p->base->moves + (before != p->base->custodian) + (now != before);
}

static int refusals(const struct pair *p)
{
    const struct sim_line *refuse = one_of(p, KIND_REFUSE);

    return (int)p->base->refusals + (refuse && refuse->code != REFUSE_RECALLED);
}

static int interim(const struct pair *p)
{
    const struct sim_line *rule = one_of(p, KIND_RULE);

    if (rule && asks(p, rule))
        return PAIR_ANY;
    if (rule)
        return before_ruling(p) == rule->to ? 0 : before_ruling(p);
    return M(p->a->by) == p->base->ruled || M(p->b->by) == p->base->ruled ? 0 : p->base->interim;
}

static int named_by_ruling(const struct pair *p)
{
    const struct sim_line *rule = one_of(p, KIND_RULE);

    return rule ? rule->to : p->base->ruled;
}

static int conflict_later(const struct pair *p)
{
    const struct sim_line *rule = one_of(p, KIND_RULE);

    return rule && alone(rule) && shows_conflict(p->base, other(p, rule));
}

static int offer_flags(const struct pair *p)
{
    if (one_of(p, KIND_RULE) || one_of(p, KIND_OFFER) || offered(p) == 0)
        return 0;
    return (int)(p->base->flags | (one_of(p, KIND_SIGN_FOR) ? FLAG_SIGNED : 0) |
                 (one_of(p, KIND_ASK_MORE) ? FLAG_ASKED : 0) |
                 (one_of(p, KIND_RECALL) ? FLAG_RECALL : 0));
}

static int petition(const struct pair *p)
{
    return one_of(p, KIND_PETITION) || (p->base->petition && !one_of(p, KIND_RULE));
}

static int handler(const struct pair *p)
{
    const struct sim_line *of[] = {p->a, p->b};
    int before = before_ruling(p), now = custodian(p);

    for (unsigned i = 0; i < 2; i++)
        if (of[i]->kind == KIND_HAND_TO && M(of[i]->by) == now)
            return OFFICER(now - 1, 2);
    if (now != before)
        return OFFICER(ANWEIBAN, 1);
    return before != p->base->custodian ? OFFICER(before - 1, 1) : p->base->handler;
}

static int support(const struct pair *p)
{
    const struct sim_line *ask = one_of(p, KIND_JOIN), *rule = one_of(p, KIND_RULE);
    const struct sim_line *of[] = {p->a, p->b};

    for (unsigned i = 0; i < 2; i++)
        if (of[i]->kind == KIND_JOIN && of[i]->step > STEP_ASK)
            return (int)of[i]->step;
    return ask || p->base->asked || (rule && rule->support) ? STEP_ASK : 0;
}

/* --- values, listings, tracks ---------------------------------------------------------------- */

static int grade(const struct pair *p)
{
    unsigned a = p->a->kind == KIND_REGRADE ? p->a->grade : 0;
    unsigned b = p->b->kind == KIND_REGRADE ? p->b->grade : 0;

    return (int)(a == 0 && b == 0 ? p->base->grade : a > b ? a : b);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static bool hides_custody(const struct pair *p, const struct sim_line *l)
{
    const struct sim_line *o = other(p, l);

    return l->kind == KIND_ORDER && (o->kind == KIND_ACCEPT || o->kind == KIND_RULE) &&
           custodian(p) != M(l->by);
}

static int due_on(const struct pair *p)
{
    uint64_t due = earlier(p->a->due_on, p->b->due_on);
    bool replaced = (p->a->due_on && !hides_custody(p, p->a)) ||
                    (p->b->due_on && !hides_custody(p, p->b));

    return (int)(replaced ? due : earlier(due, p->base->due_on));
}

static int listings(const struct pair *p)
{
    const struct sim_line *of[] = {p->a, p->b};
    unsigned set = p->base->listed;

    for (unsigned i = 0; i < 2; i++) {
        bool hidden = alone(of[i]) && shows_conflict(p->base, of[1 - i]);
        if (of[i]->kind == KIND_SUPERVISE)
            set |= BIT(of[i]->by);
        if (of[i]->kind == KIND_UNSUPERVISE && !hidden)
            set &= ~BIT(of[i]->by);
    }
    return (int)set;
}

static bool opens(const struct sim_line *l, const char *track)
{
    return l->kind == KIND_DUAL_OPEN && strcmp(l->track, track) == 0;
}

static bool reassigned(const struct pair *p)
{
    return opens(p->a, "a") || opens(p->b, "a");
}

static int openings(const struct pair *p)
{
    return (p->a->kind == KIND_DUAL_OPEN) + (p->b->kind == KIND_DUAL_OPEN) +
           (p->base->track != TRACK_NONE && !reassigned(p));
}

static bool ends_track(const struct pair *p, const struct sim_line *l)
{
    if (l->kind != KIND_DUAL_END)
        return false;
    return l->outcome == OUTCOME_CONCLUDED ||
           !(alone(l) && shows_conflict(p->base, other(p, l)));
}

static int open_tracks(const struct pair *p)
{
    bool ended = p->base->track == TRACK_ENDED || ends_track(p, p->a) || ends_track(p, p->b);

    return openings(p) - (ended && !reassigned(p) && p->base->track != TRACK_NONE);
}

/* --- closures -------------------------------------------------------------------------------- */

static bool overtakes(const struct pair *p, const struct sim_line *l, enum kind closure)
{
    return moves_baton(l) || keeps_open(p->base, l) ||
           (closure == KIND_ARCHIVE && l->kind == KIND_DUAL_OPEN);
}

static bool overtaken(const struct pair *p, const struct sim_line *l)
{
    const struct sim_line *o = other(p, l);

    return is_closure(l) && (overtakes(p, o, l->kind) ||
                             (alone(l) && shows_conflict(p->base, o)));
}

static bool stands(const struct pair *p, enum kind kind, bool before)
{
    if (before && !overtakes(p, p->a, kind) && !overtakes(p, p->b, kind))
        return true;
    return (p->a->kind == kind && !overtaken(p, p->a)) ||
           (p->b->kind == kind && !overtaken(p, p->b));
}

static int closed(const struct pair *p)
{
    return stands(p, KIND_CLOSE, p->base->closed);
}

static int archived(const struct pair *p)
{
    return closed(p) && stands(p, KIND_ARCHIVE, p->base->archived);
}

static int phase(const struct pair *p)
{
    if (!closed(p))
        return CASE_OPEN;
    return openings(p) > 0 && !archived(p) ? CASE_CLOSED : CASE_ENDED;
}

static int overtaken_a(const struct pair *p) { return overtaken(p, p->a); }
static int overtaken_b(const struct pair *p) { return overtaken(p, p->b); }

/* --- what a later closer, who has seen both, can rest on -------------------------------------- */

static unsigned institution(int member)
{
    return BIT(member - 1) & CONVENORS ? CONVENORS : BIT(member - 1);
}

static bool named(const struct pair *p, int member)
{
    const struct sim_line *list = one_of(p, KIND_SUPERVISE);

    return p->base->named == member || (list && list->verifier == member);
}

static unsigned listers(const struct pair *p)
{
    return p->base->listed | (p->a->kind == KIND_SUPERVISE ? BIT(p->a->by) : 0) |
           (p->b->kind == KIND_SUPERVISE ? BIT(p->b->by) : 0);
}

/* Whether a pass written before both acts, or beside one of them, holds with them. */
static bool pass_holds(const struct pair *p, int member)
{
    bool major = grade(p) >= GRADE_MAJOR;

    if (fails(p->a) || fails(p->b))
        return false;
    if (major && institution(member) == institution(custodian(p)))
        return false;
    return member == M(ANWEIBAN) || (listers(p) & BIT(member - 1)) || named(p, member) ||
           (member == custodian(p) && !major && !listers(p));
}

bool pair_closable(const struct pair *p)
{
    if (offered(p) != 0)
        return false;
    return (p->base->passed && pass_holds(p, p->base->passed)) ||
           (passes(p->a) && pass_holds(p, M(p->a->by))) ||
           (passes(p->b) && pass_holds(p, M(p->b->by)));
}

bool pair_archivable(const struct pair *p)
{
    return pair_closable(p) && closed(p) && openings(p) > 0 && open_tracks(p) == 0;
}

/* --- what the fold found ---------------------------------------------------------------------- */

static int member_found(struct member_no m) { return m.v == MEMBER_NONE ? 0 : M(m.v); }
static int found_custodian(const struct pair_found *f) { return member_found(f->s->custodian); }
static int found_moves(const struct pair_found *f) { return (int)f->s->custody_moves; }
static int found_refusals(const struct pair_found *f) { return (int)f->s->refusals; }
static int found_interim(const struct pair_found *f) { return member_found(f->s->interim_control); }
static int found_later(const struct pair_found *f) { return f->s->rule_conflict_later; }
static int found_petition(const struct pair_found *f) { return f->s->petition_open; }
static int found_grade(const struct pair_found *f) { return (int)f->s->grade; }
static int found_due(const struct pair_found *f) { return (int)f->s->due_on; }
static int found_openings(const struct pair_found *f) { return (int)f->s->track_count; }
static int found_closed(const struct pair_found *f) { return f->s->closed; }
static int found_archived(const struct pair_found *f) { return f->s->archived; }
static int found_phase(const struct pair_found *f) { return (int)f->s->phase; }
static int found_overtaken_a(const struct pair_found *f) { return f->a == VERDICT_OVERTAKEN; }
static int found_overtaken_b(const struct pair_found *f) { return f->b == VERDICT_OVERTAKEN; }

static int found_offered(const struct pair_found *f)
{
    return f->s->offer.open ? member_found(f->s->offer.to) : 0;
}

static int found_named(const struct pair_found *f)
{
    return f->s->ruled ? member_found(f->s->rule_named) : 0;
}

static int found_flags(const struct pair_found *f)
{
    const struct state_offer *o = &f->s->offer;

    return (o->signed_for ? FLAG_SIGNED : 0) | (o->asked_more ? FLAG_ASKED : 0) |
           (o->recall_asked ? FLAG_RECALL : 0);
}

static int found_handler(const struct pair_found *f)
{
    const char *h = f->s->handler;

    return strlen(h) == 3 ? OFFICER(h[0] - '0', h[2] - '0') : PAIR_ANY;
}

static int found_support(const struct pair_found *f)
{
    for (unsigned i = 0; i < f->s->support_count; i++)
        if (f->s->supports[i].member.v == ECHENG)
            return f->s->supports[i].status;
    return 0;
}

static int found_listings(const struct pair_found *f)
{
    unsigned set = 0;

    for (unsigned i = 0; i < f->s->listing_count; i++)
        set |= BIT(f->s->listings[i].by.v);
    return (int)set;
}

static int found_open_tracks(const struct pair_found *f)
{
    int count = 0;

    for (unsigned i = 0; i < f->s->track_count; i++)
        count += f->s->tracks[i].outcome == 0;
    return count;
}

static int not_valid(const struct pair_found *f)
{
    return (int)(f->s->void_count + f->s->pending_count);
}

static int none(const struct pair *p)
{
    (void)p;
    return 0;
}

/* --- the law, sentence by sentence ------------------------------------------------------------ */

static const struct pair_sentence sentences[] = {
    {"no honest act turns void", none, not_valid},
    {"acceptance by the other side moves custody; a ruling comes after all that had not seen it "
     "and names the custodian; until a request is accepted the custodian is the one whom the "
     "ruling's author had seen, whatever came in between", custodian, found_custodian},
    {"a ruling ends any open offer; a request counts as an open offer; the offered member's "
     "answer ends an offer", offered, found_offered},
    {"one custodian after the other: each move counted", moves, found_moves},
    {"refuse: offer ends, counted; returned on recall is not counted", refusals, found_refusals},
    {"the former stays bound until the named member's first entry that has seen the ruling",
     interim, found_interim},
    {"an interim ruling may follow a final one: the last counts", named_by_ruling, found_named},
    {"a ruling whose conflict of interest shows only later is listed as a blind spot",
     conflict_later, found_later},
    {"sign-for proves knowledge, ask-more pauses, recall is a request: none moves anything",
     offer_flags, found_flags},
    {"petition puts it before the convenor, until a ruling that has seen it", petition,
     found_petition},
    {"the handler is the officer of the custodian's last hand-to, else the first signer of the "
     "act by which it took the case", handler, found_handler},
    {"convenor or custodian asks; the support answers", support, found_support},
    {"of the acts not seen by another the stricter wins: higher grade", grade, found_grade},
    {"of the acts not seen by another the stricter wins: earlier term", due_on, found_due},
    {"a listing stands until its own lister's delisting, which has seen it; nobody else lifts it",
     listings, found_listings},
    {"a later opening of the same track reassigns it; of concurrent openings all stand",
     openings, found_openings},
    {"an opening is ended by its present investigator's conclusion, or the convenor's waiver, "
     "that has seen it", open_tracks, found_open_tracks},
    {"otherwise the closure is overtaken (first act)", overtaken_a, found_overtaken_a},
    {"otherwise the closure is overtaken (second act)", overtaken_b, found_overtaken_b},
    {"a case is closed when a valid closure has seen every valid keep-open and baton act", closed,
     found_closed},
    {"a track opened later overtakes archive, not close", archived, found_archived},
    {"a case is open until its end", phase, found_phase},
};

const struct pair_sentence *pair_sentence_at(unsigned i)
{
    return i < sizeof sentences / sizeof sentences[0] ? &sentences[i] : NULL;
}
