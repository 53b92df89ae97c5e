/* Folded cases in the store: the state, and the lists by which people find them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

enum { NEW_KEY_BYTES = 8 + HASH_BYTES };

_Static_assert(1 + CASE_NUMBER_BYTES <= LIST_KEY_MAX_BYTES, "a number fits");

/* "C" custodian 0 ended ~opened id: open cases first, then newest first. */
static void custodian_key(const struct ledger *l, const struct case_state *s, struct list_row *out)
{
    const char *id = roster_member(l->roster, s->custodian)->a.id;
    size_t n = 0;
    out->key[n++] = 'C';
    memcpy(out->key + n, id, strlen(id) + 1);
    n += strlen(id) + 1;
    out->key[n++] = s->phase == CASE_ENDED;
    store_u64(out->key + n, ~s->opened_s);
    n += 8;
    memcpy(out->key + n, s->id.b, HASH_BYTES);
    out->table = TABLE_CASE_OF;
    out->len = (uint8_t)(n + HASH_BYTES);
}

/* The case appears for the first time: its number, its place among the newest. */
static enum err list_new(struct state_rows *rows, const struct ledger *l,
                         const struct case_state *s)
{
    char number[CASE_NUMBER_BYTES];
    struct list_row *row = &rows->lists[rows->list_count++];
    enum err err = case_number_format(number, roster_member(l->roster, s->opener)->a.id,
                                      s->opened_s, s->opened_epoch, s->opened_index);
    if (err != OK)
        return err;
    row->table = TABLE_CASE_OF;
    row->key[0] = 'N';
    memcpy(row->key + 1, number, strlen(number));
    row->len = (uint8_t)(1 + strlen(number));
    row = &rows->lists[rows->list_count++];
    row->table = TABLE_CASE_NEW;
    store_u64(row->key, ~s->opened_s);
    memcpy(row->key + 8, s->id.b, HASH_BYTES);
    row->len = NEW_KEY_BYTES;
    return OK;
}

static void list_move(struct state_rows *rows, const struct ledger *l,
                      const struct case_state *was, const struct case_state *now)
{
    struct list_row *to = &rows->lists[rows->list_count++];
    custodian_key(l, now, to);
    if (was == NULL)
        return;
    struct list_row *from = &rows->lists[rows->list_count];
    custodian_key(l, was, from);
    if (from->len == to->len && memcmp(from->key, to->key, to->len) == 0) {
        rows->list_count--;
        return;
    }
    from->gone = true;
    rows->list_count++;
}

enum err state_get(const struct ledger *l, struct txn *t, const struct hash *case_id,
                   struct case_state *out)
{
    struct span value;
    enum err err = table_get(t, TABLE_CASE, span_of(case_id->b, HASH_BYTES), &value);
    return err == OK ? case_state_decode(out, l->roster, value) : err;
}

enum err state_rows_init(struct state_rows *rows, const struct ledger *l,
                         const struct case_state *was, const struct case_state *now)
{
    *rows = (struct state_rows){.id = now->id};
    enum err err = case_state_encode(now, l->roster, &rows->state);
    if (err != OK || now->phase == CASE_NONE)
        return err;
    if (was != NULL && was->phase == CASE_NONE)
        was = NULL;
    if (was == NULL)
        err = list_new(rows, l, now);
    if (err == OK)
        list_move(rows, l, was, now);
    return err;
}

void state_rows_clear(struct state_rows *rows)
{
    buffer_clear(&rows->state);
}

enum err state_rows_put(struct txn *t, const struct state_rows *rows)
{
    enum err err = table_put(t, TABLE_CASE, span_of(rows->id.b, HASH_BYTES),
                             buffer_span(&rows->state));
    for (unsigned i = 0; err == OK && i < rows->list_count; i++) {
        const struct list_row *row = &rows->lists[i];
        const struct span key = span_of(row->key, row->len);
        err = row->gone ? table_del(t, (enum table)row->table, key)
                        : table_put(t, (enum table)row->table, key, span_of("", 0));
        if (row->gone && err == ERR_NOTFOUND)
            err = OK;
    }
    return err;
}

enum err ledger_case_entries(struct ledger *l, const struct hash *case_id, struct position *out,
                             size_t max, size_t *count)
{
    struct position *list = NULL;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : index_case_get(l, t, case_id, &list, count);
    if (err == OK && *count > max)
        err = ERR_TOO_LARGE;
    if (err == OK)
        memcpy(out, list, *count * sizeof *list);
    free(list);
    return err;
}

/* One more than there is room for is counted, to tell that there are several. */
static void found_add(struct hash *out, size_t max, size_t *count, const uint8_t *id)
{
    if (*count < max)
        memcpy(out[*count].b, id, HASH_BYTES);
    ++*count;
}

/* A number names the place of the opening act, whose id is the id of the case. */
static enum err number_resolve(struct ledger *l, struct txn *t, struct span number,
                               struct hash *case_id)
{
    char text[CASE_NUMBER_BYTES], member[ID_MAX_BYTES + 1];
    unsigned year;
    uint32_t epoch;
    uint64_t index;
    bool bad_check;
    if (number.len >= sizeof text)
        return ERR_CORRUPT;
    memcpy(text, number.data, number.len);
    text[number.len] = '\0';
    if (case_number_parse(text, member, &year, &epoch, &index, &bad_check) != OK)
        return ERR_CORRUPT;
    const struct log *log = ledger_log(l, member, epoch);
    return log == NULL ? ERR_CORRUPT : log_leaf(t, log->no, index, case_id);
}

/* Case ids whose number begins as `prefix` does, up to max. */
static enum err scan_numbers(struct ledger *l, struct txn *t, struct span prefix,
                             struct hash *out, size_t max, size_t *count)
{
    struct hash id;
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_CASE_OF, prefix, &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK && *count <= max) {
        if (key.len < prefix.len || memcmp(key.data, prefix.data, prefix.len) != 0)
            break;
        err = number_resolve(l, t, span_of(key.data + 1, key.len - 1), &id);
        if (err != OK)
            break;
        found_add(out, max, count, id.b);
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

static bool is_hex(const char *text)
{
    size_t n = strspn(text, "0123456789abcdef");
    return text[n] == '\0' && n >= 8 && n <= 2 * HASH_BYTES;
}

/* Case ids whose hex digits begin with `text`. */
static enum err scan_hex(struct txn *t, const char *text, struct hash *out, size_t max,
                         size_t *count)
{
    uint8_t from[HASH_BYTES];
    char padded[2 * HASH_BYTES + 1], digits[2 * HASH_BYTES + 1];
    struct cursor *c;
    struct span key, value;
    size_t len;
    memset(padded, '0', sizeof padded - 1);
    memcpy(padded, text, strlen(text));
    enum err err = hex_decode(from, sizeof from, padded, sizeof padded - 1, &len);
    if (err == OK)
        err = cursor_open(t, TABLE_CASE, span_of(from, sizeof from), &c);
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK && *count <= max) {
        err = hex_encode(digits, sizeof digits, span_of(key.data, HASH_BYTES));
        if (err != OK || strncmp(digits, text, strlen(text)) != 0)
            break;
        found_add(out, max, count, key.data);
    }
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err ledger_find_case(struct ledger *l, const char *text, struct hash *out, size_t max,
                          size_t *count)
{
    char key[1 + CASE_NUMBER_BYTES];
    struct txn *t = ledger_txn(l);
    *count = 0;
    if (t == NULL)
        return ERR_IO;
    size_t len = strlen(text);
    enum err err = OK;
    if (len > 0 && len < CASE_NUMBER_BYTES) {
        key[0] = 'N';
        memcpy(key + 1, text, len);
        err = scan_numbers(l, t, span_of(key, len + 1), out, max, count);
    }
    if (err == OK && *count == 0 && is_hex(text))
        err = scan_hex(t, text, out, max, count);
    if (err == OK)
        err = *count == 0 ? ERR_NOTFOUND : *count > 1 ? ERR_RANGE : OK;
    if (*count > max)
        *count = max;
    return err;
}

static enum err cursor_start(const struct ledger *l, struct case_cursor *cursor)
{
    cursor->started = true;
    cursor->key_len = 0;
    if (cursor->custodian.v == MEMBER_NONE)
        return OK;
    if (cursor->custodian.v >= roster_member_count(l->roster))
        return ERR_NOTFOUND;
    const char *id = roster_member(l->roster, cursor->custodian)->a.id;
    cursor->key[cursor->key_len++] = 'C';
    memcpy(cursor->key + 1, id, strlen(id) + 1);
    cursor->key_len += strlen(id) + 1;
    return OK;
}

/* Whether key still belongs to the list that the cursor walks. */
static bool in_list(const struct case_cursor *cursor, struct span key)
{
    if (cursor->custodian.v == MEMBER_NONE)
        return key.len == NEW_KEY_BYTES;
    size_t prefix = 1 + strnlen((const char *)cursor->key + 1, ID_MAX_BYTES) + 1;
    return key.len == prefix + 1 + 8 + HASH_BYTES && memcmp(key.data, cursor->key, prefix) == 0;
}

enum err ledger_case_next(struct ledger *l, struct case_cursor *cursor, struct case_state *out)
{
    struct txn *t = ledger_txn(l);
    struct cursor *c;
    struct span key, value;
    enum err err = t == NULL ? ERR_IO : OK;
    if (err == OK && !cursor->started)
        err = cursor_start(l, cursor);
    if (err != OK)
        return err;
    enum table table = cursor->custodian.v == MEMBER_NONE ? TABLE_CASE_NEW : TABLE_CASE_OF;
    err = cursor_open(t, table, span_of(cursor->key, cursor->key_len), &c);
    if (err != OK)
        return err;
    err = cursor_next(c, &key, &value);
    if (err == OK && !in_list(cursor, key))
        err = ERR_NOTFOUND;
    if (err == OK) {
        struct hash id;
        memcpy(id.b, key.data + key.len - HASH_BYTES, HASH_BYTES);
        memcpy(cursor->key, key.data, key.len);
        cursor->key[key.len] = 0;                  /* the next call begins just after this key */
        cursor->key_len = key.len + 1;
        err = state_get(l, t, &id, out);
    }
    cursor_close(c);
    return err;
}
