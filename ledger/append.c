/* Our own log grows: acts that arrive together, checked, appended, folded, sealed by the gate. */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

/* The acts of one commit: no two on one case, governance alone. */
struct round {
    struct append **items;
    struct intake *intakes;
    size_t count;
    bool governance;
};

static bool is_governance(const struct entry *e)
{
    const struct kind_row *k = kind_row(e->kind);
    return k != NULL && (k->classes & CLASS_GOVERNANCE);
}

static void refuse(struct append *item, enum err err, enum reason reason)
{
    item->err = err;
    item->reason = reason;
}

/* The same bytes sent again after an answer was lost: answered as it was the first time. */
static bool answered_before(struct ledger *l, struct txn *t, struct append *item)
{
    struct position p;
    if (index_id_get(l, t, &item->id, &p) != OK ||
        p.log.v != log_slot_of(l, ledger_self(l))->log.no.v)
        return false;
    item->index = p.index;
    refuse(item, OK, REASON_NONE);
    return true;
}

static enum err check_place(struct ledger *l, struct txn *t, const struct entry *e)
{
    const struct log_slot *slot = log_slot_of(l, ledger_self(l));
    struct hash root;
    if (e->law_epoch != 0 || e->law_size > l->folded)
        return ERR_PENDING;
    if (e->law_size < slot->tail.law_max)
        return ERR_OVERTAKEN;
    if (e->own_size > slot->log.frontier.size)
        return ERR_PENDING;
    if (e->own_size == slot->log.frontier.size) {
        frontier_root(&slot->log.frontier, &root);
    } else {
        enum err err = log_root(t, &slot->log, e->own_size, &root);
        if (err != OK)
            return err;
    }
    return hash_equal(&root, &e->own_root) ? OK : ERR_FORK;
}

/* Why an act cannot be taken up, by its form and its signers. */
static enum err check_origin(struct ledger *l, struct txn *t, const struct intake *in,
                             enum reason *reason)
{
    const struct log_slot *slot = log_slot_of(l, ledger_self(l));
    const struct officer *signers[ENTRY_MAX_SIGNERS];
    const struct entry *e = &in->entry;
    struct hash missing;
    bool waits = false;
    *reason = REASON_NONE;
    if (!hash_equal(&e->ledger, &l->genesis.ledger))
        return ERR_WRONG_LEDGER;
    if (strcmp(e->member, slot->log.member) != 0 || e->epoch != slot->log.epoch) {
        *reason = REASON_WRONG_MEMBER;
        return ERR_VOID;
    }
    if (!in->sig_ok)
        return ERR_SIGNATURE;
    *reason = roster_check_signers(l->roster, slot->member, slot->log.frontier.size, e, signers,
                                   &waits, &missing);
    if (*reason != REASON_NONE)
        return *reason == REASON_NOT_ENROLLED ? ERR_NOT_ENROLLED : ERR_VOID;
    if (waits)
        return ERR_PENDING;
    struct usage usage;
    enum err err = index_nonce_look(l, t, slot->log.no, index_nonce(e), e, &usage);
    if (err == OK && usage.repeated) {
        *reason = REASON_REPEATED;
        return ERR_VOID;
    }
    return err;
}

/* Everything that can be said of an act before it is written. */
static void check_item(struct ledger *l, struct txn *t, struct append *item, struct intake *in)
{
    const struct entry *e = &in->entry;
    enum reason reason;
    if (!in->decoded || item->err != OK)
        return;
    in->decoded = !answered_before(l, t, item);
    if (!in->decoded)
        return;
    enum err err = check_origin(l, t, in, &reason);
    if (err == OK)
        err = check_place(l, t, e);
    if (err == OK && !is_governance(e)) {
        err = ledger_would(l, e, &reason);
        if (err == OK && reason != REASON_NONE) {
            item->overtaken_base = reason == REASON_BASE;
            err = ERR_VOID;
        }
    }
    refuse(item, err, reason);
    in->decoded = err == OK;
}

static void decode_items(struct ledger *l, struct append *items, struct intake *intakes,
                         size_t count)
{
    const struct entry **entries = malloc(count * sizeof *entries);
    bool *ok = calloc(count, sizeof *ok);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        items[i].err = entries == NULL || ok == NULL
                           ? ERR_NOMEM
                           : entry_decode(&intakes[i].entry, items[i].entry);
        intakes[i].decoded = items[i].err == OK;
        items[i].id = intakes[i].entry.id;
        if (intakes[i].decoded)
            entries[n++] = &intakes[i].entry;
    }
    if (n > 0)
        verify_entries(l, entries, n, ok);
    n = 0;
    for (size_t i = 0; i < count; i++)
        if (intakes[i].decoded)
            intakes[i].sig_ok = ok[n++];
    free(entries);
    free(ok);
}

static bool same_case(const struct entry *a, const struct entry *b)
{
    return (a->has_case && b->has_case && hash_equal(&a->case_id, &b->case_id)) ||
           hash_equal(&a->id, &b->id);
}

/* Whether item i can share a commit with those already in the round. */
static bool fits(const struct round *r, const struct intake *in)
{
    if (r->count == COMMIT_MAX_ENTRIES)
        return false;
    if (r->governance || (is_governance(&in->entry) && r->count > 0))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (same_case(&r->intakes[i].entry, &in->entry))
            return false;
    return true;
}

/* The first verdict in the round that is not plainly valid; r->count when all are. */
static enum err first_refused(struct batch *b, const struct round *r, struct log_no no,
                              uint64_t from, size_t *at, struct verdict_row *row)
{
    for (*at = 0; *at < r->count; (*at)++) {
        enum err err = verdict_get(b->txn, (struct position){no, from + *at}, row);
        if (err != OK || (row->verdict != VERDICT_VALID && row->verdict != VERDICT_OVERTAKEN))
            return err;
    }
    return OK;
}

static enum err round_write(struct batch *b, const struct round *r,
                            struct log_slot *slot)
{
    struct span bytes[COMMIT_MAX_ENTRIES];
    struct hash leaves[COMMIT_MAX_ENTRIES];
    struct frontier before = slot->log.frontier;
    for (size_t i = 0; i < r->count; i++) {
        bytes[i] = r->items[i]->entry;
        leaves[i] = r->intakes[i].entry.id;
    }
    enum err err = log_append(b->txn, &slot->log, bytes, leaves, r->count);
    if (err == OK)
        err = intake_run(b, slot, &before, r->intakes, leaves, r->count);
    return err == OK ? batch_fold(b) : err;
}

/* One commit. ERR_VOID: an item was refused after all and nothing was written. */
static enum err round_commit(struct ledger *l, const struct round *r)
{
    struct log_slot *slot = log_slot_of(l, ledger_self(l));
    uint64_t from = slot->log.frontier.size;
    struct buffer note = {NULL, 0, 0};
    struct verdict_row row;
    struct batch b;
    struct txn *t;
    size_t bad = r->count;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    batch_init(&b, l, t);
    err = round_write(&b, r, slot);
    if (err == OK)
        err = first_refused(&b, r, slot->log.no, from, &bad, &row);
    if (err == OK && bad < r->count) {
        refuse(r->items[bad], row.verdict == VERDICT_PENDING ? ERR_PENDING : ERR_VOID, row.reason);
        err = ERR_VOID;
    }
    if (err == OK)
        err = gate_sign(l->gate, t, &slot->log, &note);
    uint64_t folded = b.folded;
    batch_clear(&b);
    buffer_clear(&note);
    if (err != OK) {
        txn_abort(t);
        return ledger_restore(l, err);
    }
    err = txn_commit(t);
    if (err != OK)
        return err == ERR_UNCERTAIN ? err : ledger_restore(l, err);
    l->folded = folded;
    err = gate_confirm(l->gate, &slot->log, from);
    if (err != OK)
        return ERR_UNCERTAIN;
    for (size_t i = 0; i < r->count; i++)
        r->items[i]->index = from + i;
    if (l->changed != NULL)
        l->changed(l->changed_ctx, &slot->log);
    return OK;
}

/* Takes what fits into one commit, in order; *left tells whether anything remains for another. */
static void round_fill(struct round *r, struct append *items, struct intake *intakes,
                       bool *done, size_t count, bool *left)
{
    r->count = 0;
    r->governance = false;
    *left = false;
    for (size_t i = 0; i < count; i++) {
        if (done[i])
            continue;
        if (!fits(r, &intakes[i])) {
            *left = true;
            continue;
        }
        done[i] = true;
        r->items[r->count] = &items[i];
        r->intakes[r->count++] = intakes[i];
        r->governance = r->governance || is_governance(&intakes[i].entry);
    }
}

static enum err check_items(struct ledger *l, struct append *items, struct intake *intakes,
                            bool *done, size_t count)
{
    struct txn *t = ledger_txn(l);
    if (t == NULL)
        return ERR_IO;
    for (size_t i = 0; i < count; i++) {
        if (!done[i])
            check_item(l, t, &items[i], &intakes[i]);
        done[i] = done[i] || !intakes[i].decoded || items[i].err != OK;
    }
    return OK;
}

/* After a commit that took nothing because of one refused item: the others are tried once more. */
static void round_reopen(const struct round *r, const struct append *items, bool *done)
{
    for (size_t k = 0; k < r->count; k++)
        done[r->items[k] - items] = r->items[k]->err != OK;
}

static enum err run_rounds(struct ledger *l, struct append *items, struct intake *intakes,
                           size_t count, struct round *r, bool *done)
{
    enum err err = OK;
    bool left = true;
    while (err == OK && left) {
        r->count = 0;
        err = check_items(l, items, intakes, done, count);
        if (err != OK)
            break;
        round_fill(r, items, intakes, done, count, &left);
        if (r->count == 0)
            return OK;
        err = round_commit(l, r);
        if (err == ERR_VOID) {
            round_reopen(r, items, done);
            left = true;
            err = OK;
        }
    }
    for (size_t k = 0; err != OK && k < r->count; k++)
        refuse(r->items[k], err, REASON_NONE);
    for (size_t i = 0; err != OK && i < count; i++)
        if (!done[i])
            refuse(&items[i], err, REASON_NONE);
    return err;
}

/* Once two heads of ours prove a fork, a further entry would only deepen it. */
static enum err check_unforked(struct ledger *l)
{
    struct span notes[2];
    struct proof proof;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO
                             : log_fork_get(t, log_slot_of(l, ledger_self(l))->log.no, 0, notes,
                                            &proof);
    return err == ERR_NOTFOUND ? OK : err == OK ? ERR_FORK : err;
}

enum err ledger_append(struct ledger *l, struct append *items, size_t count)
{
    if (ledger_self(l).v == MEMBER_NONE)
        return ERR_UNKNOWN_MEMBER;
    if (count > COMMIT_MAX_ENTRIES)
        return ERR_TOO_LARGE;
    enum err err = ledger_gate(l);
    if (err == OK)
        err = check_unforked(l);
    if (err == OK)
        err = settle_before_own(l);
    for (size_t i = 0; err != OK && i < count; i++)
        refuse(&items[i], err, REASON_NONE);
    if (err != OK)
        return err;
    struct round r = {.items = calloc(count, sizeof *r.items),
                      .intakes = calloc(count, sizeof *r.intakes)};
    struct intake *intakes = calloc(count, sizeof *intakes);
    bool *done = calloc(count, sizeof *done);
    if (r.items == NULL || r.intakes == NULL || intakes == NULL || done == NULL)
        err = ERR_NOMEM;
    if (err == OK) {
        decode_items(l, items, intakes, count);
        err = run_rounds(l, items, intakes, count, &r, done);
    }
    free(r.items);
    free(r.intakes);
    free(intakes);
    free(done);
    return err;
}
