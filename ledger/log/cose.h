/* What entries take from COSE (RFC 9052): labels, the protected header of a signer, the bytes that
 * are signed. */
#ifndef JIELI_LEDGER_LOG_COSE_H
#define JIELI_LEDGER_LOG_COSE_H

#include "ledger/log/entry.h"

enum { COSE_SIGN_TAG = 98, COSE_ALG_EDDSA = -8 };

/* Labels of a signer's protected header, in the order of their encodings. */
enum cose_label { COSE_ALG = 1, COSE_KID = 4, COSE_POST = -70001, COSE_ROLE = -70002,
                  COSE_ENROLMENT = -70003 };

/* Room for the largest protected header and for the largest Sig_structure of an entry. */
enum { PROTECTED_MAX_BYTES = 192, SIG_STRUCTURE_MAX_BYTES = ENTRY_MAX_BYTES + 512 };

/* Post of 1 to POST_MAX_BYTES bytes of valid text, a role of enum role. ERR_RANGE. */
MUST_CHECK enum err cose_signer_check(const struct signer *s);
/* Appends the protected header of a signer that passed cose_signer_check. */
MUST_CHECK enum err cose_protected_encode(const struct signer *s, struct buffer *out);
/* Key, post, role, foreign and enrolment of *out from its protected header. */
MUST_CHECK enum err cose_protected_decode(struct signer *out, struct span protected_bytes);
/* Sig_structure of one signer of an entry: empty body header, external AAD
 * ["jieli/entry/v1", ledger id]. ERR_TOO_LARGE when `out`, of SIG_STRUCTURE_MAX_BYTES, is short. */
MUST_CHECK enum err cose_entry_structure(struct span payload, struct span protected_bytes,
                                         const struct hash *ledger, struct buffer *out);

#endif
