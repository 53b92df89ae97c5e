#include "ledger/cases/state.h"

#include <string.h>

#include "ledger/log/cbor.h"

/* Keys of the encoding; FORMAT.md, "Case state encoding". */
enum key {
    KEY_ID = 1, KEY_PHASE, KEY_CLOSED, KEY_ARCHIVED, KEY_OPENER, KEY_OPENED_S, KEY_OPENED_INDEX,
    KEY_OPENED_EPOCH, KEY_ASSIGNED, KEY_SECTOR, KEY_DISTRICT, KEY_CLAUSE, KEY_FOUND_ON, KEY_SOURCE,
    KEY_GRADE, KEY_CUSTODIAN, KEY_IN_FORCE, KEY_CUSTODY_SINCE_S, KEY_OFFER, KEY_REFUSALS,
    KEY_MOVES, KEY_RETURNS, KEY_PETITION, KEY_RULE, KEY_INTERIM, KEY_DUE_ON, KEY_SUPPORTS,
    KEY_LISTINGS, KEY_TRACKS, KEY_VERIFIER, KEY_HANDLER, KEY_BY_CUSTODIAN, KEY_CLOSURE, KEY_PASS,
    KEY_COUNTS, KEY_LAST_S, KEY_ERASURES, KEY_END,
};

static const struct hash no_hash;

static bool is_member(struct member_no no)
{
    return no.v != MEMBER_NONE;
}

static bool is_hash(const struct hash *h)
{
    return !hash_equal(h, &no_hash);
}

/* Whether an optional key is there: what is nought, false or nobody is left out. The others always
 * are. */
static bool present(const struct case_state *s, enum key key)
{
    switch ((unsigned)key) {
    case KEY_CLOSED: return s->closed;
    case KEY_ARCHIVED: return s->archived;
    case KEY_OPENER: return is_member(s->opener);
    case KEY_OPENED_EPOCH: return s->opened_epoch > 0;
    case KEY_ASSIGNED: return s->assigned;
    case KEY_SECTOR: return s->sector[0] != '\0';
    case KEY_DISTRICT: return s->district[0] != '\0';
    case KEY_CLAUSE: return s->clause[0] != '\0';
    case KEY_FOUND_ON: return s->found_on > 0;
    case KEY_CUSTODIAN: return is_member(s->custodian);
    case KEY_IN_FORCE: return is_hash(&s->in_force);
    case KEY_OFFER: return s->offer.open;
    case KEY_REFUSALS: return s->refusals > 0;
    case KEY_MOVES: return s->custody_moves > 0;
    case KEY_RETURNS: return s->custody_returns > 0;
    case KEY_PETITION: return s->petition_open;
    case KEY_RULE: return s->ruled;
    case KEY_INTERIM: return is_member(s->interim_control);
    case KEY_DUE_ON: return s->due_on > 0;
    case KEY_SUPPORTS: return s->support_count > 0;
    case KEY_LISTINGS: return s->listing_count > 0;
    case KEY_TRACKS: return s->track_count > 0;
    case KEY_VERIFIER: return s->has_verifier;
    case KEY_HANDLER: return s->handler[0] != '\0';
    case KEY_BY_CUSTODIAN: return s->verified_by_custodian;
    case KEY_CLOSURE: return is_hash(&s->closure);
    case KEY_PASS: return is_hash(&s->pass);
    case KEY_ERASURES: return s->erasure_count > 0;
    default: return true;
    }
}

static void put_member(struct cbor_out *w, const struct roster *r, struct member_no no)
{
    const struct member *m = roster_member(r, no);

    if (m)
        cbor_put_text(w, m->a.id);
    else if (w->err == OK)
        w->err = ERR_UNKNOWN_MEMBER;
}

static void put_hash(struct cbor_out *w, const struct hash *h)
{
    cbor_put_tagged(w, ALG_SHA256, h->b);
}

static void put_offer(struct cbor_out *w, const struct roster *r, const struct state_offer *o)
{
    cbor_put_array(w, 8);
    put_member(w, r, o->by);
    put_member(w, r, o->to);
    put_hash(w, &o->id);
    cbor_put_uint(w, o->time_s);
    cbor_put_bool(w, o->is_request);
    cbor_put_bool(w, o->signed_for);
    cbor_put_bool(w, o->asked_more);
    cbor_put_bool(w, o->recall_asked);
}

static void put_rule(struct cbor_out *w, const struct roster *r, const struct case_state *s)
{
    cbor_put_array(w, 5);
    put_hash(w, &s->rule);
    put_member(w, r, s->rule_named);
    cbor_put_bool(w, s->rule_final);
    cbor_put_bool(w, s->rule_signed_for);
    cbor_put_bool(w, s->rule_conflict_later);
}

static void put_supports(struct cbor_out *w, const struct roster *r, const struct case_state *s)
{
    cbor_put_array(w, s->support_count);
    for (unsigned i = 0; i < s->support_count; i++) {
        cbor_put_array(w, 2);
        put_member(w, r, s->supports[i].member);
        cbor_put_uint(w, s->supports[i].status);
    }
}

static void put_listings(struct cbor_out *w, const struct roster *r, const struct case_state *s)
{
    cbor_put_array(w, s->listing_count);
    for (unsigned i = 0; i < s->listing_count; i++) {
        cbor_put_array(w, 4);
        put_member(w, r, s->listings[i].by);
        cbor_put_uint(w, s->listings[i].level);
        put_hash(w, &s->listings[i].id);
        cbor_put_uint(w, s->listings[i].time_s);
    }
}

static void put_tracks(struct cbor_out *w, const struct roster *r, const struct case_state *s)
{
    cbor_put_array(w, s->track_count);
    for (unsigned i = 0; i < s->track_count; i++) {
        cbor_put_array(w, 4);
        cbor_put_text(w, s->tracks[i].name);
        put_member(w, r, s->tracks[i].investigator);
        cbor_put_uint(w, s->tracks[i].outcome);
        put_hash(w, &s->tracks[i].id);
    }
}

static void put_counts(struct cbor_out *w, const struct case_state *s)
{
    cbor_put_array(w, 4);
    cbor_put_uint(w, s->entry_count);
    cbor_put_uint(w, s->pending_count);
    cbor_put_uint(w, s->void_count);
    cbor_put_uint(w, s->overtaken_count);
}

static void put_value(struct cbor_out *w, const struct roster *r, const struct case_state *s,
                      enum key key)
{
    switch (key) {
    case KEY_ID: put_hash(w, &s->id); break;
    case KEY_PHASE: cbor_put_uint(w, s->phase); break;
    case KEY_CLOSED: cbor_put_bool(w, s->closed); break;
    case KEY_ARCHIVED: cbor_put_bool(w, s->archived); break;
    case KEY_OPENER: put_member(w, r, s->opener); break;
    case KEY_OPENED_S: cbor_put_uint(w, s->opened_s); break;
    case KEY_OPENED_INDEX: cbor_put_uint(w, s->opened_index); break;
    case KEY_OPENED_EPOCH: cbor_put_uint(w, s->opened_epoch); break;
    case KEY_ASSIGNED: cbor_put_bool(w, s->assigned); break;
    case KEY_SECTOR: cbor_put_text(w, s->sector); break;
    case KEY_DISTRICT: cbor_put_text(w, s->district); break;
    case KEY_CLAUSE: cbor_put_text(w, s->clause); break;
    case KEY_FOUND_ON: cbor_put_uint(w, s->found_on); break;
    case KEY_SOURCE: cbor_put_uint(w, s->source); break;
    case KEY_GRADE: cbor_put_uint(w, s->grade); break;
    case KEY_CUSTODIAN: put_member(w, r, s->custodian); break;
    case KEY_IN_FORCE: put_hash(w, &s->in_force); break;
    case KEY_CUSTODY_SINCE_S: cbor_put_uint(w, s->custody_since_s); break;
    case KEY_OFFER: put_offer(w, r, &s->offer); break;
    case KEY_REFUSALS: cbor_put_uint(w, s->refusals); break;
    case KEY_MOVES: cbor_put_uint(w, s->custody_moves); break;
    case KEY_RETURNS: cbor_put_uint(w, s->custody_returns); break;
    case KEY_PETITION: put_hash(w, &s->petition); break;
    case KEY_RULE: put_rule(w, r, s); break;
    case KEY_INTERIM: put_member(w, r, s->interim_control); break;
    case KEY_DUE_ON: cbor_put_uint(w, s->due_on); break;
    case KEY_SUPPORTS: put_supports(w, r, s); break;
    case KEY_LISTINGS: put_listings(w, r, s); break;
    case KEY_TRACKS: put_tracks(w, r, s); break;
    case KEY_VERIFIER: put_member(w, r, s->verifier); break;
    case KEY_HANDLER: cbor_put_text(w, s->handler); break;
    case KEY_BY_CUSTODIAN: cbor_put_bool(w, s->verified_by_custodian); break;
    case KEY_CLOSURE: put_hash(w, &s->closure); break;
    case KEY_PASS: put_hash(w, &s->pass); break;
    case KEY_COUNTS: put_counts(w, s); break;
    case KEY_LAST_S: cbor_put_uint(w, s->last_s); break;
    case KEY_ERASURES: cbor_put_uint(w, s->erasure_count); break;
    case KEY_END: break;
    }
}

enum err case_state_encode(const struct case_state *s, const struct roster *r, struct buffer *out)
{
    struct cbor_out w;
    uint64_t pairs = 0;

    cbor_out_init(&w, out);
    for (enum key key = KEY_ID; key < KEY_END; key++)
        pairs += present(s, key);
    cbor_put_map(&w, pairs);
    for (enum key key = KEY_ID; key < KEY_END; key++) {
        if (!present(s, key))
            continue;
        cbor_put_uint(&w, key);
        put_value(&w, r, s, key);
    }
    return w.err;
}

/* Decoding: the roster turns ids into numbers again. */
struct take { struct cbor c; const struct roster *r; };

static struct member_no take_member(struct take *t)
{
    char id[ID_MAX_BYTES + 1] = "";
    const struct member *m;

    cbor_string(&t->c, id, sizeof id);
    m = cbor_ok(&t->c) ? roster_by_log(t->r, id) : NULL;
    if (!m)
        cbor_fail(&t->c, ERR_UNKNOWN_MEMBER);
    return m ? m->no : (struct member_no){MEMBER_NONE};
}

static uint64_t take_uint(struct take *t, uint64_t max)
{
    uint64_t v = cbor_uint(&t->c);

    if (v > max)
        cbor_fail(&t->c, ERR_RANGE);
    return v > max ? 0 : v;
}

static void take_hash(struct take *t, struct hash *out)
{
    cbor_tagged(&t->c, ALG_SHA256, out->b);
}

static void take_tuple(struct take *t, uint64_t count)
{
    if (cbor_array(&t->c, count) != count)
        cbor_fail(&t->c, ERR_FORMAT);
}

static unsigned take_count(struct take *t, uint64_t max)
{
    uint64_t count = cbor_array(&t->c, max);

    if (count == 0)
        cbor_fail(&t->c, ERR_FORMAT);
    return (unsigned)count;
}

static void take_offer(struct take *t, struct state_offer *o)
{
    take_tuple(t, 8);
    o->open = true;
    o->by = take_member(t);
    o->to = take_member(t);
    take_hash(t, &o->id);
    o->time_s = cbor_uint(&t->c);
    o->is_request = cbor_bool(&t->c);
    o->signed_for = cbor_bool(&t->c);
    o->asked_more = cbor_bool(&t->c);
    o->recall_asked = cbor_bool(&t->c);
}

static void take_rule(struct take *t, struct case_state *s)
{
    take_tuple(t, 5);
    s->ruled = true;
    take_hash(t, &s->rule);
    s->rule_named = take_member(t);
    s->rule_final = cbor_bool(&t->c);
    s->rule_signed_for = cbor_bool(&t->c);
    s->rule_conflict_later = cbor_bool(&t->c);
}

static void take_supports(struct take *t, struct case_state *s)
{
    s->support_count = take_count(t, STATE_MAX_MEMBERS);
    for (unsigned i = 0; i < s->support_count && cbor_ok(&t->c); i++) {
        take_tuple(t, 2);
        s->supports[i].member = take_member(t);
        s->supports[i].status = (uint8_t)take_uint(t, UINT8_MAX);
    }
}

static void take_listings(struct take *t, struct case_state *s)
{
    s->listing_count = take_count(t, STATE_MAX_LISTINGS);
    for (unsigned i = 0; i < s->listing_count && cbor_ok(&t->c); i++) {
        take_tuple(t, 4);
        s->listings[i].by = take_member(t);
        s->listings[i].level = (uint8_t)take_uint(t, UINT8_MAX);
        take_hash(t, &s->listings[i].id);
        s->listings[i].time_s = cbor_uint(&t->c);
    }
}

static void take_tracks(struct take *t, struct case_state *s)
{
    s->track_count = take_count(t, STATE_MAX_TRACKS);
    for (unsigned i = 0; i < s->track_count && cbor_ok(&t->c); i++) {
        take_tuple(t, 4);
        cbor_string(&t->c, s->tracks[i].name, sizeof s->tracks[i].name);
        s->tracks[i].investigator = take_member(t);
        s->tracks[i].outcome = (uint8_t)take_uint(t, UINT8_MAX);
        take_hash(t, &s->tracks[i].id);
    }
}

static void take_counts(struct take *t, struct case_state *s)
{
    take_tuple(t, 4);
    s->entry_count = (unsigned)take_uint(t, UINT32_MAX);
    s->pending_count = (unsigned)take_uint(t, UINT32_MAX);
    s->void_count = (unsigned)take_uint(t, UINT32_MAX);
    s->overtaken_count = (unsigned)take_uint(t, UINT32_MAX);
}

static void take_value(struct take *t, struct case_state *s, enum key key)
{
    switch (key) {
    case KEY_ID: take_hash(t, &s->id); break;
    case KEY_PHASE: s->phase = (enum case_phase)take_uint(t, CASE_ENDED); break;
    case KEY_CLOSED: s->closed = cbor_bool(&t->c); break;
    case KEY_ARCHIVED: s->archived = cbor_bool(&t->c); break;
    case KEY_OPENER: s->opener = take_member(t); break;
    case KEY_OPENED_S: s->opened_s = cbor_uint(&t->c); break;
    case KEY_OPENED_INDEX: s->opened_index = cbor_uint(&t->c); break;
    case KEY_OPENED_EPOCH: s->opened_epoch = (uint32_t)take_uint(t, UINT32_MAX); break;
    case KEY_ASSIGNED: s->assigned = cbor_bool(&t->c); break;
    case KEY_SECTOR: cbor_string(&t->c, s->sector, sizeof s->sector); break;
    case KEY_DISTRICT: cbor_string(&t->c, s->district, sizeof s->district); break;
    case KEY_CLAUSE: cbor_string(&t->c, s->clause, sizeof s->clause); break;
    case KEY_FOUND_ON: s->found_on = cbor_uint(&t->c); break;
    case KEY_SOURCE: s->source = (enum source)take_uint(t, SOURCE_OUTSIDE); break;
    case KEY_GRADE: s->grade = (enum grade)take_uint(t, GRADE_IMMINENT); break;
    case KEY_CUSTODIAN: s->custodian = take_member(t); break;
    case KEY_IN_FORCE: take_hash(t, &s->in_force); break;
    case KEY_CUSTODY_SINCE_S: s->custody_since_s = cbor_uint(&t->c); break;
    case KEY_OFFER: take_offer(t, &s->offer); break;
    case KEY_REFUSALS: s->refusals = (unsigned)take_uint(t, UINT32_MAX); break;
    case KEY_MOVES: s->custody_moves = (unsigned)take_uint(t, UINT32_MAX); break;
    case KEY_RETURNS: s->custody_returns = (unsigned)take_uint(t, UINT32_MAX); break;
    case KEY_PETITION: s->petition_open = true; take_hash(t, &s->petition); break;
    case KEY_RULE: take_rule(t, s); break;
    case KEY_INTERIM: s->interim_control = take_member(t); break;
    case KEY_DUE_ON: s->due_on = cbor_uint(&t->c); break;
    case KEY_SUPPORTS: take_supports(t, s); break;
    case KEY_LISTINGS: take_listings(t, s); break;
    case KEY_TRACKS: take_tracks(t, s); break;
    case KEY_VERIFIER: s->has_verifier = true; s->verifier = take_member(t); break;
    case KEY_HANDLER: cbor_string(&t->c, s->handler, sizeof s->handler); break;
    case KEY_BY_CUSTODIAN: s->verified_by_custodian = cbor_bool(&t->c); break;
    case KEY_CLOSURE: take_hash(t, &s->closure); break;
    case KEY_PASS: take_hash(t, &s->pass); break;
    case KEY_COUNTS: take_counts(t, s); break;
    case KEY_LAST_S: s->last_s = cbor_uint(&t->c); break;
    case KEY_ERASURES: s->erasure_count = (unsigned)take_uint(t, UINT32_MAX); break;
    case KEY_END: break;
    }
}

void case_state_init(struct case_state *s, const struct hash *id)
{
    const struct member_no none = {MEMBER_NONE};

    memset(s, 0, sizeof *s);
    s->id = *id;
    s->opener = s->custodian = s->verifier = s->rule_named = s->interim_control = none;
    s->offer.by = s->offer.to = none;
}

/* Every key that must be there is, and no key is that `present` would leave out. */
static bool complete(const struct case_state *s, uint64_t seen)
{
    for (enum key key = KEY_ID; key < KEY_END; key++)
        if (((seen >> key) & 1) != present(s, key))
            return false;
    return true;
}

enum err case_state_decode(struct case_state *out, const struct roster *r, struct span bytes)
{
    struct take t = {.r = r};
    int64_t previous = -1;
    uint64_t seen = 0, pairs;

    case_state_init(out, &no_hash);
    cbor_init(&t.c, bytes);
    pairs = cbor_map(&t.c, KEY_END);
    for (uint64_t i = 0; i < pairs && cbor_ok(&t.c); i++) {
        uint64_t key = cbor_key(&t.c, &previous);
        if (key == 0 || key >= KEY_END) {
            cbor_fail(&t.c, ERR_FORMAT);
            break;
        }
        seen |= UINT64_C(1) << key;
        take_value(&t, out, (enum key)key);
    }
    if (cbor_ok(&t.c) && !complete(out, seen))
        return ERR_FORMAT;
    return cbor_end(&t.c);
}
