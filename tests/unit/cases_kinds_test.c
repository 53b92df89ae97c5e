/* The tables against one written by hand from the acts of the domain, not from the code. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/kinds.h"
#include "ledger/cases/reason.h"

enum { G = CLASS_GOVERNANCE, B = CLASS_BATON, S = CLASS_STATEMENT, K = CLASS_KEEP_OPEN,
       F = CLASS_KEEP_SOME, A = CLASS_KEEP_ARCHIVE, C = CLASS_CLOSURE, O = CLASS_OPENS };

static const struct { unsigned number; const char *name, *label; unsigned classes; bool now; }
domain[] = {
    {1, "certify", "认证", G, true}, {2, "admit", "准入", G, true},
    {3, "enrol", "登记人员", G, true}, {4, "leave", "离岗", G, true},
    {5, "duty", "责任清单", G, true}, {6, "rules", "规则集", G, false},
    {7, "epoch", "换链", G, false}, {8, "suspend", "暂停", G, true},
    {9, "succession", "承继", G, false}, {10, "propose", "提案", G, false},
    {11, "endorse", "附议", G, false}, {12, "roots", "根人员变更", G, false},
    {13, "law-version", "规则版本", G, false}, {14, "offline", "离线声明", G, false},
    {32, "report", "登记", B | O, true}, {33, "assign", "交办", B | K | O, true},
    {34, "offer", "移交", B, true}, {35, "sign-for", "签收", S, true},
    {36, "ask-more", "补正", S, true}, {37, "accept", "接收", B, true},
    {38, "refuse", "退回", B, true}, {39, "recall", "撤回", S, true},
    {40, "petition", "提请指定", S, true}, {41, "rule", "指定", B | K, true},
    {42, "join", "配合", S, true}, {43, "notify", "抄告", S, true},
    {44, "hand-to", "分办", S, true}, {45, "refer-out", "函外单位", S, false},
    {48, "order", "责令整改", S, true}, {49, "plan", "整改方案", S, true},
    {50, "progress", "进展", S, true}, {51, "control", "管控", S, true},
    {52, "regrade", "定级", S | F, true}, {53, "extend", "延期", S, false},
    {54, "sanction", "处罚", S, false}, {55, "refer-crime", "移送司法", S, false},
    {64, "supervise", "挂牌督办", S | K, true}, {65, "unsupervise", "摘牌", S, true},
    {66, "urge", "督促函", S, false}, {67, "interview", "约谈", S, false},
    {68, "censure", "通报", S, false}, {69, "publish", "曝光", S, false},
    {70, "remind", "提醒", S, false}, {80, "rectified", "申请复查", S, true},
    {81, "verify", "验收", S | F, true}, {82, "close", "销号", C, true},
    {83, "archive", "结案", C, true}, {84, "look-back", "回头看", S | F, true},
    {85, "merge", "并案", K | C, false}, {86, "split", "拆分", S | B | O, false},
    {87, "report-back", "反馈", S, true}, {88, "correct", "更正", S, true},
    {96, "dual-open", "一案双查", S | A, true}, {97, "dual-refer", "线索移送", S, false},
    {98, "dual-take", "线索受理", S, false}, {99, "dual-end", "调查终结", S, true},
    {100, "dual-reassign", "调查改派", S, false}, {101, "dual-publish", "调查公布", S, false},
    {112, "zero-report", "零报告", S, false}, {113, "rehabilitate", "信用修复", S, false},
    {114, "erase", "删除令", S, true},
};

static void table_of_kinds_is_the_one_of_the_domain(void **state)
{
    size_t count = sizeof domain / sizeof domain[0];
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct kind_row *row = kind_row(domain[i].number);
        assert_non_null(row);
        assert_ptr_equal(row, kind_row_at(i));
        assert_ptr_equal(row, kind_row_by_name(domain[i].name));
        assert_string_equal(row->label, domain[i].label);
        assert_int_equal(row->classes, domain[i].classes);
        assert_int_equal(row->built, domain[i].now);
        assert_int_equal(row->min_signers, domain[i].number == 81 ? 2 : 1);
        assert_true(strlen(row->effect) > 5);
    }
    assert_null(kind_row_at(count));
    assert_null(kind_row(0));
    assert_null(kind_row(15));
    assert_null(kind_row(115));
    assert_null(kind_row_by_name("no-such-kind"));
}

static void every_kind_names_its_author(void **state)
{
    static const struct { enum kind kind; const char *who; } some[] = {
        {KIND_DUTY, "root officer, or administrator of the convenor"},
        {KIND_REFER_OUT, "custodian"}, {KIND_EXTEND, "ask: custodian; decide: whoever set the "
        "deadline"}, {KIND_URGE, "convenor, lister"}, {KIND_REMIND, "convenor, lister"},
        {KIND_ZERO_REPORT, "every member"}, {KIND_ACCEPT, "member offered to"},
        {KIND_REHABILITATE, "a member with power"},
        {KIND_ERASE, "decide: a member with power; confirm: any member"},
    };
    (void)state;
    for (size_t i = 0; kind_row_at(i) != NULL; i++)
        assert_true(strlen(kind_who(kind_row_at(i))) > 5);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_string_equal(kind_who(kind_row(some[i].kind)), some[i].who);
}

static void facts_of_every_kind_stand_in_the_schema_once(void **state)
{
    (void)state;
    for (size_t k = 0; kind_row_at(k); k++) {
        const struct kind_row *row = kind_row_at(k);
        bool seen[128] = {false};
        for (unsigned i = 0; i < KIND_MAX_FACTS && row->required[i]; i++) {
            assert_non_null(fact_row(row->required[i]));
            assert_false(seen[row->required[i]]);
            seen[row->required[i]] = true;
        }
        for (unsigned i = 0; i < KIND_MAX_FACTS && row->optional[i]; i++) {
            assert_non_null(fact_row(row->optional[i]));
            assert_false(seen[row->optional[i]]);
            seen[row->optional[i]] = true;
        }
        if (!(row->classes & CLASS_GOVERNANCE))
            assert_true(seen[FACT_DOC_NO]);
    }
}

static void facts_are_found_by_number_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; fact_row_at(i); i++) {
        const struct fact_row *row = fact_row_at(i);
        assert_ptr_equal(fact_row(row->id), row);
        assert_ptr_equal(fact_row_by_name(row->name), row);
        if (i > 0)
            assert_true(row->id > fact_row_at(i - 1)->id);
        for (const struct code_row *c = row->codes; c && c->name; c++) {
            assert_ptr_equal(fact_code(row, c->value), c);
            assert_ptr_equal(fact_code_by_name(row, c->name), c);
        }
    }
    assert_null(fact_row(33));
    assert_null(fact_row_by_name("prose"));
    assert_null(fact_code(fact_row(FACT_GRADE), 4));
    assert_null(fact_code_by_name(fact_row(FACT_GRADE), "huge"));
}

#define BYTES(...) \
    ((struct span){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

static void values_of_facts_are_checked_by_type(void **state)
{
    (void)state;
    assert_true(fact_value_check(fact_row(FACT_GRADE), BYTES(0x02)));
    assert_false(fact_value_check(fact_row(FACT_GRADE), BYTES(0x04)));
    assert_false(fact_value_check(fact_row(FACT_GRADE), BYTES(0x61, 'x')));
    assert_false(fact_value_check(fact_row(FACT_GRADE), BYTES(0x02, 0x02)));
    assert_true(fact_value_check(fact_row(FACT_TO), BYTES(0x62, 'a', 'b')));
    assert_false(fact_value_check(fact_row(FACT_TO), BYTES(0x60)));
    assert_true(fact_value_check(fact_row(FACT_FIVE), BYTES(0x18, 31)));
    assert_false(fact_value_check(fact_row(FACT_FIVE), BYTES(0x18, 32)));
    assert_true(fact_value_check(fact_row(FACT_ANSWER), BYTES(0xf5)));
    assert_false(fact_value_check(fact_row(FACT_ANSWER), BYTES(0x01)));
    assert_true(fact_value_check(fact_row(FACT_SUPPORTS), BYTES(0x81, 0x61, 'a')));
    assert_false(fact_value_check(fact_row(FACT_SUPPORTS), BYTES(0x80)));
    assert_true(fact_value_check(fact_row(FACT_TRACKS), BYTES(0x81, 0x82, 0x61, 'a', 0x61, 'b')));
    assert_false(fact_value_check(fact_row(FACT_TRACKS), BYTES(0x81, 0x81, 0x61, 'a')));
    assert_true(fact_value_check(fact_row(FACT_DUE_ON), BYTES(0x19, 0x4e, 0x20)));
    assert_false(fact_value_check(fact_row(FACT_DUE_ON), BYTES(0x1a, 0x7f, 0, 0, 0)));
    assert_false(fact_value_check(fact_row(FACT_TARGET), BYTES(0x41, 0x02)));
}

static void reasons_have_names_and_sentences(void **state)
{
    (void)state;
    assert_string_equal(reason_name(REASON_NONE), "none");
    assert_string_equal(reason_name(REASON_NOT_CUSTODIAN), "not_custodian");
    assert_string_equal(reason_name((enum reason)999), "unknown");
    for (unsigned r = REASON_UNDECODABLE; r <= REASON_NOT_ASKED; r++)
        for (unsigned q = 0; q < r; q++)
            if (strcmp(reason_name((enum reason)r), "unknown") != 0)
                assert_string_not_equal(reason_name((enum reason)r), reason_name((enum reason)q));
    assert_string_equal(verdict_name(VERDICT_OVERTAKEN), "overtaken");
    assert_true(strlen(reason_message(REASON_HANDLER)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_kinds_is_the_one_of_the_domain),
        cmocka_unit_test(every_kind_names_its_author),
        cmocka_unit_test(facts_of_every_kind_stand_in_the_schema_once),
        cmocka_unit_test(facts_are_found_by_number_and_name),
        cmocka_unit_test(values_of_facts_are_checked_by_type),
        cmocka_unit_test(reasons_have_names_and_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
