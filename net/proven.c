#include "net/proven.h"

#include <string.h>

enum { MAX_CHAIN = 16 };

/* ---- choosing ---- */

static const struct log *log_of(const struct proven_list *list, struct member_no m)
{
    const struct member *member = roster_member(ledger_roster(list->l), m);
    return member == NULL ? NULL : ledger_log(list->l, member->a.id, 0);
}

static enum err need(struct proven_list *list, const struct log *log, uint64_t index)
{
    if (log == NULL)
        return ERR_NOTFOUND;
    for (unsigned i = 0; i < list->count; i++)
        if (list->at[i].log.v == log->no.v && list->at[i].index == index)
            return OK;
    if (list->count == PROVEN_MAX)
        return ERR_TOO_LARGE;
    list->at[list->count++] = (struct position){log->no, index};
    return OK;
}

enum err proven_need_member(struct proven_list *list, struct member_no m)
{
    const struct member *member = roster_member(ledger_roster(list->l), m);
    if (member == NULL)
        return ERR_UNKNOWN_MEMBER;
    return m.v == 0 ? OK : need(list, log_of(list, (struct member_no){0}), member->since);
}

/* Who signed an entry first, as an officer of the log's member. */
static const struct officer *signer_of(const struct proven_list *list, struct member_no m,
                                       const struct log *log, uint64_t index)
{
    struct entry e;
    struct txn *t = ledger_txn(list->l);
    if (t == NULL || log_entry(t, log->no, index, &e) != OK)
        return NULL;
    return roster_officer(ledger_roster(list->l), m, &e.signers[0].key, index);
}

enum err proven_need_officer(struct proven_list *list, struct member_no m,
                             const struct officer *o)
{
    uint64_t chain[MAX_CHAIN];
    unsigned count = 0;
    const struct log *log = log_of(list, m);
    enum err err = log == NULL ? ERR_NOTFOUND : proven_need_member(list, m);
    for (; err == OK && o != NULL && !o->from_admission; o = signer_of(list, m, log, o->index)) {
        if (count == MAX_CHAIN)
            return ERR_TOO_LARGE;
        chain[count++] = o->index;
    }
    while (err == OK && count > 0)
        err = need(list, log, chain[--count]);
    return err;
}

enum err proven_need_certificate(struct proven_list *list, struct member_no m, uint64_t index)
{
    const struct log *log = log_of(list, m);
    enum err err = log == NULL ? ERR_NOTFOUND
                               : proven_need_officer(list, m, signer_of(list, m, log, index));
    return err == OK ? need(list, log, index) : err;
}

enum err proven_encode(struct ledger *l, struct position at, struct buffer *out)
{
    struct txn *t = ledger_txn(l);
    const struct log *log = ledger_log_at(l, at.log.v);
    if (t == NULL || log == NULL)
        return t == NULL ? ERR_IO : ERR_NOTFOUND;
    if (at.index >= log->head_size || log->head_size > log->frontier.size)
        return ERR_GAP;
    return certificate_build(t, log, at.index, out);
}

/* ---- verifying ---- */

static enum err place_check(const struct peer_certificate *p, const struct genesis *g,
                            const struct member *m)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    struct checkpoint head;
    if (!hash_equal(&p->entry.ledger, &g->ledger) || p->entry.epoch != 0)
        return ERR_WRONG_LEDGER;
    enum err err = log_origin(g->domain, &g->ledger, m->a.id, 0, origin);
    if (err == OK)
        err = checkpoint_verify(&head, p->note, origin, &m->a.node_key);
    if (err == OK)
        err = merkle_verify_inclusion(p->index, head.size, &p->entry.id, &p->proof, &head.root);
    return err == OK ? entry_verify(&p->entry, &g->ledger) : err;
}

enum err proven_open(const struct roster *r, struct span body, struct peer_certificate *out,
                     const struct member **m)
{
    enum err err = certificate_decode(out, body);
    if (err != OK)
        return err;
    *m = roster_by_log(r, out->entry.member);
    return *m == NULL ? ERR_UNKNOWN_MEMBER : place_check(out, roster_genesis(r), *m);
}

enum err proven_apply(struct roster *r, const struct peer_certificate *p, const struct member *m)
{
    enum reason reason = REASON_NONE;
    bool pending = false;
    const uint32_t kind = p->entry.kind;
    if (kind != KIND_ADMIT && kind != KIND_ENROL && kind != KIND_CERTIFY)
        return ERR_FORMAT;
    enum err err = roster_apply(r, m->no, p->index, &p->entry, &reason, &pending);
    return err == OK && (reason != REASON_NONE || pending) ? ERR_VOID : err;
}
