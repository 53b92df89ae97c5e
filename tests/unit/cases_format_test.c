#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/kinds.h"
#include "ledger/cases/reason.h"
#include "ledger/log/home.h"

/* FORMAT.md is what others implement from: its tables say what the tables of the code say. */
enum { DOCUMENT_MAX_BYTES = 1 << 20, LINE_BYTES = 1024, REASONS_MAX = 256 };

static int document_read(void **state)
{
    static struct buffer text;
    if (file_read("FORMAT.md", DOCUMENT_MAX_BYTES, &text) != OK || buffer_put_u8(&text, 0) != OK)
        return -1;
    *state = &text;
    return 0;
}

static int document_clear(void **state)
{
    buffer_clear(*state);
    return 0;
}

/* The line of the document that begins with `start`, copied; fails the test without one. */
static void line_with(void **state, const char *start, char out[LINE_BYTES])
{
    const struct buffer *text = *state;
    const char *at = strstr((const char *)text->data, start);
    if (at == NULL)
        fail_msg("FORMAT.md lacks: %s", start);
    snprintf(out, LINE_BYTES, "%.*s", (int)strcspn(at, "\n"), at);
}

static void assert_in(const char *line, const char *text)
{
    if (strstr(line, text) == NULL)
        fail_msg("FORMAT.md lacks \"%s\" in: %s", text, line);
}

/* The column "concerns" in words. */
static void concerns_words(unsigned concerns, char out[LINE_BYTES])
{
    static const struct { unsigned bit; const char *words; } rows[] = {
        {CONCERNS_NAMED, "whom it names"}, {CONCERNS_CONVENOR, "convenor"},
        {CONCERNS_BASE_AUTHOR, "author of `base`"}, {CONCERNS_BASE_TO, "`to` of `base`"},
        {CONCERNS_TARGET_AUTHOR, "author of `target`"},
        {CONCERNS_TARGET_NAMED, "whom `target` names"},
    };
    size_t len = (size_t)snprintf(out, LINE_BYTES, " | ");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (concerns & rows[i].bit)
            len += (size_t)snprintf(out + len, LINE_BYTES - len, "%s%s", len == 3 ? "" : ", ",
                                    rows[i].words);
    snprintf(out + len, LINE_BYTES - len, "%s | ", len == 3 ? "nobody" : "");
}

static void every_kind_is_documented(void **state)
{
    const struct kind_row *k;
    char start[LINE_BYTES], line[LINE_BYTES];
    for (size_t i = 0; (k = kind_row_at(i)) != NULL; i++) {
        snprintf(start, sizeof start, "| %u | `%s` | %s | ", k->kind, k->name, k->label);
        line_with(state, start, line);
        assert_in(line, k->effect);
        snprintf(start, sizeof start, " | %s | ", kind_who(k));
        assert_in(line, start);
        concerns_words(k->concerns, start);
        assert_in(line, start);
        assert_int_equal(strstr(line, "**pending**") == NULL, k->built);
        for (const enum fact_id *id = k->required; *id != 0; id++)
            assert_in(line, fact_row(*id)->name);
        for (const enum fact_id *id = k->optional; *id != 0; id++)
            assert_in(line, fact_row(*id)->name);
    }
}

static void every_fact_and_code_is_documented(void **state)
{
    const struct fact_row *row;
    char text[LINE_BYTES], line[LINE_BYTES];
    for (size_t i = 0; (row = fact_row_at(i)) != NULL; i++) {
        snprintf(text, sizeof text, "| %u | `%s` | ", row->id, row->name);
        line_with(state, text, line);
        for (const struct code_row *code = row->codes; code != NULL && code->name != NULL; code++) {
            snprintf(text, sizeof text, "%u `%s` %s", code->value, code->name, code->label);
            assert_in(line, text);
        }
    }
}

static void every_reason_is_documented(void **state)
{
    char start[LINE_BYTES], line[LINE_BYTES];
    const char *unknown = reason_name((enum reason)REASONS_MAX);
    for (unsigned i = 1; i < REASONS_MAX; i++) {
        const char *name = reason_name((enum reason)i);
        if (strcmp(name, unknown) == 0)
            continue;
        snprintf(start, sizeof start, "| %u | `%s` | %s |", i, name,
                 reason_message((enum reason)i));
        line_with(state, start, line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_documented),
        cmocka_unit_test(every_fact_and_code_is_documented),
        cmocka_unit_test(every_reason_is_documented),
    };
    return cmocka_run_group_tests(tests, document_read, document_clear);
}
