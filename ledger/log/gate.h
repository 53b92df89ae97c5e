/* The signing gate: the only way in which our own log grows and a head of it is published.
 *
 *   BUILT    entries, tiles, indices and the checkpoint stand in one write transaction
 *            (gate_sign: checkpoint consistent with the last, never smaller, self-verified)
 *   STORED   txn_commit returned OK                — a crash here: unpublished, rechecked at start
 *   CHECKED  gate_confirm: bytes re-read from the committed store give the signed root
 *   SEALED   last-head written and flushed         — a crash here: published or not, both fine
 *   then publish and answer. */
#ifndef JIELI_LEDGER_LOG_GATE_H
#define JIELI_LEDGER_LOG_GATE_H

#include "ledger/log/home.h"
#include "ledger/log/log.h"

struct gate;

/* Opens last-head of `home` beside the stored log and decides, before anything is signed:
 * OK; ERR_ROLLBACK (data older than last-head, or a stored head without a last-head file: a copy of
 * another home); ERR_FORK (the head in last-head has another root than the stored log there);
 * ERR_CORRUPT (the committed bytes do not give the signed root, or last-head is spoilt); ERR_GAP (a
 * checkpoint is held whose entries are not all here yet: fetch them first); ERR_KEY (not this log's
 * key). A stored checkpoint newer than last-head was never published: it is rechecked and sealed.
 * Bytes are re-read from the bundle on in which the last published head ends; older ones are the
 * scrub's and the audit's. last-head is made where no head was ever stored. `store` and `node_key`
 * are borrowed until gate_close. */
MUST_CHECK enum err gate_open(struct gate **out, const char *home, struct store *store,
                              const struct log *log, const struct signkey *node_key);
void gate_close(struct gate *g);
/* What gate_open would decide, with nothing written: for a look at a home, also beside the daemon
 * that has it. `key` is the node key at hand. */
MUST_CHECK enum err gate_check(const char *home, struct store *store, const struct log *log,
                               const struct pubkey *key);
/* In the caller's write transaction, after log_append: signs and stores the checkpoint of
 * log->frontier. Appends the note to *note. Consistency: the frontier last sealed, grown by the
 * stored leaf hashes since, must give log->frontier. ERR_OLD_HEAD (smaller), ERR_FORK (not an
 * extension), ERR_UNCERTAIN (a confirmation failed before): abort the transaction. */
MUST_CHECK enum err gate_sign(struct gate *g, struct txn *t, struct log *log,
                              struct buffer *note);
/* After txn_commit: re-reads entries [from, log->frontier.size) with their checkpoint, recomputes
 * the root, seals it in last-head. Any error: end the process, publish nothing; the gate signs no
 * more. */
MUST_CHECK enum err gate_confirm(struct gate *g, const struct log *log, uint64_t from);

#endif
