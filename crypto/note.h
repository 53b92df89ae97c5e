/* C2SP signed notes, verifier keys, checkpoints (tlog-checkpoint) and cosignatures
 * (tlog-cosignature, type 0x04). */
#ifndef JIELI_CRYPTO_NOTE_H
#define JIELI_CRYPTO_NOTE_H

#include "crypto/bytes.h"
#include "crypto/keys.h"
#include "crypto/limits.h"

/* A key name: ERR_FORMAT when empty, not UTF-8, or with a Unicode space, '+' or a byte below 0x20;
 * ERR_TOO_LARGE over ORIGIN_MAX_BYTES. */
MUST_CHECK enum err note_name_check(struct span name);

/* A verifier key: "name+hex8(id)+base64(type‖key)". */
struct vkey { char name[ORIGIN_MAX_BYTES + 1]; uint32_t id; uint8_t type; struct pubkey key; };

/* Key id = SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4], big-endian. ERR_FORMAT for a bad name (empty,
 * a Unicode space, '+', a control byte, not UTF-8), ERR_TOO_LARGE over ORIGIN_MAX_BYTES, ERR_KEY
 * for a type other than 0x01 and 0x04. The point itself is not judged: see pubkey_check. */
MUST_CHECK enum err vkey_init(struct vkey *out, const char *name, uint8_t type,
                              const struct pubkey *key);
#define VKEY_TEXT_BYTES (ORIGIN_MAX_BYTES + 1 + 8 + 1 + BASE64_CHARS(33) + 1)
MUST_CHECK enum err vkey_format(const struct vkey *v, char *out, size_t out_bytes);
/* ERR_FORMAT, ERR_TOO_LARGE, ERR_KEY (unknown type, or a point that pubkey_check refuses). */
MUST_CHECK enum err vkey_parse(struct vkey *out, const char *text);

/* One signature line of a note; payload borrows from the note's own decoded copy. */
struct note_sig { char name[ORIGIN_MAX_BYTES + 1]; uint32_t id; struct span payload; };

/* A parsed note. `text` is the body with its final newline and borrows from the input;
 * the signatures' bytes are owned: note_clear frees. */
struct note {
    struct span text;
    unsigned sig_count;
    struct note_sig sigs[NOTE_MAX_SIGNATURES];
    struct buffer payloads;
};
/* Syntax only. ERR_FORMAT, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err note_decode(struct note *out, struct span bytes);
void note_clear(struct note *note);
/* Text must end in a newline. Appends text, an empty line and one 0x01 signature line. */
MUST_CHECK enum err note_sign(struct buffer *out, struct span text, const char *name,
                              const struct signkey *key);
/* Appends the encoding of one more line, `payload` being what follows the 4 bytes of key id. */
MUST_CHECK enum err note_append_line(struct buffer *out, const struct vkey *v,
                                     struct span payload);
/* OK when at least one of `keys` has signed and none of them has a line that fails; `verified` may
 * be NULL, else verified[i] tells for keys[i]. Types 0x01 and 0x04 are known; cosign_time_s may be
 * NULL, else its [i] is the time of a 0x04 line, the latest of several. ERR_SIGNATURE. */
MUST_CHECK enum err note_verify(const struct note *note, const struct vkey *keys, unsigned count,
                                bool *verified, uint64_t *cosign_time_s);

struct checkpoint { char origin[ORIGIN_MAX_BYTES + 1]; uint64_t size; struct hash root; };
/* The body only: origin, size, base64 root, each with its newline, no extension lines. */
MUST_CHECK enum err checkpoint_format(const struct checkpoint *c, struct buffer *out);
/* Strict: exactly three lines, size in decimal without leading zeros, canonical base64, and for
 * size 0 the root SHA-256(""). ERR_FORMAT, ERR_TOO_LARGE. */
MUST_CHECK enum err checkpoint_parse(struct checkpoint *out, struct span body);
/* Body, signature and self-check: the key's name is the origin. Appends the whole note; on failure
 * `out` is as it was. */
MUST_CHECK enum err checkpoint_sign(const struct checkpoint *c, const struct signkey *key,
                                    struct buffer *out);
/* Decodes a whole note, demands origin and one valid line of the log's own key, exactly one line
 * of that name. ERR_FORMAT, ERR_SIGNATURE, ERR_WRONG_LEDGER (another origin). */
MUST_CHECK enum err checkpoint_verify(struct checkpoint *out, struct span note_bytes,
                                      const char *origin, const struct pubkey *node_key);

/* The longest body of a checkpoint: origin, 20 digits, 44 characters, three newlines. */
enum { CHECKPOINT_BODY_MAX_BYTES = ORIGIN_MAX_BYTES + 20 + 44 + 3 };

/* Cosignature 0x04 over "cosignature/v1\ntime <t>\n" ‖ body. Payload: u64 time ‖ signature.
 * `body` is that of a checkpoint (at most CHECKPOINT_BODY_MAX_BYTES: asserted when signing, else
 * ERR_TOO_LARGE) and the time at most 2^63 - 1 (asserted; else ERR_RANGE). A payload of another
 * length is ERR_FORMAT, a failing one ERR_SIGNATURE. */
enum { COSIGNATURE_BYTES = 72 };
void cosignature_sign(const struct signkey *key, struct span body, uint64_t time_s,
                      uint8_t out[COSIGNATURE_BYTES]);
MUST_CHECK enum err cosignature_verify(const struct pubkey *key, struct span body,
                                       struct span payload, uint64_t *time_s);

#endif
