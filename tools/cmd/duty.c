/* The responsibility map: rows from a table or one by one, and the list of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/roster/compose.h"
#include "tools/cmd/rows.h"
#include "tools/command.h"
#include "tools/tsv.h"
#include "tools/writing.h"

enum { MAP_CITY = 1, MAP_DISTRICT = 2, MAX_LEADS = 4, ROWS_PER_ENTRY = 128, PLACE_BYTES = 288 };

struct row {
    char leads_text[256], supports_text[1024];
    const char *leads[MAX_LEADS], *supports[DUTY_MAX_SUPPORTS];
};

struct batch {
    json_t *members;                    /* ids of those admitted, as keys */
    char place[PLACE_BYTES];            /* "FILE:LINE: " of the row being read; "" for `add` */
    unsigned count;
    struct row rows[ROWS_PER_ENTRY];
    struct duty_fields fields[ROWS_PER_ENTRY];
};

static int bad_row(struct session *s, const struct batch *b, const char *message, const char *what)
{
    char text[512];
    snprintf(text, sizeof text, "%s%s", b->place, message);
    return session_usage(s, text, what);
}

static int not_admitted(struct session *s, const struct batch *b, const char *id)
{
    char text[512];
    snprintf(text, sizeof text, _("%s%.64s is no admitted member; nothing was written"), b->place,
             id);
    return session_fail(s, ERR_VOID, text, _("`jieli members` lists those admitted"));
}

static int take_members(struct session *s, const struct batch *b, const char *text, char *copy,
                        size_t copy_bytes, const char **out, unsigned max, unsigned *count)
{
    if (strlen(text) >= copy_bytes)
        return bad_row(s, b, _("the value is too long"), text);
    snprintf(copy, copy_bytes, "%s", text);
    *count = tsv_split(copy, out, max);
    if (*count > max)
        return bad_row(s, b, _("too many members in one row"), text);
    for (unsigned i = 0; i < *count; i++) {
        if (json_object_get(b->members, out[i]) == NULL)
            return not_admitted(s, b, out[i]);
    }
    return EXIT_DONE;
}

struct said { const char *sector, *district, *level, *leads, *supports, *basis; };

static int add_row(struct session *s, struct batch *b, const struct said *said)
{
    struct row *row = &b->rows[b->count];
    struct duty_fields *f = &b->fields[b->count];
    *f = (struct duty_fields){.sector = said->sector, .leads = row->leads,
                              .supports = row->supports, .basis = said->basis};
    f->district = said->district[0] == 0 ? "*" : said->district;
    f->level = strcmp(said->level, "district") == 0 ? MAP_DISTRICT : MAP_CITY;
    if (f->level == MAP_CITY && said->level[0] != 0 && strcmp(said->level, "city") != 0)
        return bad_row(s, b, _("a level is city or district"), said->level);
    if (strlen(said->basis) > NAME_MAX_BYTES)
        return bad_row(s, b, _("the value is too long"), said->basis);
    int code = take_members(s, b, said->leads, row->leads_text, sizeof row->leads_text,
                            row->leads, MAX_LEADS, &f->lead_count);
    if (code == EXIT_DONE)
        code = take_members(s, b, said->supports, row->supports_text, sizeof row->supports_text,
                            row->supports, DUTY_MAX_SUPPORTS, &f->support_count);
    b->count += code == EXIT_DONE ? 1 : 0;
    return code;
}

static int write_batch(struct session *s, struct batch *b)
{
    struct composition c;
    json_t *reply = NULL;
    if (b->count == 0)
        return EXIT_DONE;
    composition_init(&c);
    enum err err = compose_duty(&c, b->fields, b->count);
    int code = err == OK ? EXIT_DONE : session_fail_at(s, err, NULL);
    if (code == EXIT_DONE)
        code = writing_govern(s, KIND_DUTY, c.facts, c.fact_count, &reply);
    if (code == EXIT_DONE) {
        json_object_set_new(reply, "rows", json_integer(b->count));
        code = writing_tell(s, kind_row(KIND_DUTY), reply);
    }
    b->count = 0;
    composition_clear(&c);
    return code;
}

static const char *option(const struct session *s, const char *name)
{
    const char *value = args_value(&s->args, name);
    return value == NULL ? "" : value;
}

static const char *either(const struct tsv *t, const char *a, const char *b)
{
    return tsv_has(t, a) ? tsv_cell(t, a) : tsv_cell(t, b);
}

/* Only reads, or writes too what it read. */
static int walk_file(struct session *s, const char *path, struct batch *b, bool writes)
{
    struct tsv t;
    enum err err = tsv_open(&t, path);
    int code = err == OK ? EXIT_DONE : session_fail_at(s, err, path);
    while (code == EXIT_DONE && tsv_next(&t)) {
        snprintf(b->place, sizeof b->place, "%.256s:%u: ", path, t.line);
        struct said said = {
            .sector = either(&t, "sector", "id"),
            .district = tsv_cell(&t, "district"),
            .level = tsv_cell(&t, "level"),
            .leads = either(&t, "leads", "lead"),
            .supports = tsv_cell(&t, "supports"),
            .basis = tsv_has(&t, "basis") ? tsv_cell(&t, "basis") : option(s, "basis"),
        };
        code = add_row(s, b, &said);
        if (!writes)
            b->count = 0;
        if (code == EXIT_DONE && b->count == ROWS_PER_ENTRY)
            code = write_batch(s, b);
    }
    if (code == EXIT_DONE)
        code = write_batch(s, b);
    tsv_close(&t);
    return code;
}

/* All rows are read before the first is written: one bad row leaves none behind. */
static int take_file(struct session *s, const char *path, struct batch *b)
{
    int code = walk_file(s, path, b, false);
    return code == EXIT_DONE ? walk_file(s, path, b, true) : code;
}

static int read_members(struct session *s, struct batch *b)
{
    json_t *reply, *member;
    size_t i;
    int code = session_ask_daemon(s, json_pack("{s:s}", "query", "members"), &reply);
    if (code != EXIT_DONE)
        return code;
    b->members = json_object();
    json_array_foreach(json_object_get(reply, "members"), i, member)
        json_object_set(b->members, json_string_value(json_object_get(member, "id")), member);
    json_decref(reply);
    return EXIT_DONE;
}

static int take_one(struct session *s, struct batch *b)
{
    struct said said = {
        .sector = args_word(&s->args, 1),
        .district = option(s, "district"),
        .level = option(s, "level"),
        .leads = option(s, "leads"),
        .supports = option(s, "supports"),
        .basis = option(s, "basis"),
    };
    if (said.sector == NULL)
        return session_usage(s, _("name the sector: jieli duty add SECTOR"), NULL);
    int code = add_row(s, b, &said);
    return code == EXIT_DONE ? write_batch(s, b) : code;
}

static int list(struct session *s)
{
    json_t *reply;
    int code = session_ask(s, json_pack("{s:s}", "query", "duties"), &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_rows(s, json_object_get(reply, "rows"));
    json_decref(reply);
    return EXIT_DONE;
}

static int duty_run(struct session *s)
{
    const char *what = args_word(&s->args, 0);
    if (what == NULL)
        return session_usage(s, _("say add, list, or the file with the rows"), NULL);
    if (strcmp(what, "list") == 0)
        return list(s);
    struct batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    int code = read_members(s, b);
    if (code == EXIT_DONE)
        code = strcmp(what, "add") == 0 ? take_one(s, b) : take_file(s, what, b);
    json_decref(b->members);
    free(b);
    return code;
}

static const struct option_row duty_options[] = {
    {"district", "CODE", N_("add: district of the row (all)")},
    {"level", "LEVEL", N_("add: city or district (city)")},
    {"leads", "MEMBER,…", N_("add: who leads; none is a gap that blindspots names")},
    {"supports", "MEMBER,…", N_("add: who supports")},
    {"basis", "TEXT", N_("document or clause that the rows rest on")},
    {NULL, NULL, NULL},
};

const struct command cmd_duty = {
    .name = "duty",
    .usage = "FILE.tsv | add SECTOR [--leads MEMBER,…] | list",
    .summary = N_("the responsibility map: rows from a table or one by one, and the list"),
    .example = "jieli duty configs/ezhou/sectors.tsv --basis 示例安委〔2024〕1号 --key e000.key",
    .options = duty_options,
    .signs = true,
    .run = duty_run,
};
