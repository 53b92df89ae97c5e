/* Why an entry is void, and what a verdict is. Codes are in exports and FORMAT.md: append only. */
#ifndef JIELI_LEDGER_CASES_REASON_H
#define JIELI_LEDGER_CASES_REASON_H

#include <stdbool.h>

enum verdict {
    VERDICT_VALID = 0,
    VERDICT_PENDING = 1,    /* rests on something not held */
    VERDICT_VOID = 2,       /* kept, shown with its reason, without effect */
    VERDICT_OVERTAKEN = 3,  /* a valid closure that had not seen what keeps the case open */
    VERDICT_FOREIGN = 4,    /* a copy in a log of another member than it names, or a repeat */
};

enum reason {
    REASON_NONE = 0,
    /* form and origin */
    REASON_UNDECODABLE = 1,       /* bytes are no entry in the one allowed encoding */
    REASON_WRONG_LEDGER = 2,
    REASON_WRONG_MEMBER = 3,      /* names another member or epoch than the log it stands in */
    REASON_SIGNATURE = 4,         /* a signature does not verify */
    REASON_NOT_ENROLLED = 5,      /* a signer is no officer there, or lacks the post it claims */
    REASON_REPEATED = 6,          /* first key and nonce were used by an earlier entry of the log */
    REASON_LAW_LOWERED = 7,       /* law less than earlier in the log, or above its place */
    REASON_OWN_BRANCH = 8,        /* own size and root are not on this log */
    REASON_EXCESS = 9,            /* too many refs, or entries of one member in the case */
    REASON_CYCLE = 10,            /* entries that reach each other */
    REASON_UNKNOWN_KIND = 11,     /* kind undefined in the law version */
    REASON_FACTS = 12,            /* a fact required by the kind is missing or malformed */
    REASON_NO_CASE = 13,          /* author had not seen a valid report or assign of the case */
    REASON_REF_ELSEWHERE = 14,    /* a ref or base that is an entry of another case */
    REASON_SIGNERS = 15,          /* number, roles or persons of the signatures are not as needed */
    /* roster */
    REASON_NOT_ROOT = 20,         /* governance not signed by a root officer */
    REASON_NOT_CONVENOR = 21,     /* only the convenor may do this */
    REASON_NOT_ADMINISTRATOR = 22,
    REASON_PROOF = 23,            /* a proof of possession fails */
    REASON_KEY = 24,              /* a key is not a valid point */
    REASON_MEMBER_EXISTS = 25,
    REASON_KEY_EXISTS = 26,       /* key enrolled before in this log */
    REASON_NOT_FIRST = 27,        /* entry 0 is not a certificate citing the admission */
    REASON_NO_MEMBER = 28,        /* names a member not admitted as of law */
    REASON_SUSPENDED = 29,        /* lies beyond the size that its member's suspension names */
    /* custody */
    REASON_NOT_CUSTODIAN = 40,
    REASON_NOT_OFFERED = 41,
    REASON_BASE = 42,             /* base is not the baton act in force */
    REASON_OFFER_OPEN = 43,
    REASON_NO_OFFER = 44,
    REASON_CLOSED = 45,
    REASON_CONFLICT = 46,         /* convenor's institution concerned, second signature missing */
    REASON_SELF = 47,             /* an offer or request to oneself */
    REASON_NO_POWER = 48,
    REASON_NOT_PARTY = 49,        /* author has no part in the case that this act needs */
    REASON_REPEAT_ASK = 50,       /* asked for more a second time on one offer */
    REASON_NO_RECALL = 51,        /* returned on recall, but none was asked */
    /* grade, listing, verification, closure, tracks */
    REASON_GRADE = 60,            /* the custodian regrades upward only; or the grade is the same */
    REASON_NO_LISTING = 61,
    REASON_NOT_LISTER = 62,
    REASON_NOT_VERIFIER = 63,
    REASON_SAME_INSTITUTION = 64, /* must be another institution than the custodian's */
    REASON_HANDLER = 65,          /* a verifier handled the case */
    REASON_NO_PASS = 66,          /* no verification that counts */
    REASON_NOT_CLOSER = 67,
    REASON_NO_CLOSURE = 68,       /* look-back or archive without 销号 */
    REASON_NO_TRACK = 69,
    REASON_TRACK_OPEN = 70,
    REASON_NOT_INVESTIGATOR = 71,
    REASON_NOT_AUTHOR = 72,       /* corrects somebody else's entry, or what may not be corrected */
    REASON_NOT_ASKED = 73,        /* answers a question that nobody put */
};

/* Void by a form that leaves open what its author had seen: its refs are not followed, its
 * predecessor is. REASON_NONE and every other reason: they are. */
bool reason_hides_refs(enum reason r);
/* "not_custodian": stable, for --json, exports and FORMAT.md. */
const char *reason_name(enum reason r);
/* One English sentence for people; the caller translates. */
const char *reason_message(enum reason r);
const char *verdict_name(enum verdict v);

#endif
