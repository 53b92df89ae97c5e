/* Blind spots (监管盲区), and open offers by age. */
#include <stdio.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/grid.h"

static void subject_of(struct session *s, const json_t *spot, char *out, size_t out_bytes)
{
    const json_t *detail = json_object_get(spot, "detail");
    const char *number = text_at(spot, "number"), *other = text_at(detail, "other");
    if (number[0] != 0)
        snprintf(out, out_bytes, "%s%s%s", number, other[0] == 0 ? "" : " = ", other);
    else if (json_object_get(detail, "sector") != NULL)
        snprintf(out, out_bytes, "%s × %s × %s", text_at(detail, "sector"),
                 text_at(detail, "district"), code_word_of("level", text_at(detail, "level")));
    else
        join_members(s, json_object_get(spot, "members"), out, out_bytes);
}

static void print_spots(struct session *s, const json_t *spots)
{
    const char *const heading[] = {_("kind"), _("blind spot"), _("where"), _("members"), _("since"),
                                   _("look at it with")};
    struct grid g;
    size_t i;
    const json_t *spot;
    grid_init(&g, 6, heading);
    json_array_foreach(spots, i, spot) {
        char kind[16], where[512], members[512], since[DATE_TEXT_BYTES];
        snprintf(kind, sizeof kind, "%llu", (unsigned long long)number_at(spot, "kind"));
        subject_of(s, spot, where, sizeof where);
        join_members(s, json_object_get(spot, "members"), members, sizeof members);
        time_format(number_at(spot, "since_s"), since);
        grid_row(&g, (const char *[]){kind, _(text_at(spot, "title")), where, members, since,
                                      text_at(spot, "command")});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static void print_offers(struct session *s, const json_t *offers)
{
    const char *const heading[] = {_("case"), _("grade"), _("by"), _("offered to"), _("since"),
                                   _("age"), _("signed for")};
    struct grid g;
    size_t i;
    const json_t *offer;
    if (json_array_size(offers) == 0)
        return;
    printf("\n%s (%zu)\n", _("open offers, oldest first; not judged"), json_array_size(offers));
    grid_init(&g, 7, heading);
    json_array_foreach(offers, i, offer) {
        char since[DATE_TEXT_BYTES], age[SPAN_TEXT_BYTES];
        time_format(number_at(offer, "since_s"), since);
        span_format(number_at(offer, "age_s"), age);
        grid_row(&g, (const char *[]){
                         text_at(offer, "number"), code_word_of("grade", text_at(offer, "grade")),
                         session_member(s, text_at(offer, "by")),
                         session_member(s, text_at(offer, "to")), since, age,
                         json_is_true(json_object_get(offer, "signed_for")) ? _("yes") : _("no")});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static void print_standing(const json_t *reply)
{
    char when[DATE_TEXT_BYTES];
    size_t heads = 0;
    unsigned long long entries = 0;
    const char *member;
    json_t *size;
    json_object_foreach((json_t *)(uintptr_t)json_object_get(reply, "heads"), member, size) {
        heads++;
        entries += (unsigned long long)json_integer_value(size);
    }
    time_format(number_at(reply, "as_of_s"), when);
    printf(_("as of %s, from %zu logs with %llu entries\n"), when, heads, entries);
}

static int blindspots_run(struct session *s)
{
    json_t *reply;
    int code = session_ask(s, json_pack("{s:s}", "query", "blindspots"), &reply);
    if (code != EXIT_DONE)
        return code;
    const json_t *spots = json_object_get(reply, "spots");
    code = json_array_size(spots) == 0 ? EXIT_DONE : EXIT_SPOTS;
    if (s->json) {
        session_json(reply);
        return code;
    }
    if (code == EXIT_DONE)
        puts(_("no blind spots of the kinds 2, 3, 4, 8, 14, 15 and 16"));
    else
        print_spots(s, spots);
    print_offers(s, json_object_get(reply, "offers"));
    print_erasures(s, json_object_get(reply, "erasures"));
    print_standing(reply);
    json_decref(reply);
    return code;
}

const struct command cmd_blindspots = {
    .name = "blindspots",
    .usage = "",
    .summary = N_("what nobody supervises; ends with 9 when there is any"),
    .example = "jieli blindspots",
    .run = blindspots_run,
};
