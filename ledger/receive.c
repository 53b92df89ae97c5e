/* What peers and bundles bring: signed heads, and packages proven against them. */
#include <stdlib.h>
#include <string.h>

#include "ledger/fork.h"
#include "ledger/internal.h"

/* The checkpoint in a note, its signatures not looked at. */
static enum err checkpoint_of(struct span note_bytes, struct checkpoint *out)
{
    struct note note;
    enum err err = note_decode(&note, note_bytes);
    if (err != OK)
        return err;
    err = checkpoint_parse(out, note.text);
    note_clear(&note);
    return err;
}

enum err log_slot_named(struct ledger *l, const char *origin, struct log_slot **out)
{
    char mine[ORIGIN_MAX_BYTES + 1];
    for (unsigned i = 0; i < l->log_count; i++)
        if (strcmp(l->logs[i]->log.origin, origin) == 0) {
            *out = l->logs[i];
            return OK;
        }
    enum err err = log_origin(l->genesis.domain, &l->genesis.ledger, "", 0, mine);
    if (err != OK)
        return err;
    size_t shared = strlen(mine) - strlen("/0");
    return strncmp(mine, origin, shared) == 0 ? ERR_UNKNOWN_MEMBER : ERR_WRONG_LEDGER;
}

/* The log that a note speaks of. ERR_WRONG_LEDGER, ERR_UNKNOWN_MEMBER, ERR_FORMAT. */
static enum err slot_of_note(struct ledger *l, struct span note_bytes, struct log_slot **out)
{
    struct checkpoint c;
    enum err err = checkpoint_of(note_bytes, &c);
    return err == OK ? log_slot_named(l, c.origin, out) : err;
}

/* Keeps the held head and `note` as proof of a fork: the held one covers the other's size, or
 * stands where `proof` leads from another root. While a log is still on its way under a larger head
 * there is nothing signed to set beside it. */
static enum err keep_fork(struct ledger *l, const struct log *log, uint64_t size, struct span note,
                          const struct proof *proof)
{
    struct txn *t;
    struct span held;
    if (proof == NULL ? log->head_size < size : log->head_size != log->frontier.size)
        return ERR_FORK;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    err = log_head(t, log->no, &held);
    struct buffer copy = {NULL, 0, 0};
    if (err == OK)
        err = buffer_put(&copy, held.data, held.len);
    if (err == OK)
        err = log_fork_put(t, log->no, buffer_span(&copy), note, proof);
    buffer_clear(&copy);
    if (err != OK) {
        txn_abort(t);
        return err;
    }
    err = txn_commit(t);
    return err == OK ? ERR_FORK : err;
}

/* A head within what we hold: the same tree, or a fork. */
static enum err compare_head(struct ledger *l, const struct log *log, const struct checkpoint *head,
                             struct span note)
{
    struct hash root;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : log_root(t, log, head->size, &root);
    if (err != OK)
        return err;
    if (!hash_equal(&root, &head->root))
        return keep_fork(l, log, head->size, note, NULL);
    return head->size < log->head_size ? ERR_OLD_HEAD : OK;
}

enum err ledger_check_head(struct ledger *l, struct span note, struct checkpoint *head)
{
    struct log_slot *slot;
    struct span held;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : slot_of_note(l, note, &slot);
    if (err != OK)
        return err;
    bool same = log_head(t, slot->log.no, &held) == OK && held.len == note.len &&
                memcmp(held.data, note.data, note.len) == 0;
    if (same)
        return checkpoint_of(note, head);
    err = checkpoint_verify(head, note, slot->log.origin, &slot->log.node_key);
    if (err != OK)
        return err;
    if (head->size <= slot->log.frontier.size)
        return compare_head(l, &slot->log, head, note);
    return OK;
}

/* Entries decoded, their signatures checked where nobody did before; leaves[i] is their hash. */
static void entries_check(struct ledger *l, const struct span *bytes, const struct hash *leaves,
                          struct intake *items, size_t count)
{
    const struct entry *entries[PACKAGE_ENTRIES];
    bool ok[PACKAGE_ENTRIES];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        items[i].decoded = entry_decode_as(&items[i].entry, bytes[i], &leaves[i]) == OK;
        if (items[i].decoded && !items[i].sig_ok)
            entries[n++] = &items[i].entry;
    }
    if (n > 0)
        verify_entries(l, entries, n, ok);
    n = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].decoded && !items[i].sig_ok)
            items[i].sig_ok = ok[n++];
}

/* One package into the open transaction. */
static enum err receive_package(struct batch *b, struct log_slot *slot,
                                const struct checkpoint *head, const struct package *p,
                                struct intake *items)
{
    struct hash leaves[PACKAGE_ENTRIES];
    struct frontier before = slot->log.frontier;
    if (strcmp(p->member, slot->log.member) != 0 || p->epoch != slot->log.epoch ||
        p->tree_size != head->size || p->count > PACKAGE_ENTRIES)
        return ERR_FORMAT;
    if (p->start > before.size)
        return ERR_GAP;
    if (p->start + p->count <= before.size)
        return OK;
    const size_t skip = (size_t)(before.size - p->start), count = p->count - skip;
    for (size_t i = 0; i < p->count; i++) {
        bool known = verifier_known(b->l, p->entries[i], &leaves[i]);
        if (!known)
            merkle_leaf(p->entries[i], &leaves[i]);
        if (i >= skip)
            items[i - skip].sig_ok = known;
    }
    enum err err = package_prove(p, b->txn, &slot->log, &head->root, leaves);
    if (err != OK)
        return err;
    entries_check(b->l, p->entries + skip, leaves + skip, items, count);
    err = log_append(b->txn, &slot->log, p->entries + skip, leaves + skip, count);
    return err == OK ? intake_run(b, slot, &before, items, leaves + skip, count) : err;
}

static enum err receive_all(struct batch *b, struct log_slot *slot, const struct checkpoint *head,
                            struct span note, const struct package *const *packages, size_t count)
{
    struct intake *items = malloc(PACKAGE_ENTRIES * sizeof *items);
    enum err err = items == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; err == OK && i < count; i++)
        err = receive_package(b, slot, head, packages[i], items);
    free(items);
    if (err == OK && slot->log.frontier.size == head->size) {
        struct hash root;
        frontier_root(&slot->log.frontier, &root);
        err = hash_equal(&root, &head->root) ? OK : ERR_PROOF;
        if (err == OK)                  /* until then the older head is what we can serve under */
            err = log_head_put(b->txn, &slot->log, note, head->size);
    }
    return err == OK && !b->deferred ? batch_fold(b) : err;
}

/* Whether what is held grows into the head; a proof that shows it to have another past is kept. */
static enum err check_consistency(struct ledger *l, const struct log *log,
                                  const struct checkpoint *head, struct span note,
                                  const struct proof *proof)
{
    struct hash root;
    if (log->frontier.size == 0)
        return OK;
    if (proof == NULL)
        return ERR_PROOF;
    if (fork_read(&log->frontier, head, proof) == FORK_PROVEN)
        return keep_fork(l, log, head->size, note, proof);
    frontier_root(&log->frontier, &root);
    return merkle_verify_consistency(log->frontier.size, head->size, &root, &head->root, proof);
}

/* After the commit: our own log, fetched back from a peer, is sealed like any of its heads. */
static enum err seal_own(struct ledger *l, const struct log_slot *slot, uint64_t from)
{
    if (l->gate == NULL || slot->member.v != ledger_self(l).v ||
        slot->log.head_size != slot->log.frontier.size)
        return OK;
    return gate_confirm(l->gate, &slot->log, from) == OK ? OK : ERR_UNCERTAIN;
}

static enum err receive_commit(struct ledger *l, struct log_slot *slot,
                               const struct checkpoint *head, struct span note,
                               const struct package *const *packages, size_t count)
{
    struct batch b;
    struct txn *t;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    batch_init(&b, l, t);
    b.deferred = l->defer || settle_owed(l);
    err = receive_all(&b, slot, head, note, packages, count);
    if (err == OK)
        err = txn_commit(t);
    else
        txn_abort(t);
    if (err == OK)
        l->folded = b.folded;
    else
        fresh_rewind(&l->fresh, &b.fresh);
    batch_clear(&b);
    return err;
}

enum err ledger_receive(struct ledger *l, struct span head_note, const struct proof *consistency,
                        const struct package *const *packages, size_t count)
{
    struct checkpoint head;
    struct log_slot *slot;
    if (count > COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES)
        return ERR_TOO_LARGE;
    enum err err = slot_of_note(l, head_note, &slot);
    if (err == OK)
        err = checkpoint_verify(&head, head_note, slot->log.origin, &slot->log.node_key);
    if (err != OK)
        return err;
    uint64_t from = slot->log.frontier.size;
    if (head.size <= from) {
        err = compare_head(l, &slot->log, &head, head_note);
        return err == ERR_OLD_HEAD ? OK : err;
    }
    err = check_consistency(l, &slot->log, &head, head_note, consistency);
    if (err != OK)
        return err;
    err = settle_index(l, false);
    if (err != OK)
        return err;
    err = receive_commit(l, slot, &head, head_note, packages, count);
    if (err != OK)
        return err == ERR_UNCERTAIN ? err : ledger_restore(l, err);
    err = seal_own(l, slot, from);
    if (err == OK && l->changed != NULL && slot->log.frontier.size != from)
        l->changed(l->changed_ctx, &slot->log);
    return err;
}
