/* What is said of one entry by its form, its origin and its place in its log. */
#include <stdlib.h>
#include <string.h>

#include "tools/audit/set_map.h"

static bool law_holds(const struct set_log *log, uint64_t index, const struct entry *e)
{
    if (e->law_epoch != 0 || e->law_size < log->law_max)
        return false;
    return log->by.v != 0 || e->law_size <= index;
}

static bool own_holds(struct set_log *log, uint64_t index, const struct entry *e)
{
    struct hash root;
    if (e->own_size > index || set_past_root(log, e->own_size, &root) != OK)
        return false;
    return hash_equal(&root, &e->own_root);
}

/* A copy or a repeat stands outside everything. */
static bool is_foreign(const struct audit_set *s, const struct set_log *log,
                       const struct set_input *in, uint8_t *reason)
{
    struct set_item held;
    bool own = strcmp(in->entry->member, log->member) == 0 && in->entry->epoch == log->epoch;
    bool again = set_find(s, &in->id, &held);
    *reason = own ? REASON_REPEATED : REASON_WRONG_MEMBER;
    return !own || again;
}

static enum reason judge(const struct audit_set *s, const struct set_log *log, uint64_t index,
                         const struct set_input *in, bool repeated, bool own_on_branch,
                         bool *waits)
{
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    const struct entry *e = in->entry;
    struct hash missing;
    *waits = false;
    if (!hash_equal(&e->ledger, &s->genesis->ledger))
        return REASON_WRONG_LEDGER;
    if (!in->sig_ok)
        return REASON_SIGNATURE;
    if (repeated)
        return REASON_REPEATED;
    if (!law_holds(log, index, e))
        return REASON_LAW_LOWERED;
    if (!own_on_branch)
        return REASON_OWN_BRANCH;
    return roster_check_signers(s->roster, log->by, index, e, signers, waits, &missing);
}

static enum err govern(struct audit_set *s, const struct set_log *log, uint64_t index,
                       const struct entry *e, struct set_entry *entry, bool waits)
{
    enum reason reason = (enum reason)entry->at_once;
    bool pending = waits;
    enum err err = OK;
    if (reason == REASON_NONE && !pending)
        err = roster_apply(s->roster, log->by, index, e, &reason, &pending);
    entry->reason = (uint8_t)reason;
    entry->verdict = reason != REASON_NONE ? VERDICT_VOID
                                           : pending ? VERDICT_PENDING : VERDICT_VALID;
    if (err == OK && reason != REASON_NONE && e->kind == KIND_ENROL)
        err = roster_reject(s->roster, log->by, e);
    return err;
}

static enum err item_add(struct audit_set *s, const struct set_item *place, const struct hash *id,
                         uint64_t law)
{
    struct set_item item = *place;
    enum err err = set_map_case(s, id, &item.case_no);
    if (err != OK)
        return err;
    if (s->item_count == s->item_cap) {
        size_t cap = s->item_cap == 0 ? 4096 : 2 * s->item_cap;
        struct set_item *items = realloc(s->items, cap * sizeof *items);
        if (items == NULL)
            return ERR_NOMEM;
        s->items = items;
        s->item_cap = cap;
    }
    s->items[s->item_count++] = item;
    struct set_case *c = &s->cases[item.case_no];
    c->count++;
    if (law > c->law_max)
        c->law_max = law;
    return OK;
}

/* An act of one or two cases: what it comes to is for the fold. */
static enum err join_cases(struct audit_set *s, const struct set_item *place,
                           const struct entry *e, struct set_entry *entry)
{
    entry->in_case = true;
    enum err err = item_add(s, place, e->has_case ? &e->case_id : &e->id, e->law_size);
    if (err == OK && e->has_other)
        err = item_add(s, place, &e->other_case, e->law_size);
    return err;
}

static enum err place(struct audit_set *s, struct set_log *log, const struct set_item *at,
                      const struct entry *e, struct set_entry *entry, bool waits)
{
    const struct kind_row *kind = kind_row(e->kind);
    entry->verdict = entry->at_once == REASON_NONE ? VERDICT_VALID : VERDICT_VOID;
    entry->reason = entry->at_once;
    if (at->index == 0 || (kind != NULL && (kind->classes & CLASS_GOVERNANCE)))
        return govern(s, log, at->index, e, entry, waits);
    if (e->has_case || (kind != NULL && (kind->classes & CLASS_OPENS)))
        return join_cases(s, at, e, entry);
    if (entry->at_once == REASON_NONE) {
        entry->verdict = kind == NULL ? VERDICT_VOID : VERDICT_PENDING;
        entry->reason = kind == NULL ? REASON_UNKNOWN_KIND : REASON_NONE;
    }
    return OK;
}

enum err set_add(struct audit_set *s, struct set_log *log, const struct set_input *in)
{
    const struct set_item at = {.log = log->no, .index = log->count};
    struct set_entry *entry;
    const struct entry *e = in->entry;
    uint8_t reason = REASON_UNDECODABLE;
    bool foreign = in->decoded && is_foreign(s, log, in, &reason);
    bool on_branch = in->decoded && !foreign && own_holds(log, at.index, e);
    bool repeated, waits;
    enum err err = set_log_append(log, in, &entry);
    if (err != OK)
        return err;
    if (!in->decoded || foreign) {
        entry->verdict = foreign ? VERDICT_FOREIGN : VERDICT_VOID;
        entry->reason = entry->at_once = reason;
        return OK;
    }
    err = set_map_id(s, &at);
    if (err == OK)
        err = set_map_nonce(s, &at, e, &repeated);
    if (err != OK)
        return err;
    entry->at_once = (uint8_t)judge(s, log, at.index, in, repeated, on_branch, &waits);
    if (e->law_epoch == 0 && e->law_size > log->law_max &&
        (log->by.v != 0 || e->law_size <= at.index))
        log->law_max = e->law_size;
    return place(s, log, &at, e, entry, waits);
}
