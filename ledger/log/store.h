/* The one LMDB environment of a home (db/data.mdb): named tables of byte keys and values, read and
 * write transactions, cursors. The only file that includes <lmdb.h>. Flags 0 plus MDB_NOTLS, a
 * huge map, never WRITEMAP or NOSYNC. Values read borrow from the transaction. */
#ifndef JIELI_LEDGER_LOG_STORE_H
#define JIELI_LEDGER_LOG_STORE_H

#include "crypto/bytes.h"

enum table {
    TABLE_META,       /* text → anything: format version, ledger id, own member, folded size */
    TABLE_LOGS,       /* log_no u32 → what never changes: member, epoch, node key, origin */
    TABLE_ENTRY,      /* log_no u32 ‖ index u64 → leaf hash 32 ‖ entry: the open bundle */
    TABLE_BUNDLE,     /* log_no u32 ‖ bundle u32 → 256 entries with leaf hashes */
    TABLE_TILE,       /* log_no u32 ‖ level u8 ‖ n u32 → up to 256 hashes, levels 1.. */
    TABLE_HEAD,       /* log_no u32 → sizes, frontier, newest signed checkpoint note */
    TABLE_ID,         /* rows (runs.h): first 8 bytes of entry id → position */
    TABLE_NONCE,      /* rows: first 8 bytes of SHA-256(key ‖ nonce) → position */
    TABLE_GOV,        /* log_no u32 ‖ index u64 → "" valid governance, 01 a void enrolment */
    TABLE_CASE,       /* case id → folded state */
    TABLE_CASE_ENTRY, /* rows: case id → position of an entry of the case */
    TABLE_CASE_NEW,   /* complement of the claimed time of opening u64 ‖ case id → "" */
    TABLE_CASE_OF,    /* "C" custodian ‖ 0 ‖ ended ‖ ~time ‖ case id → "", "N" number → "" */
    TABLE_VERDICT,    /* log_no u32 ‖ index u64 → verdict of what is not plainly valid */
    TABLE_WAIT,       /* "L" law u64 ‖ case id, "I" entry id ‖ case id → "" */
    TABLE_DRAFT,      /* draft id → draft */
    TABLE_FORK,       /* log_no u32 ‖ n → evidence: two signed notes */
    TABLE_COSIGN,     /* log_no u32 ‖ cosigner's log_no u32 ‖ size u64 → a cosignature kept */
    TABLE_NOTIFY,     /* the node's own: node/notify_rows.h */
    TABLE_COUNT
};

struct store;
struct txn;
struct cursor;

/* Opens (and with `create` makes) `dir`/data.mdb. ERR_LOCKED is not decided here: see home.h.
 * ERR_NOTFOUND, ERR_IO, ERR_UNSUPPORTED (a newer format), ERR_CORRUPT (no store, or shorter than
 * its newest commit needs, or without one of its tables). Bytes that the disk will not give, and
 * pages that LMDB finds broken, end the process by SIGBUS: the programs say so in their words. */
MUST_CHECK enum err store_open(struct store **out, const char *dir, bool create, bool read_only);
void store_close(struct store *s);             /* NULL is fine */
/* Frees readers of dead processes; call at start and every 10 minutes. */
MUST_CHECK enum err store_reap_readers(struct store *s);
/* Bytes of the data file in use and as large as it is on disk. */
MUST_CHECK enum err store_size(struct store *s, uint64_t *used_bytes, uint64_t *file_bytes);

/* Called before and after each durable commit, on the thread that commits: for measuring. */
enum store_moment { STORE_COMMITS, STORE_COMMITTED };
typedef void store_watcher(void *ctx, enum store_moment moment);
void store_on_commit(struct store *s, store_watcher *call, void *ctx);

MUST_CHECK enum err txn_read(struct store *s, struct txn **out);
/* ERR_PERMISSION on a store opened read-only. */
MUST_CHECK enum err txn_write(struct store *s, struct txn **out);
/* Durable when OK. ERR_DISK_FULL, ERR_NOMEM, ERR_TOO_LARGE and whatever a write of this
 * transaction failed with before: nothing stored. ERR_UNCERTAIN: the process must end, and
 * txn_write refuses from now on, for what is in memory may be ahead of the store. Frees txn in
 * every case. */
MUST_CHECK enum err txn_commit(struct txn *t);
void txn_abort(struct txn *t);                  /* NULL is fine */
/* A long reader gives its snapshot back and takes the newest one: borrowed values die. */
MUST_CHECK enum err txn_renew(struct txn *t);

MUST_CHECK enum err table_get(struct txn *t, enum table table, struct span key, struct span *value);
MUST_CHECK enum err table_put(struct txn *t, enum table table, struct span key, struct span value);
/* As table_put, key must be greater than all in the table (MDB_APPEND): ERR_RANGE otherwise. */
MUST_CHECK enum err table_append(struct txn *t, enum table table, struct span key,
                                 struct span value);
/* Room for a value of `len` to be written by the caller before the next write on txn (reads may
 * come between: values read before this call may have died, those read after it live). */
MUST_CHECK enum err table_reserve(struct txn *t, enum table table, struct span key, size_t len,
                                  uint8_t **room);
MUST_CHECK enum err table_del(struct txn *t, enum table table, struct span key); /* NOTFOUND */
MUST_CHECK enum err table_count(struct txn *t, enum table table, uint64_t *count);

/* A cursor starts before `from` (NULL span: the beginning); each next gives key and value;
 * ERR_NOTFOUND at the end and ever after. cursor_prev walks down from the first key < from (NULL:
 * from the end). */
MUST_CHECK enum err cursor_open(struct txn *t, enum table table, struct span from,
                                struct cursor **out);
MUST_CHECK enum err cursor_next(struct cursor *c, struct span *key, struct span *value);
MUST_CHECK enum err cursor_prev(struct cursor *c, struct span *key, struct span *value);
void cursor_close(struct cursor *c);

#endif
