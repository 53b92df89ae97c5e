#include "ledger/cases/mark.h"
#include "tools/audit/run.h"

static const struct { enum audit_weight weight; const char *name, *message; } findings[] = {
    [FIND_GENESIS] = {AUDIT_BROKEN, "genesis", N_("genesis is damaged, or not that of this ledger")},
    [FIND_READ] = {AUDIT_BROKEN, "unreadable", N_("the entry cannot be read")},
    [FIND_BYTES] = {AUDIT_BROKEN, "bytes", N_("the entry's bytes were changed: they do not give its hash")},
    [FIND_ROOT] = {AUDIT_BROKEN, "root", N_("the entries do not give the root that was signed")},
    [FIND_CHECKPOINT] = {AUDIT_BROKEN, "checkpoint", N_("the checkpoint does not verify")},
    [FIND_UNSIGNED] = {AUDIT_BROKEN, "unsigned", N_("entries that no checkpoint covers")},
    [FIND_TILE] = {AUDIT_BROKEN, "tile", N_("a stored tile is not that of the entries")},
    [FIND_KEY] = {AUDIT_BROKEN, "key", N_("the log's key is not that of its admission")},
    [FIND_MEMBER] = {AUDIT_BROKEN, "member", N_("a log of a member that was never admitted")},
    [FIND_ROLLBACK] = {AUDIT_BROKEN, "rollback", N_("older than the head that this node published last")},
    [FIND_VERDICT] = {AUDIT_BROKEN, "verdict", N_("the stored verdict is not what the law gives")},
    [FIND_STATE] = {AUDIT_BROKEN, "state", N_("the stored state of the case is not what the law gives")},
    [FIND_STATES] = {AUDIT_BROKEN, "states", N_("states are stored of cases that have no entry")},
    [FIND_FOLDED] = {AUDIT_BROKEN, "folded", N_("the stored folded size is not what the law gives")},
    [FIND_EVIDENCE] = {AUDIT_BROKEN, "evidence", N_("stored evidence of a fork proves none")},
    [FIND_PACKAGE] = {AUDIT_BROKEN, "package", N_("the proof of a package fails")},
    [FIND_FILE] = {AUDIT_BROKEN, "file", N_("the file is cut short or was changed")},
    [FIND_VOID] = {AUDIT_LISTED, "void", N_("void")},
    [FIND_FOREIGN] = {AUDIT_LISTED, "foreign", N_("a copy or a repeat, without effect")},
    [FIND_FORK] = {AUDIT_LISTED, "fork", N_("two signed heads that cannot be one tree")},
    [FIND_SHORT] = {AUDIT_LISTED, "short", N_("shorter than the other copy proves it to be")},
    [FIND_OVERTAKEN] = {AUDIT_SAID, "overtaken",
                        N_("overtaken: closed without having seen what keeps the case open")},
    [FIND_PENDING] = {AUDIT_SAID, "pending", N_("pending: rests on something not held here")},
    [FIND_INCOMPLETE] = {AUDIT_SAID, "incomplete", N_("incomplete: not all that its checkpoint covers")},
    [FIND_RANGE] = {AUDIT_SAID, "range", N_("these entries are proven; that there are no others is not")},
    [FIND_UNPROVEN] = {AUDIT_SAID, "unproven",
                       N_("cannot be proven without the entries that lie before")},
    [FIND_AHEAD] = {AUDIT_SAID, "ahead", N_("longer than the other copy")},
};

enum audit_weight finding_weight(enum finding_kind kind) { return findings[kind].weight; }
const char *finding_name(enum finding_kind kind) { return findings[kind].name; }
const char *finding_message(enum finding_kind kind) { return findings[kind].message; }
