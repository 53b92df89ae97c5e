#include "ledger/cosign.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/concern.h"
#include "ledger/internal.h"

/* A key that was replaced counts this long beyond the claimed time of the certificate that replaced
 * it: as far as claimed times may be off. */
enum { REPLACED_SLACK_S = 86400 };
/* So many others must hold an offer before it can be deemed delivered (FORMAT.md, "Levels"). */
enum { WITNESSES = 2 };

/* ---- rows ---- */

static bool earlier(const struct cosign_row *a, const struct cosign_row *b)
{
    return a->time_s < b->time_s || (a->time_s == b->time_s && a->cosigner.v < b->cosigner.v);
}

/* How many, up to WITNESSES, others than `offered` cosigned entry `index` before the row did. */
static enum err witnesses_before(struct ledger *l, struct txn *t, const struct cosign_row *row,
                                 uint64_t index, struct member_no offered, unsigned *out)
{
    const unsigned members = roster_member_count(l->roster);
    enum err err = OK;
    *out = 0;
    for (unsigned i = 0; err == OK && *out < WITNESSES && i < members; i++) {
        const struct member_no m = {(uint16_t)i};
        const struct log_slot *slot = log_slot_of(l, m);
        struct cosign_row other;
        if (slot == NULL || m.v == offered.v || slot->log.no.v == row->cosigner.v ||
            roster_member(l->roster, m)->suspended)
            continue;
        err = cosign_row_above(t, row->log, slot->log.no, index, &other);
        *out += err == OK && earlier(&other, row);
        err = err == ERR_NOTFOUND ? OK : err;
    }
    return err;
}

/* To whom an entry offers a case, or asks it to take one; MEMBER_NONE: to nobody. */
static struct member_no offered_by(const struct ledger *l, const struct entry *e)
{
    char id[ID_MAX_BYTES + 1];
    bool offers = e->kind == KIND_OFFER || e->kind == KIND_REPORT || e->kind == KIND_RULE;
    const struct member *m = offers && entry_fact_text(e, FACT_TO, id, sizeof id)
                                 ? roster_by_log(l->roster, id) : NULL;
    return m == NULL ? (struct member_no){MEMBER_NONE} : m->no;
}

/* Whether by the row, among the first, it is told since when others hold an offer of entries
 * [from, size). */
static enum err witnesses(struct ledger *l, struct txn *t, const struct cosign_row *row,
                          uint64_t from, bool *yes)
{
    enum err err = OK;
    *yes = false;
    for (uint64_t i = from; err == OK && !*yes && i < row->size; i++) {
        struct entry e;
        struct span bytes;
        unsigned before;
        err = log_read(t, row->log, i, &bytes);
        if (err != OK || entry_decode(&e, bytes) != OK)
            continue;
        const struct member_no offered = offered_by(l, &e);
        if (offered.v == MEMBER_NONE)
            continue;
        err = witnesses_before(l, t, row, i, offered, &before);
        *yes = err == OK && before < WITNESSES;
    }
    return err;
}

/* Whether entries [from, size) of the row's log hold an act that concerns its cosigner, or an
 * offer that it is among the first to witness. */
static enum err needed(struct ledger *l, struct txn *t, const struct cosign_row *row,
                       uint64_t from, bool *yes)
{
    const struct log_slot *by = log_slot_at(l, row->cosigner);
    enum err err = ledger_concern_scan(l, t, row->log, from, row->size, by->member, yes);
    return err == OK && !*yes ? witnesses(l, t, row, from, yes) : err;
}

static enum err size_below(struct txn *t, const struct cosign_row *row, uint64_t *size)
{
    struct cosign_row below;
    enum err err = cosign_row_below(t, row->log, row->cosigner, row->size, &below);
    *size = err == OK ? below.size : 0;
    return err == ERR_NOTFOUND ? OK : err;
}

/* Whether a row would be kept beside what is held: a later one than all, or one that is needed; of
 * two of one size the earlier. */
static enum err wanted(struct ledger *l, struct txn *t, const struct cosign_row *row, bool *yes)
{
    struct cosign_row above;
    uint64_t from;
    enum err err = cosign_row_above(t, row->log, row->cosigner, row->size - 1, &above);
    *yes = err == ERR_NOTFOUND || (err == OK && above.size == row->size &&
                                   row->time_s < above.time_s);
    if (*yes || err != OK || above.size == row->size)
        return err == ERR_NOTFOUND ? OK : err;
    err = size_below(t, row, &from);
    return err == OK ? needed(l, t, row, from, yes) : err;
}

/* Drops a row that is neither the latest nor needed. */
static enum err row_review(struct ledger *l, struct txn *t, const struct cosign_row *row)
{
    struct cosign_row above;
    uint64_t from;
    bool keep;
    enum err err = cosign_row_above(t, row->log, row->cosigner, row->size, &above);
    if (err == OK)
        err = size_below(t, row, &from);
    if (err == OK)
        err = needed(l, t, row, from, &keep);
    if (err == OK && !keep)
        err = cosign_row_del(t, row);
    return err == ERR_NOTFOUND ? OK : err;
}

/* Puts a row; its neighbours, whose part it may have taken, go or stay. */
static enum err row_keep(struct ledger *l, struct txn *t, const struct cosign_row *row)
{
    struct cosign_row near;
    enum err err = cosign_row_put(t, row);
    if (err == OK)
        err = cosign_row_below(t, row->log, row->cosigner, row->size, &near);
    if (err == OK)
        err = row_review(l, t, &near);
    if (err == OK || err == ERR_NOTFOUND)
        err = cosign_row_above(t, row->log, row->cosigner, row->size, &near);
    if (err == OK)
        err = row_review(l, t, &near);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err ledger_cosigned(struct ledger *l, const struct cosign_row *row, struct cosigned *out)
{
    const struct log_slot *slot = log_slot_at(l, row->log), *by = log_slot_at(l, row->cosigner);
    struct txn *t = ledger_txn(l);
    if (slot == NULL || by == NULL || t == NULL)
        return t == NULL ? ERR_IO : ERR_CORRUPT;
    *out = (struct cosigned){.head = {.size = row->size}, .time_s = row->time_s,
                             .log_sig = row->log_sig, .sig = row->sig};
    memcpy(out->head.origin, slot->log.origin, sizeof out->head.origin);
    memcpy(out->member, by->log.member, sizeof out->member);
    enum err err = log_root(t, &slot->log, row->size, &out->head.root);
    struct vkey v = {.id = 0};
    if (err == OK)
        err = vkey_init(&v, slot->log.origin, ALG_ED25519, &slot->log.node_key);
    out->log_key_id = v.id;
    const struct certificate *c = NULL;
    for (unsigned i = 0; (c = roster_certificate_at(l->roster, by->member, i)) != NULL; i++)
        if (c->index == row->certificate)
            break;
    if (err == OK)
        err = c == NULL ? ERR_CORRUPT : cosigned_key_id(out, &c->cosigner, &out->key_id);
    return err;
}

enum err ledger_cosign_first(struct ledger *l, struct position at, struct member_no by,
                             struct cosign_row *out)
{
    const struct log_slot *slot = log_slot_of(l, by);
    struct txn *t = ledger_txn(l);
    if (t == NULL)
        return ERR_IO;
    return slot == NULL ? ERR_NOTFOUND
                        : cosign_row_above(t, at.log, slot->log.no, at.index, out);
}

/* ---- those of others ---- */

/* The certificate whose key made the line. */
static enum err certificate_find(const struct ledger *l, struct member_no by,
                                 const struct cosigned *c, const struct certificate **out)
{
    const struct certificate *one, *later;
    for (unsigned i = 0; (one = roster_certificate_at(l->roster, by, i)) != NULL; i++) {
        uint32_t id;
        enum err err = cosigned_key_id(c, &one->cosigner, &id);
        if (err != OK)
            return err;
        if (id != c->key_id)
            continue;
        later = roster_certificate_at(l->roster, by, i + 1);
        *out = one;
        return later != NULL && !pubkey_equal(&later->cosigner, &one->cosigner) &&
                       c->time_s > later->time_s + REPLACED_SLACK_S
                   ? ERR_OVERTAKEN : OK;
    }
    return ERR_UNKNOWN_MEMBER;
}

/* Most heads that are cosigned are the newest held, byte for byte before the cosigner's line. */
static bool head_held(struct txn *t, const struct log *log, struct span note)
{
    struct span held;
    return log_head(t, log->no, &held) == OK && held.len < note.len &&
           memcmp(held.data, note.data, held.len) == 0;
}

static enum err root_check(struct ledger *l, const struct log *log, const struct cosigned *c,
                           struct span note)
{
    struct checkpoint head;
    struct hash root;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : log_root(t, log, c->head.size, &root);
    if (err != OK || hash_equal(&root, &c->head.root))
        return err;
    err = ledger_check_head(l, note, &head);
    return err == OK || err == ERR_OLD_HEAD ? ERR_FORK : err;
}

/* Our own, shown by a peer after we lost what we held then, is told apart from a lie. */
static enum err ahead_judge(struct ledger *l, struct member_no by, const struct cosigned *c,
                            const struct pubkey *key)
{
    enum err err = by.v == ledger_self(l).v ? cosigned_verify(c, key) : OK;
    return err == OK ? ERR_GAP : err;
}

static enum err item_judge(struct ledger *l, struct cosign_item *item)
{
    struct cosigned c;
    struct log_slot *slot = NULL;
    const struct certificate *keys = NULL;
    bool useful = false;
    enum err err = cosigned_decode(&c, item->note);
    if (err == OK)
        err = log_slot_named(l, c.head.origin, &slot);
    if (err != OK)
        return err;
    if (strcmp(slot->log.member, c.member) == 0)
        return ERR_FORMAT;
    const struct member *m = roster_by_log(l->roster, c.member);
    const struct log_slot *by = m == NULL ? NULL : log_slot_of(l, m->no);
    err = by == NULL ? ERR_UNKNOWN_MEMBER : certificate_find(l, m->no, &c, &keys);
    if (err != OK)
        return err;
    item->row = (struct cosign_row){.log = slot->log.no, .cosigner = by->log.no,
                                    .size = c.head.size, .time_s = c.time_s,
                                    .certificate = keys->index, .log_sig = c.log_sig,
                                    .sig = c.sig};
    if (c.head.size > slot->log.frontier.size)
        return ahead_judge(l, m->no, &c, &keys->cosigner);
    err = root_check(l, &slot->log, &c, item->note);
    if (err != OK)
        return err;
    struct txn *t = ledger_txn(l);
    err = t == NULL ? ERR_IO : wanted(l, t, &item->row, &useful);
    if (err == OK && !useful)
        err = ERR_EXISTS;
    if (err == OK && !head_held(t, &slot->log, item->note))
        err = cosigned_verify_log(&c, &slot->log.node_key);
    return err == OK ? cosigned_verify(&c, &keys->cosigner) : err;
}

static enum err items_store(struct ledger *l, struct txn *t, struct cosign_item *items,
                            size_t count)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i++) {
        bool useful = false;
        if (items[i].err != OK)
            continue;
        err = wanted(l, t, &items[i].row, &useful);
        if (err == OK && useful)
            err = row_keep(l, t, &items[i].row);
        items[i].err = useful ? OK : ERR_EXISTS;
    }
    return err;
}

static enum err end_write(struct txn *t, enum err err)
{
    if (err == OK)
        return txn_commit(t);
    txn_abort(t);
    return err;
}

enum err ledger_cosign_take(struct ledger *l, struct cosign_item *items, size_t count)
{
    struct txn *t;
    bool any = false;
    if (count > COSIGN_MAX_BATCH)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        items[i].err = item_judge(l, &items[i]);
        any = any || items[i].err == OK;
    }
    if (!any)
        return OK;
    enum err err = ledger_begin(l, &t);
    return err == OK ? end_write(t, items_store(l, t, items, count)) : err;
}

/* ---- our own ---- */

/* What we cosigned last must be of the tree that is held now. */
static enum err last_check(struct ledger *l, const struct cosign_row *last)
{
    struct cosigned c;
    const struct certificate *keys;
    enum err err = ledger_cosigned(l, last, &c);
    if (err == OK)
        err = certificate_find(l, ledger_self(l), &c, &keys);
    if (err == OK || err == ERR_OVERTAKEN)
        err = cosigned_verify(&c, &keys->cosigner);
    return err == OK ? OK : ERR_FORK;
}

static enum err own_judge(struct ledger *l, struct cosign_own *item, uint64_t *last_s)
{
    const struct log_slot *slot = log_slot_at(l, item->log);
    const struct log_slot *self = log_slot_of(l, ledger_self(l));
    struct span notes[2];
    struct proof proof;
    struct cosign_row last;
    struct txn *t = ledger_txn(l);
    *last_s = 0;
    if (t == NULL || slot == NULL || self == NULL || slot == self)
        return t == NULL ? ERR_IO : ERR_NOTFOUND;
    if (slot->log.head_size == 0 || slot->log.head_size > ledger_verified(l, item->log))
        return slot->log.head_size == 0 ? ERR_NOTFOUND : ERR_GAP;
    enum err err = log_fork_get(t, item->log, 0, notes, &proof);
    if (err != ERR_NOTFOUND)
        return err == OK ? ERR_FORK : err;
    err = cosign_row_last(t, item->log, self->log.no, &last);
    if (err != OK)
        return err == ERR_NOTFOUND ? OK : err;
    *last_s = last.time_s;
    if (last.size >= slot->log.head_size)
        return ERR_EXISTS;
    return last_check(l, &last);
}

/* The newest head with its log's signature, as it is held. */
static enum err head_take(struct ledger *l, const struct log *log, struct cosigned *out)
{
    struct span bytes;
    struct hash root;
    struct note note;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : log_head(t, log->no, &bytes);
    if (err == OK)
        err = note_decode(&note, bytes);
    if (err != OK)
        return err;
    err = checkpoint_parse(&out->head, note.text);
    for (unsigned i = 0; err == OK && i < note.sig_count; i++) {
        if (strcmp(note.sigs[i].name, log->origin) != 0 || note.sigs[i].payload.len != SIG_BYTES)
            continue;
        out->log_key_id = note.sigs[i].id;
        memcpy(out->log_sig.b, note.sigs[i].payload.data, SIG_BYTES);
    }
    note_clear(&note);
    if (err == OK)
        err = log_root(t, log, out->head.size, &root);
    return err == OK && !hash_equal(&root, &out->head.root) ? ERR_CORRUPT : err;
}

static enum err own_sign(struct ledger *l, const struct signkey *key, uint64_t now_s,
                         struct cosign_own *item)
{
    const struct log_slot *self = log_slot_of(l, ledger_self(l));
    const struct certificate *keys = roster_certificate(l->roster, ledger_self(l));
    struct cosigned c = {.time_s = 0};
    uint64_t last_s;
    enum err err = own_judge(l, item, &last_s);
    if (err == OK)
        err = head_take(l, &log_slot_at(l, item->log)->log, &c);
    if (err != OK)
        return err;
    memcpy(c.member, self->log.member, sizeof c.member);
    err = cosigned_sign(&c, key, now_s > last_s ? now_s : last_s);
    item->row = (struct cosign_row){.log = item->log, .cosigner = self->log.no,
                                    .size = c.head.size, .time_s = c.time_s,
                                    .certificate = keys->index, .log_sig = c.log_sig,
                                    .sig = c.sig};
    return err;
}

enum err ledger_cosign_give(struct ledger *l, const struct signkey *key, uint64_t now_s,
                            struct cosign_own *items, size_t count)
{
    const struct member_no self = ledger_self(l);
    const struct certificate *keys =
        self.v == MEMBER_NONE ? NULL : roster_certificate(l->roster, self);
    struct txn *t;
    bool any = false;
    if (keys == NULL || !pubkey_equal(&keys->cosigner, signkey_public(key)))
        return ERR_KEY;
    for (size_t i = 0; i < count; i++) {
        items[i].err = own_sign(l, key, now_s, &items[i]);
        any = any || items[i].err == OK;
    }
    if (!any)
        return OK;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    for (size_t i = 0; err == OK && i < count; i++)
        if (items[i].err == OK)
            err = row_keep(l, t, &items[i].row);
    return end_write(t, err);
}
