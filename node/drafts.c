#include "node/drafts.h"

#include <string.h>

#include "crypto/keys.h"

enum { CREATED_BYTES = 8 };

static struct span key_of(const char *id)
{
    return span_of(id, strlen(id));
}

static bool id_valid(const char *id)
{
    return strlen(id) == DRAFT_ID_BYTES - 1 &&
           strspn(id, "0123456789abcdef") == DRAFT_ID_BYTES - 1;
}

static uint64_t created(struct span value)
{
    return value.len < CREATED_BYTES ? 0 : load_u64(value.data);
}

static bool outdated(struct span value, uint64_t now_s)
{
    uint64_t at_s = created(value);
    return now_s > at_s && now_s - at_s > DRAFT_MAX_AGE_S;
}

static void info_from(struct draft_info *info, struct span key, struct span value)
{
    size_t len = key.len < DRAFT_ID_BYTES ? key.len : DRAFT_ID_BYTES - 1;
    *info = (struct draft_info){.created_s = created(value)};
    memcpy(info->id, key.data, len);
    info->bytes = value.len < CREATED_BYTES ? 0 : value.len - CREATED_BYTES;
}

/* Drafts that are too old where `old`, else the others. */
static enum err scan(struct txn *t, uint64_t now_s, bool old, struct draft_info *out,
                     unsigned *count)
{
    struct cursor *c = NULL;
    struct span key, value;
    *count = 0;
    enum err err = cursor_open(t, TABLE_DRAFT, (struct span){0}, &c);
    while (err == OK && *count < DRAFTS_MAX) {
        err = cursor_next(c, &key, &value);
        if (err == OK && outdated(value, now_s) == old) {
            info_from(&out[(*count)++], key, value);
        }
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err drop_old(struct txn *t, uint64_t now_s)
{
    struct draft_info old[DRAFTS_MAX];
    unsigned count = 0;
    enum err err = scan(t, now_s, true, old, &count);
    for (unsigned i = 0; err == OK && i < count; i++) {
        err = table_del(t, TABLE_DRAFT, key_of(old[i].id));
    }
    return err;
}

static enum err check_room(struct txn *t, uint64_t now_s, size_t more)
{
    struct draft_info held[DRAFTS_MAX];
    uint64_t total = more;
    unsigned count = 0;
    enum err err = scan(t, now_s, false, held, &count);
    for (unsigned i = 0; i < count; i++) {
        total += held[i].bytes;
    }
    return err == OK && (count >= DRAFTS_MAX || total > DRAFTS_TOTAL_BYTES) ? ERR_BUSY : err;
}

static enum err put(struct txn *t, const char *id, uint64_t created_s, struct span draft)
{
    uint8_t *room = NULL;
    enum err err = table_reserve(t, TABLE_DRAFT, key_of(id), CREATED_BYTES + draft.len, &room);
    if (err == OK) {
        store_u64(room, created_s);
        memcpy(room + CREATED_BYTES, draft.data, draft.len);
    }
    return err;
}

static enum err fresh_id(struct txn *t, char id[DRAFT_ID_BYTES])
{
    struct span value;
    uint8_t random[(DRAFT_ID_BYTES - 1) / 2];
    enum err err = OK;
    while (err == OK) {
        random_bytes(random, sizeof random);
        err = hex_encode(id, DRAFT_ID_BYTES, span_of(random, sizeof random));
        if (err == OK) {
            err = table_get(t, TABLE_DRAFT, key_of(id), &value);
        }
    }
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err finish(struct txn *t, enum err err)
{
    if (err == OK) {
        return txn_commit(t);
    }
    txn_abort(t);
    return err;
}

static enum err size_check(struct span draft)
{
    if (draft.len == 0) {
        return ERR_FORMAT;
    }
    return draft.len > DRAFT_MAX_BYTES ? ERR_TOO_LARGE : OK;
}

enum err drafts_add(struct store *s, struct span draft, uint64_t now_s, char id[DRAFT_ID_BYTES])
{
    struct txn *t = NULL;
    enum err err = size_check(draft);
    if (err == OK) {
        err = txn_write(s, &t);
    }
    if (err != OK) {
        return err;
    }
    err = drop_old(t, now_s);
    if (err == OK) {
        err = check_room(t, now_s, draft.len);
    }
    if (err == OK) {
        err = fresh_id(t, id);
    }
    return finish(t, err != OK ? err : put(t, id, now_s, draft));
}

static enum err held(struct txn *t, const char *id, uint64_t now_s, struct span *value)
{
    enum err err = id_valid(id) ? table_get(t, TABLE_DRAFT, key_of(id), value) : ERR_NOTFOUND;
    return err == OK && outdated(*value, now_s) ? ERR_NOTFOUND : err;
}

enum err drafts_replace(struct store *s, const char *id, struct span draft, uint64_t now_s)
{
    struct txn *t = NULL;
    struct span old;
    enum err err = size_check(draft);
    if (err == OK) {
        err = txn_write(s, &t);
    }
    if (err != OK) {
        return err;
    }
    err = held(t, id, now_s, &old);
    return finish(t, err != OK ? err : put(t, id, created(old), draft));
}

enum err drafts_get(struct store *s, const char *id, uint64_t now_s, struct buffer *out)
{
    struct txn *t = NULL;
    struct span value;
    enum err err = txn_read(s, &t);
    if (err != OK) {
        return err;
    }
    err = held(t, id, now_s, &value);
    if (err == OK && value.len < CREATED_BYTES) {
        err = ERR_CORRUPT;
    }
    if (err == OK) {
        err = buffer_put(out, value.data + CREATED_BYTES, value.len - CREATED_BYTES);
    }
    txn_abort(t);
    return err;
}

enum err drafts_remove(struct store *s, const char *id)
{
    struct txn *t = NULL;
    enum err err = id_valid(id) ? txn_write(s, &t) : ERR_NOTFOUND;
    return err != OK ? err : finish(t, table_del(t, TABLE_DRAFT, key_of(id)));
}

enum err drafts_list(struct store *s, uint64_t now_s, struct draft_info out[DRAFTS_MAX],
                     unsigned *count)
{
    struct txn *t = NULL;
    enum err err = txn_read(s, &t);
    if (err == OK) {
        err = scan(t, now_s, false, out, count);
        txn_abort(t);
    }
    return err;
}
