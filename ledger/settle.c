/* The second half of a catch-up. What was received is stored, judged and applied to the roster; now
 * its cases are folded, each once, in the order of their ids, in steps that are short.
 *
 *   targets     the stored sizes at the start; what comes meanwhile waits for the next time
 *   cases       every case with an entry beyond the settled size is folded. The convenor's log is
 *               taken for decided up to its target
 *   woken       cases that waited for a law or an entry that is there now
 *   end         where an entry of the convenor waits after all, or reaches a law beyond itself, all
 *               is folded once more under the law up to there; then the sizes move on
 *
 * A crash leaves some cases folded further than the sizes say, and the next start folds them again:
 * the fold of a case is made of its entries alone. */
#include <stdlib.h>
#include <string.h>

#include "ledger/settle.h"

enum { STEP_WOKEN = 1024 };

bool settle_owed(const struct ledger *l)
{
    for (unsigned i = 0; i < l->log_count; i++)
        if (l->logs[i]->settled < l->logs[i]->log.frontier.size)
            return true;
    return false;
}

void settle_drop(struct ledger *l)
{
    if (l->settle != NULL) {
        stretch_free(l->settle->ready);
        free(l->settle->woken);
        free(l->settle->moved);
    }
    free(l->settle);
    l->settle = NULL;
    l->settling = false;
}

enum err settle_note(struct ledger *l, const struct hash *case_id)
{
    struct settle *s = l->settle;
    if (s == NULL || l->settling)
        return OK;
    if (s->moved_count == s->moved_cap) {
        size_t cap = s->moved_cap == 0 ? 16 : 2 * s->moved_cap;
        struct hash *grown = realloc(s->moved, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        s->moved = grown;
        s->moved_cap = cap;
    }
    s->moved[s->moved_count++] = *case_id;
    return OK;
}

/* ---- the start ---- */

static int by_case(const void *a, const void *b)
{
    const struct wait_key *x = a, *y = b;
    int order = memcmp(x->b + x->len - HASH_BYTES, y->b + y->len - HASH_BYTES, HASH_BYTES);
    return order != 0 ? order : memcmp(x->b, y->b, x->len < y->len ? x->len : y->len);
}

/* Whether what the row waits for is there, under the law as it is taken. */
static enum err wait_over(const struct ledger *l, struct txn *t, const struct settle *s,
                          const uint8_t *key, bool *over)
{
    struct hash id;
    struct position p;
    *over = key[0] == 'L' && load_u64(key + 1) <= s->folded;
    if (key[0] != 'I')
        return OK;
    memcpy(id.b, key + 1, HASH_BYTES);
    enum err err = index_id_get(l, t, &id, &p);
    *over = err == OK;
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err woken_add(struct settle *s, struct span key)
{
    if (s->woken_count == s->woken_cap) {
        size_t cap = s->woken_cap == 0 ? 64 : 2 * s->woken_cap;
        struct wait_key *grown = realloc(s->woken, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        s->woken = grown;
        s->woken_cap = cap;
    }
    struct wait_key *w = &s->woken[s->woken_count++];
    w->len = (uint8_t)key.len;
    memcpy(w->b, key.data, key.len);
    return OK;
}

static enum err woken_find(struct ledger *l, struct txn *t, struct settle *s)
{
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_WAIT, (struct span){NULL, 0}, &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK) {
        bool over;
        if (key.len < 9 + HASH_BYTES || key.len > WAIT_KEY_MAX_BYTES)
            err = ERR_CORRUPT;
        else
            err = wait_over(l, t, s, key.data, &over);
        if (err == OK && over)
            err = woken_add(s, key);
        if (err != OK)
            break;
    }
    cursor_close(c);
    if (s->woken_count > 1)
        qsort(s->woken, s->woken_count, sizeof *s->woken, by_case);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err settle_begin(struct ledger *l)
{
    struct txn *t;
    enum err err = settle_index(l, true);
    if (err != OK)
        return err;
    for (unsigned i = 0; i < l->log_count; i++)
        l->logs[i]->target = l->logs[i]->log.frontier.size;
    struct settle *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    l->settle = s;
    l->settling = true;
    s->folded = log_slot_of(l, (struct member_no){0})->target;
    s->circle = UINT64_MAX;
    err = txn_read(l->store, &t);
    if (err != OK)
        return err;
    err = woken_find(l, t, s);
    txn_abort(t);
    return err;
}

/* ---- woken ---- */

/* Whether the cases' stage folded it already. */
static enum err folded_already(const struct ledger *l, struct txn *t, const struct hash *case_id,
                               bool *already)
{
    struct position *list = NULL;
    size_t count = 0;
    enum err err = index_case_get(l, t, case_id, &list, &count);
    *already = err == ERR_NOTFOUND;
    for (size_t i = 0; err == OK && i < count; i++)
        *already = *already || list[i].index >= log_slot_at(l, list[i].log)->settled;
    free(list);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err woken_fold(struct batch *b, struct settle *s, const struct hash *case_id)
{
    uint64_t circle = UINT64_MAX;
    bool already;
    enum err err = folded_already(b->l, b->txn, case_id, &already);
    if (err == OK && !already)
        err = refold_case(b, case_id, &circle);
    if (circle < s->circle)
        s->circle = circle;
    return err;
}

static void woken_case(const struct wait_key *w, struct hash *out)
{
    memcpy(out->b, w->b + w->len - HASH_BYTES, HASH_BYTES);
}

static enum err woken_some(struct batch *b, struct settle *s)
{
    enum err err = OK;
    for (unsigned n = 0; err == OK && n < STEP_WOKEN && s->woken_next < s->woken_count; n++) {
        struct hash case_id, next;
        woken_case(&s->woken[s->woken_next], &case_id);
        do {
            if (++s->woken_next < s->woken_count)
                woken_case(&s->woken[s->woken_next], &next);
        } while (s->woken_next < s->woken_count && hash_equal(&case_id, &next));
        err = woken_fold(b, s, &case_id);
    }
    return err;
}

static enum err step_woken(struct ledger *l)
{
    struct settle *s = l->settle;
    struct batch b;
    struct txn *t;
    if (s->woken_next == s->woken_count) {
        s->stage = STAGE_END;
        return OK;
    }
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    batch_init(&b, l, t);
    b.folded = s->folded;
    err = woken_some(&b, s);
    batch_clear(&b);
    if (err != OK) {
        txn_abort(t);
        return err;
    }
    return txn_commit(t);
}

/* ---- the end ---- */

/* What was taken for decided and is not: everything once more under the law up to there. */
static void pass_again(struct settle *s, uint64_t folded)
{
    s->folded = folded;
    s->again = true;
    s->stage = STAGE_CASES;
    s->next = (struct row_key){{0}};
    stretch_free(s->ready);
    s->ready = NULL;
    s->woken_next = 0;
}

/* Only now: had they gone before a crash, nobody would fold their cases again. */
static enum err woken_delete(struct batch *b, const struct settle *s)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < s->woken_count; i++) {
        const struct wait_key *w = &s->woken[i];
        bool over;
        err = wait_over(b->l, b->txn, s, w->b, &over);
        if (err == OK && over)
            err = table_del(b->txn, TABLE_WAIT, span_of(w->b, w->len));
        if (err == ERR_NOTFOUND)
            err = OK;
    }
    return err;
}

static enum err sizes_move(struct ledger *l, struct batch *b)
{
    enum err err = woken_delete(b, l->settle);
    if (err != OK)
        return err;
    for (unsigned i = 0; i < l->log_count; i++)
        l->logs[i]->settled = settled_of(l, l->logs[i]);
    for (size_t i = 0; err == OK && i < l->settle->moved_count; i++)
        err = batch_touch(b, &l->settle->moved[i]);
    if (err == OK)
        err = batch_fold(b);
    for (unsigned i = 0; err == OK && i < l->log_count; i++)
        err = tail_store(b->txn, l->logs[i]);
    return err;
}

static enum err settle_end(struct ledger *l)
{
    struct settle *s = l->settle;
    struct batch b;
    struct txn *t;
    enum err err = ledger_begin(l, &t);
    if (err != OK)
        return err;
    batch_init(&b, l, t);
    b.folded = s->folded > l->folded ? s->folded : l->folded;
    err = sizes_move(l, &b);
    if (err == OK)
        err = txn_commit(t);
    else
        txn_abort(t);
    if (err == OK)
        l->folded = b.folded;
    batch_clear(&b);
    if (err != OK)
        return err == ERR_UNCERTAIN ? err : ledger_restore(l, err);
    settle_drop(l);
    if (!settle_owed(l))
        fresh_clear(&l->fresh);
    return OK;
}

static enum err step_end(struct ledger *l)
{
    struct settle *s = l->settle;
    uint64_t reach = s->folded;
    struct txn *t;
    enum err err = txn_read(l->store, &t);
    if (err != OK)
        return err;
    if (!s->again && l->folded < s->folded)
        err = folded_reach(l, t, l->folded, s->folded, &reach);
    txn_abort(t);
    if (err != OK)
        return err;
    if (!s->again && s->circle < reach)
        reach = s->circle < l->folded ? l->folded : s->circle;
    if (reach < s->folded) {
        pass_again(s, reach);
        return OK;
    }
    return settle_end(l);
}

/* ---- steps ---- */

enum err ledger_settle(struct ledger *l, bool *more)
{
    enum err err = OK;
    bool last = false;
    *more = false;
    if (l->settle == NULL && !settle_owed(l))
        return OK;
    if (l->settle == NULL)
        err = settle_begin(l);
    l->settling = err == OK;
    if (err == OK) {
        switch (l->settle->stage) {
        case STAGE_CASES:
            err = settle_cases(l, &last);
            if (err == OK && last)
                l->settle->stage = STAGE_WOKEN;
            break;
        case STAGE_WOKEN: err = step_woken(l); break;
        case STAGE_END: err = step_end(l); break;
        }
    }
    l->settling = false;
    if (err != OK)
        settle_drop(l);
    *more = err == OK && l->settle != NULL;
    return err;
}

enum err ledger_settle_all(struct ledger *l)
{
    bool more = true;
    enum err err = OK;
    while (err == OK && more)
        err = ledger_settle(l, &more);
    return err;
}

enum err settle_before_own(struct ledger *l)
{
    const struct log_slot *own = log_slot_of(l, ledger_self(l));
    if (own == NULL || own->settled == own->log.frontier.size)
        return OK;
    return ledger_settle_all(l);
}
