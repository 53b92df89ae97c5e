/* Receipts from what a ledger holds. */
#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/log/home.h"
#include "ledger/log/tlog_proof.h"
#include "net/proven.h"
#include "net/receipt.h"

/* Genesis, act, the entry referred to, and the holdings are the others. */
enum { MAX_PROVEN = RECEIPT_MAX_FRAMES - RECEIPT_MAX_HOLDERS - 3 };

struct making {
    struct ledger *l;
    struct position at;
    struct entry act;
    struct buffer *out;
    struct buffer body;                /* of the frame being made */
    struct proven_list proven;         /* what must be shown, and how much of it is in */
    unsigned proven_put;
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

/* What has come to be needed. */
static enum err proven_put(struct making *mk)
{
    enum err err = mk->proven.count > MAX_PROVEN ? ERR_TOO_LARGE : OK;
    for (; err == OK && mk->proven_put < mk->proven.count; mk->proven_put++) {
        struct entry e;
        struct txn *t = ledger_txn(mk->l);
        const struct position at = mk->proven.at[mk->proven_put];
        buffer_reset(&mk->body);
        err = t == NULL ? ERR_IO : log_entry(t, at.log, at.index, &e);
        if (err == OK)
            err = proven_encode(mk->l, at, &mk->body);
        if (err == OK)
            err = frame_put(mk, e.kind == KIND_CERTIFY ? RECEIPT_CERTIFICATE : RECEIPT_GOVERNANCE,
                            buffer_span(&mk->body));
    }
    return err;
}

static enum err signers_put(struct making *mk, struct member_no author)
{
    const struct roster *r = ledger_roster(mk->l);
    enum err err = proven_need_member(&mk->proven, author);
    for (unsigned i = 0; err == OK && i < mk->act.signer_count; i++) {
        const struct signer *s = &mk->act.signers[i];
        const struct officer *o =
            s->foreign ? roster_officer_by_enrolment(r, &s->enrolment)
                       : roster_officer(r, author, &s->key, mk->at.index);
        if (o != NULL)
            err = proven_need_officer(&mk->proven, s->foreign ? o->member : author, o);
    }
    return err == OK ? proven_put(mk) : err;
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
    enum err err = ledger_cosign_first(mk->l, mk->at, m, &row);
    if (err == OK)
        err = proven_need_certificate(&mk->proven, m, row.certificate);
    if (err == OK)
        err = proven_put(mk);
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
    mk->l = mk->proven.l = l;
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
