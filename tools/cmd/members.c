/* The members of the committee. */
#include <stdio.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/grid.h"

static const char *kind_name_word(const char *kind)
{
    static const struct { const char *name, *word; } rows[] = {
        {"office", N_("office")},       {"bureau", N_("bureau")},
        {"board", N_("board")},         {"district", N_("district (member)")},
        {"oversight", N_("oversight")}, {"judicial", N_("judicial (member)")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, kind) == 0)
            return _(rows[i].word);
    }
    return kind;
}

static const char *power_word(const char *power)
{
    static const struct { const char *name, *word; } rows[] = {
        {"enforce", N_("enforce")},       {"trade", N_("trade")},
        {"owner", N_("owner")},           {"territory", N_("territory")},
        {"coordinate", N_("coordinate")}, {"operator", N_("operator")},
        {"oversee", N_("oversee")},       {"judicial", N_("judicial")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, power) == 0)
            return _(rows[i].word);
    }
    return power;
}

static void join_powers(const json_t *member, char *out, size_t out_bytes)
{
    const json_t *powers = json_object_get(member, "powers");
    out[0] = 0;
    for (size_t i = 0; i < json_array_size(powers); i++) {
        size_t used = strlen(out);
        snprintf(out + used, out_bytes - used, "%s%s", i == 0 ? "" : ", ",
                 power_word(json_string_value(json_array_get(powers, i))));
    }
}

static void print_members(const json_t *members)
{
    const char *const heading[] = {_("id"),     _("name"),     _("category"), _("institution"),
                                   _("powers"), _("vertical"), _("entries")};
    struct grid g;
    size_t i;
    const json_t *m;
    grid_init(&g, 7, heading);
    json_array_foreach(members, i, m) {
        char powers[256], entries[48];
        join_powers(m, powers, sizeof powers);
        snprintf(entries, sizeof entries, "%llu", (unsigned long long)number_at(m, "entries"));
        if (json_object_get(m, "valid_entries") != NULL)
            snprintf(entries, sizeof entries, _("suspended from %llu"),
                     (unsigned long long)number_at(m, "valid_entries"));
        grid_row(&g, (const char *[]){
                         text_at(m, "id"), text_at(m, "name"), kind_name_word(text_at(m, "kind")),
                         text_at(m, "institution"), powers,
                         json_is_true(json_object_get(m, "vertical")) ? _("yes") : "", entries});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static int members_run(struct session *s)
{
    json_t *reply;
    int code = session_ask(s, json_pack("{s:s}", "query", "members"), &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_members(json_object_get(reply, "members"));
    json_decref(reply);
    return EXIT_DONE;
}

const struct command cmd_members = {
    .name = "members",
    .usage = "",
    .summary = N_("the members of the committee"),
    .example = "jieli members",
    .run = members_run,
};
