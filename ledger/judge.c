/* What is said of one entry before the fold: its form, its origin, its place in its log. */
#include <string.h>

#include "ledger/internal.h"

static bool stands_in_own_log(const struct entry *e, const struct log *log)
{
    return strcmp(e->member, log->member) == 0 && e->epoch == log->epoch;
}

static bool law_holds(const struct entry *e, const struct log_slot *slot, uint64_t index)
{
    if (slot->member.v == 0 && (e->law_epoch > slot->log.epoch || e->law_size > index))
        return false;
    return e->law_epoch > slot->tail.law_epoch ||
           (e->law_epoch == slot->tail.law_epoch && e->law_size >= slot->tail.law_max);
}

enum err judge_entry(struct batch *b, const struct log_slot *slot, uint64_t index,
                     const struct intake *item, bool own_on_branch, struct judgement *out)
{
    const struct entry *e = &item->entry;
    *out = (struct judgement){.at_once = REASON_NONE};
    if (!item->decoded) {
        out->at_once = REASON_UNDECODABLE;
        return OK;
    }
    struct position held;
    enum err err = index_id_get(b->txn, &e->id, &held);
    if (err != OK && err != ERR_NOTFOUND)
        return err;
    if (!stands_in_own_log(e, &slot->log) || err == OK) {
        out->foreign = true;
        out->at_once = err == OK && stands_in_own_log(e, &slot->log) ? REASON_REPEATED
                                                                     : REASON_WRONG_MEMBER;
        return OK;
    }
    err = index_nonce_check(b->txn, e);
    if (err != OK && err != ERR_EXISTS)
        return err;
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    if (!hash_equal(&e->ledger, &b->l->genesis.ledger))
        out->at_once = REASON_WRONG_LEDGER;
    else if (!item->sig_ok)
        out->at_once = REASON_SIGNATURE;
    else if (err == ERR_EXISTS)
        out->at_once = REASON_REPEATED;
    else if (!law_holds(e, slot, index))
        out->at_once = REASON_LAW_LOWERED;
    else if (!own_on_branch)
        out->at_once = REASON_OWN_BRANCH;
    else if (e->law_epoch > LAW_EPOCH)
        out->waits = true;
    else
        out->at_once = roster_check_signers(b->l->roster, slot->member, index, e, signers,
                                            &out->waits, &missing);
    return OK;
}
