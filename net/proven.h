/* Entries of governance shown alone, each with its place in its log, for those who hold none of
 * these logs: what makes the keys of cosigners and signers known in receipts and in bundles of one
 * case. Encoded as a transport certificate (net/certificate.h). */
#ifndef JIELI_NET_PROVEN_H
#define JIELI_NET_PROVEN_H

#include "ledger/ledger.h"
#include "net/certificate.h"

/* What has to be shown, each entry once and after what it rests on. Begins with its ledger set and
 * all else zero. */
enum { PROVEN_MAX = 1024 };
struct proven_list { struct ledger *l; unsigned count; struct position at[PROVEN_MAX]; };

/* The admission; nothing for the convenor, which genesis names. All: ERR_TOO_LARGE,
 * ERR_UNKNOWN_MEMBER, ERR_NOTFOUND (no such log). */
MUST_CHECK enum err proven_need_member(struct proven_list *list, struct member_no m);
/* The officer's enrolment, before it those of whoever enrolled it, up to the admission. */
MUST_CHECK enum err proven_need_officer(struct proven_list *list, struct member_no m,
                                        const struct officer *o);
/* The certify entry at `index` of the member's log, and before it its signer's enrolment. */
MUST_CHECK enum err proven_need_certificate(struct proven_list *list, struct member_no m,
                                            uint64_t index);
/* One of them, under the newest head of its log; appended to out. ERR_GAP: a log that is still
 * being fetched. */
MUST_CHECK enum err proven_encode(struct ledger *l, struct position at, struct buffer *out);

/* Decodes one and verifies that it stands under a head of its log, signed by the node key that the
 * roster knows of its member, and its signatures. Errors of certificate_decode, checkpoint_verify,
 * merkle_verify_inclusion; ERR_UNKNOWN_MEMBER, ERR_WRONG_LEDGER, ERR_SIGNATURE. Borrows. */
MUST_CHECK enum err proven_open(const struct roster *r, struct span body,
                                struct peer_certificate *out, const struct member **m);
/* Applies what was opened: an admit, enrol or certify entry, else ERR_FORMAT. ERR_VOID: not valid
 * by what was applied before. */
MUST_CHECK enum err proven_apply(struct roster *r, const struct peer_certificate *p,
                                 const struct member *m);

#endif
