#include "tests/support/sim_case.h"

#include <stdlib.h>
#include <string.h>

static void demand(bool holds)
{
    if (!holds)
        abort();
}

uint64_t sim_next(struct sim_random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

unsigned sim_below(struct sim_random *r, unsigned bound)
{
    return (unsigned)(sim_next(r) % bound);
}

void sim_case_init(struct sim_case *c, const struct sim_roster *roster)
{
    memset(c, 0, sizeof *c);
    c->roster = roster;
    c->acts = calloc(SIM_MAX_ACTS, sizeof *c->acts);
    demand(c->acts != NULL);
}

void sim_case_clear(struct sim_case *c)
{
    free(c->acts);
}

void sim_case_reset(struct sim_case *c)
{
    c->count = 0;
    memset(c->log_count, 0, sizeof c->log_count);
}

static void join(struct sim_set *into, const struct sim_set *from)
{
    for (unsigned i = 0; i < SIM_WORDS; i++)
        into->w[i] |= from->w[i];
}

void sim_close(const struct sim_case *c, unsigned by, struct sim_set *set)
{
    for (unsigned i = c->count; i-- > 0;) {
        if (c->acts[i].origin.member.v == by)
            sim_put(set, i);
        if (sim_in(set, i))
            join(set, &c->acts[i].seen);
    }
}

static struct cbor_out *fact_begin(struct cbor_out *w, struct buffer *b)
{
    b->len = 0;
    cbor_out_init(w, b);
    return w;
}

static void fact_end(struct sim_act *a, uint32_t id, const struct buffer *b, size_t *used)
{
    demand(*used + b->len <= SIM_FACT_BYTES);
    memcpy(a->facts + *used, b->data, b->len);
    a->e.facts[a->e.fact_count++] = (struct fact){id, {a->facts + *used, b->len}};
    *used += b->len;
}

struct facts { struct sim_act *a; struct buffer *b; size_t used; };

static void fact_uint(struct facts *f, uint32_t id, uint64_t v)
{
    struct cbor_out w;

    if (v == 0)
        return;
    cbor_put_uint(fact_begin(&w, f->b), v);
    fact_end(f->a, id, f->b, &f->used);
}

static void fact_text(struct facts *f, uint32_t id, const char *text)
{
    struct cbor_out w;

    if (!text)
        return;
    cbor_put_text(fact_begin(&w, f->b), text);
    fact_end(f->a, id, f->b, &f->used);
}

static const char *name(const struct sim_case *c, int member)
{
    return member > 0 ? c->roster->names[member - 1] : NULL;
}

static void facts_fill(const struct sim_case *c, struct sim_act *a, struct buffer *b)
{
    const struct sim_line *l = &a->line;
    bool opens = l->kind == KIND_REPORT || l->kind == KIND_ASSIGN;
    struct facts f = {a, b, 0};
    struct cbor_out w;

    a->e.fact_count = 0;
    fact_text(&f, FACT_TO, name(c, l->to));
    fact_text(&f, FACT_SECTOR, opens ? (l->sector ? l->sector : "other") : NULL);
    fact_text(&f, FACT_DISTRICT, opens ? "echeng" : NULL);
    fact_uint(&f, FACT_GRADE, l->grade);
    fact_uint(&f, FACT_SOURCE, opens ? SOURCE_INSPECTION : 0);
    fact_text(&f, FACT_CLAUSE,
              l->kind == KIND_OFFER || l->step == STEP_DECIDE ? "x" : NULL);
    fact_uint(&f, FACT_DUE_ON, l->due_on);
    fact_text(&f, FACT_DOC_NO, l->kind == KIND_ORDER ? "1" : NULL);
    fact_uint(&f, FACT_GROUND, l->kind == KIND_OFFER ? GROUND_MAIN : 0);
    fact_uint(&f, FACT_CODE, l->code);
    fact_uint(&f, FACT_AUTHORITY, l->authority);
    if (l->support) {
        fact_begin(&w, b);
        cbor_put_array(&w, 1);
        cbor_put_text(&w, name(c, l->support));
        fact_end(a, FACT_SUPPORTS, b, &f.used);
    }
    fact_uint(&f, FACT_STEP, l->step);
    fact_text(&f, FACT_OFFICER, l->officer);
    fact_uint(&f, FACT_LEVEL, l->level);
    fact_uint(&f, FACT_OUTCOME, l->outcome);
    fact_text(&f, FACT_VERIFIER, name(c, l->verifier));
    if (l->kind == KIND_DUAL_OPEN) {
        fact_begin(&w, b);
        cbor_put_array(&w, 1);
        cbor_put_array(&w, 2);
        cbor_put_text(&w, l->track);
        cbor_put_text(&w, name(c, l->investigator));
        fact_end(a, FACT_TRACKS, b, &f.used);
        fact_uint(&f, FACT_TRIGGER, TRIGGER_LONG);
    } else {
        fact_text(&f, FACT_TRACK, l->track);
    }
    fact_uint(&f, FACT_FIVE, l->five);
    if (l->target) {
        fact_begin(&w, b);
        cbor_put_tagged(&w, ALG_SHA256, c->acts[l->target - 1].e.id.b);
        fact_end(a, FACT_TARGET, b, &f.used);
    }
}

static void sign(const struct sim_case *c, struct sim_act *a, unsigned member, unsigned officer,
                 enum role role, const char *post)
{
    struct signer *s = &a->e.signers[a->e.signer_count++];

    memset(s, 0, sizeof *s);
    s->key = c->roster->officers[member][officer].key;
    s->role = role;
    s->foreign = member != a->line.by;
    s->enrolment = c->roster->officers[member][officer].enrolment;
    strcpy(s->post, post);
}

static void signers_fill(const struct sim_case *c, struct sim_act *a)
{
    const struct sim_line *l = &a->line;

    a->e.signer_count = 0;
    if (l->signing == SIGN_VERIFIERS) {
        sign(c, a, l->by, 2, ROLE_VERIFY, POST_VERIFIER);
        sign(c, a, l->by, 3, ROLE_VERIFY, POST_VERIFIER);
        return;
    }
    sign(c, a, l->by, l->signer ? l->signer : 1, ROLE_HANDLE, "科员");
    if (l->signing == SIGN_DIRECTOR)
        sign(c, a, ANWEIBAN, 4, ROLE_ISSUE, POST_DIRECTOR);
    if (l->signing == SIGN_OVERSIGHT)
        sign(c, a, JIWEI, 1, ROLE_ISSUE, "科员");
}

static bool below_another(const struct sim_case *c, const struct sim_set *set, unsigned i)
{
    for (unsigned j = 0; j < c->count; j++)
        if (sim_in(set, j) && sim_in(&c->acts[j].seen, i))
            return true;
    return false;
}

static void refs_fill(const struct sim_case *c, struct sim_act *a, const struct sim_set *seen)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->count; i++) {
        uint8_t *at = a->refs + count * 35;
        if (!sim_in(seen, i) || c->acts[i].line.by == a->line.by || below_another(c, seen, i))
            continue;
        at[0] = 0x58;
        at[1] = 0x21;
        at[2] = ALG_SHA256;
        memcpy(at + 3, c->acts[i].e.id.b, 32);
        count++;
    }
    a->e.refs = (struct id_list){a->refs, count};
}

static uint64_t convenor_seen(const struct sim_case *c, const struct sim_set *seen)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < c->count; i++)
        count += sim_in(seen, i) && c->acts[i].line.by == ANWEIBAN;
    return count;
}

static void base_fill(const struct sim_case *c, struct sim_act *a, const struct hash *base)
{
    struct hash refs[ENTRY_MAX_REFS];
    unsigned count;

    a->e.has_base = base != NULL;
    if (base) {
        a->e.base = *base;
    } else if (a->line.kind == KIND_OFFER || a->line.kind == KIND_ACCEPT ||
               a->line.kind == KIND_REFUSE) {
        struct case_fold *f = sim_fold(c, &a->seen);
        (void)!case_fold_heads(f, a->line.kind, a->origin.member, refs, &count, &a->e.base,
                               &a->e.has_base);
        case_fold_free(f);
    }
}

unsigned sim_write(struct sim_case *c, const struct sim_line *line, const struct sim_set *seen,
                   const struct hash *base)
{
    struct sim_act *a = &c->acts[c->count];
    struct sim_random r = {++c->next_id};
    struct buffer b = {0};
    uint64_t start = line->by == ANWEIBAN ? SIM_CONVENOR_START : SIM_LOG_START;

    demand(c->count < SIM_MAX_ACTS && line->by < SIM_CROWD);
    memset(&a->e, 0, sizeof a->e);
    a->line = *line;
    a->seen = *seen;
    sim_close(c, line->by, &a->seen);
    for (unsigned i = 0; i < 32; i++)
        a->e.id.b[i] = (uint8_t)sim_next(&r);
    a->origin = (struct act_origin){.member = {(uint16_t)line->by},
                                    .index = start + c->log_count[line->by]};
    a->e.kind = line->kind;
    strcpy(a->e.member, c->roster->names[line->by]);
    a->e.has_case = c->count > 0;
    a->e.case_id = c->acts[0].e.id;
    a->e.law_size = line->by == ANWEIBAN ? a->origin.index
                                         : SIM_CONVENOR_START + convenor_seen(c, &a->seen);
    a->e.time_s = 1767225600 + c->count * 60;
    facts_fill(c, a, &b);
    signers_fill(c, a);
    refs_fill(c, a, &a->seen);
    base_fill(c, a, base);
    buffer_clear(&b);
    c->log_count[line->by]++;
    return c->count++;
}

void sim_unwrite(struct sim_case *c)
{
    c->log_count[c->acts[--c->count].line.by]--;
}

void sim_rebase(struct sim_case *c, const struct hash *base)
{
    c->acts[c->count - 1].e.has_base = true;
    c->acts[c->count - 1].e.base = *base;
}

struct case_fold *sim_fold(const struct sim_case *c, const struct sim_set *set)
{
    struct case_fold *f;

    demand(case_fold_create(&f, c->roster->roster, &c->acts[0].e.id) == OK);
    for (unsigned i = 0; i < c->count; i++)
        if (!set || sim_in(set, i))
            demand(case_fold_add(f, &c->acts[i].e, &c->acts[i].origin) == OK);
    demand(case_fold_run(f) == OK);
    return f;
}

enum verdict sim_verdict(const struct sim_case *c, const struct case_fold *f, unsigned i,
                         enum reason *reason)
{
    struct act_view view;

    for (size_t k = 0; k < case_fold_count(f); k++) {
        case_fold_act(f, k, &view);
        if (!hash_equal(&view.id, &c->acts[i].e.id))
            continue;
        if (reason)
            *reason = view.reason;
        return view.verdict;
    }
    return VERDICT_FOREIGN;
}
