/* The transport certificate: how a node shows, at the start of a secure session, that its static
 * key is its member's. A certify entry of the member's log, its place, and a signed head that
 * covers it:
 *
 *   u8 format (1) ‖ u16 length ‖ entry ‖ u64 index ‖ u8 proof count (<= 63) ‖ hash* ‖
 *   u16 length ‖ signed note
 *
 * Bytes of a stranger until certificate_check says OK. Pure but for certificate_build. */
#ifndef JIELI_NET_CERTIFICATE_H
#define JIELI_NET_CERTIFICATE_H

#include "ledger/log/log.h"
#include "ledger/roster/roster.h"

enum { CERTIFICATE_FORMAT = 1, CERTIFICATE_MAX_PROOF = 63 };

struct peer_certificate {
    struct span entry_bytes, note;     /* borrowed from what was decoded */
    uint64_t index;                    /* of the entry in its log */
    struct proof proof;                /* inclusion under the note's root */
    struct entry entry;                /* decoded: names member and epoch */
};

/* Whose session it is, and by which certificate. */
struct peer_identity {
    struct member_no member;
    char id[ID_MAX_BYTES + 1];
    struct xpubkey key;
    uint64_t index;
    struct hash entry;                 /* id of the certify entry */
};

/* Strict: any bytes that decode encode to the same. Borrows. ERR_TRUNCATED, ERR_TOO_LARGE (proof),
 * ERR_UNSUPPORTED (format), ERR_FORMAT (bytes left over), and those of entry_decode. */
MUST_CHECK enum err certificate_decode(struct peer_certificate *out, struct span bytes);
/* Of entry_bytes, index, proof and note; appended to out. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err certificate_encode(const struct peer_certificate *c, struct buffer *out);

/* The certificate of a log that is stored here, for the certify entry at `index`, under the newest
 * head. Errors of log_read, log_head, merkle_inclusion. */
MUST_CHECK enum err certificate_build(struct txn *t, const struct log *log, uint64_t index,
                                      struct buffer *out);

/* Judges a certificate for the static key that its peer has proven to hold. `held`: entries of the
 * member's log that the roster has seen. In this order:
 * ERR_WRONG_LEDGER  entry or head belong to another ledger, or to another log than the entry's
 * ERR_UNKNOWN_MEMBER  no admission of the member is held
 * ERR_SIGNATURE     head not signed by the admission's node key, or the entry by its signers
 * ERR_PROOF         the entry does not stand in the tree of that head
 * ERR_FORK          another certify entry is held at that very place
 * ERR_SUSPENDED     the convenor has suspended that member
 * ERR_OVERTAKEN     a later certificate of that member is held
 * ERR_VOID          no certify entry, or void as far as can be told (see roster_certify_check)
 * ERR_KEY           it certifies another transport key than the session's */
MUST_CHECK enum err certificate_check(const struct peer_certificate *c, const struct roster *r,
                                      uint64_t held, const struct xpubkey *key,
                                      struct peer_identity *out);
/* Whether an identity found good before still is, now that the roster may have grown:
 * ERR_UNKNOWN_MEMBER, ERR_SUSPENDED, ERR_OVERTAKEN, ERR_FORK, ERR_VOID as above. */
MUST_CHECK enum err certificate_recheck(const struct peer_identity *who, const struct roster *r,
                                        uint64_t held);

#endif
