#include "tools/cmd/lists.h"

#include <stdio.h>
#include <string.h>

#include "tools/dates.h"
#include "tools/grid.h"
#include "tools/words.h"

const char *text_at(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text == NULL ? "" : text;
}

uint64_t number_at(const json_t *o, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(o, key));
}

const char *case_word(const json_t *c)
{
    const char *phase = text_at(c, "phase");
    if (json_is_true(json_object_get(c, "archived")))
        return _("archived");
    if (strcmp(phase, "ended") == 0)
        return _("closed (sequenced)");
    if (strcmp(phase, "closed") == 0)
        return _("closed (sequenced), tracks open");
    if (strcmp(phase, "open") != 0)
        return _("not opened yet");
    return json_object_get(c, "offer") == NULL ? _("in hand") : _("awaiting acceptance");
}

const char *part_word(const char *state)
{
    static const struct { const char *name, *word; } rows[] = {
        {"sealed", N_("(sealed)")},
        {"missing", N_("(not here yet)")},
        {"erased", N_("(erased)")},
        {"spoilt", N_("(does not open)")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, state) == 0)
            return _(rows[i].word);
    }
    return "";
}

const char *case_title(const json_t *c)
{
    const char *why = part_word(text_at(c, "subject"));
    return why[0] == 0 ? text_at(c, "title") : why;
}

void print_erasures(struct session *s, const json_t *orders)
{
    const char *const columns[] = {_("case"), _("order"), _("ordered by"), _("since"),
                                   _("confirmed by"), _("not confirmed by")};
    struct grid g;
    size_t i;
    const json_t *one;
    if (json_array_size(orders) == 0)
        return;
    printf("\n%s (%zu)\n", _("orders of erasure"), json_array_size(orders));
    grid_init(&g, 6, columns);
    json_array_foreach(orders, i, one) {
        char since[DATE_TEXT_BYTES], order[9], done[2048], missing[2048];
        time_format(number_at(one, "since_s"), since);
        snprintf(order, sizeof order, "%.8s", text_at(one, "order"));
        join_members(s, json_object_get(one, "confirmed"), done, sizeof done);
        join_members(s, json_object_get(one, "missing"), missing, sizeof missing);
        grid_row(&g, (const char *[]){text_at(one, "number"), order,
                                      session_member(s, text_at(one, "by")), since, done,
                                      missing});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

void print_cases(struct session *s, const char *heading, const json_t *cases)
{
    const char *const columns[] = {_("case"),      _("state"),    _("grade"), _("sector"),
                                   _("district"),  _("custodian"), _("offered to"), _("opened"),
                                   _("title")};
    struct grid g;
    size_t i;
    const json_t *c;
    if (json_array_size(cases) == 0)
        return;
    if (heading != NULL)
        printf("%s (%zu)\n", heading, json_array_size(cases));
    grid_init(&g, 9, columns);
    json_array_foreach(cases, i, c) {
        char opened[DATE_TEXT_BYTES];
        const char *to = json_string_value(json_object_get(json_object_get(c, "offer"), "to"));
        time_format(number_at(c, "opened_s"), opened);
        opened[strcspn(opened, " ")] = 0;
        grid_row(&g, (const char *[]){text_at(c, "number"), case_word(c),
                                      code_word_of("grade", text_at(c, "grade")),
                                      text_at(c, "sector"), text_at(c, "district"),
                                      session_member(s, text_at(c, "custodian")),
                                      session_member(s, to), opened, case_title(c)});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

void join_members(struct session *s, const json_t *ids, char *out, size_t out_bytes)
{
    out[0] = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        size_t used = strlen(out);
        snprintf(out + used, out_bytes - used, "%s%s", i == 0 ? "" : ", ",
                 session_member(s, json_string_value(json_array_get(ids, i))));
    }
}
