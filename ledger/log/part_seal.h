/* A part sealed for readers, as the act that names it wants it: the sealed bytes open only together
 * with that act, by member, nonce and role, so that a copied commitment in another act opens
 * nothing. What crypto/seal.h calls `about` is
 *   u8 length ‖ member ‖ nonce of the entry (16) ‖ u8 role */
#ifndef JIELI_LEDGER_LOG_PART_SEAL_H
#define JIELI_LEDGER_LOG_PART_SEAL_H

#include "ledger/log/entry.h"
#include "ledger/log/keyring.h"
#include "ledger/log/part_card.h"

/* Who will name the part; as in the entry. */
struct part_context { struct hash ledger; const char *member; struct nonce nonce; uint8_t role; };
struct part_context part_context_of(const struct entry *e, const struct part_ref *ref);

/* Seals `plain` under a fresh salt for one reader: *bytes are what is stored (appended to an empty
 * buffer), *commitment names them. ERR_TOO_LARGE, ERR_KEY, ERR_NOMEM. */
MUST_CHECK enum err part_seal(const struct part_context *ctx, struct span plain,
                              const struct xpubkey *reader, uint8_t salt[SALT_BYTES],
                              struct buffer *bytes, struct hash *commitment,
                              struct part_wraps *wraps);

/* The content key by any of our keys. ERR_KEY: none of the wraps is ours, or ours do not open. */
MUST_CHECK enum err part_key_find(const struct keyring *ring, const struct hash *ledger,
                                  const struct hash *commitment, const struct part_wraps *wraps,
                                  struct seal_key *key);
/* Opens the bytes of a part that fits its commitment. ERR_KEY as above; ERR_UNAUTHENTIC: the key is
 * another content's, or the act another than it was sealed for; ERR_CORRUPT: the length is not
 * `ref`'s; those of seal_open. */
MUST_CHECK enum err part_unseal(const struct keyring *ring, const struct part_context *ctx,
                                const struct part_ref *ref, const struct part_wraps *wraps,
                                struct span bytes, struct buffer *plain);
/* Adds a wrap for `reader` unless there; *added tells. ERR_KEY, ERR_TOO_LARGE. */
MUST_CHECK enum err part_share(const struct keyring *ring, const struct hash *ledger,
                               const struct hash *commitment, const struct xpubkey *reader,
                               struct part_wraps *wraps, bool *added);

#endif
