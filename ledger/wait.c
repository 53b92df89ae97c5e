/* Cases that wait for something not held: a law (size of the convenor's log) or an entry id. */
#include <string.h>

#include "ledger/internal.h"

enum { LAW_KEY_BYTES = 1 + 8 + HASH_BYTES, ID_KEY_BYTES = 1 + HASH_BYTES + HASH_BYTES };

_Static_assert((int)ID_KEY_BYTES == (int)WAIT_KEY_MAX_BYTES, "the longest key");

void wait_law_key(struct wait_key *out, uint64_t law, const struct hash *case_id)
{
    out->len = LAW_KEY_BYTES;
    out->b[0] = 'L';
    store_u64(out->b + 1, law);
    memcpy(out->b + 9, case_id->b, HASH_BYTES);
}

void wait_id_key(struct wait_key *out, const struct hash *id, const struct hash *case_id)
{
    out->len = ID_KEY_BYTES;
    out->b[0] = 'I';
    memcpy(out->b + 1, id->b, HASH_BYTES);
    memcpy(out->b + 1 + HASH_BYTES, case_id->b, HASH_BYTES);
}

enum err wait_put(struct txn *t, const struct wait_key *key)
{
    return table_put(t, TABLE_WAIT, span_of(key->b, key->len), span_of("", 0));
}

/* First key from `from` on, copied, or ERR_NOTFOUND. */
static enum err first_key(struct txn *t, struct span from, uint8_t *out, size_t len)
{
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_WAIT, from, &c);
    if (err != OK)
        return err;
    err = cursor_next(c, &key, &value);
    if (err == OK && key.len != len)
        err = ERR_NOTFOUND;
    if (err == OK)
        memcpy(out, key.data, len);
    cursor_close(c);
    return err;
}

enum err wait_law_take(struct txn *t, uint64_t folded, struct hash *case_id)
{
    uint8_t key[LAW_KEY_BYTES];
    enum err err = first_key(t, span_of("L", 1), key, sizeof key);
    if (err != OK)
        return err;
    if (key[0] != 'L' || load_u64(key + 1) > folded)
        return ERR_NOTFOUND;
    memcpy(case_id->b, key + 9, HASH_BYTES);
    return table_del(t, TABLE_WAIT, span_of(key, sizeof key));
}

enum err wait_id_take(struct txn *t, const struct hash *id, struct hash *case_id)
{
    uint8_t key[ID_KEY_BYTES], from[1 + HASH_BYTES];
    from[0] = 'I';
    memcpy(from + 1, id->b, HASH_BYTES);
    enum err err = first_key(t, span_of(from, sizeof from), key, sizeof key);
    if (err != OK)
        return err;
    if (memcmp(key, from, sizeof from) != 0)
        return ERR_NOTFOUND;
    memcpy(case_id->b, key + sizeof from, HASH_BYTES);
    return table_del(t, TABLE_WAIT, span_of(key, sizeof key));
}
