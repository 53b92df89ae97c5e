#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/internal.h"

static void logs_free(struct ledger *l)
{
    for (unsigned i = 0; i < l->log_count; i++)
        free(l->logs[i]);
    l->log_count = 0;
}

struct log_slot *log_slot_at(const struct ledger *l, struct log_no no)
{
    return no.v < l->log_count ? l->logs[no.v] : NULL;
}

struct log_slot *log_slot_of(const struct ledger *l, struct member_no member)
{
    for (unsigned i = 0; i < l->log_count; i++)
        if (l->logs[i]->member.v == member.v)
            return l->logs[i];
    return NULL;
}

uint64_t settled_of(const struct ledger *l, const struct log_slot *slot)
{
    return l->settling && slot->target > slot->settled ? slot->target : slot->settled;
}

struct place place_in(const struct ledger *l, const struct log_slot *slot, uint64_t index)
{
    return (struct place){l->roster, slot->member, slot->log.epoch, index};
}

enum { TAIL_BYTES = 36 };

static void tail_key(uint8_t out[8], struct log_no no)
{
    memcpy(out, "tail", 4);
    store_u32(out + 4, no.v);
}

enum err tail_store(struct txn *t, const struct log_slot *slot)
{
    uint8_t key[8], value[TAIL_BYTES];
    tail_key(key, slot->log.no);
    store_u32(value, slot->tail.law_epoch);
    store_u64(value + 4, slot->tail.law_max);
    store_u64(value + 12, slot->tail.time_max_s);
    store_u64(value + 20, slot->indexed);
    store_u64(value + 28, slot->settled);
    return table_put(t, TABLE_META, span_of(key, sizeof key), span_of(value, sizeof value));
}

static enum err tail_read(struct txn *t, struct log_no no, struct log_slot *out)
{
    uint8_t key[8];
    struct span value;
    tail_key(key, no);
    enum err err = table_get(t, TABLE_META, span_of(key, sizeof key), &value);
    if (err != OK)
        return err == ERR_NOTFOUND ? OK : err;
    if (value.len != TAIL_BYTES)
        return ERR_CORRUPT;
    out->tail = (struct log_tail){load_u32(value.data), load_u64(value.data + 4),
                                  load_u64(value.data + 12)};
    out->indexed = load_u64(value.data + 20);
    out->settled = load_u64(value.data + 28);
    return OK;
}

enum err tail_load(struct txn *t, struct log_slot *slot)
{
    slot->tail = (struct log_tail){0};
    slot->indexed = slot->settled = 0;
    enum err err = tail_read(t, slot->log.no, slot);
    if (err != OK)
        return err;
    return slot->settled <= slot->indexed && slot->indexed <= slot->log.frontier.size
               ? OK
               : ERR_CORRUPT;
}

enum err ledger_settled_read(struct txn *t, struct log_no no, uint64_t *size)
{
    struct log_slot slot = {.settled = 0};
    enum err err = tail_read(t, no, &slot);
    *size = slot.settled;
    return err;
}

static enum err slot_load(struct ledger *l, struct txn *t, struct log_no no)
{
    struct log_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return ERR_NOMEM;
    enum err err = log_load(t, no, &slot->log);
    if (err == OK)
        err = tail_load(t, slot);
    if (err != OK || no.v >= LOGS_MAX) {
        free(slot);
        return err == OK ? ERR_TOO_LARGE : err;
    }
    const struct member *m = roster_by_log(l->roster, slot->log.member);
    slot->member.v = m == NULL ? MEMBER_NONE : m->no.v;
    l->logs[no.v] = slot;
    l->log_count = no.v + 1;
    return OK;
}

static enum err slot_create(struct ledger *l, struct txn *t, const struct member *m)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    struct log log;
    enum err err =
        log_origin(l->genesis.domain, &l->genesis.ledger, m->a.id, 0, origin);
    if (err == OK)
        err = log_create(t, m->a.id, 0, &m->a.node_key, origin, &log);
    return err == OK ? slot_load(l, t, log.no) : err;
}

enum err logs_load(struct ledger *l, struct txn *t)
{
    uint32_t stored;
    enum err err = log_count(t, &stored);
    for (uint32_t i = l->log_count; err == OK && i < stored; i++)
        err = slot_load(l, t, (struct log_no){i});
    for (unsigned i = 0; err == OK && i < l->log_count; i++) {
        const struct member *m = roster_by_log(l->roster, l->logs[i]->log.member);
        l->logs[i]->member.v = m == NULL ? MEMBER_NONE : m->no.v;
    }
    if (l->mode == LEDGER_READ)
        return err;
    for (unsigned i = 0; err == OK && i < roster_member_count(l->roster); i++) {
        const struct member *m = roster_member(l->roster, (struct member_no){(uint16_t)i});
        if (log_slot_of(l, m->no) == NULL)
            err = slot_create(l, t, m);
    }
    return err;
}

static enum err roster_load(struct ledger *l, struct txn *t)
{
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_GOV, (struct span){NULL, 0}, &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK) {
        struct log_slot *slot = log_slot_at(l, (struct log_no){load_u32(key.data)});
        uint64_t index = load_u64(key.data + 4);
        struct entry e;
        if (slot == NULL)
            break;
        if (slot->member.v == MEMBER_NONE) {
            const struct member *m = roster_by_log(l->roster, slot->log.member);
            slot->member.v = m == NULL ? MEMBER_NONE : m->no.v;
        }
        err = log_entry(t, slot->log.no, index, &e);
        if (err == OK)
            err = value.len == 0 ? roster_restore(l->roster, slot->member, index, &e)
                                 : roster_reject(l->roster, slot->member, &e);
        if (err != OK)
            break;
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err folded_load(struct ledger *l, struct txn *t)
{
    struct span value;
    enum err err = table_get(t, TABLE_META, span_of("folded", 6), &value);
    l->folded = err == OK && value.len == 8 ? load_u64(value.data) : 0;
    return err == ERR_NOTFOUND ? OK : err;
}

enum err ledger_reload(struct ledger *l, struct txn *t)
{
    struct roster *fresh = NULL;
    enum err err = roster_create(&fresh, &l->genesis);
    if (err != OK)
        return err;
    roster_free(l->roster);
    l->roster = fresh;
    logs_free(l);
    enum ledger_mode mode = l->mode;
    l->mode = LEDGER_READ;
    err = logs_load(l, t);
    if (err == OK)
        err = roster_load(l, t);
    l->mode = mode;
    if (err == OK)
        err = logs_load(l, t);
    return err == OK ? folded_load(l, t) : err;
}

static enum err genesis_load(struct ledger *l, const struct hash *pinned)
{
    char path[4200];
    struct buffer bytes = {NULL, 0, 0};
    enum err err = home_path(path, sizeof path, l->home, "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &bytes);
    if (err == OK)
        err = genesis_decode(&l->genesis, buffer_span(&bytes));
    if (err == OK && pinned != NULL && !hash_equal(pinned, &l->genesis.ledger))
        err = ERR_WRONG_LEDGER;
    buffer_clear(&bytes);
    return err;
}

enum err ledger_restore(struct ledger *l, enum err why)
{
    struct txn *t;
    settle_drop(l);
    enum err err = txn_write(l->store, &t);
    if (err != OK)
        return ERR_UNCERTAIN;
    err = ledger_reload(l, t);
    txn_abort(t);
    return err == OK ? why : ERR_UNCERTAIN;
}

enum err ledger_gate(struct ledger *l)
{
    if (l->gate != NULL)
        return OK;
    if (l->node_key == NULL)
        return ERR_KEY;
    struct log_slot *slot = log_slot_of(l, ledger_self(l));
    return gate_open(&l->gate, l->home, l->store, &slot->log, l->node_key);
}

enum err ledger_own_check(struct ledger *l)
{
    return ledger_self(l).v == MEMBER_NONE || l->node_key == NULL ? OK : ledger_gate(l);
}

enum err ledger_own_look(struct ledger *l, const struct pubkey *key)
{
    if (ledger_self(l).v == MEMBER_NONE)
        return OK;
    const struct log_slot *slot = log_slot_of(l, ledger_self(l));
    return slot == NULL ? OK : gate_check(l->home, l->store, &slot->log, key);
}

static enum err prepare_write(struct ledger *l, const struct ledger_options *o)
{
    struct txn *t = NULL;
    enum err err = store_reap_readers(l->store);
    if (err == OK)
        err = txn_write(l->store, &t);
    if (err != OK)
        return err;
    err = ledger_reload(l, t);
    if (err == OK)
        err = settle_recall(l, t);
    if (err == OK)
        err = table_put(t, TABLE_META, span_of("ledger", 6),
                        span_of(l->genesis.ledger.b, HASH_BYTES));
    if (err != OK) {
        txn_abort(t);
        return err;
    }
    err = txn_commit(t);
    bool member = ledger_self(l).v != MEMBER_NONE && o->node_key != NULL;
    if (err == OK && member)
        err = ledger_gate(l);
    /* Our own log is fetched back first, or is not to be trusted: append refuses, all is served. */
    return err == ERR_GAP || err == ERR_ROLLBACK ? OK : err;
}

enum err ledger_open(struct ledger **out, const struct ledger_options *o)
{
    char db[4200];
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL)
        return ERR_NOMEM;
    l->lock_fd = -1;
    l->mode = o->mode;
    l->verifier = o->verifier;
    l->node_key = o->node_key;
    enum err err = strlen(o->home) < sizeof l->home ? OK : ERR_TOO_LARGE;
    if (err == OK) {
        snprintf(l->home, sizeof l->home, "%s", o->home);
        snprintf(l->member, sizeof l->member, "%s", o->member == NULL ? "" : o->member);
        err = genesis_load(l, o->pinned);
    }
    if (err == OK && o->mode == LEDGER_WRITE)
        err = home_lock(l->home, &l->lock_fd);
    if (err == OK)
        err = home_path(db, sizeof db, l->home, "db");
    if (err == OK && o->mode == LEDGER_WRITE)
        err = folder_create(db, 0700);
    if (err == OK)
        err = store_open(&l->store, db, o->mode == LEDGER_WRITE, o->mode == LEDGER_READ);
    if (err == OK && o->mode == LEDGER_WRITE)
        err = prepare_write(l, o);
    else if (err == OK)
        err = ledger_refresh(l);
    if (err == ERR_NOTFOUND && l->store != NULL)
        err = ERR_CORRUPT;                 /* something is missing within what is stored */
    if (err != OK)
        ledger_close(l);
    else
        *out = l;
    return err;
}

void ledger_close(struct ledger *l)
{
    if (l == NULL)
        return;
    settle_drop(l);
    fresh_clear(&l->fresh);
    gate_close(l->gate);
    txn_abort(l->read);
    store_close(l->store);
    logs_free(l);
    roster_free(l->roster);
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    free(l);
}

enum err ledger_refresh(struct ledger *l)
{
    enum err err = OK;
    if (l->read == NULL)
        err = txn_read(l->store, &l->read);
    else
        err = txn_renew(l->read);
    if (err == OK && l->mode == LEDGER_READ)
        err = ledger_reload(l, l->read);
    return err;
}
