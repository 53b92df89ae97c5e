/* The ledger of one node: every log held, judged, folded, and our own grown through the gate.
 * One thread owns a writable ledger. Readers of the same uid open it read-only, daemon or not.
 *
 * Two sizes per log: *stored*, log.frontier.size (proven by hashes, signatures checked), and
 * *verified*, ledger_verified: cases folded. They differ only while much is on its way; everything
 * that is asked is answered as of the verified sizes. The folded prefix of the convenor's log is
 * what our own acts name as `law`. */
#ifndef JIELI_LEDGER_LEDGER_H
#define JIELI_LEDGER_LEDGER_H

#include "ledger/cases/fold.h"
#include "ledger/cases/state.h"
#include "ledger/job.h"
#include "ledger/log/gate.h"
#include "ledger/log/package.h"
#include "ledger/roster/roster.h"

struct ledger;

/* The cores of the node: checks signatures of many entries at once, ok[i] for each as entry_verify,
 * and shares other work. One after the other when NULL is passed to ledger_open. */
struct verifier {
    void *ctx;
    void (*verify)(void *ctx, const struct entry *const *entries, size_t count,
                   const struct hash *ledger, bool *ok);
    /* Whether the signatures of the entry that lies at `bytes` were found good already, and its id;
     * NULL: never. */
    bool (*known)(void *ctx, struct span bytes, struct hash *id);
    /* Hands other work to the cores; works along until it is done. NULL: it is done on one. */
    void (*submit)(void *ctx, struct job *job);
    void (*finish)(void *ctx, struct job *job);
};

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };

struct ledger_options {
    const char *home;
    const struct hash *pinned;            /* ledger id of the configuration; NULL: take genesis' */
    const char *member;                   /* our own member id, NULL for an observer */
    const struct signkey *node_key;       /* LEDGER_WRITE of our own log; NULL: no own log grows */
    const struct verifier *verifier;
    enum ledger_mode mode;
};

/* LEDGER_WRITE takes the instance lock. Errors: ERR_LOCKED, ERR_NOTFOUND (no home here),
 * ERR_WRONG_LEDGER (genesis is not the pinned one), and those of gate_open but ERR_GAP and
 * ERR_ROLLBACK: such a ledger reads, serves and receives, and ledger_append refuses with them. */
MUST_CHECK enum err ledger_open(struct ledger **out, const struct ledger_options *options);
void ledger_close(struct ledger *l);
/* Whether our own log may grow: OK (for observers too), or why the gate stays shut. */
MUST_CHECK enum err ledger_own_check(struct ledger *l);
/* The same of a ledger opened to be read, with the node key at hand; nothing is written. */
MUST_CHECK enum err ledger_own_look(struct ledger *l, const struct pubkey *key);

const struct genesis *ledger_genesis(const struct ledger *l);
const struct roster *ledger_roster(const struct ledger *l);
const char *ledger_home(const struct ledger *l);
struct store *ledger_store(struct ledger *l);
/* Our own member; no.v == MEMBER_NONE before its admission is held. */
struct member_no ledger_self(const struct ledger *l);
/* Logs held, in order of log_no; NULL past the end. */
const struct log *ledger_log_at(const struct ledger *l, unsigned i);
const struct log *ledger_log(const struct ledger *l, const char *member, uint32_t epoch);
/* Convenor's log below which everything is folded: the `law` of an act written now. */
uint64_t ledger_folded(const struct ledger *l);
/* How far a log of ledger_log_at is verified. */
uint64_t ledger_verified(const struct ledger *l, struct log_no no);
/* The same of a store that is read without a ledger. ERR_CORRUPT. */
MUST_CHECK enum err ledger_settled_read(struct txn *t, struct log_no no, uint64_t *size);
/* In a read-only ledger: takes the newest snapshot, rebuilding the roster when it grew. */
MUST_CHECK enum err ledger_refresh(struct ledger *l);
/* The read transaction of now; valid until the next write, refresh or close. */
struct txn *ledger_txn(struct ledger *l);

/* One act to be appended to our own log. In: entry. Out: the rest. */
struct append {
    struct span entry;
    enum err err;                          /* OK; ERR_VOID with reason; ERR_PENDING; ERR_FORMAT … */
    enum reason reason;
    uint64_t index;
    struct hash id;
    bool overtaken_base;                   /* reason is REASON_BASE: another act came between */
};
/* Acts that arrive together share one commit and one checkpoint: each is checked (decode,
 * signatures, enrolment, nonce, law, own, and that it is not void in our own view); those that
 * pass are appended and sealed by the gate. A second act on a case, and governance, take a commit
 * of their own. OK when all commits held (see each item's err), else only items whose err is OK
 * were acknowledged: ERR_DISK_FULL, ERR_IO, ERR_UNCERTAIN (the process must end). ERR_FORK: two
 * heads are held that prove a fork of our own log, nothing more is written to it. */
MUST_CHECK enum err ledger_append(struct ledger *l, struct append *items, size_t count);

/* A signed head as a peer or a bundle showed it. OK: newer than held and adopted as far as can be
 * told (see ledger_receive), or the same. ERR_OLD_HEAD: smaller than one held, consistent.
 * ERR_FORK: it contradicts what is held; kept as evidence beside the held head if that covers it.
 * ERR_UNKNOWN_MEMBER: its admission is not held yet. ERR_WRONG_LEDGER, ERR_SIGNATURE, ERR_FORMAT.
 * */
MUST_CHECK enum err ledger_check_head(struct ledger *l, struct span note, struct checkpoint *head);

/* Verifies packages against a signed head and commits them (all in one transaction, at most
 * COMMIT_MAX_ENTRIES entries): head note, a consistency proof from our stored size to it (NULL when
 * we hold nothing of the log), packages of that log in order starting where we stand. Entries are
 * judged and folded in the same commit.
 * Where catching up is deferred or something is still to be settled, they are stored, judged and
 * applied to the roster, and their cases folded by ledger_settle.
 * ERR_PROOF: the sender's fault; or, where our size is a power of two, a fork that such a proof
 * cannot show. ERR_GAP: starts beyond what we hold. ERR_FORK: the head is signed and contradicts
 * what we hold, or the proof leads to it from another past; both heads are kept where ours covers
 * all that is held. Old packages (all held) are OK and do nothing. */
MUST_CHECK enum err ledger_receive(struct ledger *l, struct span head_note,
                                   const struct proof *consistency,
                                   const struct package *const *packages, size_t count);

/* Much more is on its way: from now on what is received is settled later. Whoever says so has to
 * see to ledger_settle. */
void ledger_defer(struct ledger *l, bool defer);
/* One step of some milliseconds: folds cases of what is stored and not verified, each once. *more:
 * not done yet, what was stored meanwhile not counted. A crash between steps costs nothing but the
 * steps. Errors as ledger_receive. */
MUST_CHECK enum err ledger_settle(struct ledger *l, bool *more);
MUST_CHECK enum err ledger_settle_all(struct ledger *l);
/* Entries stored and not verified. */
uint64_t ledger_unsettled(const struct ledger *l);

/* Called in the write path after every commit that changed a log: for announcing. */
typedef void ledger_changed(void *ctx, const struct log *log);
void ledger_on_change(struct ledger *l, ledger_changed *call, void *ctx);

/* What an act needs from us before its officer signs it. */
struct compose {
    struct hash ledger;
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch, law_epoch;
    uint64_t law_size, own_size;
    struct hash own_root;
    bool has_base;
    struct hash base;
    unsigned ref_count;
    struct hash refs[ENTRY_MAX_REFS];
};
/* case_id NULL for acts without a case (report, assign, governance). */
MUST_CHECK enum err ledger_compose(struct ledger *l, uint32_t kind, const struct hash *case_id,
                                   struct compose *out);
/* Whether a draft would be void in our view: decoded entry, signatures not needed. */
MUST_CHECK enum err ledger_would(struct ledger *l, const struct entry *e, enum reason *reason);

/* Finding. */
MUST_CHECK enum err ledger_find_id(struct ledger *l, const struct hash *id, struct position *at);
MUST_CHECK enum err ledger_state(struct ledger *l, const struct hash *case_id,
                                 struct case_state *out);
/* Case by its number or an unambiguous prefix of it, or 8 and more hex digits of its id.
 * ERR_NOTFOUND; ERR_RANGE when several match (up to max of them are in out, *count says how
 * many). */
MUST_CHECK enum err ledger_find_case(struct ledger *l, const char *text, struct hash *out,
                                     size_t max, size_t *count);
/* Positions of a case's verified entries, log by log. */
MUST_CHECK enum err ledger_case_entries(struct ledger *l, const struct hash *case_id,
                                        struct position *out, size_t max, size_t *count);
/* A fresh fold of a case from the stored entries. */
MUST_CHECK enum err ledger_fold_case(struct ledger *l, const struct hash *case_id,
                                     struct case_fold **out);
/* Verdict of any stored entry; one that is not verified yet is pending. */
MUST_CHECK enum err ledger_verdict(struct ledger *l, struct position at, enum verdict *verdict,
                                   enum reason *reason);
/* Cases newest first; with a custodian only that member's, its open ones before the ended ones.
 * Begin with {.custodian = …} (MEMBER_NONE: all); key and key_len serve as a stable cursor across
 * processes. ERR_NOTFOUND at the end. */
struct case_cursor { struct member_no custodian; bool started; uint8_t key[96]; size_t key_len; };
MUST_CHECK enum err ledger_case_next(struct ledger *l, struct case_cursor *cursor,
                                     struct case_state *out);

#endif
