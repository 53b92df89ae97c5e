#include <string.h>

#include "ledger/log/log.h"
#include "ledger/log/log_key.h"
#include "ledger/log/log_record.h"

enum err log_head(struct txn *t, struct log_no no, struct span *note)
{
    struct log stored;
    enum err err = log_state_get(t, no, &stored, note);
    return err == OK && note->len == 0 ? ERR_NOTFOUND : err;
}

enum err log_head_put(struct txn *t, struct log *log, struct span note, uint64_t size)
{
    struct log next = *log;
    if (note.len > NOTE_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (size < log->head_size)
        return ERR_OLD_HEAD;
    next.head_size = size;
    enum err err = log_state_put(t, &next, note);
    if (err == OK)
        log->head_size = size;
    return err;
}

static int span_compare(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static enum err evidence_encode(struct span a, struct span b, const struct proof *proof,
                                struct buffer *out)
{
    bool swap = span_compare(a, b) > 0;
    struct span first = swap ? b : a, second = swap ? a : b;
    enum err err = buffer_put_u32(out, (uint32_t)first.len);
    if (err == OK)
        err = buffer_put(out, first.data, first.len);
    if (err == OK)
        err = buffer_put_u32(out, (uint32_t)second.len);
    if (err == OK)
        err = buffer_put(out, second.data, second.len);
    for (unsigned i = 0; err == OK && proof != NULL && i < proof->count; i++)
        err = buffer_put(out, proof->hashes[i].b, HASH_BYTES);
    return err;
}

/* ERR_EXISTS when held; else *n is the next free number. */
static enum err evidence_find(struct txn *t, struct log_no no, struct span evidence, uint32_t *n)
{
    for (*n = 0; *n < LOG_FORKS_MAX; ++*n) {
        struct span held;
        struct log_key key = log_key_numbered(no, *n);
        enum err err = table_get(t, TABLE_FORK, log_key_span(&key), &held);
        if (err == ERR_NOTFOUND)
            return OK;
        if (err != OK)
            return err;
        if (span_compare(held, evidence) == 0)
            return ERR_EXISTS;
    }
    return ERR_EXISTS;
}

enum err log_fork_get(struct txn *t, struct log_no no, uint32_t n, struct span notes[2],
                      struct proof *proof)
{
    const struct log_key key = log_key_numbered(no, n);
    struct span value;
    struct reader r;
    enum err err = table_get(t, TABLE_FORK, log_key_span(&key), &value);
    if (err != OK)
        return err;
    reader_init(&r, value);
    for (unsigned i = 0; i < 2; i++)
        notes[i] = read_span(&r, read_u32(&r));
    size_t left = r.failed ? 0 : reader_left(&r);
    if (r.failed || left % HASH_BYTES != 0 || left / HASH_BYTES > PROOF_MAX_HASHES)
        return ERR_CORRUPT;
    proof->count = (unsigned)(left / HASH_BYTES);
    for (unsigned i = 0; i < proof->count; i++)
        memcpy(proof->hashes[i].b, read_span(&r, HASH_BYTES).data, HASH_BYTES);
    return OK;
}

enum err log_fork_put(struct txn *t, struct log_no no, struct span a, struct span b,
                      const struct proof *proof)
{
    struct buffer evidence = {0};
    uint32_t n = 0;
    if (a.len > NOTE_MAX_BYTES || b.len > NOTE_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err err = evidence_encode(a, b, proof, &evidence);
    if (err == OK)
        err = evidence_find(t, no, buffer_span(&evidence), &n);
    if (err == OK) {
        struct log_key key = log_key_numbered(no, n);
        err = table_put(t, TABLE_FORK, log_key_span(&key), buffer_span(&evidence));
    }
    buffer_clear(&evidence);
    return err == ERR_EXISTS ? OK : err;
}
