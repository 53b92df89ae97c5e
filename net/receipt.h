/* Receipts (送达回执): one file that proves, to anybody and without any node, who held an act and
 * since when. It carries the whole chain: genesis, the act, the governance entries that admit the
 * members and enrol the signers, the certificate of each cosigner's key, and for each cosigner the
 * proof that the act stands under a head that it cosigned.
 *
 *   "jieli-receipt/1\n", then frames of u32 length ‖ u8 type ‖ body, up to the end of the file:
 *   1 GENESIS      bytes of the genesis file; first
 *   2 ACT          the entry; second
 *   3 REFERRED     the entry that the act refers to, where that tells whom it concerns (concern.h);
 *                  at most once, third
 *   4 GOVERNANCE   an entry with its proof, encoded as a transport certificate (net/certificate.h)
 *   5 CERTIFICATE  likewise: a certify entry of a cosigner's log
 *   6 HOLDING      tlog-proof (ledger/log/tlog_proof.h) of the act under a cosigned head
 * 4 to 6 come in such an order that each rests only on what stands before it. */
#ifndef JIELI_NET_RECEIPT_H
#define JIELI_NET_RECEIPT_H

#include "ledger/ledger.h"
#include "ledger/level.h"

#define RECEIPT_MAGIC "jieli-receipt/1\n"
enum {
    RECEIPT_MAX_FRAMES = 128, RECEIPT_MAX_HOLDERS = 8, RECEIPT_MAX_BYTES = 4 * 1024 * 1024,
    RECEIPT_FRAME_MAX_BYTES = 128 * 1024,
};
enum receipt_frame { RECEIPT_GENESIS = 1, RECEIPT_ACT = 2, RECEIPT_REFERRED = 3,
                     RECEIPT_GOVERNANCE = 4, RECEIPT_CERTIFICATE = 5, RECEIPT_HOLDING = 6 };

/* A receipt taken apart; bodies are borrowed. */
struct receipt_file {
    unsigned count;
    struct { uint8_t type; struct span body; } frames[RECEIPT_MAX_FRAMES];
};
/* Frames only, nothing is verified. ERR_FORMAT (no receipt, or frames out of order), ERR_TRUNCATED,
 * ERR_TOO_LARGE, ERR_UNSUPPORTED (a type). */
MUST_CHECK enum err receipt_decode(struct receipt_file *out, struct span bytes);

/* Which link of the chain does not hold. */
enum receipt_link { LINK_NONE, LINK_FILE, LINK_GENESIS, LINK_ACT, LINK_REFERRED, LINK_GOVERNANCE,
                    LINK_CERTIFICATE, LINK_PROOF, LINK_HEAD, LINK_COSIGNATURE };
const char *receipt_link_name(enum receipt_link link);         /* "cosignature": for --json */

struct receipt_holder {
    char member[ID_MAX_BYTES + 1];
    uint64_t time_s;                   /* by the cosigner's own clock */
    uint64_t size;                     /* of the cosigned head */
    bool concerned;                    /* the act concerns it: delivery */
    bool with_parts;                   /* cosigned within COSIGN_PARTS_WAIT_S of the act */
};

/* What a good receipt proves. */
struct receipt {
    struct genesis genesis;
    struct entry act;                  /* borrows from the file */
    uint64_t index;                    /* in the log of act.member */
    bool signers_shown;                /* every signer's enrolment is in the file */
    unsigned holder_count;
    struct receipt_holder holders[RECEIPT_MAX_HOLDERS];
    char offered[ID_MAX_BYTES + 1];    /* member that the act itself offers the case to; "" none */
};

/* Verifies every link from genesis to the cosignatures. `pinned`: the ledger's id as its reader
 * knows it, or NULL. OK, or why not, and *link which. ERR_NOMEM. */
MUST_CHECK enum err receipt_verify(const struct receipt_file *file, const struct hash *pinned,
                                   struct receipt *out, enum receipt_link *link);

/* The receipt of an act by what is held here: by `by` alone, or, with MEMBER_NONE, by those the act
 * concerns where all of them hold it, else by the first holders of all. Appended to out.
 * ERR_PENDING: nobody asked for holds it yet, as far as is known here; ERR_GAP: a log that it
 * needs is still being fetched. */
MUST_CHECK enum err receipt_build(struct ledger *l, struct position at, struct member_no by,
                                  struct buffer *out);

#endif
