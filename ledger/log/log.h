/* One member's append-only log in the store: entries, leaf hashes, tiles and the newest checkpoint.
 * Everything here runs inside a transaction of the caller; nothing is judged here but hashes.
 *
 * Invariants, asserted: size == frontier.size; entries [0, size & ~255) live in TABLE_BUNDLE, the
 * rest in TABLE_ENTRY; TABLE_TILE level L holds floor(size / 256^L) hashes. */
#ifndef JIELI_LEDGER_LOG_LOG_H
#define JIELI_LEDGER_LOG_LOG_H

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "ledger/log/entry.h"
#include "ledger/log/store.h"

struct log_no { uint32_t v; };                 /* number of a log within this store */
struct position { struct log_no log; uint64_t index; };

/* The stored record of a log (layout: log_record.h); fits in memory for every log of the ledger. */
struct log {
    struct log_no no;
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch;
    struct pubkey node_key;        /* signs this log's checkpoints */
    char origin[ORIGIN_MAX_BYTES + 1];
    struct frontier frontier;      /* frontier.size entries are stored */
    uint64_t head_size;            /* size of the newest checkpoint held (0: none) */
};

/* Adds a log with the next number. ERR_EXISTS, ERR_TOO_LARGE. */
MUST_CHECK enum err log_create(struct txn *t, const char *member, uint32_t epoch,
                               const struct pubkey *node_key, const char *origin,
                               struct log *out);
MUST_CHECK enum err log_load(struct txn *t, struct log_no no, struct log *out);
MUST_CHECK enum err log_count(struct txn *t, uint32_t *count);
/* "<domain>/<first 16 hex of ledger id>/<member>/<epoch>". */
MUST_CHECK enum err log_origin(const char *domain, const struct hash *ledger, const char *member,
                               uint32_t epoch, char out[ORIGIN_MAX_BYTES + 1]);

/* Appends entries [log->frontier.size, +count); leaves[i] is entry i's leaf hash, computed by the
 * caller from these bytes. Updates *log and its stored record, moves a full bundle together.
 * After an abort or a failed commit *log must be loaded again. ERR_TOO_LARGE (an entry over its
 * limit: nothing written); any other error: abort. */
MUST_CHECK enum err log_append(struct txn *t, struct log *log, const struct span *entries,
                               const struct hash *leaves, size_t count);
/* Borrowed bytes of one entry, its leaf hash checked. ERR_NOTFOUND, ERR_CORRUPT. */
MUST_CHECK enum err log_read(struct txn *t, struct log_no no, uint64_t index, struct span *entry);
/* One entry decoded, borrowed from the store, its leaf hash checked. ERR_NOTFOUND, ERR_CORRUPT, and
 * those of entry_decode for bytes that never were an entry. */
MUST_CHECK enum err log_entry(struct txn *t, struct log_no no, uint64_t index, struct entry *out);
/* The same in two steps, so that the bytes are on their way from memory while others are decoded:
 * where an entry lies (nothing checked yet), and the entry. */
struct located { struct hash leaf; struct span bytes; };
MUST_CHECK enum err log_locate(struct txn *t, struct log_no no, uint64_t index,
                               struct located *out);
MUST_CHECK enum err located_entry(const struct located *found, struct entry *out);
/* The stored leaf hash alone (the entry id), entry bytes not looked at. */
MUST_CHECK enum err log_leaf(struct txn *t, struct log_no no, uint64_t index, struct hash *leaf);
/* Stored leaf hashes of entries [index, index + count), all within one bundle. */
MUST_CHECK enum err log_leaves(struct txn *t, struct log_no no, uint64_t index,
                               struct hash *leaves, size_t count);
/* Borrowed bytes of up to max consecutive entries from `index` within one bundle, unchecked
 * (audits and peers check): *count tells how many. */
MUST_CHECK enum err log_read_run(struct txn *t, struct log_no no, uint64_t index,
                                 struct span *entries, size_t max, size_t *count);
/* Stored subtrees of this log, for merkle_*; ctx lives in *reader_state of the caller. */
struct log_hashes { struct txn *txn; struct log_no no; };
struct hash_reader log_hash_reader(struct log_hashes *state);
/* Root of the first `size` entries; ERR_RANGE beyond what is stored. */
MUST_CHECK enum err log_root(struct txn *t, const struct log *log, uint64_t size,
                             struct hash *out);

/* The newest checkpoint note. ERR_NOTFOUND. log_head_put refuses a smaller one: ERR_OLD_HEAD. */
MUST_CHECK enum err log_head(struct txn *t, struct log_no no, struct span *note);
MUST_CHECK enum err log_head_put(struct txn *t, struct log *log, struct span note, uint64_t size);

/* Two notes that cannot be one tree, kept for ever; where the one is larger than what is held, with
 * the consistency proof that leads to it from another root at the size of the other, else NULL.
 * Repeats are kept once, in either order; after LOG_FORKS_MAX pairs of one log nothing more is
 * added, for one proves the fork. Value: u32 length ‖ note ‖ u32 length ‖ note ‖ hashes of the
 * proof, the bytewise smaller note first. */
enum { LOG_FORKS_MAX = 64 };
MUST_CHECK enum err log_fork_put(struct txn *t, struct log_no no, struct span a, struct span b,
                                 const struct proof *proof);
/* The n-th pair, notes borrowed, the proof empty where none is kept. ERR_NOTFOUND, ERR_CORRUPT. */
MUST_CHECK enum err log_fork_get(struct txn *t, struct log_no no, uint32_t n,
                                 struct span notes[2], struct proof *proof);

#endif
