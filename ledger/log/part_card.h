/* The card of a part lies beside it and outside its commitment: which act names it, and its content
 * key wrapped for this node. It is written, flushed, before the part's own file. Encoded:
 *   u8 1 ‖ entry id (33) ‖ wraps
 *   wraps = u16 count ‖ count × (reader's sealing key (33) ‖ wrap[112])
 * A part travels as card ‖ salt[32] ‖ bytes as stored; with its act, whose id is not fixed while it
 * is signed, as wraps ‖ salt[32] ‖ bytes as stored. */
#ifndef JIELI_LEDGER_LOG_PART_CARD_H
#define JIELI_LEDGER_LOG_PART_CARD_H

#include "crypto/seal.h"

enum {
    PART_MAX_WRAPS = MEMBERS_MAX,
    PART_WRAP_BYTES = TAGGED_BYTES + WRAP_BYTES,
    PART_WRAPS_MAX_BYTES = 2 + PART_MAX_WRAPS * PART_WRAP_BYTES,
    PART_CARD_MAX_BYTES = 1 + TAGGED_BYTES + PART_WRAPS_MAX_BYTES,
    PART_CARRIED_MAX_BYTES = PART_CARD_MAX_BYTES + SALT_BYTES + PART_MAX_BYTES,
};

struct part_wrap { struct xpubkey reader; uint8_t wrap[WRAP_BYTES]; };
struct part_wraps { unsigned count; struct part_wrap all[PART_MAX_WRAPS]; };   /* 36 KiB */
struct part_card { struct hash entry; struct part_wraps wraps; };

const struct part_wrap *part_wraps_find(const struct part_wraps *wraps, const struct xpubkey *key);
/* Adds one, or replaces that of the same reader. ERR_TOO_LARGE beyond PART_MAX_WRAPS. */
MUST_CHECK enum err part_wraps_put(struct part_wraps *wraps, const struct part_wrap *one);
void part_wraps_drop(struct part_wraps *wraps, const struct xpubkey *key);
MUST_CHECK enum err part_wraps_encode(const struct part_wraps *wraps, struct buffer *out);
/* Takes wraps off the front of what is read. ERR_TRUNCATED, ERR_TOO_LARGE, ERR_UNSUPPORTED (a key
 * of another algorithm), ERR_FORMAT (a reader twice). */
MUST_CHECK enum err part_wraps_take(struct part_wraps *out, struct reader *r);

/* Appends card ‖ salt ‖ bytes. */
MUST_CHECK enum err part_carried_encode(const struct part_card *card,
                                        const uint8_t salt[SALT_BYTES], struct span bytes,
                                        struct buffer *out);
struct part_carried { struct part_card card; const uint8_t *salt; struct span bytes; };
/* Salt and bytes are borrowed. ERR_TRUNCATED, ERR_TOO_LARGE, ERR_UNSUPPORTED, ERR_FORMAT. */
MUST_CHECK enum err part_carried_decode(struct part_carried *out, struct span whole);

/* Durably; replaces the card that is there. */
MUST_CHECK enum err part_card_write(const char *home, const struct hash *commitment,
                                    const struct part_card *card);
/* ERR_NOTFOUND; ERR_CORRUPT, ERR_FORMAT and the like for a spoilt one. */
MUST_CHECK enum err part_card_read(const char *home, const struct hash *commitment,
                                   struct part_card *out);

#endif
