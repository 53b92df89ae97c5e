#include <stdio.h>
#include <string.h>

#include "tools/command.h"
#include "tools/grid.h"

enum { NAME_CELLS = 16, OPTION_CELLS = 26 };

static void print_line(const char *left, size_t cells, const char *right)
{
    fputs("  ", stdout);
    text_pad(stdout, left, cells);
    fputs("  ", stdout);
    puts(right);
}

static void print_act_line(const struct kind_row *kind)
{
    fputs("  ", stdout);
    text_pad(stdout, kind->name, NAME_CELLS);
    fputs("  ", stdout);
    if (words_chinese()) {
        text_pad(stdout, kind->label, 10);
        fputs("  ", stdout);
    }
    puts(_(kind->effect));
}

void help_all(void)
{
    const struct command *c;
    const struct kind_row *kind;
    puts(_("jieli: hazards handed from member to member, none dropped"));
    puts(_("usage: jieli COMMAND [words] [--options]; each COMMAND has --help with an example"));
    puts("");
    for (unsigned i = 0; (c = command_at(i)) != NULL; i++)
        print_line(c->name, NAME_CELLS, _(c->summary));
    puts("");
    puts(_("acts of a case:"));
    for (size_t i = 0; (kind = kind_row_at(i)) != NULL; i++) {
        if (act_kind(kind->name) != NULL)
            print_act_line(kind);
    }
    puts("");
    puts(_("exit codes: 0 done, 1 refused or void, 2 usage, 3 not found, 4 no daemon,"));
    puts(_("  5 pending or overtaken, 6 disk or network, 7 key or permission, 8 broken data,"));
    puts(_("  9 blind spots found, 10 more signatures needed, 11 done, but --wait was not met"));
}

static void print_options(const struct option_row *rows)
{
    for (const struct option_row *row = rows; row != NULL && row->name != NULL; row++) {
        char left[128];
        snprintf(left, sizeof left, "--%s%s%s", row->name, row->value == NULL ? "" : " ",
                 row->value == NULL ? "" : row->value);
        print_line(left, OPTION_CELLS, _(row->help));
    }
}

void help_command(const struct command *c)
{
    printf(_("usage: jieli %s %s\n"), c->name, c->usage);
    printf("%s\n\n", _(c->summary));
    print_options(c->options);
    if (command_keyed(c))
        print_options(key_options);
    if (c->signs)
        print_options(signing_options);
    if (c->waits)
        print_options(waiting_options);
    print_options(common_options);
    printf(_("\nexample:\n  %s\n"), c->example);
}

/* Codes of a fact that the kind takes: of the outcomes each kind has its own. */
static bool code_fits(const struct kind_row *kind, const struct fact_row *row, unsigned code)
{
    if (row->id != FACT_OUTCOME)
        return true;
    switch ((unsigned)kind->kind) {
    case KIND_VERIFY: return code <= OUTCOME_NO_HAZARD;
    case KIND_LOOK_BACK: return code == OUTCOME_HELD || code == OUTCOME_RELAPSED;
    case KIND_DUAL_END: return code == OUTCOME_CONCLUDED || code == OUTCOME_WAIVED;
    }
    return true;
}

static void print_codes(const struct kind_row *kind, const struct fact_row *row)
{
    char line[512] = "";
    for (const struct code_row *c = row->codes; c != NULL && c->name != NULL; c++) {
        if (!code_fits(kind, row, c->value))
            continue;
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%s%s", used == 0 ? "" : ", ", c->name);
        used = strlen(line);
        if (words_chinese())
            snprintf(line + used, sizeof line - used, " %s", c->label);
    }
    if (line[0] != 0)
        print_line("", OPTION_CELLS, line);
}

static void print_fact(const struct kind_row *kind, enum fact_id id, bool required)
{
    const struct fact_row *row = fact_row(id);
    const char *mark = required ? _(" (required)") : "";
    char left[128];
    if (row == NULL)
        return;
    if (kind->kind == KIND_OFFER && id == FACT_TO)
        mark = _(" (else by the map)");
    snprintf(left, sizeof left, "--%s%s", row->name, mark);
    print_line(left, OPTION_CELLS, _(row->help));
    print_codes(kind, row);
}

static const char *example_code(const struct kind_row *kind, const struct fact_row *row)
{
    const struct code_row *c = row->codes;
    while (c[1].name != NULL && !code_fits(kind, row, c->value))
        c++;
    return c->name;
}

/* A value that the option would take, for the example. */
static const char *example_value(const struct kind_row *kind, const struct fact_row *row)
{
    if (row->codes != NULL)
        return example_code(kind, row);
    switch ((unsigned)row->id) {
    case FACT_SECTOR: return "rq";
    case FACT_DISTRICT: return "echeng";
    case FACT_CLAUSE: return "GB50028-3.2";
    case FACT_DOC_NO: return "示例〔2026〕1号";
    case FACT_TRACK: return "regulators";
    default: break;
    }
    switch (row->type) {
    case FACT_TYPE_MEMBER: return "zhujian";
    case FACT_TYPE_MEMBERS: return "gongan,xiaofang";
    case FACT_TYPE_DATE: return "2026-12-31";
    case FACT_TYPE_TRACKS: return "regulators=jiwei";
    case FACT_TYPE_ID: return "3f9a02c1";
    case FACT_TYPE_UINT: return "1";
    case FACT_TYPE_TEXT:
    case FACT_TYPE_TEXTS:
    case FACT_TYPE_CODE:
    case FACT_TYPE_SET:
    case FACT_TYPE_BOOL:
    case FACT_TYPE_KEY:
    case FACT_TYPE_BYTES:
    case FACT_TYPE_ITEM: break;
    }
    return "E007";
}

static void print_example(const struct kind_row *kind)
{
    bool opens = (kind->classes & CLASS_OPENS) != 0;
    printf(_("\nexample:\n  jieli %s%s%s"), kind->min_signers > 1 ? "draft " : "", kind->name,
           opens ? "" : " yingji-2026-12");
    for (const enum fact_id *id = kind->required; *id != 0; id++)
        printf(" --%s %s", fact_row(*id)->name, example_value(kind, fact_row(*id)));
    if (kind->kind == KIND_JOIN)
        fputs(" --to zhujian", stdout);
    if (opens)
        fputs(_(" --title TITLE --enterprise NAME --place PLACE"), stdout);
    fputs(" --key ~/e007.key\n", stdout);
}

void help_act(const struct kind_row *kind)
{
    struct option_row rows[ACT_MAX_OPTIONS];
    bool opens = (kind->classes & CLASS_OPENS) != 0;
    act_options(kind, rows);
    printf(_("usage: jieli %s %s\n"), kind->name,
           opens ? _("[options]") : _("CASE [options]"));
    if (words_chinese())
        printf("%s: ", kind->label);
    printf("%s\n\n", _(kind->effect));
    for (const enum fact_id *id = kind->required; *id != 0; id++)
        print_fact(kind, *id, true);
    for (const enum fact_id *id = kind->optional; *id != 0; id++)
        print_fact(kind, *id, false);
    for (const struct option_row *row = rows; row->name != NULL; row++) {
        if (fact_row_by_name(row->name) == NULL)
            print_options((const struct option_row[]){*row, {NULL, NULL, NULL}});
    }
    print_options(key_options);
    print_options(signing_options);
    print_options(waiting_options);
    print_options(common_options);
    print_example(kind);
}
