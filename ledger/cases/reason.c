#include "ledger/cases/reason.h"

#include <stddef.h>

#include "ledger/cases/mark.h"

struct reason_row { enum reason reason; const char *name, *message; };

static const struct reason_row rows[] = {
    {REASON_NONE, "none", N_("nothing speaks against it")},
    {REASON_UNDECODABLE, "undecodable", N_("the bytes are no entry in the one allowed encoding")},
    {REASON_WRONG_LEDGER, "wrong_ledger", N_("the entry names another ledger")},
    {REASON_WRONG_MEMBER, "wrong_member",
     N_("the entry names another member or epoch than the log it stands in")},
    {REASON_SIGNATURE, "signature", N_("a signature does not verify")},
    {REASON_NOT_ENROLLED, "not_enrolled",
     N_("a signer is no officer there, or lacks the post it claims")},
    {REASON_REPEATED, "repeated", N_("the first key and nonce were used by an earlier entry")},
    {REASON_LAW_LOWERED, "law_lowered",
     N_("law is less than in an earlier entry of the log, or above its own place")},
    {REASON_OWN_BRANCH, "own_branch", N_("the size and root it names are not on this log")},
    {REASON_EXCESS, "excess", N_("too many refs, or too many entries of one member in the case")},
    {REASON_CYCLE, "cycle", N_("entries that reach each other")},
    {REASON_UNKNOWN_KIND, "unknown_kind", N_("the law version does not define this kind")},
    {REASON_FACTS, "facts", N_("a fact that the kind requires is missing or malformed")},
    {REASON_NO_CASE, "no_case", N_("the author had not seen what opens the case")},
    {REASON_REF_ELSEWHERE, "ref_elsewhere", N_("a ref is an entry of another case")},
    {REASON_SIGNERS, "signers",
     N_("number, roles, posts or persons of the signatures are not as needed")},
    {REASON_NOT_ROOT, "not_root", N_("governance must be signed by a root officer")},
    {REASON_NOT_CONVENOR, "not_convenor", N_("only the convenor may do this")},
    {REASON_NOT_ADMINISTRATOR, "not_administrator", N_("only an administrator may do this")},
    {REASON_PROOF, "proof", N_("a proof of possession fails")},
    {REASON_KEY, "key", N_("a key is not a valid point")},
    {REASON_MEMBER_EXISTS, "member_exists", N_("the member was admitted before")},
    {REASON_KEY_EXISTS, "key_exists", N_("the key was enrolled before in this log")},
    {REASON_NOT_FIRST, "not_first",
     N_("the first entry of a log must be a certificate that cites the admission")},
    {REASON_NO_MEMBER, "no_member", N_("it names a member that was not admitted")},
    {REASON_SUSPENDED, "suspended",
     N_("it lies beyond the size that its member's suspension names")},
    {REASON_NOT_CUSTODIAN, "not_custodian", N_("the author is not the custodian")},
    {REASON_NOT_OFFERED, "not_offered", N_("the case was not offered to the author")},
    {REASON_BASE, "base", N_("it does not build on the custody act in force")},
    {REASON_OFFER_OPEN, "offer_open", N_("an offer is open")},
    {REASON_NO_OFFER, "no_offer", N_("no offer is open")},
    {REASON_CLOSED, "closed", N_("the case is closed")},
    {REASON_CONFLICT, "conflict",
     N_("the convenor's own institution is concerned: the second signature is missing")},
    {REASON_SELF, "self", N_("it names the author's own member")},
    {REASON_NO_POWER, "no_power", N_("the member has not the power for this")},
    {REASON_NOT_PARTY, "not_party", N_("the author has no part in the case that this needs")},
    {REASON_REPEAT_ASK, "repeat_ask", N_("more was asked for once already on this offer")},
    {REASON_NO_RECALL, "no_recall", N_("returned on recall, but none was asked")},
    {REASON_GRADE, "grade", N_("the grade is the same, or a custodian lowers it")},
    {REASON_NO_LISTING, "no_listing", N_("the author has no listing that stands")},
    {REASON_NOT_LISTER, "not_lister", N_("the author did not list the case")},
    {REASON_NOT_VERIFIER, "not_verifier", N_("the author may not verify this case")},
    {REASON_SAME_INSTITUTION, "same_institution",
     N_("it must come from another institution than the custodian's")},
    {REASON_HANDLER, "handler", N_("a verifier handled the case")},
    {REASON_NO_PASS, "no_pass", N_("no verification that counts")},
    {REASON_NOT_CLOSER, "not_closer", N_("the author may not close this case")},
    {REASON_NO_CLOSURE, "no_closure", N_("the case is not closed")},
    {REASON_NO_TRACK, "no_track", N_("no such track was opened")},
    {REASON_TRACK_OPEN, "track_open", N_("a track is not ended")},
    {REASON_NOT_INVESTIGATOR, "not_investigator", N_("the author does not investigate this track")},
    {REASON_NOT_AUTHOR, "not_author",
     N_("it corrects somebody else's entry, or what may not be corrected")},
    {REASON_NOT_ASKED, "not_asked", N_("nobody asked the author")},
};

static const struct reason_row *find(enum reason r)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].reason == r)
            return &rows[i];
    return NULL;
}

const char *reason_name(enum reason r)
{
    const struct reason_row *row = find(r);

    return row ? row->name : "unknown";
}

const char *reason_message(enum reason r)
{
    const struct reason_row *row = find(r);

    return row ? row->message : N_("a reason that this software does not know");
}

const char *verdict_name(enum verdict v)
{
    switch (v) {
    case VERDICT_VALID: return "valid";
    case VERDICT_PENDING: return "pending";
    case VERDICT_VOID: return "void";
    case VERDICT_OVERTAKEN: return "overtaken";
    case VERDICT_FOREIGN: return "foreign";
    }
    return "unknown";
}

bool reason_hides_refs(enum reason r)
{
    return r == REASON_UNDECODABLE || r == REASON_WRONG_LEDGER || r == REASON_WRONG_MEMBER ||
           r == REASON_SIGNATURE || r == REASON_EXCESS;
}
