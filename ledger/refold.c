/* One case folded anew from its stored entries, and what comes of it written down. */
#include <stdlib.h>

#include "ledger/internal.h"

static enum err add_one(const struct ledger *l, struct txn *t, struct case_fold *f,
                        struct position p, const struct located *found, uint64_t folded)
{
    struct entry e;
    struct verdict_row row;
    struct act_origin origin;
    const struct place at = place_in(l, log_slot_at(l, p.log), p.index);
    enum err err = located_entry(found, &e);
    if (err == OK)
        err = verdict_get(t, p, &row);
    if (err != OK)
        return err;
    origin_judge(&at, &e, &row, folded, &origin);
    err = case_fold_add(f, &e, &origin);
    return err == ERR_EXISTS ? OK : err;
}

/* Entries of a case lie anywhere: some are fetched ahead. */
static enum err add_all(const struct ledger *l, struct txn *t, struct case_fold *f,
                        const struct position *list, size_t count, uint64_t folded)
{
    enum { AHEAD = 4 };
    struct located found[AHEAD];
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count + AHEAD; i++) {
        if (i >= AHEAD && i - AHEAD < count)
            err = add_one(l, t, f, list[i - AHEAD], &found[i % AHEAD], folded);
        if (err == OK && i < count)
            err = log_locate(t, list[i].log, list[i].index, &found[i % AHEAD]);
    }
    return err;
}

struct shelf { const struct ledger *l; struct txn *txn; };

static enum err is_held(void *ctx, const struct hash *id, bool *held)
{
    const struct shelf *shelf = ctx;
    struct position p;
    enum err err = index_id_get(shelf->l, shelf->txn, id, &p);
    *held = err == OK;
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err fold_list(const struct ledger *l, struct txn *t, const struct hash *case_id,
                          const struct position *list, size_t count, uint64_t folded,
                          struct case_fold **out)
{
    struct shelf shelf = {l, t};
    struct case_fold *f = NULL;
    enum err err = case_fold_create(&f, l->roster, case_id);
    if (err == OK)
        err = add_all(l, t, f, list, count, folded);
    if (err == OK)
        err = case_fold_settle(f, is_held, &shelf);
    if (err == OK)
        *out = f;
    else
        case_fold_free(f);
    return err;
}

enum err refold_load(const struct ledger *l, struct txn *t, const struct hash *case_id,
                     uint64_t folded, struct case_fold **out)
{
    struct position *list = NULL;
    size_t count;
    enum err err = index_case_get(l, t, case_id, &list, &count);
    if (err == OK)
        err = fold_list(l, t, case_id, list, count, folded, out);
    free(list);
    return err;
}

static enum err verdicts_note(struct refold *r, const struct ledger *l, const struct case_fold *f)
{
    const size_t count = case_fold_count(f);
    r->verdicts = calloc(count, sizeof *r->verdicts);
    if (r->verdicts == NULL)
        return ERR_NOMEM;
    for (r->verdict_count = 0; r->verdict_count < count; r->verdict_count++) {
        struct act_view v;
        case_fold_act(f, r->verdict_count, &v);
        r->verdicts[r->verdict_count] = (struct act_verdict){
            {log_slot_of(l, v.origin.member)->log.no, v.origin.index}, v.verdict, v.reason};
    }
    return OK;
}

static enum err verdicts_put(struct txn *t, const struct refold *r)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < r->verdict_count; i++) {
        const struct act_verdict *v = &r->verdicts[i];
        struct verdict_row old;
        err = verdict_get(t, v->at, &old);
        if (err == OK && (old.verdict != v->verdict || old.reason != v->reason))
            err = verdict_put(t, v->at, &(struct verdict_row){v->verdict, v->reason, old.at_once,
                                                              old.in_cycle});
    }
    return err;
}

/* What has to come before a case is folded again. */
struct waiting {
    const struct ledger *l;
    struct txn *txn;
    uint64_t folded, least_law;
    struct refold *r;
};

static void wait_id_note(struct refold *r, const struct hash *id)
{
    wait_id_key(&r->waits[r->wait_count++], id, &r->rows.id);
}

/* What an entry that waits by its origin waits for: a law, or the enrolment of a foreign signer. */
static enum err origin_wait(struct waiting *w, const struct act_view *v)
{
    const struct log_slot *slot = log_slot_of(w->l, v->origin.member);
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    struct entry e;
    bool waits;
    enum err err = log_entry(w->txn, slot->log.no, v->origin.index, &e);
    if (err != OK || e.law_epoch > LAW_EPOCH)
        return err;
    if (e.law_size > w->folded && e.law_size < w->least_law)
        w->least_law = e.law_size;
    (void)roster_check_signers(w->l->roster, slot->member, v->origin.index, &e, signers, &waits,
                               &missing);
    if (waits)
        wait_id_note(w->r, &missing);
    return OK;
}

/* An act waits for an entry at most twice, and all of them for one law. */
static enum err waits_note(struct waiting *w, const struct case_fold *f)
{
    const size_t count = case_fold_count(f);
    enum err err = OK;
    w->r->waits = calloc(2 * count + 1, sizeof *w->r->waits);
    if (w->r->waits == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; err == OK && i < count; i++) {
        struct act_view v;
        case_fold_act(f, i, &v);
        if (v.verdict != VERDICT_PENDING)
            continue;
        if (v.has_missing)
            wait_id_note(w->r, &v.missing);
        if (v.origin.waits)
            err = origin_wait(w, &v);
    }
    if (w->least_law != UINT64_MAX)
        wait_law_key(&w->r->waits[w->r->wait_count++], w->least_law, &w->r->rows.id);
    return err;
}

static bool plain(const struct case_state *s)
{
    return s->pending_count + s->void_count + s->overtaken_count == 0;
}

static enum err state_note(struct refold *r, const struct ledger *l, struct txn *t,
                           const struct case_state *now, bool *quiet)
{
    struct case_state was;
    enum err err = state_get(l, t, &now->id, &was);
    const bool is_new = err == ERR_NOTFOUND;
    *quiet = plain(now) && (is_new || (err == OK && plain(&was)));
    return err == OK || is_new ? state_rows_init(&r->rows, l, is_new ? NULL : &was, now) : err;
}

enum err refold_init(struct refold *r, const struct ledger *l, struct txn *t,
                     const struct hash *case_id, const struct position *list, size_t count,
                     uint64_t folded)
{
    struct case_fold *f = NULL;
    struct waiting w = {l, t, folded, UINT64_MAX, r};
    bool quiet;
    *r = (struct refold){.circle = UINT64_MAX};
    enum err err = fold_list(l, t, case_id, list, count, folded, &f);
    if (err != OK)
        return err;
    r->circle = case_fold_circle(f);
    err = state_note(r, l, t, case_fold_state(f), &quiet);
    if (err == OK && !quiet)
        err = verdicts_note(r, l, f);
    if (err == OK && !quiet && case_fold_state(f)->pending_count > 0)
        err = waits_note(&w, f);
    case_fold_free(f);
    if (err != OK)
        refold_clear(r);
    return err;
}

void refold_clear(struct refold *r)
{
    state_rows_clear(&r->rows);
    free(r->verdicts);
    free(r->waits);
    *r = (struct refold){.circle = UINT64_MAX};
}

enum err refold_put(struct txn *t, const struct refold *r)
{
    enum err err = verdicts_put(t, r);
    for (size_t i = 0; err == OK && i < r->wait_count; i++)
        err = wait_put(t, &r->waits[i]);
    return err == OK ? state_rows_put(t, &r->rows) : err;
}

enum err refold_case(struct batch *b, const struct hash *case_id, uint64_t *circle)
{
    struct position *list = NULL;
    struct refold r;
    size_t count;
    enum err err = index_case_get(b->l, b->txn, case_id, &list, &count);
    if (err != OK)
        return err;
    err = refold_init(&r, b->l, b->txn, case_id, list, count, b->folded);
    free(list);
    if (err != OK)
        return err;
    if (circle != NULL)
        *circle = r.circle;
    err = refold_put(b->txn, &r);
    refold_clear(&r);
    return err;
}
