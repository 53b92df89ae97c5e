/* What the files of the engine share. Nothing outside ledger/ *.c includes this. */
#ifndef JIELI_LEDGER_INTERNAL_H
#define JIELI_LEDGER_INTERNAL_H

#include "ledger/judge.h"
#include "ledger/ledger.h"
#include "ledger/log/log_key.h"

enum { POSITION_BYTES = 8 };

struct log_slot {
    struct log log;
    struct member_no member;
    struct log_tail tail;
};

struct ledger {
    char home[4096];
    struct genesis genesis;
    enum ledger_mode mode;
    struct store *store;
    struct roster *roster;
    struct gate *gate;
    const struct verifier *verifier;
    const struct signkey *node_key;
    int lock_fd;
    char member[ID_MAX_BYTES + 1];     /* our own id as configured, "" for an observer */
    unsigned log_count;
    struct log_slot *logs[LOGS_MAX];
    uint64_t folded;                   /* convenor's log below which all is folded */
    struct txn *read;                  /* the read transaction of ledger_txn, or NULL */
    ledger_changed *changed;
    void *changed_ctx;
};

/* An entry on its way in: decoded, with what was found about it before the fold. */
struct intake {
    struct entry entry;
    bool decoded, sig_ok;
};

/* One write: its transaction, the cases it touched and what the roster learned. */
struct batch {
    struct ledger *l;
    struct txn *txn;
    struct hash *touched;              /* case ids to be folded, unique */
    size_t touched_count, touched_cap;
    uint64_t folded;                   /* becomes ledger.folded when committed */
    bool any_waits;                    /* TABLE_WAIT is not empty */
};

/* ---- open.c ---- */
/* Logs that the store holds and memory does not yet; in a writable ledger also a new log for every
 * member that has none. */
MUST_CHECK enum err logs_load(struct ledger *l, struct txn *t);
/* Roster, logs and folded size as they stand in t: at start, and after a write that failed. */
MUST_CHECK enum err ledger_reload(struct ledger *l, struct txn *t);
/* The same in a transaction of its own after `why` made a write fail; returns `why`. */
enum err ledger_restore(struct ledger *l, enum err why);
/* Opens the gate of our own log unless it is open: a member admitted while we run. */
MUST_CHECK enum err ledger_gate(struct ledger *l);

/* ---- verify.c ---- */
/* Signatures of decoded entries, on the node's pool where there is one. */
void verify_entries(const struct ledger *l, const struct entry *const *entries, size_t count,
                    bool *ok);
struct log_slot *log_slot_of(struct ledger *l, struct member_no member);
struct log_slot *log_slot_at(struct ledger *l, struct log_no no);
struct place place_in(const struct ledger *l, const struct log_slot *slot, uint64_t index);
MUST_CHECK enum err tail_store(struct txn *t, const struct log_slot *slot);
MUST_CHECK enum err tail_load(struct txn *t, struct log_slot *slot);

/* ---- receive.c ---- */
/* The log of this origin. ERR_UNKNOWN_MEMBER: a name of our ledger, not held; ERR_WRONG_LEDGER. */
MUST_CHECK enum err log_slot_named(struct ledger *l, const char *origin, struct log_slot **out);

/* ---- access.c ---- */
void ledger_drop_read(struct ledger *l);

/* ---- batch.c ---- */
void batch_init(struct batch *b, struct ledger *l, struct txn *t);
void batch_clear(struct batch *b);
MUST_CHECK enum err batch_touch(struct batch *b, const struct hash *case_id);
/* Touches the cases that wait for the entry of this id. */
MUST_CHECK enum err batch_wake(struct batch *b, const struct hash *id);
/* After every entry is in: folds what was touched or waited, advances the folded size. */
MUST_CHECK enum err batch_fold(struct batch *b);

/* ---- intake.c ---- */
/* Judges and indexes entries [from, from + count) of a log, already appended to it; `before` is the
 * log's frontier as it stood at `from`. */
MUST_CHECK enum err intake_run(struct batch *b, struct log_slot *slot,
                               const struct frontier *before, struct intake *items, size_t count);

/* ---- index.c: how positions, verdicts and lists are written in the tables ---- */
void position_encode(uint8_t out[POSITION_BYTES], struct position p);
struct position position_decode(const uint8_t in[POSITION_BYTES]);

MUST_CHECK enum err index_id_put(struct txn *t, const struct hash *id, struct position p);
MUST_CHECK enum err index_id_get(struct txn *t, const struct hash *id, struct position *p);
/* ERR_EXISTS: this log used this key and nonce before. */
MUST_CHECK enum err index_nonce_put(struct txn *t, const struct entry *e, struct position p);
MUST_CHECK enum err index_nonce_check(struct txn *t, struct log_no no, const struct entry *e);
MUST_CHECK enum err index_case_add(struct txn *t, const struct hash *case_id, struct position p);
MUST_CHECK enum err index_case_get(struct txn *t, const struct hash *case_id,
                                   struct position **out, size_t *count);   /* caller frees */

/* A plain valid entry has no row. */
MUST_CHECK enum err verdict_put(struct txn *t, struct position p, const struct verdict_row *row);
MUST_CHECK enum err verdict_get(struct txn *t, struct position p, struct verdict_row *row);

MUST_CHECK enum err wait_law_put(struct txn *t, uint64_t law, const struct hash *case_id);
MUST_CHECK enum err wait_id_put(struct txn *t, const struct hash *id, const struct hash *case_id);
/* Takes one case out that waited for a law <= folded, or for id. ERR_NOTFOUND: none. */
MUST_CHECK enum err wait_law_take(struct txn *t, uint64_t folded, struct hash *case_id);
MUST_CHECK enum err wait_id_take(struct txn *t, const struct hash *id, struct hash *case_id);

MUST_CHECK enum err state_put(struct ledger *l, struct txn *t, const struct case_state *now);
MUST_CHECK enum err state_get(struct ledger *l, struct txn *t, const struct hash *case_id,
                              struct case_state *out);

/* ---- refold.c ---- */
MUST_CHECK enum err refold_load(struct ledger *l, struct txn *t, const struct hash *case_id,
                                uint64_t folded, struct case_fold **out);
MUST_CHECK enum err refold_case(struct batch *b, const struct hash *case_id);

#endif
