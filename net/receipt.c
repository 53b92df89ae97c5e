/* Reading receipts and verifying them; pure. */
#include "net/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"
#include "ledger/log/tlog_proof.h"
#include "net/proven.h"

/* ---- frames ---- */

static bool may_follow(const struct receipt_file *file, uint8_t type)
{
    switch (file->count) {
    case 0: return type == RECEIPT_GENESIS;
    case 1: return type == RECEIPT_ACT;
    case 2: return type >= RECEIPT_REFERRED;
    default: return type >= RECEIPT_GOVERNANCE;
    }
}

static enum err frame_read(struct receipt_file *out, struct reader *r)
{
    uint32_t len = read_u32(r);
    if (r->failed)
        return ERR_TRUNCATED;
    if (len > RECEIPT_FRAME_MAX_BYTES || out->count == RECEIPT_MAX_FRAMES)
        return ERR_TOO_LARGE;
    struct span frame = read_span(r, len);
    if (r->failed)
        return ERR_TRUNCATED;
    if (len < 2)
        return ERR_FORMAT;
    if (frame.data[0] < RECEIPT_GENESIS || frame.data[0] > RECEIPT_HOLDING)
        return ERR_UNSUPPORTED;
    if (!may_follow(out, frame.data[0]))
        return ERR_FORMAT;
    out->frames[out->count].type = frame.data[0];
    out->frames[out->count++].body = span_of(frame.data + 1, frame.len - 1);
    return OK;
}

enum err receipt_decode(struct receipt_file *out, struct span bytes)
{
    struct reader r;
    const size_t magic = strlen(RECEIPT_MAGIC);
    enum err err = OK;
    out->count = 0;
    if (bytes.len > RECEIPT_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (bytes.len < magic || memcmp(bytes.data, RECEIPT_MAGIC, magic) != 0)
        return ERR_FORMAT;
    reader_init(&r, span_of(bytes.data + magic, bytes.len - magic));
    while (err == OK && reader_left(&r) > 0)
        err = frame_read(out, &r);
    if (err == OK && (out->count < 2 || out->frames[out->count - 1].type != RECEIPT_HOLDING))
        err = ERR_TRUNCATED;
    return err;
}

const char *receipt_link_name(enum receipt_link link)
{
    switch (link) {
    case LINK_NONE: return "none";
    case LINK_FILE: return "file";
    case LINK_GENESIS: return "genesis";
    case LINK_ACT: return "act";
    case LINK_REFERRED: return "referred";
    case LINK_GOVERNANCE: return "governance";
    case LINK_CERTIFICATE: return "certificate";
    case LINK_PROOF: return "proof";
    case LINK_HEAD: return "head";
    case LINK_COSIGNATURE: return "cosignature";
    }
    return "";
}

/* ---- verifying ---- */

struct verifying {
    struct roster *roster;
    struct receipt *out;
    enum receipt_link link;            /* being looked at */
    bool has_referred;
    struct entry referred;
};

static enum err governance_read(struct verifying *v, struct span body)
{
    struct peer_certificate p;
    const struct member *m;
    v->link = LINK_GOVERNANCE;
    enum err err = proven_open(v->roster, body, &p, &m);
    if (err == OK && p.entry.kind == KIND_CERTIFY)
        err = ERR_FORMAT;
    return err == OK ? proven_apply(v->roster, &p, m) : err;
}

static enum err certificate_read(struct verifying *v, struct span body)
{
    struct peer_certificate p;
    const struct member *m;
    v->link = LINK_CERTIFICATE;
    enum err err = proven_open(v->roster, body, &p, &m);
    if (err == OK && p.entry.kind != KIND_CERTIFY)
        err = ERR_FORMAT;
    return err == OK ? proven_apply(v->roster, &p, m) : err;
}

static bool concerns(const struct verifying *v, const char *member)
{
    struct named ids[CONCERN_MAX_NAMED];
    const unsigned count = concern_ids(&v->out->act, v->has_referred ? &v->referred : NULL,
                                       v->out->genesis.convenor.id, ids);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ids[i].id, member) == 0)
            return true;
    return false;
}

static enum err holder_add(struct verifying *v, const struct cosigned *c, uint64_t index)
{
    struct receipt *out = v->out;
    if (out->holder_count == RECEIPT_MAX_HOLDERS)
        return ERR_TOO_LARGE;
    if (out->holder_count > 0 && out->index != index)
        return ERR_PROOF;
    for (unsigned i = 0; i < out->holder_count; i++)
        if (strcmp(out->holders[i].member, c->member) == 0)
            return ERR_EXISTS;
    out->index = index;
    struct receipt_holder *h = &out->holders[out->holder_count++];
    *h = (struct receipt_holder){.time_s = c->time_s, .size = c->head.size,
                                 .concerned = concerns(v, c->member),
                                 .with_parts = c->time_s <
                                               out->act.time_s + COSIGN_PARTS_WAIT_S};
    memcpy(h->member, c->member, sizeof h->member);
    return OK;
}

/* The head is the author's log's own, the act stands in it, its cosigner holds it. */
static enum err holding_read(struct verifying *v, struct span body)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    struct tlog_proof p;
    struct cosigned c;
    const struct genesis *g = &v->out->genesis;
    const struct entry *act = &v->out->act;
    const struct member *author = roster_by_log(v->roster, act->member);
    v->link = LINK_GOVERNANCE;
    if (author == NULL)
        return ERR_UNKNOWN_MEMBER;
    v->link = LINK_HEAD;
    enum err err = tlog_proof_decode(&p, body);
    if (err == OK)
        err = cosigned_decode(&c, p.note);
    if (err == OK)
        err = log_origin(g->domain, &g->ledger, act->member, act->epoch, origin);
    if (err == OK)
        err = strcmp(origin, c.head.origin) == 0 ? cosigned_verify_log(&c, &author->a.node_key)
                                                 : ERR_WRONG_LEDGER;
    if (err != OK)
        return err;
    v->link = LINK_PROOF;
    err = merkle_verify_inclusion(p.index, c.head.size, &act->id, &p.proof, &c.head.root);
    if (err != OK)
        return err;
    v->link = LINK_CERTIFICATE;
    const struct member *by = roster_by_log(v->roster, c.member);
    const struct certificate *keys = by == NULL ? NULL : roster_certificate(v->roster, by->no);
    if (keys == NULL)
        return ERR_UNKNOWN_MEMBER;
    v->link = LINK_COSIGNATURE;
    err = by == author ? ERR_FORMAT : cosigned_verify(&c, &keys->cosigner);
    return err == OK ? holder_add(v, &c, p.index) : err;
}

static enum err genesis_read(struct verifying *v, struct span body, const struct hash *pinned)
{
    v->link = LINK_GENESIS;
    enum err err = genesis_decode(&v->out->genesis, body);
    if (err == OK && pinned != NULL && !hash_equal(pinned, &v->out->genesis.ledger))
        err = ERR_WRONG_LEDGER;
    return err == OK ? roster_create(&v->roster, &v->out->genesis) : err;
}

static enum err entry_read(const struct verifying *v, struct span body, struct entry *out)
{
    enum err err = entry_decode(out, body);
    return err == OK ? entry_verify(out, &v->out->genesis.ledger) : err;
}

static enum err act_read(struct verifying *v, struct span body)
{
    char id[ID_MAX_BYTES + 1];
    struct entry *act = &v->out->act;
    v->link = LINK_ACT;
    enum err err = entry_read(v, body, act);
    if (err == OK && (act->kind == KIND_OFFER || act->kind == KIND_REPORT) &&
        entry_fact_text(act, FACT_TO, id, sizeof id))
        memcpy(v->out->offered, id, sizeof id);
    return err;
}

static enum err referred_read(struct verifying *v, struct span body)
{
    struct hash id;
    v->link = LINK_REFERRED;
    enum err err = entry_read(v, body, &v->referred);
    v->has_referred = err == OK;
    if (err == OK && (!concern_refers(&v->out->act, &id) || !hash_equal(&id, &v->referred.id)))
        err = ERR_FORMAT;
    return err;
}

static enum err frame_verify(struct verifying *v, uint8_t type, struct span body,
                             const struct hash *pinned)
{
    switch (type) {
    case RECEIPT_GENESIS: return genesis_read(v, body, pinned);
    case RECEIPT_ACT: return act_read(v, body);
    case RECEIPT_REFERRED: return referred_read(v, body);
    case RECEIPT_GOVERNANCE: return governance_read(v, body);
    case RECEIPT_CERTIFICATE: return certificate_read(v, body);
    default: return holding_read(v, body);
    }
}

static bool signers_shown(const struct verifying *v)
{
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    const struct member *author = roster_by_log(v->roster, v->out->act.member);
    struct hash missing;
    bool waiting = false;
    return roster_check_signers(v->roster, author->no, v->out->index, &v->out->act, signers,
                                &waiting, &missing) == REASON_NONE && !waiting;
}

enum err receipt_verify(const struct receipt_file *file, const struct hash *pinned,
                        struct receipt *out, enum receipt_link *link)
{
    struct verifying *v = calloc(1, sizeof *v);
    if (v == NULL)
        return ERR_NOMEM;
    *out = (struct receipt){.holder_count = 0};
    v->out = out;
    v->link = LINK_FILE;
    enum err err = file->count < 2 ? ERR_TRUNCATED : OK;
    for (unsigned i = 0; err == OK && i < file->count; i++)
        err = frame_verify(v, file->frames[i].type, file->frames[i].body, pinned);
    if (err == OK && out->holder_count == 0)
        err = ERR_TRUNCATED;
    if (err == OK)
        out->signers_shown = signers_shown(v);
    *link = err == OK ? LINK_NONE : v->link;
    roster_free(v->roster);
    free(v);
    return err;
}
