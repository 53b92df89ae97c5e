/* What an officer needs from the node before signing, and what a draft would come to. */
#include <string.h>

#include "ledger/internal.h"
#include "ledger/log/draft.h"

enum { DRAFT_CREATED_BYTES = 8 };

/* For so long a draft keeps the acts composed beside it from naming more law than it does itself:
 * once an entry names more, a lower law is void, and a draft's is fixed by its first signature. */
#define DRAFT_HOLDS_LAW_S (3 * 86400)

static uint64_t draft_law(struct span value, uint64_t now_s)
{
    struct draft d;
    struct entry e;
    if (value.len < DRAFT_CREATED_BYTES ||
        load_u64(value.data) + DRAFT_HOLDS_LAW_S < now_s)
        return UINT64_MAX;
    struct span bytes = span_of(value.data + DRAFT_CREATED_BYTES, value.len - DRAFT_CREATED_BYTES);
    if (draft_decode(&d, bytes) != OK || entry_payload_decode(&e, d.payload) != OK)
        return UINT64_MAX;
    return e.law_size;
}

/* The law for a new act: all that is folded, or what a waiting draft named. The ledger reads no
 * clock: a draft's age is told by the latest act of our log. */
static enum err law_for(struct ledger *l, struct txn *t, const struct log_slot *slot,
                        uint64_t *law)
{
    struct cursor *c;
    struct span key, value;
    *law = l->folded;
    enum err err = cursor_open(t, TABLE_DRAFT, (struct span){NULL, 0}, &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK) {
        uint64_t named = draft_law(value, slot->tail.time_max_s);
        if (named < *law && named >= slot->tail.law_max)
            *law = named;
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err ledger_compose(struct ledger *l, uint32_t kind, const struct hash *case_id,
                        struct compose *out)
{
    struct log_slot *slot = log_slot_of(l, ledger_self(l));
    struct case_fold *f = NULL;
    if (slot == NULL)
        return ERR_UNKNOWN_MEMBER;
    *out = (struct compose){.ledger = l->genesis.ledger, .epoch = slot->log.epoch,
                            .own_size = slot->log.frontier.size};
    memcpy(out->member, slot->log.member, sizeof out->member);
    frontier_root(&slot->log.frontier, &out->own_root);
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : law_for(l, t, slot, &out->law_size);
    if (err != OK)
        return err;
    if (case_id == NULL) {
        const struct member *m = roster_member(l->roster, slot->member);
        out->ref_count = out->own_size == 0 && slot->member.v != 0 ? 1 : 0;
        out->refs[0] = m->admission_id;
        return OK;
    }
    err = ledger_fold_case(l, case_id, &f);
    if (err == OK)
        err = case_fold_heads(f, (enum kind)kind, slot->member, out->refs, &out->ref_count,
                              &out->base, &out->has_base);
    case_fold_free(f);
    return err;
}

enum err ledger_would(struct ledger *l, const struct entry *e, enum reason *reason)
{
    struct log_slot *slot = log_slot_of(l, ledger_self(l));
    struct case_fold *f = NULL;
    if (slot == NULL)
        return ERR_UNKNOWN_MEMBER;
    const uint64_t index = slot->log.frontier.size;
    const struct act_origin origin = {
        .member = slot->member, .epoch = slot->log.epoch, .index = index,
        .at_once = roster_suspended(l->roster, slot->member, index) ? REASON_SUSPENDED
                                                                    : REASON_NONE};
    enum err err = OK;
    if (e->has_case)
        err = ledger_fold_case(l, &e->case_id, &f);
    else
        err = case_fold_create(&f, l->roster, &e->id);
    if (err == OK && !e->has_case)
        err = case_fold_run(f);
    if (err == OK)
        err = case_fold_would(f, e, &origin, reason);
    case_fold_free(f);
    return err;
}
