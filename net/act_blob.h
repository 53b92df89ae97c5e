/* The blob of an ipc `append`: one act with the parts that travel along.
 *
 *   u32 length ‖ entry, then per part: u32 length ‖ wraps ‖ salt[32] ‖ bytes as stored
 *   (the length of a part counts wraps, salt and bytes; wraps: ledger/log/part_card.h) */
#ifndef JIELI_NET_ACT_BLOB_H
#define JIELI_NET_ACT_BLOB_H

#include "crypto/bytes.h"
#include "crypto/limits.h"
#include "ledger/log/part_card.h"

struct act_part { struct span wraps; const uint8_t *salt; struct span bytes; };

/* Borrows from the blob. */
struct act_blob {
    struct span entry;
    unsigned part_count;
    struct act_part parts[ENTRY_MAX_PARTS];
};

/* ERR_FORMAT (no entry, a part without salt), ERR_TRUNCATED, ERR_TOO_LARGE (entry, a part, its
 * wraps or their number over the limits). */
MUST_CHECK enum err act_blob_decode(struct act_blob *out, struct span blob);
/* Appends the entry to an empty buffer, then each part. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err act_blob_put_entry(struct buffer *out, struct span entry);
MUST_CHECK enum err act_blob_put_part(struct buffer *out, const struct act_part *part);

#endif
