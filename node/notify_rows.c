#include "node/notify_rows.h"

#include <string.h>

enum row { ROW_BEGUN = 'B', ROW_SCANNED = 'P', ROW_EVENT = 'Q', ROW_OPEN = 'W' };
enum { KEY_BYTES = 13 };

struct key { size_t len; uint8_t b[KEY_BYTES]; };

static struct span span_of_key(const struct key *k)
{
    return span_of(k->b, k->len);
}

static struct key key_begun(void)
{
    return (struct key){.len = 1, .b = {ROW_BEGUN}};
}

static struct key key_scanned(struct log_no log)
{
    struct key k = {.len = 5, .b = {ROW_SCANNED}};
    store_u32(k.b + 1, log.v);
    return k;
}

static struct key key_event(uint64_t seq)
{
    struct key k = {.len = 9, .b = {ROW_EVENT}};
    store_u64(k.b + 1, seq);
    return k;
}

static struct key key_open(struct position at)
{
    struct key k = {.len = 13, .b = {ROW_OPEN}};
    store_u32(k.b + 1, at.log.v);
    store_u64(k.b + 5, at.index);
    return k;
}

/* The first row of this kind at or behind `from`; its key in *found. */
static enum err next_row(struct txn *t, const struct key *from, struct key *found)
{
    struct cursor *c = NULL;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_NOTIFY, span_of_key(from), &c);
    if (err == OK) {
        err = cursor_next(c, &key, &value);
    }
    if (err == OK && (key.len != from->len || key.data[0] != from->b[0])) {
        err = ERR_NOTFOUND;
    }
    if (err == OK) {
        *found = (struct key){.len = key.len};
        memcpy(found->b, key.data, key.len);
    }
    cursor_close(c);
    return err;
}

enum err notify_begun(struct txn *t, bool *begun)
{
    const struct key k = key_begun();
    struct span value;
    enum err err = table_get(t, TABLE_NOTIFY, span_of_key(&k), &value);
    *begun = err == OK;
    return err == ERR_NOTFOUND ? OK : err;
}

enum err notify_begin(struct txn *t)
{
    const struct key k = key_begun();
    return table_put(t, TABLE_NOTIFY, span_of_key(&k), span_of("", 0));
}

enum err notify_scanned_get(struct txn *t, struct log_no log, uint64_t *size)
{
    const struct key k = key_scanned(log);
    struct span value;
    enum err err = table_get(t, TABLE_NOTIFY, span_of_key(&k), &value);
    *size = err == OK && value.len == 8 ? load_u64(value.data) : 0;
    return err == ERR_NOTFOUND ? OK : err;
}

enum err notify_scanned_put(struct txn *t, struct log_no log, uint64_t size)
{
    const struct key k = key_scanned(log);
    uint8_t value[8];
    store_u64(value, size);
    return table_put(t, TABLE_NOTIFY, span_of_key(&k), span_of(value, sizeof value));
}

enum err notify_open_put(struct txn *t, struct position at)
{
    const struct key k = key_open(at);
    return table_put(t, TABLE_NOTIFY, span_of_key(&k), span_of("", 0));
}

enum err notify_open_del(struct txn *t, struct position at)
{
    const struct key k = key_open(at);
    return table_del(t, TABLE_NOTIFY, span_of_key(&k));
}

enum err notify_open_next(struct txn *t, struct position *at)
{
    const struct key from = key_open(*at);
    struct key found;
    enum err err = next_row(t, &from, &found);
    if (err == OK) {
        *at = (struct position){{load_u32(found.b + 1)}, load_u64(found.b + 5)};
    }
    return err;
}

enum err notify_event_put(struct txn *t, uint64_t seq, struct span event)
{
    const struct key k = key_event(seq);
    return table_put(t, TABLE_NOTIFY, span_of_key(&k), event);
}

enum err notify_event_get(struct txn *t, uint64_t seq, struct span *event)
{
    const struct key k = key_event(seq);
    return table_get(t, TABLE_NOTIFY, span_of_key(&k), event);
}

enum err notify_event_del(struct txn *t, uint64_t seq)
{
    const struct key k = key_event(seq);
    return table_del(t, TABLE_NOTIFY, span_of_key(&k));
}

enum err notify_event_next(struct txn *t, uint64_t *seq)
{
    const struct key from = key_event(*seq);
    struct key found;
    enum err err = next_row(t, &from, &found);
    if (err == OK) {
        *seq = load_u64(found.b + 1);
    }
    return err;
}
