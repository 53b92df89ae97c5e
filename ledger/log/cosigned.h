/* A cosigned head: a checkpoint under two signature lines, the log's own (0x01) and that of one
 * member that holds the log up to there (C2SP tlog-cosignature, type 0x04, in the meaning of
 * tlog-mirror). A node cosigns by a key and a name of their own,
 * "<domain>/<first 16 hex of ledger id>/<member>/cosigner". Pure; no keys are looked up here. */
#ifndef JIELI_LEDGER_LOG_COSIGNED_H
#define JIELI_LEDGER_LOG_COSIGNED_H

#include "crypto/note.h"

struct cosigned {
    struct checkpoint head;
    char member[ID_MAX_BYTES + 1];     /* whose cosignature it is, by the line's name */
    uint64_t time_s;
    uint32_t log_key_id, key_id;       /* of the two lines */
    struct sig log_sig, sig;
};

/* The name of a member's cosigner. ERR_TOO_LARGE. */
MUST_CHECK enum err cosigner_name(const char *domain, const struct hash *ledger,
                                  const char *member, char out[ORIGIN_MAX_BYTES + 1]);
/* Strict: exactly these two lines in this order, the cosigner's name of the same ledger as the
 * origin, a size above 0, so that any bytes that decode encode to the same. ERR_FORMAT,
 * ERR_TOO_LARGE, ERR_RANGE. */
MUST_CHECK enum err cosigned_decode(struct cosigned *out, struct span note);
/* Appends the note. ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err cosigned_encode(const struct cosigned *c, struct buffer *out);
/* The key id of a cosigner's line for this key. */
MUST_CHECK enum err cosigned_key_id(const struct cosigned *c, const struct pubkey *cosigner,
                                    uint32_t *id);
/* Each of the two lines against its key; another key's id is ERR_SIGNATURE as well. */
MUST_CHECK enum err cosigned_verify_log(const struct cosigned *c, const struct pubkey *node_key);
MUST_CHECK enum err cosigned_verify(const struct cosigned *c, const struct pubkey *cosigner);
/* Fills key id, time and signature of the cosigner's line, which is checked once made. */
MUST_CHECK enum err cosigned_sign(struct cosigned *c, const struct signkey *cosigner,
                                  uint64_t time_s);

#endif
