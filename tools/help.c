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
    puts(_("  9 blind spots found, 10 more signatures needed"));
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
    if (c->signs)
        print_options(signing_options);
    print_options(common_options);
    printf(_("\nexample:\n  %s\n"), c->example);
}

static void print_codes(const struct fact_row *row)
{
    char line[512] = "";
    for (const struct code_row *c = row->codes; c != NULL && c->name != NULL; c++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%s%s", used == 0 ? "" : ", ", c->name);
        used = strlen(line);
        if (words_chinese())
            snprintf(line + used, sizeof line - used, " %s", c->label);
    }
    if (line[0] != 0)
        print_line("", OPTION_CELLS, line);
}

static void print_fact(enum fact_id id, bool required)
{
    const struct fact_row *row = fact_row(id);
    char left[128];
    if (row == NULL)
        return;
    snprintf(left, sizeof left, "--%s%s", row->name, required ? _(" (required)") : "");
    print_line(left, OPTION_CELLS, _(row->help));
    print_codes(row);
}

/* A value that the option would take, for the example. */
static const char *example_value(const struct fact_row *row)
{
    if (row->codes != NULL)
        return row->codes[0].name;
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
    if (row->id == FACT_SECTOR)
        return "rq";
    return row->id == FACT_DISTRICT ? "echeng" : "E007";
}

static void print_example(const struct kind_row *kind)
{
    bool opens = (kind->classes & CLASS_OPENS) != 0;
    printf(_("\nexample:\n  jieli %s%s%s"), kind->min_signers > 1 ? "draft " : "", kind->name,
           opens ? "" : " yingji-2026-12");
    for (const enum fact_id *id = kind->required; *id != 0; id++)
        printf(" --%s %s", fact_row(*id)->name, example_value(fact_row(*id)));
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
        print_fact(*id, true);
    for (const enum fact_id *id = kind->optional; *id != 0; id++)
        print_fact(*id, false);
    for (const struct option_row *row = rows; row->name != NULL; row++) {
        if (fact_row_by_name(row->name) == NULL)
            print_options((const struct option_row[]){*row, {NULL, NULL, NULL}});
    }
    print_options(signing_options);
    print_options(common_options);
    print_example(kind);
}
