/* Parts: everything that may have to be hidden or erased. Commitment = SHA-256("jieli/part/v1" ‖
 * salt[32] ‖ bytes as stored). A part is one file `parts/<first 2 hex>/<64 hex of commitment>` of
 * salt ‖ bytes under the node's home, flushed (file and folder) before the entry that names it. */
#ifndef JIELI_LEDGER_LOG_PART_H
#define JIELI_LEDGER_LOG_PART_H

#include "ledger/log/entry.h"

void part_commitment(const uint8_t salt[SALT_BYTES], struct span bytes, struct hash *out);

/* Stores salt ‖ bytes durably unless there already; *commitment tells its name. A file of that name
 * which fails its commitment, or a symlink of that name, is replaced; no symlink is followed.
 * ERR_TOO_LARGE over PART_MAX_BYTES, ERR_DISK_FULL, ERR_IO, ERR_PERMISSION (also a symlink in the
 * place of a folder). */
MUST_CHECK enum err part_store(const char *home, const uint8_t salt[SALT_BYTES],
                               struct span bytes, struct hash *commitment);
/* Reads and checks it; *bytes is overwritten, and empty after an error. ERR_NOTFOUND, ERR_CORRUPT
 * (the file fails its commitment or is no plain file), ERR_PERMISSION as above. */
MUST_CHECK enum err part_read(const char *home, const struct hash *commitment,
                              uint8_t salt[SALT_BYTES], struct buffer *bytes);
/* Whether a plain file of that name is there, its bytes not looked at. */
bool part_held(const char *home, const struct hash *commitment);

/* The part `subject`: title, enterprise, place as a CBOR map {1: title, 2: enterprise, 3: place}.
 * Any may be empty and is then absent. Encode: ERR_FORMAT for bad UTF-8; decode: ERR_FORMAT,
 * ERR_TRUNCATED, ERR_TOO_LARGE (over the rooms below). */
struct subject { char title[512], enterprise[256], place[256]; };
MUST_CHECK enum err subject_encode(const struct subject *s, struct buffer *out);
MUST_CHECK enum err subject_decode(struct subject *out, struct span bytes);

#endif
