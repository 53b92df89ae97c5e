/* One case folded anew from its stored entries, and what comes of it written down. */
#include <stdlib.h>

#include "ledger/internal.h"

static enum err add_one(const struct ledger *l, struct txn *t, struct case_fold *f,
                        struct position p, uint64_t folded)
{
    struct entry e;
    struct verdict_row row;
    struct act_origin origin;
    const struct place at = place_in(l, log_slot_at(l, p.log), p.index);
    enum err err = log_entry(t, p.log, p.index, &e);
    if (err == OK)
        err = verdict_get(t, p, &row);
    if (err != OK)
        return err;
    origin_judge(&at, &e, &row, folded, &origin);
    err = case_fold_add(f, &e, &origin);
    return err == ERR_EXISTS ? OK : err;
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
    for (size_t i = 0; err == OK && i < count; i++)
        err = add_one(l, t, f, list[i], folded);
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

static enum err write_verdicts(struct batch *b, const struct case_fold *f)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < case_fold_count(f); i++) {
        struct act_view v;
        struct verdict_row old;
        case_fold_act(f, i, &v);
        struct log_slot *slot = log_slot_of(b->l, v.origin.member);
        struct position p = {slot->log.no, v.origin.index};
        err = verdict_get(b->txn, p, &old);
        if (err == OK && (old.verdict != v.verdict || old.reason != v.reason))
            err = verdict_put(b->txn, p, &(struct verdict_row){v.verdict, v.reason, old.at_once,
                                                               old.in_cycle});
    }
    return err;
}

/* What an entry that waits by its origin waits for: a law, or the enrolment of a foreign signer. */
static enum err write_origin_wait(struct batch *b, const struct act_view *v,
                                  const struct hash *case_id, uint64_t *least_law)
{
    const struct log_slot *slot = log_slot_of(b->l, v->origin.member);
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    struct entry e;
    bool waits;
    enum err err = log_entry(b->txn, slot->log.no, v->origin.index, &e);
    if (err != OK || e.law_epoch > LAW_EPOCH)
        return err;
    if (e.law_size > b->folded && e.law_size < *least_law)
        *least_law = e.law_size;
    (void)roster_check_signers(b->l->roster, slot->member, v->origin.index, &e, signers, &waits,
                               &missing);
    return waits ? wait_id_put(b->txn, &missing, case_id) : OK;
}

/* Notes what has to come before this case is folded again. */
static enum err write_waits(struct batch *b, const struct case_fold *f, const struct hash *case_id)
{
    uint64_t least_law = UINT64_MAX;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < case_fold_count(f); i++) {
        struct act_view v;
        case_fold_act(f, i, &v);
        if (v.verdict != VERDICT_PENDING)
            continue;
        if (v.has_missing)
            err = wait_id_put(b->txn, &v.missing, case_id);
        if (err == OK && v.origin.waits)
            err = write_origin_wait(b, &v, case_id, &least_law);
    }
    return err == OK && least_law != UINT64_MAX ? wait_law_put(b->txn, least_law, case_id) : err;
}

static bool plain(const struct case_state *s)
{
    return s->pending_count + s->void_count + s->overtaken_count == 0;
}

enum err refold_init(struct refold *r, const struct ledger *l, struct txn *t,
                     const struct hash *case_id, const struct position *list, size_t count,
                     uint64_t folded)
{
    struct case_state was;
    *r = (struct refold){.fold = NULL};
    enum err err = fold_list(l, t, case_id, list, count, folded, &r->fold);
    if (err != OK)
        return err;
    const struct case_state *now = case_fold_state(r->fold);
    r->circle = case_fold_circle(r->fold);
    err = state_get(l, t, case_id, &was);
    const bool is_new = err == ERR_NOTFOUND;
    if (err == OK || is_new)
        err = state_rows_init(&r->rows, l, is_new ? NULL : &was, now);
    if (err == OK && plain(now) && (is_new || plain(&was))) {
        case_fold_free(r->fold);
        r->fold = NULL;
    }
    if (err != OK)
        refold_clear(r);
    return err;
}

void refold_clear(struct refold *r)
{
    state_rows_clear(&r->rows);
    case_fold_free(r->fold);
    r->fold = NULL;
}

enum err refold_put(struct batch *b, const struct refold *r)
{
    enum err err = OK;
    if (r->fold != NULL) {
        err = write_verdicts(b, r->fold);
        if (err == OK && case_fold_state(r->fold)->pending_count > 0)
            err = write_waits(b, r->fold, &r->rows.id);
    }
    return err == OK ? state_rows_put(b->txn, &r->rows) : err;
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
    err = refold_put(b, &r);
    refold_clear(&r);
    return err;
}
