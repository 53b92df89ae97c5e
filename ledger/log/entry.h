/* One entry of a member's log: a COSE_Sign message (RFC 9052 §4.1, tag 98) with 1 to 4 EdDSA
 * signatures over a payload map with integer keys. Bytes are verified and hashed as received.
 *
 *   98([ h'', {}, payload bstr, [ [ protected bstr, {}, signature bstr ], ... ] ])
 *
 * protected of a signer = {1: -8, 4: tagged key (33), -70001: post, -70002: role,
 *                          ? -70003: tagged id of the enrolment in another member's log}
 * payload keys:
 *   1 ledger (33)  2 member  3 epoch  4 kind  5 case (33)?  6 refs [33...]?  7 base (33)?
 *   8 law [epoch, size]  9 own [size, root (33)]  10 nonce (16)  11 time_s  12 facts {}?
 *   13 parts [[role, mode, padded size, commitment (33)]...]?  14 other case (33)?  15 other refs?
 * Optional keys (?) are absent, never empty. refs are in rising bytewise order without repeats. No
 * key signs twice. Sizes are at most 2^63 - 1, time_s at most ENTRY_MAX_TIME_S, the padded size of
 * a part at most PART_MAX_BYTES, a text fact at most FACT_MAX_TEXT_BYTES. */
#ifndef JIELI_LEDGER_LOG_ENTRY_H
#define JIELI_LEDGER_LOG_ENTRY_H

#include "crypto/keys.h"
#include "crypto/limits.h"
#include "ledger/log/cbor.h"

#define ENTRY_MAX_TIME_S UINT64_C(253402300799)   /* the last second of the year 9999 */

enum role { ROLE_HANDLE = 1, ROLE_REVIEW = 2, ROLE_ISSUE = 3, ROLE_VERIFY = 4 };
/* 经办, 审核, 签发, 验收. The second signature of the convenor's conflict is ROLE_ISSUE. */

enum part_mode { PART_OPEN = 0, PART_SEALED = 1 };
enum part_role { PART_SUBJECT = 1, PART_TEXT = 2, PART_PHOTO = 3, PART_SCAN = 4, PART_NAMES = 5,
                 PART_CONTACT = 6, PART_FINDINGS = 7, PART_GROUNDS = 8, PART_IDENTITY = 9 };

struct part_ref { uint8_t role, mode; uint64_t padded_bytes; struct hash commitment; };

/* A fact: its number and its value, one encoded CBOR item. */
struct fact { uint32_t id; struct span value; };

struct signer {
    struct pubkey key;
    char post[POST_MAX_BYTES + 1];
    enum role role;
    bool foreign;              /* an officer of another member: `enrolment` names the entry */
    struct hash enrolment;
    struct sig sig;
    struct span protected_bytes;   /* borrowed, as signed */
};

/* Ids in encoded form: `count` items of 35 bytes each (58 21 alg 32 bytes). Borrowed. */
struct id_list { const uint8_t *data; unsigned count; };
void id_list_get(const struct id_list *list, unsigned i, struct hash *out);
bool id_list_contains(const struct id_list *list, const struct hash *id);

struct entry {
    struct span bytes;         /* the whole, borrowed: everything below borrows from it too */
    struct span payload;
    struct hash id;            /* RFC 6962 leaf hash of bytes */
    struct hash ledger;
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch, kind;
    bool has_case, has_base, has_other;
    struct hash case_id, base, other_case;
    struct id_list refs, other_refs;
    uint32_t law_epoch;
    uint64_t law_size;
    uint64_t own_size;
    struct hash own_root;
    struct nonce nonce;
    uint64_t time_s;           /* claimed, Unix seconds */
    unsigned fact_count, part_count, signer_count;
    struct fact facts[ENTRY_MAX_FACTS];
    struct part_ref parts[ENTRY_MAX_PARTS];
    struct signer signers[ENTRY_MAX_SIGNERS];
};

/* Strict decode; computes the id. ERR_TOO_LARGE over ENTRY_MAX_BYTES, ERR_TRUNCATED, ERR_FORMAT,
 * ERR_RANGE (no or too many signers, a key twice, bad member id), ERR_UNSUPPORTED (algorithm). */
MUST_CHECK enum err entry_decode(struct entry *out, struct span bytes);

/* The same of bytes whose id is known. */
MUST_CHECK enum err entry_decode_as(struct entry *out, struct span bytes, const struct hash *id);

/* Strict decode of a payload alone, a draft's: bytes, id and signers stay zero. Same errors. */
MUST_CHECK enum err entry_payload_decode(struct entry *out, struct span payload);

/* Checks every signature against the key in its own protected header, in order; stateless, for
 * any thread. ERR_SIGNATURE. `ledger` is the ledger id for the external AAD
 * ["jieli/entry/v1", ledger id (33)]; ERR_WRONG_LEDGER when the payload names another. */
MUST_CHECK enum err entry_verify(const struct entry *e, const struct hash *ledger);

const struct fact *entry_fact(const struct entry *e, uint32_t id);       /* NULL if absent */
/* Typed reads of a fact; false when absent or of another type. */
bool entry_fact_uint(const struct entry *e, uint32_t id, uint64_t *out);
bool entry_fact_text(const struct entry *e, uint32_t id, char *out, size_t out_bytes);
bool entry_fact_hash(const struct entry *e, uint32_t id, struct hash *out);  /* tagged 33 bytes */
/* Number of items of a list fact, or 0; i-th text of a list of texts. */
unsigned entry_fact_list(const struct entry *e, uint32_t id);
bool entry_fact_item(const struct entry *e, uint32_t id, unsigned i, char *out, size_t out_bytes);

/* What an author fixes before the first signature; spans and lists are borrowed for the call. */
struct entry_draft {
    struct hash ledger;
    const char *member;
    uint32_t epoch, kind;
    bool has_case, has_base, has_other;
    struct hash case_id, base, other_case;
    const struct hash *refs, *other_refs;      /* any order; sorted and deduplicated on encode */
    unsigned ref_count, other_ref_count;
    uint32_t law_epoch;
    uint64_t law_size, own_size;
    struct hash own_root;
    struct nonce nonce;
    uint64_t time_s;
    const struct fact *facts;                  /* in rising order of id */
    unsigned fact_count;
    const struct part_ref *parts;
    unsigned part_count;
};
/* Payload bytes of a draft, appended to out. What it writes decodes; a draft that would not decode
 * is refused with the decoder's error and out is as before. */
MUST_CHECK enum err entry_payload_encode(const struct entry_draft *d, struct buffer *out);

/* The bytes that a signature over a payload is made over, for a key that is not at hand (an agent
 * signs): fills signer->key, appends to out; signer->sig is the caller's to fill. Signs only what
 * decodes: the decoder's errors, ERR_WRONG_LEDGER, ERR_RANGE for a bad post or role; ERR_NOMEM. */
MUST_CHECK enum err entry_sign_structure(struct span payload, const struct hash *ledger,
                                         const struct pubkey *key, struct signer *signer,
                                         struct buffer *out);
/* One signature over a payload: fills signer->key and signer->sig from key, post, role (and
 * enrolment). Errors as above. */
MUST_CHECK enum err entry_sign(struct span payload, const struct hash *ledger,
                               const struct signkey *key, struct signer *signer);
/* The whole message from a payload and its signers, appended to out. Protected headers are written
 * anew from the signers' fields. ERR_TOO_LARGE, ERR_RANGE (number of signers, a key twice, a bad
 * post or role); out is as before then. */
MUST_CHECK enum err entry_encode(struct span payload, const struct signer *signers,
                                 unsigned count, struct buffer *out);

/* RFC 9052 §4.4 Sig_structure of COSE_Sign, for the vectors of the standard. */
MUST_CHECK enum err cose_sig_structure(struct span body_protected, struct span signer_protected,
                                       struct span external_aad, struct span payload,
                                       struct buffer *out);

#endif
