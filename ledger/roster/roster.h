/* Who may act: members, their officers, the responsibility map, each as of a size of the convenor's
 * log. Kept in memory, built by applying governance entries in the order of their logs; small (some
 * 60 members, some hundreds of officers). Reads take `law`, a size of the convenor's log: only
 * governance entries of the convenor at an index below it count (FORMAT.md, "Judged").
 * Own officers are judged by their own log before the entry, whatever `law` is. */
#ifndef JIELI_LEDGER_ROSTER_ROSTER_H
#define JIELI_LEDGER_ROSTER_ROSTER_H

#include "ledger/cases/reason.h"
#include "ledger/log/log.h"
#include "ledger/roster/genesis.h"

struct member_no { uint16_t v; };      /* dense number of a member in this roster; convenor = 0 */
enum { MEMBER_NONE = 0xffff };

enum duty_level { DUTY_CITY = 1, DUTY_COUNTY = 2 };   /* 市, 区 */
enum { DUTY_MAX_LEADS = 4 };

struct member {
    struct member_no no;
    struct admission a;
    uint64_t since;                     /* index of the admission in the convenor's log */
    struct hash admission_id;           /* zero for the convenor */
    bool suspended;
    uint64_t suspended_since;           /* index of the first suspension in the convenor's log */
    uint64_t valid_size;                /* of its log: the smallest that a suspension named */
};

struct certificate {                    /* kind certify: keys of a node */
    struct pubkey cosigner;
    struct xpubkey transport, sealing;
    uint64_t index;                     /* in the member's log */
    uint64_t time_s;                    /* claimed by the entry */
    struct hash id;
};

struct officer {
    struct member_no member;
    struct pubkey key;
    char person[PERSON_MAX_BYTES + 1];
    unsigned post_count;
    char posts[OFFICER_MAX_POSTS][POST_MAX_BYTES + 1];
    uint64_t index;                     /* enrolled by this entry of the member's log */
    bool from_admission;                /* the first administrator: from the start of the log */
    bool root;                          /* a root officer of genesis: governance acts only */
    struct hash enrolment;              /* id of that entry; admission id or zero otherwise */
    bool left;                          /* signs nothing beyond left_index of that log */
    uint64_t left_index;
    bool has_desk;
    struct xpubkey desk;                /* transport key of the officer's desk, the newest */
};

struct duty_row {
    char sector[ID_MAX_BYTES + 1], district[ID_MAX_BYTES + 1];   /* district may be "*" */
    uint8_t level;                      /* enum duty_level */
    unsigned lead_count, support_count;
    struct member_no leads[DUTY_MAX_LEADS], supports[DUTY_MAX_SUPPORTS];
    char basis[NAME_MAX_BYTES + 1];
    uint64_t since;                     /* index of the duty entry in the convenor's log */
};

/* Posts that this software enforces (the rest comes with rule sets). */
#define POST_ADMINISTRATOR "管理员"
#define POST_VERIFIER "验收人"
#define POST_DIRECTOR "安委会主任"
#define POST_VICE_DIRECTOR "安委会副主任"

struct roster;
MUST_CHECK enum err roster_create(struct roster **out, const struct genesis *g);
void roster_free(struct roster *r);
const struct genesis *roster_genesis(const struct roster *r);

/* Judges one governance entry (kinds certify, admit, enrol, leave, duty, suspend) at its position
 * and, if valid, applies it. Entries come in the order of each log. REASON_NONE: valid and applied;
 * else why void. *pending is set when it rests on a later act of the table that this software
 * lacks: another kind of governance, and admissions, duties and suspensions under k > 1, which wait
 * for endorsements. ERR_* only for failures of this machine (ERR_NOMEM): nothing was applied then.
 * Signatures were verified by the caller; signers are checked here as by roster_check_signers. */
MUST_CHECK enum err roster_apply(struct roster *r, struct member_no author, uint64_t index,
                                 const struct entry *e, enum reason *reason, bool *pending);

/* Applies an entry again that roster_apply found valid before, as when a stored ledger is opened:
 * keys and proofs of possession are not checked anew. ERR_CORRUPT when it is not valid now. */
MUST_CHECK enum err roster_restore(struct roster *r, struct member_no author, uint64_t index,
                                   const struct entry *e);

/* Tells of an enrolment in the author's log that the caller found void before asking roster_apply:
 * who signs with it is refused then and not waited for. roster_apply does so by itself for what it
 * finds void. Nothing happens for other kinds and for copies of another member's entries. */
MUST_CHECK enum err roster_reject(struct roster *r, struct member_no author,
                                  const struct entry *e);

/* Convenience for the first rule of every entry: which signers may sign for `member` at `index`.
 * Checks each signer: own officer enrolled before `index` and not left before, or foreign with an
 * enrolment that is held (else *waits_for is set to the missing id and REASON_NONE returned with
 * *waiting true); the first signer is always the member's own officer (root officers of genesis
 * count as the convenor's for governance kinds); posts named in the protected header must be among
 * the officer's. signers_out[i] are set for every signer found, NULL for the others.
 * REASON_NOT_ENROLLED; REASON_NOT_FIRST for anything but a certificate at index 0; REASON_SIGNERS
 * for a foreign signer of a governance entry, which its own member's officers alone can sign. A
 * foreign enrolment that is held but void, or of a member admitted at the entry's `law` or later or
 * suspended below it, is refused. */
enum reason roster_check_signers(const struct roster *r, struct member_no member, uint64_t index,
                                 const struct entry *e,
                                 const struct officer *signers_out[ENTRY_MAX_SIGNERS],
                                 bool *waiting, struct hash *waits_for);

unsigned roster_member_count(const struct roster *r);            /* admitted so far, any law */
const struct member *roster_member(const struct roster *r, struct member_no no);
/* NULL unless admitted below `law` (UINT64_MAX: now). */
const struct member *roster_find(const struct roster *r, const char *id, uint64_t law);
const struct member *roster_by_log(const struct roster *r, const char *id);   /* now */
/* Whether the member is suspended and an entry at `index` of its log lies beyond the size named:
 * void, whatever law it was written under. */
bool roster_suspended(const struct roster *r, struct member_no no, uint64_t index);
bool roster_same_institution(const struct roster *r, struct member_no a, struct member_no b);
/* The newest valid certificate of a member; NULL before the first. */
const struct certificate *roster_certificate(const struct roster *r, struct member_no m);
/* Its i-th one, oldest first; NULL past the end. */
const struct certificate *roster_certificate_at(const struct roster *r, struct member_no m,
                                                unsigned i);

/* Whether a certify entry that is shown alone, at `index` of its member's log of which entries
 * below `held` are known here, may stand: kind, signers, place, facts, keys and proof, as
 * roster_apply judges them; but an own signer whose enrolment may lie at `held` or beyond is let
 * pass. *out is set for REASON_NONE. Signatures and place in the log are the caller's. */
enum reason roster_certify_check(const struct roster *r, struct member_no author, uint64_t index,
                                 uint64_t held, const struct entry *e, struct certificate *out);

/* Own officers only, root officers of genesis are not among them. Who was enrolled before an index
 * and had not left before it; UINT64_MAX: who is an officer now. */
const struct officer *roster_officer(const struct roster *r, struct member_no member,
                                     const struct pubkey *key, uint64_t before_index);
/* Whose desk has this transport key now; NULL: nobody's. */
const struct officer *roster_officer_by_desk(const struct roster *r, struct member_no member,
                                             const struct xpubkey *key);
const struct officer *roster_officer_by_enrolment(const struct roster *r, const struct hash *id);
bool officer_has_post(const struct officer *o, const char *post);
/* i-th officer of a member, those who left included, NULL past the end: for lists. */
const struct officer *roster_officer_at(const struct roster *r, struct member_no m, unsigned i);

/* The row that answers for a sector in a district at a level as of law: a row of that very district
 * beats "*"; of equal district the later one replaces. NULL: no row. */
const struct duty_row *roster_duty(const struct roster *r, const char *sector,
                                   const char *district, uint8_t level, uint64_t law);
/* Rows in force as of law, in order of sector, district, level; false past the end. */
bool roster_duty_at(const struct roster *r, uint64_t law, unsigned i, struct duty_row *out);
/* Blind spot 2 of a row: nobody leads, or more than one does. */
bool duty_row_gap(const struct duty_row *row);
bool duty_row_overlap(const struct duty_row *row);

#endif
