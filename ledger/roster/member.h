/* What an admission says of a member: by the convenor's log (or genesis, for the convenor). */
#ifndef JIELI_LEDGER_ROSTER_MEMBER_H
#define JIELI_LEDGER_ROSTER_MEMBER_H

#include "crypto/keys.h"
#include "crypto/limits.h"
#include "ledger/log/cbor.h"
#include "ledger/log/member_id.h"

/* 权限: what the law gives a member. Codes are the texts in powers_names. */
enum power {
    POWER_ENFORCE = 1 << 0,     /* enforce 执法 */
    POWER_TRADE = 1 << 1,       /* trade 行业管理 */
    POWER_OWNER = 1 << 2,       /* owner 出资 */
    POWER_TERRITORY = 1 << 3,   /* territory 属地 */
    POWER_COORDINATE = 1 << 4,  /* coordinate 综合协调 */
    POWER_OPERATOR = 1 << 5,    /* operator 运营 */
    POWER_OVERSEE = 1 << 6,     /* oversee 监督 */
    POWER_JUDICIAL = 1 << 7,    /* judicial 司法 */
};

enum member_kind { MEMBER_OFFICE = 1, MEMBER_BUREAU, MEMBER_BOARD, MEMBER_DISTRICT,
                   MEMBER_OVERSIGHT, MEMBER_JUDICIAL };

struct admission {
    char id[ID_MAX_BYTES + 1];
    char name[NAME_MAX_BYTES + 1];
    char institution[ID_MAX_BYTES + 1];
    enum member_kind kind;
    unsigned powers;                    /* set of enum power */
    bool vertical;                      /* 垂管: can be asked, not ordered */
    struct pubkey node_key, admin_key;
    char admin_post[POST_MAX_BYTES + 1], admin_person[PERSON_MAX_BYTES + 1];
    struct sig node_proof, admin_proof; /* possession, roles "node" and "officer" */
};

/* Codes as they stand in files and entries ("enforce", "bureau"). *_from_name: ERR_RANGE. */
const char *power_name(enum power p);
MUST_CHECK enum err power_from_name(const char *name, enum power *out);
const char *member_kind_name(enum member_kind k);
MUST_CHECK enum err member_kind_from_name(const char *name, enum member_kind *out);
/* The map of genesis key 8, which is also the value of FACT_ADMISSION. Decoding fails the reader
 * with ERR_FORMAT, ERR_TOO_LARGE, ERR_UNSUPPORTED (algorithm) or ERR_RANGE (an id or code outside
 * its alphabet, a text empty or with control characters). Proofs are not looked at. */
void admission_encode(const struct admission *a, struct cbor_out *w);
void admission_decode(struct admission *out, struct cbor *c);
/* Both keys valid points, both proofs good for this ledger (32 x 00 within genesis).
 * ERR_KEY, ERR_SIGNATURE. */
MUST_CHECK enum err admission_verify(const struct admission *a, const struct hash *ledger);

/* A request: what `jieli init` writes and `jieli admit` reads. Deterministic CBOR map
 * {1 ledger (33), 2 member, 3 node key (33), 4 proof (64), 5 administrator key (33), 6 post,
 *  7 person, 8 proof (64)}. Name, kind, institution, powers, vertical are the convenor's to say and
 * stay empty in `a`. Decoding is strict and checks texts and ids (errors as admission_decode); keys
 * and proofs are checked by admission_verify. */
MUST_CHECK enum err request_encode(const struct admission *a, const struct hash *ledger,
                                   struct buffer *out);
MUST_CHECK enum err request_decode(struct admission *a, struct hash *ledger, struct span bytes);

#endif
