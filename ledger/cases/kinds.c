#include "ledger/cases/kinds.h"

#include <string.h>

#include "ledger/cases/mark.h"

#define GOV CLASS_GOVERNANCE
#define BATON CLASS_BATON
#define SAID CLASS_STATEMENT
#define KEEP CLASS_KEEP_OPEN
#define SOME CLASS_KEEP_SOME

#define NOBODY CONCERNS_NOBODY
#define NAMED CONCERNS_NAMED
#define CONVENOR CONCERNS_CONVENOR
#define BASE_AUTHOR CONCERNS_BASE_AUTHOR
#define BASE_TO CONCERNS_BASE_TO
#define TARGET_AUTHOR CONCERNS_TARGET_AUTHOR
#define TARGET_NAMED CONCERNS_TARGET_NAMED

#define NONE {0}
#define DOC {FACT_DOC_NO, 0}

static const struct kind_row rows[] = {
    {KIND_CERTIFY, "certify", "认证", GOV, WHO_ADMINISTRATOR, NOBODY, true, 1,
     {FACT_COSIGNER, FACT_COSIGNER_PROOF, FACT_TRANSPORT, FACT_SEALING, 0}, NONE,
     N_("certifies the cosigner, transport and sealing keys of the member's node")},
    {KIND_ADMIT, "admit", "准入", GOV, WHO_ROOT, NOBODY, true, 1, {FACT_ADMISSION, 0}, DOC,
     N_("admits a member with its node key and first administrator")},
    {KIND_ENROL, "enrol", "登记人员", GOV, WHO_ADMINISTRATOR, NOBODY, true, 1,
     {FACT_OFFICER_KEY, FACT_PERSON, FACT_POSTS, FACT_PROOF, 0}, {FACT_TRANSPORT, 0},
     N_("enrols an officer of the member with a key, a person number and posts")},
    {KIND_LEAVE, "leave", "离岗", GOV, WHO_ADMINISTRATOR, NOBODY, true, 1,
     {FACT_OFFICER_KEY, 0}, DOC,
     N_("ends an officer's enrolment: what the key signs from here on is void")},
    {KIND_DUTY, "duty", "责任清单", GOV, WHO_ROOT_OR_ADMINISTRATOR, NOBODY, true, 1,
     {FACT_DUTY_ROWS, 0}, DOC,
     N_("adds or replaces rows of the responsibility map")},
    {KIND_RULES, "rules", "规则集", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("publishes a rule set")},
    {KIND_EPOCH, "epoch", "换链", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("opens a new epoch of a member's log")},
    {KIND_SUSPEND, "suspend", "暂停", GOV, WHO_ROOT, NOBODY, true, 1,
     {FACT_TO, FACT_CLAUSE, FACT_COUNT, 0}, DOC,
     N_("suspends a member beyond a size of its log")},
    {KIND_SUCCESSION, "succession", "承继", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("moves what a member has to named successors")},
    {KIND_PROPOSE, "propose", "提案", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("proposes an act of governance")},
    {KIND_ENDORSE, "endorse", "附议", GOV, WHO_CO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("endorses exactly one proposal")},
    {KIND_ROOTS, "roots", "根人员变更", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("changes the root officers or their threshold")},
    {KIND_LAW_VERSION, "law-version", "规则版本", GOV, WHO_ROOT, NOBODY, false, 1, NONE, DOC,
     N_("raises the law version")},
    {KIND_OFFLINE, "offline", "离线声明", GOV, WHO_ADMINISTRATOR, NOBODY, false, 1, NONE, DOC,
     N_("declares a period without connection")},

    {KIND_REPORT, "report", "登记", BATON | CLASS_OPENS, WHO_ANY, NAMED, true, 1,
     {FACT_SECTOR, FACT_DISTRICT, FACT_GRADE, FACT_SOURCE, 0},
     {FACT_TO, FACT_GROUND, FACT_CLAUSE, FACT_FOUND_ON, FACT_DUE_ON, FACT_DOC_NO, FACT_REFERENCE,
      0},
     N_("opens a case; the reporter is custodian; with a recipient it is an offer as well")},
    {KIND_ASSIGN, "assign", "交办", BATON | KEEP | CLASS_OPENS, WHO_CONVENOR, NAMED, true, 1,
     {FACT_TO, FACT_SECTOR, FACT_DISTRICT, FACT_GRADE, FACT_DUE_ON, 0},
     {FACT_SOURCE, FACT_AUTHORITY, FACT_SUPPORTS, FACT_CLAUSE, FACT_FOUND_ON, FACT_DOC_NO, 0},
     N_("opens a case with a named custodian and a term")},
    {KIND_OFFER, "offer", "移交", BATON, WHO_CUSTODIAN, NAMED, true, 1, {FACT_TO, FACT_GROUND,
     FACT_CLAUSE,
     0}, DOC,
     N_("offers the case to one member; custody stays until it accepts")},
    {KIND_SIGN_FOR, "sign-for", "签收", SAID, WHO_OFFERED_OR_NAMED, BASE_AUTHOR, true, 1, NONE, DOC,
     N_("proves knowledge of an offer or a ruling, moves nothing")},
    {KIND_ASK_MORE, "ask-more", "补正", SAID, WHO_OFFERED, BASE_AUTHOR, true, 1, NONE,
     {FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("asks once per offer for what is lacking")},
    {KIND_ACCEPT, "accept", "接收", BATON, WHO_OFFERED, BASE_AUTHOR, true, 1, NONE, DOC,
     N_("takes the case: custody moves to the author")},
    {KIND_REFUSE, "refuse", "退回", BATON, WHO_OFFERED, BASE_AUTHOR, true, 1, {FACT_CODE, 0},
     {FACT_CLAUSE, FACT_SUGGEST, FACT_DOC_NO, 0},
     N_("ends the offer; counted, unless returned on recall")},
    {KIND_RECALL, "recall", "撤回", SAID, WHO_OFFERER, BASE_TO, true, 1, NONE, {FACT_NOTE_CODE,
     FACT_DOC_NO,
     0},
     N_("asks for an offer back; the answer of the member offered to decides")},
    {KIND_PETITION, "petition", "提请指定", SAID, WHO_CUSTODIAN_OR_REFUSER, CONVENOR, true, 1, NONE,
     {FACT_SUGGEST, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("puts the question of custody before the convenor")},
    {KIND_RULE, "rule", "指定", BATON | KEEP, WHO_CONVENOR, NAMED | TARGET_AUTHOR, true, 1,
     {FACT_TO, FACT_AUTHORITY, 0},
     {FACT_SUPPORTS, FACT_DUE_ON, FACT_CLAUSE, FACT_DOC_NO, FACT_TARGET, 0},
     N_("names the custodian and ends any offer; asks a vertical organ of another institution")},
    {KIND_JOIN, "join", "配合", SAID, WHO_CONVENOR_CUSTODIAN_OR_ASKED, NAMED, true, 1,
     {FACT_STEP, 0},
     {FACT_TO, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("asks a member for support, confirms or declines")},
    {KIND_NOTIFY, "notify", "抄告", SAID, WHO_ANY, NAMED, true, 1, {FACT_TO, 0},
     {FACT_ANSWER, FACT_TARGET, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("informs a member, may ask for an answer")},
    {KIND_HAND_TO, "hand-to", "分办", SAID, WHO_ANY, NOBODY, true, 1, {FACT_OFFICER, 0}, DOC,
     N_("says which officer of the author works the case")},
    {KIND_REFER_OUT, "refer-out", "函外单位", SAID, WHO_CUSTODIAN, NOBODY, false, 1, NONE,
     {FACT_STEP, FACT_REFERENCE, FACT_DOC_NO, 0},
     N_("refers to a body that is no member; custody stays until its written acceptance")},

    {KIND_ORDER, "order", "责令整改", SAID, WHO_CUSTODIAN_POWER, NOBODY, true, 1,
     {FACT_DUE_ON, FACT_DOC_NO, 0}, {FACT_CLAUSE, 0},
     N_("orders the enterprise to rectify by a date")},
    {KIND_PLAN, "plan", "整改方案", SAID, WHO_WORKER, NOBODY, true, 1, {FACT_FIVE, 0},
     {FACT_DUE_ON, FACT_INTERIM, FACT_DOC_NO, 0},
     N_("files the plan; all of the five for a major hazard")},
    {KIND_PROGRESS, "progress", "进展", SAID, WHO_INTERIM_WORKER, NOBODY, true, 1, NONE,
     {FACT_FIVE, FACT_INTERIM, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("records progress")},
    {KIND_CONTROL, "control", "管控", SAID, WHO_INTERIM_WORKER, NOBODY, true, 1, NONE,
     {FACT_INTERIM, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("records interim control measures")},
    {KIND_REGRADE, "regrade", "定级", SAID | SOME, WHO_GRADER, NOBODY, true, 1, {FACT_GRADE, 0},
     {FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("changes the grade; upward it keeps open")},
    {KIND_EXTEND, "extend", "延期", SAID, WHO_CUSTODIAN_OR_TERM_SETTER, TARGET_AUTHOR,
     false, 1, NONE,
     {FACT_STEP, FACT_DUE_ON, FACT_TARGET, FACT_DOC_NO, 0},
     N_("asks for or decides a later term; both are kept")},
    {KIND_SANCTION, "sanction", "处罚", SAID, WHO_POWER, NOBODY, false, 1, NONE,
     {FACT_AMOUNT, FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("records a sanction on the enterprise or its head")},
    {KIND_REFER_CRIME, "refer-crime", "移送司法", SAID, WHO_CUSTODIAN, NAMED, false, 1, NONE,
     {FACT_STEP, FACT_TO, FACT_DOC_NO, 0},
     N_("decides, sends or answers a referral for crime; administrative custody stays")},

    {KIND_SUPERVISE, "supervise", "挂牌督办", SAID | KEEP, WHO_LISTING_MEMBER, NAMED, true, 1,
     {FACT_LEVEL, 0}, {FACT_DUE_ON, FACT_VERIFIER, FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("lists the case for supervision; keeps open")},
    {KIND_UNSUPERVISE, "unsupervise", "摘牌", SAID, WHO_LISTER, NOBODY, true, 1, NONE, DOC,
     N_("lifts the author's own listings that it has seen")},
    {KIND_URGE, "urge", "督促函", SAID, WHO_CONVENOR_LISTER, NAMED, false, 1, NONE, {FACT_TO,
     FACT_DUE_ON,
     FACT_DOC_NO, 0},
     N_("urges in writing")},
    {KIND_INTERVIEW, "interview", "约谈", SAID, WHO_CONVENOR_LISTER, NAMED, false, 1, NONE,
     {FACT_TO, FACT_DOC_NO,
     0},
     N_("records an interview")},
    {KIND_CENSURE, "censure", "通报", SAID, WHO_CONVENOR_LISTER, NAMED, false, 1, NONE,
     {FACT_TO, FACT_DOC_NO, 0},
     N_("censures")},
    {KIND_PUBLISH, "publish", "曝光", SAID, WHO_CONVENOR_LISTER, NOBODY, false, 1, NONE, DOC,
     N_("makes the case public")},
    {KIND_REMIND, "remind", "提醒", SAID, WHO_CONVENOR_LISTER, NAMED, false, 1, NONE, {FACT_TO,
     FACT_DUE_ON,
     FACT_DOC_NO, 0},
     N_("reminds")},

    {KIND_RECTIFIED, "rectified", "申请复查", SAID, WHO_CUSTODIAN, NAMED, true, 1, NONE,
     {FACT_VERIFIER, FACT_APPLIED_ON, FACT_DOC_NO, 0},
     N_("applies for verification and names the verifier")},
    {KIND_VERIFY, "verify", "验收", SAID | SOME, WHO_VERIFIER, NOBODY, true, 2, {FACT_OUTCOME, 0},
     {FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("pass, fail or no hazard; a failure keeps open")},
    {KIND_CLOSE, "close", "销号", CLASS_CLOSURE, WHO_CLOSER, NOBODY, true, 1, NONE, DOC,
     N_("ends rectification: the hazard is eliminated")},
    {KIND_ARCHIVE, "archive", "结案", CLASS_CLOSURE, WHO_CLOSER, NOBODY, true, 1, NONE, DOC,
     N_("ends a case that had tracks, all of them ended")},
    {KIND_LOOK_BACK, "look-back", "回头看", SAID | SOME, WHO_DUTY_THERE, NOBODY, true, 1,
     {FACT_OUTCOME, 0}, DOC,
     N_("held, or relapsed; a relapse keeps open")},
    {KIND_MERGE, "merge", "并案", KEEP | CLASS_CLOSURE, WHO_CONVENOR_CUSTODIAN, NOBODY, false, 1,
     NONE, DOC,
     N_("one case absorbs another, one entry in both")},
    {KIND_SPLIT, "split", "拆分", SAID | BATON | CLASS_OPENS, WHO_CONVENOR_CUSTODIAN, NOBODY,
     false, 1, NONE,
     DOC,
     N_("a statement in the old case, a baton act in each new one")},
    {KIND_REPORT_BACK, "report-back", "反馈", SAID, WHO_CUSTODIAN, NAMED | BASE_AUTHOR,
     true, 1, NONE,
     {FACT_TO, FACT_NOTE_CODE, FACT_DOC_NO, 0},
     N_("tells the result to whoever handed over")},
    {KIND_CORRECT, "correct", "更正", SAID, WHO_AUTHOR, TARGET_NAMED, true, 1, {FACT_TARGET, 0},
     {FACT_CLAUSE, FACT_FOUND_ON, FACT_NOTE_CODE, FACT_APPLIED_ON, FACT_REFERENCE, FACT_DOC_NO, 0},
     N_("corrects display facts and parts of an own entry")},

    {KIND_DUAL_OPEN, "dual-open", "一案双查", SAID | CLASS_KEEP_ARCHIVE, WHO_DUAL_OPENER, NAMED,
     true, 1,
     {FACT_TRACKS, FACT_TRIGGER, 0}, {FACT_CLAUSE, FACT_DUE_ON, FACT_DOC_NO, 0},
     N_("opens tracks, each with its investigator; holds open against archive")},
    {KIND_DUAL_REFER, "dual-refer", "线索移送", SAID, WHO_DUAL_OPENER, NAMED, false, 1, NONE,
     {FACT_TRACK, FACT_TO, FACT_DOC_NO, 0},
     N_("refers a clue of a track")},
    {KIND_DUAL_TAKE, "dual-take", "线索受理", SAID, WHO_INVESTIGATOR, NOBODY, false, 1, NONE,
     {FACT_TRACK,
     FACT_DOC_NO, 0},
     N_("takes up a clue of a track")},
    {KIND_DUAL_END, "dual-end", "调查终结", SAID, WHO_DUAL_ENDER, NOBODY, true, 1,
     {FACT_TRACK, FACT_OUTCOME, 0}, {FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("concludes a track, or waives it")},
    {KIND_DUAL_REASSIGN, "dual-reassign", "调查改派", SAID, WHO_DUAL_OPENER, NAMED, false, 1, NONE,
     {FACT_TRACK, FACT_TO, FACT_DOC_NO, 0},
     N_("gives a track to another investigator")},
    {KIND_DUAL_PUBLISH, "dual-publish", "调查公布", SAID, WHO_INVESTIGATOR, NOBODY, false, 1, NONE,
     {FACT_TRACK, FACT_DOC_NO, 0},
     N_("publishes findings of a track")},

    {KIND_ZERO_REPORT, "zero-report", "零报告", SAID, WHO_EVERY, NOBODY, false, 1, NONE,
     {FACT_PERIOD, FACT_COUNT, FACT_DOC_NO, 0},
     N_("states a period's count, zero included")},
    {KIND_REHABILITATE, "rehabilitate", "信用修复", SAID, WHO_POWER, NOBODY, false, 1, NONE, DOC,
     N_("restores an enterprise's credit")},
    {KIND_ERASE, "erase", "删除令", SAID, WHO_ERASER, TARGET_AUTHOR, true, 1, {FACT_STEP, 0},
     {FACT_TARGET, FACT_CLAUSE, FACT_DOC_NO, 0},
     N_("orders the erasure of parts, with ground and scope; confirms a copy as erased")},
};

static const char *const who_words[] = {
    [WHO_ANY] = "any member",
    [WHO_CONVENOR] = "convenor",
    [WHO_ROOT] = "root officer",
    [WHO_ADMINISTRATOR] = "administrator",
    [WHO_CUSTODIAN] = "custodian",
    [WHO_CUSTODIAN_POWER] = "custodian with power to enforce",
    [WHO_OFFERED] = "member offered to",
    [WHO_OFFERED_OR_NAMED] = "member offered to, or named by the last ruling",
    [WHO_OFFERER] = "member that made the open offer",
    [WHO_CUSTODIAN_OR_REFUSER] = "custodian, or who refused",
    [WHO_CONVENOR_CUSTODIAN_OR_ASKED] =
        "ask: convenor or custodian; confirm, decline: member asked",
    [WHO_WORKER] = "custodian; support asked or confirmed",
    [WHO_INTERIM_WORKER] = "as plan; former custodian under interim control",
    [WHO_GRADER] = "convenor, member whose listing stands; custodian upward",
    [WHO_LISTING_MEMBER] = "convenor, boards, districts",
    [WHO_LISTER] = "member whose own listing stands",
    [WHO_VERIFIER] =
        "convenor; member whose listing stands; member named by a 申请复查 or a listing; "
        "custodian (general, not listed); two signers",
    [WHO_CLOSER] =
        "convenor; member whose listing stands, of another institution than the custodian's; "
        "custodian (general, not listed)",
    [WHO_DUTY_THERE] = "convenor, oversight, opener, custodian now or before, support, who listed",
    [WHO_DUAL_OPENER] = "convenor, oversight, member whose listing stands",
    [WHO_DUAL_ENDER] = "concluded: investigator of a present opening; waived: convenor",
    [WHO_AUTHOR] = "author of the entry corrected",
    [WHO_POWER] = "a member with power",
    [WHO_ROOT_OR_ADMINISTRATOR] = "root officer, or administrator of the convenor",
    [WHO_CO_ROOT] = "root officer, another than the proposer",
    [WHO_CUSTODIAN_OR_TERM_SETTER] = "ask: custodian; decide: whoever set the deadline",
    [WHO_CONVENOR_LISTER] = "convenor, lister",
    [WHO_CONVENOR_CUSTODIAN] =
        "convenor; custodian within its own cases, the absorbed one general, not supervised, "
        "without tracks",
    [WHO_INVESTIGATOR] = "investigator of the track",
    [WHO_EVERY] = "every member",
    [WHO_ERASER] = "decide: a member with power; confirm: any member",
};

const char *kind_who(const struct kind_row *row)
{
    return who_words[row->who];
}

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct kind_row *kind_row(uint32_t kind)
{
    size_t low = 0, high = ROW_COUNT;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (rows[mid].kind == kind)
            return &rows[mid];
        if (rows[mid].kind < kind)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct kind_row *kind_row_by_name(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct kind_row *kind_row_at(size_t i)
{
    return i < ROW_COUNT ? &rows[i] : NULL;
}
