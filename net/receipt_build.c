/* Receipts from what a ledger holds. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/log/home.h"
#include "ledger/log/tlog_proof.h"
#include "net/certificate.h"
#include "net/receipt.h"

enum { MAX_GOVERNANCE = RECEIPT_MAX_FRAMES - 2 * RECEIPT_MAX_HOLDERS - 3, MAX_CHAIN = 16 };

struct making {
    struct ledger *l;
    struct position at;
    struct entry act;
    struct buffer *out;
    struct buffer body;                /* of the frame being made */
    unsigned put_count;
    struct position put[MAX_GOVERNANCE];   /* governance entries that are in */
};

static enum err frame_put(struct making *mk, enum receipt_frame type, struct span body)
{
    if (body.len + 1 > RECEIPT_FRAME_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err err = buffer_put_u32(mk->out, (uint32_t)body.len + 1);
    if (err == OK)
        err = buffer_put_u8(mk->out, (uint8_t)type);
    return err == OK ? buffer_put(mk->out, body.data, body.len) : err;
}

static const struct log *log_of(const struct making *mk, struct member_no m)
{
    const struct member *member = roster_member(ledger_roster(mk->l), m);
    return member == NULL ? NULL : ledger_log(mk->l, member->a.id, 0);
}

static enum err proven_put(struct making *mk, enum receipt_frame type, const struct log *log,
                           uint64_t index)
{
    struct txn *t = ledger_txn(mk->l);
    if (t == NULL || log == NULL)
        return t == NULL ? ERR_IO : ERR_NOTFOUND;
    if (index >= log->head_size || log->head_size > log->frontier.size)
        return ERR_GAP;
    buffer_reset(&mk->body);
    enum err err = certificate_build(t, log, index, &mk->body);
    return err == OK ? frame_put(mk, type, buffer_span(&mk->body)) : err;
}

static enum err governance_put(struct making *mk, const struct log *log, uint64_t index)
{
    if (log == NULL)
        return ERR_NOTFOUND;
    for (unsigned i = 0; i < mk->put_count; i++)
        if (mk->put[i].log.v == log->no.v && mk->put[i].index == index)
            return OK;
    if (mk->put_count == MAX_GOVERNANCE)
        return ERR_TOO_LARGE;
    mk->put[mk->put_count++] = (struct position){log->no, index};
    return proven_put(mk, RECEIPT_GOVERNANCE, log, index);
}

static enum err member_put(struct making *mk, struct member_no m)
{
    const struct member *member = roster_member(ledger_roster(mk->l), m);
    if (member == NULL)
        return ERR_UNKNOWN_MEMBER;
    return m.v == 0 ? OK : governance_put(mk, log_of(mk, (struct member_no){0}), member->since);
}

/* Who signed an entry first, as an officer of the log's member. */
static const struct officer *signer_of(struct making *mk, struct member_no m, const struct log *log,
                                       uint64_t index)
{
    struct span bytes;
    struct entry e;
    struct txn *t = ledger_txn(mk->l);
    if (t == NULL || log_read(t, log->no, index, &bytes) != OK || entry_decode(&e, bytes) != OK)
        return NULL;
    return roster_officer(ledger_roster(mk->l), m, &e.signers[0].key, index);
}

/* The officer's enrolment, and before it those of whoever enrolled it, up to the admission. */
static enum err officer_put(struct making *mk, struct member_no m, const struct officer *o)
{
    uint64_t chain[MAX_CHAIN];
    unsigned count = 0;
    const struct log *log = log_of(mk, m);
    enum err err = log == NULL ? ERR_NOTFOUND : member_put(mk, m);
    for (; err == OK && o != NULL && !o->from_admission; o = signer_of(mk, m, log, o->index)) {
        if (count == MAX_CHAIN)
            return ERR_TOO_LARGE;
        chain[count++] = o->index;
    }
    while (err == OK && count > 0)
        err = governance_put(mk, log, chain[--count]);
    return err;
}

static enum err signers_put(struct making *mk, struct member_no author)
{
    const struct roster *r = ledger_roster(mk->l);
    enum err err = member_put(mk, author);
    for (unsigned i = 0; err == OK && i < mk->act.signer_count; i++) {
        const struct signer *s = &mk->act.signers[i];
        const struct officer *o =
            s->foreign ? roster_officer_by_enrolment(r, &s->enrolment)
                       : roster_officer(r, author, &s->key, mk->at.index);
        if (o != NULL)
            err = officer_put(mk, s->foreign ? o->member : author, o);
    }
    return err;
}

static enum err holding_put(struct making *mk, const struct cosign_row *row)
{
    struct cosigned c;
    struct buffer note = {0};
    struct tlog_proof p = {.index = mk->at.index};
    struct txn *t = ledger_txn(mk->l);
    struct log_hashes state = {t, mk->at.log};
    const struct hash_reader hashes = log_hash_reader(&state);
    enum err err = t == NULL ? ERR_IO : ledger_cosigned(mk->l, row, &c);
    if (err == OK)
        err = cosigned_encode(&c, &note);
    p.note = buffer_span(&note);
    if (err == OK)
        err = merkle_inclusion(&hashes, mk->at.index, row->size, &p.proof);
    buffer_reset(&mk->body);
    if (err == OK)
        err = tlog_proof_encode(&p, &mk->body);
    if (err == OK)
        err = frame_put(mk, RECEIPT_HOLDING, buffer_span(&mk->body));
    buffer_clear(&note);
    return err;
}

static enum err holder_put(struct making *mk, struct member_no m)
{
    struct cosign_row row;
    const struct log *log = log_of(mk, m);
    enum err err = log == NULL ? ERR_NOTFOUND : ledger_cosign_first(mk->l, mk->at, m, &row);
    if (err == OK)
        err = officer_put(mk, m, signer_of(mk, m, log, row.certificate));
    if (err == OK)
        err = proven_put(mk, RECEIPT_CERTIFICATE, log, row.certificate);
    return err == OK ? holding_put(mk, &row) : err;
}

static enum err genesis_put(struct making *mk)
{
    char path[HOME_PATH_BYTES];
    enum err err = home_path(path, sizeof path, ledger_home(mk->l), "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &mk->body);
    return err == OK ? frame_put(mk, RECEIPT_GENESIS, buffer_span(&mk->body)) : err;
}

static enum err referred_put(struct making *mk)
{
    struct hash id;
    struct position at;
    struct span bytes;
    struct txn *t = ledger_txn(mk->l);
    if (!concern_refers(&mk->act, &id) || ledger_find_id(mk->l, &id, &at) != OK)
        return OK;
    enum err err = t == NULL ? ERR_IO : log_read(t, at.log, at.index, &bytes);
    return err == OK ? frame_put(mk, RECEIPT_REFERRED, bytes) : err;
}

/* Who is to be in it, the earliest first. */
static unsigned holders_choose(const struct act_level *level, struct member_no by,
                               struct member_no out[RECEIPT_MAX_HOLDERS])
{
    unsigned count = 0;
    const bool delivered = level_delivered(level);
    for (unsigned i = 0; i < level->mirrored && count < RECEIPT_MAX_HOLDERS; i++) {
        const struct act_holder *h = &level->holders[i];
        if (by.v != MEMBER_NONE ? h->by.v == by.v : !delivered || h->concerned)
            out[count++] = h->by;
    }
    return count;
}

static enum err chain_put(struct making *mk, struct member_no author,
                          const struct member_no *holders, unsigned count)
{
    enum err err = buffer_put(mk->out, RECEIPT_MAGIC, strlen(RECEIPT_MAGIC));
    if (err == OK)
        err = genesis_put(mk);
    if (err == OK)
        err = frame_put(mk, RECEIPT_ACT, mk->act.bytes);
    if (err == OK)
        err = referred_put(mk);
    if (err == OK)
        err = signers_put(mk, author);
    for (unsigned i = 0; err == OK && i < count; i++)
        err = holder_put(mk, holders[i]);
    return err;
}

enum err receipt_build(struct ledger *l, struct position at, struct member_no by,
                       struct buffer *out)
{
    struct act_level level;
    struct member_no holders[RECEIPT_MAX_HOLDERS];
    struct span bytes;
    const size_t before = out->len;
    struct making *mk = calloc(1, sizeof *mk);
    struct txn *t = ledger_txn(l);
    if (mk == NULL)
        return ERR_NOMEM;
    mk->l = l;
    mk->at = at;
    mk->out = out;
    enum err err = t == NULL ? ERR_IO : log_read(t, at.log, at.index, &bytes);
    if (err == OK)
        err = entry_decode(&mk->act, bytes);
    if (err == OK)
        err = ledger_level(l, at, 0, &level);
    unsigned count = err == OK ? holders_choose(&level, by, holders) : 0;
    if (err == OK && count == 0)
        err = ERR_PENDING;
    const struct member *author =
        err == OK ? roster_by_log(ledger_roster(l), mk->act.member) : NULL;
    if (err == OK)
        err = author == NULL ? ERR_UNKNOWN_MEMBER : chain_put(mk, author->no, holders, count);
    if (err != OK)
        out->len = before;
    buffer_clear(&mk->body);
    free(mk);
    return err;
}
