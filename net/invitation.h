/* An invitation to enrol: one line of text that the convenor hands to a new member by a way it
 * trusts, and the order by which an officer has the convenor's node make or revoke one.
 *
 * Text: "jieli1." ‖ base64url without padding of
 *   u8 version (1) ‖ ledger id (32) ‖ convenor's transport key (32) ‖ name (16) ‖ secret (32) ‖
 *   u64 expiry in Unix seconds ‖ u8 length ‖ member id ‖ u8 count (1..4) ‖ (u8 length ‖ address)* ‖
 *   the first 4 bytes of SHA-256 of "jieli/invitation/v1" and all bytes before
 *
 * Order: an Ed25519 signature over
 *   "jieli/invitation-order/v1" 0x00 ‖ ledger id (32) ‖ u8 verb ‖ name (16) ‖ u64 expiry ‖
 *   u8 length ‖ member id */
#ifndef JIELI_NET_INVITATION_H
#define JIELI_NET_INVITATION_H

#include "crypto/keys.h"
#include "crypto/noise.h"
#include "net/config.h"

enum { INVITATION_NAME_BYTES = 16, INVITATION_MAX_ADDRESSES = 4, INVITATION_TEXT_BYTES = 640 };

struct invitation {
    struct hash ledger;
    struct xpubkey convenor;
    uint8_t name[INVITATION_NAME_BYTES];      /* by which the node finds the secret */
    uint8_t secret[NOISE_PSK_BYTES];
    uint64_t expires_s;
    char member[ID_MAX_BYTES + 1];
    unsigned address_count;
    char addresses[INVITATION_MAX_ADDRESSES][CONFIG_ADDRESS_BYTES];
};

/* ERR_RANGE: a field outside its bounds; ERR_TOO_LARGE. The caller wipes `out`. */
MUST_CHECK enum err invitation_encode(const struct invitation *i, char out[INVITATION_TEXT_BYTES]);
/* Strict; blanks around the text are passed over. ERR_FORMAT: no invitation, or mistyped;
 * ERR_UNSUPPORTED: a newer version; ERR_TRUNCATED, ERR_RANGE. The caller wipes *out. */
MUST_CHECK enum err invitation_decode(struct invitation *out, const char *text);

enum invitation_verb { INVITATION_MAKE = 1, INVITATION_REVOKE = 2 };
struct invitation_order {
    struct hash ledger;
    enum invitation_verb verb;
    uint8_t name[INVITATION_NAME_BYTES];
    uint64_t expires_s;                       /* 0 to revoke */
    char member[ID_MAX_BYTES + 1];            /* "" to revoke */
};
/* ERR_NOMEM. */
MUST_CHECK enum err invitation_order_sign(const struct invitation_order *o,
                                          const struct signkey *key, struct sig *sig);
/* The bytes that are signed, appended. ERR_NOMEM. */
MUST_CHECK enum err invitation_order_encode(const struct invitation_order *o, struct buffer *out);
/* ERR_SIGNATURE, ERR_NOMEM. */
MUST_CHECK enum err invitation_order_verify(const struct invitation_order *o,
                                            const struct pubkey *key, const struct sig *sig);

#endif
