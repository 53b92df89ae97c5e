/* What the files of the engine share. Nothing outside ledger/ *.c includes this. */
#ifndef JIELI_LEDGER_INTERNAL_H
#define JIELI_LEDGER_INTERNAL_H

#include "ledger/fresh.h"
#include "ledger/judge.h"
#include "ledger/ledger.h"
#include "ledger/log/log_key.h"

/* settled <= indexed <= log.frontier.size. Every stored entry is judged, applied to the roster and
 * known by its nonce; beyond `indexed` its rows are in memory, beyond `settled` no case has it. */
struct log_slot {
    struct log log;
    struct member_no member;
    struct log_tail tail;
    uint64_t indexed, settled;
    uint64_t target;                   /* what `settled` becomes when the settling under way ends */
};

struct settle;

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
    uint64_t writes;                   /* transactions begun so far */
    ledger_changed *changed;
    void *changed_ctx;
    bool defer;                        /* ledger_defer */
    struct fresh fresh;
    struct settle *settle;             /* under way between two steps, or NULL */
    bool settling;                     /* within a step: cases reach up to the targets */
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
    bool deferred;                     /* what comes in is settled later */
    struct fresh_mark fresh;
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
struct log_slot *log_slot_of(const struct ledger *l, struct member_no member);
struct log_slot *log_slot_at(const struct ledger *l, struct log_no no);
/* Up to where entries of a log are in their cases: settled, or within a step of settling, the
 * target. */
uint64_t settled_of(const struct ledger *l, const struct log_slot *slot);
struct place place_in(const struct ledger *l, const struct log_slot *slot, uint64_t index);
MUST_CHECK enum err tail_store(struct txn *t, const struct log_slot *slot);
MUST_CHECK enum err tail_load(struct txn *t, struct log_slot *slot);

/* ---- receive.c ---- */
/* The log of this origin. ERR_UNKNOWN_MEMBER: a name of our ledger, not held; ERR_WRONG_LEDGER. */
MUST_CHECK enum err log_slot_named(struct ledger *l, const char *origin, struct log_slot **out);

/* Whether the node found the entry's signatures good before its turn came; its id then. */
bool verifier_known(const struct ledger *l, struct span bytes, struct hash *id);
/* Any other work, on its cores where there are any. A job that was begun must be finished. */
void job_begin(const struct ledger *l, struct job *job);
void job_finish(const struct ledger *l, struct job *job);

/* ---- access.c ---- */
/* Begins to write; the snapshot of before is given back. */
MUST_CHECK enum err ledger_begin(struct ledger *l, struct txn **out);

/* ---- batch.c ---- */
void batch_init(struct batch *b, struct ledger *l, struct txn *t);
void batch_clear(struct batch *b);
MUST_CHECK enum err batch_touch(struct batch *b, const struct hash *case_id);
/* Touches the cases that wait for the entry of this id. */
MUST_CHECK enum err batch_wake(struct batch *b, const struct hash *id);
/* After every entry is in: folds what was touched or waited, advances the folded size. */
MUST_CHECK enum err batch_fold(struct batch *b);
/* The first entry of the convenor from `from` on, below `to`, that is not decided; else `to`. */
MUST_CHECK enum err folded_reach(const struct ledger *l, struct txn *t, uint64_t from, uint64_t to,
                                 uint64_t *out);

/* ---- intake.c ---- */
/* Judges and indexes entries [from, from + count) of a log, already appended to it; `before` is the
 * log's frontier as it stood at `from`, `leaves` are their hashes. */
MUST_CHECK enum err intake_run(struct batch *b, struct log_slot *slot,
                               const struct frontier *before, struct intake *items,
                               const struct hash *leaves, size_t count);

/* ---- suspend.c ---- */
/* Entries held beyond the size that a valid suspension names: judged anew, their cases folded, at
 * the end of the batch or, where that is deferred, at once. */
MUST_CHECK enum err suspend_rejudge(struct batch *b, const struct entry *suspension);

/* ---- index.c: where entries are found, and verdicts ---- */
MUST_CHECK enum err index_id_put(struct batch *b, const struct hash *id, struct position p);
/* Of what is settled: ERR_NOTFOUND. */
MUST_CHECK enum err index_id_get(const struct ledger *l, struct txn *t, const struct hash *id,
                                 struct position *p);
/* Of all that is stored; a ledger opened to be read knows no rows in memory. */
MUST_CHECK enum err index_id_stored(const struct ledger *l, struct txn *t, const struct hash *id,
                                    struct position *p);
/* First key and nonce of an entry, as they are indexed. */
uint64_t index_nonce(const struct entry *e);
MUST_CHECK enum err index_nonce_put(struct batch *b, uint64_t nonce, struct position p);
/* What a log holds already, settled or not: the entry; another with its first key and nonce. */
struct usage { bool held, repeated; };
MUST_CHECK enum err index_nonce_look(const struct ledger *l, struct txn *t, struct log_no no,
                                     uint64_t nonce, const struct entry *e, struct usage *out);
MUST_CHECK enum err index_case_add(struct batch *b, const struct hash *case_id,
                                   struct position p);
/* Settled entries of the case, log by log; the caller frees. ERR_NOTFOUND: none, nothing to be
 * freed. */
MUST_CHECK enum err index_case_get(const struct ledger *l, struct txn *t,
                                   const struct hash *case_id, struct position **out,
                                   size_t *count);

/* A plain valid entry has no row. */
MUST_CHECK enum err verdict_put(struct txn *t, struct position p, const struct verdict_row *row);
MUST_CHECK enum err verdict_get(struct txn *t, struct position p, struct verdict_row *row);

/* ---- wait.c: cases that wait for what is not held, rows of TABLE_WAIT ---- */
enum { WAIT_KEY_MAX_BYTES = 1 + 2 * HASH_BYTES };
struct wait_key { uint8_t len, b[WAIT_KEY_MAX_BYTES]; };          /* the case is its end */
void wait_law_key(struct wait_key *out, uint64_t law, const struct hash *case_id);
void wait_id_key(struct wait_key *out, const struct hash *id, const struct hash *case_id);
MUST_CHECK enum err wait_put(struct txn *t, const struct wait_key *key);
/* Takes one case out that waited for a law <= folded, or for id. ERR_NOTFOUND: none. */
MUST_CHECK enum err wait_law_take(struct txn *t, uint64_t folded, struct hash *case_id);
MUST_CHECK enum err wait_id_take(struct txn *t, const struct hash *id, struct hash *case_id);

/* ---- cases.c ---- */
/* What a case that was folded changes in the tables of cases. */
enum { STATE_LISTS_MAX = 3, LIST_KEY_MAX_BYTES = 1 + ID_MAX_BYTES + 1 + 1 + 8 + HASH_BYTES };
struct list_row { bool gone; uint8_t table, len; uint8_t key[LIST_KEY_MAX_BYTES]; };
struct state_rows {
    struct hash id;
    struct buffer state;
    unsigned list_count;
    struct list_row lists[STATE_LISTS_MAX];
};
MUST_CHECK enum err state_get(const struct ledger *l, struct txn *t, const struct hash *case_id,
                              struct case_state *out);
/* From the state before, NULL where there is none, to `now`. Touches no store; any thread. */
MUST_CHECK enum err state_rows_init(struct state_rows *rows, const struct ledger *l,
                                    const struct case_state *was, const struct case_state *now);
void state_rows_clear(struct state_rows *rows);
MUST_CHECK enum err state_rows_put(struct txn *t, const struct state_rows *rows);

/* ---- settle.c ---- */
/* Whether any log is stored further than it is settled. */
bool settle_owed(const struct ledger *l);
/* Before our own log grows: what is owed of it, fetched back from a peer, is settled. */
MUST_CHECK enum err settle_before_own(struct ledger *l);
void settle_drop(struct ledger *l);
/* A case is folded as of the settled sizes between two steps: it is folded again at the end. */
MUST_CHECK enum err settle_note(struct ledger *l, const struct hash *case_id);

/* ---- settle_index.c ---- */
/* Rows from memory into the store, in a transaction of its own, when there are many. */
MUST_CHECK enum err settle_index(struct ledger *l, bool all);
/* Makes the rows in memory anew from the stored entries, after start. */
MUST_CHECK enum err settle_recall(struct ledger *l, struct txn *t);

/* ---- refold.c ---- */
MUST_CHECK enum err refold_load(const struct ledger *l, struct txn *t, const struct hash *case_id,
                                uint64_t folded, struct case_fold **out);
/* What a case folded anew changes in the store. Where it was and is plain, no verdict changes and
 * nothing waits: there are none then. */
struct refold {
    struct state_rows rows;
    struct act_verdict { struct position at; enum verdict verdict; enum reason reason; } *verdicts;
    struct wait_key *waits;
    size_t verdict_count, wait_count;
    uint64_t circle;                   /* case_fold_circle */
};
/* From its entries, which are known. The store is only read: on any thread, with a transaction of
 * its own. */
MUST_CHECK enum err refold_init(struct refold *r, const struct ledger *l, struct txn *t,
                                const struct hash *case_id, const struct position *list,
                                size_t count, uint64_t folded);
void refold_clear(struct refold *r);
/* Writes state, lists, verdicts and waits. */
MUST_CHECK enum err refold_put(struct txn *t, const struct refold *r);
/* All of it, with the entries that are settled. *circle: NULL is fine. ERR_NOTFOUND: no entries. */
MUST_CHECK enum err refold_case(struct batch *b, const struct hash *case_id, uint64_t *circle);

#endif
