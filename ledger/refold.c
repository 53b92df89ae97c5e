/* One case folded anew from its stored entries, and what comes of it written down. */
#include <stdlib.h>

#include "ledger/internal.h"

static bool signed_by_foreigner(const struct entry *e)
{
    for (unsigned i = 0; i < e->signer_count; i++)
        if (e->signers[i].foreign)
            return true;
    return false;
}

/* The convenor's log is not folded as far as the entry's author says to have seen it. A law above
 * its own place, void, is not waited for. */
static bool law_ahead(const struct log_slot *slot, uint64_t index, const struct entry *e,
                      uint64_t folded)
{
    if (slot->member.v == 0 && (e->law_epoch > slot->log.epoch || e->law_size > index))
        return false;
    return e->law_epoch > LAW_EPOCH || e->law_size > folded;
}

/* What the fold must know of an entry that stands at p. *law is the law it waits for, or 0. */
static enum err origin_of(struct ledger *l, struct txn *t, struct position p,
                          const struct entry *e, uint64_t folded, struct act_origin *out)
{
    struct verdict_row row;
    struct log_slot *slot = log_slot_at(l, p.log);
    enum err err = verdict_get(t, p, &row);
    if (err != OK)
        return err;
    *out = (struct act_origin){.member = slot->member, .epoch = slot->log.epoch, .index = p.index,
                               .at_once = row.at_once, .in_cycle = row.in_cycle};
    if (row.in_cycle)
        return OK;
    out->waits = law_ahead(slot, p.index, e, folded);
    if (row.at_once == REASON_NONE && e->law_epoch <= LAW_EPOCH && signed_by_foreigner(e)) {
        const struct officer *signers[ENTRY_MAX_SIGNERS];
        struct hash missing;
        bool waits;
        out->at_once = roster_check_signers(l->roster, slot->member, p.index, e, signers, &waits,
                                            &missing);
        out->waits = out->waits || waits;
    }
    return OK;
}

static enum err add_one(struct ledger *l, struct txn *t, struct case_fold *f, struct position p,
                        uint64_t folded)
{
    struct span bytes;
    struct entry e;
    struct act_origin origin;
    enum err err = log_read(t, p.log, p.index, &bytes);
    if (err == OK)
        err = entry_decode(&e, bytes);
    if (err == OK)
        err = origin_of(l, t, p, &e, folded, &origin);
    if (err == OK)
        err = case_fold_add(f, &e, &origin);
    return err == ERR_EXISTS ? OK : err;
}

/* Tells the fold which missing refs are held, but belong to another case. */
static enum err mark_elsewhere(struct txn *t, struct case_fold *f, bool *any)
{
    struct act_view v;
    *any = false;
    for (size_t i = 0; i < case_fold_count(f); i++) {
        struct position p;
        case_fold_act(f, i, &v);
        if (v.verdict != VERDICT_PENDING || !v.has_missing)
            continue;
        enum err err = index_id_get(t, &v.missing, &p);
        if (err == ERR_NOTFOUND)
            continue;
        if (err == OK)
            err = case_fold_elsewhere(f, &v.missing);
        if (err != OK)
            return err;
        *any = true;
    }
    return OK;
}

enum err refold_load(struct ledger *l, struct txn *t, const struct hash *case_id, uint64_t folded,
                     struct case_fold **out)
{
    struct position *list = NULL;
    struct case_fold *f = NULL;
    size_t count;
    enum err err = index_case_get(t, case_id, &list, &count);
    if (err == OK)
        err = case_fold_create(&f, l->roster, case_id);
    for (size_t i = 0; err == OK && i < count; i++)
        err = add_one(l, t, f, list[i], folded);
    if (err == OK)
        err = case_fold_run(f);
    bool again = err == OK && case_fold_state(f)->pending_count > 0;
    while (err == OK && again) {
        err = mark_elsewhere(t, f, &again);
        if (err == OK && again)
            err = case_fold_run(f);
    }
    free(list);
    if (err == OK)
        *out = f;
    else
        case_fold_free(f);
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
    struct span bytes;
    struct entry e;
    bool waits;
    enum err err = log_read(b->txn, slot->log.no, v->origin.index, &bytes);
    if (err == OK)
        err = entry_decode(&e, bytes);
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

enum err refold_case(struct batch *b, const struct hash *case_id)
{
    struct case_fold *f = NULL;
    struct case_state before;
    enum err err = state_get(b->l, b->txn, case_id, &before);
    bool was_plain = err == ERR_NOTFOUND || (err == OK && plain(&before));
    if (err != OK && err != ERR_NOTFOUND)
        return err;
    err = refold_load(b->l, b->txn, case_id, b->folded, &f);
    if (err != OK)
        return err;
    const struct case_state *now = case_fold_state(f);
    if (!was_plain || !plain(now)) {
        err = write_verdicts(b, f);
        if (err == OK && now->pending_count > 0)
            err = write_waits(b, f, case_id);
    }
    if (err == OK)
        err = state_put(b->l, b->txn, now);
    case_fold_free(f);
    return err;
}
