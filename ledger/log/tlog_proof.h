/* C2SP tlog-proof: an inclusion proof and the checkpoint that it leads to, as text.
 *
 *   c2sp.org/tlog-proof@v1
 *   index <n>
 *   <base64 of each hash, from leaf to root, a line each>
 *
 *   <signed note of the checkpoint>
 *
 * The line `extra`, which nothing authenticates, is neither written nor taken. */
#ifndef JIELI_LEDGER_LOG_TLOG_PROOF_H
#define JIELI_LEDGER_LOG_TLOG_PROOF_H

#include "crypto/bytes.h"
#include "crypto/merkle.h"

struct tlog_proof { uint64_t index; struct proof proof; struct span note; };

/* Strict: what decodes encodes to the same bytes. The note is borrowed and not looked at.
 * ERR_FORMAT, ERR_TRUNCATED, ERR_TOO_LARGE (hashes). */
MUST_CHECK enum err tlog_proof_decode(struct tlog_proof *out, struct span text);
MUST_CHECK enum err tlog_proof_encode(const struct tlog_proof *p, struct buffer *out);

#endif
