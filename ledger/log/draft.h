/* An act that waits for its signatures, in the node or in a file. Deterministic CBOR:
 *
 *   [1, payload bstr, [[protected bstr, signature bstr], ...], needed, [[salt, bytes, wraps], ...],
 *    created_s]
 *
 * refs, base, law and own stand in the payload and were fixed at the first signature. `needed` is
 * how many signatures are wanted before it is appended, 1 to ENTRY_MAX_SIGNERS. */
#ifndef JIELI_LEDGER_LOG_DRAFT_H
#define JIELI_LEDGER_LOG_DRAFT_H

#include "ledger/log/entry.h"

struct draft_part { uint8_t salt[SALT_BYTES]; struct span bytes, wraps; };   /* part_card.h */

struct draft {                                  /* all spans borrowed */
    struct span payload;
    unsigned signer_count, needed, part_count;
    struct signer signers[ENTRY_MAX_SIGNERS];
    struct draft_part parts[ENTRY_MAX_PARTS];   /* in the order of the payload's parts */
    uint64_t created_s;
};

/* Appends the encoding to out. Protected headers are written anew from the signers' fields.
 * ERR_RANGE: numbers out of bounds, or a bad post or role; out is as before then. */
MUST_CHECK enum err draft_encode(const struct draft *d, struct buffer *out);
/* Strict; borrows from bytes. Signatures are not checked here. ERR_FORMAT, ERR_TRUNCATED,
 * ERR_TOO_LARGE, ERR_RANGE (needed, number of signatures), ERR_UNSUPPORTED (another format). */
MUST_CHECK enum err draft_decode(struct draft *out, struct span bytes);
/* The payload decoded, each signature verified, each part against its commitment. ERR_WRONG_LEDGER,
 * ERR_SIGNATURE, ERR_CORRUPT (a part), and those of entry_payload_decode. */
MUST_CHECK enum err draft_verify(const struct draft *d, const struct hash *ledger);
/* Older than DRAFT_MAX_AGE_S: to be drafted anew. */
bool draft_outdated(const struct draft *d, uint64_t now_s);

#endif
