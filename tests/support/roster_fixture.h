/* A ledger in small for tests of the roster: keys from numbers, a genesis, and governance entries
 * that are composed, signed, encoded, decoded and verified before the roster judges them. */
#ifndef JIELI_TESTS_SUPPORT_ROSTER_FIXTURE_H
#define JIELI_TESTS_SUPPORT_ROSTER_FIXTURE_H

#include "ledger/roster/compose.h"
#include "ledger/roster/roster.h"

enum { FIXTURE_MAX_ENTRIES = 256, FIXTURE_MAX_KEYS = 512 };
/* Numbers of keys. A member's node key is its number, the administrator's 100 more. */
enum { KEY_ROOT = 1, KEY_ROOT_2 = 2, KEY_COSIGNER = 5, KEY_CONVENOR = 10, KEY_ADMIN = 100,
       KEY_OFFICER = 300 };

struct signature_by { unsigned key; const char *post; const struct hash *enrolment; };

struct attempt {
    const char *member;
    uint32_t kind;
    uint64_t index, law;
    const struct hash *ref, *case_id;
    const struct composition *facts;
    unsigned signer_count;
    struct signature_by signers[ENTRY_MAX_SIGNERS];
};

struct fixture {
    struct genesis genesis;
    struct roster *roster;
    struct signkey *keys[FIXTURE_MAX_KEYS];
    struct buffer entries[FIXTURE_MAX_ENTRIES];
    unsigned entry_count;
    struct composition facts;       /* for the attempt at hand */
    struct entry last;              /* the last entry made */
    bool pending;                   /* of the last one applied */
};

void fixture_init(struct fixture *f, unsigned k, unsigned root_count);
void fixture_clear(struct fixture *f);
const struct signkey *fixture_key(struct fixture *f, unsigned number);
struct pubkey fixture_pub(struct fixture *f, unsigned number);
/* An admission whose proofs are good for `ledger`. */
struct admission fixture_admission(struct fixture *f, const char *id, unsigned key,
                                   const struct hash *ledger);
/* A genesis of the convenor "anweiban" with good proofs, not encoded. */
struct genesis fixture_genesis(struct fixture *f, unsigned k, unsigned root_count);

const struct entry *fixture_entry(struct fixture *f, const struct attempt *a);
enum reason fixture_apply(struct fixture *f, const struct attempt *a);

/* Fill f->facts. Proofs are made for `member` and the given role. */
void fixture_certify(struct fixture *f, const char *member);
void fixture_enrol(struct fixture *f, const char *member, unsigned key, const char *post);
/* Admits, certifies; the member's number. */
struct member_no fixture_member(struct fixture *f, const char *id, unsigned key, uint64_t index);
struct member_no member_numbered(const struct fixture *f, const char *id);

#endif
