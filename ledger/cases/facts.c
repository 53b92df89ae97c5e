#include <string.h>

#include "crypto/limits.h"
#include "ledger/cases/kinds.h"
#include "ledger/cases/mark.h"
#include "ledger/log/cbor.h"

#define END {0, NULL, NULL}

static const struct code_row grades[] = {
    {GRADE_GENERAL, "general", "一般"}, {GRADE_MAJOR, "major", "重大"},
    {GRADE_IMMINENT, "imminent", "紧急"}, END};
static const struct code_row sources[] = {
    {SOURCE_SELF, "self", "企业自查"}, {SOURCE_INSPECTION, "inspection", "督导检查"},
    {SOURCE_PUBLIC, "public", "群众举报"}, {SOURCE_EXPERT, "expert", "专家检查"},
    {SOURCE_OUTSIDE, "outside", "外单位"}, END};
static const struct code_row grounds[] = {
    {GROUND_COMPETENT, "competent", "谁主管"}, {GROUND_MAIN, "main", "谁为主"},
    {GROUND_NEAR, "near", "谁靠近"}, {GROUND_APPROVES, "approves", "谁审批"},
    {GROUND_TERRITORY, "territory", "属地"}, {GROUND_OTHER, "other", "其他"}, END};
static const struct code_row refusals[] = {
    {REFUSE_NO_JURISDICTION, "no-jurisdiction", "无管辖权"},
    {REFUSE_WRONG_TERRITORY, "wrong-territory", "属地不符"},
    {REFUSE_DUPLICATE, "duplicate", "重复"}, {REFUSE_NO_HAZARD, "no-hazard", "不属隐患"},
    {REFUSE_DONE, "done", "已办结"}, {REFUSE_STILL_LACKING, "still-lacking", "补正仍缺"},
    {REFUSE_RECALLED, "recalled", "应撤回退还"}, END};
static const struct code_row authorities[] = {
    {AUTHORITY_OFFICE, "office", "安委办协调"}, {AUTHORITY_COMMITTEE, "committee", "安委会"},
    {AUTHORITY_GOVERNMENT, "government", "市政府"}, END};
static const struct code_row steps[] = {
    {STEP_ASK, "ask", "商请"}, {STEP_CONFIRM, "confirm", "确认"},
    {STEP_DECLINE, "decline", "不予配合"}, {STEP_DECIDE, "decide", "决定"},
    {STEP_SEND, "send", "送出"}, {STEP_ANSWER, "answer", "答复"}, END};
static const struct code_row levels[] = {
    {SUPERVISE_PROVINCE, "province", "省"}, {SUPERVISE_CITY, "city", "市"},
    {SUPERVISE_DISTRICT, "district", "区"}, END};
static const struct code_row outcomes[] = {
    {OUTCOME_PASS, "pass", "通过"}, {OUTCOME_FAIL, "fail", "不通过"},
    {OUTCOME_NO_HAZARD, "no-hazard", "不属隐患"}, {OUTCOME_HELD, "held", "保持"},
    {OUTCOME_RELAPSED, "relapsed", "反弹"}, {OUTCOME_CONCLUDED, "concluded", "办结"},
    {OUTCOME_WAIVED, "waived", "不予调查"}, END};
static const struct code_row triggers[] = {
    {TRIGGER_UNEXAMINED, "unexamined", "未查出"}, {TRIGGER_REFUSED, "refused", "拒不整改"},
    {TRIGGER_LONG, "long", "长期未改"}, {TRIGGER_RELAPSED, "relapsed", "反弹"},
    {TRIGGER_ACCIDENT, "accident", "引发事故"}, END};
static const struct code_row fives[] = {
    {1, "duty", "责任"}, {2, "measures", "措施"}, {4, "funds", "资金"}, {8, "term", "时限"},
    {16, "emergency", "预案"}, END};

#define ID ID_MAX_BYTES
#define NAME NAME_MAX_BYTES

static const struct fact_row rows[] = {
    {FACT_TO, "to", FACT_TYPE_MEMBER, NULL, N_("the member addressed or named"), ID},
    {FACT_SECTOR, "sector", FACT_TYPE_TEXT, NULL, N_("code of the sector"), ID},
    {FACT_DISTRICT, "district", FACT_TYPE_TEXT, NULL, N_("code of the district"), ID},
    {FACT_GRADE, "grade", FACT_TYPE_CODE, grades, N_("grade of the hazard"), 0},
    {FACT_SOURCE, "source", FACT_TYPE_CODE, sources, N_("how it was found"), 0},
    {FACT_CLAUSE, "clause", FACT_TYPE_TEXT, NULL, N_("clause of the standard or the ground"), NAME},
    {FACT_FOUND_ON, "found-on", FACT_TYPE_DATE, NULL, N_("date it was found"), 0},
    {FACT_DUE_ON, "due-on", FACT_TYPE_DATE, NULL, N_("last day of the term"), 0},
    {FACT_DOC_NO, "doc-no", FACT_TYPE_TEXT, NULL, N_("number of the document"), NAME},
    {FACT_GROUND, "ground", FACT_TYPE_CODE, grounds, N_("ground of the handover"), 0},
    {FACT_CODE, "code", FACT_TYPE_CODE, refusals, N_("ground of the refusal"), 0},
    {FACT_SUGGEST, "suggest", FACT_TYPE_MEMBER, NULL, N_("the member that should have it"), ID},
    {FACT_AUTHORITY, "authority", FACT_TYPE_CODE, authorities, N_("who ruled"), 0},
    {FACT_SUPPORTS, "supports", FACT_TYPE_MEMBERS, NULL, N_("members asked to support"), ID},
    {FACT_STEP, "step", FACT_TYPE_CODE, steps, N_("step of the act"), 0},
    {FACT_OFFICER, "officer", FACT_TYPE_TEXT, NULL, N_("person number of the officer"),
     PERSON_MAX_BYTES},
    {FACT_ANSWER, "answer", FACT_TYPE_BOOL, NULL, N_("an answer is asked for"), 0},
    {FACT_LEVEL, "level", FACT_TYPE_CODE, levels, N_("level of supervision"), 0},
    {FACT_OUTCOME, "outcome", FACT_TYPE_CODE, outcomes, N_("what was found or decided"), 0},
    {FACT_VERIFIER, "verifier", FACT_TYPE_MEMBER, NULL, N_("the member named to verify"), ID},
    {FACT_TRACKS, "tracks", FACT_TYPE_TRACKS, NULL, N_("tracks, each with its investigator"), ID},
    {FACT_TRACK, "track", FACT_TYPE_TEXT, NULL, N_("name of the track"), ID},
    {FACT_TRIGGER, "trigger", FACT_TYPE_CODE, triggers, N_("why it is investigated"), 0},
    {FACT_FIVE, "five", FACT_TYPE_SET, fives, N_("which of the five are settled"), 0},
    {FACT_TARGET, "target", FACT_TYPE_ID, NULL, N_("the entry concerned"), 0},
    {FACT_NOTE_CODE, "note-code", FACT_TYPE_TEXT, NULL, N_("short code, no prose"), ID},
    {FACT_APPLIED_ON, "applied-on", FACT_TYPE_DATE, NULL, N_("date the enterprise applied"), 0},
    {FACT_INTERIM, "interim", FACT_TYPE_TEXTS, NULL, N_("interim measures in force"), NAME},
    {FACT_REFERENCE, "reference", FACT_TYPE_TEXT, NULL, N_("opaque reference"), NAME},
    {FACT_PERIOD, "period", FACT_TYPE_TEXT, NULL, N_("period of a return"), ID},
    {FACT_COUNT, "count", FACT_TYPE_UINT, NULL, N_("a count"), 0},
    {FACT_AMOUNT, "amount", FACT_TYPE_UINT, NULL, N_("amount in fen"), 0},
    {FACT_ADMISSION, "admission", FACT_TYPE_ITEM, NULL, N_("what is admitted"), 0},
    {FACT_OFFICER_KEY, "officer-key", FACT_TYPE_KEY, NULL, N_("key of the officer"), 0},
    {FACT_PERSON, "person", FACT_TYPE_TEXT, NULL, N_("person number"), PERSON_MAX_BYTES},
    {FACT_POSTS, "posts", FACT_TYPE_TEXTS, NULL, N_("posts of the officer"), POST_MAX_BYTES},
    {FACT_PROOF, "proof", FACT_TYPE_BYTES, NULL, N_("proof of possession"), 0},
    {FACT_COSIGNER, "cosigner", FACT_TYPE_KEY, NULL, N_("key that cosigns"), 0},
    {FACT_COSIGNER_PROOF, "cosigner-proof", FACT_TYPE_BYTES, NULL, N_("its proof of possession"),
     0},
    {FACT_TRANSPORT, "transport", FACT_TYPE_KEY, NULL, N_("transport key"), 0},
    {FACT_SEALING, "sealing", FACT_TYPE_KEY, NULL, N_("sealing key"), 0},
    {FACT_DUTY_ROWS, "duty-rows", FACT_TYPE_ITEM, NULL, N_("rows of the responsibility map"), 0},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0], DATE_MAX_DAYS = 2932896 };

const struct fact_row *fact_row(uint32_t id)
{
    size_t low = 0, high = ROW_COUNT;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (rows[mid].id == id)
            return &rows[mid];
        if (rows[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct fact_row *fact_row_by_name(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct fact_row *fact_row_at(size_t i)
{
    return i < ROW_COUNT ? &rows[i] : NULL;
}

const struct code_row *fact_code(const struct fact_row *row, uint64_t value)
{
    for (const struct code_row *c = row->codes; c && c->name; c++)
        if (c->value == value)
            return c;
    return NULL;
}

const struct code_row *fact_code_by_name(const struct fact_row *row, const char *name)
{
    for (const struct code_row *c = row->codes; c && c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static bool text_check(struct cbor *c, const struct fact_row *row)
{
    struct span text = cbor_text(c);

    return cbor_ok(c) && text.len > 0 && text.len <= row->max_bytes;
}

static bool list_check(struct cbor *c, const struct fact_row *row)
{
    uint64_t count = cbor_array(c, FACT_MAX_LIST);

    for (uint64_t i = 0; i < count; i++)
        if (!text_check(c, row))
            return false;
    return cbor_ok(c) && count > 0;
}

static bool tracks_check(struct cbor *c, const struct fact_row *row)
{
    uint64_t count = cbor_array(c, FACT_MAX_LIST);

    for (uint64_t i = 0; i < count; i++)
        if (cbor_array(c, 2) != 2 || !text_check(c, row) || !text_check(c, row))
            return false;
    return cbor_ok(c) && count > 0;
}

static bool set_check(struct cbor *c, const struct fact_row *row)
{
    uint64_t left = cbor_uint(c);

    for (const struct code_row *code = row->codes; code->name; code++)
        left &= ~(uint64_t)code->value;
    return left == 0;
}

static bool tagged_check(struct cbor *c)
{
    return cbor_bytes(c).len == TAGGED_BYTES;
}

static bool value_check(struct cbor *c, const struct fact_row *row)
{
    switch (row->type) {
    case FACT_TYPE_UINT: cbor_uint(c); return true;
    case FACT_TYPE_BOOL: cbor_bool(c); return true;
    case FACT_TYPE_TEXT:
    case FACT_TYPE_MEMBER: return text_check(c, row);
    case FACT_TYPE_CODE: return fact_code(row, cbor_uint(c)) != NULL;
    case FACT_TYPE_MEMBERS:
    case FACT_TYPE_TEXTS: return list_check(c, row);
    case FACT_TYPE_DATE: return cbor_uint(c) <= DATE_MAX_DAYS;
    case FACT_TYPE_ID:
    case FACT_TYPE_KEY: return tagged_check(c);
    case FACT_TYPE_TRACKS: return tracks_check(c, row);
    case FACT_TYPE_BYTES: cbor_bytes(c); return true;
    case FACT_TYPE_ITEM: cbor_item(c); return true;
    case FACT_TYPE_SET: return set_check(c, row);
    }
    return false;
}

bool fact_value_check(const struct fact_row *row, struct span value)
{
    struct cbor c;

    cbor_init(&c, value);
    return value_check(&c, row) && cbor_end(&c) == OK;
}
