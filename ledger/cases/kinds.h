/* The table of kinds: every act of the law, its number, class, author and facts. Numbers are in
 * entries and never change. `built` tells whether this software folds the act; one that is in the
 * table and not built is pending, one that is not in the table is void. */
#ifndef JIELI_LEDGER_CASES_KINDS_H
#define JIELI_LEDGER_CASES_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/types.h"

enum kind {
    /* governance: logs of convenor and members, no case */
    KIND_CERTIFY = 1, KIND_ADMIT = 2, KIND_ENROL = 3, KIND_LEAVE = 4, KIND_DUTY = 5,
    KIND_RULES = 6, KIND_EPOCH = 7, KIND_SUSPEND = 8, KIND_SUCCESSION = 9, KIND_PROPOSE = 10,
    KIND_ENDORSE = 11, KIND_ROOTS = 12, KIND_LAW_VERSION = 13, KIND_OFFLINE = 14,
    /* opening and custody */
    KIND_REPORT = 32, KIND_ASSIGN = 33, KIND_OFFER = 34, KIND_SIGN_FOR = 35, KIND_ASK_MORE = 36,
    KIND_ACCEPT = 37, KIND_REFUSE = 38, KIND_RECALL = 39, KIND_PETITION = 40, KIND_RULE = 41,
    KIND_JOIN = 42, KIND_NOTIFY = 43, KIND_HAND_TO = 44, KIND_REFER_OUT = 45,
    /* rectification */
    KIND_ORDER = 48, KIND_PLAN = 49, KIND_PROGRESS = 50, KIND_CONTROL = 51, KIND_REGRADE = 52,
    KIND_EXTEND = 53, KIND_SANCTION = 54, KIND_REFER_CRIME = 55,
    /* supervision and pressure */
    KIND_SUPERVISE = 64, KIND_UNSUPERVISE = 65, KIND_URGE = 66, KIND_INTERVIEW = 67,
    KIND_CENSURE = 68, KIND_PUBLISH = 69, KIND_REMIND = 70,
    /* the end of a case */
    KIND_RECTIFIED = 80, KIND_VERIFY = 81, KIND_CLOSE = 82, KIND_ARCHIVE = 83, KIND_LOOK_BACK = 84,
    KIND_MERGE = 85, KIND_SPLIT = 86, KIND_REPORT_BACK = 87, KIND_CORRECT = 88,
    /* dual investigation */
    KIND_DUAL_OPEN = 96, KIND_DUAL_REFER = 97, KIND_DUAL_TAKE = 98, KIND_DUAL_END = 99,
    KIND_DUAL_REASSIGN = 100, KIND_DUAL_PUBLISH = 101,
    /* returns and others, mostly without a case */
    KIND_ZERO_REPORT = 112, KIND_REHABILITATE = 113, KIND_ERASE = 114,
};

/* FORMAT.md, "Kinds of acts". An act may belong to more than one. */
enum class {
    CLASS_GOVERNANCE = 1 << 0,
    CLASS_BATON = 1 << 1,       /* has a place in the causal order */
    CLASS_STATEMENT = 1 << 2,   /* judged only by what its author had seen */
    CLASS_KEEP_OPEN = 1 << 3,   /* holds a case open and reopens it */
    CLASS_KEEP_SOME = 1 << 4,   /* keep-open depending on its facts: verify, look-back, regrade */
    CLASS_KEEP_ARCHIVE = 1 << 5, /* holds open against archive only: dual-open */
    CLASS_CLOSURE = 1 << 6,
    CLASS_OPENS = 1 << 7,       /* its id is the id of a new case */
};

/* Who may write it; what is asked of a concrete case is in custody.c, listing.c, verification.c. */
enum who {
    WHO_ANY, WHO_CONVENOR, WHO_ROOT, WHO_ADMINISTRATOR, WHO_CUSTODIAN, WHO_CUSTODIAN_POWER,
    WHO_OFFERED, WHO_OFFERED_OR_NAMED, WHO_OFFERER, WHO_CUSTODIAN_OR_REFUSER,
    WHO_CONVENOR_CUSTODIAN_OR_ASKED, WHO_WORKER, WHO_INTERIM_WORKER, WHO_GRADER, WHO_LISTING_MEMBER,
    WHO_LISTER, WHO_VERIFIER, WHO_CLOSER, WHO_DUTY_THERE, WHO_DUAL_OPENER, WHO_DUAL_ENDER,
    WHO_AUTHOR, WHO_POWER, WHO_ROOT_OR_ADMINISTRATOR, WHO_CO_ROOT, WHO_CUSTODIAN_OR_TERM_SETTER,
    WHO_CONVENOR_LISTER, WHO_CONVENOR_CUSTODIAN, WHO_INVESTIGATOR, WHO_EVERY,
    WHO_ERASER,
};

/* Whom it concerns: the members to whom its delivery matters (FORMAT.md, "Cosignatures"). Told from
 * the act and at most one entry that it refers to: its base, or the one that `target` names. */
enum concerns {
    CONCERNS_NOBODY = 0,
    CONCERNS_NAMED = 1 << 0,          /* whom the facts to, verifier, supports and tracks name */
    CONCERNS_CONVENOR = 1 << 1,
    CONCERNS_BASE_AUTHOR = 1 << 2,
    CONCERNS_BASE_TO = 1 << 3,        /* to whom the base offered the case */
    CONCERNS_TARGET_AUTHOR = 1 << 4,
    CONCERNS_TARGET_NAMED = 1 << 5,   /* whom the target names */
};

/* Numbers of facts: one space for all kinds, append only. Types and the kinds that carry them stand
 * in the tables of facts.c and kinds.c. */
enum fact_id {
    FACT_TO = 1,             /* member: recipient, named member, support, verifier */
    FACT_SECTOR = 2, FACT_DISTRICT = 3,
    FACT_GRADE = 4,          /* enum grade */
    FACT_SOURCE = 5,         /* enum source */
    FACT_CLAUSE = 6,         /* text: clause of the standard or of the ground */
    FACT_FOUND_ON = 7,       /* date, days since 1970-01-01, UTC+8 */
    FACT_DUE_ON = 8,         /* date */
    FACT_DOC_NO = 9,         /* 文号 */
    FACT_GROUND = 10,        /* enum ground of an offer */
    FACT_CODE = 11,          /* enum refusal code */
    FACT_SUGGEST = 12,       /* member suggested by a refusal or petition */
    FACT_AUTHORITY = 13,     /* enum authority of a ruling */
    FACT_SUPPORTS = 14,      /* list of members */
    FACT_STEP = 15,          /* enum step: ask, confirm, decline, decide … */
    FACT_OFFICER = 16,       /* person number of the officer who works it */
    FACT_ANSWER = 17,        /* bool: an answer is asked for */
    FACT_LEVEL = 18,         /* enum level of supervision, or of a duty row */
    FACT_OUTCOME = 19,       /* enum outcome: pass, fail, no hazard; held, relapsed; … */
    FACT_VERIFIER = 20,      /* member named to verify */
    FACT_TRACKS = 21,        /* list of [track text, investigator member] */
    FACT_TRACK = 22,         /* text */
    FACT_TRIGGER = 23,       /* enum trigger of a dual investigation */
    FACT_FIVE = 24,          /* set of 五落实: 1 责任 2 措施 4 资金 8 时限 16 预案 */
    FACT_TARGET = 25,        /* tagged id of the entry corrected, answered or concerned */
    FACT_NOTE_CODE = 26,     /* short code text, not prose */
    FACT_APPLIED_ON = 27,    /* date of the enterprise's application */
    FACT_INTERIM = 28,       /* list of texts: interim measures in force */
    FACT_REFERENCE = 29,     /* opaque reference (whistleblower) */
    FACT_PERIOD = 30, FACT_COUNT = 31, FACT_AMOUNT = 32,
    /* governance */
    FACT_ADMISSION = 64,     /* map as of genesis key 8, keys 1..12 */
    FACT_OFFICER_KEY = 65, FACT_PERSON = 66, FACT_POSTS = 67, FACT_PROOF = 68,
    FACT_COSIGNER = 69, FACT_COSIGNER_PROOF = 70, FACT_TRANSPORT = 71, FACT_SEALING = 72,
    FACT_DUTY_ROWS = 73,     /* list of [sector, district, level, [lead…], [support…], basis] */
};

enum grade { GRADE_GENERAL = 1, GRADE_MAJOR = 2, GRADE_IMMINENT = 3 };  /* 一般 重大 紧急 */
enum source { SOURCE_SELF = 1, SOURCE_INSPECTION, SOURCE_PUBLIC, SOURCE_EXPERT, SOURCE_OUTSIDE };
enum ground { GROUND_COMPETENT = 1, /* 谁主管 */ GROUND_MAIN, /* 谁为主 */ GROUND_NEAR, /* 谁靠近 */
              GROUND_APPROVES, /* 谁审批 */ GROUND_TERRITORY, /* 属地 */ GROUND_OTHER /* 其他 */ };
enum refusal { REFUSE_NO_JURISDICTION = 1, REFUSE_WRONG_TERRITORY, REFUSE_DUPLICATE,
               REFUSE_NO_HAZARD, REFUSE_DONE, REFUSE_STILL_LACKING, REFUSE_RECALLED };
enum authority { AUTHORITY_OFFICE = 1 /* 安委办协调, interim */, AUTHORITY_COMMITTEE = 2,
                 AUTHORITY_GOVERNMENT = 3 };
enum step { STEP_ASK = 1, STEP_CONFIRM = 2, STEP_DECLINE = 3, STEP_DECIDE = 4, STEP_SEND = 5,
            STEP_ANSWER = 6 };
enum supervision { SUPERVISE_PROVINCE = 1, SUPERVISE_CITY = 2, SUPERVISE_DISTRICT = 3 };
enum outcome { OUTCOME_PASS = 1, OUTCOME_FAIL = 2, OUTCOME_NO_HAZARD = 3, OUTCOME_HELD = 4,
               OUTCOME_RELAPSED = 5, OUTCOME_CONCLUDED = 6, OUTCOME_WAIVED = 7 };
enum trigger { TRIGGER_UNEXAMINED = 1, TRIGGER_REFUSED, TRIGGER_LONG, TRIGGER_RELAPSED,
               TRIGGER_ACCIDENT };

enum fact_type { FACT_TYPE_UINT, FACT_TYPE_BOOL, FACT_TYPE_TEXT, FACT_TYPE_CODE, FACT_TYPE_MEMBER,
                 FACT_TYPE_MEMBERS, FACT_TYPE_TEXTS, FACT_TYPE_DATE, FACT_TYPE_ID, FACT_TYPE_TRACKS,
                 FACT_TYPE_KEY, FACT_TYPE_BYTES, FACT_TYPE_ITEM, FACT_TYPE_SET };

/* One code of an enumerated fact: number, name on the command line and in JSON, Chinese word. */
struct code_row { unsigned value; const char *name; const char *label; };

/* One row of the schema: what --options, JSON, checks and FORMAT.md are made from. */
struct fact_row {
    enum fact_id id;
    const char *name;                /* "doc-no": option --doc-no, JSON key "doc_no" */
    enum fact_type type;
    const struct code_row *codes;    /* FACT_TYPE_CODE and _SET, ends with name NULL */
    const char *help;                /* English, for --help; N_() marked */
    size_t max_bytes;                /* longest text, of each item of a list; 0: no text */
};
const struct fact_row *fact_row(uint32_t id);              /* NULL when unknown */
const struct fact_row *fact_row_by_name(const char *name);
const struct fact_row *fact_row_at(size_t i);              /* NULL past the end */
const struct code_row *fact_code(const struct fact_row *row, uint64_t value);
const struct code_row *fact_code_by_name(const struct fact_row *row, const char *name);

/* Whether `value`, one encoded CBOR item, is of the row's type: texts not empty and not too long,
 * lists not empty, codes known, dates up to the year 9999, sets without unknown bits, ids and keys
 * 33 bytes. Whether a member exists is for the fold. */
bool fact_value_check(const struct fact_row *row, struct span value);

enum { KIND_MAX_FACTS = 16 };
struct kind_row {
    enum kind kind;
    const char *name;                /* "sign-for": subcommand, JSON */
    const char *label;               /* 签收 */
    unsigned classes;                /* set of enum class */
    enum who who;
    unsigned concerns;               /* set of enum concerns */
    bool built;
    uint8_t min_signers;             /* 1, or 2 for verify */
    enum fact_id required[KIND_MAX_FACTS];   /* ends with 0 */
    enum fact_id optional[KIND_MAX_FACTS];
    const char *effect;              /* one English sentence for FORMAT.md and --help */
};
const struct kind_row *kind_row(uint32_t kind);            /* NULL: not in the law version */
/* `who` in words, as in FORMAT.md. */
const char *kind_who(const struct kind_row *row);
const struct kind_row *kind_row_by_name(const char *name);
const struct kind_row *kind_row_at(size_t i);              /* NULL past the end */

#endif
