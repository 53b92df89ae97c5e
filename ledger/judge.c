#include "ledger/judge.h"

#include <string.h>

static bool stands_in_own_log(const struct place *at, const struct entry *e)
{
    const struct member *m = roster_member(at->roster, at->member);
    return m != NULL && strcmp(e->member, m->a.id) == 0 && e->epoch == at->epoch;
}

/* The convenor cannot have seen more of its own log than there was. */
static bool law_seen(const struct place *at, const struct entry *e)
{
    return at->member.v != 0 || e->law_epoch < at->epoch ||
           (e->law_epoch == at->epoch && e->law_size <= at->index);
}

static bool law_lowered(const struct log_tail *tail, const struct entry *e)
{
    return e->law_epoch < tail->law_epoch ||
           (e->law_epoch == tail->law_epoch && e->law_size < tail->law_max);
}

static bool signed_by_foreigner(const struct entry *e)
{
    for (unsigned i = 0; i < e->signer_count; i++)
        if (e->signers[i].foreign)
            return true;
    return false;
}

void entry_judge(const struct place *at, const struct log_tail *tail, const struct entry *e,
                 const struct evidence *found, struct judgement *out)
{
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    bool waits, own = found->decoded && stands_in_own_log(at, e);
    *out = (struct judgement){.foreign = found->decoded && (!own || found->held)};
    if (!found->decoded)
        out->at_once = REASON_UNDECODABLE;
    else if (out->foreign)
        out->at_once = own ? REASON_REPEATED : REASON_WRONG_MEMBER;
    else if (!hash_equal(&e->ledger, &roster_genesis(at->roster)->ledger))
        out->at_once = REASON_WRONG_LEDGER;
    else if (!found->sig_ok)
        out->at_once = REASON_SIGNATURE;
    else if (found->repeated)
        out->at_once = REASON_REPEATED;
    else if (!law_seen(at, e) || law_lowered(tail, e))
        out->at_once = REASON_LAW_LOWERED;
    else if (!found->own_on_branch)
        out->at_once = REASON_OWN_BRANCH;
    else if (e->law_epoch > LAW_EPOCH)
        out->waits = true;
    else if (entry_room(e, at->index) == ROOM_GOVERNANCE || !signed_by_foreigner(e))
        out->at_once = roster_check_signers(at->roster, at->member, at->index, e, signers,
                                            &waits, &missing);
}

void tail_advance(struct log_tail *tail, const struct place *at, const struct entry *e)
{
    if (law_seen(at, e) && !law_lowered(tail, e)) {
        tail->law_epoch = e->law_epoch;
        tail->law_max = e->law_size;
    }
    if (e->time_s > tail->time_max_s)
        tail->time_max_s = e->time_s;
}

enum entry_room entry_room(const struct entry *e, uint64_t index)
{
    const struct kind_row *kind = kind_row(e->kind);
    if (index == 0 || (kind != NULL && (kind->classes & CLASS_GOVERNANCE)))
        return ROOM_GOVERNANCE;
    return e->has_case || (kind != NULL && (kind->classes & CLASS_OPENS)) ? ROOM_CASE : ROOM_NONE;
}

unsigned entry_cases(const struct entry *e, struct hash out[2])
{
    out[0] = e->has_case ? e->case_id : e->id;
    if (e->kind != KIND_MERGE || !e->has_other || hash_equal(&out[0], &e->other_case))
        return 1;
    out[1] = e->other_case;
    return 2;
}

enum err governance_judge(const struct place *at, const struct entry *e,
                          const struct judgement *j, struct verdict_row *row)
{
    bool pending = j->waits;
    enum err err = OK;
    *row = (struct verdict_row){.reason = j->at_once, .at_once = j->at_once};
    if (row->reason == REASON_NONE && !pending)
        err = roster_apply(at->roster, at->member, at->index, e, &row->reason, &pending);
    if (row->reason != REASON_NONE)
        row->verdict = VERDICT_VOID;
    else
        row->verdict = pending ? VERDICT_PENDING : VERDICT_VALID;
    if (row->verdict == VERDICT_VALID && roster_suspended(at->roster, at->member, at->index)) {
        *row = (struct verdict_row){VERDICT_VOID, REASON_SUSPENDED, REASON_NONE, false};
        return err;
    }
    return err == OK && row->verdict == VERDICT_VOID ? roster_reject(at->roster, at->member, e)
                                                     : err;
}

void loose_judge(const struct entry *e, const struct judgement *j, struct verdict_row *row)
{
    const struct kind_row *kind = kind_row(e->kind);
    *row = (struct verdict_row){VERDICT_PENDING, j->at_once, j->at_once, false};
    if (row->reason == REASON_NONE && kind == NULL)
        row->reason = REASON_UNKNOWN_KIND;
    else if (row->reason == REASON_NONE && kind->built)
        row->reason = REASON_NO_CASE;
    if (row->reason != REASON_NONE)
        row->verdict = VERDICT_VOID;
}

void origin_judge(const struct place *at, const struct entry *e, const struct verdict_row *row,
                  uint64_t folded, struct act_origin *out)
{
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    struct hash missing;
    bool waits = false;
    *out = (struct act_origin){.member = at->member, .epoch = at->epoch, .index = at->index,
                               .at_once = row->at_once, .in_cycle = row->in_cycle};
    if (row->in_cycle)
        return;
    if (row->at_once == REASON_NONE && roster_suspended(at->roster, at->member, at->index))
        out->at_once = REASON_SUSPENDED;
    if (out->at_once == REASON_NONE && e->law_epoch <= LAW_EPOCH && signed_by_foreigner(e))
        out->at_once = roster_check_signers(at->roster, at->member, at->index, e, signers, &waits,
                                            &missing);
    if (law_seen(at, e))               /* one above its own place, void, is not waited for */
        out->needs_law = e->law_size;
    out->waits = waits || out->needs_law > folded || (law_seen(at, e) && e->law_epoch > LAW_EPOCH);
}
