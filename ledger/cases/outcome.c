#include <stdio.h>
#include <string.h>

#include "ledger/cases/rules.h"

static void copy_text(char *out, size_t out_bytes, const char *text)
{
    snprintf(out, out_bytes, "%s", text);
}

/* Verdicts of the closures of a list over all; the first that stands, or NULL. */
static const struct act *closures_settle(struct case_fold *f, enum list list)
{
    const struct act *standing = NULL;

    for (unsigned i = 0; i < f->lists[list].count; i++) {
        struct act *a = f->lists[list].at[i];
        if (!closure_stands(f, a, f->all))
            a->verdict = VERDICT_OVERTAKEN;
        else if (!standing)
            standing = a;
    }
    return standing;
}

static void opening_state(const struct case_fold *f, struct case_state *s)
{
    const struct act *a = f->opening;

    s->opener = a->origin.member;
    s->opened_s = a->time_s;
    s->opened_index = a->origin.index;
    s->opened_epoch = a->origin.epoch;
    s->assigned = a->kind == KIND_ASSIGN;
    copy_text(s->sector, sizeof s->sector, a->sector);
    copy_text(s->district, sizeof s->district, a->district);
    copy_text(s->clause, sizeof s->clause, a->clause);
    s->found_on = a->found_on;
    s->source = (enum source)a->source;
}

/* Later corrections of the opening act, all by one member, so one behind the other. */
static void corrections_state(const struct view *v, struct case_state *s)
{
    VIEW_EACH(v, LIST_CORRECT, a) {
        if (!hash_equal(&a->target, &v->f->case_id))
            continue;
        if (act_has(a, FACT_CLAUSE))
            copy_text(s->clause, sizeof s->clause, a->clause);
        if (act_has(a, FACT_FOUND_ON))
            s->found_on = a->found_on;
    }
}

static bool said_about(const struct view *v, enum list list, const struct act *act,
                       struct member_no by)
{
    VIEW_EACH(v, list, a)
        if (a->about == act && act_by(a, by))
            return true;
    return false;
}

static void offer_state(const struct view *v, const struct custody *c, struct state_offer *o)
{
    o->open = c->open;
    if (!c->open)
        return;
    o->is_request = c->is_request;
    o->by = c->by;
    o->to = c->to;
    o->id = c->force->id;
    o->time_s = c->force->time_s;
    o->signed_for = said_about(v, LIST_SIGN_FOR, c->force, c->to);
    o->asked_more = said_about(v, LIST_ASK_MORE, c->force, c->to);
    o->recall_asked = said_about(v, LIST_RECALL, c->force, c->by);
}

static bool accepted(const struct view *v, const struct act *ruling)
{
    VIEW_EACH(v, LIST_BATON, a)
        if (a->kind == KIND_ACCEPT && hash_equal(&a->base, &ruling->id))
            return true;
    return false;
}

static void ruling_state(const struct view *v, const struct act *ruling, struct case_state *s)
{
    s->ruled = ruling != NULL;
    if (!ruling)
        return;
    s->rule = ruling->id;
    s->rule_named = ruling->to;
    s->rule_final = ruling->authority != AUTHORITY_OFFICE;
    s->rule_signed_for =
        said_about(v, LIST_SIGN_FOR, ruling, ruling->to) || accepted(v, ruling);
    s->rule_conflict_later =
        ruling->kind == KIND_RULE && conflict_hidden(v->f, ruling, v->seen);
}

/* Walks the baton acts in order: how custody went. */
static void custody_path(const struct view *v, struct case_state *s)
{
    bool had[MEMBERS_MAX] = {false};
    struct member_no last = {MEMBER_NONE};

    VIEW_EACH(v, LIST_BATON, a) {
        struct member_no now = a->after.custodian;
        if (a->kind == KIND_REFUSE && a->code != REFUSE_RECALLED)
            s->refusals++;
        if (now.v == last.v)
            continue;
        s->custody_since_s = a->time_s;
        if (last.v != MEMBER_NONE)
            s->custody_moves++;
        if (now.v < MEMBERS_MAX && had[now.v])
            s->custody_returns++;
        if (now.v < MEMBERS_MAX)
            had[now.v] = true;
        last = now;
    }
}

static void custody_state(const struct view *v, struct case_state *s)
{
    const struct custody *c = view_custody(v);

    s->custodian = c->custodian;
    s->in_force = c->force->id;
    offer_state(v, c, &s->offer);
    ruling_state(v, c->ruling, s);
    custody_path(v, s);
    s->interim_control = view_interim(v);
    copy_text(s->handler, sizeof s->handler, view_handler(v));
}

static void petition_state(const struct view *v, struct case_state *s)
{
    const struct act *ruling = view_custody(v)->ruling;

    VIEW_EACH(v, LIST_PETITION, a) {
        if (ruling && act_saw(ruling, a))
            continue;
        s->petition_open = true;
        s->petition = a->id;
    }
}

static void supports_state(const struct view *v, struct case_state *s)
{
    unsigned members = roster_member_count(v->f->roster);

    if (v->f->lists[LIST_JOIN].count == 0)
        return;
    for (unsigned m = 0; m < members && s->support_count < STATE_MAX_MEMBERS; m++) {
        struct member_no no = {(uint16_t)m};
        enum step step = view_support(v, no);
        if (step != 0)
            s->supports[s->support_count++] = (struct state_support){no, (uint8_t)step};
    }
}

static void listings_state(const struct view *v, struct case_state *s)
{
    VIEW_EACH(v, LIST_LISTING, a) {
        unsigned i = 0;
        if (!view_listing_stands(v, a))
            continue;
        while (i < s->listing_count &&
               (s->listings[i].by.v != a->origin.member.v || s->listings[i].level != a->level))
            i++;
        if (i == STATE_MAX_LISTINGS)
            continue;
        s->listings[i] = (struct state_listing){a->origin.member, a->level, a->id, a->time_s};
        if (i == s->listing_count)
            s->listing_count++;
    }
}

static void tracks_state(const struct view *v, struct case_state *s)
{
    for (unsigned n = view_tracks(v, TRACK_ANY); n-- > 0 && s->track_count < STATE_MAX_TRACKS;) {
        const struct track_open *found = &v->f->present[n];
        struct state_track *t = &s->tracks[s->track_count++];
        copy_text(t->name, sizeof t->name, found->open->tracks[found->i].name);
        t->investigator = found->open->tracks[found->i].investigator;
        t->outcome = (uint8_t)view_track_outcome(v, found->open, found->i);
        t->id = found->open->id;
    }
}

static void verifier_state(const struct view *v, struct case_state *s)
{
    VIEW_EACH(v, LIST_RECTIFIED, a)
        if (act_has(a, FACT_VERIFIER)) {
            s->has_verifier = true;
            s->verifier = a->verifier;
        }
}

static void counts_state(const struct case_fold *f, struct case_state *s)
{
    for (unsigned i = 0; i < f->count; i++) {
        const struct act *a = f->acts[i];
        bool valid = a->verdict == VERDICT_VALID || a->verdict == VERDICT_OVERTAKEN;
        s->entry_count++;
        s->pending_count += a->verdict == VERDICT_PENDING;
        s->void_count += a->verdict == VERDICT_VOID;
        s->overtaken_count += a->verdict == VERDICT_OVERTAKEN;
        if (valid && a->time_s > s->last_s)
            s->last_s = a->time_s;
    }
}

static void phase_state(struct case_state *s, const struct act *close, const struct act *archive)
{
    s->closed = close != NULL;
    s->archived = close && archive;
    s->phase = !close ? CASE_OPEN
               : s->track_count > 0 && !s->archived ? CASE_CLOSED
                                                    : CASE_ENDED;
    if (!close)
        return;
    s->closure = s->archived ? archive->id : close->id;
    s->pass = close->rests_on->id;
    s->verified_by_custodian = close->pass_by_custodian;
}

void outcome_make(struct case_fold *f)
{
    struct case_state *s = &f->state;
    struct view v = view_of_all(f);
    const struct act *close, *archive;

    case_state_init(s, &f->case_id);
    close = closures_settle(f, LIST_CLOSE);
    archive = closures_settle(f, LIST_ARCHIVE);
    counts_state(f, s);
    if (!f->opening)
        return;
    opening_state(f, s);
    corrections_state(&v, s);
    custody_state(&v, s);
    petition_state(&v, s);
    s->grade = view_grade(&v);
    s->due_on = view_due_on(&v);
    supports_state(&v, s);
    listings_state(&v, s);
    tracks_state(&v, s);
    verifier_state(&v, s);
    s->erasure_count = view_erasures(&v);
    phase_state(s, close, archive);
}
